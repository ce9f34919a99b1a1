"""People take back what they gave; the account learns it from WeChat, and its web tokens end."""

from __future__ import annotations

import pytest

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.client import Client
from gongzhong.messages import UserAuthorizationCancellation, UserAuthorizationRevoke, UserInfoModified
from gongzhong.messages.events.account import PrivacyEvent
from gongzhong.platform.world import people
from gongzhong.platform.world.acts import NotPossible
from gongzhong.testing import Actor, LocalPlatform

from .conftest import refused


class Shop:
    """An account that notes what WeChat tells it about people's data."""

    def __init__(self, platform: LocalPlatform, appid: str) -> None:
        self.told: list[PrivacyEvent] = []
        self.oa = OfficialAccount(Account(appid=appid, secret=Secret("s" * 32), token=Secret("tok123")))
        for event in (UserAuthorizationRevoke, UserAuthorizationCancellation, UserInfoModified):
            self.oa.on(event)(self.note)
        self.state = platform.connect(self.oa, open_platform="op1")
        self.client: Client = platform.client(self.oa)

    async def note(self, event: PrivacyEvent) -> None:
        self.told.append(event)


@pytest.fixture
def shop(platform: LocalPlatform) -> Shop:
    return Shop(platform, "wx00000000000000ee")


@pytest.fixture
def alice(platform: LocalPlatform, shop: Shop) -> Actor:
    alice = platform.person("alice", nickname="爱丽丝", headimgurl="http://example.com/a.png")
    alice.follows(shop.oa)
    return alice


def test_withdrawing_ends_the_web_token_and_is_told(shop: Shop, alice: Actor) -> None:
    token = shop.client.oauth.exchange(code=alice.authorises())
    alice.revokes("205", "206")
    (event,) = shop.told
    assert isinstance(event, UserAuthorizationRevoke)
    assert (event.openid, event.app_id, event.revoked) == (token.openid, shop.state.appid, ("205", "206"))
    assert event.from_user_name != token.openid
    assert event.union_id == token.unionid
    with refused(42007):
        shop.client.oauth.userinfo(access_token=token.access_token, openid=token.openid)
    with refused(42007):
        shop.client.oauth.refresh(refresh_token=token.refresh_token)
    again = shop.client.oauth.exchange(code=alice.authorises())
    assert (
        shop.client.oauth.userinfo(access_token=again.access_token, openid=again.openid).nickname == "爱丽丝"
    )


def test_nothing_is_told_where_nothing_was_authorised(shop: Shop, alice: Actor) -> None:
    alice.revokes("205")
    alice.loses_profile()
    assert shop.told == []


def test_only_what_official_accounts_have_can_be_withdrawn(shop: Shop, alice: Actor) -> None:
    alice.authorises()
    with pytest.raises(ValueError, match="201"):
        alice.revokes("301")


def test_a_cleaned_profile_is_told_for_thirty_days(platform: LocalPlatform, shop: Shop, alice: Actor) -> None:
    alice.authorises()
    platform.clock.advance(days=29)
    alice.loses_profile()
    assert [type(event) for event in shop.told] == [UserInfoModified]
    profile = people.get(platform.world, "alice")
    assert (profile.nickname, profile.headimgurl) == ("微信用户", "")
    platform.clock.advance(days=2)
    alice.loses_profile()
    assert len(shop.told) == 1


def test_closing_wechat_leaves_every_account(platform: LocalPlatform, shop: Shop, alice: Actor) -> None:
    other = Shop(platform, "wx00000000000000ff")
    alice.follows(other.oa)
    token = shop.client.oauth.exchange(code=alice.authorises(shop.oa))
    alice.closes_wechat()
    assert [type(event) for event in shop.told] == [UserAuthorizationCancellation]
    assert other.told == []
    assert shop.client.users.list().total == 0
    assert other.client.users.list().total == 0
    with refused(42007):
        shop.client.oauth.check(access_token=token.access_token, openid=token.openid)
    for act in (lambda: alice.follows(shop.oa), lambda: alice.says("在吗", to=shop.oa)):
        with pytest.raises(NotPossible, match="已注销"):
            act()
