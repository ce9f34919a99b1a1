"""What an account holds, as the control API lists it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.platform.controlling import ask_control

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.testing import PNG, LocalPlatform

APPID = "wx00000000000000aa"


class Shop:
    """An account with followers, and the control API."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        account = Account(appid=APPID, secret=Secret("s" * 32), token=Secret("desk"))
        self.oa = OfficialAccount(account)
        platform.connect(self.oa, wechat_id="shop")
        self.client = platform.client(self.oa)
        self.openids = {}
        for name in ("alice", "bob", "carol"):
            person = platform.person(name)
            person.follows()
            self.openids[name] = person.openid()

    def status(self, path: str) -> tuple[int, Any]:
        return ask_control(self.platform, "GET", f"/accounts/{APPID}/{path}")

    def get(self, path: str) -> Any:
        status, answer = self.status(path)
        assert status == 200, answer
        return answer


@pytest.fixture
def shop(platform: LocalPlatform) -> Shop:
    return Shop(platform)


def names(answer: Any) -> list[str]:
    return [one["person"] for one in answer["followers"]]


def test_followers_are_paged_by_cursor_and_searched(shop: Shop) -> None:
    first = shop.get("people?limit=2")
    assert (names(first), first["total"]) == (["alice", "bob"], 3)
    rest = shop.get(f"people?limit=2&after={first['next']}")
    assert (names(rest), rest["next"]) == (["carol"], None)
    shop.client.users.set_remark(openid=shop.openids["bob"], remark="VIP 老客户")
    assert names(shop.get("people?q=vip")) == ["bob"]
    assert names(shop.get("people?q=CAROL")) == ["carol"]
    assert names(shop.get(f"people?q={shop.openids['alice'][3:12]}")) == ["alice"]
    assert names(shop.get("people?q=%")) == []
    assert shop.status("people?limit=0")[0] == 400


def test_followers_of_a_tag(shop: Shop) -> None:
    tag = shop.client.tags.create(name="会员").tag.id
    shop.client.tags.tag_users(openid_list=[shop.openids["carol"]], tagid=tag)
    assert {"id": tag, "name": "会员", "count": 1} in shop.get("tags")["tags"]
    found = shop.get(f"people?tag={tag}")
    assert names(found) == ["carol"]
    assert found["followers"][0]["tags"] == [tag]


def test_files_of_the_account_and_not_what_people_sent(shop: Shop) -> None:
    shop.platform.person("alice").sends("image", file=PNG)
    media_id = shop.client.media.upload(type="image", media=PNG).media_id
    (file,) = shop.get("files")["files"]
    assert (file["media_id"], file["permanent"], file["bytes"]) == (media_id, False, len(PNG))
    assert shop.get("files?kind=voice")["files"] == []
    shop.platform.clock.advance(days=4)
    assert shop.get("files")["files"] == []


def test_menus_and_what_they_are_for(shop: Shop) -> None:
    button = [{"type": "click", "name": "帮助", "key": "HELP"}]
    assert shop.get("menus") == {"button": [], "conditional": []}
    shop.client.menu.create(button=button)
    assert shop.get("menus")["button"][0]["key"] == "HELP"


def test_rights_say_what_this_kind_of_account_has(shop: Shop) -> None:
    calls = {one["path"]: one for one in shop.get("rights")["calls"]}
    assert calls["/cgi-bin/message/template/send"]["allowed"]
    assert calls["/cgi-bin/message/template/send"]["daily"] == 100_000
    shop.client.template.list()
    assert {one["path"]: one["used"] for one in shop.get("rights")["calls"]}[
        "/cgi-bin/template/get_all_private_template"
    ] == 1
    assert calls["/cgi-bin/template/get_all_private_template"]["used"] == 0
