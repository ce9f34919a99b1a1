"""People's data in users' words: asked in the chat, stored, withdrawn item by item, erased with the unsubscribing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gongzhong import Account, AsyncClient, OfficialAccount, Text
from gongzhong.database import read_url
from gongzhong.errors import SetupError
from gongzhong.people import LocalMaster, Masters, People, Progress, open_people
from gongzhong.store import migrate
from gongzhong.testing import Actor, LivePlatform

APPID = "wx00000000000000aa"


@pytest.fixture
def people(tmp_path: Path) -> People:
    url = read_url(f"sqlite:///{tmp_path / 'data.db'}")
    migrate.prepare(url)
    return open_people(url, Masters(LocalMaster(b"m" * 32)))


@pytest.fixture
def shop(live_platform: LivePlatform, people: People) -> OfficialAccount:
    oa = OfficialAccount(Account(appid=APPID, secret="s" * 32, token="shoptoken"), people=people)
    oa.collects("phone", purpose="送货时联系您", text_version="1", text="回复“同意”即可")
    oa.collects("nickname", purpose="称呼", text_version="1", item=205)

    @oa.text(r"订货")
    async def order(message: Text) -> str:
        return oa.records.ask(["phone"])

    @oa.text(r"同意")
    async def agree(message: Text, session: dict[str, Any]) -> str:
        await oa.records.consent(message.openid, ["phone", "nickname"], how="chat")
        await oa.records.store(message.openid, "nickname", "小红")
        session["agreed"] = True
        return "请回复手机号码"

    @oa.text(r"(?P<number>\d{11})")
    async def phone(message: Text, number: str, session: dict[str, Any]) -> str:
        await oa.records.store(message.openid, "phone", number)
        return "记下了" if session.get("agreed") else "还没有同意"

    live_platform.connect(oa)
    return oa


def stored(oa: OfficialAccount, openid: str) -> dict[str, Any]:
    return asyncio.run(oa.records.all(openid))


def test_a_number_is_taken_only_after_the_person_agreed(
    shop: OfficialAccount, live_platform: LivePlatform
) -> None:
    alice = live_platform.person("alice")
    alice.follows()
    assert "送货时联系您" in alice.says("订货")[-1].text
    assert alice.says("13800000000")[-1].text == "抱歉，出了点问题，请稍后再试。"
    assert stored(shop, alice.openid(shop)) == {}
    alice.says("同意")
    assert alice.says("13800000000")[-1].text == "记下了"
    assert stored(shop, alice.openid(shop)) == {"nickname": "小红", "phone": "13800000000"}


def agreed(platform: LivePlatform, name: str) -> Actor:
    person = platform.person(name)
    person.follows()
    person.says("同意")
    person.says("13800000000")
    return person


def test_unsubscribing_erases_and_coming_back_begins_anew(
    shop: OfficialAccount, live_platform: LivePlatform
) -> None:
    alice, bob = agreed(live_platform, "alice"), agreed(live_platform, "bob")
    openid = alice.openid(shop)
    alice.unfollows()
    eventually(lambda: stored(shop, openid) == {})
    assert stored(shop, bob.openid(shop)) == {"nickname": "小红", "phone": "13800000000"}
    alice.follows()
    assert alice.says("13800000000")[-1].text == "抱歉，出了点问题，请稍后再试。", "the consent is gone, too"


def test_what_is_withdrawn_goes_item_by_item_and_a_closed_account_wholly(
    shop: OfficialAccount, live_platform: LivePlatform, people: People
) -> None:
    alice = agreed(live_platform, "alice")
    openid = alice.openid(shop)
    alice.authorises()
    alice.revokes("205")
    eventually(lambda: stored(shop, openid) == {"phone": "13800000000"})
    alice.authorises()  # the withdrawal ended the one before, and only authorised accounts are told
    alice.closes_wechat()
    eventually(lambda: stored(shop, openid) == {})
    found = asyncio.run(people.erasure(APPID).certificates())
    assert [(one.scope, one.reason) for one in found] == [("fields", "revoke"), ("person", "cancellation")]


def test_followers_are_read_and_taken_up_where_it_stopped(
    shop: OfficialAccount, live_platform: LivePlatform, people: People
) -> None:
    for name in ("alice", "bob"):
        live_platform.person(name).follows()
    openids = [live_platform.person(name).openid(shop) for name in ("alice", "bob")]
    shop.collects("subscribe_time", purpose="发送通知", text_version="1", basis="service")
    shop.collects("language", purpose="称呼", text_version="1")

    async def sync() -> Progress:
        async with AsyncClient(shop.account) as api:
            directory = people.directory(APPID, shop.purposes, api)
            return await directory.sync()

    progress = asyncio.run(sync())
    assert (progress.done, progress.total, progress.ended) == (2, 2, True)
    assert sorted(stored(shop, openids[0])) == ["subscribe_time"], "nobody agreed to the language"


def test_a_new_follower_is_read_and_so_is_one_whose_tags_were_changed(
    shop: OfficialAccount, live_platform: LivePlatform
) -> None:
    shop.collects("tagid_list", purpose="发送通知", text_version="1", basis="service")
    alice = live_platform.person("alice")
    alice.follows()
    openid = alice.openid(shop)

    def read() -> Any:
        asyncio.run(shop.binding.tend())
        return stored(shop, openid).get("tagid_list")

    eventually(lambda: read() == [])
    tags = shop.blocking_api.tags
    tags.tag_users(openid_list=[openid], tagid=tags.create(name="vip").tag.id)
    eventually(lambda: len(read()) == 1)


def test_without_a_master_key_it_says_what_to_do() -> None:
    oa = OfficialAccount(Account(appid=APPID, secret="s" * 32, token="shoptoken"))
    with pytest.raises(SetupError, match="openssl rand"):
        oa.records.ask([])


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
