"""The table of what is here holds every endpoint of WeChat's core list, and tells the truth."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from gongzhong.catalogue.registry import CALLS
from gongzhong.messages import EVENTS, MESSAGES
from gongzhong.platform.calls import BEHAVIOURS, CONSTANT
from gongzhong.platform.coverage import codes_of, coverage, recorded

FACTS = Path(__file__).parents[2] / "facts" / "core_endpoints.tsv"
with FACTS.open(encoding="utf-8", newline="") as file:
    CORE = [(row["verb"], row["path"]) for row in csv.DictReader(file, delimiter="\t")]

MEASURED = coverage()
BY_KEY = {(one.verb, one.path): one for one in MEASURED.endpoints}


def test_the_core_list_is_whole() -> None:
    assert len(CORE) == len(set(CORE)) == 159


@pytest.mark.parametrize("key", CORE, ids=" ".join)
def test_every_core_endpoint_is_typed_and_simulated(key: tuple[str, str]) -> None:
    endpoint = BY_KEY[key]
    assert endpoint.kit == "typed"
    assert endpoint.platform in ("behaviour", "constant", "retired")


def test_an_endpoint_stands_there_once() -> None:
    assert len(BY_KEY) == len(MEASURED.endpoints)
    simulated = sum(one.platform in ("behaviour", "constant") for one in MEASURED.endpoints)
    assert simulated >= len(BEHAVIOURS) - 3
    assert sum(one.platform == "constant" for one in MEASURED.endpoints) == len(CONSTANT)


def test_every_push_stands_there_with_who_makes_it() -> None:
    assert len(MEASURED.pushes) == len(MESSAGES) + len(EVENTS)
    made = {one.cls: one.made_by for one in MEASURED.pushes}
    assert "acts.follow" in made["Subscribe"]
    assert "templates.send_template" in made["TemplateSendJobFinish"]
    assert made["WifiConnected"] == []


def test_return_codes_are_those_that_tests_saw() -> None:
    given = {one.code: one.given for one in MEASURED.codes}
    assert {given[code] for code in (40001, 40003, 45009, 45015, 47001, 101000)} == {"behaviour"}
    assert given[89503] == "fault"
    assert {given[code] for code in (61451, 9001001)} <= {"fault", "no"}


def test_the_recorded_codes_belong_to_calls() -> None:
    names = {call.__name__ for call in CALLS}
    assert codes_of().keys() <= names
    assert len(recorded("given_codes")) == sum(map(len, codes_of().values()))
