"""What a page needs to use WeChat's JavaScript: `wx.config` and card signatures, made on the server.

The ticket never leaves the server: the page gets signatures only. Tickets come from the client, which
fetches one for the whole account whatever the number of pages, threads and processes.
"""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..account import Account
from ..addresses import split_address
from ..clock import Clock
from ..errors import WebError, say

if TYPE_CHECKING:
    from ..client import AsyncClient, Client

NONCE_LETTERS: Final = string.ascii_letters + string.digits
NONCE_LENGTH: Final = 16


def random_nonce() -> str:
    """Sixteen letters and digits, new for every signature."""
    return "".join(secrets.choice(NONCE_LETTERS) for _ in range(NONCE_LENGTH))


def page_address(url: str) -> str:
    """The address that gets signed: as in the address bar, without `#…`. Raises WebError "page_url"."""
    address = url.partition("#")[0]
    if split_address(address) is None or not address.isascii():
        raise WebError(
            "page_url",
            f"要签名的网址必须是浏览器地址栏里的完整网址，不是 {url!r}",
            f"the address to sign must be the complete one of the address bar, not {url!r}",
            fix_zh="让页面传 location.href（不要解码，# 之后的部分会自动去掉）",
            fix_en="let the page send location.href (do not decode it; what follows # is dropped here)",
        )
    return address


def sign_page(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """The signature of `wx.config` for one page address (with its `#…` or without)."""
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page_address(url)}"
    return hashlib.sha1(text.encode()).hexdigest()


def sign_card(*values: str) -> str:
    """The signature of card calls: the values alone, sorted, joined."""
    return hashlib.sha1("".join(sorted(values)).encode()).hexdigest()


class Signer:
    """Fills in the objects that `wx.config`, `wx.addCard` and `wx.chooseCard` take; waits for nothing."""

    def __init__(
        self, account: Account, *, clock: Clock | None = None, nonce: Callable[[], str] = random_nonce
    ) -> None:
        self._appid = account.appid
        self._clock = clock or Clock()
        self._nonce = nonce

    def page(
        self, ticket: str, url: str, apis: Sequence[str], open_tags: Sequence[str], debug: bool
    ) -> dict[str, Any]:
        nonce, timestamp = self._nonce(), int(self._clock.now())
        return {
            "debug": debug,
            "appId": self._appid,
            "timestamp": timestamp,
            "nonceStr": nonce,
            "signature": sign_page(ticket, nonce, timestamp, url),
            "jsApiList": _names("apis", apis),
            "openTagList": _names("open_tags", open_tags),
        }

    def card_to_add(self, ticket: str, card_id: str, code: str, openid: str) -> dict[str, str]:
        nonce, timestamp = self._nonce(), str(int(self._clock.now()))
        signature = sign_card(ticket, timestamp, card_id, code, openid, nonce)
        extension = {"code": code, "openid": openid} if code or openid else {}
        return {**extension, "timestamp": timestamp, "nonce_str": nonce, "signature": signature}

    def card_to_choose(self, ticket: str, location_id: str, card_type: str, card_id: str) -> dict[str, Any]:
        nonce, timestamp = self._nonce(), int(self._clock.now())
        return {
            "shopId": location_id,
            "cardType": card_type,
            "cardId": card_id,
            "timestamp": timestamp,
            "nonceStr": nonce,
            "signType": "SHA1",
            "cardSign": sign_card(
                ticket, self._appid, location_id, str(timestamp), nonce, card_id, card_type
            ),
        }


class JsSdk:
    """JS-SDK signatures from a blocking client."""

    def __init__(
        self, client: Client, *, clock: Clock | None = None, nonce: Callable[[], str] = random_nonce
    ) -> None:
        self._client = client
        self._signer = Signer(client.account, clock=clock, nonce=nonce)

    def config(
        self, url: str, apis: Sequence[str] = (), *, open_tags: Sequence[str] = (), debug: bool = False
    ) -> dict[str, Any]:
        """What to give to `wx.config` on the page with this address; sign again when the address changes.

        Raises WebError "page_url", and what fetching the ticket raises.
        """
        page_address(url)
        return self._signer.page(self._client.ticket("jsapi"), url, apis, open_tags, debug)

    def add_card(self, card_id: str, *, code: str = "", openid: str = "") -> dict[str, str]:
        """The `cardExt` of one card of `wx.addCard`; the page passes it on as JSON text."""
        return self._signer.card_to_add(self._client.ticket("wx_card"), card_id, code, openid)

    def choose_card(self, *, location_id: str = "", card_type: str = "", card_id: str = "") -> dict[str, Any]:
        """The parameters of `wx.chooseCard`; an empty value means any."""
        return self._signer.card_to_choose(self._client.ticket("wx_card"), location_id, card_type, card_id)


class AsyncJsSdk:
    """JS-SDK signatures from an awaiting client; see `JsSdk`."""

    def __init__(
        self, client: AsyncClient, *, clock: Clock | None = None, nonce: Callable[[], str] = random_nonce
    ) -> None:
        self._client = client
        self._signer = Signer(client.account, clock=clock, nonce=nonce)

    async def config(
        self, url: str, apis: Sequence[str] = (), *, open_tags: Sequence[str] = (), debug: bool = False
    ) -> dict[str, Any]:
        """What to give to `wx.config` on the page with this address."""
        page_address(url)
        return self._signer.page(await self._client.ticket("jsapi"), url, apis, open_tags, debug)

    async def add_card(self, card_id: str, *, code: str = "", openid: str = "") -> dict[str, str]:
        """The `cardExt` of one card of `wx.addCard`; the page passes it on as JSON text."""
        return self._signer.card_to_add(await self._client.ticket("wx_card"), card_id, code, openid)

    async def choose_card(
        self, *, location_id: str = "", card_type: str = "", card_id: str = ""
    ) -> dict[str, Any]:
        """The parameters of `wx.chooseCard`; an empty value means any."""
        ticket = await self._client.ticket("wx_card")
        return self._signer.card_to_choose(ticket, location_id, card_type, card_id)


def _names(what: str, names: Iterable[str]) -> list[str]:
    """A list of names; a bare text would be sent as a list of its letters."""
    if isinstance(names, str):
        raise TypeError(
            say(f"{what} 要一个名称列表，不是一个字符串", f"{what} takes a list of names, not one text")
        )
    return list(names)
