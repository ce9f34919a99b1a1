"""A return code, however it is pasted."""

from __future__ import annotations

import json

import pytest

from gongzhong.cli.explain import codes_in
from gongzhong.cli.outcome import DONE, FAILED, USAGE, Usage, run


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("40164", 40164),
        ("-1", -1),
        ('{"errcode":45015,"errmsg":"response out of time limit rid: 61725984-6126f6f9-040f19c4"}', 45015),
        ("{'errcode': -1, 'errmsg': 'system error'}", -1),
        ("Error code: 48001, errmsg: api unauthorized", 48001),
        ("WeChatClientException: 40001 invalid credential", 40001),
        ("errcode=42001 access_token expired at 1700000000", 42001),
        ("请求失败，返回 40003", 40003),
    ],
)
def test_the_code_is_found(text: str, code: int) -> None:
    assert codes_in(text) == [code]


@pytest.mark.parametrize("text", ["invalid credential", "", "v1.2.3"])
def test_no_code_is_wrong_usage(text: str) -> None:
    with pytest.raises(Usage):
        codes_in(text)


def test_meaning_cause_and_fix(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "40164"]) == DONE
    text = capsys.readouterr().out
    assert "白名单" in text and "原因" in text and "解决" in text


def test_a_code_that_starts_with_a_minus(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "-1"]) == DONE
    assert "系统繁忙" in capsys.readouterr().out


def test_json_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "45015", "--json"]) == DONE
    found = json.loads(capsys.readouterr().out)
    assert (found["code"], bool(found["fix_en"])) == (45015, True)


def test_an_unknown_code_fails_politely(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "999999"]) == FAILED
    assert "999999" in capsys.readouterr().out
    assert run(["explain", "nothing"]) == USAGE


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("40001 40164", [40001, 40164]),
        ("10003，10005", [10003, 10005]),
        ("4016 40164", [4016, 40164]),
        ('{"errcode":40164,"errmsg":"invalid ip 203.0.113.77"} {"errcode":45009}', [40164, 45009]),
        ("line 12: 返回 48001 after 3 tries", [48001]),
    ],
)
def test_several_codes_are_all_explained(text: str, codes: list[int]) -> None:
    assert codes_in(text) == codes


def test_a_list_for_scripts_that_ask_for_several(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "40001", "45009", "--json"]) == DONE
    assert [one["code"] for one in json.loads(capsys.readouterr().out)] == [40001, 45009]


def test_a_mistyped_code_gets_those_that_look_like_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "4016"]) == FAILED
    assert "40164" in capsys.readouterr().out
