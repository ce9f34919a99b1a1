"""open.weixin.qq.com: the page that asks the person (网页授权).

Errors are pages with a number, not JSON: the person's browser sees them. The numbers are those of the official page;
what it says about `state` contradicts itself (optional, but "must not be empty"), so that is a rule to set.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from ... import facts
from ..world import domains, people, webauth
from ..world.world import AccountState
from .asking import FROM_CHAT_COOKIE, PAGE, AskingDoor, Complaint, cookie_of, send_back
from .http import Request, Response
from .templates import consent_page

PATH = "/connect/oauth2/authorize"
DECISION_PATH = "/connect/oauth2/authorize/decision"
ORDER = ["appid", "redirect_uri", "response_type", "scope", "state"]
STATE_BYTES = facts.OAUTH_STATE_BYTES
NEVER_EMPTY = {"appid": 10012, "redirect_uri": 10011, "scope": 10010}
STATE_EMPTY = 10013
SCOPES = (webauth.BASE, webauth.USERINFO)
CANNOT_OPEN, LONG_STATE, NO_ADDRESS = 1, 2, 3
FIRST_NUMBER = 10_000

PAGE_ERRORS = {
    1: ("链接无法打开：参数的个数或顺序不对", "the link cannot be opened: wrong parameters or wrong order"),
    2: (f"state 参数过长：最多 {STATE_BYTES} 字节", f"state is too long: at most {STATE_BYTES} bytes"),
    3: (
        "redirect_uri 不是网址：应以 http:// 或 https:// 开头，只编码一次，不含空格和换行",
        "redirect_uri is no address: it begins with http:// or https://, is encoded once, holds no blanks or line ends",
    ),
    10003: ("redirect_uri 域名与后台配置不一致", "the host of redirect_uri differs from the configured one"),
    10004: ("此公众号被封禁", "this account is banned"),
    10005: ("该公众号没有这些 scope 的权限", "the account lacks the right to this scope"),
    10006: ("必须关注此测试号", "follow this test account first"),
    10009: ("操作太频繁，请稍后重试", "too frequent, try again later"),
    10010: ("scope 不能为空", "scope is empty"),
    10011: ("redirect_uri 不能为空", "redirect_uri is empty"),
    10012: ("appid 不能为空", "appid is empty"),
    10013: ("state 不能为空", "state is empty"),
    10015: ("公众号未授权第三方平台", "the account did not authorise the third-party platform"),
    10016: (
        "不支持微信开放平台的 AppID，请使用公众号的 AppID",
        "an AppID of the Open Platform was used: use the account's",
    ),
}


def page_error(number: int) -> Complaint:
    """One of the numbered complaints of the official page; small numbers stand for pages without a number."""
    if number == NO_ADDRESS:
        return Complaint("10003", *PAGE_ERRORS[number], number=10003)
    return Complaint(str(number), *PAGE_ERRORS[number], number=number if number >= FIRST_NUMBER else 0)


class OpenDoor(AskingDoor):
    """The authorise page and the person's decision on it."""

    title = "网页授权"
    decision_path = DECISION_PATH

    def ask(self, request: Request) -> Response:
        account, person, query = self._check(request)
        tie = people.relation(self.world, account, person)
        if account.kind == "test" and not tie.subscribed:
            raise page_error(10006)
        scope, popup = query["scope"], query.get("forcePopup") == "true"
        from_chat = cookie_of(request, FROM_CHAT_COOKIE) == account.appid and tie.subscribed
        silent = scope == webauth.BASE or (not popup and from_chat)
        if query.get("forceSnapShot") == "true" and scope == webauth.USERINFO:
            self._tell_phone(account, person, request)
            return self._grant(account, person, request, snapshot=True)
        if silent:
            return self._grant(account, person, request)
        profile = people.get(self.world, person)
        return Response(200, consent_page(account, profile, DECISION_PATH, request.query_string), PAGE)

    def _tell_phone(self, account: AccountState, person: str, request: Request) -> None:
        """The phone shows a bar over a snapshot page (快照页); tapping it asks the person after all."""
        asked = parse_qsl(request.query_string, keep_blank_values=True)
        kept = [(name, value) for name, value in asked if name not in ("forceSnapShot", "forcePopup")]
        url = f"{PATH}?{urlencode([*kept, ('forcePopup', 'true')])}"
        self.world.announce("snapshot", {"person": person, "appid": account.appid, "url": url})

    def decide(self, request: Request, *, allowed: bool) -> Response:
        account, person, query = self._check(request)
        if allowed:
            return self._grant(account, person, request)
        return send_back(request, query["redirect_uri"], {"state": query.get("state", "")})

    def _grant(
        self, account: AccountState, person: str, request: Request, *, snapshot: bool = False
    ) -> Response:
        query = request.query
        code = webauth.grant(self.world, account, person, query["scope"], snapshot=snapshot)
        return send_back(request, query["redirect_uri"], {"code": code, "state": query.get("state", "")})

    def _check(self, request: Request) -> tuple[AccountState, str, dict[str, str]]:
        """WeChat's order of complaints; the first one is the page that the person sees."""
        query = request.query
        for name, number in NEVER_EMPTY.items():
            if not query.get(name):
                raise page_error(number)
        asked = self.world.accounts.get(query["appid"])
        if asked is not None and asked.page_error:
            raise page_error(asked.page_error)
        state = query.get("state", "")
        if not state and self.world.rules.web_state_required:
            raise page_error(STATE_EMPTY)
        account = self.world.accounts.get(query["appid"])
        if not _in_order(request.query_string) or query["response_type"] != "code" or account is None:
            raise page_error(CANNOT_OPEN)
        if len(state.encode()) > STATE_BYTES:
            raise page_error(LONG_STATE)
        if query["scope"] not in SCOPES or not account.may_authorize:
            raise page_error(10005)
        address = domains.address_of(query["redirect_uri"])
        if address is None:
            raise page_error(NO_ADDRESS)
        if not domains.authorises(account.oauth_domains, address):
            raise page_error(10003)
        return account, self.browsing(request), query


def _in_order(query_string: str) -> bool:
    """Whether the parameters come once each in the order of the guide; only `state` may be missing."""
    names = [name for name, _ in parse_qsl(query_string, keep_blank_values=True) if name in ORDER]
    return names in (ORDER, ORDER[:-1])
