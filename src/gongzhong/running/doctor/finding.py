"""One line of the doctor's report: what was looked at, how it is, and how to mend it."""

from __future__ import annotations

from typing import Literal

import msgspec

from ...errors import GongzhongError, Language

Status = Literal["ok", "wrong", "warning", "note", "skipped", "unknown"]


class Finding(msgspec.Struct, frozen=True):
    """`check` is a stable word to search for; only `wrong` makes a report fail.

    `skipped` was left out because nothing was given to look at, `unknown` could not be found out.
    """

    check: str
    status: Status
    zh: str
    en: str
    fix_zh: str = ""
    fix_en: str = ""
    account: str = ""
    """The account that it is about, by the name in the configuration; empty: all, or the only one."""

    def text(self, lang: Language) -> str:
        return self.zh if lang == "zh" else self.en

    def fix(self, lang: Language) -> str:
        return self.fix_zh if lang == "zh" else self.fix_en


def ok(check: str, zh: str, en: str) -> Finding:
    return Finding(check, "ok", zh, en)


def wrong(check: str, zh: str, en: str, fix_zh: str = "", fix_en: str = "") -> Finding:
    return Finding(check, "wrong", zh, en, fix_zh, fix_en)


def warning(check: str, zh: str, en: str, fix_zh: str = "", fix_en: str = "") -> Finding:
    return Finding(check, "warning", zh, en, fix_zh, fix_en)


def skipped(check: str, zh: str, en: str) -> Finding:
    return Finding(check, "skipped", zh, en)


def note(check: str, zh: str, en: str, fix_zh: str = "", fix_en: str = "") -> Finding:
    return Finding(check, "note", zh, en, fix_zh, fix_en)


def unknown(check: str, zh: str, en: str, fix_zh: str = "", fix_en: str = "") -> Finding:
    return Finding(check, "unknown", zh, en, fix_zh, fix_en)


def failed(check: str, problem: GongzhongError, status: Status = "wrong") -> Finding:
    """What an error of this package says, as a finding."""
    return Finding(check, status, problem.zh, problem.en, problem.fix_zh, problem.fix_en)


def exit_status(findings: list[Finding]) -> int:
    """0: nothing is wrong; 1: something is; 2: nothing is known to be wrong, but not all could be found out."""
    if not healthy(findings):
        return 1
    return 2 if any(finding.status == "unknown" for finding in findings) else 0


def healthy(findings: list[Finding]) -> bool:
    """Whether nothing is wrong; warnings do not count."""
    return all(finding.status != "wrong" for finding in findings)
