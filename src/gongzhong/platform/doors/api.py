"""api.weixin.qq.com: one door for every call of the catalogue.

The order is WeChat's: path, verb, token, permission, quota, then the request itself. Business errors are HTTP
200 with a return code; the trace id at the end of each errmsg can be asked about for seven days.

A call that is declared but has no behaviour is held to its declaration and answered with the least that
is valid, marked by a header; a call that WeChat has withdrawn stays withdrawn. A fault may change the
answer: another code, a gateway's page, a late answer, or none at all.
"""

from __future__ import annotations

import time
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ...catalogue import article_rules, codes
from ...catalogue.articles import Article
from ...catalogue.drafts import AddDraft, UpdateDraft
from ...catalogue.encoding import DecodeProblem, decode, injected_values
from ...catalogue.fields import check
from ...catalogue.model import Call, Download, Host, Spec, Status
from ...catalogue.registry import by_path
from ...catalogue.subscriptions import SendNotice
from ...catalogue.templates import SendTemplate
from ...wire.masking import masked
from ..calls import BEHAVIOURS, Caller
from ..examples import answer_of
from ..traffic import KEPT_LETTERS, Exchange, Traffic, Verdict
from ..world import accounts, failures, faults, quotas, tokens
from ..world.faults import Fault, Faults
from ..world.refusal import Refusal, require
from ..world.world import AccountState, World
from .http import Request, Response
from .json_form import as_understood, with_data_values, write_answer

UNKNOWN_PATH = 40066
GET_NEEDED, POST_NEEDED = 43001, 43002
UNAUTHORIZED = 48001
WRONG_APPID, WRONG_VALUE = 40013, 47003
LOGGED_BODY = 4096
WEB_CALLS = "/sns/"

WITH_DATA = (SendTemplate, SendNotice)
"""Calls whose `data` holds the texts of a template's keywords."""

ANSWERED = Verdict(True, "ok", "成功", "ok")


