"""Calls that are known by name only: path, verb, purpose, who may call, and whether they still exist.

Their parameters are not described, so a call takes any query and any body and answers what came. One line of
`listed.tsv` is one call; its class is made when it is first asked for. A call that deserves more gets a struct in a
chapter and loses its line.

    client.listed.call("/card/create", {"card": {…}})
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal, cast

import msgspec

from ..errors import GongzhongError
from .codes import rows_of
from .model import VERIFIED, VERIFIED_SERVICE, Accounts, Call, Repeat, Spec, Status, Upload

State = Literal["current", "closing", "retired", "closed", "foreign"]
"""closing: shut to newcomers; retired: the call is gone; closed: its product is gone; foreign: not for official
accounts."""

UNAUTHORIZED: Final = 48001
WITHDRAWN: Final = 45106
NOBODY: Final = Accounts(0)


class ListedGroup(msgspec.Struct, frozen=True):
    """Calls of one product: its name, and who may call."""

    zh: str
    en: str
    accounts: Accounts = VERIFIED


GROUPS: Final[Mapping[str, ListedGroup]] = {
    "card": ListedGroup("卡券", "Cards"),
    "invoice": ListedGroup("电子发票", "Electronic invoices", VERIFIED_SERVICE),
    "nontax": ListedGroup("微信非税缴费", "Non-tax payment", VERIFIED_SERVICE),
    "store": ListedGroup("微信门店", "Stores"),
    "guide": ListedGroup("导购助手", "Shopping guides", VERIFIED_SERVICE),
    "jump": ListedGroup("扫普通链接二维码打开小程序", "QR codes that open mini programs", VERIFIED_SERVICE),
    "itemcode": ListedGroup("一物一码", "Unique item codes"),
    "scan": ListedGroup("微信扫一扫商品", "Scanned products"),
    "wifi": ListedGroup("微信连Wi-Fi", "Wi-Fi"),
    "shake": ListedGroup("摇一摇周边", "Shake around"),
    "device": ListedGroup("微信硬件", "Devices", VERIFIED_SERVICE),
    "semantic": ListedGroup("语义理解", "Semantic understanding"),
    "medical": ListedGroup("微信就医助手", "Medical assistant", VERIFIED_SERVICE),
    "service": ListedGroup("微信服务市场", "Service market"),
    "verify": ListedGroup("微信认证", "Verification"),
    "work": ListedGroup("企业微信客服", "WeCom customer service"),
    "merchant": ListedGroup("微信小店（旧）", "WeChat store (old)", VERIFIED_SERVICE),
    "groups": ListedGroup("用户分组（已由标签取代）", "User groups (replaced by tags)"),
    "open": ListedGroup("微信开放平台账号", "Open Platform accounts"),
    "soter": ListedGroup("生物认证", "SOTER"),
}


class ListedCall(Call[dict[str, Any]], kw_only=True, frozen=True):
    """A call whose body and query are whatever is given; both stay out of its repr, for they may hold anything."""

    hidden: ClassVar[frozenset[str]] = frozenset({"body", "query"})
    query: dict[str, str] = msgspec.field(default_factory=dict)
    body: dict[str, Any] = msgspec.field(default_factory=dict)


class ListedRead(Call[dict[str, Any]], kw_only=True, frozen=True):
    """A listed GET: only a query."""

    hidden: ClassVar[frozenset[str]] = frozenset({"query"})
    query: dict[str, str] = msgspec.field(default_factory=dict)


class ListedUpload(Call[dict[str, Any]], kw_only=True, frozen=True):
    """A listed call that takes a file; the name of its field differs from call to call."""

    hidden: ClassVar[frozenset[str]] = frozenset({"query"})
    query: dict[str, str] = msgspec.field(default_factory=dict)


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One row of the table."""

    group: str
    verb: Literal["GET", "POST"]
    path: str
    state: State
    file: str
    zh: str
    en: str

    @property
    def gone(self) -> bool:
        """Whether WeChat refuses the call whoever asks."""
        return self.state in ("retired", "closed")

    @property
    def class_name(self) -> str:
        """`/card/code/get` → `CardCodeGet`."""
        words = re.split(r"[/_]", self.path.removeprefix("/cgi-bin").strip("/"))
        return "".join(word[:1].upper() + word[1:] for word in words)


class UnknownCall(GongzhongError):
    """No listed call has this path."""


@cache
def lines() -> Mapping[str, Line]:
    """The table, by path."""
    table = [msgspec.convert(row, Line) for row in rows_of("listed")]
    return MappingProxyType({line.path: line for line in table})


@cache
def by_class_name() -> Mapping[str, Line]:
    """The table, by the name that the class gets."""
    return MappingProxyType({line.class_name: line for line in lines().values()})


@cache
def declared(path: str) -> type[Call[dict[str, Any]]] | None:
    """The class of a listed call, or None when the path is not listed."""
    line = lines().get(path)
    if line is None:
        return None
    base: Any = ListedRead if line.verb == "GET" else ListedUpload if line.file else ListedCall
    namespace = {"spec": _spec(line), "__doc__": f"{line.zh} ({line.en})."}
    made = msgspec.defstruct(
        line.class_name,
        [(line.file, Upload)] if line.file else [],
        bases=(base,),
        namespace=namespace,
        module=__name__,
        kw_only=True,
        frozen=True,
        omit_defaults=True,
    )
    return cast("type[Call[dict[str, Any]]]", made)


def _spec(line: Line) -> Spec:
    group = GROUPS[line.group]
    refusals: dict[State, tuple[int, ...]] = {"retired": (WITHDRAWN,), "closed": (UNAUTHORIZED,)}
    return Spec(
        line.verb,
        line.path,
        document=group.zh,
        accounts=NOBODY if line.state == "foreign" else group.accounts,
        repeat=Repeat.SAFE if line.verb == "GET" else Repeat.IF_NOT_SENT,
        query=frozenset({"query"}),
        rest="query",
        whole="" if line.verb == "GET" or line.file else "body",
        errors=refusals.get(line.state, ()),
        status=Status.RETIRED if line.gone else Status.CURRENT,
    )


def listed(
    path: str,
    body: dict[str, Any] | None = None,
    *,
    query: dict[str, str] | None = None,
    file: Upload | None = None,
) -> Call[dict[str, Any]]:
    """Make any call of the list by its path (其他接口), with the body and the query as WeChat's page describes them.

    `file` is for the few that take one. Raises UnknownCall for a path that is not listed, and for a body or a
    file where none belongs.
    """
    asked = f"/{path.strip('/')}"
    kind: Any = declared(asked)
    if kind is None:
        raise UnknownCall(
            f"没有列出接口 {asked}",
            f"{asked} is not listed",
            fix_zh="有参数说明的接口请用客户端的相应方法; gongzhong coverage 列出全部",
            fix_en="calls that are described have a method of their own; `gongzhong coverage` lists them all",
        )
    line = lines()[asked]
    if (body is not None and not kind.spec.whole) or (file is not None) != bool(line.file):
        zh, en = _what_it_takes(line)
        raise UnknownCall(f"{asked} 的参数是{zh}", f"{asked} takes {en}")
    given: dict[str, Any] = {"query": query or {}}
    if kind.spec.whole:
        given["body"] = body or {}
    if file is not None:
        given[line.file] = file
    return cast("Call[dict[str, Any]]", kind(**given))


def _what_it_takes(line: Line) -> tuple[str, str]:
    if line.file:
        return f"一个文件 {line.file}", f"a file, {line.file}"
    return ("查询参数", "a query only") if line.verb == "GET" else ("JSON 请求体", "a JSON body")
