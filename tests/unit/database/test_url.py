"""Addresses of databases and of the shared state: what is wrong is said, a password is never repeated."""

from __future__ import annotations

import sys

import pytest

from gongzhong.database import read_url
from gongzhong.errors import MissingExtra, SetupError
from gongzhong.state import open_state


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///data/state.db", "data/state.db"),
        ("sqlite:////var/lib/state.db", "/var/lib/state.db"),
        (" SQLite:///a%20b.db ", "a b.db"),
        ("sqlite+pysqlite:///state.db", "state.db"),
    ],
)
def test_sqlite(url: str, path: str) -> None:
    found = read_url(url)
    assert (found.kind, found.path) == ("sqlite", path)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://u:p%40ss@db:5433/shop", "postgresql://u@db:5433/shop"),
        ("postgres://db/shop", "postgresql://db/shop"),
        ("postgresql+psycopg://u:p@db/shop?sslmode=require", "postgresql://u@db/shop"),
        ("postgresql:///shop?host=/run/postgresql", "postgresql:///run/postgresql/shop"),
    ],
)
def test_postgresql(url: str, place: str) -> None:
    found = read_url(url)
    assert (found.kind, found.place) == ("postgresql", place)
    assert found.address.reveal().startswith("postgresql://")
    assert "p%40ss" not in repr(found)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "sqlite:///"),
        ("state.db", "sqlite:///"),
        ("mysql://u:hunter2@db/shop", "sqlite:///"),
        ("sqlite://state.db", "三条斜线"),
        ("sqlite:///", "没有文件名"),
        ("sqlite:///:memory:", "没有文件名"),
        ("sqlite:///state.db?mode=ro", "不带参数"),
        ("postgresql://u:hunter2@db", "数据库名"),
        ("postgresql://u:hunter2@db/a/b", "数据库名"),
        ("postgresql://u:hunter2#@db/shop", "%"),
        ("postgresql://u:hunter2/x@db/shop", "%"),
        ("postgresql://u:hunter2@db:port/shop", "%"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(url: str, says: str) -> None:
    with pytest.raises(SetupError) as caught:
        read_url(url)
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value) + caught.value.text("en") + repr(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    ["", "redis", "http://u:hunter2@x", "redis:hunter2", "redis://:hunter2#@h/0", "redis://:hunter2@h:x/0"],
)
def test_wrong_addresses_of_the_state(url: str) -> None:
    with pytest.raises(SetupError) as caught:
        open_state(url)
    assert "redis://" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("package", "url"), [("psycopg", "postgresql://db/shop"), ("redis", "redis://127.0.0.1/0")]
)
def test_a_missing_package_says_which_extra_to_install(
    package: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] == package or name.startswith(("gongzhong.state.", "gongzhong.database.")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=r"gongzhong\[(postgres|redis)\]"):
        open_state(url)


@pytest.mark.parametrize("url", ["redis://:hunter2@127.0.0.1:6379/0", "valkey://u:hunter2@127.0.0.1:6379/0"])
def test_a_password_is_in_no_repr(url: str) -> None:
    state = open_state(url)
    assert "hunter2" not in repr(state) + repr(vars(state))
