"""What an App is not told in code it takes from the configuration: from variables, or from a file that fills them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gongzhong import App, SetupError
from gongzhong.config import Replies, read

FILE = """
[replies]
window_s = 3.5
failure_text = "稍后再试"
placeholder_text = "回复{word}"
fetch_words = ["查看", "好"]
more_text = "off"
handler_threads = 7
session_lifetime_s = 60
replay_window = "off"
"""


def described(app: App) -> tuple[object, ...]:
    rules = app.rules
    texts = [one.content if one else None for one in (app.failure, rules.placeholder)]  # type: ignore[attr-defined]
    return (
        rules.window_s,
        *texts,
        set(app.fetch_words),
        rules.more,
        app.handler_threads,
        app.session_lifetime_s,
        app.replay_window_s,
    )


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GONGZHONG_")]:
        monkeypatch.delenv(name)


def test_the_file_gives_the_defaults_and_the_code_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "gongzhong.toml"
    file.write_text(FILE, "utf-8")
    for name, value in read(file, {}).environment().items():
        monkeypatch.setenv(name, value)
    said = (3.5, "稍后再试", "回复查看", {"查看", "好"}, "", 7, 60.0, None)
    assert described(App()) == said
    own = App(
        window=2,
        failure_text="",
        placeholder_text="等{word}",
        fetch_words=("来",),
        more_text="再{word}",
        handler_threads=1,
        session_lifetime_s=5,
        replay_window_s=9,
    )
    assert described(own) == (2, None, "等来", {"来"}, "再来", 1, 5, 9)
    assert described(App(fetch_words=("来",))) == (*said[:2], "回复来", {"来"}, *said[4:])


def test_without_a_configuration_the_declared_defaults_count() -> None:
    default, app = Replies(), App()
    assert app.rules.window_s == default.window_s
    assert app.replay_window_s == default.replay_window
    assert app.fetch_words == set(default.fetch_words)
    assert "继续" in app.rules.more and "{word}" not in app.rules.more


def test_off_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FAILURE_TEXT", "PLACEHOLDER_TEXT", "FETCH_WORDS", "MORE_TEXT", "REPLAY_WINDOW"):
        monkeypatch.setenv(f"GONGZHONG_{name}", "off")
    assert described(App()) == (4.5, None, None, set(), "", 128, 3600.0, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WINDOW_S", "5"),
        ("WINDOW_S", "soon"),
        ("HANDLER_THREADS", "0"),
        ("SESSION_LIFETIME_S", "-1"),
        ("REPLAY_WINDOW", "never"),
        ("FAILURE_TEXT", "x" * 601),
    ],
)
def test_a_variable_that_cannot_be_the_setting_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"GONGZHONG_{name}", value)
    with pytest.raises(SetupError, match=f"GONGZHONG_{name}"):
        App()


@pytest.mark.parametrize("line", ["fetch_words = []", 'failure_text = ""', "window_s = 5"])
def test_what_a_variable_could_not_say_is_a_mistake_of_the_file(line: str, tmp_path: Path) -> None:
    file = tmp_path / "gongzhong.toml"
    file.write_text(f"[replies]\n{line}\n", "utf-8")
    with pytest.raises(SetupError, match=r"gongzhong\.toml:2"):
        read(file, {})
