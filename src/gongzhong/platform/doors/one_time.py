"""mp.weixin.qq.com/mp/subscribemsg: the page that asks for a one-time subscribe message (一次性订阅消息).

The person's answer goes back to the account's page in the address; nothing is pushed.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

from ...catalogue import limits
from ...catalogue.model import VERIFIED
from ..traffic import Exchange, Traffic, Verdict
from ..world import one_time, people
from ..world.world import AccountState, World
from .http import Request, Response
from .open import PAGE, person_of, same_host
from .templates import confirm_page, error_page

PATH = "/mp/subscribemsg"
DECISION_PATH = "/mp/subscribemsg/decision"
RESERVED = re.compile(rf"[A-Za-z0-9]{{0,{limits.ONE_TIME_RESERVED_BYTES}}}")

COMPLAINTS = {
    "client": ("请在微信客户端打开链接", "open this link in WeChat: choose a person on the phone page first"),
    "appid": ("appid 不正确", "there is no account with this appid"),
    "permission": (
        "该公众号没有一次性订阅消息的权限",
        "the account may not send one-time subscribe messages",
    ),
    "action": ("action 应为 get_confirm", "action must be get_confirm"),
    "template": ("template_id 不是该公众号的", "the template_id is not the account's"),
    "scene": ("scene 应为 0 到 10000 的整数", "scene must be a number from 0 to 10000"),
    "redirect": (
        "redirect_url 的域名不在该公众号的 JS 接口安全域名里",
        "the host of redirect_url is none of the account's JS-API domains",
    ),
    "reserved": (
        "reserved 只能是至多 128 个字母和数字",
        "reserved takes at most 128 letters and digits",
    ),
}


class Complaint(Exception):
    """Why the page cannot ask; `name` is one of COMPLAINTS."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class OneTimeDoor:
    """The confirm page and the person's decision on it."""

    def __init__(self, world: World, traffic: Traffic) -> None:
        self.world, self.traffic = world, traffic

    def handle(self, request: Request) -> Response:
        """One visit, recorded in the traffic."""
        entry = Exchange(
            kind="web",
            appid=request.query.get("appid", ""),
            title="一次性订阅消息",
            method=request.method,
            url=request.url,
            time=self.world.now(),
            person=person_of(request),
        )
        try:
            response = self._decide(request) if request.path == DECISION_PATH else self._ask(request)
        except Complaint as problem:
            zh, en = COMPLAINTS[problem.name]
            entry.verdict = Verdict(False, problem.name, zh, en)
            response = Response(200, error_page(0, zh, en), PAGE)
        entry.status, entry.response_headers = response.status, dict(response.headers)
        self.traffic.record(entry)
        return response

    def _ask(self, request: Request) -> Response:
        account, _, _ = self._check(request)
        return Response(200, confirm_page(account, DECISION_PATH, request.query_string), PAGE)

    def _decide(self, request: Request) -> Response:
        account, person, query = self._check(request)
        confirmed = dict(parse_qsl(request.body.decode("utf-8", "replace"))).get("decision") == "allow"
        answer = {
            "template_id": query["template_id"],
            "action": "confirm" if confirmed else "cancel",
            "scene": query["scene"],
            **({"reserved": query["reserved"]} if "reserved" in query else {}),
        }
        if confirmed:
            openid = people.relation(self.world, account, person).openid
            one_time.allow(self.world, account, openid, int(query["scene"]))
            answer = {"openid": openid, **answer}
        head, mark, fragment = query["redirect_url"].partition("#")
        location = head + ("&" if "?" in head else "?") + urlencode(answer) + mark + fragment
        return Response(302, b"", PAGE, {"location": location, "cache-control": "no-store"})

    def _check(self, request: Request) -> tuple[AccountState, str, dict[str, str]]:
        query = request.query
        account = self.world.accounts.get(query.get("appid", ""))
        if account is None:
            raise Complaint("appid")
        scene = query.get("scene", "")
        in_range = scene.isascii() and scene.isdigit() and int(scene) <= limits.ONE_TIME_SCENE_MAX
        hosts = (account.oauth_domain, *account.js_domains)
        target = query.get("redirect_url", "")
        rules = {
            "permission": account.type in VERIFIED,
            "action": query.get("action") == "get_confirm",
            "template": query.get("template_id") == one_time.template_id(self.world, account),
            "scene": in_range,
            "redirect": any(same_host(target, host) for host in hosts),
            "reserved": RESERVED.fullmatch(query.get("reserved", "")),
        }
        for name, kept in rules.items():
            if not kept:
                raise Complaint(name)
        person = person_of(request)
        known = {one.name for one in people.everybody(self.world)}
        if person is None or person not in known:
            raise Complaint("client")
        return account, person, query
