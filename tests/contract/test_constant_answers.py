"""Calls that declare one answer for everything give it, whatever is asked and whatever happened; no other call may."""

from __future__ import annotations

import dis
from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from gongzhong import CallError
from gongzhong.catalogue.model import Call, Status
from gongzhong.platform.calls import BEHAVIOURS, CONSTANT
from gongzhong.platform.coverage import simulation

from .catalogue_calls import SUCCEEDS
from .catalogue_world import Shop

OTHER_FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "begin_date": lambda call: "2026-03-10",
    "end_date": lambda call: "2026-03-10",
    "start_date": lambda call: "2026-03-10",
    "page": lambda call: 2,
    "page_size": lambda call: 5,
    "ad_slot": lambda call: None,
    "cond_source": lambda call: 0 if call.cond_source else 1,
    "card_id": lambda call: "pOther",
    "tmpl_msg_id": lambda call: "another",
    "largest_id": lambda call: 7,
    "limit": lambda call: 3,
    "checkonly": lambda call: None if call.checkonly else 1,
    "from_appid": lambda call: "wx00000000000000cc",
    "openid_list": lambda call: ["oAnother"],
}
"""Parameters of constant calls with a value unlike that of the example."""


def other(call: Call[Any]) -> Call[Any]:
    """The same call with every parameter changed."""
    changes = {name: OTHER_FIELDS[name](call) for name in call.__struct_fields__ if name in OTHER_FIELDS}
    return msgspec.structs.replace(call, **changes)


def outcome(shop: Shop, call: Call[Any]) -> object:
    try:
        return shop.perform(call)
    except CallError as refused:
        return refused.errcode


def busy(shop: Shop) -> None:
    """Let something happen in every corner of an account."""
    shop.article_id()
    shop.tag()
    shop.template()
    shop.notice()
    shop.session()
    shop.bob.unfollows(shop.oa)
    shop.change(url="http://shop.test/wechat")


def name(call: object) -> str:
    return str(getattr(call, "__name__", call))


@pytest.mark.parametrize("kind", sorted(CONSTANT, key=name), ids=name)
def test_a_constant_call_answers_the_same(kind: type[Call[Any]]) -> None:
    shop, busy_shop = Shop(), Shop()
    try:
        busy(busy_shop)
        example = SUCCEEDS[kind](shop)
        changed = other(SUCCEEDS[kind](busy_shop))
        assert changed != example or not example.__struct_fields__
        assert outcome(shop, example) == outcome(busy_shop, changed)
        assert simulation(kind) == "constant"
    finally:
        shop.close()
        busy_shop.close()


def looks_at_anything(function: Any) -> bool:
    """Whether a function reads one of its arguments."""
    code = function.__code__
    arguments = set(code.co_varnames[: code.co_argcount]) | set(code.co_cellvars)
    read = {item for step in dis.get_instructions(function) for item in (step.argval,) if item is not None}
    return bool(arguments & {one for item in read for one in (item if isinstance(item, tuple) else (item,))})


@pytest.mark.parametrize("kind", sorted(BEHAVIOURS, key=name), ids=name)
def test_what_looks_at_nothing_says_so(kind: type[Call[Any]]) -> None:
    looks = looks_at_anything(BEHAVIOURS[kind])
    assert looks or kind in CONSTANT or kind.spec.status is Status.RETIRED
