"""A user's data must be refreshed or deleted (授权用户信息变更).

A lost push of this kind cannot be fetched again: answer at once, then carry it out reliably.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ..model import Event

# RevokeInfo of official accounts, from the page on changed user information (授权用户信息变更).
REVOCATIONS = {
    "201": ("地址", "address"),
    "202": ("发票信息", "invoice information"),
    "203": ("卡券信息", "cards"),
    "204": ("麦克风", "microphone"),
    "205": ("昵称和头像", "nickname and avatar"),
    "206": ("位置信息", "location"),
    "207": ("选中的图片或视频", "chosen pictures or videos"),
    "301": ("所有授权信息", "everything"),
}


class PrivacyEvent(Event, frozen=True, kw_only=True):
    """Base of the three events; the sender is the platform, the user is `open_id`."""

    open_id: str = field(name="OpenID")
    union_id: str | None = field(default=None, name="UnionID")
    app_id: str | None = field(default=None, name="AppID")
    revoke_info: str | None = None

    @property
    def openid(self) -> str:
        return self.open_id

    @property
    def revoked(self) -> tuple[str, ...]:
        """The codes in RevokeInfo; REVOCATIONS says what they mean."""
        codes = (code.strip() for code in (self.revoke_info or "").split(","))
        return tuple(code for code in codes if code)


class UserInfoModified(PrivacyEvent, frozen=True, kw_only=True):
    """The platform removed risky profile data: refresh or clear nickname and avatar."""

    entry: ClassVar[str] = "24"
    title_zh: ClassVar[str] = "用户资料变更"
    title_en: ClassVar[str] = "user profile changed"

    event: str = "user_info_modified"


class UserAuthorizationRevoke(PrivacyEvent, frozen=True, kw_only=True):
    """A user withdrew data: delete what `revoked` names."""

    entry: ClassVar[str] = "25"
    title_zh: ClassVar[str] = "用户撤回授权信息"
    title_en: ClassVar[str] = "authorization withdrawn"

    event: str = "user_authorization_revoke"


class UserAuthorizationCancellation(PrivacyEvent, frozen=True, kw_only=True):
    """A user closed the WeChat account: delete the user's data."""

    entry: ClassVar[str] = "26"
    title_zh: ClassVar[str] = "用户完成注销"
    title_en: ClassVar[str] = "WeChat account closed"

    event: str = "user_authorization_cancellation"
