"""What WeChat's browser grants a page (JS-SDK): the check behind `wx.config`, and files that pages pass on.

The phone asks before it does anything for a page. Refusals are the strings of the official page; beside them stands
the reason, which WeChat keeps to itself.

The signature of `wx.config`, and what is wrong with one that does not match.

WeChat only says "invalid signature". Here every mistake that developers make once is tried: another address, another
ticket, a misspelt name. The first that yields the given signature is the answer.

Web pages that people pass on from WeChat's browser (分享).

A friend finds the page's card in the chat, beside the account's messages: the only chat there is here. The link
must belong to the account's domains; otherwise the page itself is shared.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Literal
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import msgspec

from ...catalogue.tickets import JS_APIS, OPEN_TAGS
from . import chats, domains, media, people, recognition
from .phone_hosts import names_of, off_phone
from .refusal import BothLanguages, require
from .world import AccountState, World

OK = "config:ok"
MISSING = "config:fail"
BAD_DOMAIN = "config:invalid url domain"
BAD_SIGNATURE = "config:invalid signature"
MUST_FOLLOW = "config:require subscribe"
WRONG_ID = 40007

PageFile = Literal["image", "voice"]


class PageConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a page gave to `wx.config`, and the page's own address."""

    url: str
    app_id: str | None = None
    timestamp: int | float | str | None = None
    nonce_str: str | None = None
    signature: str | None = None
    js_api_list: list[str] | None = None
    open_tag_list: list[str] | None = None


