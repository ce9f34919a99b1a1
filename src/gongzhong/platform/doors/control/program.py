"""Control routes about the developer's program: whether it listens, and how a page of it answers."""

from __future__ import annotations

from typing import Any

import msgspec

from ...delivery.reaching import PageLook, listens, look_at
from ...delivery.receiver import HttpReceiver
from ...platform import Platform
from ...world.domains import address_of
from ...world.phone_hosts import off_phone
from ...world.refusal import BadInput
from ...world.world import AccountState
from .acts import account_of
from .route import Given, Route


class ProgramView(msgspec.Struct, kw_only=True):
    """The account's server: its URL, and whether it accepts connections. `listening` is null without a URL, and when
    the program runs inside the platform's process."""

    url: str
    listening: bool | None


async def program(given: Given[None]) -> ProgramView:
    """开发者的程序是否在监听 / whether the developer's program listens"""
    return await look_for(given.platform, account_of(given, given.path["appid"]))


async def look_for(platform: Platform, account: AccountState) -> ProgramView:
    """Connect to the account's server, and say nothing to it."""
    over_http = isinstance(platform.receiver, HttpReceiver)
    return ProgramView(url=account.url, listening=await listens(account.url) if over_http else None)


async def page(given: Given[None]) -> PageLook:
    """网页怎样应答，能否放进手机的框架 / how a page answers, and whether the phone may frame it"""
    url, phone = off_phone(given.query.get("url", "")), given.query.get("phone", "")
    if address_of(url) is None or address_of(phone) is None:
        raise BadInput(
            "url 和 phone 应为 http 或 https 网址", "url and phone must be http or https addresses"
        )
    return await look_at(given.platform.receiver, url, phone)


ROUTES: list[Route[Any, Any]] = [
    Route(verb="GET", path="/accounts/{appid}/program", function=program, answer=ProgramView),
    Route(verb="GET", path="/page", function=page, query=("url", "phone"), answer=PageLook),
]
