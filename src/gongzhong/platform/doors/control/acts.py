"""Control routes for what a person does with the phone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.responses import RedirectResponse, Response

from ...world import acts, chats, menus, people, privacy, qrcodes
from ...world.acts import Act, NotPossible
from ...world.phone_hosts import HOME, is_phone_host, on_phone, phone_host
from ...world.refusal import BadInput
from ...world.world import AccountState
from ..asking import COOKIE, FROM_CHAT_COOKIE
from ..guard import host_name
from .answers import ActView, ChatView, PersonView
from .route import BASE, WITH_FILES, Given, NotFound, Otherwise, Route
from .shapes import Entering, Following, OfAccount, Scanning, Speaking, Tapping, person_form

WECHAT_PAGE = re.compile(r"https?://(mp|open)\.weixin\.qq\.com/")
"""Pages of WeChat itself, which this machine serves."""


def account_of(given: Given[Any], appid: str) -> AccountState:
    """By AppID or name; raises NotFound."""
    try:
        return given.platform.account(appid)
    except KeyError:
        raise NotFound(f"没有这个公众号：{appid}", f"no such account: {appid}") from None


def person_of(given: Given[Any]) -> str:
    """The person named in the path; raises NotFound."""
    name = given.path["name"]
    try:
        return people.get(given.platform.world, name).name
    except KeyError:
        raise NotFound(f"没有这个人：{name}", f"no such person: {name}") from None


def _differing(said: msgspec.Struct, besides: Iterable[str] = ()) -> dict[str, Any]:
    """The fields that are not as they are by default."""
    fields = msgspec.structs.fields(said)
    values = ((field.name, getattr(said, field.name), field) for field in fields if field.name not in besides)
    return {name: value for name, value, field in values if value and value != field.default}


def _names(buttons: list[dict[str, Any]], path: Iterable[int]) -> list[str]:
    """What stands on the buttons on the way."""
    names = []
    for index in path:
        names.append(buttons[index]["name"])
        buttons = buttons[index].get("sub_button") or []
    return names


async def _done(given: Given[Any], act: Act, verb: str, **arguments: Any) -> dict[str, Any]:
    """Deliver the act's pushes; with `wait` the lines that came of it are part of the answer.

    `verb` and arguments say in a recording what the person did.
    """
    given.platform.recording.note(act.account, act.person, verb, **arguments)
    world, before = given.platform.world, min((item["seq"] for item in act.items), default=None)
    if given.query.get("wait"):
        last = chats.last(world)
        await given.platform.carry_out(act, wait=True)
        after = last if before is None else before - 1
        act.items = chats.read(world, act.account.appid, act.person, after)
    else:
        await given.platform.carry_out(act)
    return {"items": act.items, "open": act.open, "appid": act.account.appid, "event": act.event}


async def follow(given: Given[Following]) -> Any:
    world, body = given.platform.world, given.body
    account = account_of(given, body.appid)
    code = None
    if body.scene is not None:
        code = qrcodes.create(world, account, body.scene, world.rules.qr_default_lifetime_s)
    scene = {} if body.scene is None else {"scene": body.scene}
    return await _done(given, acts.follow(world, account, person_of(given), code), "follows", **scene)


async def unfollow(given: Given[OfAccount]) -> Any:
    account = account_of(given, given.body.appid)
    return await _done(given, acts.unfollow(given.platform.world, account, person_of(given)), "unfollows")


async def say(given: Given[Speaking]) -> Any:
    body: Speaking = given.body
    account = account_of(given, body.appid)
    act = acts.say(given.platform.world, account, person_of(given), body)
    if body.type == "text":
        chosen = body.msgmenu_id
        verb, word = ("says", body.content) if chosen is None else ("chooses", chosen)
        return await _done(given, act, verb, words=[word])
    details = _differing(body, besides=("type", "appid", "filename"))
    return await _done(given, act, "sends", words=[body.type], **details)


async def tap(given: Given[Tapping]) -> Any:
    body: Tapping = given.body
    answer = acts.Answer(
        scan_result=body.scan_result,
        latitude=body.latitude,
        longitude=body.longitude,
        label=body.label,
        files=body.files,
    )
    account = account_of(given, body.appid)
    act = acts.tap(given.platform.world, account, person_of(given), body.path, answer)
    tie = people.relation(given.platform.world, account, act.person)
    details = _differing(answer)
    words = _names(menus.seen_by(given.platform.world, account, tie)[1], body.path)
    return await _done(given, act, "taps", words=words, **({"answer": details} if details else {}))


async def scan(given: Given[Scanning]) -> Any:
    world, text = given.platform.world, given.body.ticket or given.body.url
    is_page = text.startswith(("http://", "https://")) and not text.startswith(qrcodes.CODE_URL)
    if is_page:
        return {"items": [], "open": text, "appid": None, "event": None}
    code = qrcodes.find(world, ticket=text, url=text)
    return await _done(given, acts.scan(world, person_of(given), text), "scans", scene=code and code.scene)


async def enter(given: Given[Entering]) -> Any:
    body: Entering = given.body
    account = account_of(given, body.appid)
    act = acts.enter(given.platform.world, account, person_of(given), body.latitude, body.longitude)
    return await _done(given, act, "enters", latitude=body.latitude, longitude=body.longitude)


async def chat(given: Given[None]) -> Any:
    world, person = given.platform.world, person_of(given)
    account = account_of(given, given.path["appid"])
    after = given.number("after")
    tie = people.relation(world, account, person)
    items = chats.read(world, account.appid, person, after)
    rows = given.platform.rows.of_lines(item["seq"] for item in items)
    return {
        "items": [{**item, "row": rows.get(item["seq"])} for item in items],
        "menu": {"button": menus.seen_by(world, account, tie)[1]},
        "typing": chats.is_typing(world, account, tie.openid),
    }


async def browse(given: Given[None]) -> Response:
    """Open a page in the person's WeChat: the cookies say who browses and from which chat.

    At `gongzhong.localhost` the answer leads to the same route under the host name of this person's phone with this
    account, which has cookies of its own; there it sets them. Under a host name of another phone it is refused, so
    nobody can put one person's cookie into the jar of another.
    """
    url = given.query.get("url", "")
    if not url.startswith(("http://", "https://", "/")):
        raise BadInput("只能打开 http:// 或 https:// 网页", "only http:// and https:// pages can be opened")
    person, appid = given.query.get("person", ""), given.query.get("appid", "")
    name, here = host_name(given.host), phone_host(person, appid)
    if name == HOME:
        return RedirectResponse(f"//{here}{_port(given.host)}{BASE}/browse?{urlencode(given.query)}", 302)
    url = WECHAT_PAGE.sub("/", url)
    if is_phone_host(name):
        if name != here:
            raise BadInput(
                "这个主机名属于另一个人或公众号", "this host name is another person's or account's"
            )
        url = on_phone(url, here)
    response = RedirectResponse(url, 302)
    response.set_cookie(COOKIE, quote(person), samesite="lax", httponly=True)
    response.set_cookie(FROM_CHAT_COOKIE, quote(appid), samesite="lax", httponly=True)
    return response


def _port(host: str) -> str:
    """The port of a Host header with its colon, or nothing."""
    return "".join(host.rpartition(":")[1:]) if ":" in host else ""


class Withdrawal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`items` are codes of RevokeInfo, such as 205 for nickname and picture."""

    appid: str
    items: list[str]


