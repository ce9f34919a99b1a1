"""What others wrote reaches a terminal as text: no escape sequence and no markup of theirs is obeyed
(ECMA-48, C0 and C1)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gongzhong.cli import words
from gongzhong.cli.outcome import show
from gongzhong.cli.screen import traffic_line
from gongzhong.errors import SetupError

HOSTILE = "小明\x1b]0;owned\x07\x1b[2J\x9b31m\x1b[31m[/red][bold]\x08\x7f\u202etxt\r改写"
OBEYED = ("\x1b]0;owned", "\x1b[2J", "\x9b", "\x07", "\x08", "\x7f", "\u202e", "\r", "\x1b[31m")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a terminal would be sent, by both streams."""
    written = io.StringIO()
    for stream in (words.out, words.err):
        stream.cache_clear()
        console: Console = stream()
        monkeypatch.setattr(console, "_file", written)
        monkeypatch.setattr(console, "_force_terminal", True)
    yield written
    words.out.cache_clear()
    words.err.cache_clear()


def entry() -> dict[str, Any]:
    verdict = {"zh": HOSTILE, "en": HOSTILE, "ok": False}
    return {
        "time": 0,
        "kind": "push",
        "title": HOSTILE,
        "person": HOSTILE,
        "verdict": verdict,
        "cost_ms": 1.0,
        "seq": 1,
    }


def table() -> Table:
    made = Table()
    made.add_column(HOSTILE)
    made.add_row(HOSTILE)
    return made


@pytest.mark.parametrize(
    "shown",
    [HOSTILE, Text(HOSTILE), Panel(Text(HOSTILE)), table(), traffic_line(entry())],
    ids=["text", "styled", "panel", "table", "traffic"],
)
def test_nothing_of_a_hostile_text_is_obeyed(terminal: io.StringIO, shown: Any) -> None:
    words.out().print(shown)
    words.err().print(shown, style="dim")
    sent = terminal.getvalue()
    assert "小明" in sent
    assert "\\x1b" in sent
    for sequence in OBEYED:
        assert sequence not in sent.replace("\x1b[31mx", ""), repr(sequence)


def test_an_error_with_a_path_of_somebody_else(terminal: io.StringIO) -> None:
    show(SetupError(f"找不到 {HOSTILE}", f"no {HOSTILE}", fix_zh=HOSTILE, fix_en=HOSTILE))
    sent = terminal.getvalue()
    for sequence in ("\x1b]0;owned", "\x1b[2J", "\x9b", "\x07", "\u202e", "\r"):
        assert sequence not in sent


def test_a_result_for_a_script_is_exact_and_for_a_terminal_harmless(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words.print_plain("a\x1b[2Jb")
    assert capsys.readouterr().out == "a\x1b[2Jb\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    words.print_plain("a\x1b[2Jb")
    assert capsys.readouterr().out == "a\\x1b[2Jb\n"
