"""Control routes of the interface debugging tool (接口调试工具): calls, made by hand.

A call goes to this platform by its own door, with everything that befalls any other call: quota, permission, faults and
a traffic entry. To WeChat itself it goes only where the operator put credentials into the environment before the start.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from ....catalogue.base import GetRid
from ....catalogue.model import Host
from ....catalogue.registry import by_path
from ...debugging import code, examples, explained, forms, pushes, trying
from ...debugging.explained import CodeTold, QuotaUse, RidStory
from ...debugging.forms import CallChapter, CallForm
from ...debugging.outside import NoAnswer, Outside, OutsideAnswer
from ...debugging.trying import GivenFile, ShownBody, Target, ValuesProblem
from ...inspecting.code import values_of
from ...rows.words import push_of
from ...traffic import Delivery
from ...world.acts import NotPossible
from ...world.refusal import BadInput, BothLanguages
from ...world.world import AccountState
from .. import mp
from ..api import ApiDoor
from ..http import Request, Response
from .acts import account_of
from .route import WITH_FILES, Given, NotFound, Route

IP = "127.0.0.1"


class WeChatItself(msgspec.Struct, kw_only=True):
    """The account with which WeChat itself can be called, and where. The secret never leaves the server."""

    appid: str
    base: str
    prefix: str
    """How the names of the environment's variables begin."""


class DebugCalls(msgspec.Struct, kw_only=True):
    """Every call by chapter; `wechat` is null unless the operator put credentials into the environment."""

    chapters: list[CallChapter]
    wechat: WeChatItself | None


class FilledForm(msgspec.Struct, kw_only=True):
    """The form of a call, and values to begin with; files as name, media type and content in base64."""

    form: CallForm
    values: dict[str, Any]


