"""api.weixin.qq.com: one door for every call of the catalogue.

The order is WeChat's: path, verb, token, permission, quota, then the request itself. Business errors are HTTP 200 with a
return code; the trace id at the end of each errmsg can be asked about for seven days.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec

from ...catalogue import codes
from ...catalogue.encoding import DecodeProblem, decode, encode_answer
from ...catalogue.fields import check, codes_for
from ...catalogue.model import Call, Download, Host, Spec
from ...catalogue.registry import by_path
from ..calls import BEHAVIOURS, Caller
from ..traffic import Exchange, Traffic, Verdict, shorten
from ..world import quotas, tokens
from ..world.refusal import Refusal
from ..world.world import AccountState, World
from .http import Request, Response

UNKNOWN_PATH = 40066
GET_NEEDED, POST_NEEDED = 43001, 43002
UNAUTHORIZED = 48001
NOT_JSON, EMPTY_BODY, NO_FILE = 47001, 44002, 41005
LOGGED_BODY = 4096

ANSWERED = Verdict(True, "ok", "成功", "ok")


class ApiDoor:
    """Answers API calls from the world."""

    def __init__(self, world: World, traffic: Traffic) -> None:
        self.world, self.traffic = world, traffic

    def knows(self, path: str) -> bool:
        """Whether the path belongs to api.weixin.qq.com."""
        return path.startswith(("/cgi-bin/", "/sns/", "/wxaapi/", "/customservice/", "/datacube/", "/cv/", "/wxa/"))

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
        try:
            response = self._answer(request, entry)
        except Refusal as refusal:
            response = self._refuse(request, entry, refusal, started)
        entry.status, entry.response_body = response.status, response.body
        entry.response_headers = {"content-type": response.content_type, **response.headers}
        entry.cost_ms = (time.perf_counter() - started) * 1000
        self.traffic.record(entry)
        return response

    def _answer(self, request: Request, entry: Exchange) -> Response:
        call_type = by_path(request.path, request.method)
        if call_type is None or call_type.spec.host is not Host.API or call_type not in BEHAVIOURS:
            raise Refusal(UNKNOWN_PATH)
        spec = call_type.spec
        if request.method != spec.verb:
            raise Refusal(GET_NEEDED if spec.verb == "GET" else POST_NEEDED)
        query = request.query
        account = self._account(request, spec, query)
        entry.appid = account.appid
        if account.type not in spec.accounts:
            raise Refusal(UNAUTHORIZED)
        self._count(account, spec)
        call = self._decode(call_type, request, query)
        entry.openid = getattr(call, "touser", None) or getattr(call, "openid", None)
        answer = BEHAVIOURS[call_type](Caller(self.world, account, request.ip), call)
        entry.verdict, entry.errcode = ANSWERED, 0
        return _present(answer)

    def _account(self, request: Request, spec: Spec, query: dict[str, str]) -> AccountState:
        """The account behind the access_token, or behind the credentials that some calls carry instead."""
        if spec.token:
            account = tokens.check(self.world, query.get("access_token"))
            if "appid" in spec.inject.values():
                given = _injected(request, query, spec)
                if given.get("appid") != account.appid:
                    raise Refusal(40013)
            return account
        given = _injected(request, query, spec)
        if "secret" in spec.inject.values():
            return tokens.credentials(self.world, given.get("appid", ""), given.get("secret", ""), request.ip)
        return tokens.known(self.world, given.get("appid"), query.get("access_token"))

    def _count(self, account: AccountState, spec: Spec) -> None:
        if spec.path in quotas.UNCOUNTED:
            return
        quotas.spend_minute(self.world, account, spec.path, spec.per_minute)
        quotas.spend(self.world, account, spec.path, quotas.limit(account, spec))

    def _decode(self, call_type: type[Call[Any]], request: Request, query: dict[str, str]) -> Call[Any]:
        try:
            call = decode(call_type, query, request.body, request.headers.get("content-type", ""))
        except DecodeProblem as problem:
            raise _refusal_for(call_type, problem) from None
        violation = check(call)
        if violation is not None:
            raise Refusal(violation.code, violation.en if violation.code == 47003 else "")
        return call

    def _refuse(self, request: Request, entry: Exchange, refusal: Refusal, started: float) -> Response:
        rid = self.world.ids.rid()
        known = codes.find(refusal.code)
        detail = refusal.detail or (known.en if known else "error")
        body = msgspec.json.encode(
            {"errcode": refusal.code, "errmsg": f"{detail} rid: {rid}", **refusal.fields}
        )
        chinese = known.zh if known and known.zh else detail
        entry.rid, entry.errcode = rid, refusal.code
        entry.verdict = Verdict(False, str(refusal.code), f"{refusal.code} {chinese}", f"{refusal.code} {detail}")
        self.world.db.run(
            "INSERT INTO failure VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rid,
            entry.appid,
            self.world.seconds(),
            int((time.perf_counter() - started) * 1000),
            shorten(request.query_string),
            request.body[:LOGGED_BODY].decode("utf-8", "replace"),
            body.decode(),
            request.ip,
        )
        return Response(200, body)


def _injected(request: Request, query: dict[str, str], spec: Spec) -> dict[str, str]:
    """appid and secret as the call carries them: in the query, or in the JSON body of a POST."""
    given: dict[str, Any] = query
    if spec.verb == "POST" and request.body:
        try:
            body = msgspec.json.decode(request.body)
        except msgspec.DecodeError:
            body = None
        if isinstance(body, dict):
            given = {**query, **body}
        elif not query.keys() & spec.inject.keys():
            raise Refusal(NOT_JSON)
    return {meaning: str(given[name]) for name, meaning in spec.inject.items() if given.get(name)}


def _refusal_for(call_type: type[Call[Any]], problem: DecodeProblem) -> Refusal:
    match problem.kind:
        case "json":
            return Refusal(NOT_JSON)
        case "empty":
            return Refusal(EMPTY_BODY)
        case "multipart":
            return Refusal(NO_FILE)
        case "missing":
            code = codes_for(call_type, problem.path, missing=True)
        case _:
            code = codes_for(call_type, problem.path)
    return Refusal(code, problem.detail if code == 47003 else "")


def _present(answer: Any) -> Response:
    if isinstance(answer, Download):
        name = answer.filename or "file"
        return Response(
            200, answer.content, answer.content_type, {"content-disposition": f'attachment; filename="{name}"'}
        )
    return Response(200, encode_answer(answer))
