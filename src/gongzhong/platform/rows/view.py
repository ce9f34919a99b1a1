"""A row as the pages' table shows it: its words, its result, and bars for the time that it took."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..traffic import Cause, Delivery, Exchange, Row, number_of
from ..world.refusal import BothLanguages
from .words import Names, Part, result_of, words_of

RowKind = Literal["push", "pause", "verify", "api", "web"]
State = Literal["ok", "warn", "bad", "wait"]


class Bar(msgspec.Struct, frozen=True):
    """One attempt in time: milliseconds from the beginning of its row."""

    start: float
    length: float
    state: State


class RowView(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the log: a push with all its attempts, a call, a visit, or a pause of pushes."""

    number: int
    kind: RowKind
    appid: str
    time: float
    """Unix seconds of its beginning, by the platform's clock."""
    title: str
    """`text`, `event:CLICK`, or the path of a call."""
    person: str
    openid: str
    words: list[Part]
    state: State
    """`wait` while it is under way; `warn` when it went well after all, such as at the third attempt."""
    result: BothLanguages
    errcode: int
    cost_ms: float
    bars: list[Bar]
    attempts: int
    of: int
    cause: Cause | None
    """The row that it follows from."""
    fault: int | None
    """Number of the ordered fault that struck."""
    lines: list[int]
    """Numbers of the chat lines that it was about or made."""
    until: float
    """For a pause: when pushes go on."""
    lookup: bool
    """Whether the kit asked by itself, such as for a token."""


def state_of(row: Row) -> State:
    """How a row stands."""
    if isinstance(row, Exchange):
        return "ok" if row.verdict.ok and row.errcode in (None, 0) else "bad"
    if row.verdict is None:
        return "wait"
    if row.kind == "pause" or not row.verdict.ok:
        return "bad"
    return "warn" if len(row.attempts) > 1 or row.verdict.kind in ("ignored", "no_url") else "ok"


def view(row: Row, names: Names) -> RowView:
    """The row for the table."""
    call = row if isinstance(row, Exchange) else None
    push = row if isinstance(row, Delivery) else None
    openid = row.openid or ""
    person = row.person or (names.person(row.appid, openid) if openid else "")
    return RowView(
        number=number_of(row),
        kind=row.kind,
        appid=row.appid,
        time=row.time,
        title=row.title,
        person="" if person == openid else person,
        openid=openid,
        words=words_of(row, names),
        state=state_of(row),
        result=result_of(row),
        errcode=(call.errcode or 0) if call else 0,
        cost_ms=round(row.cost_ms, 3),
        bars=_bars(row),
        attempts=len(push.attempts) if push else 1,
        of=push.of if push else 1,
        cause=row.cause,
        fault=row.fault,
        lines=row.lines,
        until=push.until if push else 0.0,
        lookup=call is not None and call.is_lookup,
    )


def _bars(row: Row) -> list[Bar]:
    if isinstance(row, Exchange):
        return [Bar(0.0, round(row.cost_ms, 1), state_of(row))]
    return [
        Bar(round(entry.began_ms, 1), round(entry.cost_ms, 1), "ok" if entry.verdict.ok else "bad")
        for entry in row.attempts
    ]


def is_failure(row: Row) -> bool:
    """Whether a row belongs to those that went wrong, also if a later attempt went well."""
    return state_of(row) == "bad" or (isinstance(row, Delivery) and len(row.attempts) > 1)