class Withdrawn(msgspec.Struct, kw_only=True):
    withdrawn: list[str]


async def withdraw_authorisation(given: Given[Withdrawal]) -> Withdrawn:
    account, person = account_of(given, given.body.appid), person_of(given)
    if not privacy.withdraw(given.platform.world, account, person, given.body.items):
        raise NotPossible(
            f"{person} 没有授权过{account.name}", f"{person} has authorised nothing for {account.name}"
        )
    return Withdrawn(withdrawn=given.body.items)


async def clean_profile(given: Given[None]) -> dict[str, Any]:
    person = person_of(given)
    privacy.clean_profile(given.platform.world, person)
    return _person(given, person)


async def close_wechat(given: Given[None]) -> dict[str, Any]:
    person = person_of(given)
    privacy.close(given.platform.world, person)
    return _person(given, person)


def _person(given: Given[Any], name: str) -> dict[str, Any]:
    known = next(one for one in given.platform.people() if one.name == name)
    return person_form(given.platform.world, known)


PAGE = Otherwise(302, "", "打开网页 / opens the page")

ROUTES: list[Route[Any, Any]] = [
    Route(
        verb="POST",
        path="/people/{name}/follow",
        function=follow,
        body=Following,
        query=("wait",),
        answer=ActView,
    ),
    Route(
        verb="POST",
        path="/people/{name}/unfollow",
        function=unfollow,
        body=OfAccount,
        query=("wait",),
        answer=ActView,
    ),
    Route(
        verb="POST",
        path="/people/{name}/say",
        function=say,
        body=Speaking,
        largest=WITH_FILES,
        query=("wait",),
        answer=ActView,
    ),
    Route(
        verb="POST",
        path="/people/{name}/tap",
        function=tap,
        body=Tapping,
        largest=WITH_FILES,
        query=("wait",),
        answer=ActView,
    ),
    Route(
        verb="POST", path="/people/{name}/scan", function=scan, body=Scanning, query=("wait",), answer=ActView
    ),
    Route(
        verb="POST",
        path="/people/{name}/enter",
        function=enter,
        body=Entering,
        query=("wait",),
        answer=ActView,
    ),
    Route(verb="GET", path="/people/{name}/chats/{appid}", function=chat, query=("after",), answer=ChatView),
    Route(
        verb="GET", path="/browse", function=browse, phone=True, query=("person", "appid", "url"), answer=PAGE
    ),
    Route(
        verb="POST",
        path="/people/{name}/withdraw",
        function=withdraw_authorisation,
        body=Withdrawal,
        answer=Withdrawn,
    ),
    Route(verb="POST", path="/people/{name}/clean-profile", function=clean_profile, answer=PersonView),
    Route(verb="POST", path="/people/{name}/close-wechat", function=close_wechat, answer=PersonView),
]
