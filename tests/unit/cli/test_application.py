"""The command line as a whole: quick, complete in both languages, with examples and completion."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gongzhong
from gongzhong.cli.application import COMMANDS
from gongzhong.cli.outcome import DONE, USAGE, run
from gongzhong.version import version

pytestmark = pytest.mark.heavy

SRC = Path(__file__).parents[3] / "src"
HELP_TIMES_LIBRARIES = 1.8
"""How much processor time the help may take, in times of importing the libraries that draw it."""
HEAVY = ["aiohttp", "granian", "sqlite3", "starlette", "uvloop", "gongzhong.platform", "gongzhong.client"]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == DONE
    assert capsys.readouterr().out.strip() == version()


def test_help_names_every_command_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == DONE
    text = capsys.readouterr().out
    for command in COMMANDS:
        assert command.name in text
    assert "开发、测试、运行微信公众号" in text


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_explains_itself_with_examples(command: object, lang: str) -> None:
    name = command.name  # type: ignore[attr-defined]
    text = output(["-m", "gongzhong", name, "--help"], lang)
    assert (command.zh if lang == "zh" else command.en).split("，")[0].split(",")[0] in text  # type: ignore[attr-defined]
    assert command.examples[0] in text  # type: ignore[attr-defined]
    assert any(
        "一" <= letter <= "鿿" for letter in text.replace("你好 --person 小红", "").replace('"茶"', "")
    ) == (lang == "zh")


def output(arguments: list[str], lang: str = "zh") -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PYTHONPATH": str(SRC), "GONGZHONG_LANG": lang, "COLUMNS": "200", "PYTHONUTF8": "1"},
    )
    return done.stdout


def test_what_is_started_here_is_the_code_of_this_tree() -> None:
    where = "import gongzhong; print(gongzhong.__file__)"
    assert output(["-c", where]).strip() == gongzhong.__file__ == str(SRC / "gongzhong" / "__init__.py")


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    libraries = ["-c", "import cyclopts, rich.console, rich.panel, rich.table"]
    pairs = [(timed(["-m", "gongzhong", "--help"]), timed(libraries)) for _ in range(5)]
    ours, theirs = (min(times) for times in zip(*pairs, strict=True))
    assert ours <= HELP_TIMES_LIBRARIES * theirs, f"{ours:.2f} s against {theirs:.2f} s"
    code = f"""
import sys
from gongzhong.cli.outcome import run
run(["--help"])
print("LOADED", [name for name in {HEAVY!r} if name in sys.modules])
"""
    assert "LOADED []" in output(["-c", code])


def timed(arguments: list[str]) -> float:
    """The processor time of a run, in seconds: what it costs, however busy the machine is."""
    before = os.times()
    output(arguments)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_commands(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == DONE
    script = capsys.readouterr().out
    assert all(command.name in script for command in COMMANDS)


@pytest.mark.parametrize(
    "words", [["fly"], ["dev"], ["serve", "x:y", "--port", "many"], ["dev", "x", "--kind", "bank"]]
)
def test_wrong_usage_is_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == USAGE
    captured = capsys.readouterr()
    assert captured.err
    assert "Traceback" not in captured.err
