"""Spans as OpenTelemetry's own exporter gets them: what they say of pushes, handlers, calls and units, and what not."""

from __future__ import annotations

import asyncio
import builtins
import contextvars
import logging
import subprocess
import sys
from collections.abc import Coroutine
from typing import Any, cast

import msgspec
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from tests.simulation.room import Room
from tests.simulation.test_campaign import CampaignWorld, Mishaps
from tests.unit.app.conftest import AES_KEY, ALICE, APPID, START, TOKEN, FakeApi, WeChat, account, text
from tests.unit.app.test_shared_window import Shared
from tests.unit.client.conftest import AwaitingRoad, World

from gongzhong import OfficialAccount, Text
from gongzhong.app import App, Services
from gongzhong.catalogue.users import GetUser
from gongzhong.client import AsyncClient, CallPolicy, Client
from gongzhong.errors import CallError, MissingExtra, NotReached
from gongzhong.messages import encode
from gongzhong.running.http_server.connection import _resumed
from gongzhong.store import MemoryWork
from gongzhong.testing.virtual_time import VirtualClock, VirtualTimeLoop
from gongzhong.tracing import VARIABLE, Tracing
from gongzhong.wire import PushWriter

pytestmark = pytest.mark.anyio
SAID = "不可外传"


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


class Collected:
    """What was exported."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._provider = TracerProvider()
        self._provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracing = Tracing(self._provider)

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._exporter.get_finished_spans() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        [span] = self.spans(name)
        return span

    def outcomes(self, name: str = "push Text") -> list[Any]:
        return [(span.attributes or {})["gongzhong.push.outcome"] for span in self.spans(name)]

    def everything(self) -> str:
        return "\n".join(cast(str, span.to_json()) for span in self._exporter.get_finished_spans())


@pytest.fixture
def collected(caplog: pytest.LogCaptureFixture) -> Any:
    made = Collected()
    yield made
    assert [record for record in caplog.records if record.name.startswith("opentelemetry")] == []


def wechat(collected: Collected, *, may_send: bool = True, **options: Any) -> WeChat:
    api = FakeApi()
    api.may_send = may_send
    clock = VirtualClock(asyncio.get_running_loop(), START)
    oa = OfficialAccount(account(), api=cast(Any, api), clock=clock, tracing=collected.tracing, **options)
    return WeChat(oa, api)


async def test_a_push_its_handler_and_its_call_hang_together(collected: Collected) -> None:
    world = World()
    world.weixin.will("/cgi-bin/user/info", {"openid": ALICE, "subscribe": 1})
    client = AsyncClient(world.account, AwaitingRoad(world.weixin), tracing=collected.tracing)
    clock = VirtualClock(asyncio.get_running_loop(), START)
    oa = OfficialAccount(account(), api=client, clock=clock, tracing=collected.tracing)

    @oa.text()
    async def ask(message: Text) -> str:
        await oa.api.users.get(openid=message.openid)
        return f"你说 {message.content}"

    assert await WeChat(oa, FakeApi()).say(SAID) == f"你说 {SAID}"
    push, call = collected.one("push Text"), collected.one("call /cgi-bin/user/info")
    [handler] = [
        span for span in collected._exporter.get_finished_spans() if span.name.startswith("handler ")
    ]
    assert handler.name.endswith("ask")
    assert push.kind is SpanKind.SERVER
    assert call.kind is SpanKind.CLIENT
    assert handler.parent is not None
    assert call.parent is not None
    assert handler.parent.span_id == push.context.span_id
    assert call.parent.span_id == handler.context.span_id
    assert dict(push.attributes or {}) == {
        "gongzhong.account": APPID,
        "gongzhong.push.kind": "Text",
        "gongzhong.push.outcome": "passive",
    }
    assert dict(call.attributes or {}) == {
        "gongzhong.account": APPID,
        "gongzhong.call.path": "/cgi-bin/user/info",
        "gongzhong.call.errcode": 0,
        "gongzhong.call.attempts": 1,
    }
    for request in world.weixin.requests:
        assert not {"traceparent", "tracestate", "baggage"} & {name.lower() for name in request.headers}
    for secret in (SAID, ALICE, world.weixin.current):
        assert secret not in collected.everything()


async def test_outcomes_say_by_which_road(collected: Collected) -> None:
    here = wechat(collected)

    @here.oa.text("(?P<seconds>[0-9]+)")
    async def slow(message: Text, seconds: str) -> str:
        await asyncio.sleep(int(seconds))
        return "好"

    await here.say("1")
    await here.say("30")
    await here.say("没人听")
    push = text("2")
    await asyncio.gather(here.push(push), here.push(push))
    await asyncio.sleep(60)
    assert collected.outcomes() == ["passive", "handed_over", "success", "passive", "joined"]
    last, handed_over = collected._exporter.get_finished_spans()[-1], collected.spans("push Text")[1]
    assert last.name.startswith("handler "), "the one of thirty seconds, which went on after its delivery"
    assert last.parent is not None
    assert last.parent.span_id == handed_over.context.span_id


async def test_a_placeholder_is_an_outcome(collected: Collected) -> None:
    here = wechat(collected, may_send=False)

    @here.oa.text()
    async def slow(message: Text) -> str:
        await asyncio.sleep(60)
        return "好"

    assert "继续" in (await here.say("问") or "")
    assert collected.outcomes()[-1] == "placeholder"


async def test_a_failure_names_the_class_alone(collected: Collected) -> None:
    here = wechat(collected)

    @here.oa.text()
    async def fails(message: Text) -> str:
        raise ValueError(message.content)

    await here.say(SAID)
    [handler] = [
        span for span in collected._exporter.get_finished_spans() if span.name.startswith("handler ")
    ]
    assert handler.status.status_code is StatusCode.ERROR
    assert (handler.attributes or {})["error.type"] == "ValueError"
    assert handler.events == ()
    assert SAID not in collected.everything()


async def test_what_is_not_believed_is_a_span_with_its_reason(collected: Collected) -> None:
    here = wechat(collected)
    answer = await here.oa.handle({"signature": "wrong", "timestamp": "1", "nonce": "n"}, b"<xml/>")
    assert answer.status == 403
    assert collected.outcomes("push refused") == ["refused.signature"]


async def test_a_delivery_that_cannot_be_taken(collected: Collected) -> None:
    clock = VirtualClock(asyncio.get_running_loop(), START)
    state = Shared(clock)
    services = Services(
        clock=clock,
        api=cast(Any, FakeApi()),
        state=state,
        store=MemoryWork(clock),
        tracing=collected.tracing,
    )
    binding = App().bind(account(), services)
    await binding.ready()
    state.down = True
    push = text("0")
    writer = WeChat(cast(Any, OfficialAccount(account(), clock=clock)), FakeApi())
    signed = writer.seal(push)
    assert (await binding.handle(signed.query, signed.body)).status == 503
    assert collected.outcomes() == ["not_accepted"]
    state.down = False
    await binding.shutdown(0.1)


async def test_attempts_and_refusals_of_calls(collected: Collected) -> None:
    world = World()
    policy = CallPolicy(pause_s=0)
    client = AsyncClient(
        world.account,
        AwaitingRoad(world.weixin),
        world.tokens,
        world.clock,
        policy=policy,
        tracing=collected.tracing,
    )
    world.weixin.will(
        "/cgi-bin/user/info", {"errcode": -1, "errmsg": "busy"}, {"openid": "o", "subscribe": 1}
    )
    await client.perform(GetUser(openid=ALICE))
    world.weixin.will("/cgi-bin/user/info", {"errcode": 40003, "errmsg": f"invalid openid {ALICE}"})
    with pytest.raises(CallError):
        await client.perform(GetUser(openid=ALICE))
    world.weixin.will("/cgi-bin/user/info", NotReached("不通", f"{ALICE} away"))
    with pytest.raises(NotReached):
        await client.perform(GetUser(openid=ALICE))
    told = [
        (
            (span.attributes or {}).get("gongzhong.call.errcode"),
            (span.attributes or {})["gongzhong.call.attempts"],
            (span.attributes or {}).get("error.type"),
        )
        for span in collected.spans("call /cgi-bin/user/info")
    ]
    assert told == [(0, 2, None), (40003, 1, "ParameterError"), (None, 3, "NotReached")]
    assert collected.one("call /cgi-bin/stable_token").status.status_code is StatusCode.UNSET
    for secret in (ALICE, world.weixin.current, world.account.secret.reveal()):
        assert secret not in collected.everything()


def test_a_blocking_client_makes_the_same_spans(collected: Collected) -> None:
    from tests.unit.client.conftest import BlockingRoad

    world = World()
    world.weixin.will("/cgi-bin/user/info", {"openid": ALICE, "subscribe": 1})
    client = Client(world.account, BlockingRoad(world.weixin), world.tokens, tracing=collected.tracing)
    client.perform(GetUser(openid=ALICE))
    assert (collected.one("call /cgi-bin/user/info").attributes or {})["gongzhong.call.errcode"] == 0


def test_the_units_of_a_campaign(collected: Collected, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Room.client

    def traced(self: Room, *given: Any) -> AsyncClient:
        made = usual(self, *given)
        return AsyncClient(
            made.account,
            made.transport,
            made.tokens,
            made.clock,
            chance=lambda: 0.5,
            tracing=collected.tracing,
        )

    monkeypatch.setattr(Room, "client", traced)
    logging.disable(logging.CRITICAL)
    world = CampaignWorld(1, Mishaps()).run()
    logging.disable(logging.NOTSET)
    assert world.wrong() == []
    units = collected.spans("campaign unit")
    assert units
    told = [dict(unit.attributes or {}) for unit in units]
    assert {tuple(sorted(one)) for one in told} == {
        (
            "gongzhong.campaign",
            "gongzhong.campaign.attempt",
            "gongzhong.campaign.chunk",
            "gongzhong.campaign.recipients",
        )
    }
    sends = collected.spans("call /cgi-bin/message/template/send")
    assert sum(cast(int, one["gongzhong.campaign.recipients"]) for one in told) == len(sends)
    parents = {span.context.span_id for span in units}
    assert {span.parent.span_id for span in sends if span.parent is not None} == parents
    assert not any(openid in collected.everything() for openid in world.people.known)
    world.room.close()


def test_the_variable_turns_spans_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert OfficialAccount(account()).binding.tracing is None
    monkeypatch.setenv(VARIABLE, "true")
    oa = OfficialAccount(account())
    assert oa.binding.tracing is not None
    assert oa.api.tracing is oa.binding.tracing is oa.blocking_api.tracing
    oa.close()


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def without(name: str, *given: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return usual(name, *given)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"gongzhong\[otel\]"):
        Tracing()


@pytest.mark.heavy
def test_nothing_is_imported_where_no_spans_are_wanted() -> None:
    code = (
        "import asyncio, sys, gongzhong\n"
        "account = gongzhong.Account(appid='wx0123456789abcdef', token=gongzhong.Secret('t' * 9))\n"
        "oa = gongzhong.OfficialAccount(account)\n"
        "oa.handle_blocking({}, b''), oa.blocking_api\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("shared", [False, True])
async def test_a_server_that_takes_the_first_steps_without_a_task_gets_the_span_and_the_answer(
    collected: Collected, shared: bool
) -> None:
    """The callback server steps an answer in contexts of its own until it waits: a span must not begin before that."""
    clock = VirtualClock(asyncio.get_running_loop(), START)
    store = Services(state=Shared(clock), store=MemoryWork(clock)) if shared else Services()
    app = App()

    @app.text()
    async def answer(message: Text) -> str:
        await asyncio.sleep(0.1)
        return "答"

    services = msgspec.structs.replace(
        store, clock=clock, api=cast(Any, FakeApi()), tracing=collected.tracing
    )
    binding, push = app.bind(account(), services), text(SAID)
    await binding.ready()
    sealed = PushWriter(TOKEN, AES_KEY, APPID, "plain").seal(encode(push), int(clock.now()), "1", push.openid)
    await binding.handle("", b"", "GET")  # the binding belongs to this loop now
    begun = binding.begin(sealed.query, sealed.body, "POST", None)
    assert isinstance(begun, Coroutine)
    awaited: list[Any] = [None]

    def step() -> None:
        awaited.append(begun.send(None))

    while awaited[-1] is None:
        asyncio.get_running_loop().call_soon(step, context=contextvars.Context())
        await asyncio.sleep(0)
    answered = await asyncio.get_running_loop().create_task(_resumed(begun, awaited[-1]))
    assert "答".encode() in answered.body
    assert collected.outcomes() == ["passive"]
    await binding.shutdown(0.1)
