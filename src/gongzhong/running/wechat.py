"""WeChat itself, for the interface debugging tool: a real account whose credentials stand in the environment.

    GONGZHONG_WECHAT_APPID     AppID of the real account
    GONGZHONG_WECHAT_SECRET    its AppSecret
    GONGZHONG_WECHAT_API_BASE  another address in place of https://api.weixin.qq.com, such as a token centre
    GONGZHONG_WECHAT_PROXY     proxy for these calls

They are read once, when the platform starts, and programs that it starts do not inherit them. Nothing is sent anywhere
before somebody makes a call on the page; token and secret are taken out of whatever comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..account import LANGUAGES, WECHAT_PREFIX, Account
from ..catalogue.encoding import Encoded, encode_values
from ..catalogue.failures import head_of
from ..catalogue.model import Call, Host, Repeat, Spec
from ..errors import CallError, GongzhongError, TransportError
from ..platform.debugging.explained import answer_fields
from ..platform.debugging.outside import NoAnswer, OutsideAnswer
from ..platform.debugging.trying import body_of, content_headers
from ..wire.masking import HIDDEN, masked, masked_headers

if TYPE_CHECKING:
    from ..client import AsyncClient, WireReply

TEXTUAL: Final = ("json", "text", "xml", "javascript")


def wechat_of(env: Mapping[str, str]) -> WeChat | None:
    """The real account that the environment names, or None. Raises SetupError that names a wrong variable."""
    named = any(env.get(f"{WECHAT_PREFIX}{name}", "").strip() for name in ("APPID", "SECRET"))
    return WeChat(Account.from_env(env, WECHAT_PREFIX)) if named else None


class WeChat:
    """Calls WeChat as one account (`platform.debugging.outside.Outside`); opens connections at the first call."""

    prefix = WECHAT_PREFIX

    def __init__(self, account: Account) -> None:
        self._account = account
        self._client: AsyncClient | None = None

    @property
    def appid(self) -> str:
        return self._account.appid

    def base(self, host: Host) -> str:
        address: str = getattr(self._account.hosts, host.value)
        return address

    def _open(self) -> AsyncClient:
        if self._client is None:
            from ..client import AsyncClient, CallPolicy

            self._client = AsyncClient(self._account, policy=CallPolicy(tries=1))
        return self._client

    async def send(self, call: type[Call[Any]], values: Mapping[str, Any]) -> OutsideAnswer:
        """Make a call once; a token that WeChat refuses is replaced, as for any call. Raises NoAnswer."""
        order = Order(call, values)
        try:
            reply, _ = await self._open().carry(order)
        except (TransportError, CallError) as problem:
            sent = getattr(problem, "sent", False)
            raise _no_answer(problem, sent=bool(sent)) from None
        except GongzhongError as problem:
            raise _no_answer(problem, sent=False) from None
        return self._told(order, reply)

    def _told(self, order: Order, reply: WireReply) -> OutsideAnswer:
        """The answer without secrets. Token and secret are known to `masked`, wherever they stand."""
        encoded = order.encoded(self._account)
        names = (["access_token"] if order.spec.token else []) + list(encoded.query)
        hidden = {"access_token", *order.spec.inject}
        query = "&".join(f"{name}={HIDDEN if name in hidden else encoded.query[name]}" for name in names)
        address = self.base(order.spec.host) + order.spec.address
        return OutsideAnswer(
            url=masked(address + (f"?{query}" if query else "")),
            status=reply.status,
            headers=masked_headers(reply.headers),
            body=_without_secrets(reply),
            request_headers=content_headers(encoded),
            request_body=_hidden(body_of(encoded), encoded.content_type or ""),
        )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None


class Order:
    """A call with values as they are, right or wrong (`client.flow.Order`)."""

    def __init__(self, call: type[Call[Any]], values: Mapping[str, Any]) -> None:
        self._call, self._values, self.spec = call, dict(values), _once(call.spec)

    def name(self) -> str:
        return self._call.name()

    def encoded(self, account: Account) -> Encoded:
        # No local variable holds a secret in clear: tracebacks may show them.
        injected = {name: getattr(account, what) for name, what in self.spec.inject.items()}
        return encode_values(self._call, self._values, injected)

    def code_of(self, reply: WireReply) -> int:
        """The return code; 0 for whatever has none."""
        try:
            return head_of(answer_fields(reply.body) or {})[0]
        except (TypeError, ValueError):
            return 0


def _once(spec: Spec) -> Spec:
    """The same call, never repeated by itself."""
    return msgspec.structs.replace(spec, repeat=Repeat.IF_NOT_SENT)


def _without_secrets(reply: WireReply) -> bytes:
    if reply.content_type and not any(word in reply.content_type for word in TEXTUAL):
        return reply.body
    return _hidden(reply.body, reply.content_type)


def _hidden(body: bytes, content_type: str) -> bytes:
    if content_type.startswith("multipart/"):
        return body
    try:
        return masked(body.decode()).encode()
    except UnicodeDecodeError:
        return body


def _no_answer(problem: GongzhongError, *, sent: bool) -> NoAnswer:
    zh, en = (problem.text(lang) for lang in LANGUAGES)
    return NoAnswer(masked(zh), masked(en), sent=sent)
