"""Statistics of cards (卡券数据): nobody has a card on this platform, so valid days have empty lists."""

from __future__ import annotations

from ...catalogue import card_statistics as catalogue
from .registry import Caller, answers
from .statistics import ready_period


@answers(catalogue.GetCardOverview)
def get_card_overview(caller: Caller, call: catalogue.GetCardOverview) -> catalogue.CardActivityList:
    ready_period(caller, call)
    return catalogue.CardActivityList(rows=[])


@answers(catalogue.GetCouponStatistics)
def get_coupon_statistics(
    caller: Caller, call: catalogue.GetCouponStatistics
) -> catalogue.CouponActivityList:
    ready_period(caller, call)
    return catalogue.CouponActivityList(rows=[])


@answers(catalogue.GetMemberCardOverview)
def get_member_card_overview(
    caller: Caller, call: catalogue.GetMemberCardOverview
) -> catalogue.MemberCardActivityList:
    ready_period(caller, call)
    return catalogue.MemberCardActivityList(rows=[])


@answers(catalogue.GetMemberCardStatistics)
def get_member_card_statistics(
    caller: Caller, call: catalogue.GetMemberCardStatistics
) -> catalogue.MemberCardDetailList:
    ready_period(caller, call)
    return catalogue.MemberCardDetailList(rows=[])
