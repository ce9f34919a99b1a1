"""What pages may ask of WeChat's browser (JS-SDK): the JS APIs, the open tags, and which accounts have them.

Not calls over HTTP, so not part of the registry: a page's script names them in `wx.config`. The groups are those of
接口权限说明; names marked as old on the official list still work.

Tickets sign for web pages: JS-SDK and cards (获取ticket).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from .. import facts
from .fields import coded
from .model import EVERY_ACCOUNT, TEST, VERIFIED, VERIFIED_SERVICE, Accounts, Acknowledged, Call, Spec

NOBODY: Final = Accounts(0)
_GROUPS: Final[tuple[tuple[Accounts, str], ...]] = (
    (
        EVERY_ACCOUNT,
        "checkJsApi chooseImage previewImage uploadImage downloadImage getLocalImgData "
        "startRecord stopRecord onVoiceRecordEnd playVoice pauseVoice stopVoice onVoicePlayEnd uploadVoice "
        "downloadVoice translateVoice getNetworkType openLocation getLocation hideOptionMenu showOptionMenu "
        "hideMenuItems showMenuItems hideAllNonBaseMenuItem showAllNonBaseMenuItem closeWindow scanQRCode "
        "openAddress startSearchBeacons stopSearchBeacons onSearchBeacons",
    ),
    (
        VERIFIED | TEST,
        "updateAppMessageShareData updateTimelineShareData onMenuShareTimeline onMenuShareAppMessage onMenuShareQQ "
        "onMenuShareWeibo onMenuShareQZone addCard chooseCard openCard",
    ),
    (VERIFIED_SERVICE, "openProductSpecificView chooseWXPay"),
    # Only enterprises (企业微信) have it.
    (NOBODY, "openEnterpriseChat"),
)

JS_APIS: Final[Mapping[str, Accounts]] = {
    name: accounts for accounts, names in _GROUPS for name in names.split()
}
"""Name of a JS API → the accounts whose pages may use it."""

OPEN_TAGS: Final[Mapping[str, Accounts]] = {
    "wx-open-launch-weapp": EVERY_ACCOUNT,
    "wx-open-launch-app": VERIFIED_SERVICE,
    "wx-open-subscribe": EVERY_ACCOUNT,
    "wx-open-audio": EVERY_ACCOUNT,
}
"""Name of an open tag (开放标签) → the accounts whose pages may use it; only of the second is a limit published."""

SCRIPT_VERSIONS: Final = ("1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.3.2", "1.4.0", "1.5.0", "1.6.0")
"""Versions of the script that res.wx.qq.com has."""


class Ticket(Acknowledged, kw_only=True, frozen=True):
    """A ticket and how many seconds it lives; one for the whole account, to be kept."""

    hidden = frozenset({"ticket"})

    ticket: str
    expires_in: int


class GetTicket(Call[Ticket], kw_only=True, frozen=True):
    """Get the ticket for JS-SDK signatures or for cards (获取ticket)."""

    spec = Spec(
        "GET",
        "/cgi-bin/ticket/getticket",
        document="获取ticket",
        daily=facts.TICKET_DAILY,
        errors=(-1, 40001, 40097, 45009, 48001),
    )
    type: Annotated[Literal["jsapi", "wx_card"], coded(invalid=40097, missing=40097)]
