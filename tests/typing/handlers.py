"""What both type checkers must accept and refuse of handlers; `tests/unit/app/test_typing.py` runs mypy over it.

A line with an ignore comment must be an error: both checkers complain about an ignore that is not needed.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from gongzhong import (
    Account,
    Article,
    AsyncClient,
    Client,
    OfficialAccount,
    Router,
    Subscribe,
    Text,
    TextReply,
)
from gongzhong.app import CallNext, Result, Session, User
from gongzhong.messages import Push, Reply

oa = OfficialAccount(Account(appid="wx1"))
router = Router()
oa.include(router)


@oa.on(Subscribe)
async def welcome(event: Subscribe, user: User, api: AsyncClient) -> str:
    return user


@oa.text(r"天气 (?P<city>.+)")
@router.click("WEATHER")
async def weather(message: Text, city: str, session: Session) -> Reply:
    return TextReply(content=city)


@router.text("新闻")
def news(api: Client) -> list[Article]:
    return [Article(title="题")]


@router.scan("shop")
async def nothing() -> None: ...


@oa.event("anything")
async def maybe(event: Push, account: Account) -> str | None:
    return None


@oa.default
async def stream() -> AsyncIterator[str | Reply]:
    yield "一"
    yield TextReply(content="二")


@oa.middleware
async def around(push: Push, call_next: CallNext) -> Result:
    return await call_next(push)


@oa.default  # type: ignore[type-var]
async def number() -> int:
    return 3


@oa.middleware  # type: ignore[type-var]
async def deaf(push: Push) -> Result:
    return None


@oa.on("subscribe")  # type: ignore[arg-type]
async def by_name() -> None: ...


async def handlers_stay_functions() -> None:
    push = Text(to_user_name="", from_user_name="", create_time=0, msg_id=0, content="")
    assert_type(await weather(push, "北京", Session()), Reply)
    assert_type(news(Client(oa.account)), list[Article])
