"""A return code, however it is pasted."""

from __future__ import annotations

import json

import pytest

from gongzhong.cli.explain import code_in
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
    assert code_in(text) == code


@pytest.mark.parametrize("text", ["invalid credential", "", "v1.2.3"])
def test_no_code_is_wrong_usage(text: str) -> None:
    with pytest.raises(Usage):
        code_in(text)


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
