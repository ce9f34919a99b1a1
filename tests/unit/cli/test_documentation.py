"""docs/cli.md and its Chinese page name every command, option and exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongzhong.cli import outcome
from gongzhong.cli.application import COMMANDS, build

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "cli.md").read_text("utf-8")
CHINESE = (DOCS / "cli.zh-CN.md").read_text("utf-8")
STATUSES = (outcome.DONE, outcome.FAILED, outcome.USAGE, outcome.SETUP, outcome.NETWORK, outcome.INTERRUPTED)
DOCTOR_OPTIONS = {"--appid", "--secret", "--token", "--aes-key", "--encryption", "--api-base"}
"""Named as the environment variables are; `--help` lists them."""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_and_option_is_documented(command: object) -> None:
    name = command.name  # type: ignore[attr-defined]
    assert f"`{name}" in TEXT
    arguments = build()[name].assemble_argument_collection(parse_docstring=False)
    options = {
        one for argument in arguments if argument.show for one in argument.names if one.startswith("--")
    }
    hidden = {"--target", *DOCTOR_OPTIONS, *(one for one in options if one.startswith("--no-"))}
    assert {one for one in options - hidden if one not in TEXT or one not in CHINESE} == set()


@pytest.mark.parametrize("status", STATUSES)
def test_every_exit_status_is_documented(status: int) -> None:
    assert f"| {status} |" in TEXT


def test_the_imports_shown_work() -> None:
    code = TEXT.partition("```python\n")[2].partition("```")[0]
    names: dict[str, object] = {}
    exec(code, names)
    assert {"serve", "develop", "run_platform", "diagnose"} <= names.keys()
