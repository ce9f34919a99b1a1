"""Every call of the catalogue goes through both clients to the platform and comes back as its declared type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from gongzhong import CallError
from gongzhong.catalogue.listed import lines, listed
from gongzhong.catalogue.model import Call, Upload
from gongzhong.catalogue.registry import CALLS, listed_calls

from .catalogue_calls import NEVER_SUCCEEDS, SUCCEEDS
from .catalogue_world import Shop

MODES = ("perform", "perform_awaiting")


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.close()


@pytest.fixture(scope="module")
def old_shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.close()


def name(call: type[Call[Any]]) -> str:
    return call.__name__


def test_every_typed_call_has_an_entry() -> None:
    missing = {call.__name__ for call in CALLS if call not in SUCCEEDS}
    assert not missing, f"say in tests/contract/catalogue_calls.py how one succeeds: {missing}"
    assert set(SUCCEEDS) <= set(CALLS)
    assert set(NEVER_SUCCEEDS) <= set(CALLS)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", [call for call in CALLS if call not in NEVER_SUCCEEDS], ids=name)
def test_a_call_succeeds_and_is_answered_in_its_type(shop: Shop, kind: type[Call[Any]], mode: str) -> None:
    answer = getattr(shop, mode)(SUCCEEDS[kind](shop))
    assert isinstance(answer, get_args(kind.returns) or kind.returns)
    if kind.spec.host.value == "api":
        entry = next(
            one for one in reversed(shop.platform.calls) if one.title == kind.spec.address.strip("/")
        )
        assert (entry.verdict.ok, entry.verdict.kind, entry.errcode) == (True, "ok", 0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", NEVER_SUCCEEDS, ids=name)
def test_a_call_that_cannot_succeed_here_says_why(shop: Shop, kind: type[Call[Any]], mode: str) -> None:
    code, _ = NEVER_SUCCEEDS[kind]
    with pytest.raises(CallError) as refused:
        getattr(shop, mode)(SUCCEEDS[kind](shop))
    assert refused.value.errcode == code


@pytest.mark.parametrize("kind", listed_calls(), ids=name)
def test_a_listed_call_is_answered_or_refused_as_its_line_says(old_shop: Shop, kind: type[Call[Any]]) -> None:
    line = lines()[kind.spec.path]
    file = Upload(b"{}", "a.txt") if line.file else None
    call = listed(kind.spec.path, file=file)
    if line.state in ("current", "closing"):
        assert old_shop.perform(call)["errcode"] == old_shop.perform_awaiting(call)["errcode"] == 0
        return
    with pytest.raises(CallError) as refused:
        old_shop.perform(call)
    assert refused.value.errcode == (45106 if line.state == "retired" else 48001)
