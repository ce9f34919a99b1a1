"""Control routes for the rows of the traffic log: found by the filter language, one page after another."""

from __future__ import annotations

from typing import Any

from ...rows.filter import Matcher, parse
from ...rows.log import Found
from ...rows.words import Names
from ...world.refusal import BadInput
from .route import Given, Route

ROWS: int = 200
"""Rows of an answer when the caller names no number."""
MOST_ROWS: int = 1_000
MOST_NUMBERS: int = 1_000


def matcher(given: Given[Any]) -> Matcher:
    """What the query asks for: `q` in the filter language, of one account where `appid` is given."""
    return Matcher(parse(given.query.get("q", "")), Names(given.platform.world), given.query.get("appid", ""))


async def rows(given: Given[None]) -> Found:
    """推送和调用，最新的在前 / pushes and calls, newest first

    `before` goes on where an earlier page ended, `after` stops at a number; with `among` only these numbers count.
    """
    among = given.query.get("among", "")
    log = given.platform.rows
    if among:
        found = log.among(matcher(given), _numbers(among))
        return Found(
            log=log.log, rows=found, more=False, before=0, last=given.platform.traffic.newest_number, older=0
        )
    return await log.search(
        matcher(given),
        before=given.number("before"),
        after=given.number("after"),
        limit=min(given.number("limit", ROWS), MOST_ROWS),
    )


def _numbers(text: str) -> list[int]:
    numbers = text.split(",")
    if len(numbers) > MOST_NUMBERS or not all(
        one.isascii() and one.isdigit() and len(one) < 16 for one in numbers
    ):
        raise BadInput(
            f"among 应是至多 {MOST_NUMBERS} 个用逗号隔开的编号",
            f"among takes up to {MOST_NUMBERS} numbers, with commas",
        )
    return [int(one) for one in numbers]


QUERY = ("q", "appid", "before", "after", "limit", "among")
ROUTES: list[Route[Any, Any]] = [
    Route(verb="GET", path="/rows", function=rows, query=QUERY, answer=Found),
]
