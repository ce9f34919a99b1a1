"""Several accounts in one process: found by path, host or a function; nothing of one reaches another."""

from __future__ import annotations

import asyncio
import io
import itertools
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from gongzhong import Account, Accounts, App, OfficialAccount, Session, SetupError, Text, TextReply
from gongzhong.app import Answer, Binding, MemorySessionStore, Services
from gongzhong.app.arguments import User
from gongzhong.client import AsyncClient
from gongzhong.client.transport import WireReply, WireRequest
from gongzhong.clock import MovableClock
from gongzhong.messages import encode
from gongzhong.wire import PushWriter, read_xml

from .conftest import ALICE

pytestmark = pytest.mark.anyio

KEYS = {"a": "A" * 43, "b": "B" * 43}
NOW = 1_790_000_000.0
_numbers = itertools.count(1)


def credentials(name: str) -> Account:
    return Account(
        appid=f"wx000000000000000{name}",
        secret=name * 32,
        token=f"token{name}",
        aes_key=KEYS[name],
        encryption="safe",
    )


class Network:
    """What goes out to WeChat, and a token for whoever shows the right AppSecret."""

    def __init__(self) -> None:
        self.sent: list[WireRequest] = []

    async def send(self, request: WireRequest) -> WireReply:
        self.sent.append(request)
        asked = f"{dict(request.query)} {bytes(request.body or b'')!r}"  # type: ignore[arg-type]
        body = b'{"ip_list": []}'
        if "token" in request.url:
            name = "a" if "a" * 32 in asked else "b"
            body = f'{{"access_token": "TOKEN-{name}", "expires_in": 7200}}'.encode()
        return WireReply(200, {"content-type": "application/json"}, body)

    async def close(self) -> None:
        """Nothing is open."""


class Shop:
    """One app at work for two accounts, with one store and one clock: as much in common as may be."""

    def __init__(self) -> None:
        self.app = App(customer_service=False, window=0.2, drain_s=0.3)
        self.clock = MovableClock(NOW, frozen=True)
        self.store = MemorySessionStore(self.clock)
        self.network = Network()
        self.release = asyncio.Event()
        self._routes()
        self.bindings = {name: self._bind(name) for name in KEYS}
        self.accounts = Accounts({f"/{name}": binding for name, binding in self.bindings.items()})
        self.counters = self.accounts.counters

    def _bind(self, name: str) -> Binding:
        account = credentials(name)
        api = AsyncClient(account, transport=self.network, clock=self.clock)
        return self.app.bind(account, Services(clock=self.clock, sessions=self.store, api=api))

    def _routes(self) -> None:
        app = self.app

        @app.text("数")
        async def count(session: Session) -> str:
            session["n"] = session.get("n", 0) + 1
            return str(session["n"])

        @app.text("令牌")
        async def token(api: AsyncClient) -> str:
            return await api.access_token()

        @app.text("谁")
        async def who(account: Account, oa: Any, api: AsyncClient, user: User) -> str:
            return f"{account.appid[-1]}{oa.account.appid[-1]}{api.account.appid[-1]}"

        @app.text("慢")
        async def slow() -> str:
            await self.release.wait()
            return "好了"

        @app.text("坏")
        async def broken() -> str:
            raise ValueError("坏了")

        @app.default
        async def echo(message: Text) -> str:
            return message.content

    def sealed(
        self, name: str, content: str, number: int | None = None, user: str = ALICE
    ) -> tuple[Any, bytes]:
        message = Text(
            to_user_name="gh_1",
            from_user_name=user,
            create_time=int(NOW),
            msg_id=number or next(_numbers),
            content=content,
        )
        account = credentials(name)
        writer = PushWriter(account.token.reveal(), account.aes_key.reveal(), account.appid, "safe")
        return writer.seal(encode(message), int(self.clock.now()), str(next(_numbers)), user)

    def read(self, name: str, answer: Answer) -> str:
        assert answer.status == 200, answer
        account = credentials(name)
        writer = PushWriter(account.token.reveal(), account.aes_key.reveal(), account.appid, "safe")
        body = writer.open_reply(answer.body)
        if body == b"success":
            return ""
        return str(read_xml(body)["Content"])

    async def say(self, name: str, content: str, *, number: int | None = None, user: str = ALICE) -> str:
        query, body = self.sealed(name, content, number, user)
        return self.read(name, await self.accounts.handle(f"/{name}", query, body))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def shop() -> Shop:
    return Shop()


