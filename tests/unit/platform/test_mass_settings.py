"""How a review ends is chosen in the configuration, and a mistake there is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongzhong.errors import SetupError
from gongzhong.platform import load
from gongzhong.platform.world.settings import MassOutcome

TOML = """
[[account]]
name = "demo"

[account.mass]
protected = true
outcome = { check_state = 3 }

[account.autoreply]
add_friend = { content = "欢迎" }
default = { type = "img", content = "M1" }

[[account.autoreply.rules]]
name = "新闻"
keywords = [{ content = "新闻" }, { content = "n", match = "equal" }]
replies = [{ content = "今天没有" }]
"""


def test_mass_and_automatic_replies_are_read_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "bed.toml"
    file.write_text(TOML, "utf-8")
    (account,) = load(file).account
    assert (account.mass.protected, account.mass.outcome.check_state) == (True, 3)
    assert account.autoreply.add_friend is not None
    assert account.autoreply.add_friend.content == "欢迎"
    (rule,) = account.autoreply.rules
    assert [rule.keywords[0].fits(text) for text in ("看新闻吧", "旧闻")] == [True, False]
    assert [rule.keywords[1].fits(text) for text in ("n", "nn")] == [True, False]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("check_state = 3", 'status = "err(1)"', "err(1)"),
        ("check_state = 3", "check_state = 9", "check_state"),
        ('add_friend = { content = "欢迎" }', 'add_friend = { type = "news" }', "news"),
        ("replies = [{", "replies = [] # [{", "新闻"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    file = tmp_path / "bed.toml"
    file.write_text(TOML.replace(old, new), "utf-8")
    with pytest.raises(SetupError) as problem:
        load(file)
    assert named in problem.value.zh


@pytest.mark.parametrize(
    ("outcome", "of_articles", "ignoring", "result"),
    [
        (MassOutcome(), True, False, "send success"),
        (MassOutcome(check_state=3), False, False, "send success"),
        (MassOutcome(check_state=3), True, True, "err(30002)"),
        (MassOutcome(check_state=2), True, False, "err(30003)"),
        (MassOutcome(check_state=2), True, True, "send success"),
        (MassOutcome(status="err(21000)", check_state=2), True, True, "err(21000)"),
    ],
)
def test_the_result(outcome: MassOutcome, of_articles: bool, ignoring: bool, result: str) -> None:
    assert outcome.result(of_articles=of_articles, ignore_reprint=ignoring) == result
