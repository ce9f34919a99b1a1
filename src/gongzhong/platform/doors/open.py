"""open.weixin.qq.com: the page that asks the person (网页授权).

Errors here are pages with a number, not JSON: the person's browser sees them. Who is browsing is known from the
cookie that the phone's browser carries.
"""

from __future__ import annotations

import re
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from ...catalogue.model import TEST, VERIFIED_SERVICE
from ..traffic import Exchange, Traffic, Verdict
from ..world import people, webauth
from ..world.world import AccountState, World
from .http import Request, Response
from .templates import consent_page, error_page

PATH = "/connect/oauth2/authorize"
DECISION_PATH = "/connect/oauth2/authorize/decision"
COOKIE = "gongzhong_person"
FROM_CHAT_COOKIE = "gongzhong_from_chat"
ORDER = ["appid", "redirect_uri", "response_type", "scope", "state"]
STATE = re.compile(r"[a-zA-Z0-9]{1,128}")
NEVER_EMPTY = {"appid": 10012, "redirect_uri": 10011, "scope": 10010, "state": 10013}
SCOPES = (webauth.BASE, webauth.USERINFO)
PAGE = "text/html; charset=utf-8"
ADDRESS = "%:/?[]@!$&'()*+,;=~-._"
"""What may stand in an address as it is; a redirect is no place for line ends or raw Chinese."""

PAGE_ERRORS = {
    0: ("请在微信客户端打开链接", "open this link in WeChat: choose a person on the phone page first"),
    1: ("链接无法打开：参数的个数或顺序不对", "the link cannot be opened: wrong parameters or wrong order"),
    10003: ("redirect_uri 域名与后台配置不一致", "the host of redirect_uri differs from the configured one"),
    10005: ("该公众号没有这些 scope 的权限", "the account lacks the right to this scope"),
    10006: ("必须关注此测试号", "follow this test account first"),
    10010: ("scope 不能为空", "scope is empty"),
    10011: ("redirect_uri 不能为空", "redirect_uri is empty"),
    10012: ("appid 不能为空", "appid is empty"),
    10013: ("state 不能为空", "state is empty"),
}


def person_of(request: Request) -> str | None:
    """Who is browsing, by the phone's cookie."""
    return cookie_of(request, COOKIE)


def cookie_of(request: Request, name: str) -> str | None:
    """What the phone's browser remembers under a name."""
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return unquote(morsel.value) or None if morsel else None


class PageError(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class OpenDoor:
    """The authorise page and the person's decision on it."""

    def __init__(self, world: World, traffic: Traffic) -> None:
        self.world, self.traffic = world, traffic

    def handle(self, request: Request) -> Response:
        entry = Exchange(
            kind="web",
            appid=request.query.get("appid", ""),
            title="网页授权",
            method=request.method,
            url=request.url,
            time=self.world.now(),
            person=person_of(request),
        )
        try:
            response = self._decide(request) if request.path == DECISION_PATH else self._ask(request)
        except PageError as problem:
            zh, en = PAGE_ERRORS[problem.number]
            entry.verdict = Verdict(
                False, str(problem.number), f"{problem.number} {zh}", f"{problem.number} {en}"
            )
            response = Response(200, error_page(problem.number, zh, en), PAGE)
        entry.status, entry.response_headers = response.status, dict(response.headers)
        self.traffic.record(entry)
        return response

    def _ask(self, request: Request) -> Response:
        account, person, query = self._check(request)
        tie = people.relation(self.world, account, person)
        if account.kind == "test" and not tie.subscribed:
            raise PageError(10006)
        scope, popup = query["scope"], query.get("forcePopup") == "true"
        from_chat = cookie_of(request, FROM_CHAT_COOKIE) == account.appid and tie.subscribed
        silent = scope == webauth.BASE or (not popup and from_chat)
        if query.get("forceSnapShot") == "true" and scope == webauth.USERINFO:
            self._tell_phone(account, person, request)
            return self._send_back(account, person, query, snapshot=True)
        if silent:
            return self._send_back(account, person, query)
        profile = people.get(self.world, person)
        return Response(200, consent_page(account, profile, DECISION_PATH, request.query_string), PAGE)

    def _tell_phone(self, account: AccountState, person: str, request: Request) -> None:
        """The phone shows a bar over a snapshot page (快照页); tapping it asks the person after all."""
        asked = parse_qsl(request.query_string, keep_blank_values=True)
        kept = [(name, value) for name, value in asked if name not in ("forceSnapShot", "forcePopup")]
        url = f"{PATH}?{urlencode([*kept, ('forcePopup', 'true')])}"
        self.world.announce("snapshot", {"person": person, "appid": account.appid, "url": url})

    def _decide(self, request: Request) -> Response:
        account, person, query = self._check(request)
        if dict(parse_qsl(request.body.decode("utf-8", "replace"))).get("decision") == "allow":
            return self._send_back(account, person, query)
        return self._redirect(query, {"state": query["state"]})

    def _send_back(
        self, account: AccountState, person: str, query: dict[str, str], *, snapshot: bool = False
    ) -> Response:
        code = webauth.grant(self.world, account, person, query["scope"], snapshot=snapshot)
        return self._redirect(query, {"code": code, "state": query["state"]})

    def _redirect(self, query: dict[str, str], added: dict[str, str]) -> Response:
        target = query["redirect_uri"]
        head, hash_mark, fragment = target.partition("#")
        head, fragment = quote(head, safe=ADDRESS), quote(fragment, safe=ADDRESS)
        location = head + ("&" if "?" in head else "?") + urlencode(added) + hash_mark + fragment
        return Response(302, b"", PAGE, {"location": location, "cache-control": "no-store"})

    def _check(self, request: Request) -> tuple[AccountState, str, dict[str, str]]:
        """WeChat's order of complaints; the first one is the page that the person sees."""
        query = request.query
        for name, number in NEVER_EMPTY.items():
            if not query.get(name):
                raise PageError(number)
        names = [name for name, _ in parse_qsl(request.query_string, keep_blank_values=True) if name in ORDER]
        account = self.world.accounts.get(query["appid"])
        well_formed = names == ORDER and query["response_type"] == "code" and STATE.fullmatch(query["state"])
        if not well_formed or account is None:
            raise PageError(1)
        if query["scope"] not in SCOPES or account.type not in VERIFIED_SERVICE | TEST:
            raise PageError(10005)
        if not same_host(query["redirect_uri"], account.oauth_domain):
            raise PageError(10003)
        person = person_of(request)
        if person is None or not self._has_wechat(person):
            raise PageError(0)
        return account, person, query

    def _has_wechat(self, person: str) -> bool:
        try:
            return not people.get(self.world, person).closed
        except KeyError:
            return False


def same_host(redirect_uri: str, domain: str) -> bool:
    """The full host must match; the port only when the setting has one."""
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not domain:
        return False
    return parts.netloc == domain if ":" in domain else parts.hostname == domain
