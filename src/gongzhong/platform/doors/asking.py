"""Pages on which WeChat asks a person something for an account: one frame for all of them.

The person's browser comes with the account's request in the address, sees a question or a complaint, and is sent
back to the account's page with the answer. Every visit stands in the traffic. Who is browsing is known from the
cookie that the phone's browser carries.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import b64encode
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import ClassVar
from urllib.parse import parse_qsl, quote, unquote, urlencode

import msgspec

from ..traffic import Exchange, Traffic, Verdict
from ..world import people
from ..world.phone_hosts import is_phone_host, on_phone
from ..world.world import World
from .guard import PAGE_HEADERS, SAFE, Forbidden, Guard, host_name
from .http import Request, Response
from .templates import error_page

COOKIE = "gongzhong_person"
FROM_CHAT_COOKIE = "gongzhong_from_chat"
POLICY = "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; base-uri 'none'"
"""Without `form-action`: browsers hold the redirect after the form to it, which leads to the account's page."""
PAGE = "text/html; charset=utf-8"
MOVED = 'parent.postMessage({gongzhong:"moved",url:location.href},"*")'
MOVED_HASH = f"sha256-{b64encode(sha256(MOVED.encode()).digest()).decode()}"
ADDRESS = "%:/?[]@!$&'()*+,;=~-._"
"""What may stand in an address as it is; a redirect is no place for line ends or raw Chinese."""


class Complaint(Exception):
    """Why the page cannot ask. `kind` is a stable word or number for the traffic; `number` is shown if it is one."""

    def __init__(self, kind: str, zh: str, en: str, number: int = 0) -> None:
        super().__init__(kind)
        self.kind, self.zh, self.en, self.number = kind, zh, en, number


class AskingDoor(ABC):
    """A question and the person's decision on it. Subclasses say what is asked and what an answer does."""

    title: ClassVar[str]
    decision_path: ClassVar[str]

    def __init__(self, world: World, traffic: Traffic, guard: Guard) -> None:
        self.world, self.traffic, self._guard = world, traffic, guard

    def handle(self, request: Request) -> Response:
        """One visit, recorded in the traffic."""
        entry = Exchange(
            kind="web",
            appid=request.query.get("appid", ""),
            title=self.title,
            method=request.method,
            url=request.url,
            time=self.world.now(),
            person=person_of(request),
        )
        try:
            self._guard.check_host(request.headers, wechat=True)
            response = self._decided(request) if request.path == self.decision_path else self.ask(request)
        except Forbidden as problem:
            entry.verdict = Verdict(False, "forbidden", problem.zh, problem.en)
            response = Response(problem.status, error_page(0, problem.text("zh"), problem.text("en")), PAGE)
        except Complaint as problem:
            shown = f"{problem.number} " if problem.number else ""
            entry.verdict = Verdict(False, problem.kind, shown + problem.zh, shown + problem.en)
            response = Response(200, error_page(problem.number, problem.zh, problem.en), PAGE)
        response = msgspec.structs.replace(response, headers={**self._headers(), **response.headers})
        entry.status, entry.response_headers = response.status, dict(response.headers)
        self.traffic.record(entry)
        return response

    def _decided(self, request: Request) -> Response:
        """What the person chose on our own page: no other page can choose for them."""
        if request.method in SAFE:
            raise Forbidden(405, "请在授权页面上点按钮", "choose with the buttons of the page")
        self._guard.check_site(request.headers)
        return self.decide(request, allowed=_allowed(request))

    def _headers(self) -> dict[str, str]:
        """Only the phone shows the page in a frame, and what stands on it can do nothing but answer."""
        policy = f"{POLICY}; frame-ancestors {self._guard.frame_ancestors()}"
        return {**PAGE_HEADERS, "content-security-policy": policy, "cache-control": "no-store"}

    @abstractmethod
    def ask(self, request: Request) -> Response:
        """The question, or at once the way back. Raises Complaint."""

    @abstractmethod
    def decide(self, request: Request, *, allowed: bool) -> Response:
        """The way back after the person's tap. Raises Complaint."""

    def browsing(self, request: Request) -> str:
        """Who is browsing; raises Complaint outside WeChat."""
        person = person_of(request)
        if person is None or not self._has_wechat(person):
            raise Complaint(
                "client",
                "请在微信客户端打开链接",
                "open this link in WeChat: choose a person on the phone page first",
            )
        return person

    def _has_wechat(self, person: str) -> bool:
        try:
            return not people.get(self.world, person).closed
        except KeyError:
            return False


def moved_to_phone(request: Request, guard: Guard) -> Response | None:
    """A page that asks the phone to open its address under the phone's host name, where the cookie says who browses.

    An account's page that redirects to 127.0.0.1 leaves that name. None for any other request: only a frame on one of
    this machine's names, without the cookie, is meant.
    """
    name = host_name(request.headers.get("host", ""))
    in_frame = request.headers.get("sec-fetch-dest") == "iframe" and request.method in SAFE
    if not in_frame or is_phone_host(name) or not guard.knows(name) or person_of(request) is not None:
        return None
    policy = f"{POLICY}; script-src '{MOVED_HASH}'; frame-ancestors {guard.frame_ancestors()}"
    headers = {**PAGE_HEADERS, "content-security-policy": policy, "cache-control": "no-store"}
    page = f"<!doctype html><meta charset='utf-8'><script>{MOVED}</script>"
    return Response(200, page.encode(), PAGE, headers)


def send_back(request: Request, target: str, added: dict[str, str]) -> Response:
    """A redirect to the account's page with parameters added before its fragment; under the phone's host name when
    the person came by it, so that the page finds the cookies it set."""
    name = host_name(request.headers.get("host", ""))
    target = on_phone(target, name) if is_phone_host(name) else target
    head, hash_mark, fragment = target.partition("#")
    head, fragment = quote(head, safe=ADDRESS), quote(fragment, safe=ADDRESS)
    location = head + ("&" if "?" in head else "?") + urlencode(added) + hash_mark + fragment
    return Response(302, b"", PAGE, {"location": location, "cache-control": "no-store"})


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


def _allowed(request: Request) -> bool:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"))).get("decision") == "allow"
