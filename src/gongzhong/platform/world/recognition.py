"""What pictures and voices say (智能接口): what the test bed declares, and what can be found out honestly.

The platform has no eyes: a licence says what somebody taught it to say, by the file's SHA-256, by its address or by the
id of the voice. Codes are really read, crops and enlargements really made; everything else is "not found", as
WeChat says it.
"""

from __future__ import annotations

import hashlib
import io
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from PIL import Image

from ...catalogue import ai
from ...catalogue.ai import Corners, PictureCall, PictureSize, Point
from ...catalogue.model import Call
from ...reasons import in_words
from . import media, pictures, qrcodes
from .refusal import BadInput, Refusal, require
from .rendering import MEDIA_PATH
from .world import AccountState, World

SHOW_QR_CODE = "/cgi-bin/showqrcode"
BAD_ADDRESS, NOT_FOUND, BAD_PICTURE, NO_VOICE, BAD_RATIO = 101000, 101001, 101002, 40007, 47003

KINDS: dict[str, type[Call[Any]]] = {
    "idcard": ai.ReadIDCard,
    "bankcard": ai.ReadBankCard,
    "driving": ai.ReadVehicleLicence,
    "drivinglicense": ai.ReadDriverLicence,
    "bizlicense": ai.ReadBusinessLicence,
    "comm": ai.ReadPrintedText,
    "platenum": ai.ReadPlateNumber,
    "menu": ai.ReadMenu,
    "qrcode": ai.ReadCodes,
    "aicrop": ai.CropPicture,
    "voice": ai.QueryVoice,
    "translation": ai.Translate,
}
"""Kind of result → the call that answers it."""


class Seen(msgspec.Struct, frozen=True):
    """A picture that was handed in: what it can be known by, and the picture itself if its bytes are here."""

    keys: tuple[str, ...]
    picture: Image.Image | None

    @property
    def size(self) -> PictureSize | None:
        return None if self.picture is None else PictureSize(w=self.picture.width, h=self.picture.height)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def teach(world: World, kind: str, key: str, result: dict[str, Any]) -> None:
    """Say what is read from something from now on; `key` is a SHA-256, an address, a voice id or a text.

    Raises BadInput for an unknown kind, or for a result that is not of that kind.
    """
    if kind not in KINDS:
        raise BadInput(
            f"没有这种识别：{kind}；可用：{'、'.join(KINDS)}",
            f"no such kind: {kind}; there are {', '.join(KINDS)}",
        )
    try:
        msgspec.convert(result, KINDS[kind].returns, strict=False)
    except msgspec.ValidationError as problem:
        zh, en = in_words(problem)
        raise BadInput(f"{kind}：{zh}", f"{kind}: {en}") from None
    encoded = msgspec.json.encode(result).decode()
    world.db.run("INSERT OR REPLACE INTO recognised VALUES (?, ?, ?)", kind, key, encoded)


def taught(world: World, kind: str, keys: tuple[str, ...]) -> Any | None:
    """What somebody said is there, as the answer's own type; None when nobody did."""
    for key in keys:
        found = world.db.value("SELECT result FROM recognised WHERE kind = ? AND key = ?", kind, key)
        if found is not None:
            return msgspec.json.decode(found, type=KINDS[kind].returns, strict=False)
    return None


def look(world: World, call: PictureCall[Any]) -> Seen:
    """The picture of a call. Refuses with 101002 bytes that are no picture, or one of too many pixels."""
    keys = (call.img_url,) if call.img_url else ()
    content = call.img.content if call.img is not None else _fetched(world, call.img_url or "")
    if content is None:
        return Seen(keys, None)
    picture = pictures.opened(content)
    if picture is None:
        raise Refusal(BAD_PICTURE)
    return Seen((digest(content), *keys), picture)


