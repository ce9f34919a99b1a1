"""Following, scanning the account's codes, and the place a user reports (关注、扫码、上报地理位置)."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ..elements import Decimal
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