async def test_each_account_answers_at_its_path_with_its_own_everything(shop: Shop) -> None:
    assert [await shop.say(name, "谁") for name in "ab"] == ["aaa", "bbb"]
    assert shop.bindings["a"].counters["passive"] == shop.bindings["b"].counters["passive"] == 1


@pytest.mark.parametrize(("theirs", "path"), [("a", "/b"), ("b", "/a")])
async def test_token_and_key_of_one_never_open_the_push_of_another(
    shop: Shop, theirs: str, path: str
) -> None:
    answer = await shop.accounts.handle(path, *shop.sealed(theirs, "谁"))
    assert answer.status == 403
    assert shop.bindings[path[1]].counters == {"refused.signature": 1}
    assert shop.bindings[theirs].counters == {}


async def test_a_key_of_another_account_under_the_same_token_opens_nothing() -> None:
    one, other = credentials("a"), credentials("b")
    same = Account(
        appid=other.appid, secret=other.secret, token=one.token, aes_key=other.aes_key, encryption="safe"
    )
    app = App()
    app.default(lambda: "听到")
    binding = app.bind(same)
    message = Text(to_user_name="g", from_user_name="o", create_time=1, msg_id=1, content="?")
    writer = PushWriter(one.token.reveal(), one.aes_key.reveal(), one.appid, "safe")
    query, body = writer.seal(encode(message), int(binding.clock.now()), "1", "o")
    assert (await binding.handle(query, body)).status == 403
    assert binding.counters["refused.cipher"] == 1


async def test_tokens_are_apart(shop: Shop) -> None:
    assert [await shop.say(name, "令牌") for name in "ab"] == ["TOKEN-a", "TOKEN-b"]
    assert [await shop.say(name, "令牌") for name in "ba"] == ["TOKEN-b", "TOKEN-a"]


async def test_sessions_of_one_person_are_apart_in_one_store(shop: Shop) -> None:
    assert [await shop.say(name, "数") for name in "aabab"] == ["1", "2", "1", "3", "2"]


async def test_claims_are_apart_for_the_same_message_number(shop: Shop) -> None:
    assert [await shop.say(name, f"我是{name}", number=77) for name in "abab"] == ["我是a", "我是b"] * 2
    assert [shop.bindings[name].counters["joined"] for name in "ab"] == [1, 1]


async def test_replays_are_remembered_apart(shop: Shop) -> None:
    pushes = {name: shop.sealed(name, "嗨", 78) for name in "ab"}
    for name in "ab":
        assert (await shop.accounts.handle(f"/{name}", *pushes[name])).status == 200
    for name in "ab":
        shop.bindings[name].claims._answers.clear()  # as after two minutes
        assert (await shop.accounts.handle(f"/{name}", *pushes[name])).status == 403
    assert [shop.bindings[name].counters["refused.replay"] for name in "ab"] == [1, 1]


async def test_answers_that_wait_and_the_allowance_are_apart(shop: Shop) -> None:
    shop.bindings["a"].outbox.keep(ALICE, [TextReply(content="旧的")])
    assert shop.bindings["b"].undelivered == [] and len(shop.bindings["a"].undelivered) == 1
    assert await shop.say("b", "继续") == "继续"  # an ordinary text there
    assert await shop.say("a", "继续") == "旧的"
    assert shop.bindings["a"].allowance.left(ALICE, NOW) == 5
    shop.bindings["a"].allowance.spend(ALICE)
    assert shop.bindings["b"].allowance.left(ALICE, NOW) == 5


async def test_a_failing_account_does_not_stop_another(shop: Shop) -> None:
    assert "抱歉" in await shop.say("a", "坏")
    assert await shop.say("b", "嗨") == "嗨"
    assert shop.bindings["b"].counters["handler_errors"] == 0


