"""Two accounts of one company: the same person is known to both, and nothing of one works with the other."""

from __future__ import annotations

import pytest

from gongzhong import Account, CallError, OfficialAccount, Secret, Text
from gongzhong.catalogue.model import Upload
from gongzhong.testing import PNG, LocalPlatform


class Brand:
    """One of the company's accounts, with its own application."""

    def __init__(self, platform: LocalPlatform, appid: str, group: str) -> None:
        self.oa = OfficialAccount(Account(appid=appid, secret=Secret(appid * 2), token=Secret("tok123")))
        self.oa.on(Text)(self.answer)
        platform.connect(self.oa, open_platform=group)
        self.api = platform.client(self.oa)

    async def answer(self, message: Text) -> str:
        return f"{self.oa.account.appid}: {message.content}"


@pytest.fixture
def shop(platform: LocalPlatform) -> Brand:
    return Brand(platform, "wx00000000000000aa", "group")


@pytest.fixture
def paper(platform: LocalPlatform) -> Brand:
    return Brand(platform, "wx00000000000000bb", "group")


def refusal(error: pytest.ExceptionInfo[CallError]) -> int:
    return error.value.errcode


def test_one_person_two_openids_one_unionid(platform: LocalPlatform, shop: Brand, paper: Brand) -> None:
    alice = platform.person("alice")
    for brand in (shop, paper):
        alice.follows(brand.oa)
    ids = [alice.openid(brand.oa) for brand in (shop, paper)]
    profiles = [brand.api.users.get(openid=openid) for brand, openid in zip((shop, paper), ids, strict=True)]
    assert ids[0] != ids[1]
    assert profiles[0].unionid == profiles[1].unionid is not None
    alice.unfollows(shop.oa)
    alice.follows(shop.oa)
    assert alice.openid(shop.oa) == ids[0]


def test_another_company_sees_another_unionid(platform: LocalPlatform, shop: Brand) -> None:
    stranger = Brand(platform, "wx00000000000000cc", "another")
    alone = Brand(platform, "wx00000000000000dd", "")
    alice = platform.person("alice")
    found = []
    for brand in (shop, stranger, alone):
        alice.follows(brand.oa)
        found.append(brand.api.users.get(openid=alice.openid(brand.oa)).unionid)
    assert found[0] != found[1]
    assert found[2] is None


def test_each_chat_is_with_one_account(platform: LocalPlatform, shop: Brand, paper: Brand) -> None:
    alice = platform.person("alice")
    for brand in (shop, paper):
        alice.follows(brand.oa)
    alice.says("苹果", to=shop.oa)
    alice.says("新闻", to=paper.oa)
    assert alice.screen_of(shop.oa)[-1].text == "wx00000000000000aa: 苹果"
    assert alice.screen_of(paper.oa)[-1].text == "wx00000000000000bb: 新闻"
    assert not any(line.text == "新闻" for line in alice.screen_of(shop.oa))


def test_openids_of_one_account_are_nobody_to_the_other(
    platform: LocalPlatform, shop: Brand, paper: Brand
) -> None:
    alice = platform.person("alice")
    alice.follows(shop.oa)
    alice.follows(paper.oa)
    alice.says("在吗", to=paper.oa)
    foreign = alice.openid(shop.oa)
    for call in (
        lambda: paper.api.users.get(openid=foreign),
        lambda: paper.api.users.set_remark(openid=foreign, remark="x"),
        lambda: paper.api.customer.send_text(touser=foreign, content="x"),
    ):
        with pytest.raises(CallError) as error:
            call()
        assert refusal(error) == 40003
    tag = paper.api.tags.create(name="t").tag.id
    with pytest.raises(CallError) as error:
        paper.api.tags.tag_users(openid_list=[foreign], tagid=tag)
    assert refusal(error) == 49003


def test_files_of_one_account_are_not_the_others(platform: LocalPlatform, shop: Brand, paper: Brand) -> None:
    alice = platform.person("alice")
    alice.follows(paper.oa)
    alice.says("在吗", to=paper.oa)
    media_id = shop.api.media.upload(type="image", media=Upload(PNG, "a.png")).id
    for call in (
        lambda: paper.api.media.get(media_id=media_id),
        lambda: paper.api.customer.send_image(touser=alice.openid(paper.oa), media_id=media_id),
    ):
        with pytest.raises(CallError) as error:
            call()
        assert refusal(error) == 40007


def test_a_token_opens_only_its_own_account(platform: LocalPlatform, shop: Brand, paper: Brand) -> None:
    alice, bob = platform.person("alice"), platform.person("bob")
    alice.follows(shop.oa)
    bob.follows(paper.oa)
    assert list(shop.api.users.walk()) == [alice.openid(shop.oa)]
    assert list(paper.api.users.walk()) == [bob.openid(paper.oa)]
    paper.api.tags.create(name="晚报")
    assert [tag.name for tag in shop.api.tags.list().tags] == ["星标组"]
    assert shop.api.ticket("jsapi") != paper.api.ticket("jsapi")
