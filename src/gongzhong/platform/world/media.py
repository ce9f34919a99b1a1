"""Files: what kind they really are, where they are kept, how long (素材管理).

An upload is judged by the extension of its file name, then by its first bytes. Temporary media live three days;
permanent ones until deleted, and the two kinds of id are not interchangeable.

A voice may last sixty seconds, told by its bytes: AMR has frames of 20 ms, WAV says its bytes per second, MP3 is
taken at the bit rate of its first frame. What can't be told (WMA, broken files) counts as short.
"""

from __future__ import annotations

import sqlite3
import struct
from typing import Final, Literal

import msgspec

from ... import facts
from ...catalogue.files import extension_of, recognise
from . import pictures
from .refusal import Refusal, require
from .world import AccountState, World

Kind = Literal["image", "voice", "video", "thumb"]
Source = Literal["api", "user", "jssdk", "config", "uploadimg"]
FOR_ARTICLES: Final = "uploadimg"
"""Source of a picture for the body of an article: kept, but no material."""
WRONG_TYPE, UNSUPPORTED, BAD_IMAGE_SIZE = 40005, 40113, 40009


class KindRule(msgspec.Struct, frozen=True):
    """What one kind of upload accepts, and the code for a file that is too large."""

    temporary: frozenset[str]
    permanent: frozenset[str]
    bytes: int
    too_large: int

    def formats(self, *, permanent: bool) -> frozenset[str]:
        """Extensions that are taken; `jpg` stands for `jpeg`, too."""
        return self.permanent if permanent else self.temporary


KINDS: dict[str, KindRule] = {
    "image": KindRule(
        frozenset({"png", "jpg", "gif"}), frozenset({"bmp", "png", "jpg", "gif"}), facts.IMAGE_BYTES, 40009
    ),
    "voice": KindRule(
        frozenset({"amr", "mp3"}), frozenset({"mp3", "wma", "wav", "amr"}), facts.VOICE_BYTES, 40010
    ),
    "video": KindRule(frozenset({"mp4"}), frozenset({"mp4"}), facts.VIDEO_BYTES, 40011),
    "thumb": KindRule(frozenset({"jpg"}), frozenset({"jpg"}), facts.THUMB_BYTES, 40012),
}
ARTICLE_IMAGE = KindRule(frozenset(), frozenset({"png", "jpg"}), facts.ARTICLE_IMAGE_BYTES, 40009)


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file with its bytes."""

    media_id: str
    appid: str
    kind: str
    permanent: bool
    source: str
    content: bytes
    content_type: str
    filename: str
    name: str
    """What it was called when it was uploaded."""
    title: str
    description: str
    created_at: int
    expires_at: float | None


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file without its bytes, as lists show it."""

    media_id: str
    kind: str
    name: str
    content_type: str
    created_at: int


def accept(kind: str, content: bytes, *, permanent: bool, name: str | None = None) -> tuple[str, str]:
    """Media type and extension, or the refusal WeChat gives: 40004 kind, 41005 nothing, 40005 or 40113 type, 4000x
    size, 45007 a voice that plays too long.

    `name` is the file name of an upload, which WeChat judges before it looks at the content; None for files that come
    without one.
    """
    rule = KINDS.get(kind)
    if rule is None:
        raise Refusal(40004)
    if name is not None:
        judge_name(rule, name, permanent=permanent, code=UNSUPPORTED if permanent else WRONG_TYPE)
    accepted = accept_by(rule, content, permanent=permanent)
    if kind == "voice":
        require((voice_seconds(content) or 0) <= facts.VOICE_SECONDS, 45007)
    return accepted


def judge_name(rule: KindRule, name: str, *, permanent: bool, code: int = WRONG_TYPE) -> None:
    """Refuse a file name whose extension is missing or not one of the kind (developers' reports)."""
    require(extension_of(name) in rule.formats(permanent=permanent), code)


def accept_by(rule: KindRule, content: bytes, *, permanent: bool) -> tuple[str, str]:
    """The same for one rule, by the content alone."""
    require(content, 41005)
    content_type, extension = recognise(content)
    require(extension in rule.formats(permanent=permanent), WRONG_TYPE)
    require(len(content) <= rule.bytes, rule.too_large)
    if content_type.startswith("image/"):
        require(not pictures.too_many_pixels(content), BAD_IMAGE_SIZE)
    return content_type, extension


def keep(
    world: World,
    account: AccountState,
    kind: str,
    content: bytes,
    *,
    source: Source = "api",
    permanent: bool = False,
    media_id: str = "",
    name: str = "",
    title: str = "",
    description: str = "",
) -> File:
    """Store a file that was accepted."""
    content_type, extension = recognise(content)
    media_id = media_id or world.ids.media_id()
    file = File(
        media_id=media_id,
        appid=account.appid,
        kind=kind,
        permanent=permanent,
        source=source,
        content=content,
        content_type=content_type,
        filename=f"{media_id}.{extension}" if extension else media_id,
        name=name,
        title=title,
        description=description,
        created_at=world.seconds(),
        expires_at=None if permanent else world.now() + world.rules.media_lifetime_s,
    )
    world.db.run(
        "INSERT OR REPLACE INTO media (media_id, appid, kind, permanent, source, content, content_type, filename, "
        "name, title, description, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *msgspec.structs.astuple(file),
    )
    return file


def _file(row: sqlite3.Row) -> File:
    values = dict(row)
    values["permanent"] = bool(values["permanent"])
    return File(**values)