class Rights(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer: `err_msg` as the page sees it, and what it may use from now on."""

    err_msg: str
    reason: BothLanguages | None = None
    apis: list[str] = []
    """JS APIs that were asked for and are granted."""
    denied: list[str] = []
    """Those that this kind of account does not have."""
    unknown: list[str] = []
    """Names that do not exist."""
    open_tags: list[str] = []

    @property
    def granted(self) -> bool:
        return self.err_msg == OK


def configure(world: World, person: str, config: PageConfig) -> Rights:
    """Check a `wx.config` as WeChat does; the first complaint is the answer."""
    missing = [wire for wire, value in _wanted(config).items() if not value]
    if missing:
        return _refused(
            MISSING,
            f"wx.config 缺少参数：{'、'.join(missing)}",
            f"wx.config lacks parameters: {', '.join(missing)}",
        )
    account = world.accounts.get(config.app_id or "")
    if account is None:
        return _refused(MISSING, f"没有这个 appId：{config.app_id}", f"there is no appId {config.app_id}")
    problem = _problem(world, account, person, config)
    return problem or _rights(account, config.js_api_list or [], config.open_tag_list or [])


def _wanted(config: PageConfig) -> dict[str, object]:
    return {
        "appId": config.app_id,
        "timestamp": config.timestamp,
        "nonceStr": config.nonce_str,
        "signature": config.signature,
        "jsApiList": config.js_api_list or config.open_tag_list,
    }


def _problem(world: World, account: AccountState, person: str, config: PageConfig) -> Rights | None:
    if not domains.covers(account.js_domains, config.url, any_port=world.rules.any_port):
        bound = "、".join(account.js_domains) or "（没有设置）"
        return _refused(
            BAD_DOMAIN,
            f"网页 {config.url} 的域名不在 JS接口安全域名 {bound} 之内",
            f"{config.url} is not covered by the JS domains: {', '.join(account.js_domains) or 'none are set'}",
        )
    wrong = _signature_problem(world, account, config)
    if wrong is not None:
        return Rights(err_msg=BAD_SIGNATURE, reason=wrong)
    if account.kind == "test" and not people.relation(world, account, person).subscribed:
        return _refused(
            MUST_FOLLOW,
            "测试号要求先关注",
            "a test account wants to be followed by whoever looks at its pages",
        )
    return None


def _signature_problem(world: World, account: AccountState, config: PageConfig) -> BothLanguages | None:
    """None when the signature is right for the page's address as its program knows it: under the phone's host name
    or under one of this machine's."""
    addresses = dict.fromkeys((off_phone(config.url), *names_of(config.url), config.url))
    wrongs = [
        signature_problem(
            world,
            account,
            Signed(config.nonce_str or "", str(config.timestamp), url, config.signature or ""),
        )
        for url in addresses
    ]
    return None if None in wrongs else wrongs[0]


def _refused(err_msg: str, zh: str, en: str) -> Rights:
    return Rights(err_msg=err_msg, reason=BothLanguages(zh, en))


def _rights(account: AccountState, apis: Sequence[str], tags: Sequence[str]) -> Rights:
    known = [name for name in apis if name in JS_APIS]
    granted = [name for name in known if account.type in JS_APIS[name]]
    return Rights(
        err_msg=OK,
        apis=granted,
        denied=[name for name in known if name not in granted],
        unknown=[name for name in (*apis, *tags) if name not in JS_APIS and name not in OPEN_TAGS],
        open_tags=[name for name in tags if name in OPEN_TAGS and account.type in OPEN_TAGS[name]],
    )


def upload(world: World, account: AccountState, kind: PageFile, content: bytes) -> str:
    """Keep a file that a page uploads; its serverId is a media_id. Refuses like media/upload."""
    media.accept(kind, content, permanent=False)
    return media.keep(world, account, kind, content, source="jssdk").media_id


def download(world: World, account: AccountState, kind: PageFile, server_id: str) -> media.File:
    """A file for a page, by its serverId. Refuses with 40007."""
    file = media.find(world, account, server_id, permanent=False)
    require(file.kind == kind, WRONG_ID)
    return file


def words(world: World, content: bytes) -> str:
    """What a recorded voice says (translateVoice): what was declared for it, else that nothing was."""
    key = recognition.digest(content)
    known = recognition.taught(world, "voice", (key,))
    return known.result if known else f"[zh_CN] {key[:12]}"


SHOWN_OF_TICKET = 6


class Signed(msgspec.Struct, frozen=True):
    """What a page says it signed."""

    nonce: str
    timestamp: str
    url: str
    signature: str


def page_address(url: str) -> str:
    """The address that counts: without what follows #."""
    return url.partition("#")[0]


def signature_text(ticket: str, signed: Signed, url: str, nonce_name: str = "noncestr") -> str:
    """string1 of the official page."""
    return f"jsapi_ticket={ticket}&{nonce_name}={signed.nonce}&timestamp={signed.timestamp}&url={url}"


def signature_digest(string1: str) -> str:
    return hashlib.sha1(string1.encode()).hexdigest()


def signature_problem(world: World, account: AccountState, signed: Signed) -> BothLanguages | None:
    """What is wrong with the signature, or None when it is right."""
    url = page_address(signed.url)
    ticket = _current(world, account)
    if ticket and signature_digest(signature_text(ticket, signed, url)) == signed.signature:
        return None
    tries = [*_with_ticket(ticket, signed, url)] if ticket else []
    for string1, reason in (*tries, *_with_other_tickets(world, account, signed, url)):
        if signature_digest(string1) == signed.signature.lower():
            return reason
    if not ticket:
        return BothLanguages(
            f"{account.name} 现在没有有效的 jsapi_ticket，签名不可能是对的：先调用 ticket/getticket",
            f"{account.name} has no living jsapi_ticket, so no signature can be right: call ticket/getticket first",
        )
    expected = signature_text(ticket, signed, url)
    shown, right = expected.replace(ticket, f"{ticket[:SHOWN_OF_TICKET]}…"), signature_digest(expected)
    return BothLanguages(
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


def _with_ticket(ticket: str, signed: Signed, url: str) -> Iterator[tuple[str, BothLanguages]]:
    """Mistakes beside the right ticket."""
    yield (
        signature_text(ticket, signed, url),
        BothLanguages("签名必须是小写的十六进制", "the signature must be hexadecimal in lower case"),
    )
    yield (
        signature_text(ticket, signed, url, "nonceStr"),
        BothLanguages(
            "拼接 string1 时参数名是全小写的 noncestr，不是 nonceStr",
            "inside string1 the name is noncestr in lower case, not nonceStr",
        ),
    )
    for zh, en, address in _other_addresses(signed.url):
        reason = BothLanguages(
            f"签名用的网址{zh}：签的是 {address}，页面的网址是 {url}",
            f"the signed address {en}: signed was {address}, the page is {url}",
        )
        yield signature_text(ticket, signed, address), reason


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
) -> Iterator[tuple[str, BothLanguages]]:
    """The right text with a ticket that does not count."""
    for row in world.db.all("SELECT value, appid, kind, expires_at FROM ticket"):
        if row["appid"] != account.appid:
            other = world.accounts[row["appid"]].name
            reason = BothLanguages(
                f"签名用的是另一个公众号（{other}）的 ticket",
                f"signed with the ticket of another account ({other})",
            )
        elif row["kind"] != "jsapi":
            reason = BothLanguages(
                f"签名用的是 {row['kind']} 的 ticket，应使用 type=jsapi 的",
                f"signed with the {row['kind']} ticket; it must be the one of type=jsapi",
            )
        else:
            reason = BothLanguages(
                "签名用的 jsapi_ticket 已过期：缓存不能超过 expires_in 秒",
                "the jsapi_ticket has expired: it may be kept for expires_in seconds only",
            )
        yield signature_text(row["value"], signed, url), reason


Target = Literal["friend", "timeline", "qq", "weibo", "qzone"]


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What is shared; `page` is the address of the page that it is shared from."""

    page: str
    title: str = ""
    description: str = ""
    link: str = ""
    picture: str = ""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One page passed on; `receiver` is a person, for a friend."""

    appid: str
    person: str
    target: str
    receiver: str
    title: str
    description: str
    link: str
    picture: str
    time: float


def share_page(
    world: World, account: AccountState, person: str, card: Card, target: Target, receiver: str = ""
) -> Share:
    """Pass a page on. Raises KeyError for an unknown receiver."""
    trusted = domains.covers(account.js_domains, card.link, any_port=world.rules.any_port)
    made = Share(
        appid=account.appid,
        person=person,
        target=target,
        receiver=people.get(world, receiver).name if receiver else "",
        title=card.title or card.page,
        description=card.description,
        link=card.link if trusted else card.page,
        picture=card.picture,
        time=world.now(),
    )
    columns = msgspec.structs.asdict(made)
    marks = ", ".join("?" for _ in columns)
    world.db.run(f"INSERT INTO page_share ({', '.join(columns)}) VALUES ({marks})", *columns.values())
    if made.receiver:
        _deliver(world, account, made)
    return made


def _deliver(world: World, account: AccountState, made: Share) -> None:
    chats.add(
        world,
        account,
        made.receiver,
        "system",
        "platform",
        "link",
        title=made.title,
        description=made.description,
        url=made.link,
        picurl=made.picture,
        sharer=people.get(world, made.person).nickname,
    )


def shares(world: World, account: AccountState) -> list[Share]:
    """Everything that was shared of this account's pages, the latest first."""
    rows = world.db.all("SELECT * FROM page_share WHERE appid = ? ORDER BY id DESC", account.appid)
    return [_share(row) for row in rows]


def _share(row: sqlite3.Row) -> Share:
    values = dict(row)
    del values["id"]
    return Share(**values)
