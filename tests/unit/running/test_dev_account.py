"""Which account a program develops with."""

from __future__ import annotations

import pytest

from gongzhong import Account, SetupError
from gongzhong.platform import AccountConfig, Platform, PlatformConfig
from gongzhong.platform.delivery.verification import problem_with
from gongzhong.running.dev_account import AccountWish, choose, environment, server_settings, trust_pages_of
from gongzhong.wire import Cipher


def platform(*names: str) -> Platform:
    return Platform(PlatformConfig(account=[AccountConfig(name=name) for name in names]))


def test_without_declarations_an_account_is_made_once() -> None:
    bench = platform()
    first = choose(bench, AccountWish(name="demo"))
    again = choose(bench, AccountWish(name="demo", kind="subscription", verified=False))
    assert (first.name, first.kind, first.verified) == ("demo", "service", True)
    assert (again.appid, again.kind, again.verified) == (first.appid, "subscription", False)


def test_a_declared_account_is_taken_as_it_is() -> None:
    bench = platform("商城")
    assert choose(bench, AccountWish(name="demo")).name == "商城"
    assert len(bench.world.accounts) == 1


def test_of_several_the_one_of_the_same_name_or_the_chosen_one() -> None:
    bench = platform("商城", "demo")
    assert choose(bench, AccountWish(name="demo")).name == "demo"
    assert choose(bench, AccountWish(name="demo", chosen="商城")).name == "商城"


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (AccountWish(name="other"), "declares several accounts. choose one with --account: a, b"),
        (AccountWish(name="a", chosen="c"), "no account named c. choose one with --account: a, b"),
    ],
)
def test_an_open_choice_is_an_error(wish: AccountWish, words: str) -> None:
    with pytest.raises(SetupError) as caught:
        choose(platform("a", "b"), wish)
    assert words in caught.value.text("en")


def test_derived_settings_are_safe_valid_and_the_same_on_each_run() -> None:
    made = [
        server_settings(bench, choose(bench, AccountWish(name="demo")), "http://127.0.0.1:1/")
        for bench in (platform(), platform())
    ]
    assert made[0] == made[1]
    assert made[0].encryption == "safe"
    assert problem_with(made[0], any_port=True) is None
    cipher = Cipher(made[0].aes_key, "wx1")
    assert cipher.decrypt(cipher.encrypt(b"<xml/>")) == b"<xml/>"


def test_declared_settings_are_kept() -> None:
    bench = Platform(PlatformConfig(account=[AccountConfig(name="a", token="mine", encryption="plain")]))
    settings = server_settings(bench, bench.account("a"), "http://127.0.0.1:1/")
    assert (settings.token, settings.encryption) == ("mine", "plain")


def test_the_program_reads_the_same_account_from_its_environment() -> None:
    bench = platform()
    account = trust_pages_of(bench, choose(bench, AccountWish(name="demo")), "127.0.0.1:9")
    settings = server_settings(bench, account, "http://127.0.0.1:9/")
    read = Account.from_env(environment(account, settings, "http://127.0.0.1:8700", "http://127.0.0.1:9"))
    assert (read.appid, read.secret.reveal(), read.encryption) == (account.appid, account.secret, "safe")
    assert read.token.reveal() == settings.token
    assert read.hosts.open == "http://127.0.0.1:8700"
    assert (account.oauth_domain, account.js_domains) == ("127.0.0.1:9", ["127.0.0.1:9"])
