"""Every return code that a call documents is met: in the course of things, or by a fault where nothing leads to it.

What is seen here is what `gongzhong coverage` counts as given: the file with the codes of each call must agree.
"""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.catalogue.model import Call
from gongzhong.catalogue.registry import CALLS
from gongzhong.platform.coverage import codes_of

from .catalogue_provocations import met
from .catalogue_refusals import SPECIFIC
from .catalogue_unreached import UNREACHED_BY_BEHAVIOUR
from .record_coverage import CODED, COMMAND, PUSHES, behaviour_of, by_faults, push_rows, specific, unreached

DOCUMENTED = [call for call in CALLS if call.spec.errors]
FAULTY = [call for call in DOCUMENTED if unreached(call)]


def name(value: object) -> str:
    return str(getattr(value, "__name__", value))


def recorded(call: type[Call[Any]], how: str) -> set[int]:
    return {code for code, by in codes_of().get(call.__name__, {}).items() if by == how}


@pytest.mark.parametrize(
    ("call", "code"), [(call, code) for call, codes in SPECIFIC.items() for code in codes], ids=name
)
def test_a_call_is_refused_with_its_code(call: type[Call[Any]], code: int) -> None:
    assert code in call.spec.errors
    assert specific(call, code) == code


@pytest.mark.parametrize("call", CODED, ids=name)
def test_every_documented_code_is_met_or_known_to_need_a_fault(call: type[Call[Any]]) -> None:
    seen = behaviour_of(call, met(call))
    unmet = set(call.spec.errors) - seen - unreached(call)
    assert not unmet, (
        f"say how {unmet} comes about (catalogue_refusals.py), or why it never does (catalogue_unreached.py)"
    )
    assert not unreached(call) & seen, "catalogue_unreached.py says that these never come"
    assert recorded(call, "behaviour") == seen, COMMAND


@pytest.mark.parametrize("call", FAULTY, ids=name)
def test_a_fault_makes_what_nothing_else_makes(call: type[Call[Any]]) -> None:
    seen = by_faults(call)
    assert seen == unreached(call)
    assert recorded(call, "fault") == seen, COMMAND


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


def test_the_makers_of_pushes_are_those_of_the_sources() -> None:
    assert PUSHES.read_text("utf-8").splitlines()[1:] == push_rows(), COMMAND
