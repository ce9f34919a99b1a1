"""How often a call may be made: by the day, by the minute, and what clearing a count costs."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator

import pytest

from gongzhong.errors import CallError, QuotaError, QuotaSpent
from gongzhong.platform.world.settings import Rules
from gongzhong.platform.world.world import CHINA

from .conftest import refused
from .shop import SECRET, Shop

TOKEN, USERS, MENU_DELETE = "/cgi-bin/token", "/cgi-bin/user/get", "/cgi-bin/menu/delete"
MASS, CLEAR_V2 = "/cgi-bin/message/mass/send", "/cgi-bin/clear_quota/v2"
USED_UP, TOO_FAST, NO_CLEARING_LEFT = 45009, 45011, 48006


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop.opened(call_limits={USERS: 3}) as shop:
        yield shop


def use_up(shop: Shop) -> None:
    for _ in range(3):
        shop.api.users.list()
    with pytest.raises(QuotaError) as error:
        shop.api.users.list()
    assert error.value.errcode == USED_UP
    assert error.value.errmsg.startswith("reach max api daily quota limit rid: ")


def test_the_count_ends_at_the_limit_and_begins_again_at_midnight_in_china(shop: Shop) -> None:
    use_up(shop)
    with pytest.raises(QuotaSpent) as error:
        shop.api.users.list()
    midnight = datetime.datetime(2026, 11, 3, tzinfo=CHINA).timestamp()
    assert (error.value.errcode, error.value.limit, error.value.resets_at) == (USED_UP, 3, midnight)
    assert shop.api.tags.list().tags
    shop.platform.clock.advance(hours=13, minutes=59, seconds=50)
    with refused(USED_UP):
        shop.api.users.list()
    shop.platform.clock.advance(15)
    use_up(shop)


def test_a_limit_of_nothing_allows_nothing() -> None:
    with Shop.opened(call_limits={USERS: 0}) as shop, refused(USED_UP):
        shop.api.users.list()


def test_each_account_has_counts_of_its_own(shop: Shop) -> None:
    other = Shop(shop.platform, appid="wx00000000000000bb", call_limits={USERS: 1})
    use_up(shop)
    other.api.users.list()
    with refused(USED_UP):
        other.api.users.list()


def test_a_test_account_has_a_tenth(shop: Shop) -> None:
    shop.platform.change(shop.oa, kind="test", call_limits={})
    for _ in range(100):
        shop.api.menu.delete()
    with refused(USED_UP):
        shop.api.menu.delete()
    shop.platform.change(shop.oa, kind="service")
    shop.platform.clock.advance(minutes=1)  # the client asks WeChat again
    shop.api.menu.delete()


@pytest.mark.parametrize(
    ("path", "normal", "test"),
    [
        (TOKEN, 2_000, 200),
        ("/cgi-bin/menu/create", 1_000, 100),
        ("/cgi-bin/menu/get", 10_000, 1_000),
        (MENU_DELETE, 1_000, 100),
        ("/cgi-bin/media/upload", 100_000, 500),
        ("/cgi-bin/media/get", 200_000, 1_000),
        ("/cgi-bin/message/custom/send", 500_000, 50_000),
        ("/cgi-bin/qrcode/create", 100_000, 10_000),
        (USERS, 500, 100),
        ("/cgi-bin/user/info", 5_000_000, 500_000),
    ],
)
def test_the_published_limits(shop: Shop, path: str, normal: int, test: int) -> None:
    """The table of the page API调用频次限制."""
    shop.platform.change(shop.oa, call_limits={})
    assert shop.api.base.get_quota(cgi_path=path).quota.daily_limit == normal
    shop.platform.change(shop.oa, kind="test")
    assert shop.api.base.get_quota(cgi_path=path).quota.daily_limit == test


def test_sixty_mass_sends_a_minute(shop: Shop) -> None:
    nobody = {"touser": [], "msgtype": "text", "text": {"content": "你好"}}
    assert {shop.call(MASS, nobody) for _ in range(60)}.isdisjoint({TOO_FAST, USED_UP})
    assert shop.call(MASS, nobody) == TOO_FAST
    shop.platform.clock.advance(minutes=1)
    assert shop.call(MASS, nobody) != TOO_FAST


def clear_by_body(shop: Shop) -> int:
    return shop.code("POST", CLEAR_V2, json={"appid": shop.state.appid, "appsecret": SECRET})


def clear_by_form(shop: Shop) -> int:
    return shop.code("POST", CLEAR_V2, form={"appid": shop.state.appid, "appsecret": SECRET})


def clear_by_query(shop: Shop) -> int:
    return shop.code("POST", CLEAR_V2, query={"appid": shop.state.appid, "appsecret": SECRET})


def clear_by_token(shop: Shop) -> int:
    return shop.call("/cgi-bin/clear_quota", {"appid": shop.state.appid})


CLEARINGS = [clear_by_body, clear_by_form, clear_by_query, clear_by_token]


@pytest.mark.parametrize("clear", CLEARINGS)
def test_every_way_to_clear_the_counts(shop: Shop, clear: Callable[[Shop], int]) -> None:
    use_up(shop)
    assert clear(shop) == 0
    use_up(shop)


def test_all_ways_share_ten_clearings_a_month(shop: Shop) -> None:
    for turn in range(10):
        assert CLEARINGS[turn % 4](shop) == 0
    assert [clear(shop) for clear in CLEARINGS] == [NO_CLEARING_LEFT] * 4
    use_up(shop)
    shop.platform.clock.advance(days=28)
    assert clear_by_token(shop) == NO_CLEARING_LEFT
    shop.platform.clock.advance(days=1)
    assert clear_by_token(shop) == 0


def test_clearing_by_secret_helps_when_the_tokens_are_used_up() -> None:
    with Shop.opened(call_limits={TOKEN: 1}) as shop:
        shop.api.base.get_token()
        with refused(USED_UP):
            shop.api.base.get_token()
        shop.api.base.clear_quota_by_secret()
        shop.api.base.get_token()


def test_clearing_needs_the_right_account(shop: Shop) -> None:
    assert shop.call("/cgi-bin/clear_quota", {"appid": "wxffffffffffffffff"}) == 40013
    good = {"appid": shop.state.appid, "appsecret": SECRET}
    assert shop.code("POST", CLEAR_V2, json={**good, "appid": "wxffffffffffffffff"}) == 40013
    assert shop.code("POST", CLEAR_V2, json={**good, "appsecret": "t" * 32}) == 40125
    assert shop.code("POST", CLEAR_V2, json={"appsecret": SECRET}) == 41002
    assert shop.code("POST", CLEAR_V2, json={"appid": shop.state.appid}) == 41004
    assert shop.code("GET", CLEAR_V2, query=good) == 43002


def test_what_is_left_can_be_asked(shop: Shop) -> None:
    quota = shop.api.base.get_quota
    shop.api.users.list()
    for _ in range(2):
        left = quota(cgi_path=USERS).quota
        assert (left.daily_limit, left.used, left.remain) == (3, 1, 2)
    rate = quota(cgi_path=MASS).rate_limit
    assert rate is not None
    assert (rate.call_count, rate.refresh_second) == (60, 60)
    assert quota(cgi_path=USERS).rate_limit is None


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/cgi-bin/nothing/here", 76021),
        ("", 76021),
        ("cgi-bin/user/get", 76003),
        ("/sns/userinfo", 76022),
    ],
)
def test_paths_that_have_no_quota(shop: Shop, path: str, code: int) -> None:
    with refused(code):
        shop.api.base.get_quota(cgi_path=path)


def test_the_quota_of_a_call_that_the_account_does_not_have(shop: Shop) -> None:
    shop.platform.change(shop.oa, kind="subscription")
    for call in (shop.api.base.get_quota, shop.api.base.clear_api_quota):
        with refused(76022):
            call(cgi_path="/cgi-bin/qrcode/create")


def test_one_count_can_be_cleared_alone() -> None:
    limits = {USERS: 1, MENU_DELETE: 1}
    with Shop.opened(Rules(clear_one_quota_per_month=2, clear_quota_per_month=1), call_limits=limits) as shop:
        for _ in range(2):
            shop.api.users.list()
            shop.api.base.clear_api_quota(cgi_path=USERS)
        shop.api.menu.delete()
        shop.api.users.list()
        with refused(NO_CLEARING_LEFT):
            shop.api.base.clear_api_quota(cgi_path=USERS)
        with refused(USED_UP):
            shop.api.menu.delete()
        shop.api.base.clear_quota()
        shop.api.users.list()


def failure(shop: Shop) -> str:
    """The rid of a call that failed just now."""
    with pytest.raises(CallError) as error:
        shop.api.users.get(openid="nobody")
    assert error.value.rid is not None
    return error.value.rid


def test_a_failed_call_can_be_looked_up_by_its_rid(shop: Shop) -> None:
    rid = failure(shop)
    began = shop.platform.clock.now()
    details = shop.api.base.get_rid(rid=rid).request
    assert abs(details.invoke_time - began) <= 1
    assert re.search(r"(^|&)access_token=88_.*openid=nobody", details.request_url)
    assert (details.client_ip, details.request_body) == ("127.0.0.1", "")
    assert '"errcode":40003' in details.response_body
    assert rid in details.response_body


def test_a_rid_is_kept_for_seven_days_and_for_its_account(shop: Shop) -> None:
    rid = failure(shop)
    other = Shop(shop.platform, appid="wx00000000000000bb")
    with refused(76001):
        shop.api.base.get_rid(rid="6a1f2b3c-1a2b3c4d-5e6f7a8b")
    for malformed in ("", "nonsense"):
        with refused(76002):
            shop.api.base.get_rid(rid=malformed)
    with refused(76003):
        other.api.base.get_rid(rid=rid)
    shop.platform.clock.advance(days=7, minutes=-1)
    assert shop.api.base.get_rid(rid=rid).request.client_ip == "127.0.0.1"
    shop.platform.clock.advance(minutes=2)
    with refused(76004):
        shop.api.base.get_rid(rid=rid)


def test_some_quotas_grow_with_the_followers() -> None:
    rules = Rules(quota_growth={1: 3, 5: 10}, growing_quotas=(USERS,))
    with Shop.opened(rules) as shop:
        plain = shop.api.base.get_quota(cgi_path=USERS).quota.daily_limit
        for name in ("bob", "carol"):
            shop.platform.person(name).follows(shop.oa)
        assert shop.api.base.get_quota(cgi_path=USERS).quota.daily_limit == 3 * plain
        shop.platform.world.db.run(
            "INSERT INTO quota VALUES (?, ?, ?, ?)",
            shop.oa.account.appid,
            shop.platform.world.today(),
            USERS,
            3 * plain - 1,
        )
        shop.api.users.list()
        with refused(USED_UP):
            shop.api.users.list()
