"""From the callback to a person, with both clients: one exchange per code, and errors that say what to do."""

from __future__ import annotations

import asyncio
import re
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from gongzhong.account import Account, Secret
from gongzhong.client import AsyncClient, Client
from gongzhong.clock import MovableClock
from gongzhong.errors import CallError, WebError
from gongzhong.web import AsyncOAuth, OAuth, PersonToken, SignInFailed

from .conftest import SNS_TOKEN, TaskTransport, ThreadTransport, WeChat

CALLBACK = "https://shop.example/callback"
BROWSER = "browser-one"
CODES = "/sns/oauth2/access_token"
START = 1_700_000_000


def query_for(oauth: OAuth | AsyncOAuth, code: str = "081abc", browser: str = BROWSER) -> dict[str, str]:
    url = oauth.authorize_url(CALLBACK, browser_nonce=browser, scope="snsapi_userinfo", return_path="/cart")
    state = re.search(r"state=([a-zA-Z0-9]+)", url)
    assert state
    return {"code": code, "state": state[1]}


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START, frozen=True)


@pytest.fixture
def transport(wechat: WeChat) -> ThreadTransport:
    return ThreadTransport(wechat)


@pytest.fixture
def oauth(account: Account, transport: ThreadTransport, clock: MovableClock) -> OAuth:
    return OAuth(account, Client(account, transport=transport), clock=clock)


def test_a_code_becomes_a_person(oauth: OAuth, wechat: WeChat) -> None:
    user = oauth.callback(query_for(oauth), BROWSER)
    assert (user.openid, user.unionid, user.is_snapshot_user, user.return_path) == (
        "oABC",
        None,
        False,
        "/cart",
    )
    assert user.token.access_token.reveal() == "88_web"
    assert user.token.refresh_token.reveal() == "88_ref"
    assert user.token.expires_at == pytest.approx(START + 7200, abs=1)
    (request,) = wechat.requests
    assert request.query["code"] == "081abc"
    assert "access_token" not in request.query


def test_a_snapshot_user_and_a_unionid_are_told(oauth: OAuth, wechat: WeChat) -> None:
    wechat.answers[CODES] = [{**SNS_TOKEN, "is_snapshotuser": 1, "unionid": "uABC"}]
    user = oauth.callback(query_for(oauth), BROWSER)
    assert (user.is_snapshot_user, user.unionid) == (True, "uABC")


def test_the_same_code_from_the_same_browser_is_the_same_person_for_a_minute(
    oauth: OAuth, wechat: WeChat, clock: MovableClock
) -> None:
    query = query_for(oauth)
    first = oauth.callback(query, BROWSER)
    clock.advance(59)
    assert oauth.callback(query, BROWSER) == first
    assert wechat.count()[CODES] == 1
    clock.advance(2)
    with pytest.raises(SignInFailed) as error:
        oauth.callback(query, BROWSER)
    assert (error.value.reason, error.value.return_path) == ("code_reused", "/cart")


def test_another_browser_does_not_get_the_remembered_person(oauth: OAuth, wechat: WeChat) -> None:
    oauth.callback(query_for(oauth), BROWSER)
    with pytest.raises(SignInFailed) as error:
        oauth.callback(query_for(oauth, browser="browser-two"), "browser-two")
    assert error.value.reason == "code_reused"
    assert wechat.count()[CODES] == 2


def test_two_threads_with_one_code_make_one_exchange(
    oauth: OAuth, wechat: WeChat, transport: ThreadTransport
) -> None:
    query = query_for(oauth)
    transport.may_answer.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(oauth.callback, query, BROWSER)
        assert transport.asked.wait(10)
        second = pool.submit(oauth.callback, query, BROWSER)
        transport.may_answer.set()
        assert first.result(10) == second.result(10)
    assert wechat.count()[CODES] == 1


@pytest.mark.parametrize(
    ("errcode", "reason"), [(40163, "code_reused"), (40029, "code_reused"), (42003, "code_expired")]
)
def test_a_refused_code_says_what_to_do(oauth: OAuth, wechat: WeChat, errcode: int, reason: str) -> None:
    wechat.answers[CODES] = [{"errcode": errcode, "errmsg": "no"}]
    with pytest.raises(SignInFailed) as error:
        oauth.callback(query_for(oauth), BROWSER)
    assert error.value.reason == reason
    assert "authorize_url" in error.value.text("zh")
    assert "authorize_url" in error.value.text("en")


def test_other_refusals_keep_their_code(oauth: OAuth, wechat: WeChat) -> None:
    wechat.answers[CODES] = [{"errcode": 40125, "errmsg": "invalid appsecret"}]
    with pytest.raises(CallError) as error:
        oauth.callback(query_for(oauth), BROWSER)
    assert error.value.errcode == 40125


def test_a_failed_exchange_can_be_tried_again(oauth: OAuth, wechat: WeChat) -> None:
    wechat.answers[CODES] = [{"errcode": 40125, "errmsg": "invalid appsecret"}, SNS_TOKEN]
    query = query_for(oauth)
    with pytest.raises(CallError):
        oauth.callback(query, BROWSER)
    assert oauth.callback(query, BROWSER).openid == "oABC"


