"""Control routes for the rows of the traffic log: found by the filter language, told in full, as code, sent again."""

from __future__ import annotations

import time
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response as FileResponse

from ....catalogue.registry import by_path
from ....errors import CallbackError
from ....messages import Push, parse
from ....wire import read_xml
from ...debugging import trying
from ...debugging.code import Caller
from ...debugging.pushes import Steps
from ...inspecting import har
from ...inspecting.code import RowCode, code_for
from ...inspecting.explaining import Explained, explain
from ...inspecting.seals import seal_of
from ...rows.filter import Matcher
from ...rows.filter import parse as parse_filter
from ...rows.log import Found
from ...rows.view import RowView, view
from ...rows.words import Names
from ...traffic import Delivery, Exchange, Row, number_of, present, readable
from ...world.refusal import BadInput
from ...world.world import AccountState
from ..api import ApiDoor
from ..http import Request
from .acts import account_of
from .answers import Delivered, TrafficEntry
from .route import WITH_FILES, Given, NotFound, Otherwise, Route

ROWS: Final = 200
"""Rows of an answer when the caller names no number."""
MOST_ROWS: Final = 1_000
MOST_NUMBERS: Final = 1_000
MOST_EXPORTED: Final = 20_000
IP: Final = "127.0.0.1"


class RowDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A row in full. Secrets and tokens are shortened."""

    row: RowView
    explained: Explained
    exchanges: list[TrafficEntry]
    """Its attempts, or the one request."""
    seals: list[Steps | None]
    """How each attempt was signed and encrypted; null where the account's keys are others now."""
    body: str
    """Of a push the XML, not encrypted: what can be edited and sent again. Of a call its body, where it is text."""
    cause: RowView | None
    caused: list[RowView]
    """The rows that follow from it, oldest first."""


