"""mp.weixin.qq.com/mp/subscribemsg: the page that asks for a one-time subscribe message (一次性订阅消息).

The person's answer goes back to the account's page in the address; nothing is pushed.
"""

from __future__ import annotations

import re

from ... import facts
from ...catalogue.model import VERIFIED
from ..world import domains, notices, people
from ..world.world import AccountState
from .asking import PAGE, AskingDoor, Complaint, send_back
from .http import Request, Response
from .templates import confirm_page

PATH = "/mp/subscribemsg"
DECISION_PATH = "/mp/subscribemsg/decision"
RESERVED = re.compile(rf"[A-Za-z0-9]{{0,{facts.ONE_TIME_RESERVED_BYTES}}}")

COMPLAINTS = {
    "appid": ("appid 不正确", "there is no account with this appid"),
    "permission": (
        "该公众号没有一次性订阅消息的权限",
        "the account may not send one-time subscribe messages",
    ),
    "action": ("action 应为 get_confirm", "action must be get_confirm"),
    "template": ("template_id 不是该公众号的", "the template_id is not the account's"),
    "scene": ("scene 应为 0 到 10000 的整数", "scene must be a number from 0 to 10000"),
    "redirect": (
        "redirect_url 的域名不是该公众号的业务域名（不带路径）",
        "the host of redirect_url is none of the account's business domains (without a path)",
    ),
    "reserved": (
        "reserved 只能是至多 128 个字母和数字",
        "reserved takes at most 128 letters and digits",
    ),
}


class OneTimeDoor(AskingDoor):
    """The confirm page and the person's decision on it."""

    title = "一次性订阅消息"
    decision_path = DECISION_PATH

    def ask(self, request: Request) -> Response:
        account, _, _ = self._check(request)
        return Response(200, confirm_page(account, DECISION_PATH, request.query_string), PAGE)

    def decide(self, request: Request, *, allowed: bool) -> Response:
        account, person, query = self._check(request)
        answer = {
            "template_id": query["template_id"],
            "action": "confirm" if allowed else "cancel",
            "scene": query["scene"],
            **({"reserved": query["reserved"]} if "reserved" in query else {}),
        }
        if allowed:
            openid = people.relation(self.world, account, person).openid
            notices.allow_one_time(self.world, account, openid, int(query["scene"]))
            answer = {"openid": openid, **answer}
        return send_back(request, query["redirect_url"], answer)

    def _check(self, request: Request) -> tuple[AccountState, str, dict[str, str]]:
        query = request.query
        account = self.world.accounts.get(query.get("appid", ""))
        if account is None:
            raise Complaint("appid", *COMPLAINTS["appid"])
        scene = query.get("scene", "")
        in_range = scene.isascii() and scene.isdigit() and int(scene) <= facts.ONE_TIME_SCENE_MAX
        target = domains.address_of(query.get("redirect_url", ""))
        rules = {
            "permission": account.type in VERIFIED,
            "action": query.get("action") == "get_confirm",
            "template": query.get("template_id") == notices.one_time_template_id(self.world, account),
            "scene": in_range,
            "redirect": target is not None and domains.authorises(_hosts(account), target),
            "reserved": RESERVED.fullmatch(query.get("reserved", "")),
        }
        for name, kept in rules.items():
            if not kept:
                raise Complaint(name, *COMPLAINTS[name])
        return account, self.browsing(request), query


def _hosts(account: AccountState) -> list[str]:
    """The business domains that have no path. The page demands one, but a 公众号 has none by the page of the domains:
    an account without any is held to its other domains."""
    of_other_kinds = [*account.oauth_domains, *account.js_domains]
    return [domain for domain in account.business_domains or of_other_kinds if "/" not in domain]