def test_nothing_secret_shows(oauth: OAuth, wechat: WeChat) -> None:
    user = oauth.callback(query_for(oauth), BROWSER)
    wechat.answers[CODES] = [{"errcode": 40163, "errmsg": "code been used"}]
    with pytest.raises(SignInFailed) as error:
        oauth.callback(query_for(oauth, code="another-code"), BROWSER)
    shown = repr(user) + str(user) + "".join(traceback.format_exception(error.value))
    for secret in ("88_web", "88_ref", "app-secret-of-the-tests"):
        assert secret not in shown


def test_refreshing_takes_over_the_newest_tokens(oauth: OAuth, wechat: WeChat) -> None:
    old = oauth.callback(query_for(oauth), BROWSER).token
    wechat.answers["/sns/oauth2/refresh_token"] = [
        {**SNS_TOKEN, "access_token": "88_new", "refresh_token": "88_ref2"}
    ]
    new = oauth.refresh(old)
    assert (new.access_token, new.refresh_token) == (Secret("88_new"), Secret("88_ref2"))
    assert wechat.requests[-1].query["refresh_token"] == "88_ref"


@pytest.mark.parametrize("errcode", [40029, 40030, 42002, 42007])
def test_a_sign_in_that_is_over_says_so(oauth: OAuth, wechat: WeChat, errcode: int) -> None:
    token = oauth.callback(query_for(oauth), BROWSER).token
    wechat.answers["/sns/oauth2/refresh_token"] = [{"errcode": errcode, "errmsg": "no"}]
    with pytest.raises(WebError) as error:
        oauth.refresh(token)
    assert error.value.reason == "sign_in_ended"


def test_the_profile(oauth: OAuth, wechat: WeChat) -> None:
    token = oauth.callback(query_for(oauth), BROWSER).token
    wechat.answers["/sns/userinfo"] = [
        {
            "openid": "oABC",
            "nickname": "小明",
            "sex": 0,
            "headimgurl": "https://img.example/0",
            "privilege": [],
        }
    ]
    assert oauth.profile(token, lang="en").nickname == "小明"
    assert dict(wechat.requests[-1].query) == {"access_token": "88_web", "openid": "oABC", "lang": "en"}


def test_a_silent_sign_in_has_no_profile_and_nobody_is_asked(oauth: OAuth, wechat: WeChat) -> None:
    token = PersonToken(
        openid="oABC",
        scope="snsapi_base",
        access_token=Secret("88_web"),
        refresh_token=Secret("88_ref"),
        expires_at=START,
    )
    with pytest.raises(WebError) as error:
        oauth.profile(token)
    assert error.value.reason == "scope"
    assert wechat.requests == []


@pytest.mark.anyio
async def test_awaited_a_code_becomes_a_person_once(
    account: Account, wechat: WeChat, clock: MovableClock
) -> None:
    transport = TaskTransport(wechat)
    oauth = AsyncOAuth(account, AsyncClient(account, transport=transport), clock=clock)
    query = query_for(oauth)
    transport.may_answer.clear()
    first = asyncio.create_task(oauth.callback(query, BROWSER))
    await transport.asked.wait()
    second = asyncio.create_task(oauth.callback(query, BROWSER))
    transport.may_answer.set()
    assert (await first).openid == "oABC"
    assert await second == await first
    assert wechat.count()[CODES] == 1


@pytest.mark.anyio
async def test_a_browser_that_hangs_up_does_not_waste_its_code(
    account: Account, wechat: WeChat, clock: MovableClock
) -> None:
    transport = TaskTransport(wechat)
    oauth = AsyncOAuth(account, AsyncClient(account, transport=transport), clock=clock)
    query = query_for(oauth)
    transport.may_answer.clear()
    first = asyncio.create_task(oauth.callback(query, BROWSER))
    await transport.asked.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    transport.may_answer.set()
    assert (await oauth.callback(query, BROWSER)).openid == "oABC"
    assert wechat.count()[CODES] == 1


@pytest.mark.anyio
async def test_awaited_refusals_refresh_and_profile(
    account: Account, wechat: WeChat, clock: MovableClock
) -> None:
    oauth = AsyncOAuth(account, AsyncClient(account, transport=TaskTransport(wechat)), clock=clock)
    token = (await oauth.callback(query_for(oauth), BROWSER)).token
    wechat.answers["/sns/oauth2/refresh_token"] = [SNS_TOKEN, {"errcode": 42002, "errmsg": "expired"}]
    assert (await oauth.refresh(token)).openid == "oABC"
    wechat.answers["/sns/userinfo"] = [
        {"openid": "oABC", "nickname": "小明", "headimgurl": "", "privilege": []}
    ]
    assert (await oauth.profile(token)).nickname == "小明"
    with pytest.raises(WebError) as ended:
        await oauth.refresh(token)
    assert ended.value.reason == "sign_in_ended"
    with pytest.raises(SignInFailed) as reused:
        await oauth.callback(query_for(oauth, code="used-before"), BROWSER)
    assert reused.value.reason == "code_reused"
