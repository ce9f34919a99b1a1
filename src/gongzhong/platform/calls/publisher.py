"""Income from advertisements (流量主数据): no account here shows any, so each is told that it has no such data."""

from __future__ import annotations

from ...catalogue import publisher as catalogue
from ...catalogue.dates import broken_range
from ...catalogue.limits import AD_REBATE_SPAN, AD_SLOT_SPAN
from ..world.refusal import Refusal
from .registry import Caller, answers


def _refuse(start: str, end: str, span: int | None) -> Refusal:
    """What is wrong with the days comes first, the missing permission after it."""
    broken = broken_range(start, end, span)
    return Refusal(catalogue.NO_TRAFFIC_OWNER) if broken is None else Refusal(catalogue.WRONG_DAY, broken.en)


@answers(catalogue.GetSlotStatistics)
def get_slot_statistics(caller: Caller, call: catalogue.GetSlotStatistics) -> catalogue.SlotStatistics:
    raise _refuse(call.start_date, call.end_date, AD_SLOT_SPAN)


@answers(catalogue.GetRebateStatistics)
def get_rebate_statistics(caller: Caller, call: catalogue.GetRebateStatistics) -> catalogue.RebateStatistics:
    raise _refuse(call.start_date, call.end_date, AD_REBATE_SPAN)


@answers(catalogue.GetSettlements)
def get_settlements(caller: Caller, call: catalogue.GetSettlements) -> catalogue.Settlements:
    raise _refuse(call.start_date, call.end_date, None)
