"""The table of return codes."""

from __future__ import annotations

from typing import get_args

from gongzhong.catalogue.codes import Category, lookup, rows_of, table


def test_the_table_has_every_row_once() -> None:
    rows = rows_of("return_codes")
    assert len(rows) == len(table()) == 1890


def test_every_row_has_five_columns_and_a_known_category() -> None:
    for row in rows_of("return_codes"):
        assert len(row) == 5
        assert row[4] in get_args(Category)


def test_a_code_is_found_with_its_words() -> None:
    code = lookup(40001)
    assert code is not None
    assert (code.name, code.category) == ("INVALID_CREDENTIAL", "refresh token")
    assert code.en.startswith("invalid credential")


def test_an_unknown_code_is_none() -> None:
    assert lookup(123456789) is None


def test_a_meaning_falls_back_to_the_other_language() -> None:
    only_english = next(code for code in table().values() if not code.zh)
    assert only_english.meaning("zh") == only_english.en
    only_chinese = next(code for code in table().values() if not code.en)
    assert only_chinese.meaning("en") == only_chinese.zh


def test_every_code_means_something() -> None:
    assert [code.code for code in table().values() if not code.meaning("zh")] == []
