"""Every return code that a call documents is met: in the course of things, or by a fault where nothing leads to it."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.catalogue.model import Call
from gongzhong.catalogue.registry import CALLS

from .catalogue_calls import SUCCEEDS
from .catalogue_provocations import by_fault, code_of, met
from .catalogue_refusals import SPECIFIC
from .catalogue_unreached import UNREACHED_BY_BEHAVIOUR
from .catalogue_world import Shop

DOCUMENTED = [call for call in CALLS if call.spec.errors]


def unreached(call: type[Call[Any]]) -> set[int]:
    """The codes that only a fault makes for a call."""
    return {
        code
        for code in call.spec.errors
        if any(entry.concerns(call, code) for entry in UNREACHED_BY_BEHAVIOUR)
    }


FAULTY = [call for call in DOCUMENTED if unreached(call)]


def name(value: object) -> str:
    return str(getattr(value, "__name__", value))


@pytest.mark.parametrize(
    ("call", "code"), [(call, code) for call, codes in SPECIFIC.items() for code in codes], ids=name
)
def test_a_call_is_refused_with_its_code(call: type[Call[Any]], code: int) -> None:
    assert code in call.spec.errors
    shop = Shop()
    try:
        assert code_of(lambda: SPECIFIC[call][code](shop)) == code
    finally:
        shop.close()


@pytest.mark.parametrize("call", DOCUMENTED, ids=name)
def test_every_documented_code_is_met_or_known_to_need_a_fault(call: type[Call[Any]]) -> None:
    reached = met(call) | set(SPECIFIC.get(call, {}))
    assert set(call.spec.errors) - reached == unreached(call)


@pytest.mark.parametrize("call", FAULTY, ids=name)
def test_a_fault_makes_what_nothing_else_makes(call: type[Call[Any]]) -> None:
    shop = Shop()
    try:
        example = SUCCEEDS[call](shop)
        wanted = unreached(call)
        assert {by_fault(shop, example, code) for code in wanted} == wanted
    finally:
        shop.close()


def test_every_entry_says_why_and_concerns_something(record_testsuite_property: Any) -> None:
    for entry in UNREACHED_BY_BEHAVIOUR:
        assert entry.reason
        for code in entry.codes:
            assert any(entry.concerns(call, code) and code in call.spec.errors for call in DOCUMENTED), code
    total = sum(len(set(call.spec.errors)) for call in DOCUMENTED)
    by_faults = sum(len(unreached(call)) for call in DOCUMENTED)
    record_testsuite_property("documented return codes", total)
    record_testsuite_property("met in the course of things", total - by_faults)
    assert total - by_faults > 2 * by_faults
