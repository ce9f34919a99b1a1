"""Events about the account and its duties: sessions with human agents (客服会话), changed or withdrawn user data
(授权用户信息变更), verification (微信认证) and the console's test event.

A push about withdrawn data that is lost cannot be fetched again: answer at once, then carry it out reliably. All
times of the verification events are unix seconds.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ..model import Event


class KfCreateSession(Event, frozen=True, kw_only=True):
    """An agent took over a user."""

    entry: ClassVar[str] = "21"
    title_zh: ClassVar[str] = "接入客服会话"
    title_en: ClassVar[str] = "customer-service session opened"

    event: str = "kf_create_session"
    kf_account: str
    """`prefix@account id`."""


class KfCloseSession(Event, frozen=True, kw_only=True):
    """A session ended."""

    entry: ClassVar[str] = "22"
    title_zh: ClassVar[str] = "关闭客服会话"
    title_en: ClassVar[str] = "customer-service session closed"

    event: str = "kf_close_session"
    kf_account: str
    close_type: str | None = None


class KfSwitchSession(Event, frozen=True, kw_only=True):
    """A session went from one agent to another."""

    entry: ClassVar[str] = "23"
    title_zh: ClassVar[str] = "转接客服会话"
    title_en: ClassVar[str] = "customer-service session handed on"

    event: str = "kf_switch_session"
    from_kf_account: str
    to_kf_account: str


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


class QualificationVerifySuccess(Event, frozen=True, kw_only=True):
    """The qualification was accepted: API privileges start now."""

    entry: ClassVar[str] = "27"
    title_zh: ClassVar[str] = "资质认证成功"
    title_en: ClassVar[str] = "qualification verified"

    event: str = "qualification_verify_success"
    expired_time: int | None = None


class QualificationVerifyFail(Event, frozen=True, kw_only=True):
    """The qualification was refused."""

    entry: ClassVar[str] = "28"
    title_zh: ClassVar[str] = "资质认证失败"
    title_en: ClassVar[str] = "qualification refused"

    event: str = "qualification_verify_fail"
    fail_time: int | None = None
    fail_reason: str


class NamingVerifySuccess(Event, frozen=True, kw_only=True):
    """The name was accepted: verification is complete."""

    entry: ClassVar[str] = "29"
    title_zh: ClassVar[str] = "名称认证成功"
    title_en: ClassVar[str] = "name verified"

    event: str = "naming_verify_success"
    expired_time: int | None = None


class NamingVerifyFail(Event, frozen=True, kw_only=True):
    """The name was refused; privileges stay, the badge is missing."""

    entry: ClassVar[str] = "30"
    title_zh: ClassVar[str] = "名称认证失败"
    title_en: ClassVar[str] = "name refused"

    event: str = "naming_verify_fail"
    fail_time: int | None = None
    fail_reason: str


class AnnualRenew(Event, frozen=True, kw_only=True):
    """The yearly verification is due."""

    entry: ClassVar[str] = "31"
    title_zh: ClassVar[str] = "年审通知"
    title_en: ClassVar[str] = "yearly renewal due"

    event: str = "annual_renew"
    expired_time: int | None = None


class VerifyExpired(Event, frozen=True, kw_only=True):
    """The verification ran out: privileges fall back to an unverified account's."""

    entry: ClassVar[str] = "32"
    title_zh: ClassVar[str] = "认证过期失效"
    title_en: ClassVar[str] = "verification expired"

    event: str = "verify_expired"
    expired_time: int | None = None


class DebugDemo(Event, frozen=True, kw_only=True):
    """A test event from the console's request tool (请求构造)."""

    entry: ClassVar[str] = "65"
    title_zh: ClassVar[str] = "调试事件"
    title_en: ClassVar[str] = "debug event"

    event: str = "debug_demo"
    debug_str: str = field(name="debug_str")
