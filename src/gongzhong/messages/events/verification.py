"""Verification of the account itself (微信认证). All times are unix seconds."""

from __future__ import annotations

from typing import ClassVar

from ..model import Event


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
