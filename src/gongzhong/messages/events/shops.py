"""Stores with their Wi-Fi and beacons, orders of the old shop, shopping guides, and product pages
(门店、Wi-Fi、摇一摇周边、微信小店、导购、扫一扫商品主页).
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ..elements import Decimal, Element
from ..model import Event


class PoiCheckNotify(Event, frozen=True, kw_only=True):
    """The review judged a store."""

    entry: ClassVar[str] = "54"
    title_zh: ClassVar[str] = "门店审核结果"
    title_en: ClassVar[str] = "store reviewed"

    event: str = "poi_check_notify"
    uniq_id: str
    """The merchant's own id (sid)."""
    poi_id: str
    result: str
    """`succ` or `fail`."""
    msg: str | None = field(default=None, name="msg")


class ApplyMerchantAuditInfo(Event, frozen=True, kw_only=True, rename=None):
    """The review judged a store mini program."""

    entry: ClassVar[str] = "55"
    title_zh: ClassVar[str] = "门店小程序审核结果"
    title_en: ClassVar[str] = "store mini program reviewed"

    event: str = "apply_merchant_audit_info"
    audit_id: int
    status: int
    """1 passed, 2 in review, 3 refused."""
    reason: str | None = None


class CreateMapPoiAuditInfo(Event, frozen=True, kw_only=True, rename=None):
    """The review judged a new place on the map."""

    entry: ClassVar[str] = "56"
    title_zh: ClassVar[str] = "腾讯地图新建门店审核结果"
    title_en: ClassVar[str] = "map place reviewed"

    event: str = "create_map_poi_audit_info"
    audit_id: int
    status: int
    map_poi_id: str | None = None
    name: str | None = None
    address: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    sh_remark: str | None = None


class AddStoreAuditInfo(Event, frozen=True, kw_only=True, rename=None):
    """The review judged a new store."""

    entry: ClassVar[str] = "57"
    title_zh: ClassVar[str] = "新建门店审核结果"
    title_en: ClassVar[str] = "new store reviewed"

    event: str = "add_store_audit_info"
    audit_id: int
    status: int
    reason: str | None = None
    is_upgrade: int | None = None
    """0 new store, 1 supplement."""
    poiid: int | None = None
    """With status 1 only."""


class ModifyStoreAuditInfo(Event, frozen=True, kw_only=True, rename=None):
    """The review judged a changed store."""

    entry: ClassVar[str] = "58"
    title_zh: ClassVar[str] = "修改门店审核结果"
    title_en: ClassVar[str] = "changed store reviewed"

    event: str = "modify_store_audit_info"
    audit_id: int
    status: int
    reason: str | None = None


class WifiConnected(Event, frozen=True, kw_only=True):
    """A user connected to a store's Wi-Fi."""

    entry: ClassVar[str] = "59"
    title_zh: ClassVar[str] = "Wi-Fi 连网成功"
    title_en: ClassVar[str] = "Wi-Fi connected"

    event: str = "WifiConnected"
    connect_time: int | None = None
    expire_time: int | None = None
    vendor_id: int | None = None
    place_id: int | None = None
    shop_id: int | None = None
    device_no: str
    """BSSID of the access point."""


class Beacon(Element, frozen=True, kw_only=True):
    """One beacon and how far away it was, in metres."""

    uuid: str
    major: int
    minor: int
    distance: Decimal


class AroundBeacons(Element, frozen=True, kw_only=True):
    """The other beacons nearby."""

    around_beacon: tuple[Beacon, ...] = ()


class ShakearoundUserShake(Event, frozen=True, kw_only=True):
    """A user shook the phone near a beacon."""

    entry: ClassVar[str] = "60"
    title_zh: ClassVar[str] = "摇一摇周边"
    title_en: ClassVar[str] = "shake near a beacon"

    event: str = "ShakearoundUserShake"
    chosen_beacon: Beacon
    around_beacons: AroundBeacons = field(default_factory=AroundBeacons)


class ShakearoundLotteryBind(Event, frozen=True, kw_only=True):
    """A lottery was bound to a shake; its elements are not documented and stay in `extra`."""

    entry: ClassVar[str] = "64a"
    title_zh: ClassVar[str] = "摇红包绑定"
    title_en: ClassVar[str] = "shake lottery bound"

    event: str = "ShakearoundLotteryBind"


