"""What is told: a record for each alarm that is not quiet, and a pure decision.

    record    measure                            becomes   told
    ------    -------                            -------   ----
    -         at its limit or above              RAISED    raised
    QUIET     above; told longer ago             RAISED    raised
    QUIET     above; told less than repeat ago   RAISED    nothing: people do not know of it
    RAISED    above; told longer ago             RAISED    repeated, or raised if people do not know
    RAISED    above; told less than repeat ago   RAISED    nothing
    CALMING   above                              RAISED    as RAISED
    RAISED    below, gone                        CALMING   nothing
    CALMING   below, gone; for CALM_S            QUIET     cleared if people know
    QUIET     below, gone; told longer ago       -         nothing
    any       not known                          as it is  nothing

So a value that swings around its limit is told at most every `repeat_s` seconds, and is never told to be over without
having been told to be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from ...errors import Language
from .measures import BY_NAME, Measure

CALM_S: Final = 120.0
"""How long a value must be below its limit until that is told."""


class Phase(StrEnum):
    RAISED = "raised"
    CALMING = "calming"
    QUIET = "quiet"
    """Over; kept until the next one may be told."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm. Times are unix seconds: when it began, when anything was told last, since when its value is low."""

    phase: Phase
    since: float
    told_at: float
    known: bool
    """Whether people were told that it is there."""
    calm_since: float = 0.0


Told: TypeAlias = Literal["raised", "repeated", "cleared"]
What: TypeAlias = Told | None
Key: TypeAlias = tuple[str, str]
Book: TypeAlias = Mapping[Key, Record]
"""The records by kind and subject."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is told about an alarm."""

    what: Told
    kind: str
    subject: str
    value: float
    limit: float
    unit: str
    since: float
    at: float

    def text(self, lang: Language) -> str:
        """One sentence, and what to do unless it is over."""
        kind = BY_NAME[self.kind]
        said = kind.zh if lang == "zh" else kind.en
        subject = f"{self.subject}" and (f"（{self.subject}）" if lang == "zh" else f" ({self.subject})")
        if self.what == "cleared":
            return f"已恢复：{said}{subject}" if lang == "zh" else f"over: {said}{subject}"
        value, limit = shown(self.value, self.unit, lang), shown(self.limit, self.unit, lang)
        if lang == "zh":
            again = "仍在持续：" if self.what == "repeated" else ""
            return f"{again}{said}{subject}：{value}，上限 {limit}。{kind.fix_zh}"
        again = "still: " if self.what == "repeated" else ""
        return f"{again}{said}{subject}: {value}, limit {limit}. {kind.fix_en}"


def shown(value: float, unit: str, lang: Language) -> str:
    """A value with its unit."""
    if unit == "share":
        return f"{value:.0%}"
    if unit == "s":
        return f"{value:.0f} 秒" if lang == "zh" else f"{value:.0f} s"
    return f"{value:.0f}"


def decide(
    book: Book, measures: Iterable[Measure], now: float, repeat_s: float
) -> tuple[dict[Key, Record], list[Notice]]:
    """The records afterwards, and what is to be told."""
    found = {(one.kind, one.subject): one for one in measures}
    after: dict[Key, Record] = {}
    notices: list[Notice] = []
    for key in dict.fromkeys((*found, *book)):
        before, measure = book.get(key), found.get(key) or Measure(*key, 0.0, 1.0)
        record, what = _step(before, measure, now, repeat_s)
        if record is not None:
            after[key] = record
        if what is not None and record is not None:
            notices.append(_notice(what, measure, record, now))
    return after, notices


def _step(before: Record | None, measure: Measure, now: float, repeat_s: float) -> tuple[Record | None, What]:
    if measure.value is None:
        return before, None
    return (_above if measure.exceeded else _below)(before, now, repeat_s)


def _above(before: Record | None, now: float, repeat_s: float) -> tuple[Record, What]:
    if before is None:
        return Record(phase=Phase.RAISED, since=now, told_at=now, known=True), "raised"
    known = before.known and before.phase is not Phase.QUIET
    since = now if before.phase is Phase.QUIET else before.since
    if now - before.told_at >= repeat_s:
        what: What = "repeated" if known else "raised"
        return Record(phase=Phase.RAISED, since=since, told_at=now, known=True), what
    return Record(phase=Phase.RAISED, since=since, told_at=before.told_at, known=known), None


def _below(before: Record | None, now: float, repeat_s: float) -> tuple[Record | None, What]:
    if before is None or (before.phase is Phase.QUIET and now - before.told_at >= repeat_s):
        return None, None
    if before.phase is Phase.RAISED:
        return replace(before, phase=Phase.CALMING, calm_since=now), None
    if before.phase is Phase.QUIET or now - before.calm_since < CALM_S:
        return before, None
    if before.known:
        return replace(before, phase=Phase.QUIET, told_at=now, known=False), "cleared"
    return replace(before, phase=Phase.QUIET), None


def _notice(what: Told, measure: Measure, record: Record, now: float) -> Notice:
    return Notice(
        what=what,
        kind=measure.kind,
        subject=measure.subject,
        value=measure.value or 0.0,
        limit=measure.limit,
        unit=BY_NAME[measure.kind].unit,
        since=record.since,
        at=now,
    )