async def test_a_draining_account_does_not_stop_another(shop: Shop) -> None:
    waiting = asyncio.create_task(shop.say("a", "慢"))
    await asyncio.sleep(0.05)
    ending = asyncio.create_task(shop.bindings["a"].shutdown())
    await asyncio.sleep(0)
    assert shop.accounts.busy and shop.bindings["a"].busy and not shop.bindings["b"].busy
    assert await shop.say("b", "嗨") == "嗨"
    await ending
    assert [kept.reason.value for kept in shop.bindings["a"].undelivered] == ["shutdown"]
    assert shop.bindings["b"].undelivered == []
    assert await shop.say("b", "又来") == "又来"
    waiting.cancel()


async def test_one_that_fails_to_stop_does_not_keep_the_others_from_it(shop: Shop) -> None:
    ended = []

    async def end() -> None:
        ended.append(1)
        raise OSError("坏了")

    shop.bindings["a"].shutdown = end  # type: ignore[method-assign, assignment]
    shop.bindings["b"].shutdown = end  # type: ignore[method-assign, assignment]
    with pytest.raises(OSError, match="坏了"):
        await shop.accounts.shutdown()
    assert ended == [1, 1]


# Addresses


def face(name: str) -> OfficialAccount:
    oa = OfficialAccount(credentials(name), clock=MovableClock(NOW, frozen=True))

    @oa.default
    async def which() -> str:
        return f"{name}{oa.account.appid[-1]}"

    return oa


async def ask(accounts: Accounts, shop: Shop, host: str, path: str, name: str) -> str:
    return shop.read(name, await accounts.handle(path, *shop.sealed(name, "?"), host=host))


@pytest.mark.parametrize(
    ("host", "path", "name"),
    [
        ("x.test", "/a", "a"),
        ("x.test", "/a/", "a"),
        ("B.test:8443", "/whatever", "b"),
        ("c.test", "/a", "b"),
        ("c.test", "/b", "b"),
    ],
)
async def test_paths_hosts_and_both(shop: Shop, host: str, path: str, name: str) -> None:
    a, b = face("a"), face("b")
    accounts = Accounts({"/a": a, "b.test": b, "c.test/a": b, "c.test/b": b})
    assert await ask(accounts, shop, host, path, name) == name * 2
    assert [one.account.appid[-1] for one in accounts] == ["a", "b"]


async def test_an_unknown_address_gets_404_and_is_counted(shop: Shop) -> None:
    for path in ("/", "", "/c", "/a/b", "/A"):
        answer = await shop.accounts.handle(path, *shop.sealed("a", "?"))
        assert (answer.status, answer.content_type) == (404, "text/plain; charset=utf-8")
    assert shop.counters == {"refused.unknown_account": 5}
    assert all(binding.counters == {} for binding in shop.bindings.values())


async def test_a_function_finds_accounts_that_are_made_when_they_are_asked_for(shop: Shop) -> None:
    made: dict[str, Binding] = {}

    def find(host: str, path: str) -> Binding | None:
        name = path.removeprefix("/wx/")
        if name not in KEYS:
            return None
        return made.setdefault(name, shop.app.bind(credentials(name), Services(clock=shop.clock)))

    accounts = Accounts(find)
    assert await ask(accounts, shop, "", "/wx/b", "b") and list(accounts) == [made["b"]]
    assert (await accounts.handle("/wx/z", {}, b"", "GET")).status == 404
    await accounts.shutdown()


def test_mistakes_are_named() -> None:
    twice = {"/a": face("a"), "/a/": face("b")}
    for given in ({"": face("a")}, {"/a": "oa"}, {"/a": App()}, {"/a": Accounts({})}, twice):
        with pytest.raises(SetupError):
            Accounts(cast(Any, given))
    with pytest.raises(SetupError, match="wx000000000000000a"):
        Accounts({"/a": face("a"), "/b": face("a")}).check()
    one = face("a")
    Accounts({"/a": one, "/b": one}).check()
    with pytest.raises(SetupError, match="NOBODY_APPID"):
        Accounts({"/a": one, "/b": OfficialAccount.from_env("NOBODY_")}).check()
    with pytest.raises(SetupError, match="Token"):
        App().bind(Account(appid="wx0123456789abcdef"))