class MerchantOrder(Event, frozen=True, kw_only=True):
    """An order was paid."""

    entry: ClassVar[str] = "61"
    title_zh: ClassVar[str] = "微信小店订单付款"
    title_en: ClassVar[str] = "shop order paid"

    event: str = "merchant_order"
    order_id: str
    order_status: int
    product_id: str
    sku_info: str | None = None


class GuideScanEvent(Element, frozen=True, kw_only=True, rename=None):
    """Who scanned which guide's code."""

    qrcode_guide_account: str | None = None
    qrcode_guide_openid: str | None = None
    openid: str
    """The user who scanned."""
    action: int
    """Kind of scan."""
    qrcode_info: str | None = None


class GuideQrcodeScan(Event, frozen=True, kw_only=True):
    """A user scanned the code of a shopping guide."""

    entry: ClassVar[str] = "62"
    title_zh: ClassVar[str] = "扫描顾问二维码"
    title_en: ClassVar[str] = "guide code scanned"

    event: str = "guide_qrcode_scan_event"
    guide_scan_event: GuideScanEvent


class GuideInviteEvent(Element, frozen=True, kw_only=True, rename=None):
    """Who answered the invitation, and how; at least one of the two names is there."""

    guide_account: str | None = None
    guide_openid: str | None = None
    invite_result: int


class GuideInviteResult(Event, frozen=True, kw_only=True):
    """A person invited as shopping guide answered."""

    entry: ClassVar[str] = "63"
    title_zh: ClassVar[str] = "顾问邀请结果"
    title_en: ClassVar[str] = "guide invitation answered"

    event: str = "guide_invite_result_event"
    guide_invite_event: GuideInviteEvent


class AddGuideBuyerRelation(Event, frozen=True, kw_only=True):
    """A customer was given to a guide; its elements are not documented and stay in `extra`."""

    entry: ClassVar[str] = "63a"
    title_zh: ClassVar[str] = "为顾问分配客户"
    title_en: ClassVar[str] = "customer given to a guide"

    event: str = "add_guide_buyer_relation_event"


class ProductEvent(Event, frozen=True, kw_only=True):
    """Something about one product."""

    key_standard: str
    """Kind of code, such as `ean13`."""
    key_str: str


class ProductVisit(ProductEvent, frozen=True, kw_only=True):
    """Who looked at a product, and where."""

    country: str | None = None
    province: str | None = None
    city: str | None = None
    sex: int | None = None
    scene: int | None = None
    ext_info: str | None = None
    region_code: str | None = None


class UserScanProduct(ProductVisit, frozen=True, kw_only=True):
    """A user opened a product's page by scanning."""

    entry: ClassVar[str] = "64"
    title_zh: ClassVar[str] = "打开商品主页"
    title_en: ClassVar[str] = "product page opened"

    event: str = "user_scan_product"


class UserScanProductEnterSession(ProductVisit, frozen=True, kw_only=True):
    """A user came to the chat from a product's page."""

    entry: ClassVar[str] = "64"
    title_zh: ClassVar[str] = "从商品主页进入公众号会话"
    title_en: ClassVar[str] = "chat opened from a product page"

    event: str = "user_scan_product_enter_session"


class UserScanProductAsync(ProductEvent, frozen=True, kw_only=True):
    """Data for a product's page is asked for."""

    entry: ClassVar[str] = "64"
    title_zh: ClassVar[str] = "商品主页地理位置信息异步推送"
    title_en: ClassVar[str] = "product page data asked for"

    event: str = "user_scan_product_async"
    ext_info: str | None = None
    region_code: str | None = None


class UserScanProductVerifyAction(ProductEvent, frozen=True, kw_only=True):
    """The review judged a product's page."""

    entry: ClassVar[str] = "64"
    title_zh: ClassVar[str] = "商品主页审核结果"
    title_en: ClassVar[str] = "product page reviewed"

    event: str = "user_scan_product_verify_action"
    result: str
    """`verify_ok` or `verify_not_pass`."""
    reason_msg: str | None = None
