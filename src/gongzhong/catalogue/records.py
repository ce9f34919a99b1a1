"""What agents and people wrote to each other (客服聊天记录)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from . import limits
from .fields import Violation, always, coded
from .model import VERIFIED, Acknowledged, Call, PagedCall, Reply, Spec, Status

Moment = Annotated[int, coded(invalid=65416, missing=65416, ge=0)]
"""Unix seconds."""


def _period(start: int, end: int) -> Violation | None:
    if end < start:
        return Violation(
            path="endtime", code=65416, zh="endtime 早于 starttime", en="endtime is before starttime"
        )
    if end - start > limits.RECORD_SPAN_S:
        zh, en = "起止时间不能超过 24 小时", "the period may have 24 hours at most"
        return Violation(path="endtime", code=65417, zh=zh, en=en)
    return None


class Record(msgspec.Struct, kw_only=True, frozen=True):
    """One line. `opercode` 2002 is said by the agent `worker`, 2003 by the person; pictures and the like come
    as `[图片]`."""

    openid: str
    opercode: int
    text: str
    time: int
    worker: str


class RecordPage(Reply, kw_only=True, frozen=True):
    """A page of records; `msgid` is where the next one begins."""

    recordlist: list[Record]
    number: int
    msgid: int


class GetRecords(PagedCall[RecordPage, Record], kw_only=True, frozen=True):
    """Read the conversations of agents within at most 24 hours (获取聊天记录)."""

    spec = Spec(
        "POST",
        "/customservice/msgrecord/getmsglist",
        document="获取聊天记录",
        accounts=VERIFIED,
        daily=limits.RECORDS_DAILY,
        errors=(-1, 40001, 45009, 65400, 65416, 65417),
    )
    starttime: Moment
    endtime: Moment
    msgid: Annotated[int, coded(invalid=65416, ge=0)] = always(1)
    number: Annotated[int, coded(invalid=65416, ge=1, le=limits.RECORD_PAGE)] = always(limits.RECORD_PAGE)

    def cross_check(self) -> Violation | None:
        return _period(self.starttime, self.endtime)

    def items(self, page: RecordPage) -> list[Record]:
        return page.recordlist

    def following(self, page: RecordPage) -> GetRecords | None:
        more = page.number >= self.number and page.msgid > self.msgid
        return msgspec.structs.replace(self, msgid=page.msgid) if more else None


class OldRecords(Acknowledged, kw_only=True, frozen=True):
    """Records as the old call gave them."""

    recordlist: list[Record]


class GetOldRecords(Call[OldRecords], kw_only=True, frozen=True):
    """Read records by page number (获取客服聊天记录, 旧接口); replaced by GetRecords."""

    spec = Spec(
        "POST",
        "/customservice/msgrecord/getrecord",
        document="获取客服聊天记录（旧）",
        accounts=VERIFIED,
        errors=(-1, 40001, 45106),
        status=Status.RETIRED,
    )
    starttime: Moment
    endtime: Moment
    pagesize: Annotated[int, coded(invalid=65416, ge=1)]
    pageindex: Annotated[int, coded(invalid=65416, ge=1)]
    openid: str | None = None
