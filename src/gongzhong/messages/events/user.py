"""What a user does with the account: follows it, scans its codes, tells a place, taps the menu
(关注、扫码、上报地理位置、自定义菜单事件).

The scan, picture and location buttons only announce what the user is doing: pictures and the place follow as
messages of their own.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec
from msgspec import field

from ..elements import Decimal, Element, QuotedDecimal, QuotedInt
from ..model import Event

SCENE_PREFIX = "qrscene_"
PRODUCT_PREFIXES = {"scanbarcode": "barcode", "scanimage": "image"}


class ProductScan(msgspec.Struct, frozen=True):
    """The product whose page led a user to follow (扫一扫商品主页)."""

    means: str
    """`barcode` or `image`: what was scanned."""
    key_standard: str
    key_str: str
    ext_info: str | None = None


class Subscribe(Event, frozen=True, kw_only=True):
    """A user follows the account, perhaps by scanning one of its codes."""

    entry: ClassVar[str] = "1, 2"
    title_zh: ClassVar[str] = "关注"
    title_en: ClassVar[str] = "follow"
    answerable: ClassVar[bool] = True

    event: str = "subscribe"
    event_key: str | None = None
    ticket: str | None = None
    """Ticket of the scanned code: downloads its picture."""

    @property
    def scene(self) -> str | None:
        """Scene value of the code that was scanned; None when following came from elsewhere.

        EventKey holds other things too (`last_trade_no_…`, product scans): those are no scenes.
        """
        key = self.event_key or ""
        return key.removeprefix(SCENE_PREFIX) if key.startswith(SCENE_PREFIX) else None

    @property
    def product(self) -> ProductScan | None:
        """The product scanned, when following came from a product page."""
        means, *parts = (self.event_key or "").split("|", 3)
        if means not in PRODUCT_PREFIXES or len(parts) < 2:
            return None
        return ProductScan(PRODUCT_PREFIXES[means], *parts)


class Unsubscribe(Event, frozen=True, kw_only=True):
    """A user stops following. The user's data must be deleted."""

    entry: ClassVar[str] = "3"
    title_zh: ClassVar[str] = "取消关注"
    title_en: ClassVar[str] = "unfollow"

    event: str = "unsubscribe"
    event_key: str | None = None


class Scan(Event, frozen=True, kw_only=True):
    """A follower scans one of the account's codes."""

    entry: ClassVar[str] = "4"
    title_zh: ClassVar[str] = "已关注用户扫码"
    title_en: ClassVar[str] = "scan by a follower"
    answerable: ClassVar[bool] = True

    event: str = "SCAN"
    event_key: str
    ticket: str | None = None

    @property
    def scene(self) -> str:
        """Scene value of the code: decimal text for a number."""
        return self.event_key


class ReportLocation(Event, frozen=True, kw_only=True):
    """Where a user is, reported on entering the chat or every 5 s."""

    entry: ClassVar[str] = "5"
    title_zh: ClassVar[str] = "上报地理位置"
    title_en: ClassVar[str] = "location report"

    event: str = "LOCATION"
    latitude: Decimal
    longitude: Decimal
    precision: Decimal | None = None


class MenuEvent(Event, frozen=True, kw_only=True):
    """A tap on a menu button; `event_key` says which."""

    event_key: str


class Click(MenuEvent, frozen=True, kw_only=True):
    """A tap on a button of type click."""

    entry: ClassVar[str] = "6"
    title_zh: ClassVar[str] = "点击菜单拉取消息"
    title_en: ClassVar[str] = "menu click"
    answerable: ClassVar[bool] = True

    event: str = "CLICK"


class View(MenuEvent, frozen=True, kw_only=True):
    """A tap on a button that opens a page; `event_key` is its address."""

    entry: ClassVar[str] = "7"
    title_zh: ClassVar[str] = "点击菜单跳转链接"
    title_en: ClassVar[str] = "menu link opened"

    event: str = "VIEW"
    menu_id: int | None = None


