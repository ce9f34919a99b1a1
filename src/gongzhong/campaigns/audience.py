"""Recipients from a file: CSV with a header, or JSONL, one recipient a line with an `openid` and variables.

Nothing is taken from a file with a mistake in it: each is named with its line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from .. import facts
from ..errors import SetupError

OPENID: Final = "openid"
MOST_MISTAKES: Final = 20
"""So many are told; the rest is counted."""


class Recipient(msgspec.Struct, frozen=True):
    """One recipient: their OpenID and the texts that the message names."""

    openid: str
    variables: dict[str, str]


def read_file(path: Path, needed: set[str]) -> list[Recipient]:
    """The recipients of a file; `needed` are the variables that each must have.

    Raises SetupError that names every line with a mistake: no OpenID, a variable missing, an OpenID that came before.
    """
    mistakes: list[tuple[int, str, str]] = []
    found: list[Recipient] = []
    first: dict[str, int] = {}
    for line, fields in _lines(path, mistakes):
        openid = fields.pop(OPENID, "")
        if not 0 < len(openid) <= facts.OPENID_LENGTH or not openid.isascii():
            mistakes.append((line, "没有 openid", "there is no openid"))
        elif openid in first:
            mistakes.append(
                (line, f"openid 与第 {first[openid]} 行重复", f"the openid stands in line {first[openid]}")
            )
        elif missing := sorted(needed - fields.keys()):
            mistakes.append(
                (line, f"缺少变量 {'、'.join(missing)}", f"without the variable {', '.join(missing)}")
            )
        else:
            first[openid] = line
            found.append(Recipient(openid, fields))
    if mistakes:
        raise _wrong(path, mistakes)
    if not found:
        raise SetupError(f"{path} 里没有收件人", f"{path} holds no recipients")
    return found


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
