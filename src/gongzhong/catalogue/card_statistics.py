"""Statistics of coupons and member cards (卡券数据)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .. import facts
from .fields import coded
from .model import VERIFIED, Reply, Spec
from .statistics import DATED_ERRORS, DatedCall, Row

Source = Annotated[Literal[0, 1], coded(invalid=40035, missing=40035)]
"""0 cards made in the console, 1 by API."""
CardID = Annotated[str, coded(invalid=41012, missing=41012, min_length=1)]


class CardActivity(Row, kw_only=True, frozen=True):
    """Times and people of a day: looked at, received, used, given on, expired."""

    view_cnt: int = 0
    view_user: int = 0
    receive_cnt: int = 0
    receive_user: int = 0
    verify_cnt: int = 0
    verify_user: int = 0
    given_cnt: int = 0
    given_user: int = 0
    expire_cnt: int = 0
    expire_user: int = 0


class CardActivityList(Reply, kw_only=True, frozen=True):
    """One row per day."""

    rows: list[CardActivity] = msgspec.field(name="list")


class GetCardOverview(DatedCall[CardActivityList], kw_only=True, frozen=True):
    """Read how all cards did each day (拉取卡券概况数据); up to 62 days."""

    spec = Spec(
        "POST",
        "/datacube/getcardbizuininfo",
        document="拉取卡券概况数据",
        accounts=VERIFIED,
        errors=DATED_ERRORS,
    )
    span = facts.CARD_STATISTICS_SPAN
    cond_source: Source


class CouponActivity(CardActivity, kw_only=True, frozen=True):
    """One coupon; `card_type` is a number per kind, such as 0 discount, `is_pay` 1 for paid ones."""

    card_id: str
    card_type: int
    is_pay: int = 0


class CouponActivityList(Reply, kw_only=True, frozen=True):
    """One row per day and coupon."""

    rows: list[CouponActivity] = msgspec.field(name="list")


class GetCouponStatistics(DatedCall[CouponActivityList], kw_only=True, frozen=True):
    """Read how free coupons, or one of them, did each day (获取免费券数据); up to 62 days."""

    spec = Spec(
        "POST",
        "/datacube/getcardcardinfo",
        document="获取免费券数据",
        accounts=VERIFIED,
        errors=DATED_ERRORS,
    )
    span = facts.CARD_STATISTICS_SPAN
    cond_source: Source
    card_id: CardID | None = None


class MemberCardActivity(CardActivity, kw_only=True, frozen=True):
    """Member cards of a day, with activations and totals."""

    active_cnt: int = 0
    active_user: int = 0
    total_user: int = 0
    total_receive_user: int = 0


class MemberCardActivityList(Reply, kw_only=True, frozen=True):
    """One row per day."""

    rows: list[MemberCardActivity] = msgspec.field(name="list")


class GetMemberCardOverview(DatedCall[MemberCardActivityList], kw_only=True, frozen=True):
    """Read how all member cards did each day (拉取会员卡概况数据); up to 62 days."""

    spec = Spec(
        "POST",
        "/datacube/getcardmembercardinfo",
        document="拉取会员卡概况数据",
        accounts=VERIFIED,
        errors=DATED_ERRORS,
    )
    span = facts.CARD_STATISTICS_SPAN
    cond_source: Source


class MemberCardDetail(MemberCardActivity, kw_only=True, frozen=True):
    """One member card; fees in cents."""

    merchanttype: int = 0
    cardid: str = ""
    submerchantid: int = 0
    new_user: int = 0
    pay_original_fee: int = msgspec.field(default=0, name="payOriginalFee")
    fee: int = 0


class MemberCardDetailList(Reply, kw_only=True, frozen=True):
    """One row per day."""

    rows: list[MemberCardDetail] = msgspec.field(name="list")


class GetMemberCardStatistics(DatedCall[MemberCardDetailList], kw_only=True, frozen=True):
    """Read how one member card did each day (拉取单张会员卡数据); up to 62 days."""

    spec = Spec(
        "POST",
        "/datacube/getcardmembercarddetail",
        document="拉取单张会员卡数据",
        accounts=VERIFIED,
        errors=DATED_ERRORS,
    )
    span = facts.CARD_STATISTICS_SPAN
    cond_source: Source | None = None
    card_id: CardID
