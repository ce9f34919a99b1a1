"""What is seen of accounts at work and of a store, also of one that is out of reach."""

from __future__ import annotations

import pytest

from gongzhong import Account, MovableClock, OfficialAccount, Secret
from gongzhong.catalogue.users import GetUser
from gongzhong.client import TokenRecord
from gongzhong.config import Alarms
from gongzhong.errors import CredentialError, StateDown
from gongzhong.running.alarms import Look
from gongzhong.running.alarms.measures import BY_NAME, measured
from gongzhong.store import MemoryWork, NewWork
from gongzhong.store.work import Health

pytestmark = pytest.mark.anyio


async def test_counters_and_quotas_are_added_up() -> None:
    first, second = (OfficialAccount(Account.for_tests(name)) for name in ("a", "b"))
    first.counters.update({"received": 10, "held": 2, "handler_errors": 1})
    second.counters.update({"received": 5})
    seen = await Look(lambda: [first.binding, second.binding], lambda: 3)()
    assert (seen.pushes, seen.slow, seen.failed, seen.tokens) == (15, 5, 1, {})
    assert first.binding.made_client is None, "looking makes no client"
    api = first.api
    usage, _ = api.budgets.count(api.owner, GetUser.spec)
    api.budgets.count("another account that shares the counts", GetUser.spec)
    assert usage is not None
    usage.published, usage.used = 100, 81
    seen = await Look(lambda: [first.binding])()
    appid = first.account.appid
    assert seen.quotas == {f"{appid} user/info": 0.81}
    assert seen.tokens == {appid: False}
    await first.shutdown()


async def test_a_token_that_cannot_be_fetched_is_seen() -> None:
    oa = OfficialAccount(Account.for_tests())
    key = f"https://api.weixin.qq.com|{oa.account.appid}|access_token"
    error = CredentialError("密钥不对", "wrong secret", call="GetStableToken", errcode=40125, errmsg="")
    oa.api.tokens._entry(key).failed(error, 0.0, oa.api.tokens.policy)
    assert (await Look(lambda: [oa.binding])()).tokens == {oa.account.appid: True}
    await oa.shutdown()


async def test_tokens_that_another_program_displaces_are_seen_and_told() -> None:
    oa = OfficialAccount(Account.for_tests())
    tokens, appid = oa.api.tokens, oa.account.appid
    now = tokens.clock.now()
    record = TokenRecord(
        value=Secret("t"), generation=4, fetched_at=now, expires_at=now + 7200, displaced=(now, now, now)
    )
    tokens._entry(f"https://api.weixin.qq.com|{appid}|access_token").record = record
    seen = await Look(lambda: [oa.binding])()
    assert seen.displaced == {appid: 3}
    exceeded = [measure for measure in measured([seen], Alarms()) if measure.exceeded]
    assert [(measure.kind, measure.subject, measure.value) for measure in exceeded] == [
        ("token_displaced", appid, 3)
    ]
    assert BY_NAME["token_displaced"]
    await oa.shutdown()


async def test_the_store_is_seen_also_when_it_is_down() -> None:
    clock = MovableClock(1000.0, frozen=True)

    class Flaky(MemoryWork):
        down = False

        async def health(self) -> Health:
            if self.down:
                raise StateDown("连不上", "out of reach")
            return await super().health()

    store = Flaky(clock)
    await store.add("wx1", [NewWork(kind="push", data=b"x")])
    oa = OfficialAccount(Account.for_tests())
    vars(oa.binding)["store"] = store  # as if it was opened
    look = Look(lambda: [oa.binding], clock=clock)
    clock.advance(7)
    seen = await look()
    assert (seen.dead_letters, seen.oldest_work_s, seen.store_down_s) == (0, 7.0, 0.0)
    assert (seen.oldest_transaction_s, seen.dead_rows) == (None, None)
    store.down = True
    await look()
    clock.advance(12)
    seen = await look()
    assert (seen.dead_letters, seen.store_down_s) == (None, 12.0)
    store.down = False
    assert (await look()).store_down_s == 0.0