def _fetched(world: World, url: str) -> bytes | None:
    """The bytes behind an address of this platform; nothing is fetched from elsewhere."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.path == SHOW_QR_CODE:
        code = qrcodes.find(world, ticket=parse_qs(parts.query).get("ticket", [""])[0])
        return None if code is None else qrcodes.picture(code.url)
    file = (
        media.serve(world, parts.path.removeprefix(MEDIA_PATH)) if parts.path.startswith(MEDIA_PATH) else None
    )
    return None if file is None else file.content


def document(world: World, kind: str, seen: Seen) -> Any:
    """What is written on a document; refuses with 101001 when nobody said, with 101000 an unknown address."""
    known = taught(world, kind, seen.keys)
    if known is None:
        require(seen.picture is not None, BAD_ADDRESS)
        raise Refusal(NOT_FOUND)
    return known


def printed(world: World, seen: Seen) -> ai.PrintedText:
    """Lines of text: those that were declared, else none."""
    known: ai.PrintedText | None = taught(world, "comm", seen.keys)
    if known is None:
        require(seen.picture is not None, BAD_ADDRESS)
    return known or ai.PrintedText(items=[], img_size=seen.size)


def codes(world: World, seen: Seen) -> ai.FoundCodes:
    """The codes in a picture: those that were declared, else what is really there."""
    known: ai.FoundCodes | None = taught(world, "qrcode", seen.keys)
    if known is not None:
        return known
    if seen.picture is None:
        raise Refusal(BAD_ADDRESS)
    found = [_found(code) for code in pictures.codes_in(seen.picture)]
    return ai.FoundCodes(code_results=found, img_size=seen.size)


def _found(code: pictures.Code) -> ai.FoundCode:
    if code.kind != "QR_CODE":
        return ai.FoundCode(type_name=code.kind, data=code.text)
    left_top, right_top, right_bottom, left_bottom = (Point(x=x, y=y) for x, y in code.corners)
    corners = Corners(
        left_top=left_top, right_top=right_top, right_bottom=right_bottom, left_bottom=left_bottom
    )
    return ai.FoundCode(type_name=code.kind, data=code.text, pos=corners)


def crops(world: World, seen: Seen, ratios: str | None) -> ai.Crops:
    """The largest part of each ratio around the middle; without ratios a square."""
    known: ai.Crops | None = taught(world, "aicrop", seen.keys)
    if known is not None:
        return known
    if seen.picture is None:
        raise Refusal(BAD_ADDRESS)
    width, height = seen.picture.size
    found = []
    for ratio in (float(text) for text in (ratios or "1").split(",")):
        require(ratio, BAD_RATIO)
        across = min(width, round(height * ratio))
        down = min(height, round(width / ratio))
        left, top = (width - across) // 2, (height - down) // 2
        found.append(ai.Crop(crop_left=left, crop_top=top, crop_right=left + across, crop_bottom=top + down))
    return ai.Crops(results=found, img_size=seen.size)


def enlarge(world: World, account: AccountState, seen: Seen) -> str:
    """Twice the size, kept as temporary media; its id. Refuses with 101002 what would become too large."""
    if seen.picture is None:
        raise Refusal(BAD_ADDRESS)
    require(4 * seen.picture.width * seen.picture.height <= pictures.MOST_PIXELS, BAD_PICTURE)
    larger = seen.picture.convert("RGB").resize((seen.picture.width * 2, seen.picture.height * 2))
    written = io.BytesIO()
    try:
        larger.save(written, "JPEG")
    except OSError:  # a size that JPEG cannot have
        raise Refusal(BAD_PICTURE) from None
    return media.keep(world, account, "image", written.getvalue()).media_id


def hear(world: World, account: AccountState, voice_id: str, lang: str, content: bytes) -> None:
    """Take in a voice; its words are ready some seconds later. The same id again starts anew."""
    world.db.run(
        "INSERT OR REPLACE INTO voice_task VALUES (?, ?, ?, ?, ?)",
        account.appid,
        voice_id,
        lang,
        digest(content),
        world.now() + world.rules.voice_recognition_s,
    )


def words(world: World, account: AccountState, voice_id: str) -> ai.VoiceText:
    """What a voice says, empty until it is ready; undeclared voices say that they are. Refuses with 40007."""
    row = world.db.one("SELECT * FROM voice_task WHERE appid = ? AND voice_id = ?", account.appid, voice_id)
    if row is None:
        raise Refusal(NO_VOICE)
    if row["ready_at"] > world.now():
        return ai.VoiceText(is_end=False)
    known: ai.VoiceText | None = taught(world, "voice", (voice_id, row["digest"]))
    return known or ai.VoiceText(result=f"[{row['lang']}] {row['digest'][:12]}", is_end=True)


def translate(world: World, call: ai.Translate) -> ai.Translation:
    """What was declared for this text, else the text marked with the language it should be in."""
    known: ai.Translation | None = taught(world, "translation", (call.content,))
    return known or ai.Translation(from_content=call.content, to_content=f"[{call.lto}] {call.content}")
