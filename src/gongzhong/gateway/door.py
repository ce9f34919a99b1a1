"""The gateway as an ASGI application.

    /{appid}/cgi-bin/token, …/cgi-bin/stable_token    a gateway token for a key; WeChat's own if the key is for tokens
    /{appid}/cgi-bin/ticket/getticket                 the shared ticket
    /{appid}/gongzhong/token                          WeChat's token with its generation (scope `token`)
    /{appid}/gongzhong/token/failed                   “this generation failed” (scope `token`)
    /{appid}/…                                        WeChat's API, the access_token added
    /healthz  /readyz                                 whether the process lives; whether it can serve

A client is known by `Authorization: Bearer` with its key or gateway token, by the gateway token in `access_token`, or
by the key in `secret`. What it sends as access_token never reaches WeChat.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import msgspec

from ..client import TokenRecord
from ..client.answer_file import DiskError
from ..errors import CallError, GongzhongError, TransportError
from .bodies import AnswerRelay, HungUp, Message, Receive, Send, StoredBody, TooLarge, read_body, start
from .forwarded import (
    PATH,
    BadQuery,
    Forwarded,
    Verb,
    passed_headers,
    read_object,
    read_query,
    spec_for,
)
from .gateway import CHINA_S, Gateway, Upstream, log
from .keys import PASS_LIFE_S, Key, client_of, id_of_key, id_of_pass, make_pass, pass_problem
from .refusals import (
    BAD_ADDRESS,
    BAD_APPID,
    BAD_GRANT,
    BAD_PARAMETER,
    BAD_SECRET,
    BAD_TOKEN,
    DAILY_SPENT,
    NEEDS_POST,
    NO_SECRET,
    NO_TOKEN,
    NOT_ALLOWED,
    TOO_FAST,
    TOO_LONG,
    Refused,
    not_identified,
    not_in_scope,
    of_error,
)
from .tables import CallRecord

JSON_HEADERS: Final = {"content-type": "application/json; encoding=utf-8"}
TOKEN_PATHS: Final = ("/cgi-bin/token", "/cgi-bin/stable_token")
TICKET_PATH: Final = "/cgi-bin/ticket/getticket"
OWN_TOKEN, TOKEN_FAILED = "/gongzhong/token", "/gongzhong/token/failed"
VERBS: Final = ("GET", "POST")
LARGEST_WITH_SECRET: Final = 64 * 1024
"""Bytes of a body in which a client names its key: nobody is known until it is read."""
MOST_DISCARDED: Final = 32 * 1024 * 1024
"""Bytes; more than WeChat's largest upload."""
LONGEST_PATH: Final = 200
GRANT: Final = "client_credential"


class Incoming:
    """One request of a client, as far as it has been read, and what came of it."""

    __slots__ = (
        "_is_read",
        "_promised",
        "_receive",
        "body",
        "errcode",
        "headers",
        "key",
        "path",
        "peer",
        "query",
        "verb",
    )

    def __init__(self, scope: Message, receive: Receive) -> None:
        self.verb: str = scope["method"]
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.path = ""
        self.peer: str = (scope.get("client") or ("",))[0]
        self.key: Key | None = None
        self.body: bytes | StoredBody = b""
        self.errcode = 0
        self._receive = receive
        self._is_read = False
        length = self.headers.get("content-length", "")
        self._promised = int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None
        try:
            self.query = read_query(scope["query_string"])
        except BadQuery:
            self.query = {}
            raise Refused(
                BAD_PARAMETER,
                "查询参数不能转发：编码不是 UTF-8，或同一参数出现了两次",
                "the query cannot be passed on: it is not UTF-8, or a parameter stands twice",
            ) from None

    async def read(self, limit: int) -> None:
        """The whole body, once. Raises Refused for one that is too long, HungUp for half a request."""
        if self._is_read:
            return
        self._is_read = True
        if self.verb == "GET" and not self._promised and "transfer-encoding" not in self.headers:
            return
        try:
            self.body = await read_body(self._receive, self._promised, limit)
        except TooLarge:
            raise Refused(
                TOO_LONG,
                f"请求体超过网关的上限 {limit} 字节",
                f"the body is longer than the {limit} bytes that the gateway takes",
            ) from None

    async def discard(self) -> None:
        """Take what is left of a body, up to MOST_DISCARDED, and keep none of it: many clients read an answer only when
        they have sent everything."""
        size, more = 0, not self._is_read
        while more and size < MOST_DISCARDED:
            message = await self._receive()
            size += len(message.get("body", b""))
            more = message["type"] != "http.disconnect" and message.get("more_body", False)

    @property
    def bearer(self) -> str:
        kind, _, text = self.headers.get("authorization", "").partition(" ")
        return text.strip() if kind.lower() == "bearer" else ""


