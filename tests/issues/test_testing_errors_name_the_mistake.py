"""A forgotten `connect`, a misspelt name and an act that the phone would not offer: the error says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gongzhong import OfficialAccount, Router, SetupError, Text
from gongzhong.testing import LivePlatform, LocalPlatform, NotPossible, UnknownName

pytestmark = pytest.mark.heavy


def test_connect_was_forgotten_or_is_not_clear(platform: LocalPlatform) -> None:
    alice = platform.person("alice")
    with pytest.raises(SetupError, match=r"还没有连接公众号。先调用 platform.connect\(oa\)"):
        alice.says("你好")
    alice.follows(OfficialAccount.from_env())
    alice.follows(OfficialAccount.from_env("NEWS_"))
    with pytest.raises(SetupError, match=r"不知道是哪一个.*to=oa"):
        alice.says("你好")
    with pytest.raises(SetupError, match="没有连接名为 shpo 的公众号"):
        alice.says("你好", to="shpo")


@pytest.mark.parametrize("wrong", [Router(), OfficialAccount, "oa.asgi", 3])
def test_what_is_no_account(platform: LocalPlatform, wrong: Any) -> None:
    given = OfficialAccount.from_env().asgi if wrong == "oa.asgi" else wrong
    with pytest.raises(SetupError, match="要的是 OfficialAccount"):
        platform.connect(given)
    with pytest.raises(SetupError, match="要的是 OfficialAccount"):
        platform.person("alice").follows(given)


def test_settings_are_checked(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env()
    with pytest.raises(SetupError, match="没有 verifed 这个设置。是不是想写 verified"):
        platform.connect(oa, verifed=False)
    with pytest.raises(SetupError, match="kind"):
        platform.connect(oa, kind="servce")  # type: ignore[arg-type]
    platform.connect(oa)
    with pytest.raises(SetupError, match="oauth_domain"):
        platform.change(oa, oauth_domian="example.com")


def test_two_accounts_under_one_appid(platform: LocalPlatform) -> None:
    platform.connect(OfficialAccount.from_env())
    with pytest.raises(SetupError, match=r"from_env\(prefix="):
        platform.connect(OfficialAccount.from_env())


@pytest.mark.parametrize(
    ("attempt", "meant"),
    [
        (lambda platform: platform.conect, "connect"),
        (lambda platform: platform.person("alice").say("你好"), "says"),
        (lambda platform: platform.person("alice").inbx, "inbox"),
        (lambda platform: platform.call, "calls"),
    ],
)
def test_a_misspelt_attribute(platform: LocalPlatform, attempt: Any, meant: str) -> None:
    with pytest.raises(UnknownName, match=f"是不是想写 {meant}"):
        attempt(platform)
    assert not hasattr(platform, "conect")


def test_acts_that_the_phone_does_not_offer(platform: LocalPlatform) -> None:
    platform.connect(OfficialAccount.from_env(), name="商店")
    alice = platform.person("alice")
    with pytest.raises(NotPossible, match="alice 还没有关注商店"):
        alice.says("你好")
    alice.follows()
    with pytest.raises(NotPossible, match="已经关注"):
        alice.follows()
    with pytest.raises(NotPossible, match="菜单里没有“帮助”"):
        alice.taps("帮助")
    with pytest.raises(NotPossible, match="没有收到菜单消息"):
        alice.chooses("1")
    with pytest.raises(NotPossible, match="二维码无效"):
        alice.scans("https://example.com")
    with pytest.raises(SetupError, match="没有这种消息类型：picture"):
        alice.sends("picture")  # type: ignore[arg-type]
    with pytest.raises(SetupError, match="没有这种字段：lattitude。是不是想写 latitude"):
        alice.sends("location", lattitude=1.0)
    with pytest.raises(NotPossible, match="没有这篇文章"):
        alice.reads("https://mp.weixin.qq.com/s/x")


def test_an_error_speaks_one_language(platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.connect(OfficialAccount.from_env(), name="shop")
    monkeypatch.setenv("GONGZHONG_LANG", "en")
    with pytest.raises(NotPossible) as problem:
        platform.person("alice").says("hi")
    assert str(problem.value) == "alice does not follow shop"


def test_acting_inside_a_handler_is_refused_and_does_not_hang(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env()
    alice = platform.person("alice")

    @oa.on(Text)
    async def recurse(message: Text) -> str:
        alice.says("again")
        return "?"

    alice.follows(oa)
    alice.says("once")
    (raised,) = platform.failures
    assert isinstance(raised, SetupError)
    assert "处理函数里不能扮演用户" in str(raised)


def test_a_live_platform_that_is_not_open() -> None:
    with pytest.raises(SetupError, match=r"with LivePlatform\(\) as platform"):
        LivePlatform().url  # noqa: B018
    with pytest.raises(SetupError, match=r"with LivePlatform\(\) as platform"):
        LivePlatform().person("alice")
    with pytest.raises(UnknownName, match="connect"):
        LivePlatform().conect  # noqa: B018


FAILING = """
import logging
from gongzhong import OfficialAccount, Text

oa = OfficialAccount.from_env()


@oa.on(Text)
async def stock(message: Text) -> str:
    return {}["in stock"]


def test_stock(platform):
    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows()
    assert alice.says("?").text == "3"
"""


@pytest.mark.parametrize("options", [(), ("-p", "no:logging")])
def test_a_failed_test_shows_the_traceback_of_the_handler(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "test_shop.py").write_text(FAILING, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "KeyError: 'in stock'" in done.stdout
    assert 'return {}["in stock"]' in done.stdout
    assert done.stdout.count("Traceback (most recent call last)") == 1
