"""QR codes that carry a parameter, and short keys for long data (账号管理)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .. import facts
from .fields import Violation, always, coded
from .model import (
    TEST,
    VERIFIED_SERVICE,
    Acknowledged,
    Answer,
    Call,
    Download,
    Host,
    Repeat,
    Reply,
    Spec,
    Status,
)

ActionName = Literal["QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"]
"""Temporary with a number, temporary with a text, permanent with a number, permanent with a text."""

_BAD_INFO = 40053


class Scene(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What the code carries: a number or a text of 1 to 64 characters."""

    scene_id: Annotated[int, coded(invalid=_BAD_INFO, ge=1, le=facts.QR_SCENE_ID_MAX)] | None = None
    scene_str: (
        Annotated[str, coded(invalid=_BAD_INFO, min_length=1, max_length=facts.QR_SCENE_STR_LENGTH)] | None
    ) = None


class ActionInfo(msgspec.Struct, kw_only=True, frozen=True):
    """Wrapper of the scene."""

    scene: Annotated[Scene, coded(invalid=_BAD_INFO, missing=_BAD_INFO)]


class QRCodeTicket(Reply, kw_only=True, frozen=True):
    """Ticket for the picture, and `url`, the text inside the code; permanent codes have no
    `expire_seconds`."""

    ticket: str
    url: str
    expire_seconds: int | None = None


class CreateQRCode(Call[QRCodeTicket], kw_only=True, frozen=True):
    """Make a QR code that carries a parameter (生成带参数的二维码).

    `expire_seconds`, up to 30 days, belongs to temporary codes.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/qrcode/create",
        document="生成带参数的二维码",
        accounts=VERIFIED_SERVICE | TEST,
        daily=facts.QR_CODE_DAILY,
        daily_test=facts.QR_CODE_DAILY_TEST,
        errors=(-1, 40052, 40053, 45029, 47001, 48001),
    )
    action_name: Annotated[ActionName, coded(invalid=40052, missing=40052)]
    action_info: Annotated[ActionInfo, coded(invalid=_BAD_INFO, missing=_BAD_INFO)]
    expire_seconds: Annotated[int, coded(invalid=_BAD_INFO, ge=1, le=facts.QR_EXPIRE_SECONDS_MAX)] | None = (
        None
    )

    def cross_check(self) -> Violation | None:
        scene, as_text = self.action_info.scene, "STR" in self.action_name
        path = f"action_info.scene.{'scene_str' if as_text else 'scene_id'}"
        if (scene.scene_str if as_text else scene.scene_id) is None:
            zh, en = f"{self.action_name} 需要 {path}", f"{self.action_name} needs {path}"
            return Violation(path=path, code=_BAD_INFO, zh=zh, en=en)
        largest = facts.QR_PERMANENT_SCENE_ID_MAX
        if self.action_name == "QR_LIMIT_SCENE" and (scene.scene_id or 0) > largest:
            zh, en = (
                f"永久二维码的 scene_id 最大 {largest}",
                f"scene_id of a permanent code: at most {largest}",
            )
            return Violation(path=path, code=_BAD_INFO, zh=zh, en=en)
        return None


def temporary_qrcode(*, scene: int | str, expire_seconds: int) -> CreateQRCode:
    """Make a QR code that ends after `expire_seconds`, up to 30 days (生成临时二维码)."""
    return CreateQRCode(
        action_name="QR_STR_SCENE" if isinstance(scene, str) else "QR_SCENE",
        action_info=_info(scene),
        expire_seconds=expire_seconds,
    )


def permanent_qrcode(*, scene: int | str) -> CreateQRCode:
    """Make a QR code that stays (生成永久二维码), up to 100 000 in an account; numbers up to 100 000."""
    return CreateQRCode(
        action_name="QR_LIMIT_STR_SCENE" if isinstance(scene, str) else "QR_LIMIT_SCENE",
        action_info=_info(scene),
    )


def _info(scene: int | str) -> ActionInfo:
    return ActionInfo(scene=Scene(scene_str=scene) if isinstance(scene, str) else Scene(scene_id=scene))


class ShowQRCode(Call[Download], kw_only=True, frozen=True):
    """Fetch the picture of a QR code (通过ticket换取二维码); a wrong ticket answers HTTP 404."""

    spec = Spec(
        "GET",
        "/cgi-bin/showqrcode",
        document="通过ticket换取二维码",
        accounts=VERIFIED_SERVICE | TEST,
        host=Host.MP,
        token=False,
        answer=Answer.BYTES,
    )
    ticket: str


class ShortKey(Acknowledged, kw_only=True, frozen=True):
    """A key of 15 characters."""

    short_key: str


class CreateShortKey(Call[ShortKey], kw_only=True, frozen=True):
    """Keep up to 4 KB of data under a short key (长信息转短链), for 30 days at most."""

    spec = Spec(
        "POST",
        "/cgi-bin/shorten/gen",
        document="长信息转短链",
        accounts=VERIFIED_SERVICE,
        repeat=Repeat.IF_NOT_SENT,
        errors=(44002, 47001, 47003, 9410010, 9410011),
    )
    long_data: Annotated[str, coded(invalid=9410010, missing=47003, max_bytes=facts.SHORTEN_DATA_BYTES)]
    expire_seconds: (
        Annotated[int, coded(invalid=9410011, ge=1, le=facts.SHORTEN_EXPIRE_SECONDS_MAX)] | None
    ) = None


class LongData(Acknowledged, kw_only=True, frozen=True):
    """What was kept; `expire_seconds` is what remains."""

    long_data: str
    create_time: int | None = None
    expire_seconds: int | None = None


class ReadShortKey(Call[LongData], kw_only=True, frozen=True):
    """Read the data behind a short key (短链转长信息)."""

    spec = Spec(
        "POST",
        "/cgi-bin/shorten/fetch",
        document="短链转长信息",
        accounts=VERIFIED_SERVICE,
        errors=(-1, 44002, 47001, 47003, 9410012),
    )
    short_key: Annotated[str, coded(invalid=9410012, missing=47003)]


class ShortUrl(Acknowledged, kw_only=True, frozen=True):
    """The short address."""

    short_url: str


class ShortenUrl(Call[ShortUrl], kw_only=True, frozen=True):
    """Turn a long address into a short one (长链接转短链接); retired in March 2021: use `create_short_key`."""

    spec = Spec(
        "POST",
        "/cgi-bin/shorturl",
        document="长链接转短链接",
        accounts=VERIFIED_SERVICE,
        repeat=Repeat.IF_NOT_SENT,
        errors=(45106,),
        status=Status.RETIRED,
    )
    long_url: str
    action: Literal["long2short"] = always("long2short")
