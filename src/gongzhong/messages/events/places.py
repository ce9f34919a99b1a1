"""Stores, their Wi-Fi and their beacons (门店、Wi-Fi、摇一摇周边)."""

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