def find(world: World, account: AccountState, media_id: str, *, permanent: bool | None = None) -> File:
    """A file of this account that has not expired; refuses with 40007. `permanent` None takes either kind."""
    row = world.db.one("SELECT * FROM media WHERE media_id = ? AND appid = ?", media_id, account.appid)
    if row is None:
        raise Refusal(40007)
    file = _file(row)
    require(permanent is None or file.permanent == permanent, 40007)
    require(file.source != FOR_ARTICLES, 40007)
    require(file.expires_at is None or file.expires_at > world.now(), 40007)
    return file


def newest(
    world: World, account: AccountState, kind: str = "", *, permanent: bool | None = None
) -> str | None:
    """The media_id of the account's newest file of a kind, of any kind when it is empty, that has not expired."""
    found: str | None = world.db.value(
        "SELECT media_id FROM media WHERE appid = ? AND ? IN ('', kind) AND permanent = coalesce(?, permanent) "
        "AND source <> ? AND coalesce(expires_at, ?) >= ? ORDER BY created_at DESC, rowid DESC LIMIT 1",
        account.appid,
        kind,
        permanent,
        FOR_ARTICLES,
        world.now(),
        world.now(),
    )
    return found


class Listed(Stored, frozen=True, kw_only=True):
    """A stored file with what a list of all of them shows besides: its number, its size, until when it is kept."""

    id: int
    permanent: bool
    bytes: int
    expires_at: float | None


def listing(
    world: World, account: AccountState, *, kind: str = "", before: int | None = None, limit: int = 100
) -> list[Listed]:
    """What the account uploaded, the latest first, from the file with the id `before` on; expired ones are gone."""
    rows = world.db.all(
        "SELECT rowid AS id, media_id, kind, name, content_type, created_at, permanent, length(content) AS bytes, "
        "expires_at FROM media WHERE appid = ?1 AND ?2 IN ('', kind) AND source <> 'user' "
        "AND (?3 IS NULL OR rowid < ?3) AND coalesce(expires_at, ?4 + 1) > ?4 ORDER BY rowid DESC LIMIT ?5",
        account.appid,
        kind,
        before,
        world.now(),
        limit,
    )
    return [Listed(**{**row, "permanent": bool(row["permanent"])}) for row in rows]


def named_in(world: World, account: AccountState, text: bytes) -> list[File]:
    """The account's own stored files whose media_id stands in a text."""
    rows = world.db.all(
        "SELECT * FROM media WHERE appid = ? AND source IN ('api', 'config') AND instr(?, media_id) ORDER BY media_id",
        account.appid,
        text.decode("utf-8", "replace"),
    )
    return [_file(row) for row in rows]


def serve(world: World, media_id: str) -> File | None:
    """The file with this media_id, of any account, to be shown on a page; None if there is none."""
    row = world.db.one("SELECT * FROM media WHERE media_id = ?", media_id)
    return None if row is None else _file(row)


def address(media_id: str, content_type: str) -> str:
    """Where WeChat's picture host shows a picture; nothing for other files and for no picture."""
    kind, _, form = content_type.partition("/")
    if kind != "image" or not media_id:
        return ""
    return f"http://mmbiz.qpic.cn/mmbiz_{form}/{media_id}/0?wx_fmt={form}"


def picture_address(world: World, media_id: str | None) -> str:
    """The same for a picture that is known by its id only."""
    found = world.db.value("SELECT content_type FROM media WHERE media_id = ?", media_id)
    return address(media_id or "", found or "")


FRAME_S: Final = 0.02
# Bytes of speech after the head of a frame, by mode; further modes carry none (RFC 4867).
AMR_FRAMES: Final = (12, 13, 15, 17, 19, 20, 26, 31, 5)
AMR_WB_FRAMES: Final = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5)
AMR_HEAD, AMR_WB_HEAD = b"#!AMR\n", b"#!AMR-WB\n"
# Kilobits per second of layer III, by index: MPEG 1, then MPEG 2 and 2.5.
MP3_KBPS: Final = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
LAYER_III, MPEG_1 = 0b01, 0b11


def voice_seconds(content: bytes) -> float | None:
    """The length of a voice, or None when its bytes do not tell."""
    if content.startswith(AMR_WB_HEAD):
        return _amr(content[len(AMR_WB_HEAD) :], AMR_WB_FRAMES)
    if content.startswith(AMR_HEAD):
        return _amr(content[len(AMR_HEAD) :], AMR_FRAMES)
    if content[8:12] == b"WAVE":
        return _wav(content)
    return _mp3(content)


def _amr(frames: bytes, sizes: tuple[int, ...]) -> float:
    count = position = 0
    while position < len(frames):
        mode = frames[position] >> 3 & 0b1111
        position += 1 + (sizes[mode] if mode < len(sizes) else 0)
        count += 1
    return count * FRAME_S


def _wav(content: bytes) -> float | None:
    rate, position = 0, 12
    while position + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, position)
        if name == b"fmt " and position + 20 <= len(content):
            (rate,) = struct.unpack_from("<I", content, position + 16)
        if name == b"data":
            return float(size / rate) if rate else None
        position += 8 + size + size % 2
    return None


def _mp3(content: bytes) -> float | None:
    position = 0
    if content.startswith(b"ID3") and len(content) > 10:
        # The length of the tag has seven bits to the byte.
        position = 10 + sum(byte << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=True))
    head = content[position : position + 3]
    if len(head) < 3 or head[0] != 0xFF or head[1] >> 5 != 0b111 or head[1] >> 1 & 0b11 != LAYER_III:
        return None
    table, index = MP3_KBPS[head[1] >> 3 & 0b11 != MPEG_1], head[2] >> 4
    if not 0 < index < len(table):
        return None
    return (len(content) - position) * 8 / (table[index] * 1_000)
