"""An answer with a return code becomes an exception that helps."""

from __future__ import annotations

import pytest

from gongzhong.catalogue.base import GetStableToken
from gongzhong.catalogue.codes import table
from gongzhong.catalogue.failures import explain, failure, who_may
from gongzhong.catalogue.model import EVERY_ACCOUNT, TEST, VERIFIED_SERVICE, Call, Ok, Spec
from gongzhong.errors import (
    BusyError,
    CallError,
    ContentError,
    CredentialError,
    ParameterError,
    PermissionDenied,
    QuotaError,
    UnknownCodeError,
)


class Send(Call[Ok], kw_only=True, frozen=True):
    """Send something."""

    spec = Spec("POST", "/cgi-bin/send", daily=100_000, accounts=VERIFIED_SERVICE | TEST)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *(
            (code, CredentialError)
            for code in (40001, 40014, 42001, 40125, 40013, 40243, 41001, 40029, 42007)
        ),
        *((code, PermissionDenied) for code in (48001, 40164, 43004, 43101, 48004, 89503, 50007)),
        *((code, QuotaError) for code in (45009, 45011, 45047, 45015, 45028, 48006)),
        *((code, ParameterError) for code in (40003, 40007, 47001, 47003, 40033, 40037, 46003)),
        *((code, ContentError) for code in (40005, 45002, 87014)),
        *((code, BusyError) for code in (-1, -1000, 61450)),
        (123456789, UnknownCodeError),
    ],
)
def test_the_class_says_what_sort_of_trouble_it_is(code: int, kind: type[CallError]) -> None:
    assert type(failure(Send, {"errcode": code, "errmsg": "no"})) is kind


@pytest.mark.parametrize("code", [code for code in table() if code])
def test_every_code_becomes_an_error_with_cause_and_fix_in_both_languages(code: int) -> None:
    error = failure(Send, {"errcode": code, "errmsg": "words"})
    assert type(error) is not CallError
    for text in (error.text("zh"), error.text("en")):
        assert str(code) in text
        assert "cgi-bin/send" in text
    assert error.fix_zh and error.fix_en


def test_the_trace_id_is_taken_out_of_the_words() -> None:
    error = failure(Send, {"errcode": 40003, "errmsg": "invalid openid rid: 64ffdf3b-25c2606d-7d6d6392"})
    assert error.rid == "64ffdf3b-25c2606d-7d6d6392"
    assert "rid" not in error.en
    assert error.errmsg.endswith("7d6d6392")


def test_an_older_answer_has_no_trace_id() -> None:
    assert failure(Send, {"errcode": 40003, "errmsg": "invalid openid hint: [abc]"}).rid is None


def test_the_address_to_allow_is_named() -> None:
    errmsg = (
        "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 64ffdf3b-25c2606d-7d6d6392"
    )
    error = failure(GetStableToken, {"errcode": 40164, "errmsg": errmsg})
    assert "203.0.113.9" in error.fix_zh and "203.0.113.9" in error.fix_en


def test_a_missing_permission_names_the_kinds_of_account_that_have_it() -> None:
    error = failure(Send, {"errcode": 48001, "errmsg": "api unauthorized"})
    assert "已认证的服务号、测试号" in error.zh
    assert "verified service accounts, test accounts" in error.en


def test_a_used_up_quota_names_its_size() -> None:
    error = failure(Send, {"errcode": 45009, "errmsg": "reach max api daily quota limit"})
    assert "100000" in error.zh and "100000" in error.en


def test_a_refused_template_field_is_named() -> None:
    error = failure(Send, {"errcode": 47003, "errmsg": "argument invalid! data.thing1.value invalid"})
    assert "thing1" in error.zh and "thing1" in error.en
    assert "data." not in error.zh


def test_40001_means_the_secret_where_the_secret_is_sent() -> None:
    answer = {"errcode": 40001, "errmsg": "invalid credential"}
    assert "AppSecret 不对" in failure(GetStableToken, answer).zh
    assert "换掉" in failure(Send, answer).zh


def test_an_answer_without_words_is_still_explained() -> None:
    error = failure(Send, {"errcode": 123456789})
    assert "123456789" in error.zh
    assert error.fix_zh


def test_the_answer_travels_along() -> None:
    answer = {"errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": 7}
    assert failure(Send, answer).answer == answer


def test_a_code_is_explained_in_words() -> None:
    explanation = explain(40164)
    assert (explanation.name, explanation.category) == ("INVALID_IP_NOT_IN_WHITELIST", "permission")
    assert "白名单" in explanation.fix("zh")
    assert "allow-list" in explanation.cause("en")


def test_an_unknown_code_is_explained_too() -> None:
    explanation = explain(123456789)
    assert (explanation.category, explanation.zh) == (None, "未知返回码")
    assert "errmsg" in explanation.fix("zh")


def test_kinds_of_account_are_named() -> None:
    assert who_may(EVERY_ACCOUNT) == ("所有账号", "every account")
    assert who_may(TEST) == ("测试号", "test accounts")
