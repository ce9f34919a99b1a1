"""The same account behind every kind of server: pushes in, answers out, and nothing else let in."""

from __future__ import annotations

import asyncio
import io
import logging
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.app import Answer, OfficialAccount
from gongzhong.errors import SetupError
from gongzhong.messages import Push, Text
from gongzhong.wire import MAX_BODY_BYTES, PushWriter, read_xml, sign

from .conftest import AES_KEY, APPID, ORIGINAL_ID, SECRET, TOKEN, FakeApi, Make, WeChat, account, text

pytestmark = pytest.mark.anyio

Door = Callable[[OfficialAccount, str, str, bytes], Any]


async def through_asgi(oa: OfficialAccount, method: str, query: str, body: bytes) -> Answer:
    half = len(body) // 2
    incoming = [
        {"type": "http.request", "body": body[:half], "more_body": True},
        {"type": "http.request", "body": body[half:]},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {"type": "http", "method": method, "query_string": query.encode(), "path": "/wechat"}
    await oa.asgi(scope, receive, send)
    start, content = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return read(start["status"], content["body"], headers)


class Exchange:
    """Granian's half of one exchange, chunked when the length is not announced."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.answer: Answer | None = None

    async def __call__(self) -> bytes:
        return self.body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), 1000):
            yield self.body[start : start + 1000]

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answer = read(status, body, dict(headers))

    async def client_disconnect(self) -> None:
        await asyncio.Event().wait()

    def close(self, status: int | None = None) -> None:
        self.answer = Answer(status or 0, b"closed")


class RsgiScope:
    proto = "http"

    def __init__(self, method: str, query: str, headers: dict[str, str]) -> None:
        self.method, self.query_string, self.headers = method, query, headers


async def through_rsgi(oa: OfficialAccount, method: str, query: str, body: bytes) -> Answer | None:
    exchange = Exchange(body)
    scope = RsgiScope(method, query, {"content-length": str(len(body))})
    await oa.rsgi.__rsgi__(cast(Any, scope), exchange)
    return exchange.answer


async def through_rsgi_in_chunks(oa: OfficialAccount, method: str, query: str, body: bytes) -> Answer | None:
    exchange = Exchange(body)
    await oa.rsgi.__rsgi__(cast(Any, RsgiScope(method, query, {})), exchange)
    return exchange.answer


async def through_wsgi(oa: OfficialAccount, method: str, query: str, body: bytes) -> Answer:
    seen: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        seen.update(status=int(status.split()[0]), headers={k.lower(): v for k, v in headers})

    environ = {"REQUEST_METHOD": method, "QUERY_STRING": query, "wsgi.input": io.BytesIO(body)}
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    chunks = await asyncio.to_thread(lambda: b"".join(oa.wsgi(environ, start_response)))
    await asyncio.to_thread(oa.close)
    return read(seen["status"], chunks, seen["headers"])


async def through_handle(oa: OfficialAccount, method: str, query: str, body: bytes) -> Answer:
    return await oa.handle(query, body, method)


def read(status: int, body: bytes, headers: dict[str, str]) -> Answer:
    assert headers["content-length"] == str(len(body))
    assert (headers.get("allow") == "GET, POST") is (status == 405)
    return Answer(status, body, headers["content-type"])


DOORS = [through_handle, through_asgi, through_rsgi, through_rsgi_in_chunks, through_wsgi]


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__)
def door(request: pytest.FixtureRequest) -> Door:
    return cast(Door, request.param)


def signed(**more: str) -> str:
    query = {"signature": sign(TOKEN, "1700000000", "99"), "timestamp": "1700000000", "nonce": "99"}
    return urlencode({**query, **more})


def echoing(make: Make, **options: Any) -> WeChat:
    wechat = make(**options)

    @wechat.oa.default
    async def echo(message: Text) -> str:
        return f"你说：{message.content}"

    return wechat


@pytest.mark.parametrize("encryption", ["plain", "compatible", "safe"])
async def test_a_push_is_answered(make: Make, door: Door, encryption: str) -> None:
    wechat = echoing(make, encryption=encryption)
    push = text("你好 ]]> <&")
    sealed = wechat.seal(push)
    answer = await door(wechat.oa, "POST", urlencode(sealed.query), sealed.body)
    assert answer.content_type == "application/xml; charset=utf-8"
    reply = read_xml(wechat.writer.open_reply(answer.body))
    assert reply["Content"] == "你说：你好 ]]> <&"
    assert (reply["ToUserName"], reply["FromUserName"]) == (push.openid, ORIGINAL_ID)


async def test_a_push_without_an_answer_gets_success(make: Make, door: Door) -> None:
    wechat = make(encryption="safe")
    sealed = wechat.seal(text("?"))
    answer = await door(wechat.oa, "POST", urlencode(sealed.query), sealed.body)
    assert answer == Answer(200, b"success", "text/plain; charset=utf-8")


async def test_the_url_is_verified_by_its_echo(make: Make, door: Door) -> None:
    wechat = make(encryption="safe")
    answer = await door(wechat.oa, "GET", signed(echostr="5837261940"), b"")
    assert answer == Answer(200, b"5837261940", "text/plain; charset=utf-8")


PLAIN = b"<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName></xml>"
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><Content>&a;</Content></xml>'


@pytest.mark.parametrize(
    ("method", "query", "body", "status", "reason"),
    [
        ("POST", "", PLAIN, 403, "signature"),
        ("POST", signed().replace("signature=", "signature=0"), PLAIN, 403, "signature"),
        ("POST", "timestamp=%00&nonce=%FF&signature=%E4", b"\x00\xff", 403, "signature"),
        ("POST", signed(), b"", 400, "xml"),
        ("POST", signed(), b"{}", 400, "xml"),
        ("POST", signed(), b"<xml>", 400, "xml"),
        ("POST", signed(), b"\xff\xfe<xml/>", 400, "xml"),
        ("POST", signed(), BOMB, 400, "xml"),
        ("POST", signed(), b"<xml></xml>", 400, "incomplete"),
        ("POST", signed(), PLAIN, 400, "incomplete"),
        ("POST", signed() + "&nonce=99", PLAIN, 400, "malformed"),
        ("POST", signed(), b"<xml>" + b"a" * MAX_BODY_BYTES + b"</xml>", 413, "too_large"),
        ("GET", "", b"", 403, "signature"),
        ("GET", signed(), b"", 400, "malformed"),
        ("PUT", signed(), b"", 405, "method"),
        ("HEAD", signed(), b"", 405, "method"),
    ],
)
async def test_what_wechat_does_not_send_is_refused(
    make: Make,
    door: Door,
    method: str,
    query: str,
    body: bytes,
    status: int,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wechat = make()
    reached: list[Push] = []

    @wechat.oa.default
    async def handler(push: Push) -> None:
        reached.append(push)

    answer = await door(wechat.oa, method, query, body)
    assert answer.status == status
    assert answer.body.decode().strip()
    assert answer.body.count(b"\n") == 0
    assert dict(wechat.oa.counters) == {f"refused.{reason}": 1}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    for secret in (TOKEN, SECRET, AES_KEY):
        assert secret not in answer.body.decode() + caplog.text
    assert reached == []


@given(
    query=st.one_of(
        st.binary(max_size=80), st.just(signed().encode()), st.just(signed(echostr="1").encode())
    ),
    body=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=80).map(str.encode),
        st.text("<>/xml![CDATA]&;a", max_size=80).map(lambda inner: f"<xml>{inner}</xml>".encode()),
    ),
    method=st.sampled_from(["GET", "POST", "DELETE", ""]),
)
def test_no_request_ends_in_an_error_of_ours(query: bytes, body: bytes, method: str) -> None:
    oa = OfficialAccount(account(), customer_service=False)
    answer = asyncio.run(oa.handle(query, body, method))
    assert answer.status in (200, 400, 403, 405, 413)
    assert oa.counters["internal_errors"] == oa.counters["refused.unreadable"] == 0


async def test_the_configuration_decides_what_is_verified(make: Make, door: Door) -> None:
    wechat = echoing(make, encryption="safe")
    sealed = PushWriter(TOKEN, "", APPID, "plain").seal(
        b"<xml><ToUserName>gh_1</ToUserName></xml>", 1_700_000_000, "99", "o1"
    )
    answer = await door(wechat.oa, "POST", urlencode(sealed.query), sealed.body)
    assert answer.status == 403
    assert wechat.oa.counters["refused.cipher"] == 1


async def test_received_pushes_are_counted_by_kind(make: Make) -> None:
    wechat = echoing(make)
    await wechat.say("一")
    await wechat.say("二")
    expected = {"received": 2, "type.Text": 2, "passive": 2}
    assert {name: wechat.oa.counters[name] for name in expected} == expected


async def test_a_disconnect_while_reading_ends_quietly(make: Make) -> None:
    wechat = make()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        sent.append(event)

    await wechat.oa.asgi({"type": "http", "method": "POST", "query_string": b""}, receive, send)
    assert sent == []


async def test_the_lifespan_ends_after_the_handlers(make: Make) -> None:
    wechat = make(customer_service=True)

    @wechat.oa.default
    async def slow() -> str:
        await asyncio.sleep(9)
        return "好了"

    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Any:
        if len(events) == 1:
            assert await wechat.say("?") is None
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event["type"])

    await wechat.oa.asgi({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert wechat.api.texts == ["好了"]


async def test_a_websocket_is_closed(make: Make) -> None:
    wechat = make()
    sent: list[Any] = []

    async def send(event: Any) -> None:
        sent.append(event)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    await wechat.oa.asgi({"type": "websocket"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1000}]
    exchange, scope = Exchange(b""), RsgiScope("GET", "", {})
    scope.proto = "ws"
    await wechat.oa.rsgi.__rsgi__(cast(Any, scope), exchange)
    assert exchange.answer == Answer(404, b"closed")


def test_a_program_without_a_loop_gets_one_in_the_background() -> None:
    oa = OfficialAccount(account(), api=cast(Any, FakeApi()), customer_service=True)
    wechat = WeChat(oa, cast(FakeApi, oa.api))
    threads: list[str] = []

    @oa.default
    async def where(message: Text) -> str:
        threads.append(threading.current_thread().name)
        return message.content

    for word in ("一", "二"):
        push = text(word)
        sealed = wechat.seal(push)
        answer = oa.handle_blocking(sealed.query, sealed.body)
        assert word.encode() in answer.body
    assert set(threads) == {"gongzhong-app"}
    oa.close()
    assert "gongzhong-app" not in {thread.name for thread in threading.enumerate()}


def test_many_threads_share_one_loop() -> None:
    oa = OfficialAccount(account(), api=cast(Any, FakeApi()), customer_service=True)
    wechat = WeChat(oa, cast(FakeApi, oa.api))
    loops: set[asyncio.AbstractEventLoop] = set()

    @oa.default
    async def where() -> None:
        loops.add(asyncio.get_running_loop())

    def request() -> None:
        sealed = wechat.seal(text("?"))
        ready.wait()
        oa.handle_blocking(sealed.query, sealed.body)

    ready = threading.Barrier(8)
    threads = [threading.Thread(target=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    oa.close()
    assert len(loops) == 1
    assert oa.counters["received"] == 8


async def test_blocking_the_loop_is_refused_with_the_way_out(make: Make) -> None:
    wechat = make()
    for blocking in (lambda: wechat.oa.handle_blocking("", b""), wechat.oa.close):
        with pytest.raises(SetupError, match="await oa"):
            blocking()


async def test_another_loop_is_served_by_the_first(make: Make) -> None:
    wechat = echoing(make)
    assert await wechat.say("一") == "你说：一"
    push = text("二")
    answer = await asyncio.to_thread(lambda: asyncio.run(wechat.deliver(push)))
    assert "你说：二" in answer.body.decode()


def test_a_closed_loop_is_left_behind() -> None:
    oa = OfficialAccount(account(), api=cast(Any, FakeApi()), customer_service=False, drain_s=0.1)
    wechat = WeChat(oa, cast(FakeApi, oa.api))

    @oa.text("慢")
    async def slow() -> str:
        await asyncio.sleep(60)
        return "好了"

    @oa.default
    async def echo(message: Text) -> str:
        return message.content

    async def give_up(push: Push) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wechat.deliver(push), 0.01)

    push = text("慢")
    asyncio.run(give_up(push))
    assert asyncio.run(wechat.say("一")) == "一"
    asyncio.run(give_up(push))
    oa.close()


async def test_shutdown_closes_only_what_was_made_here(make: Make) -> None:
    wechat = make()
    await wechat.oa.shutdown()
    assert not wechat.api.closed
