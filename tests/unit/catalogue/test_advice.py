"""Cause and fix for each return code."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from gongzhong.catalogue.advice import NEUTRAL, advise
from gongzhong.catalogue.codes import Category, lookup, rows_of, table

MOST_MET = (
    *(
        40001,
        40013,
        40014,
        40125,
        40164,
        42001,
        41001,
        40003,
        40007,
        40029,
        40163,
        42003,
        42007,
        43004,
        43101,
    ),
    *(
        45009,
        45011,
        45015,
        45047,
        45028,
        45065,
        48001,
        48002,
        48004,
        48006,
        47001,
        47003,
        40033,
        40037,
        46003,
    ),
    *(45056, -1, 40243, 50004, 50007, 89501, 89503, 89506, 89507, 61024),
)
SPECIFIC = {int(row[0]): row[1:] for row in rows_of("advice")}


def test_the_codes_people_meet_have_words_of_their_own() -> None:
    assert [code for code in MOST_MET if code not in SPECIFIC] == []


@pytest.mark.parametrize("code", SPECIFIC)
def test_specific_advice_is_whole_and_for_a_known_code(code: int) -> None:
    assert lookup(code) is not None
    words = SPECIFIC[code]
    assert len(words) == 4
    assert all(words)
    assert not any(re.search("[一-鿿]{8,}", english) for english in (words[1], words[3]))
    assert all(re.search("[一-鿿]", chinese) for chinese in (words[0], words[2]))


@pytest.mark.parametrize("code", SPECIFIC)
def test_words_name_only_facts_that_exist_and_end_without_a_stop(code: int) -> None:
    advice = advise(code, None)
    for chinese, english in ((advice.cause_zh, advice.cause_en), (advice.fix_zh, advice.fix_en)):
        assert (
            set(re.findall(r"\{(\w*)\}", chinese))
            == set(re.findall(r"\{(\w*)\}", english))
            <= set(NEUTRAL["zh"])
        )
        assert not chinese.endswith("。") and not english.endswith(".")


def test_every_category_has_advice() -> None:
    for category in get_args(Category):
        advice = advise(10**9, category)
        assert advice.cause_zh and advice.cause_en
        assert category == "ok" or (advice.fix_zh and advice.fix_en)


def test_every_code_of_the_table_reads_on_without_facts() -> None:
    for code in table().values():
        advice = advise(code.code, code.category).filled({})
        assert "{" not in advice.cause_zh + advice.cause_en + advice.fix_zh + advice.fix_en


def test_facts_go_into_the_words() -> None:
    advice = advise(40164, "permission").filled({"zh": {"ip": "203.0.113.9"}})
    assert "203.0.113.9" in advice.fix_zh
    assert "203.0.113.9" not in advice.fix_en