class Trial(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One call by the name of its class or by its path. `access_token` null takes a good one of the account."""

    call: str
    target: Target = "platform"
    appid: str = ""
    values: dict[str, Any] = {}
    files: dict[str, GivenFile] = {}
    access_token: str | None = None
    confirmed: bool = False
    """For a call of WeChat itself that changes something: that somebody really wants it."""


class TrialRequest(msgspec.Struct, kw_only=True):
    """What went out; tokens and secrets of WeChat's are hidden, those of the platform are shown."""

    verb: str
    url: str
    headers: dict[str, str]
    body: ShownBody


class TrialAnswer(msgspec.Struct, kw_only=True):
    """What came back, as it came."""

    status: int
    line: str
    """`HTTP/1.1 200 OK`"""
    headers: dict[str, str]
    body: ShownBody


class Tried(msgspec.Struct, kw_only=True):
    """A call that was made: `answer` is null when none came, and `problem` says why."""

    request: TrialRequest
    answer: TrialAnswer | None
    problem: BothLanguages | None
    told: CodeTold | None
    quota: QuotaUse | None
    """Null for WeChat itself: asking costs a call (查询API调用额度)."""
    seq: int | None
    """Number of the traffic entry."""
    cost_ms: float


class TrialCode(msgspec.Struct, kw_only=True):
    """The call as code, and the first rule that its values break."""

    code: code.CallCode
    problem: ValuesProblem | None


class RidAsked(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A rid, or a whole answer: the first rid in it counts."""

    text: str
    target: Target = "platform"


class RidFound(msgspec.Struct, kw_only=True):
    """The refused call; of WeChat itself what `openid/rid/get` tells."""

    story: RidStory | None
    tried: Tried | None


class RowTrial(msgspec.Struct, kw_only=True):
    """A row of the traffic as something to try again: a call with its values, or a push with its XML."""

    appid: str
    call: str
    push: str
    values: dict[str, Any]
    xml: str


def _call(name: str) -> forms.AnyCall:
    found = forms.find(name)
    if found is None:
        raise NotFound(f"没有接口 {name}", f"there is no call {name}")
    return found


def _outside(given: Given[Any]) -> Outside:
    outside = given.platform.outside
    if outside is None:
        raise NotPossible(
            "没有正式账号的凭据：启动前设置 GONGZHONG_WECHAT_APPID 和 GONGZHONG_WECHAT_SECRET",
            "no credentials of a real account: set GONGZHONG_WECHAT_APPID and GONGZHONG_WECHAT_SECRET before the start",
        )
    return outside


async def calls(given: Given[None]) -> DebugCalls:
    """可以调试的接口，按章节 / every call, by chapter"""
    outside = given.platform.outside
    wechat = None
    if outside is not None:
        wechat = WeChatItself(appid=outside.appid, base=outside.base(Host.API), prefix=outside.prefix)
    return DebugCalls(chapters=list(forms.chapters()), wechat=wechat)


async def form(given: Given[None]) -> FilledForm:
    """一个接口的表单和示例值 / the form of a call, with values to begin with"""
    call = _call(given.query.get("call", ""))
    if given.query.get("target") == "wechat":
        # What this world holds means nothing to a real account.
        values = examples.always_sent(call)
    else:
        account = account_of(given, given.query.get("appid", ""))
        values = examples.values_for(given.platform.world, account, call, given.query.get("person", ""))
    return FilledForm(form=forms.form_of(call, given.platform.methods), values=trying.as_json(values))


async def run(given: Given[Trial]) -> Tried:
    """调用一个接口 / make a call"""
    call = _call(given.body.call)
    values = trying.with_files(call, given.body.values, given.body.files)
    if given.body.target == "wechat":
        return await _at_wechat(_outside(given), call, values, given.body)
    return await _at_platform(given, call, values)


async def _at_platform(given: Given[Trial], call: forms.AnyCall, values: dict[str, Any]) -> Tried:
    platform, account = given.platform, account_of(given, given.body.appid)
    out = trying.to_platform(platform.world, account, call, values, given.body.access_token)
    before, started = platform.traffic.last, time.perf_counter()
    request = Request(out.verb, out.path, out.query, out.headers, out.body, IP)
    if call.spec.host is Host.MP:
        answer = mp.show_qr_code(platform.world, request)
    else:
        answer = ApiDoor(platform.world, platform.traffic, platform.faults).handle(request)
    seq = platform.traffic.last if platform.traffic.last > before else None
    await asyncio.sleep(answer.delay_s)
    return Tried(
        request=TrialRequest(
            verb=out.verb,
            url=f"{platform.world.origin}{request.url}",
            headers=out.headers,
            body=trying.shown_request(out.body, out.headers.get("content-type", ""), values),
        ),
        answer=None if answer.cut else _answer(answer.status, _headers(answer), answer.body),
        problem=BothLanguages(
            "连接断开，没有应答（注入的故障）", "the connection broke without an answer (an ordered fault)"
        )
        if answer.cut
        else None,
        told=None if answer.cut else explained.told(answer.body, call),
        quota=explained.quota_of(platform.world, account, call),
        seq=seq,
        cost_ms=round((time.perf_counter() - started) * 1000, 3),
    )


def _headers(answer: Response) -> dict[str, str]:
    return {
        "content-type": answer.content_type,
        "content-length": str(len(answer.body)),
        **answer.headers,
    }


def _answer(status: int, headers: Mapping[str, str], body: bytes) -> TrialAnswer:
    return TrialAnswer(
        status=status,
        line=trying.status_line(status),
        headers=dict(headers),
        body=trying.shown(body, headers),
    )


async def _at_wechat(outside: Outside, call: forms.AnyCall, values: dict[str, Any], trial: Trial) -> Tried:
    """The call of WeChat itself. Raises NotPossible for a change that nobody confirmed, BadInput for a typed token."""
    if trial.access_token is not None:
        raise BadInput("正式调用不接受填写的令牌", "a call of WeChat itself takes no token that was typed in")
    if not (forms.reads(call) or trial.confirmed):
        raise NotPossible(
            "这个接口会改动正式账号，需要确认", "this call changes the real account and wants to be confirmed"
        )
    started = time.perf_counter()
    sent: OutsideAnswer | None = None
    problem: BothLanguages | None = None
    try:
        sent = await outside.send(call, values)
    except NoAnswer as silence:
        problem = BothLanguages(silence.zh, silence.en)
    cost_ms = round((time.perf_counter() - started) * 1000, 3)
    address = outside.base(call.spec.host) + call.spec.address
    headers = dict(sent.request_headers) if sent else {}
    body = sent.request_body if sent else b""
    return Tried(
        request=TrialRequest(
            verb=call.spec.verb,
            url=sent.url if sent else address,
            headers=headers,
            body=trying.shown_request(body, headers.get("content-type", ""), values),
        ),
        answer=_answer(sent.status, sent.headers, sent.body) if sent else None,
        problem=problem,
        told=explained.told(sent.body, call) if sent else None,
        quota=None,
        seq=None,
        cost_ms=cost_ms,
    )


async def as_code(given: Given[Trial]) -> TrialCode:
    """同一调用的 curl、命令行和 Python 代码 / the same call as curl, command and Python"""
    call = _call(given.body.call)
    values = trying.with_files(call, given.body.values, given.body.files)
    method = given.platform.methods.get(call.__name__, "")
    written = code.code_of(call, values, _caller(given, call), method)
    return TrialCode(code=written, problem=trying.problem_with(call, values))


def _caller(given: Given[Trial], call: forms.AnyCall) -> code.Caller:
    if given.body.target == "wechat":
        outside = _outside(given)
        return code.Caller(base=outside.base(call.spec.host), appid=outside.appid, prefix=outside.prefix)
    account: AccountState = account_of(given, given.body.appid)
    typed = given.body.access_token
    return code.Caller(
        base=given.platform.world.origin,
        appid=account.appid,
        secret=account.secret,
        token=trying.token_of(given.platform.world, account) if typed is None else typed,
    )


async def rid(given: Given[RidAsked]) -> RidFound:
    """查询 rid：粘贴 rid 或整段应答 / look up a rid; a whole answer may be pasted"""
    wanted = explained.rid_in(given.body.text)
    if given.body.target == "platform":
        return RidFound(story=explained.look_up(given.platform.world, wanted), tried=None)
    trial = Trial(call=GetRid.__name__, target="wechat")
    return RidFound(story=None, tried=await _at_wechat(_outside(given), GetRid, {"rid": wanted}, trial))


async def of_row(given: Given[None]) -> RowTrial:
    """把一条收发记录放进表单 / a row of the traffic, to be filled into a form"""
    try:
        found = given.platform.rows.find(given.number("number"))
    except (KeyError, BadInput):
        raise NotFound("没有这条记录", "no such row") from None
    if isinstance(found, Delivery):
        push = push_of(found.body)
        name = "" if push is None else pushes.name_of(push)
        if not name:
            raise BadInput("不是能构造的推送", "this is no push that can be built")
        return RowTrial(
            appid=found.appid, call="", push=name, values={}, xml=found.body.decode("utf-8", "replace")
        )
    path, query = found.url.partition("?")[0], found.query
    call = by_path(path, found.method, query.get("action", ""))
    if call is None or found.kind != "api":
        raise BadInput("不是接口调用", "this is no call of the API")
    values = trying.as_json(values_of(call, found))
    return RowTrial(appid=found.appid, call=call.__name__, push="", values=values, xml="")


ROUTES: list[Route[Any, Any]] = [
    Route(verb="GET", path="/debug/calls", function=calls, answer=DebugCalls),
    Route(
        verb="GET",
        path="/debug/form",
        function=form,
        query=("call", "appid", "person", "target"),
        answer=FilledForm,
    ),
    # POST, although some change nothing: their answers hold tokens, and a page of another site can order a GET.
    Route(verb="POST", path="/debug/run", function=run, body=Trial, largest=WITH_FILES, answer=Tried),
    Route(
        verb="POST", path="/debug/code", function=as_code, body=Trial, largest=WITH_FILES, answer=TrialCode
    ),
    Route(verb="GET", path="/debug/rows/{number}", function=of_row, answer=RowTrial),
    Route(verb="POST", path="/debug/rid", function=rid, body=RidAsked, answer=RidFound),
]
