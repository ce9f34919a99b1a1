"""The days that statistics are asked for (数据统计): days of China, both ends included, up to a maximal span."""

from __future__ import annotations

import datetime
from typing import Annotated, ClassVar, Generic, TypeVar

import msgspec

from .fields import Violation, coded
from .model import Call

R = TypeVar("R")

WRONG_FORMAT, WRONG_RANGE = 61500, 61501

Day = Annotated[str, coded(invalid=WRONG_FORMAT, missing=WRONG_FORMAT, pattern=r"^\d{4}-\d{2}-\d{2}$")]
"""`YYYY-MM-DD`, Beijing time."""


class DatedCall(Call[R], Generic[R], kw_only=True, frozen=True):
    """Base of the calls with `begin_date` and `end_date`; a span of 1 means that both are the same day."""

    span: ClassVar[int]
    begin_date: Day
    end_date: Day

    def cross_check(self) -> Violation | None:
        return broken_range(self.begin_date, self.end_date, self.span)


def broken_range(begin: str, end: str, span: int | None) -> Violation | None:
    """What is wrong with a period of at most `span` days (None: as many as you like), or None."""
    try:
        days = (datetime.date.fromisoformat(end) - datetime.date.fromisoformat(begin)).days
    except ValueError:
        return Violation(path="begin_date", code=WRONG_FORMAT, zh="没有这一天", en="there is no such day")
    if days < 0:
        zh, en = "结束日期早于开始日期", "the period ends before it begins"
        return Violation(path="end_date", code=WRONG_RANGE, zh=zh, en=en)
    if span is not None and days >= span:
        zh, en = f"一次最多查询 {span} 天, 现有 {days + 1} 天", f"at most {span} days, not {days + 1}"
        return Violation(path="end_date", code=WRONG_RANGE, zh=zh, en=en)
    return None


class Row(msgspec.Struct, kw_only=True, frozen=True):
    """Base of every row: the day it speaks of."""

    ref_date: str
