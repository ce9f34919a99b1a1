"""One fetch for any number of callers, and what happens around it."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from gongzhong.account import Secret
from gongzhong.catalogue.model import Call, Ok, Repeat, Spec
from gongzhong.client import MemoryTokenStore, TokenPolicy, TokenRecord, Tokens, WireRequest
from gongzhong.errors import (
    BadAnswer,
    CallError,
    CredentialError,
    NotReached,
    OutcomeUnknown,
    PermissionDenied,
)

pytestmark = pytest.mark.anyio

OK = {"errcode": 0, "errmsg": "ok"}


class Send(Call[Ok], kw_only=True, frozen=True):
    """Send a text."""

    spec = Spec("POST", "/cgi-bin/send", repeat=Repeat.IF_NOT_SENT)
    text: str = "x"


def many(count: int, act: Any) -> list[Any]:
    """Run `act` in so many threads that start together."""
    start = threading.Barrier(count)

    def one(_: int) -> Any:
        start.wait()
        return act()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def hold_fetches(world: Any) -> None:
    """Keep the first fetch open for a moment, so that the others do arrive while it is under way."""
    never = threading.Event()

    def hold(request: WireRequest) -> None:
        if request.url.endswith("token"):
            never.wait(0.05)

    world.weixin.before_answer = hold


def test_a_hundred_threads_make_one_fetch(world: Any) -> None:
    hold_fetches(world)
    client = world.client()
    assert many(100, lambda: client.perform(Send())) == [Ok()] * 100
    assert len(world.weixin.fetches()) == 1


async def test_a_hundred_tasks_make_one_fetch(world: Any) -> None:
    road = world.road()
    road.gate = lambda request: asyncio.sleep(0)
    client = world.aclient(road=road)
    assert await asyncio.gather(*(client.perform(Send()) for _ in range(100))) == [Ok()] * 100
    assert len(world.weixin.fetches()) == 1


async def test_threads_and_tasks_together_make_one_fetch(world: Any) -> None:
    hold_fetches(world)
    blocking, awaiting = world.client(), world.aclient()
    threads = asyncio.to_thread(many, 50, lambda: blocking.perform(Send()))
    tasks = asyncio.gather(*(awaiting.perform(Send()) for _ in range(50)))
    assert await threads + await tasks == [Ok()] * 100
    assert len(world.weixin.fetches()) == 1


def test_many_processes_on_one_store_make_one_fetch(world: Any) -> None:
    store = MemoryTokenStore(world.clock)
    policy = TokenPolicy(poll_s=0.001)
    hold_fetches(world)
    clients = [world.client(Tokens(store, world.clock, policy)) for _ in range(8)]
    queue = iter(clients)
    assert many(8, lambda: next(queue).perform(Send())) == [Ok()] * 8
    assert len(world.weixin.fetches()) == 1


def test_a_dead_holder_of_the_lease_does_not_stop_others(world: Any) -> None:
    store = MemoryTokenStore(world.clock)
    client = world.client(Tokens(store, world.clock, TokenPolicy(lease_s=0.01, poll_s=0.005)))
    key = f"{world.account.hosts.api}|{world.account.appid}|access_token"
    assert store.lease(key, "somebody who died", seconds=1e9)
    assert client.perform(Send()) == Ok()


def test_a_rejected_token_is_replaced_once_for_all_who_met_it(world: Any) -> None:
    client = world.client()
    client.perform(Send())
    world.weixin.new_token()
    assert many(30, lambda: client.perform(Send())) == [Ok()] * 30
    assert len(world.weixin.fetches()) == 2


def test_another_process_s_newer_token_is_taken_over_without_a_fetch(world: Any) -> None:
    store = MemoryTokenStore(world.clock)
    first, second = (world.client(Tokens(store, world.clock)) for _ in range(2))
    first.perform(Send())
    second.perform(Send())
    world.weixin.new_token()
    first.perform(Send())
    before = len(world.weixin.fetches())
    second.perform(Send())
    assert len(world.weixin.fetches()) == before == 2


async def test_a_cancelled_owner_does_not_strand_those_who_wait(world: Any) -> None:
    road, reached = world.road(), asyncio.Event()

    async def first_fetch_hangs(request: WireRequest) -> None:
        if request.url.endswith("token") and not reached.is_set():
            reached.set()
            await asyncio.Event().wait()

    road.gate = first_fetch_hangs
    client = world.aclient(road=road)
    owner = asyncio.create_task(client.perform(Send()))
    await reached.wait()
    waiters = [asyncio.create_task(client.perform(Send())) for _ in range(20)]
    thread = asyncio.create_task(asyncio.to_thread(world.client().perform, Send()))
    await asyncio.sleep(0)
    owner.cancel()
    assert await asyncio.gather(*waiters, thread) == [Ok()] * 21
    assert owner.cancelled() or isinstance(
        (await asyncio.gather(owner, return_exceptions=True))[0], BaseException
    )
    assert len(world.weixin.fetches()) == 1


async def test_a_cancelled_waiter_disturbs_nobody(world: Any) -> None:
    road, reached, go = world.road(), asyncio.Event(), asyncio.Event()

    async def hold(request: WireRequest) -> None:
        if request.url.endswith("token"):
            reached.set()
            await go.wait()

    road.gate = hold
    client = world.aclient(road=road)
    owner = asyncio.create_task(client.perform(Send()))
    await reached.wait()
    waiters = [asyncio.create_task(client.perform(Send())) for _ in range(5)]
    await asyncio.sleep(0)
    waiters[0].cancel()
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(owner, *waiters[1:]) == [Ok()] * 5


async def test_a_blocking_call_inside_the_owner_s_loop_does_not_wait_for_ever(world: Any) -> None:
    road, reached, go = world.road(), asyncio.Event(), asyncio.Event()

    async def hold(request: WireRequest) -> None:
        if request.url.endswith("token"):
            reached.set()
            await go.wait()

    road.gate = hold
    owner = asyncio.create_task(world.aclient(road=road).perform(Send()))
    await reached.wait()
    assert world.client().perform(Send()) == Ok()
    go.set()
    assert await owner == Ok()


async def test_one_caller_renews_ahead_while_the_others_use_the_current_token(world: Any) -> None:
    road, reached, go = world.road(), asyncio.Event(), asyncio.Event()
    client = world.aclient(road=road)
    await client.perform(Send())
    world.clock.advance(7200 - 200)

    async def hold(request: WireRequest) -> None:
        if request.url.endswith("token"):
            reached.set()
            await go.wait()

    road.gate = hold
    renewer = asyncio.create_task(client.perform(Send()))
    await reached.wait()
    assert await asyncio.gather(*(client.perform(Send()) for _ in range(10))) == [Ok()] * 10
    assert {r.query["access_token"] for r in world.weixin.requests[-10:]} == {"88_t0ken-1"}
    old = world.weixin.current
    world.weixin.new_token()
    world.weixin.valid.add(old)
    go.set()
    await renewer
    await client.perform(Send())
    assert world.weixin.requests[-1].query["access_token"] == "88_t0ken-2"
    assert len(world.weixin.fetches()) == 2


def test_a_renewal_that_fails_leaves_the_current_token_in_use(world: Any) -> None:
    client = world.client()
    client.perform(Send())
    world.clock.advance(7200 - 200)
    world.weixin.will("/cgi-bin/stable_token", OutcomeUnknown("断", "cut"))
    assert [client.perform(Send()) for _ in range(5)] == [Ok()] * 5
    assert len(world.weixin.fetches()) == 1 + 3


def test_a_renewal_that_brings_the_same_token_is_not_repeated_at_once(world: Any) -> None:
    client = world.client()
    client.perform(Send())
    world.clock.advance(7200 - 200)
    world.weixin.expires_in = 200
    for _ in range(5):
        client.perform(Send())
    assert len(world.weixin.fetches()) == 2


def test_an_expired_token_is_not_used(world: Any) -> None:
    client = world.client()
    client.perform(Send())
    world.clock.advance(7201)
    world.weixin.new_token()
    client.perform(Send())
    assert [r.query["access_token"] for r in world.weixin.requests if "send" in r.url] == [
        "88_t0ken-1",
        "88_t0ken-2",
    ]


def test_the_plain_kind_of_token_can_be_chosen(world: Any) -> None:
    tokens = Tokens(clock=world.clock, policy=TokenPolicy(kind="plain"))
    world.client(tokens).perform(Send())
    assert (world.weixin.requests[0].method, world.weixin.paths()[0]) == ("GET", "cgi-bin/token")
    assert world.weixin.requests[0].query["secret"] == world.account.secret.reveal()


NOT_LISTED = {
    "errcode": 40164,
    "errmsg": "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 65a1b2c3-0d1e2f3a-4b5c6d7e",
}


async def test_a_fatal_answer_is_asked_for_once_and_names_the_address(world: Any) -> None:
    world.weixin.will("/cgi-bin/stable_token", NOT_LISTED)
    client = world.aclient()
    errors = await asyncio.gather(*(client.perform(Send()) for _ in range(100)), return_exceptions=True)
    assert all(isinstance(error, PermissionDenied) for error in errors)
    assert len({id(error) for error in errors}) == 100
    assert "203.0.113.9" in errors[0].fix_zh and "203.0.113.9" in errors[0].fix_en  # type: ignore[union-attr]
    assert len(world.weixin.requests) == 1


@pytest.mark.parametrize(
    "code", [40013, 40125, 40164, 40243, 41002, 41004, 50004, 50007, 89501, 89503, 89506, 89507]
)
def test_fatal_answers_are_remembered_for_a_while(world: Any, code: int) -> None:
    world.weixin.will("/cgi-bin/stable_token", {"errcode": code, "errmsg": "no"})
    client = world.client()
    for _ in range(3):
        with pytest.raises(CallError) as caught:
            client.perform(Send())
        assert caught.value.errcode == code
        assert caught.value.fix_zh
    assert len(world.weixin.requests) == 1
    del world.weixin.answers["/cgi-bin/stable_token"]
    world.clock.advance(61)
    assert client.perform(Send()) == Ok()


def test_a_wrong_secret_is_named_as_such_even_when_the_code_is_40001(world: Any) -> None:
    world.weixin.will("/cgi-bin/stable_token", {"errcode": 40001, "errmsg": "invalid credential"})
    with pytest.raises(CredentialError, match="AppSecret") as caught:
        world.client().perform(Send())
    assert "GONGZHONG_SECRET" in caught.value.fix_zh
    assert len(world.weixin.requests) == 1


def test_a_passing_failure_is_not_remembered(world: Any) -> None:
    down = NotReached("断", "down")
    world.weixin.will("/cgi-bin/stable_token", down, down, down)
    client = world.client()
    with pytest.raises(NotReached):
        client.perform(Send())
    del world.weixin.answers["/cgi-bin/stable_token"]
    assert client.perform(Send()) == Ok()


def test_the_budget_bounds_fetches_and_comes_back(world: Any) -> None:
    world.weixin.will("/cgi-bin/stable_token", {"access_token": "t", "expires_in": 1})
    world.weixin.will("/cgi-bin/send", OK)
    policy = TokenPolicy(fetch_burst=3, fetch_refill_s=100)
    client = world.client(Tokens(clock=world.clock, policy=policy))
    for _ in range(3):
        client.perform(Send())
        world.clock.advance(1)
    with pytest.raises(NotReached, match="额度"):
        client.perform(Send())
    assert len(world.weixin.fetches()) == 3
    world.clock.advance(101)
    assert client.perform(Send()) == Ok()


def test_fetches_that_never_left_do_not_count_against_the_budget(world: Any) -> None:
    world.weixin.will("/cgi-bin/stable_token", NotReached("断", "down"))
    client = world.client(Tokens(clock=world.clock, policy=TokenPolicy(fetch_burst=2, fetch_refill_s=1e9)))
    for _ in range(5):
        with pytest.raises(NotReached, match="断"):
            client.perform(Send())
    del world.weixin.answers["/cgi-bin/stable_token"]
    assert client.perform(Send()) == Ok()


class BrokenStore:
    waits = False

    def get(self, key: str, /) -> TokenRecord | None:
        raise OSError("store is down")

    def put(self, key: str, record: TokenRecord, /, *, replaces: int) -> bool:
        raise OSError("store is down")

    def lease(self, key: str, holder: str, /, *, seconds: float) -> bool:
        raise OSError("store is down")

    def release(self, key: str, holder: str, /) -> None:
        raise OSError("store is down")


def test_with_the_store_down_a_process_goes_on_alone(world: Any) -> None:
    client = world.client(Tokens(BrokenStore(), world.clock))
    for _ in range(5):
        client.perform(Send())
    world.weixin.new_token()
    client.perform(Send())
    assert len(world.weixin.fetches()) == 2


class DistantStore(MemoryTokenStore):
    """One that waits for a network: notes the threads it was asked in."""

    waits = True

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def get(self, key: str, /) -> TokenRecord | None:
        self.threads.add(threading.get_ident())
        return super().get(key)


async def test_a_store_that_waits_never_blocks_the_event_loop(world: Any) -> None:
    store = DistantStore()
    assert await world.aclient(Tokens(store, world.clock)).perform(Send()) == Ok()
    assert store.threads and threading.get_ident() not in store.threads
    key = f"{world.account.hosts.api}|{world.account.appid}|access_token"
    assert store.lease(key, "next", seconds=1), "the lease was given back"


async def test_the_lease_is_given_back_when_the_fetch_fails_or_its_caller_is_cancelled(world: Any) -> None:
    store, road = DistantStore(), world.road()
    client = world.aclient(Tokens(store, world.clock), road)
    key = f"{world.account.hosts.api}|{world.account.appid}|access_token"
    world.weixin.will("/cgi-bin/stable_token", NOT_LISTED)
    with pytest.raises(PermissionDenied):
        await client.perform(Send())
    assert store.lease(key, "me", seconds=100)
    store.release(key, "me")
    world.clock.advance(100)
    reached = asyncio.Event()

    async def hang(request: WireRequest) -> None:
        reached.set()
        await asyncio.Event().wait()

    road.gate = hang
    task = asyncio.create_task(client.perform(Send()))
    await reached.wait()
    assert not store.lease(key, "me", seconds=100)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert store.lease(key, "me", seconds=100)


def test_tokens_of_two_accounts_on_one_store_are_kept_apart(world: Any) -> None:
    other = msgspec.structs.replace(world.account, appid="wxfedcba9876543210")
    world.client().perform(Send())
    world.client(account=other).perform(Send())
    assert [json.loads(r.body)["appid"] for r in world.weixin.fetches()] == [world.account.appid, other.appid]


TICKET = {"errcode": 0, "errmsg": "ok", "ticket": "jsapi-ticket-1", "expires_in": 7200}


async def test_a_ticket_is_fetched_once_and_kept_by_kind(world: Any) -> None:
    world.weixin.will("/cgi-bin/ticket/getticket", TICKET)
    blocking, awaiting = world.client(), world.aclient()
    assert many(20, blocking.ticket) == ["jsapi-ticket-1"] * 20
    assert await awaiting.ticket() == "jsapi-ticket-1"
    assert await awaiting.ticket("wx_card") == "jsapi-ticket-1"
    asked = [r.query["type"] for r in world.weixin.requests if "getticket" in r.url]
    assert asked == ["jsapi", "wx_card"]
    world.clock.advance(7201)
    blocking.ticket()
    assert world.weixin.paths().count("cgi-bin/ticket/getticket") == 3


@pytest.mark.parametrize("empty", [TICKET | {"ticket": ""}, {"errcode": 0, "errmsg": "ok"}])
def test_an_empty_ticket_is_an_error_and_never_kept(world: Any, empty: dict[str, Any]) -> None:
    world.weixin.will("/cgi-bin/ticket/getticket", empty, TICKET)
    client = world.client()
    with pytest.raises(BadAnswer, match="getticket"):
        client.ticket()
    assert client.ticket() == "jsapi-ticket-1"


def test_a_ticket_survives_the_replacement_of_the_token(world: Any) -> None:
    refused = {"errcode": 40001, "errmsg": "no"}
    client = world.client()
    client.access_token()
    world.weixin.new_token()
    world.weixin.will("/cgi-bin/ticket/getticket", refused, TICKET)
    assert client.ticket() == "jsapi-ticket-1"
    assert len(world.weixin.fetches()) == 2


def test_the_store_refuses_a_late_writer() -> None:
    store = MemoryTokenStore()
    first = TokenRecord(value=Secret("a"), generation=1, fetched_at=0, expires_at=10)
    second = TokenRecord(value=Secret("b"), generation=2, fetched_at=0, expires_at=10)
    assert store.put("k", first, replaces=0)
    assert not store.put("k", second, replaces=0)
    assert store.put("k", second, replaces=1)
    assert store.get("k") == second


def test_a_lease_has_one_holder_until_it_runs_out(world: Any) -> None:
    store = MemoryTokenStore(world.clock)
    assert store.lease("k", "a", seconds=10)
    assert not store.lease("k", "b", seconds=10)
    store.release("k", "b")
    assert not store.lease("k", "b", seconds=10)
    world.clock.advance(11)
    assert store.lease("k", "b", seconds=10)


def test_a_short_life_is_renewed_at_half_time() -> None:
    record = TokenRecord(value=Secret("a"), generation=1, fetched_at=100, expires_at=160)
    assert record.renew_at(280) == 130
    assert TokenRecord(value=Secret("a"), generation=1, fetched_at=0, expires_at=7200).renew_at(280) == 6920