class ApiDoor:
    """Answers API calls from the world."""

    def __init__(self, world: World, traffic: Traffic, faults: Faults) -> None:
        self.world, self.traffic, self.faults = world, traffic, faults

    def handle(self, request: Request) -> Response:
        """One call, from its bytes to the bytes of its answer."""
        started = time.perf_counter()
        entry = Exchange(
            kind="api",
            appid="",
            title=request.path.strip("/"),
            method=request.method,
            url=request.url,
            time=self.world.now(),
            request_headers=request.headers,
            request_body=request.body,
        )
        self.traffic.current = entry
        try:
            response = self._answer(request, entry)
        except DecodeProblem as problem:
            # Only the code for wrong values says in its errmsg which field it means.
            detail = f"{problem.path} {problem.detail}".strip() if problem.code == WRONG_VALUE else ""
            response = self._refuse(request, entry, Refusal(problem.code, detail), started)
        except Refusal as refusal:
            response = self._refuse(request, entry, refusal, started)
        except OverflowError:
            # A number that no column can hold, where the declaration sets no limit.
            response = self._refuse(request, entry, Refusal(WRONG_VALUE, "integer out of range"), started)
        finally:
            self.traffic.current = None
        entry.status, entry.response_body = response.status, response.body
        entry.response_headers = {"content-type": response.content_type, **response.headers}
        entry.cost_ms = (time.perf_counter() - started) * 1000
        self.traffic.record(entry)
        return response

    def _answer(self, request: Request, entry: Exchange) -> Response:
        query = request.query
        call_type = by_path(request.path, request.method, query.get("action", ""))
        if call_type is None or call_type.spec.host is not Host.API:
            raise Refusal(UNKNOWN_PATH)
        spec = call_type.spec
        if request.method not in (spec.verb, spec.older_verb):
            raise Refusal(GET_NEEDED if spec.verb == "GET" else POST_NEEDED)
        account = self._account(request, call_type, query)
        entry.appid = account.appid
        fault = self.faults.strike("api", account.appid, spec.path)
        if fault is None:
            return self._carry_out(call_type, account, request, query, entry)
        carried_out = fault.carried_out or fault.kind == "delay"
        answer = self._carry_out(call_type, account, request, query, entry) if carried_out else None
        return spoil(fault, entry, answer)

    def _carry_out(
        self,
        call_type: type[Call[Any]],
        account: AccountState,
        request: Request,
        query: dict[str, str],
        entry: Exchange,
    ) -> Response:
        spec, behaviour = call_type.spec, BEHAVIOURS.get(call_type)
        if behaviour is None:
            refuse_if_gone(spec)
        if not may_call(account, spec):
            raise Refusal(UNAUTHORIZED)
        self._count(account, spec)
        body, remark = as_understood(spec, request.body, self.world.rules)
        call = self._decode(call_type, request, query, body)
        faults.refuse_call(call, request.body, request.query_string)
        entry.openid = getattr(call, "touser", None) or getattr(call, "openid", None)
        entry.errcode = 0
        if behaviour is None:
            entry.verdict = FALLBACK_VERDICT
            return replace(self._present(answer_of(call_type), spec), headers=FALLBACK_HEADER)
        answer = behaviour(Caller(self.world, account, request.ip), call)
        entry.verdict = remark or _hints(call)
        return self._present(answer, spec)

    def _account(self, request: Request, call_type: type[Call[Any]], query: dict[str, str]) -> AccountState:
        """The account behind the access_token, or behind the credentials that some calls carry instead."""
        spec = call_type.spec
        account = self._of_token(request, spec, query) if spec.token else None
        if not spec.inject:
            return account or tokens.of_web_token(self.world, query.get("access_token"))
        given = injected_values(call_type, query, request.body, request.headers.get("content-type", ""))
        meant = {meaning: given.get(name, "") for name, meaning in spec.inject.items()}
        faults.refuse(meant["appid"])
        if account is not None:
            require(meant["appid"] == account.appid, WRONG_APPID)
            return account
        if "secret" in meant:
            of_secret = tokens.credentials(self.world, meant["appid"], meant["secret"])
            accounts.admit(self.world, of_secret, spec.path, request.ip)
            return of_secret
        return accounts.get(self.world, meant["appid"])

    def _of_token(self, request: Request, spec: Spec, query: dict[str, str]) -> AccountState:
        """The account of the base access_token; the caller's address is checked before the token's validity."""
        value = query.get("access_token")
        try:
            account = tokens.check(self.world, value)
        except Refusal:
            former = self.world.accounts.get(tokens.owner(self.world, value or ""))
            if former is not None:
                accounts.admit(self.world, former, spec.path, request.ip)
            raise
        accounts.admit(self.world, account, spec.path, request.ip)
        return account

    def _count(self, account: AccountState, spec: Spec) -> None:
        if spec.path in quotas.UNCOUNTED:
            return
        quotas.spend_minute(self.world, account, spec.path, spec.per_minute)
        quotas.spend_today(self.world, account, spec)

    def _decode(
        self, call_type: type[Call[Any]], request: Request, query: dict[str, str], body: bytes
    ) -> Call[Any]:
        content_type = request.headers.get("content-type", "")
        try:
            call = decode(call_type, query, body, content_type)
        except DecodeProblem as problem:
            if call_type not in WITH_DATA or not problem.path.startswith("data"):
                raise
            call = decode(call_type, query, with_data_values(body), content_type)
        violation = check(call)
        if violation is not None:
            raise Refusal(violation.code, violation.en if violation.code == WRONG_VALUE else "")
        return call

    def _present(self, answer: Any, spec: Spec) -> Response:
        if not isinstance(answer, Download):
            return Response(200, write_answer(answer, spec, self.world.rules))
        name = answer.filename or "file"
        return Response(
            200,
            answer.content,
            answer.content_type,
            {"content-disposition": f'attachment; filename="{name}"'},
        )

    def _refuse(self, request: Request, entry: Exchange, refusal: Refusal, started: float) -> Response:
        rid = self.world.ids.rid()
        call_type = by_path(request.path, request.method, request.query.get("action", ""))
        known = (call_type.spec.codes.get(refusal.code) if call_type else None) or codes.lookup(refusal.code)
        entry.appid = entry.appid or self._meant(request)
        detail = refusal.detail or (known.en if known else "error")
        body = _error(
            refusal, f"{detail} rid: {rid}", wrapped=call_type is not None and call_type.spec.wrapped
        )
        chinese = known.zh if known and known.zh else detail
        entry.rid, entry.errcode = rid, refusal.code
        entry.verdict = Verdict(
            False, str(refusal.code), f"{refusal.code} {chinese}", f"{refusal.code} {detail}"
        )
        failure = failures.Failure(
            rid=rid,
            appid=entry.appid,
            time=self.world.seconds(),
            cost_ms=int((time.perf_counter() - started) * 1000),
            query=masked(request.query_string, keep=KEPT_LETTERS),
            request=masked(request.body[:LOGGED_BODY].decode("utf-8", "replace")),
            response=masked(body.decode()),
            client_ip=request.ip,
            path=request.path,
        )
        failures.keep(self.world, failure)
        return Response(200, body)

    def _meant(self, request: Request) -> str:
        """The AppID of the account whose call was refused: by its token, valid or not, else by the query's AppID."""
        query = request.query
        named = query.get("appid", "")
        return tokens.owner(self.world, query.get("access_token", "")) or (
            named if named in self.world.accounts else ""
        )