class ViewMiniProgram(MenuEvent, frozen=True, kw_only=True):
    """A tap on a button that opens a mini program; `event_key` is the page's path."""

    entry: ClassVar[str] = "8"
    title_zh: ClassVar[str] = "点击菜单跳转小程序"
    title_en: ClassVar[str] = "mini program opened from the menu"

    event: str = "view_miniprogram"
    menu_id: int | None = None


class ScanCodeInfo(Element, frozen=True, kw_only=True):
    """What was scanned."""

    scan_type: str
    """`qrcode` or `barcode`."""
    scan_result: str
    """Text of the code; for a bar code its kind, a comma and the digits."""


class ScanCodePush(MenuEvent, frozen=True, kw_only=True):
    """A scan whose result the client shows by itself."""

    entry: ClassVar[str] = "9"
    title_zh: ClassVar[str] = "扫码推事件"
    title_en: ClassVar[str] = "menu scan"
    answerable: ClassVar[bool] = True

    event: str = "scancode_push"
    scan_code_info: ScanCodeInfo


class ScanCodeWaitMsg(MenuEvent, frozen=True, kw_only=True):
    """A scan after which the client waits for our reply."""

    entry: ClassVar[str] = "10"
    title_zh: ClassVar[str] = "扫码推事件且弹出“消息接收中”提示框"
    title_en: ClassVar[str] = "menu scan, waiting for the reply"
    answerable: ClassVar[bool] = True

    event: str = "scancode_waitmsg"
    scan_code_info: ScanCodeInfo


class Picture(Element, frozen=True, kw_only=True):
    """One picture about to arrive as an image message."""

    pic_md5_sum: str = field(name="PicMd5Sum")
    """Matches the picture with its message."""


class PicList(Element, frozen=True, kw_only=True):
    """The pictures chosen."""

    item: tuple[Picture, ...] = field(default=(), name="item")


class SendPicsInfo(Element, frozen=True, kw_only=True):
    """How many pictures are on their way, and which."""

    count: int | None = None
    pic_list: PicList = field(default_factory=PicList)


class PicSysPhoto(MenuEvent, frozen=True, kw_only=True):
    """A photo taken with the camera."""

    entry: ClassVar[str] = "11"
    title_zh: ClassVar[str] = "弹出系统拍照发图"
    title_en: ClassVar[str] = "photo from the menu"
    answerable: ClassVar[bool] = True

    event: str = "pic_sysphoto"
    send_pics_info: SendPicsInfo


class PicPhotoOrAlbum(MenuEvent, frozen=True, kw_only=True):
    """Pictures from the camera or the phone's album."""

    entry: ClassVar[str] = "12"
    title_zh: ClassVar[str] = "弹出拍照或者相册发图"
    title_en: ClassVar[str] = "photo or album from the menu"
    answerable: ClassVar[bool] = True

    event: str = "pic_photo_or_album"
    send_pics_info: SendPicsInfo


class PicWeixin(MenuEvent, frozen=True, kw_only=True):
    """Pictures from WeChat's album."""

    entry: ClassVar[str] = "13"
    title_zh: ClassVar[str] = "弹出微信相册发图器"
    title_en: ClassVar[str] = "WeChat album from the menu"
    answerable: ClassVar[bool] = True

    event: str = "pic_weixin"
    send_pics_info: SendPicsInfo


class SendLocationInfo(Element, frozen=True, kw_only=True):
    """The place chosen on the map."""

    location_x: QuotedDecimal = field(name="Location_X")
    """Latitude, in degrees."""
    location_y: QuotedDecimal = field(name="Location_Y")
    """Longitude, in degrees."""
    scale: QuotedInt | None = None
    label: str
    poiname: str | None = None


class LocationSelect(MenuEvent, frozen=True, kw_only=True):
    """A place chosen on the map."""

    entry: ClassVar[str] = "14"
    title_zh: ClassVar[str] = "弹出地理位置选择器"
    title_en: ClassVar[str] = "location chosen from the menu"
    answerable: ClassVar[bool] = True

    event: str = "location_select"
    send_location_info: SendLocationInfo