# Doors


async def test_the_asgi_door_finds_below_the_place_of_mounting(shop: Shop) -> None:
    query, body = shop.sealed("b", "谁")
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/wx/b",
        "root_path": "/wx",
        "query_string": urlencode(query).encode(),
        "headers": [(b"host", b"x")],
    }
    await shop.accounts.asgi(scope, receive, send)
    assert sent[0]["status"] == 200
    assert shop.read("b", Answer(200, sent[1]["body"])) == "bbb"
    await shop.accounts.asgi({**scope, "path": "/wx/c"}, receive, send)
    assert sent[2]["status"] == 404


async def test_the_rsgi_door(shop: Shop) -> None:
    query, body = shop.sealed("a", "谁")
    answers: list[Any] = []

    class Protocol:
        async def __call__(self) -> bytes:
            return body

        def response_bytes(self, *answer: Any) -> None:
            answers.append(answer)

        async def client_disconnect(self) -> None:
            await asyncio.Event().wait()

    headers = {"content-length": str(len(body)), "host": "x"}
    scope: Any = SimpleNamespace(
        proto="http", method="POST", path="/a", query_string=urlencode(query), headers=headers
    )
    await shop.accounts.rsgi.__rsgi__(scope, cast(Any, Protocol()))
    assert shop.read("a", Answer(200, answers[0][2])) == "aaa"
    scope.path = "/z"
    await shop.accounts.rsgi.__rsgi__(scope, cast(Any, Protocol()))
    assert answers[1][0] == 404


def test_the_wsgi_door_and_the_blocking_call() -> None:
    shop = asyncio.run(made())
    query, body = shop.sealed("b", "谁")
    statuses: list[str] = []

    def environ(path: str) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": urlencode(query),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }

    (answer,) = shop.accounts.wsgi(environ("/b"), lambda status, headers: statuses.append(status))
    assert shop.read("b", Answer(200, answer)) == "bbb"
    list(shop.accounts.wsgi(environ("/c"), lambda status, headers: statuses.append(status)))
    assert statuses == ["200 OK", "404 Not Found"]
    assert shop.read("a", shop.accounts.handle_blocking("/a", *shop.sealed("a", "谁"))) == "aaa"
    shop.accounts.close()


async def made() -> Shop:
    return Shop()


async def test_the_lifespan_checks_and_stops_every_account(shop: Shop) -> None:
    events = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(events)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await shop.accounts.asgi({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


# One face, several bindings


async def test_a_global_face_in_a_handler_is_the_account_that_the_handler_runs_for() -> None:
    oa = face("a")
    other = oa.bind(credentials("b"), Services(clock=MovableClock(NOW, frozen=True)))
    accounts = Accounts({"/a": oa, "/b": other})
    shop = Shop()
    assert await ask(accounts, shop, "", "/b", "b") == "ab"  # a's program, at work for b
    assert await ask(accounts, shop, "", "/a", "a") == "aa"


async def test_what_is_bound_for_a_while_leaves_the_former_untouched() -> None:
    oa = face("a")
    own = oa.binding
    own.counters["received"] = 3
    first, second = (oa.bind(credentials("b")) for _ in range(2))
    with oa.bound_to(first) as now:
        assert now is first is oa.binding and oa.counters == {} and oa.account.appid.endswith("b")
        with oa.bound_to(second):
            assert oa.binding is second
        assert oa.binding is first
    assert oa.binding is own and oa.counters["received"] == 3 and oa.account.appid.endswith("a")
    with pytest.raises(SetupError), oa.bound_to(face("a").binding):
        pass


async def test_two_platforms_may_end_in_any_order() -> None:
    oa = face("a")
    first, second = oa.bound_to(oa.bind(credentials("b"))), oa.bound_to(oa.bind(credentials("b")))
    first.__enter__()
    last = second.__enter__()
    first.__exit__(None, None, None)
    assert oa.binding is last
    second.__exit__(None, None, None)
    assert oa.account.appid.endswith("a")
