"""How many customer-service messages a user may still get."""

from __future__ import annotations

import msgspec

from gongzhong.app.allowance import Allowance

from .conftest import ALICE, click, subscribe, text

NOW = 1_700_000_000.0
HOUR = 3600.0


def test_nothing_is_known_about_a_stranger() -> None:
    assert Allowance().left(ALICE, NOW) is None


def test_a_message_allows_five_for_two_days() -> None:
    allowance = Allowance()
    allowance.opened(text("?"), NOW)
    assert allowance.left(ALICE, NOW + 48 * HOUR - 1) == 5
    assert allowance.left(ALICE, NOW + 48 * HOUR) == 0
    for _ in range(6):
        allowance.spend(ALICE)
    assert allowance.left(ALICE, NOW) == 0


def test_a_click_or_a_follow_allows_three_for_a_minute() -> None:
    for push in (click("K"), subscribe(), msgspec.structs.replace(text("选项"), bizmsgmenuid="1")):
        allowance = Allowance()
        allowance.opened(push, NOW)
        assert allowance.left(ALICE, NOW + 59) == 3
        assert allowance.left(ALICE, NOW + 60) == 0


def test_a_click_does_not_take_away_what_a_message_allowed() -> None:
    allowance = Allowance()
    allowance.opened(text("?"), NOW)
    for _ in range(3):
        allowance.spend(ALICE)
    allowance.opened(click("K"), NOW)
    assert allowance.left(ALICE, NOW) == 3
    allowance.spend(ALICE)
    assert allowance.left(ALICE, NOW) == 2
    assert allowance.left(ALICE, NOW + 60) == 1


def test_the_next_message_renews_the_allowance() -> None:
    allowance = Allowance()
    for _ in range(2):
        allowance.opened(text("?"), NOW)
        allowance.spend(ALICE)
    assert allowance.left(ALICE, NOW) == 4


def test_the_longest_silent_user_is_forgotten_first() -> None:
    allowance = Allowance(most_users=2)
    for user in ("o1", "o2", "o1", "o3"):
        allowance.opened(text("?", user=user), NOW)
    assert [allowance.left(user, NOW) for user in ("o1", "o2", "o3")] == [5, None, 5]
