"""Who gets a campaign: the recipients of a file, all followers, the carriers of a tag.

A file is CSV with a header, or JSONL: one recipient a line with an `openid` and variables. Nothing is taken from a file
with a mistake in it: each is named with its line.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from .. import facts
from ..errors import SetupError

if TYPE_CHECKING:
    from ..client import AsyncClient

OPENID: Final = "openid"
MOST_MISTAKES: Final = 20
"""So many are told; the rest is counted."""


class Recipient(msgspec.Struct, frozen=True):
    """One recipient: their OpenID and the texts that the message names."""

    openid: str
    variables: dict[str, str]


def read_file(path: Path, needed: set[str]) -> list[Recipient]:
    """The recipients of a file; `needed` are the variables that each must have. Raises as `stream_file`."""
    return list(stream_file(path, needed))


def stream_file(path: Path, needed: set[str]) -> Iterator[Recipient]:
    """The same, one at a time, after the whole file was checked: memory stays small, whatever its length.

    Raises SetupError, before the first recipient, that names every line with a mistake: no OpenID, a variable missing,
    an OpenID that came before.
    """
    mistakes: list[tuple[int, str, str]] = []
    first: dict[int, int] = {}
    for line, fields in _lines(path, mistakes):
        if problem := _mistake(fields, needed, first, line):
            mistakes.append((line, *problem))
    if mistakes:
        raise _wrong(path, mistakes)
    if not first:
        raise SetupError(f"{path} 里没有收件人", f"{path} holds no recipients")
    return (Recipient(fields.pop(OPENID), fields) for _, fields in _lines(path, mistakes))


def _mistake(
    fields: dict[str, str], needed: set[str], first: dict[int, int], line: int
) -> tuple[str, str] | None:
    """What is wrong with a line, in Chinese and English. `first`: the digests of OpenIDs and their first lines."""
    openid = fields.get(OPENID, "")
    if not 0 < len(openid) <= facts.OPENID_LENGTH or not openid.isascii():
        return "没有 openid", "there is no openid"
    digest = int.from_bytes(blake2b(openid.encode(), digest_size=8).digest())
    if digest in first:
        return f"openid 与第 {first[digest]} 行重复", f"the openid stands in line {first[digest]}"
    if missing := sorted(needed - fields.keys()):
        return f"缺少变量 {'、'.join(missing)}", f"without the variable {', '.join(missing)}"
    first[digest] = line
    return None


async def followers(client: AsyncClient) -> AsyncIterator[Recipient]:
    """All followers (获取关注者列表), without variables."""
    async for openid in client.users.walk():
        yield Recipient(openid, {})


async def tagged(client: AsyncClient, tag: int) -> AsyncIterator[Recipient]:
    """The carriers of a tag (获取标签下关注者列表), without variables."""
    async for openid in client.tags.walk_users(tagid=tag):
        yield Recipient(openid, {})


def _lines(path: Path, mistakes: list[tuple[int, str, str]]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix.lower() in (".jsonl", ".ndjson"):
                yield from _json_lines(file, mistakes)
            else:
                reader = csv.DictReader(file, strict=True)
                if OPENID not in (reader.fieldnames or ()):
                    mistakes.append((1, "表头没有 openid 这一列", "the header has no column openid"))
                    return
                for row in reader:
                    yield (
                        reader.line_num,
                        {key: value for key, value in row.items() if key and value is not None},
                    )
    except OSError as problem:
        raise SetupError(
            f"读不了 {path}：{problem.strerror}", f"{path} cannot be read: {problem.strerror}"
        ) from None
    except UnicodeDecodeError:
        raise SetupError(f"{path} 不是 UTF-8", f"{path} is not UTF-8") from None
    except csv.Error as problem:
        raise SetupError(f"{path} 不是正确的 CSV", f"{path} is no correct CSV: {problem}") from None


def _json_lines(
    file: Iterator[str], mistakes: list[tuple[int, str, str]]
) -> Iterator[tuple[int, dict[str, str]]]:
    decoder = msgspec.json.Decoder(dict[str, str])
    for line, text in enumerate(file, 1):
        if not text.strip():
            continue
        try:
            yield line, decoder.decode(text)
        except msgspec.DecodeError:
            mistakes.append((line, "不是由文字组成的 JSON 对象", "this is no JSON object of texts"))


def _wrong(path: Path, mistakes: list[tuple[int, str, str]]) -> SetupError:
    told = sorted(mistakes)[:MOST_MISTAKES]
    more = len(mistakes) - len(told)
    zh = "；".join(f"第 {line} 行：{text}" for line, text, _ in told) + (f"；另有 {more} 处" if more else "")
    en = "; ".join(f"line {line}: {text}" for line, _, text in told) + (f"; and {more} more" if more else "")
    return SetupError(
        f"{path} 有错误，没有采用任何一行。{zh}",
        f"{path} has mistakes, no line of it was taken. {en}",
        fix_zh="改正这些行，再试一次",
        fix_en="mend these lines and try again",
    )
