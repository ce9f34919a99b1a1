"""Every call with a form: names to choose by, and a JSON Schema of its parameters with remarks in both languages.

The schema is the declaration's own. Beside each parameter stand `x-in` (query, body or file) and `x-words`, its remark;
the limits that JSON Schema cannot say are those of the OpenAPI document (`x-max-bytes`, `x-code-invalid` …).
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, get_args

import msgspec
from msgspec import inspect as shapes

from ...catalogue import codes, listed
from ...catalogue.failures import who_may
from ...catalogue.lenient import alternatives
from ...catalogue.model import Call, Download, Status, Upload
from ...catalogue.registry import CALLS, CHAPTERS, by_name, chapter_of, listed_calls
from ..world.refusal import BothLanguages

REF: Final = "#/$defs/{name}"
FILE: Final[Mapping[str, str]] = {"type": "string", "format": "binary"}
CHINESE: Final = re.compile(r" ?\(([^()]*[\u4e00-\u9fff][^()]*)\)")
READING: Final = re.compile(r"(Get|List|Query|Count|Read|Check|Show|Convert|Try)[A-Z]")
"""How the names of calls begin that change nothing."""
NOT_READING: Final = frozenset({"GetToken", "GetStableToken"})
"""A new token may end the life of the one that a running program uses."""
READING_PATHS: Final = re.compile(r"/((batch_?get|get(?!qrcode)|list|query|search)[a-z_]*|check|checkcode)$")
TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "base": ("基础接口", "Basics"),
    "menus": ("自定义菜单", "Custom menus"),
    "templates": ("模板消息", "Template messages"),
    "customer_messages": ("客服消息", "Customer-service messages"),
    "users": ("用户管理", "Followers"),
    "tags": ("用户标签管理", "Tags"),
    "qrcodes": ("二维码与短 key", "QR codes and short keys"),
    "oauth": ("网页授权", "Web authorisation"),
    "tickets": ("JS-SDK 票据", "JS-SDK tickets"),
    "media": ("临时素材", "Temporary media"),
    "mass": ("群发", "Mass sending"),
    "subscriptions": ("一次性订阅消息与订阅通知", "Subscription messages"),
    "material": ("永久素材", "Permanent material"),
    "drafts": ("草稿箱", "Drafts"),
    "publishing": ("发布能力", "Publishing"),
    "comments": ("留言管理", "Comments"),
    "customer_service": ("客服管理", "Customer service"),
    "statistics": ("数据统计", "Statistics"),
    "article_statistics": ("发表内容数据", "Statistics of articles"),
    "old_article_statistics": ("图文分析（旧）", "Statistics of articles (older)"),
    "card_statistics": ("卡券数据", "Statistics of coupons"),
    "publisher": ("流量主数据", "Advertisement income"),
    "ai": ("智能接口", "Intelligent interfaces"),
}
"""Titles of the chapters that are declared; the listed groups have their own."""

AnyCall = type[Call[Any]]


class CallRow(msgspec.Struct, frozen=True, kw_only=True):
    """One call, to choose it by."""

    name: str
    zh: str
    en: str
    verb: Literal["GET", "POST"]
    path: str
    reads: bool
    """Whether it changes nothing."""
    gone: bool
    """Whether WeChat has withdrawn it."""


class CallChapter(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that belong together."""

    name: str
    zh: str
    en: str
    listed: bool
    """Whether they are known by path only: their parameters are a body and a query as WeChat's page describes them."""
    calls: list[CallRow]


class ListedCode(msgspec.Struct, frozen=True, kw_only=True):
    """A return code that the official page lists."""

    code: int
    zh: str
    en: str


class CallForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the page needs to ask for one call."""

    call: CallRow
    chapter: str
    document: str
    """Name of the official page."""
    token: bool
    filled_in: list[str]
    """Parameters that are filled in from the account: its AppID and AppSecret."""
    accounts: BothLanguages
    """Which kinds of account may call."""
    daily: int | None
    per_minute: int | None
    parameters: dict[str, Any]
    """JSON Schema of the parameters."""
    answers: list[dict[str, Any]]
    """JSON Schemas of a successful answer; none for calls whose answer is not declared."""
    file_answer: bool
    """Whether the answer may be a file."""
    codes: list[ListedCode]
    method: str
    """The client's method (`template.send`); empty where nobody handed in their names."""


def find(name: str) -> AnyCall | None:
    """A call by the name of its class or by its path."""
    return by_name(name)


@cache
def chapters() -> tuple[CallChapter, ...]:
    """Every call there is, chapter by chapter; then the listed ones, group by group."""
    made = []
    for module in CHAPTERS:
        name = module.__name__.rpartition(".")[2]
        zh, en = TITLES[name]
        rows = [row_of(call) for call in CALLS if chapter_of(call) == name]
        made.append(CallChapter(name=name, zh=zh, en=en, listed=False, calls=rows))
    for name, group in listed.GROUPS.items():
        rows = [row_of(call) for call in listed_calls() if listed.lines()[call.spec.path].group == name]
        made.append(CallChapter(name=name, zh=group.zh, en=group.en, listed=True, calls=rows))
    return tuple(made)


