"""An account is checked when it is made, and no ordinary way of showing or storing it shows a secret.

Forms: AppID `wx` and 16 hexadecimal digits; Token 3 to 32 letters or digits and EncodingAESKey 43 letters or digits, as
the console's page 服务器配置 says.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from gongzhong import Account, Hosts, OfficialAccount, Secret, SetupError

APPID = "wx0123456789abcdef"
VALUES = {
    "secret": "5ec2e7" * 5 + "ab",
    "token": "QDG6eKtoken",
    "aes_key": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    "previous_token": "OldTokenOfLastYear",
    "previous_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
}


def made(**changes: Any) -> Account:
    return Account(**({"appid": APPID, **VALUES, "encryption": "safe"} | changes))


def shown(text: str) -> list[str]:
    return [name for name, value in VALUES.items() if value in text]


def test_a_plain_text_becomes_a_secret() -> None:
    account = made()
    for name, value in VALUES.items():
        assert getattr(account, name) == Secret(value)
        assert getattr(account, name).reveal() == value
    assert msgspec.structs.replace(account, secret="another").secret == Secret("another")


@dataclasses.dataclass
class Settings:
    account: Account
    secret: Secret


def attempt(way: Callable[[Account], Any]) -> str:
    """What somebody sees: the result, or the error with its traceback and all local variables."""
    try:
        return str(way(made()))
    except Exception as problem:
        lines = traceback.TracebackException.from_exception(problem, capture_locals=True).format()
        # The frames of this file hold the values on purpose.
        return "".join(part for part in lines if __file__ not in part)


@pytest.mark.parametrize(
    "way",
    [
        repr,
        str,
        "{}".format,
        lambda account: f"{account.secret:>40} {account.token!r} {account.aes_key!s:10}",
        lambda account: "%s %r" % (account, account.secret),  # noqa: UP031
        pickle.dumps,
        lambda account: pickle.dumps(account.secret, protocol=0),
        msgspec.json.encode,
        msgspec.msgpack.encode,
        msgspec.to_builtins,
        msgspec.structs.asdict,
        lambda account: json.dumps(msgspec.structs.asdict(account)),
        lambda account: json.dumps(msgspec.structs.asdict(account), default=str),
        lambda account: dataclasses.asdict(Settings(account, account.secret)),
        copy.deepcopy,
        lambda account: copy.copy(account.secret),
        lambda account: [account.secret] * 2,
        lambda account: OfficialAccount(account),
        lambda account: account.secret + "suffix",  # type: ignore[operator]
        lambda account: json.dumps(account.secret),
    ],
)
def test_no_ordinary_way_shows_a_secret(way: Callable[[Account], Any]) -> None:
    assert shown(attempt(way)) == []


def test_a_log_shows_none(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("shop").info("account %s %r", made(), made().secret)
    assert shown(caplog.text) == []


WRONG = {
    "appid": ["", "wx123", "gh_0123456789ab", f" {APPID}", APPID.upper(), "wx0123456789abcdeg", None, 42],
    "secret": ["has a blank in it", "密钥", f"{VALUES['secret']}\n", None, 7, b"bytes"],
    "token": ["ab", "a b c", "x" * 33, "令牌令牌", None],
    "aes_key": ["x" * 42, "x" * 44, "x" * 42 + "=", f"{VALUES['aes_key']}\n", None],
    "previous_token": ["a b c"],
    "previous_aes_key": ["zu-kurz"],
    "encryption": ["", "aes", "SAFE", None],
    "hosts": ["http://127.0.0.1:8700", None],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in WRONG for value in WRONG[field]])
def test_a_field_that_wechat_cannot_have_given_is_named_and_a_secret_not_shown(
    field: str, value: Any
) -> None:
    with pytest.raises(SetupError) as caught:
        made(**{field: value})
    for lang in ("zh", "en"):
        assert field in caught.value.text(lang)  # type: ignore[arg-type]
        assert caught.value.fix_zh
        assert caught.value.fix_en
    if isinstance(value, str) and len(value) > 4 and field in VALUES:
        frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        assert not any(value in part for part in frames.format() if __file__ not in part)


def test_an_original_id_in_place_of_the_appid_is_recognised() -> None:
    with pytest.raises(SetupError, match="原始 ID"):
        Account(appid="gh_0123456789ab")


@pytest.mark.parametrize("mode", ["safe", "compatible"])
def test_a_mode_that_encrypts_needs_a_key(mode: Any) -> None:
    with pytest.raises(SetupError) as caught:
        Account(appid=APPID, token="token", encryption=mode)
    assert mode in caught.value.en
    assert "aes_key" in caught.value.en


def test_an_account_that_only_calls_needs_no_token() -> None:
    assert not Account(appid=APPID, secret="s" * 32).token


@pytest.mark.parametrize("appid", ["wxSIM-1", "wxSIM40164"])
def test_appids_that_the_platform_refuses_on_purpose_are_possible(appid: str) -> None:
    assert Account(appid=appid).appid == appid


@pytest.mark.parametrize("address", ["127.0.0.1:8700", "ftp://a.example", "http://", "", None])
def test_an_address_is_whole(address: Any) -> None:
    with pytest.raises(SetupError, match="http://"):
        Hosts(api=address)


ENVIRONMENT = {f"SHOP_{name.upper()}": value for name, value in VALUES.items()} | {"SHOP_APPID": APPID}


def test_the_environment_is_read_with_any_prefix_and_blanks_do_not_count() -> None:
    env = {name: f" {value}\n" for name, value in ENVIRONMENT.items()}
    assert Account.from_env(env, prefix="SHOP_") == made()


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"SHOP_APPID": ""}, "SHOP_APPID"),
        ({"SHOP_APPID": "gh_1"}, "SHOP_APPID"),
        ({"SHOP_AES_KEY": "short"}, "SHOP_AES_KEY"),
        ({"SHOP_TOKEN": "a b"}, "SHOP_TOKEN"),
        ({"SHOP_ENCRYPTION": "aes"}, "SHOP_ENCRYPTION"),
        ({"SHOP_AES_KEY": "", "SHOP_ENCRYPTION": "safe"}, "SHOP_AES_KEY"),
        ({"SHOP_API_BASE": "127.0.0.1:8700"}, "SHOP_API_BASE"),
    ],
)
def test_a_wrong_variable_is_named_by_its_name_and_the_traceback_shows_no_environment(
    changes: dict[str, str], variable: str
) -> None:
    with pytest.raises(SetupError) as caught:
        Account.from_env(ENVIRONMENT | changes, prefix="SHOP_")
    assert variable in caught.value.text("zh")
    assert variable in caught.value.text("en")
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert [part for part in frames.format() if __file__ not in part and shown(part)] == []


def test_an_official_account_takes_an_account() -> None:
    with pytest.raises(SetupError, match="Account"):
        OfficialAccount(APPID)  # type: ignore[arg-type]
