"""What an account earns with advertisements (流量主数据): slots, rebate goods, settlements.

These three share one path, told apart by `action`, and put their return code into `base_resp`.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from .. import facts
from .codes import ReturnCode
from .fields import always, coded
from .model import VERIFIED, BaseResp, PagedCall, Reply, Spec

WRONG_SLOT, WRONG_DAY, NO_TRAFFIC_OWNER = 45010, 45011, 2009

OWN_CODES: Final = {
    WRONG_SLOT: ReturnCode(WRONG_SLOT, "INVALID_AD_SLOT", "广告位名称不合法", "invalid ad slot", "parameter"),
    WRONG_DAY: ReturnCode(WRONG_DAY, "INVALID_DATE", "日期不合法", "invalid date", "parameter"),
    NO_TRAFFIC_OWNER: ReturnCode(
        NO_TRAFFIC_OWNER, "NO_DATA_PERMISSION", "没有数据权限，未开通流量主", "no permission", "permission"
    ),
}
ERRORS: Final = (-1, 40001, 45009, WRONG_SLOT, WRONG_DAY, NO_TRAFFIC_OWNER)

AdDay = Annotated[str, coded(invalid=WRONG_DAY, missing=WRONG_DAY, pattern=r"^\d{4}-\d{2}-\d{2}$")]
Page = Annotated[int, coded(invalid=47003, ge=1)]
PageSize = Annotated[int, coded(invalid=47003, ge=1, le=facts.AD_PAGE)]
SlotName = Annotated[str, coded(invalid=WRONG_SLOT, pattern=r"^SLOT_ID_[A-Z0-9_]+$")]
"""Such as `SLOT_ID_BIZ_BOTTOM` or `SLOT_ID_BIZ_MID_CONTEXT`."""


class SlotSummary(msgspec.Struct, kw_only=True, frozen=True):
    """Requests, views, clicks and income (cents) of slots; rates are fractions."""

    req_succ_count: int = 0
    exposure_count: int = 0
    exposure_rate: float = 0.0
    click_count: int = 0
    click_rate: float = 0.0
    income: int = 0
    ecpm: float = 0.0


class SlotDay(SlotSummary, kw_only=True, frozen=True):
    """One slot on one day."""

    ad_slot: str
    date: str
    slot_id: int = 0


class SlotStatistics(Reply, kw_only=True, frozen=True):
    """A page of days, and the sum of all."""

    base_resp: BaseResp = msgspec.field(default_factory=BaseResp)
    rows: list[SlotDay] = msgspec.field(name="list")
    summary: SlotSummary | None = None
    total_num: int


def _more(page: int, size: int, total: int) -> bool:
    return page * size < total


class GetSlotStatistics(PagedCall[SlotStatistics, SlotDay], kw_only=True, frozen=True):
    """Read how advertisement slots did (获取公众号分广告位数据); up to 90 days."""

    spec = Spec(
        "GET",
        "/publisher/stat?action=publisher_adpos_general",
        document="获取公众号分广告位数据",
        accounts=VERIFIED,
        errors=ERRORS,
        codes=OWN_CODES,
        wrapped=True,
    )
    page: Page = always(1)
    page_size: PageSize = always(facts.AD_PAGE)
    start_date: AdDay
    end_date: AdDay
    ad_slot: SlotName | None = None

    def items(self, page: SlotStatistics) -> list[SlotDay]:
        return page.rows

    def following(self, page: SlotStatistics) -> GetSlotStatistics | None:
        more = page.rows and _more(self.page, self.page_size, page.total_num)
        return msgspec.structs.replace(self, page=self.page + 1) if more else None


class RebateSummary(msgspec.Struct, kw_only=True, frozen=True):
    """Views, clicks, orders, turnover and commission (cents) of rebate goods."""

    exposure_count: int = 0
    click_count: int = 0
    click_rate: float = 0.0
    order_count: int = 0
    order_rate: float = 0.0
    total_fee: int = 0
    total_commission: int = 0


class RebateDay(RebateSummary, kw_only=True, frozen=True):
    """One day."""

    date: str


class RebateStatistics(Reply, kw_only=True, frozen=True):
    """A page of days, and the sum of all."""

    base_resp: BaseResp = msgspec.field(default_factory=BaseResp)
    rows: list[RebateDay] = msgspec.field(name="list")
    summary: RebateSummary | None = None
    total_num: int


class GetRebateStatistics(PagedCall[RebateStatistics, RebateDay], kw_only=True, frozen=True):
    """Read how goods with a rebate did (获取公众号返佣商品数据); up to 60 days."""

    spec = Spec(
        "GET",
        "/publisher/stat?action=publisher_cps_general",
        document="获取公众号返佣商品数据",
        accounts=VERIFIED,
        errors=ERRORS,
        codes=OWN_CODES,
        wrapped=True,
    )
    page: Page = always(1)
    page_size: PageSize = always(facts.AD_PAGE)
    start_date: AdDay
    end_date: AdDay

    def items(self, page: RebateStatistics) -> list[RebateDay]:
        return page.rows

    def following(self, page: RebateStatistics) -> GetRebateStatistics | None:
        more = page.rows and _more(self.page, self.page_size, page.total_num)
        return msgspec.structs.replace(self, page=self.page + 1) if more else None


class SlotRevenue(msgspec.Struct, kw_only=True, frozen=True):
    """What one slot earned, in cents."""

    slot_id: str
    slot_settled_revenue: int


class Settlement(msgspec.Struct, kw_only=True, frozen=True):
    """Half a month: `order` 1 is its first half; `sett_status` 1 settling, 2 and 3 settled, 4 paying, 5 paid."""

    date: str
    zone: str = ""
    month: str = ""
    order: int = 0
    sett_status: int = 0
    settled_revenue: int = 0
    sett_no: str = ""
    mail_send_cnt: str = ""
    slot_revenue: list[SlotRevenue] = msgspec.field(default_factory=list)


class Settlements(Reply, kw_only=True, frozen=True):
    """A page of settlements; sums in cents."""

    base_resp: BaseResp = msgspec.field(default_factory=BaseResp)
    body: str = ""
    revenue_all: int = 0
    settled_revenue_all: int = 0
    penalty_all: int = 0
    settlement_list: list[Settlement] = msgspec.field(default_factory=list)
    total_num: int = 0


class GetSettlements(PagedCall[Settlements, Settlement], kw_only=True, frozen=True):
    """Read what was settled (获取公众号结算收入数据)."""

    spec = Spec(
        "GET",
        "/publisher/stat?action=publisher_settlement",
        document="获取公众号结算收入数据",
        accounts=VERIFIED,
        errors=ERRORS,
        codes=OWN_CODES,
        wrapped=True,
    )
    page: Page = always(1)
    page_size: PageSize = always(facts.AD_PAGE)
    start_date: AdDay
    end_date: AdDay

    def items(self, page: Settlements) -> list[Settlement]:
        return page.settlement_list

    def following(self, page: Settlements) -> GetSettlements | None:
        more = page.settlement_list and _more(self.page, self.page_size, page.total_num)
        return msgspec.structs.replace(self, page=self.page + 1) if more else None
