"""Programs that are written into a folder, loaded, and held against the norms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from gongzhong.config import read
from gongzhong.norms import Finding, Line, apps_of, check, subject_of
from gongzhong.norms.subject import ClientKey
from gongzhong.running.target import resolve

MASTER = "q83vEjRWeJC7zZ4TSt1fO6XlLw0RmUbFi5Qy2KpHxWs="
HEAD = """
from gongzhong import OfficialAccount, Text, Unsubscribe


oa = OfficialAccount.from_env()
"""
Check: TypeAlias = Callable[..., list[Finding]]


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Check]:
    """`checked(code, files, env)`: what is found about a program; `code` follows the lines of HEAD."""
    numbers = iter(range(100))

    def run(
        code: str = "",
        files: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        *,
        keys: list[ClientKey] | None = None,
        told: tuple[Line, ...] = (),
    ) -> list[Finding]:
        folder = tmp_path / f"program{next(numbers)}"
        folder.mkdir()
        program = folder / "shop.py"
        program.write_text(HEAD + code, "utf-8")
        for name, text in (files or {}).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        monkeypatch.chdir(folder)
        configuration = read(None, env=dict(env or {}))
        return check(
            subject_of(apps_of(resolve(f"{program}:oa").value), program, configuration, keys=keys, told=told)
        )

    yield run


def of(findings: list[Finding], *verdicts: str) -> list[tuple[str, str]]:
    """Norm and place of the findings of these verdicts; by default of what is broken."""
    return [(one.norm, one.where) for one in findings if one.verdict in (verdicts or ("broken",))]