def row_of(call: AnyCall) -> CallRow:
    """The call as a list shows it."""
    spec, line = call.spec, listed.lines().get(call.spec.path)
    words = re.split(r"[;:\n]|, up to|, \d", inspect.getdoc(call) or call.__name__, maxsplit=1)[0]
    return CallRow(
        name=call.__name__,
        zh=line.zh if line else spec.document or call.__name__,
        en=CHINESE.sub("", line.en if line else words).rstrip("."),
        verb=spec.verb,
        path=spec.path,
        reads=reads(call),
        gone=spec.status is Status.RETIRED,
    )


def reads(call: AnyCall) -> bool:
    """Whether a call surely changes nothing: what is not sure counts as a change."""
    if call.spec.path in listed.lines():
        return READING_PATHS.search(call.spec.path) is not None
    return READING.match(call.__name__) is not None and call.__name__ not in NOT_READING


def form_of(call: AnyCall, methods: Mapping[str, str]) -> CallForm:
    """The form of a call. `methods` are the client's names by class."""
    spec = call.spec
    known = ((code, spec.codes.get(code) or codes.lookup(code)) for code in spec.errors)
    zh, en = who_may(spec.accounts) if spec.accounts else ("公众号不能调用", "not for official accounts")
    answers = _answers(call)
    line = listed.lines().get(spec.path)
    return CallForm(
        call=row_of(call),
        chapter=line.group if line else chapter_of(call),
        document=spec.document,
        token=spec.token,
        filled_in=list(spec.inject),
        accounts=BothLanguages(zh, en),
        daily=spec.daily,
        per_minute=spec.per_minute,
        parameters=parameters_of(call),
        answers=answers,
        file_answer=Download in (call.returns, *get_args(call.returns)),
        codes=[
            ListedCode(code=code, zh=row.meaning("zh"), en=row.meaning("en")) for code, row in known if row
        ],
        method=methods.get(call.__name__, ""),
    )


def _answers(call: AnyCall) -> list[dict[str, Any]]:
    kinds = [kind for kind in get_args(call.returns) or (call.returns,) if kind is not Download]
    if call.returns == dict[str, Any]:
        return []
    return [_whole_schema(kind) for kind in kinds]


def _whole_schema(kind: Any) -> dict[str, Any]:
    """The schema of a type with everything that it refers to in `$defs`."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template=REF)
    own = components.pop(getattr(kind, "__name__", ""), None) or schema
    return {**own, "$defs": components} if components else dict(own)


@cache
def parameters_of(call: AnyCall) -> dict[str, Any]:
    """JSON Schema of the parameters: what the form asks for."""
    schema = _whole_schema(call)
    node = shapes.type_info(call)
    assert isinstance(node, shapes.StructType)
    properties: dict[str, Any] = {}
    for field in node.fields:
        given = dict(schema.get("properties", {}).get(field.encode_name, {}))
        is_file = _is_file(field)
        place = "query" if call.spec.in_query(field.encode_name) else "file" if is_file else "body"
        properties[field.encode_name] = {
            **(FILE if is_file else given),
            "x-in": place,
            **_told(call.__name__, field.encode_name),
        }
    nested = {
        name: _with_remarks(name, part) for name, part in schema.get("$defs", {}).items() if name != "Upload"
    }
    made = {
        "type": "object",
        "title": call.__name__,
        "properties": properties,
        "required": [field.encode_name for field in node.fields if field.required],
    }
    return {**made, "$defs": nested} if nested else made


def _is_file(field: shapes.Field) -> bool:
    return any(
        isinstance(kind, shapes.StructType) and kind.cls is Upload for kind in alternatives(field.type)
    )


def file_fields(call: AnyCall) -> list[str]:
    """The parameters that are files."""
    properties = parameters_of(call)["properties"]
    return [name for name, schema in properties.items() if schema.get("format") == "binary"]


def _with_remarks(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    properties = {
        field: {**part, **_told(name, field)} for field, part in schema.get("properties", {}).items()
    }
    return {**schema, **({"properties": properties} if properties else {})}


def _told(owner: str, name: str) -> dict[str, Any]:
    words = remarks().get(f"{owner}.{name}") or remarks().get(name)
    return {} if words is None else {"x-words": msgspec.to_builtins(words)}


@cache
def remarks() -> Mapping[str, BothLanguages]:
    """What a parameter is, by its name, or by `Call.name` where the same name means something else."""
    text = (
        resources.files(sys.modules[__name__].__package__ or "").joinpath("parameters.tsv").read_text("utf-8")
    )
    rows = (line.split("\t") for line in text.splitlines()[1:])
    return {name: BothLanguages(zh, en) for name, zh, en in rows}
