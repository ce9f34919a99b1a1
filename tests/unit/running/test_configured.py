"""An `App` and a configuration become accounts; what does not fit together is named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gongzhong import Account, Accounts, App, OfficialAccount, SetupError
from gongzhong.app import Binding
from gongzhong.config import renew
from gongzhong.running.configured import configured, is_program, require_named
from gongzhong.running.target import kind_of


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes gongzhong.toml with accounts of these names, each with more lines; the environment is put back."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GONGZHONG_")]:
        monkeypatch.delenv(name)
    before = dict(os.environ)

    def write(accounts: Mapping[str, str]) -> None:
        tables = [
            f'[[account]]\nname = "{name}"\nappid = "wx{number:016x}"\ntoken = "token{number}"\n{more}\n'
            for number, (name, more) in enumerate(accounts.items())
        ]
        (tmp_path / "gongzhong.toml").write_text("".join(tables), "utf-8")

    yield write
    os.environ.clear()
    os.environ.update(before)


def app() -> App:
    return App(customer_service=False)


def test_one_account_is_its_binding(settings: Any) -> None:
    settings({"news": ""})
    found = configured(app())
    assert isinstance(found, Binding)
    assert found.account.appid == "wx0000000000000000"


def test_several_accounts_are_found_by_host_and_path(settings: Any) -> None:
    settings({"news": 'path = "/news/"', "shop": 'host = "Shop.test"\npath = "/wx"'})
    found = configured(app())
    assert isinstance(found, Accounts)
    found.check()
    assert found.at("x", "/news").account.appid.endswith("0")
    assert found.at("shop.test:443", "/wx/").account.appid.endswith("1")


def test_without_accounts_the_environment_names_it(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = configured(app())
    assert isinstance(found, Binding)
    with pytest.raises(SetupError, match="GONGZHONG_APPID"):
        found.check()
    monkeypatch.setenv("GONGZHONG_APPID", "wx1234567890abcdef")
    assert configured(app()).only.account.appid == "wx1234567890abcdef"  # type: ignore[union-attr]


def test_apps_by_name_serve_the_accounts_of_their_names(settings: Any) -> None:
    settings({"news": 'path = "/news"', "shop": 'path = "/shop"', "old": 'path = "/old"'})
    news, shop = app(), app()
    found = configured({"news": news, "shop": shop})
    assert isinstance(found, Accounts)
    assert (found.at("", "/news").app, found.at("", "/shop").app) == (news, shop)
    assert len(list(found)) == 2
    oa = OfficialAccount.from_env("GONGZHONG_NEWS_")
    assert configured({"news": oa}) is oa.binding


@pytest.mark.parametrize(
    ("accounts", "program", "words"),
    [
        ({"news": "", "shop": ""}, app(), "neither path nor host"),
        ({"news": ""}, {"shop": app()}, "no [[account]] named 'shop'"),
        ({}, {"shop": app()}, "add it to gongzhong.toml"),
        (
            {"news": ""},
            {"news": OfficialAccount(Account(appid="wx0123456789abcdef", token="abc"))},
            "has the AppID wx0123456789abcdef",
        ),
        ({"news": 'path = "/a"', "shop": 'path = "/a/"'}, app(), "is that of the account news already"),
    ],
)
def test_what_does_not_fit_is_named(
    accounts: dict[str, str], program: Any, words: str, settings: Any
) -> None:
    settings(accounts)
    with pytest.raises(SetupError) as caught:
        configured(program)
    assert words in caught.value.text("en")


def test_the_accounts_of_one_configuration_share_connections(settings: Any) -> None:
    settings({"news": 'path = "/news"', "shop": 'path = "/shop"'})
    os.environ["GONGZHONG_DATABASE"] = "sqlite:///data.db"
    found = configured(app())
    news, shop = found.at("", "/news"), found.at("", "/shop")
    assert news.state is shop.state and news.state is not None
    assert news.store is shop.store
    found.close()


def test_a_program_that_asks_for_another_account_than_the_configuration_names_is_told_so(
    settings: Any,
) -> None:
    oa = OfficialAccount.from_env()
    settings({})
    require_named(oa)  # its own check says what is missing
    settings({"news": ""})
    with pytest.raises(SetupError) as caught:
        require_named(oa)
    assert 'from_env("GONGZHONG_NEWS_")' in caught.value.text("en")
    os.environ["GONGZHONG_APPID"] = "wx0123456789abcdef"
    require_named(oa)
    require_named(Accounts({"/a": app().bind(Account(appid="wx0123456789abcdef", token="abc"))}))


def test_what_needs_a_configuration_is_told_apart() -> None:
    oa = OfficialAccount(Account(appid="wx0123456789abcdef", token="abc"))
    assert [kind_of(one) for one in (app(), {"a": app()}, {"a": oa}, oa)] == [*["program"] * 3, "account"]
    assert not any(is_program(one) for one in ({}, {"a": 1}, {1: app()}, oa, "app"))


def test_what_a_file_said_before_is_forgotten_when_it_is_read_again(settings: Any) -> None:
    settings({"news": 'secret = "0123456789abcdef"'})
    env = {"GONGZHONG_NEWS_TOKEN": "mine"}
    assert renew(env).settings.account and "GONGZHONG_NEWS_APPID" not in env  # nothing was filled before
    renew(env).fill(env)
    assert env["GONGZHONG_NEWS_SECRET"] == "0123456789abcdef"
    settings({"other": ""})
    assert [one.name for one in renew(env).settings.account] == ["other"]
    assert env["GONGZHONG_NEWS_TOKEN"] == "mine"
    assert "GONGZHONG_NEWS_SECRET" not in env and "GONGZHONG_OTHER_APPID" in env
