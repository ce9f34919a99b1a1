"""Control routes for the test bed: accounts, people, clock, traffic, triggers, live events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from msgspec import UNSET
from starlette.responses import Response, StreamingResponse

from ....version import version
from ...delivery.verification import Wanted
from ...traffic import PAGE, present
from ...triggers import CATALOGUE, make
from ...world import accounts, media, menus, people, qrcodes, quotas, schedule
from ...world.refusal import BadInput
from ...world.settings import AccountConfig
from ...world.world import AccountState
from .acts import account_of
from .answers import (
    AlarmsView,
    ClockView,
    CodesView,
    CredentialsView,
    Delivered,
    MenuView,
    PersonView,
    QuotaView,
    StateView,
    TrafficEntry,
    TrafficView,
    TriggersView,
    Verified,
)
from .route import Given, NotFound, Otherwise, Route
from .shapes import (
    AccountChange,
    CallbackForm,
    Moving,
    NewPerson,
    Triggering,
    account_form,
    clock_form,
    person_form,
)

HEARTBEAT_S = 15
LAST_MOMENT = 9_999_999_999
"""WeChat writes times with ten digits."""


async def state(given: Given[None]) -> Any:
    platform = given.platform
    return {
        "clock": clock_form(platform.clock),
        "accounts": [account_form(account, given.by_page) for account in platform.world.accounts.values()],
        "people": [person_form(platform.world, person) for person in platform.people()],
        "failed_jobs": schedule.failed(platform.world),
        "version": version(),
    }


async def create_account(given: Given[AccountConfig]) -> Any:
    world, body = given.platform.world, given.body
    if any(body.name == known.name or body.appid == known.appid for known in world.accounts.values()):
        raise BadInput("已有同名或同 AppID 的公众号", "an account with this name or AppID exists")
    accounts.require_key(body)
    account = accounts.create(world, body)
    world.announce("state", {})
    return account_form(account, given.by_page)


async def change_account(given: Given[Any]) -> Any:
    account = account_of(given, given.path["appid"])
    changed = accounts.change(given.platform.world, account.appid, msgspec.to_builtins(given.body))
    return account_form(changed, given.by_page)


async def credentials(given: Given[None]) -> CredentialsView:
    """AppSecret、Token 和 EncodingAESKey 的原文 / AppSecret, Token and EncodingAESKey in clear"""
    account = account_of(given, given.path["appid"])
    return CredentialsView(
        appid=account.appid,
        secret=account.secret,
        token=account.token,
        aes_key=account.aes_key,
        encryption=account.encryption,
    )


async def configure_url(given: Given[CallbackForm]) -> Any:
    account = account_of(given, given.path["appid"])
    kept = {"token": account.token, "aes_key": account.aes_key}
    entered = {
        name: value for name, value in msgspec.structs.asdict(given.body).items() if value is not UNSET
    }
    verdict, seq = await given.platform.configure_url(account, Wanted(**{**kept, **entered}))
    return {"ok": verdict.ok, "zh": verdict.zh, "en": verdict.en, "seq": seq}


async def menu(given: Given[None]) -> Any:
    account = account_of(given, given.path["appid"])
    return {"button": menus.default(given.platform.world, account) or []}


async def quota(given: Given[None]) -> Any:
    account = account_of(given, given.path["appid"])
    return {"calls": quotas.table(given.platform.world, account)}


async def alarms(given: Given[None]) -> Any:
    return {"alarms": accounts.alarms(given.platform.world, account_of(given, given.path["appid"]).appid)}


async def qr_codes(given: Given[None]) -> Any:
    account = account_of(given, given.path["appid"])
    found = qrcodes.of_account(given.platform.world, account.appid)
    return {"codes": [{**msgspec.to_builtins(code), "scene": code.scene} for code in found]}


async def create_person(given: Given[NewPerson]) -> Any:
    body: NewPerson = given.body
    world = given.platform.world
    person = people.create(
        world,
        body.name,
        nickname=body.nickname,
        headimgurl=body.headimgurl,
        sex=body.sex,
        language=body.language,
    )
    return person_form(world, person)


async def clock(given: Given[None]) -> Any:
    return clock_form(given.platform.clock)


async def move_clock(given: Given[Moving]) -> Any:
    body: Moving = given.body
    ours = given.platform.clock
    if body.real:
        ours.follow_machine()
    if body.freeze is True:
        ours.freeze()
    elif body.freeze is False:
        ours.resume()
    if not 0 <= body.advance <= LAST_MOMENT - ours.now():
        raise BadInput(
            "时钟只能向前拨，且不超过 2286 年", "the clock moves forward only, and no further than 2286"
        )
    ours.advance(body.advance)
    given.platform.catch_up()
    form = clock_form(ours)
    given.platform.live.announce("clock", form)
    return form


async def reset(given: Given[None]) -> Any:
    given.platform.reset()
    return {}


async def traffic(given: Given[None]) -> Any:
    """With `after` the entries that follow it, oldest first; without it the newest ones."""
    log, limit, appid = given.platform.traffic, given.number("limit", PAGE), given.query.get("appid", "")
    if given.query.get("after"):
        page = log.after(given.number("after"), limit=limit, appid=appid)
    else:
        page = log.newest(limit=limit, appid=appid)
    return {
        "entries": [present(entry) for entry in page.entries],
        "oldest": page.oldest,
        "last": page.last,
        "dropped": page.dropped,
        "more": page.more,
    }


def _entry(given: Given[Any]) -> Any:
    try:
        return given.platform.rows.exchange(given.number("seq"))
    except (KeyError, BadInput):
        raise NotFound("没有这条记录", "no such entry") from None


async def traffic_entry(given: Given[None]) -> Any:
    return present(_entry(given))


async def resend(given: Given[None]) -> Any:
    outcome = await given.platform.resend(_entry(given))
    return {
        "ok": outcome.verdict.ok,
        "zh": outcome.verdict.zh,
        "en": outcome.verdict.en,
        "entries": outcome.entries,
        "row": outcome.row,
    }


async def triggers(given: Given[None]) -> Any:
    return {"events": [{"name": name, "zh": item.zh, "en": item.en} for name, item in CATALOGUE.items()]}


async def trigger(given: Given[Triggering]) -> Any:
    body: Triggering = given.body
    account = account_of(given, body.appid)
    push = make(given.platform.world, account, body.event, body.person, body.fields)
    outcome = await given.platform.push(account, push, body.person or None)
    return {
        "ok": outcome.verdict.ok,
        "zh": outcome.verdict.zh,
        "en": outcome.verdict.en,
        "entries": outcome.entries,
        "row": outcome.row,
    }


async def stored_file(given: Given[None]) -> Response:
    file = media.serve(given.platform.world, given.path["media_id"])
    if file is None:
        raise NotFound("没有这个文件", "no such file")
    return Response(
        file.content,
        media_type=file.content_type,
        headers={
            "content-security-policy": "default-src 'none'; sandbox",
            "cross-origin-resource-policy": "cross-origin",
            "cache-control": "private, max-age=3600",
        },
    )


async def events(given: Given[None]) -> Response:
    """With `names` only events of these names, separated by commas."""
    names = [name for name in given.query.get("names", "").split(",") if name] or None

    async def lines() -> AsyncIterator[bytes]:
        yield b"retry: 1000\n: ready\n\n"
        stream = given.platform.live.listen(names)
        waiting = asyncio.ensure_future(anext(stream))
        try:
            while True:
                done, _ = await asyncio.wait({waiting}, timeout=HEARTBEAT_S)
                if not done:
                    yield b": still here\n\n"
                    continue
                name, data = waiting.result()
                waiting = asyncio.ensure_future(anext(stream))
                yield b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await stream.aclose()

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"cache-control": "no-cache"})


FILE = Otherwise(200, "*/*", "文件的内容 / the bytes of the file")
STREAM = Otherwise(200, "text/event-stream", "现场事件 / live events")

ROUTES: list[Route[Any, Any]] = [
    Route(verb="GET", path="/state", function=state, answer=StateView),
    Route(verb="POST", path="/accounts", function=create_account, body=AccountConfig, answer=AccountState),
    Route(
        verb="PATCH",
        path="/accounts/{appid}",
        function=change_account,
        body=AccountChange,
        answer=AccountState,
    ),
    # POST, although it changes nothing: a page of another site can order a GET, and browsers keep its answer.
    Route(verb="POST", path="/accounts/{appid}/credentials", function=credentials, answer=CredentialsView),
    Route(
        verb="POST", path="/accounts/{appid}/url", function=configure_url, body=CallbackForm, answer=Verified
    ),
    Route(verb="GET", path="/accounts/{appid}/menu", function=menu, answer=MenuView),
    Route(verb="GET", path="/accounts/{appid}/quota", function=quota, answer=QuotaView),
    Route(verb="GET", path="/accounts/{appid}/alarms", function=alarms, answer=AlarmsView),
    Route(verb="GET", path="/accounts/{appid}/qrcodes", function=qr_codes, answer=CodesView),
    Route(verb="POST", path="/people", function=create_person, body=NewPerson, answer=PersonView),
    Route(verb="GET", path="/clock", function=clock, answer=ClockView),
    Route(verb="POST", path="/clock", function=move_clock, body=Moving, answer=ClockView),
    Route(verb="POST", path="/reset", function=reset),
    Route(
        verb="GET", path="/traffic", function=traffic, query=("after", "limit", "appid"), answer=TrafficView
    ),
    Route(verb="GET", path="/traffic/{seq}", function=traffic_entry, answer=TrafficEntry),
    Route(verb="POST", path="/traffic/{seq}/resend", function=resend, answer=Delivered),
    Route(verb="GET", path="/trigger", function=triggers, answer=TriggersView),
    Route(verb="POST", path="/trigger", function=trigger, body=Triggering, answer=Delivered),
    Route(verb="GET", path="/media/{media_id}", function=stored_file, public=True, answer=FILE),
    Route(verb="GET", path="/events", function=events, query=("names",), answer=STREAM),
]
