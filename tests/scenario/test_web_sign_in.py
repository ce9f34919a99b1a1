"""A person opens a page of the account in WeChat: from the link to a name, with everything between over the wire."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.client import WireReply, WireRequest
from gongzhong.testing.in_process import InProcessTransport
from gongzhong.testing.local_platform import LocalPlatform
from gongzhong.web import Browser, JsSdk, OAuth, SignedIn, SignInFailed, sign_page
from gongzhong.web.signin import Scope

CALLBACK = "https://shop.example/callback"


class Visitor:
    """A person's phone with one page open: carries cookies and follows what the servers say."""

    def __init__(self, platform: LocalPlatform, oauth: OAuth, name: str) -> None:
        platform.person(name, nickname=f"{name}的昵称")
        self.platform, self.oauth, self.name = platform, oauth, name
        self.browser = Browser.of(None)

    def link(self, scope: Scope = "snsapi_base", *, force_snapshot: bool = False) -> str:
        return self.oauth.authorize_url(
            CALLBACK,
            browser_nonce=self.browser.nonce,
            scope=scope,
            return_path="/cart",
            force_snapshot=force_snapshot,
        )

    def opens(self, link: str, *, decides: str | None = None) -> WireReply:
        """What WeChat answers: a page, or a redirect. `decides` presses a button of the consent page."""
        address, _, query = link.partition("#")[0].partition("?")
        request = WireRequest(
            method="POST" if decides else "GET",
            url=f"{address}/decision" if decides else address,
            query=dict(parse_qsl(query)),
            headers={"cookie": f"gongzhong_person={self.name}"},
            body=f"decision={decides}".encode() if decides else None,
        )
        return self.platform.run(InProcessTransport(self.platform.server).send(request))

    def comes_back(self, reply: WireReply) -> SignedIn:
        target = urlsplit(reply.headers["location"])
        assert target.netloc == "shop.example"
        return self.oauth.callback(target.query, self.browser.nonce)


@pytest.fixture
def oa(platform: LocalPlatform) -> OfficialAccount:
    oa = OfficialAccount(Account(appid="wx00000000000000aa", secret=Secret("f" * 32), token=Secret("token")))
    platform.connect(oa, kind="service", oauth_domain="shop.example")
    return oa


@pytest.fixture
def visitor(platform: LocalPlatform, oa: OfficialAccount) -> Visitor:
    return Visitor(platform, OAuth(oa.account, platform.client(oa), clock=platform.clock), "alice")


def test_a_silent_sign_in_tells_who_it_is(visitor: Visitor) -> None:
    first = visitor.comes_back(visitor.opens(visitor.link()))
    again = visitor.comes_back(visitor.opens(visitor.link()))
    other = Visitor(visitor.platform, visitor.oauth, "bob")
    assert first.openid == again.openid != other.comes_back(other.opens(other.link())).openid
    assert (first.return_path, first.is_snapshot_user) == ("/cart", False)


def test_a_person_who_agrees_shows_name_and_picture(visitor: Visitor) -> None:
    link = visitor.link("snsapi_userinfo")
    assert visitor.opens(link).status == 200
    user = visitor.comes_back(visitor.opens(link, decides="allow"))
    assert visitor.oauth.profile(user.token).nickname == "alice的昵称"


def test_a_person_who_declines_can_be_offered_another_try(visitor: Visitor) -> None:
    with pytest.raises(SignInFailed) as error:
        visitor.comes_back(visitor.opens(visitor.link("snsapi_userinfo"), decides="deny"))
    assert (error.value.reason, error.value.return_path) == ("denied", "/cart")


def test_the_back_button_within_a_minute_and_after_it(visitor: Visitor, platform: LocalPlatform) -> None:
    redirect = visitor.opens(visitor.link())
    first = visitor.comes_back(redirect)
    assert visitor.comes_back(redirect) == first
    platform.clock.advance(minutes=2)
    with pytest.raises(SignInFailed) as error:
        visitor.comes_back(redirect)
    assert error.value.reason == "code_reused"


def test_a_code_that_waited_too_long(visitor: Visitor, platform: LocalPlatform) -> None:
    redirect = visitor.opens(visitor.link())
    platform.clock.advance(minutes=6)
    with pytest.raises(SignInFailed) as error:
        visitor.comes_back(redirect)
    assert error.value.reason == "code_expired"


def test_a_snapshot_page_shows_a_virtual_person(visitor: Visitor) -> None:
    real = visitor.comes_back(visitor.opens(visitor.link()))
    snapshot = visitor.comes_back(visitor.opens(visitor.link("snsapi_userinfo", force_snapshot=True)))
    assert snapshot.is_snapshot_user
    assert snapshot.openid != real.openid


def test_the_phone_is_told_where_the_full_service_of_a_snapshot_is(
    platform: LocalPlatform, visitor: Visitor
) -> None:
    told: list[tuple[str, dict[str, str]]] = []
    platform.world.announce = lambda name, data: told.append((name, data))
    visitor.opens(visitor.link("snsapi_userinfo", force_snapshot=True))
    ((name, page),) = told
    assert (name, page["person"]) == ("snapshot", visitor.name)
    asks = visitor.opens(f"https://open.weixin.qq.com{page['url']}")
    assert 'data-testid="oauth-allow"' in asks.body.decode()


def test_a_refreshed_token_still_reads_the_profile(visitor: Visitor, platform: LocalPlatform) -> None:
    user = visitor.comes_back(visitor.opens(visitor.link("snsapi_userinfo"), decides="allow"))
    platform.clock.advance(hours=3)
    renewed = visitor.oauth.refresh(user.token)
    assert renewed.expires_at > platform.clock.now()
    assert visitor.oauth.profile(renewed).openid == user.openid


def test_a_page_is_signed_with_the_ticket_of_the_account(
    platform: LocalPlatform, oa: OfficialAccount
) -> None:
    client = platform.client(oa)
    page = "https://shop.example/cart?id=1"
    config = JsSdk(client, clock=platform.clock).config(f"{page}#top", ["scanQRCode"])
    ticket = client.ticket("jsapi")
    assert config["signature"] == sign_page(ticket, config["nonceStr"], config["timestamp"], page)