def _hints(call: Call[Any]) -> Verdict:
    """That a call succeeded, and of an article which structure rules it breaks: WeChat takes it all the same."""
    given = call.articles if isinstance(call, AddDraft | UpdateDraft) else []
    articles = [given] if isinstance(given, Article) else given
    broken = [one.rule for article in articles for one in article_rules.check(article.content)]
    if not broken:
        return ANSWERED
    rules = ", ".join(dict.fromkeys(broken))
    return Verdict(True, "ok", f"成功；文章结构规范：{rules}", f"ok; article structure rules: {rules}")


def may_call(account: AccountState, spec: Spec) -> bool:
    """Whether an account of this kind has the call at all."""
    return account.may_authorize if spec.path.startswith(WEB_CALLS) else account.type in spec.accounts


def _error(refusal: Refusal, errmsg: str, *, wrapped: bool) -> bytes:
    if wrapped:
        return msgspec.json.encode({"base_resp": {"ret": refusal.code, "err_msg": errmsg}, **refusal.fields})
    return msgspec.json.encode({"errcode": refusal.code, "errmsg": errmsg, **refusal.fields})


GATEWAY_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>%d</h1></center></body></html>"
)


def spoil(fault: Fault, entry: Exchange, answer: Response | None) -> Response:
    """The answer as it leaves. `answer` is None when the call was not carried out. Raises Refusal."""
    entry.fault = fault.id
    done = answer is not None
    match fault.kind:
        case "errcode":
            raise Refusal(fault.errcode)
        case "status":
            entry.verdict = _verdict(f"HTTP {fault.status}", f"HTTP {fault.status}", done=done)
            return Response(fault.status, GATEWAY_PAGE % fault.status, "text/html")
        case "drop":
            entry.verdict = _verdict("连接断开，没有应答", "connection dropped, no answer", done=done)
            return Response(200, b"", cut=True)
        case _:
            late = answer or Response(200, b"")
            return Response(
                late.status, late.body, late.content_type, late.headers, fault.delay_s, cut=late.cut
            )


def _verdict(zh: str, en: str, *, done: bool) -> Verdict:
    done_zh, done_en = ("已执行", "carried out") if done else ("未执行", "not carried out")
    return Verdict(False, "fault", f"注入的故障：{zh}（{done_zh}）", f"ordered fault: {en} ({done_en})")


FALLBACK_HEADER: Final = {"x-gongzhong-fallback": "1"}
WITHDRAWN = 45106

FALLBACK_VERDICT: Final = Verdict(
    True,
    "fallback",
    "没有模拟行为：参数已校验，返回最小应答",
    "not simulated: the parameters were checked, the answer is the least that is valid",
)


def refuse_if_gone(spec: Spec) -> None:
    """Refuse with 45106 a call that was withdrawn, with 48001 one whose product was closed."""
    require(spec.status is Status.CURRENT, UNAUTHORIZED if UNAUTHORIZED in spec.errors[:1] else WITHDRAWN)