class Resending(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to send in place of what was sent; null is the same again."""

    body: str | None = None


def matcher(given: Given[Any]) -> Matcher:
    """What the query asks for: `q` in the filter language, of one account where `appid` is given."""
    names = Names(given.platform.world)
    return Matcher(parse_filter(given.query.get("q", "")), names, given.query.get("appid", ""))


async def rows(given: Given[None]) -> Found:
    """推送和调用，最新的在前 / pushes and calls, newest first

    `before` goes on where an earlier page ended, `after` stops at a number; with `among` only these numbers count.
    """
    among = given.query.get("among", "")
    log = given.platform.rows
    if among:
        found = log.among(matcher(given), _numbers(among))
        last = given.platform.traffic.newest_number
        return Found(log=log.log, rows=found, more=False, before=0, last=last, older=0)
    return await log.search(
        matcher(given),
        before=given.number("before"),
        after=given.number("after"),
        limit=min(given.number("limit", ROWS), MOST_ROWS),
    )


def _numbers(text: str) -> list[int]:
    numbers = text.split(",")
    if len(numbers) > MOST_NUMBERS or not all(
        one.isascii() and one.isdigit() and len(one) < 16 for one in numbers
    ):
        raise BadInput(
            f"among 应是至多 {MOST_NUMBERS} 个用逗号隔开的编号",
            f"among takes up to {MOST_NUMBERS} numbers, with commas",
        )
    return [int(one) for one in numbers]


def _row(given: Given[Any]) -> Row:
    try:
        return given.platform.rows.find(given.number("number"))
    except (KeyError, BadInput):
        raise NotFound("没有这条记录", "no such row") from None


async def row(given: Given[None]) -> RowDetail:
    """一行的全部：说明、收发、签名与加密 / a row in full: explained, sent and answered, signed and encrypted"""
    found, platform = _row(given), given.platform
    names = Names(platform.world)
    exchanges = har.exchanges_of(found)
    account = platform.world.accounts.get(found.appid)
    cause = None
    if found.cause is not None:
        cause = next(iter(platform.rows.among(lambda row: True, [found.cause.number])), None)
    return RowDetail(
        row=view(found, names),
        explained=explain(found, platform.faults.listing()),
        exchanges=[msgspec.convert(present(entry), TrafficEntry) for entry in exchanges],
        seals=[_seal(account, entry) for entry in exchanges],
        body=_body(found),
        cause=cause,
        caused=[view(row, names) for row in platform.rows.caused_by(number_of(found))],
    )


def _seal(account: AccountState | None, entry: Exchange) -> Steps | None:
    return None if account is None or entry.kind not in ("push", "verify") else seal_of(account, entry)


def _body(row: Row) -> str:
    body = row.body if isinstance(row, Delivery) else row.request_body
    headers = {} if isinstance(row, Delivery) else row.request_headers
    text = readable(body, headers)
    return text if isinstance(text, str) else ""


async def as_code(given: Given[None]) -> RowCode:
    """同一件事的 curl、命令行、Python 和测试代码 / a row as curl, command, Python and a test"""
    found, platform = _row(given), given.platform
    account = platform.world.accounts.get(found.appid)
    caller = Caller(
        base=platform.world.origin,
        appid=found.appid,
        secret="" if account is None else account.secret,
    )
    return code_for(found, Names(platform.world), caller, platform.methods)


async def resend(given: Given[Resending]) -> Delivered:
    """再推送一次或再调用一次，可以先改内容 / push or call again, with another body if one is given"""
    found, platform = _row(given), given.platform
    if isinstance(found, Exchange):
        return _called_again(given, found, given.body.body)
    if found.kind != "push":
        raise BadInput("只有推送和调用可以重发", "only pushes and calls can be sent again")
    xml = found.body if given.body.body is None else given.body.body.encode()
    push = _push(xml)
    person = found.person if push.openid == found.openid else None
    outcome = await platform.push(account_of(given, found.appid), push, person)
    verdict = outcome.verdict
    return Delivered(ok=verdict.ok, zh=verdict.zh, en=verdict.en, entries=outcome.entries, row=outcome.row)


def _push(xml: bytes) -> Push:
    """A push that somebody may have edited. Raises BadInput that says what is wrong with it."""
    try:
        push = parse(read_xml(xml))
    except CallbackError as problem:
        raise BadInput(problem.zh, problem.en) from None
    if not push.msg_type:
        raise BadInput("没有 MsgType，不是一条推送", "there is no MsgType: this is no push")
    return push


def _called_again(given: Given[Any], entry: Exchange, body: str | None) -> Delivered:
    """The same request with a token that is good now."""
    platform = given.platform
    path = entry.url.partition("?")[0]
    call = by_path(path, entry.method) if entry.kind == "api" else None
    if call is None:
        raise BadInput("只有推送和调用可以重发", "only pushes and calls can be sent again")
    query = entry.query
    account = platform.world.accounts.get(entry.appid)
    if account is not None and call.spec.token:
        query["access_token"] = trying.token_of(platform.world, account)
    headers = {
        name: value
        for name, value in entry.request_headers.items()
        if name in ("content-type", "accept", "user-agent")
    }
    content = entry.request_body if body is None else body.encode()
    request = Request(entry.method, path, urlencode(query), {**headers, **trying.MARK}, content, IP)
    ApiDoor(platform.world, platform.traffic, platform.faults).handle(request)
    made = platform.traffic.find(platform.traffic.last)
    return Delivered(
        ok=made.verdict.ok, zh=made.verdict.zh, en=made.verdict.en, entries=[made.seq], row=made.seq
    )


async def export(given: Given[None]) -> FileResponse:
    """导出 HAR 1.2 或 JSON / the rows that match as HAR 1.2 or JSON"""
    platform, form = given.platform, given.query.get("form", "har")
    if form not in ("har", "json"):
        raise BadInput("form 只能是 har 或 json", "form is har or json")
    names = Names(platform.world)
    found = await platform.rows.every(matcher(given), MOST_EXPORTED)
    content = har.as_har(found, names, platform.world.origin) if form == "har" else har.as_json(found, names)
    name = f"gongzhong-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(platform.clock.now()))}.{form}"
    return FileResponse(
        msgspec.json.encode(content),
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


QUERY = ("q", "appid", "before", "after", "limit", "among")
FILE = Otherwise(200, "application/json", "HAR 1.2 或 JSON 文件 / a file, HAR 1.2 or JSON")
ROUTES: list[Route[Any, Any]] = [
    Route(verb="GET", path="/rows", function=rows, query=QUERY, answer=Found),
    Route(verb="GET", path="/rows/export", function=export, query=("q", "appid", "form"), answer=FILE),
    Route(verb="GET", path="/rows/{number}", function=row, answer=RowDetail),
    # POST, although it changes nothing: the answer holds the account's secret, and other sites can order a GET.
    Route(verb="POST", path="/rows/{number}/code", function=as_code, answer=RowCode),
    Route(
        verb="POST",
        path="/rows/{number}/resend",
        function=resend,
        body=Resending,
        largest=WITH_FILES,
        answer=Delivered,
    ),
]