class GatewayApp:
    """The ASGI application of a gateway, which it starts and stops with the server."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.gateway.start()
        except GongzhongError as error:
            log.error("the gateway does not start: %s", error.en)
            await send({"type": "lifespan.startup.failed", "message": error.en})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.gateway.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        if path in ("/healthz", "/readyz"):
            await self._say_health(path, send)
            return
        began = time.perf_counter()
        appid, slash, rest = path.removeprefix("/").partition("/")
        relay = AnswerRelay(send, self.gateway.settings.largest_answer)
        incoming: Incoming | None = None
        status = 200
        try:
            incoming = Incoming(scope, receive)
            incoming.path = self._path(f"{slash}{rest}")
            forwarded = incoming.headers.get("x-forwarded-for", "")
            incoming.peer = client_of(incoming.peer, forwarded, self.gateway.settings.trusted_proxies)
            status = await self._answer(incoming, appid, relay)
        except Refused as refused:
            if relay.passed_on:
                status = 0
                await relay.break_off()
            else:
                status = await _refuse(send, refused)
            if incoming is not None:
                incoming.errcode = refused.errcode
            if refused.log:
                log.warning("%s %s: %s", appid, rest[:LONGEST_PATH], refused.en)
        except HungUp:
            status = 0
        if incoming is not None:
            self._record(incoming, appid, status, time.perf_counter() - began, relay)

    def _record(
        self, incoming: Incoming, appid: str, status: int, seconds: float, relay: AnswerRelay
    ) -> None:
        known = appid in self.gateway.upstreams
        self.gateway.counters["calls" if not incoming.errcode and status == 200 else "failed_calls"] += 1
        if incoming.key is None and not known:
            return  # anybody could fill the table with these
        self.gateway.audit.add(
            CallRecord(
                at=self.gateway.clock.now(),
                key=incoming.key.id if incoming.key is not None else "",
                peer=incoming.peer,
                appid=appid if known else "",
                verb=incoming.verb if incoming.verb in VERBS else "?",
                path=incoming.path,
                status=status,
                errcode=incoming.errcode,
                seconds=round(seconds, 6),
                received=len(incoming.body),
                sent=relay.size,
            )
        )

    def _path(self, path: str) -> str:
        if len(path) > LONGEST_PATH or not PATH.fullmatch(path):
            raise Refused(
                NOT_ALLOWED,
                "不是微信接口的路径",
                "this is no path of WeChat's API",
                "写成 /{appid}/cgi-bin/…，没有 .. 、空的一段和转义字符",
                "write /{appid}/cgi-bin/…, without .., empty segments and escapes",
                status=404,
            )
        return path

    async def _answer(self, incoming: Incoming, appid: str, relay: AnswerRelay) -> int:
        """Answer a request; gives the HTTP status. Raises Refused."""
        if incoming.verb not in VERBS:
            raise Refused(
                NEEDS_POST,
                f"微信接口没有 {incoming.verb[:16]} 请求",
                f"WeChat's API has no {incoming.verb[:16]} requests",
                status=405,
            )
        try:
            key, upstream = await self._permitted(incoming, appid)
        except Refused:
            await incoming.discard()
            raise
        await incoming.read(self.gateway.settings.largest_body)
        await self._spend(key)
        if incoming.path in TOKEN_PATHS:
            return await self._give_token(incoming, key, upstream, relay)
        if incoming.path in (OWN_TOKEN, TOKEN_FAILED):
            return await self._give_own_token(incoming, key, upstream, relay)
        if incoming.path == TICKET_PATH:
            return await self._give_ticket(incoming, upstream, relay)
        return await self._forward(incoming, upstream, relay)

    # Who it is.

    async def _permitted(self, incoming: Incoming, appid: str) -> tuple[Key, Upstream]:
        """The key of the client, and the account's way to WeChat, if the key may do what is asked. Raises Refused.

        Until then nothing of a body is kept but the few bytes that may hold the key.
        """
        upstream = self.gateway.upstreams.get(appid)
        fetches = incoming.path in TOKEN_PATHS
        by_secret = fetches or incoming.path.startswith("/sns/") or "quota/v2" in incoming.path
        if by_secret and not incoming.bearer:
            await incoming.read(LARGEST_WITH_SECRET)
            key = incoming.key = await self._by_secret(incoming)
        else:
            key = incoming.key = await self._identified(incoming, appid, upstream)
        if not key.may_come_from(incoming.peer):
            raise Refused(
                BAD_ADDRESS,
                f"密钥“{key.name}”不能在 {incoming.peer} 使用",
                f"the key “{key.name}” may not be used from {incoming.peer}",
                "在密钥的 --from 里加上这个地址所在的网段（新建一个密钥）",
                "make a key whose --from has a network with this address",
            )
        if upstream is None or not key.may_use(appid):
            raise Refused(
                BAD_APPID,
                f"密钥“{key.name}”不能用于公众号 {appid[:32]!r}，或网关没有这个公众号",
                f"the key “{key.name}” is not for the account {appid[:32]!r}, or the gateway does not have it",
            )
        if not fetches and incoming.path not in (OWN_TOKEN, TOKEN_FAILED) and not key.may_call(incoming.path):
            zh, en = f"不能调用 {incoming.path}", f"may not call {incoming.path}"
            raise not_in_scope(key.name, zh, en)
        return key, upstream

    async def _identified(self, incoming: Incoming, appid: str, upstream: Upstream | None) -> Key:
        """The key of the client. Raises Refused when there is none that holds."""
        given = incoming.bearer or incoming.query.get("access_token", "")
        if not given:
            raise not_identified(
                NO_TOKEN, "请求里没有 access_token", "there is no access_token in the request"
            )
        key = await self.gateway.keys.find(id_of_key(given))
        if key is not None and incoming.bearer and key.matches(given):
            return key
        key = await self.gateway.keys.find(id_of_pass(given))
        problem = BAD_TOKEN
        if key is not None and upstream is not None:
            problem = pass_problem(given, appid, upstream.signer, self.gateway.clock.now())
        if key is None or problem:
            zh, en = (
                "access_token 不是网关给的，或已失效",
                "the access_token is not the gateway's, or no longer valid",
            )
            raise not_identified(problem, zh, en)
        return key

    async def _by_secret(self, incoming: Incoming) -> Key:
        words = {**incoming.query, **read_object(incoming.body)}
        given = words.get("secret") or words.get("appsecret")
        if not isinstance(given, str) or not given:
            raise not_identified(NO_SECRET, "请求里没有 secret", "there is no secret in the request")
        key = await self.gateway.keys.find(id_of_key(given))
        if key is None or not key.matches(given):
            raise not_identified(
                BAD_SECRET,
                "secret 不是网关的密钥，或密钥已撤销",
                "the secret is no key of the gateway, or it was revoked",
            )
        return key

    async def _spend(self, key: Key) -> None:
        spent = await self.gateway.spend(key) if key.per_minute or key.daily else None
        if spent is None:
            return
        limit, ends = spent
        until = (datetime.fromtimestamp(ends, UTC) + timedelta(seconds=CHINA_S)).strftime("%Y-%m-%d %H:%M:%S")
        raise Refused(
            TOO_FAST if limit == key.per_minute else DAILY_SPENT,
            f"密钥“{key.name}”的 {limit} 次已用完，到 {until}（北京时间）为止",
            f"the {limit} calls of the key “{key.name}” are used up until {until} (China time)",
        )

    # What it gets.

    async def _give_token(self, incoming: Incoming, key: Key, upstream: Upstream, relay: AnswerRelay) -> int:
        words = {**incoming.query, **read_object(incoming.body)}
        if words.get("grant_type") != GRANT:
            raise Refused(BAD_GRANT, f"grant_type 须为 {GRANT}", f"grant_type must be {GRANT}")
        if words.get("appid", upstream.account.appid) != upstream.account.appid:
            raise Refused(BAD_APPID, "appid 与网址里的不是同一个", "the appid is not the one of the address")
        if key.only_token:
            record = await self._credential(upstream)
            return await _say(
                relay, {"access_token": record.value.reveal(), "expires_in": self._left(record)}
            )
        now = self.gateway.clock.now()
        token = make_pass(key.id, upstream.account.appid, upstream.signer, now)
        return await _say(relay, {"access_token": token, "expires_in": PASS_LIFE_S})

    async def _give_own_token(
        self, incoming: Incoming, key: Key, upstream: Upstream, relay: AnswerRelay
    ) -> int:
        if not key.may_have_token:
            raise not_in_scope(key.name, "没有权限范围 token", "does not have the scope `token`")
        record = await self._credential(upstream)
        if incoming.path == TOKEN_FAILED:
            words = read_object(incoming.body)
            if (
                words.get("access_token") == record.value.reveal()
                or words.get("generation") == record.generation
            ):
                record = await self._credential(upstream, record)
            elif not words.keys() & {"access_token", "generation"}:
                raise Refused(
                    BAD_PARAMETER,
                    "请求体须为 JSON：失效的 access_token，或它的 generation",
                    "the body is JSON with the access_token that failed, or its generation",
                )
        answer = {"access_token": record.value.reveal(), "expires_in": self._left(record)}
        return await _say(relay, {**answer, "generation": record.generation})

    async def _give_ticket(self, incoming: Incoming, upstream: Upstream, relay: AnswerRelay) -> int:
        kind = incoming.query.get("type", "")
        if kind not in ("jsapi", "wx_card"):
            raise Refused(BAD_PARAMETER, "type 须为 jsapi 或 wx_card", "type must be jsapi or wx_card")
        try:
            record = await upstream.client.credential(cast(Any, kind))
        except (CallError, TransportError) as error:
            raise of_error(error, sent=False) from None
        answer = {"errcode": 0, "errmsg": "ok", "ticket": record.value.reveal()}
        return await _say(relay, {**answer, "expires_in": self._left(record)})

    async def _credential(self, upstream: Upstream, rejected: TokenRecord | None = None) -> TokenRecord:
        try:
            return await upstream.client.credential("access_token", rejected)
        except (CallError, TransportError) as error:
            raise of_error(error, sent=False) from None

    def _left(self, record: TokenRecord) -> int:
        return max(1, int(record.expires_at - self.gateway.clock.now()))

    async def _forward(self, incoming: Incoming, upstream: Upstream, relay: AnswerRelay) -> int:
        spec = None
        if self.gateway.settings.sns or not incoming.path.startswith("/sns/"):
            spec = spec_for(cast(Verb, incoming.verb), incoming.path, incoming.query.get("action", ""))
        if spec is None:
            raise Refused(
                NOT_ALLOWED,
                f"网关不转发 {incoming.path}",
                f"the gateway does not forward {incoming.path}",
                "网页授权（/sns/）要用 --sns 打开；其他主机的网址不经过网关",
                "web authorization (/sns/) is opened by --sns; addresses of other hosts do not go through the gateway",
            )
        body = incoming.body if incoming.verb == "POST" else None
        order = Forwarded(spec, incoming.query, body, incoming.headers.get("content-type"))
        try:
            reply, incoming.errcode = await upstream.client.carry(
                order, relay, headers=passed_headers(incoming.headers)
            )
        except (CallError, TransportError) as error:
            raise of_error(error, sent=order.may_be_done and getattr(error, "sent", False)) from None
        except DiskError as problem:
            log.error("a long answer could not be kept: %s", problem.error.strerror)
            raise _too_much() from None
        except TooLarge:
            raise _too_much() from None
        await relay.finish(reply.status, reply.headers)
        return reply.status

    async def _say_health(self, path: str, send: Send) -> None:
        problems = await self.gateway.problems() if path == "/readyz" else []
        words = [{"zh": problem.zh, "en": problem.en} for problem in problems]
        status = 503 if problems else 200
        body = msgspec.json.encode({"status": "not ready" if problems else "ok", "problems": words})
        await send(start(status, JSON_HEADERS, len(body)))
        await send({"type": "http.response.body", "body": body})


async def _say(relay: AnswerRelay, answer: Mapping[str, Any]) -> int:
    relay.begin(200, JSON_HEADERS)
    relay.write(msgspec.json.encode(answer))
    await relay.finish(200, JSON_HEADERS)
    return 200


async def _refuse(send: Send, refused: Refused) -> int:
    body = refused.body()
    await send(start(refused.status, JSON_HEADERS, len(body)))
    await send({"type": "http.response.body", "body": body})
    return refused.status


def _too_much() -> Refused:
    return Refused(
        TOO_LONG,
        "微信的应答太长，网关放不下",
        "WeChat's answer is longer than the gateway keeps",
        status=502,
        log=True,
    )
