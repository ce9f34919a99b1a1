"""One line of the doctor's report: what was looked at, how it is, and how to mend it."""

from __future__ import annotations

from typing import Literal

import msgspec

from ...errors import Language

Status = Literal["ok", "wrong", "warning", "note", "skipped"]


class Finding(msgspec.Struct, frozen=True):
    """`check` is a stable word to search for; only `wrong` makes a report fail."""

    check: str
    status: Status
    zh: str
    en: str
    fix_zh: str = ""
    fix_en: str = ""

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


def healthy(findings: list[Finding]) -> bool:
    """Whether nothing is wrong; warnings do not count."""
    return all(finding.status != "wrong" for finding in findings)
