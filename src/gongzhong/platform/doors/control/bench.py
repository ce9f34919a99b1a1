"""Control routes for the test bed: accounts, people, clock, traffic, triggers, live events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.responses import Response, StreamingResponse

from ....version import VERSION
from ...config import AccountConfig
from ...delivery.verification import Wanted
from ...traffic import present
from ...triggers import CATALOGUE, make
from ...world import accounts, media, menus, people, qrcodes, quotas, schedule
from .acts import account_of
from .answers import (
    AccountView,
    AlarmsView,
    ClockView,
    CodesView,
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
from .route import Control, Given, NotFound, Otherwise
from .shapes import (
    AccountChange,
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


async def state(given: Given) -> Any:
    platform = given.platform
    return {
        "clock": clock_form(platform.clock),
        "accounts": [account_form(account) for account in platform.world.accounts.values()],
        "people": [person_form(platform.world, person) for person in platform.people()],
        "failed_jobs": schedule.failed(platform.world),
        "version": VERSION,
    }


async def create_account(given: Given) -> Any:
    world, body = given.platform.world, given.body
    if any(body.name == known.name or body.appid == known.appid for known in world.accounts.values()):
        raise ValueError("已有同名或同 AppID 的公众号 / an account with this name or AppID exists")
    accounts.require_key(body)
    account = accounts.create(world, body)
    world.announce("state", {})
    return account_form(account)


async def change_account(given: Given) -> Any:
    account = account_of(given, given.path["appid"])
    return account_form(accounts.change(given.platform.world, account.appid, msgspec.to_builtins(given.body)))


async def configure_url(given: Given) -> Any:
    account = account_of(given, given.path["appid"])
    verdict, seq = await given.platform.configure_url(account, given.body)
    return {"ok": verdict.ok, "zh": verdict.zh, "en": verdict.en, "seq": seq}


async def menu(given: Given) -> Any:
    account = account_of(given, given.path["appid"])
    return {"button": menus.default(given.platform.world, account) or []}


async def quota(given: Given) -> Any:
    account = account_of(given, given.path["appid"])
    return {"calls": quotas.table(given.platform.world, account)}


async def alarms(given: Given) -> Any:
    return {"alarms": given.platform.pusher.alarms.told(account_of(given, given.path["appid"]).appid)}


async def qr_codes(given: Given) -> Any:
    account = account_of(given, given.path["appid"])
    found = qrcodes.of_account(given.platform.world, account.appid)
    return {"codes": [{**msgspec.to_builtins(code), "scene": code.scene} for code in found]}


async def create_person(given: Given) -> Any:
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


async def clock(given: Given) -> Any:
    return clock_form(given.platform.clock)


async def move_clock(given: Given) -> Any:
    body: Moving = given.body
    ours = given.platform.clock
    if body.freeze is True:
        ours.freeze()
    elif body.freeze is False:
        ours.resume()
    if not 0 <= body.advance <= LAST_MOMENT - ours.now():
        raise ValueError(
            "时钟只能向前拨，且不超过 2286 年 / the clock moves forward only, and no further than 2286"
        )
    ours.advance(body.advance)
    given.platform.catch_up()
    form = clock_form(ours)
    given.platform.live.announce("clock", form)
    return form


async def reset(given: Given) -> Any:
    given.platform.reset()
    return {}


def _number(given: Given, name: str, default: int) -> int:
    try:
        return int(given.query.get(name, default))
    except ValueError:
        raise ValueError(f"{name} 必须是数字 / {name} must be a number") from None


async def traffic(given: Given) -> Any:
    found = given.platform.traffic.after(
        _number(given, "after", 0), limit=_number(given, "limit", 200), appid=given.query.get("appid", "")
    )
    return {"entries": [present(entry) for entry in found]}


def _entry(given: Given) -> Any:
    try:
        return given.platform.traffic.find(int(given.path["seq"]))
    except (KeyError, ValueError):
        raise NotFound("没有这条记录", "no such entry") from None


async def traffic_entry(given: Given) -> Any:
    return present(_entry(given))


async def resend(given: Given) -> Any:
    outcome = await given.platform.resend(_entry(given))
    return {
        "ok": outcome.verdict.ok,
        "zh": outcome.verdict.zh,
        "en": outcome.verdict.en,
        "entries": outcome.entries,
    }


async def triggers(given: Given) -> Any:
    return {"events": [{"name": name, "zh": item.zh, "en": item.en} for name, item in CATALOGUE.items()]}


async def trigger(given: Given) -> Any:
    body: Triggering = given.body
    account = account_of(given, body.appid)
    push = make(given.platform.world, account, body.event, body.person, body.fields)
    outcome = await given.platform.push(account, push, body.person or None)
    return {
        "ok": outcome.verdict.ok,
        "zh": outcome.verdict.zh,
        "en": outcome.verdict.en,
        "entries": outcome.entries,
    }


async def stored_file(given: Given) -> Response:
    file = media.serve(given.platform.world, given.path["media_id"])
    if file is None:
        raise NotFound("没有这个文件", "no such file")
    return Response(
        file.content,
        media_type=file.content_type,
        headers={"x-content-type-options": "nosniff", "content-security-policy": "sandbox"},
    )


async def events(given: Given) -> Response:
    async def lines() -> AsyncIterator[bytes]:
        yield b": ready\n\n"
        stream = given.platform.live.listen()
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

CONTROLS = [
    Control(verb="GET", path="/state", function=state, answer=StateView),
    Control(verb="POST", path="/accounts", function=create_account, body=AccountConfig, answer=AccountView),
    Control(
        verb="PATCH",
        path="/accounts/{appid}",
        function=change_account,
        body=AccountChange,
        answer=AccountView,
    ),
    Control(verb="POST", path="/accounts/{appid}/url", function=configure_url, body=Wanted, answer=Verified),
    Control(verb="GET", path="/accounts/{appid}/menu", function=menu, answer=MenuView),
    Control(verb="GET", path="/accounts/{appid}/quota", function=quota, answer=QuotaView),
    Control(verb="GET", path="/accounts/{appid}/alarms", function=alarms, answer=AlarmsView),
    Control(verb="GET", path="/accounts/{appid}/qrcodes", function=qr_codes, answer=CodesView),
    Control(verb="POST", path="/people", function=create_person, body=NewPerson, answer=PersonView),
    Control(verb="GET", path="/clock", function=clock, answer=ClockView),
    Control(verb="POST", path="/clock", function=move_clock, body=Moving, answer=ClockView),
    Control(verb="POST", path="/reset", function=reset),
    Control(
        verb="GET", path="/traffic", function=traffic, query=("after", "limit", "appid"), answer=TrafficView
    ),
    Control(verb="GET", path="/traffic/{seq}", function=traffic_entry, answer=TrafficEntry),
    Control(verb="POST", path="/traffic/{seq}/resend", function=resend, answer=Delivered),
    Control(verb="GET", path="/trigger", function=triggers, answer=TriggersView),
    Control(verb="POST", path="/trigger", function=trigger, body=Triggering, answer=Delivered),
    Control(verb="GET", path="/media/{media_id}", function=stored_file, answer=FILE),
    Control(verb="GET", path="/events", function=events, answer=STREAM),
]
