from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.wire import matches, sign

RIGHT = sign("token", "1700000000", "nonce")


def test_right_signature_in_any_order() -> None:
    assert matches(RIGHT, "nonce", "token", "1700000000")


@pytest.mark.parametrize(
    "wrong", ["", RIGHT[:-1], RIGHT + "0", RIGHT.upper(), "0" * 40, "签名", "\ud800", f" {RIGHT}"]
)
def test_wrong_signature(wrong: str) -> None:
    assert not matches(wrong, "token", "1700000000", "nonce")


@given(st.lists(st.text(st.characters(), max_size=10), max_size=4))
def test_every_text_can_be_signed(parts: list[str]) -> None:
    assert matches(sign(*parts), *parts)


def test_parts_are_sorted_as_text_not_as_numbers() -> None:
    assert sign("9", "10") == sign("109")
