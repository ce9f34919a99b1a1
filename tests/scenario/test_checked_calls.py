"""Declared limits give the same error from WeChat and, when asked for, without asking WeChat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gongzhong import Client
from gongzhong.catalogue.menus import Button
from gongzhong.catalogue.model import Call
from gongzhong.catalogue.qrcodes import permanent_qrcode
from gongzhong.catalogue.tags import create_tag
from gongzhong.catalogue.users import SetRemark, get_users
from gongzhong.client import CallPolicy
from gongzhong.errors import CallError

from .shop import Shop

BROKEN: dict[int, Call[Any]] = {
    40092: SetRemark(openid="o" * 28, remark="长" * 31),
    45158: create_tag(name="长" * 31),
    40032: get_users(openids=["o" * 28] * 101),
    40053: permanent_qrcode(scene=100_001),
}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop.opened() as shop:
        yield shop


def careful(shop: Shop) -> Client:
    """The same client, checking first."""
    api = shop.api
    return Client(api.account, api.transport, api.tokens, api.clock, policy=CallPolicy(check=True))


@pytest.mark.parametrize(("code", "call"), BROKEN.items())
def test_the_error_is_the_same_on_both_sides(shop: Shop, code: int, call: Call[Any]) -> None:
    with pytest.raises(CallError) as there:
        shop.api.perform(call)
    asked = len(shop.platform.calls)
    with pytest.raises(CallError) as here:
        careful(shop).perform(call)
    assert here.value.errcode == there.value.errcode == code
    assert type(here.value) is type(there.value)
    assert len(shop.platform.calls) == asked


def test_what_keeps_the_limits_goes_out(shop: Shop) -> None:
    api = careful(shop)
    api.menu.create(button=[Button.click("今日", "TODAY")])
    assert api.qrcode.permanent(scene=100_000).ticket


def test_a_limit_that_is_in_doubt_is_left_to_wechat(shop: Shop) -> None:
    asked = len(shop.platform.calls)
    with pytest.raises(CallError):
        careful(shop).customer.send_text(touser="o" * 28, content="长" * 1000)
    assert len(shop.platform.calls) > asked
