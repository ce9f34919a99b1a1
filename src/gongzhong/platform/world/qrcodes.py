"""QR codes with a scene (生成带参数的二维码), and the short keys beside them."""

from __future__ import annotations

import io

import msgspec
import segno
from PIL import Image

from . import pictures
from .ids import LETTERS_AND_DIGITS, SHORT_KEY_LENGTH
from .refusal import Refusal, require
from .world import AccountState, World

CODE_URL = "http://weixin.qq.com/q/"
IMAGE_SIZE = 430


class QrCode(msgspec.Struct, frozen=True):
    ticket: str
    appid: str
    url: str
    scene_id: int | None
    scene_str: str | None
    expires_at: float | None

    @property
    def scene(self) -> str:
        """The scene as it stands in EventKey: decimal digits, or the text."""
        return self.scene_str if self.scene_str is not None else str(self.scene_id)


def create(world: World, account: AccountState, scene: int | str, lifetime_s: int | None) -> QrCode:
    """Make a code for a scene; without `lifetime_s` a permanent one.

    A permanent scene that is asked for again gives the same code.
    """
    number = scene if isinstance(scene, int) else None
    text = scene if isinstance(scene, str) else None
    if lifetime_s is None:
        existing = world.db.one(
            "SELECT * FROM qrcode WHERE appid = ? AND expires_at IS NULL AND scene_id IS ? AND scene_str IS ?",
            account.appid,
            number,
            text,
        )
        if existing is not None:
            return QrCode(**dict(existing))
        count = world.db.value(
            "SELECT count(*) FROM qrcode WHERE appid = ? AND expires_at IS NULL", account.appid
        )
        require(count < world.rules.permanent_qr_codes, 45029)
    code = QrCode(
        ticket=world.ids.qr_ticket(),
        appid=account.appid,
        url=CODE_URL + world.ids.fresh(22, LETTERS_AND_DIGITS),
        scene_id=number,
        scene_str=text,
        expires_at=None if lifetime_s is None else world.now() + lifetime_s,
    )
    world.db.run("INSERT INTO qrcode VALUES (?, ?, ?, ?, ?, ?)", *msgspec.structs.astuple(code))
    return code


def find(world: World, *, ticket: str = "", url: str = "") -> QrCode | None:
    """The code behind a ticket or behind the text inside the picture; None when unknown or expired."""
    row = world.db.one("SELECT * FROM qrcode WHERE ticket = ? OR url = ?", ticket, url)
    if row is None:
        return None
    code = QrCode(**dict(row))
    return code if code.expires_at is None or code.expires_at > world.now() else None


def of_account(world: World, appid: str) -> list[QrCode]:
    rows = world.db.all(
        "SELECT * FROM qrcode WHERE appid = ? AND (expires_at IS NULL OR expires_at > ?)", appid, world.now()
    )
    return [QrCode(**dict(row)) for row in rows]


def picture(text: str) -> bytes:
    """The code as a JPEG of WeChat's size."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=8, border=2)
    result = io.BytesIO()
    code = pictures.opened(drawn.getvalue())
    assert code is not None
    code.convert("RGB").resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.NEAREST).save(
        result, "JPEG", quality=90
    )
    return result.getvalue()


def shorten(world: World, account: AccountState, long_data: str, lifetime_s: int) -> str:
    """A key of 15 characters for any text (短key托管)."""
    key = world.ids.fresh(SHORT_KEY_LENGTH, LETTERS_AND_DIGITS)
    world.db.run(
        "INSERT INTO short_key VALUES (?, ?, ?, ?, ?)",
        key,
        account.appid,
        long_data,
        world.seconds(),
        world.now() + lifetime_s,
    )
    return key


def lengthen(world: World, account: AccountState, key: str) -> tuple[str, int, int]:
    """The text behind a key, when it was made, and the seconds it has left. Refuses with 9410012."""
    row = world.db.one(
        "SELECT long_data, created_at, expires_at FROM short_key WHERE key = ? AND appid = ?",
        key,
        account.appid,
    )
    if row is None or row["expires_at"] <= world.now():
        raise Refusal(9410012)
    return row["long_data"], row["created_at"], int(row["expires_at"] - world.now())
