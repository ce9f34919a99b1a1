"""The people API as an ASGI application.

    POST /{appid}/people/{action}     a JSON body; Authorization: Bearer with a key       (actions.py)
    GET  /openapi.json                what all of them take and answer                    (openapi.py)
    GET  /healthz                     whether the process lives

Answers are JSON; a refusal is `{"error": {"reason", "zh", "en"}}`. Every request of a key that may make it stands in
the account's audit trail, with the key's name and number, before it is carried out. The log names keys, accounts and
actions, never people.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ...config import PeopleApi as PeopleApiSettings
from ...errors import GongzhongError, StateDown, say
from ...gateway.bodies import HungUp, Message, Receive, Send, StoredBody, TooLarge, read_body
from ...gateway.keys import client_of
from ...people import People, PeopleError, Purposes
from ...people.keys import ACCOUNT_NUMBER
from ...reasons import NOT_JSON, advised
from .actions import ACTIONS, Caller, NoPurposes, NotConfirmed
from .keys import PeopleKey, id_of
from .openapi import document
from .pace import Pace
from .tables import PeopleKeyTables

log = logging.getLogger("gongzhong.people")

LARGEST: Final = 64 * 1024
JSON: Final = "application/json"
HEADERS: Final = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


class Refused(Exception):
    """The API answers without doing anything."""

    def __init__(self, status: int, reason: str, zh: str, en: str, *, again_s: float = 0.0) -> None:
        super().__init__(reason)
        self.status, self.reason, self.zh, self.en = status, reason, zh, en
        self.headers = [(b"retry-after", b"%d" % math.ceil(again_s))] if again_s else []


class PeopleApi:
    """For the accounts of one database. `purposes`: what the programs declare, by AppID (for retention); `state`: the
    address of the shared state, where sessions are (for exports); `per_minute`: how many requests a key may make;
    `trusted_proxies`: networks whose X-Forwarded-For is believed. Raises SetupError for a wrong address."""

    def __init__(
        self,
        people: People,
        keys: PeopleKeyTables,
        purposes: Mapping[str, Purposes] | None = None,
        *,
        state: str = "",
        per_minute: int = PeopleApiSettings().per_minute,
        trusted_proxies: tuple[str, ...] = (),
    ) -> None:
        self._people, self._keys, self._state = people, keys, state
        self._pace = Pace(per_minute, people.clock, state)
        self._trusted = trusted_proxies
        self._purposes = dict(purposes or {})

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._people.close()
        await self._keys.close()
        await self._pace.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        more: list[tuple[bytes, bytes]] = []
        try:
            status, answer = 200, await self._answer(scope, receive)
        except Refused as refused:
            status, answer = refused.status, _error(refused.reason, refused.zh, refused.en)
            more = refused.headers
        except HungUp:
            return
        except StateDown as problem:
            status, answer = 503, _error("down", problem.zh, problem.en)
        except (NotConfirmed, NoPurposes, PeopleError) as problem:
            status, answer = 409, _error(type(problem).__name__, problem.zh, problem.en)
        except GongzhongError as problem:
            log.error("%s", problem)
            status, answer = 500, _error(type(problem).__name__, problem.zh, problem.en)
        await send({"type": "http.response.start", "status": status, "headers": [*HEADERS, *more]})
        await send({"type": "http.response.body", "body": msgspec.json.encode(answer)})

    async def _answer(self, scope: Message, receive: Receive) -> Any:
        """Do what a request asks for. Raises Refused, and what the action raises."""
        if scope["method"] == "GET" and scope["path"] in OPEN:
            return OPEN[scope["path"]]()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        peer = (scope.get("client") or ("",))[0]
        key = await self._identified(headers)
        if again_s := await self._pace.spend(key.id):
            zh, en = "这个密钥这一分钟的请求太多", "too many requests of this key in this minute"
            raise Refused(429, "rate", zh, en, again_s=again_s)
        account, action = _asked(scope)
        self._require(
            key, account, action, client_of(peer, headers.get("x-forwarded-for", ""), self._trusted)
        )
        if account not in await self._people.keyring.accounts():
            raise Refused(404, "account", "没有这个公众号的数据", "nothing is stored of this account")
        body = await self._body(headers, receive, action)
        caller = Caller(
            people=self._people,
            account=account,
            by=f"{key.name} (api {key.id})",
            purposes=self._purposes.get(account),
            state=self._state,
        )
        log.info(
            say("个人数据接口：密钥 %s 在 %s：%s", "people API: key %s in %s: %s"), key.id, account, action
        )
        await self._note(caller, action, body)
        return await ACTIONS[action].do(caller, body)

    async def _note(self, caller: Caller, action: str, body: Any) -> None:
        """Write the request into the audit trail: about the person whom it names, if anything is stored of them."""
        number: int | None = None
        if openid := getattr(body, "openid", ""):
            [number] = await caller.people.vault(caller.account).find([openid])
        await caller.audit.append("api", number=number or ACCOUNT_NUMBER, by=caller.by, asked=action)

    async def _identified(self, headers: Mapping[str, str]) -> PeopleKey:
        kind, _, text = headers.get("authorization", "").partition(" ")
        number = id_of(text.strip()) if kind.lower() == "bearer" else None
        key = None if number is None else await self._keys.find(number)
        if key is None or not key.matches(text.strip()):
            raise Refused(401, "key", "没有密钥，或密钥无效", "there is no key, or it is not valid")
        return key

    def _require(self, key: PeopleKey, account: str, action: str, peer: str) -> None:
        """Raises Refused for what the key may not do; logged, since somebody has a key and tries it."""
        if not key.may_come_from(peer):
            reason, zh, en = "address", f"密钥不能在 {peer} 使用", f"the key may not be used from {peer}"
        elif not key.may_use(account):
            reason, zh, en = "account", "密钥不能用于这个公众号", "the key is not for this account"
        elif not key.may_do(action):
            reason, zh, en = (
                "role",
                f"角色 {key.role} 不能做 {action}",
                f"the role {key.role} may not {action}",
            )
        else:
            return
        log.warning(
            say("个人数据接口拒绝了密钥 %s（%s）：%s", "the people API refused key %s (%s): %s"),
            key.id,
            peer,
            reason,
        )
        raise Refused(403, reason, zh, en)

    async def _body(self, headers: Mapping[str, str], receive: Receive, action: str) -> Any:
        if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise Refused(415, "type", "请求须是 application/json", "the request must be application/json")
        length = headers.get("content-length", "")
        promised = int(length) if length.isascii() and length.isdigit() and len(length) < 10 else None
        try:
            body = await read_body(receive, promised, LARGEST)
        except TooLarge:
            raise Refused(413, "size", "请求太长", "the request is too long") from None
        assert not isinstance(body, StoredBody)
        try:
            return msgspec.json.decode(body or b"{}", type=ACTIONS[action].body)
        except NOT_JSON as problem:
            zh, en = advised(problem, ACTIONS[action].body, body)
            raise Refused(422, "body", f"请求不对：{zh}", f"the request is wrong: {en}") from None


OPEN: Final[Mapping[str, Callable[[], Any]]] = {
    "/healthz": lambda: {"status": "ok"},
    "/openapi.json": document,
}
"""What anybody may ask."""


def _asked(scope: Message) -> tuple[str, str]:
    """AppID and action of an address. Raises Refused."""
    parts = scope["path"].split("/")
    if len(parts) != 4 or parts[0] or parts[2] != "people" or parts[3] not in ACTIONS:
        raise Refused(404, "path", "没有这个地址", "there is no such address")
    if scope["method"] != "POST":
        raise Refused(405, "verb", "只接受 POST", "only POST is taken")
    return parts[1], parts[3]


def _error(reason: str, zh: str, en: str) -> dict[str, Any]:
    return {"error": {"reason": reason, "zh": zh, "en": en}}
