"""What any call can be refused for: tokens, permission, quotas, fields that break their declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from gongzhong import CallError
from gongzhong.catalogue.base import GetStableToken
from gongzhong.catalogue.model import Call
from gongzhong.client import WireRequest

from .catalogue_calls import SUCCEEDS
from .catalogue_mutations import asking, mutations, put, without
from .catalogue_world import Shop, Tamper

UNLIMITED = 1_000_000
FORCED_GAP_S, TOKEN_LIFE_S = 31, 7200
NONSENSE = "nonsense"


def code_of(attempt: Callable[[], object]) -> int:
    """The return code that an attempt meets; 0 when it succeeds."""
    try:
        attempt()
    except CallError as refused:
        return refused.errcode
    return 0


def met(kind: type[Call[Any]]) -> set[int]:
    """Every return code that the platform gives a call for reasons that all calls share."""
    shop = Shop()
    try:
        call = SUCCEEDS[kind](shop)
        path = call.spec.path
        shop.change(call_limits={path: UNLIMITED})
        codes = {code_of(partial(shop.tampered, call, change)) for change in _changes(shop, call)}
        codes |= set(_injected(shop, call)) if call.spec.inject else set()
        if call.spec.token:
            codes |= set(_tokens(shop, call))
        if call.spec.host.value == "api":
            codes |= set(_limits(shop, call))
        return codes
    finally:
        shop.close()


def _changes(shop: Shop, call: Call[Any]) -> Iterator[Tamper]:
    seen: list[WireRequest] = []

    def keep(request: WireRequest) -> WireRequest:
        seen.append(request)
        return request

    code_of(lambda: shop.tampered(call, keep))
    yield from mutations(type(call), seen[0])


def _injected(shop: Shop, call: Call[Any]) -> Iterator[int]:
    """AppID and secret, wrong and missing; a secret that is frozen."""
    for name in call.spec.inject:
        for value in ("wx0000000000000000", ""):
            change = asking(name, value) if call.spec.in_query(name) else put((name,), value)
            yield code_of(partial(shop.tampered, call, change))
    shop.change(secret_frozen=True)
    yield code_of(partial(shop.perform, call))
    shop.change(secret_frozen=False)


def _tokens(shop: Shop, call: Call[Any]) -> Iterator[int]:
    """No token, nonsense, one that was replaced, one that is too old."""
    yield code_of(lambda: shop.tampered(call, without("access_token")))
    yield code_of(lambda: shop.tampered(call, asking("access_token", NONSENSE)))
    replaced = shop.api.access_token()
    shop.clock.advance(FORCED_GAP_S)
    newer: str = shop.perform(GetStableToken(force_refresh=True)).access_token
    yield code_of(lambda: shop.tampered(call, asking("access_token", replaced)))
    shop.clock.advance(TOKEN_LIFE_S)
    yield code_of(lambda: shop.tampered(call, asking("access_token", newer)))


def _limits(shop: Shop, call: Call[Any]) -> Iterator[int]:
    """An exhausted quota, and an account that may not."""
    shop.change(call_limits={call.spec.path: 0})
    yield code_of(lambda: shop.perform(call))
    shop.change(kind="subscription", verified=False)
    yield code_of(lambda: shop.perform(call))


def by_fault(shop: Shop, call: Call[Any], code: int) -> int:
    """The code that a fault ordered for this call makes the client raise."""
    fault = shop.platform.trouble("api", "errcode", call.spec.path, errcode=code)
    try:
        return code_of(lambda: shop.perform(call))
    finally:
        shop.platform.platform.faults.lift(fault.id)
