"""The signature of `wx.config`, and what is wrong with one that does not match.

WeChat only says "invalid signature". Here every mistake that developers make once is tried: another address, another
ticket, a misspelt name. The first that yields the given signature is the answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import msgspec

from .world import AccountState, World

SHOWN_OF_TICKET = 6


class Signed(msgspec.Struct, frozen=True):
    """What a page says it signed."""

    nonce: str
    timestamp: str
    url: str
    signature: str


class Reason(msgspec.Struct, frozen=True):
    """Why something was refused, in both languages."""

    zh: str
    en: str


def page_address(url: str) -> str:
    """The address that counts: without what follows #."""
    return url.partition("#")[0]


def text(ticket: str, signed: Signed, url: str, nonce_name: str = "noncestr") -> str:
    """string1 of the official page."""
    return f"jsapi_ticket={ticket}&{nonce_name}={signed.nonce}&timestamp={signed.timestamp}&url={url}"


def digest(string1: str) -> str:
    return hashlib.sha1(string1.encode()).hexdigest()


def problem(world: World, account: AccountState, signed: Signed) -> Reason | None:
    """What is wrong with the signature, or None when it is right."""
    url = page_address(signed.url)
    ticket = _current(world, account)
    if ticket and digest(text(ticket, signed, url)) == signed.signature:
        return None
    tries = [*_with_ticket(ticket, signed, url)] if ticket else []
    for string1, reason in (*tries, *_with_other_tickets(world, account, signed, url)):
        if digest(string1) == signed.signature.lower():
            return reason
    if not ticket:
        return Reason(
            f"{account.name} 现在没有有效的 jsapi_ticket，签名不可能是对的：先调用 ticket/getticket",
            f"{account.name} has no living jsapi_ticket, so no signature can be right: call ticket/getticket first",
        )
    expected = text(ticket, signed, url)
    shown, right = expected.replace(ticket, f"{ticket[:SHOWN_OF_TICKET]}…"), digest(expected)
    return Reason(
        f"签名不一致。string1 应为 {shown}，签名应为 {right}，页面给的是 {signed.signature}",
        f"the signature differs. string1 is {shown}, its signature {right}, the page gave {signed.signature}",
    )


def _current(world: World, account: AccountState) -> str | None:
    found: str | None = world.db.value(
        "SELECT value FROM ticket WHERE appid = ? AND kind = 'jsapi' AND expires_at > ?",
        account.appid,
        world.now(),
    )
    return found


def _with_ticket(ticket: str, signed: Signed, url: str) -> Iterator[tuple[str, Reason]]:
    """Mistakes beside the right ticket."""
    yield (
        text(ticket, signed, url),
        Reason("签名必须是小写的十六进制", "the signature must be hexadecimal in lower case"),
    )
    yield (
        text(ticket, signed, url, "nonceStr"),
        Reason(
            "拼接 string1 时参数名是全小写的 noncestr，不是 nonceStr",
            "inside string1 the name is noncestr in lower case, not nonceStr",
        ),
    )
    for zh, en, address in _other_addresses(signed.url):
        reason = Reason(
            f"签名用的网址{zh}：签的是 {address}，页面的网址是 {url}",
            f"the signed address {en}: signed was {address}, the page is {url}",
        )
        yield text(ticket, signed, address), reason


def _other_addresses(full: str) -> Iterator[tuple[str, str, str]]:
    url = page_address(full)
    parts = urlsplit(url)
    scheme = "http" if parts.scheme == "https" else "https"
    yield "带着 # 之后的部分", "keeps what follows #", full
    yield "没有带查询参数", "lacks the query", url.partition("?")[0]
    yield "的协议不同", "has another scheme", urlunsplit(parts._replace(scheme=scheme))
    yield "没有带端口", "lacks the port", urlunsplit(parts._replace(netloc=parts.hostname or ""))
    yield "末尾多了 /", "has a / too many at its end", f"{url}/"
    yield "末尾少了 /", "lacks the / at its end", url.removesuffix("/")
    yield "少了路径", "is only the host", urlunsplit(parts._replace(path="", query=""))
    yield "少了路径", "is only the host", urlunsplit(parts._replace(path="/", query=""))
    yield "被解码过", "was decoded", unquote(url)
    yield "被编码过", "was encoded", quote(url, safe="")


def _with_other_tickets(
    world: World, account: AccountState, signed: Signed, url: str
) -> Iterator[tuple[str, Reason]]:
    """The right text with a ticket that does not count."""
    for row in world.db.all("SELECT value, appid, kind, expires_at FROM ticket"):
        if row["appid"] != account.appid:
            other = world.accounts[row["appid"]].name
            reason = Reason(
                f"签名用的是另一个公众号（{other}）的 ticket",
                f"signed with the ticket of another account ({other})",
            )
        elif row["kind"] != "jsapi":
            reason = Reason(
                f"签名用的是 {row['kind']} 的 ticket，应使用 type=jsapi 的",
                f"signed with the {row['kind']} ticket; it must be the one of type=jsapi",
            )
        else:
            reason = Reason(
                "签名用的 jsapi_ticket 已过期：缓存不能超过 expires_in 秒",
                "the jsapi_ticket has expired: it may be kept for expires_in seconds only",
            )
        yield text(row["value"], signed, url), reason
