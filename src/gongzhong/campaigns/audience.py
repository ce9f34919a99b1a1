"""Who gets a campaign: the recipients of a file, all followers, the carriers of a tag, a segment of people.

A file is CSV with a header, or JSONL: one recipient a line with an `openid` and variables. Nothing is taken from a file
with a mistake in it: each is named with its line.
"""

from __future__ import annotations

import csv
import operator
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .. import facts
from ..errors import SetupError
from ..people.audit import Audit

if TYPE_CHECKING:
    from ..client import AsyncClient
    from ..people import Vault
    from .tables import CampaignTables

OPENID: Final = "openid"
MOST_MISTAKES: Final = 20
"""So many are told; the rest is counted."""


class Recipient(msgspec.Struct, frozen=True):
    """One recipient: their OpenID and the texts that the message names."""

    openid: str
    variables: dict[str, str]
    recorded: bool = False
    """Whether the variables are copies of the person's recorded fields of these names: they go with them."""


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
    if missing := sorted(needed - (fields.keys() - {OPENID})):  # the openid is no variable
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


class Segment:
    """People of whom recorded fields say something: `city=杭州`, `visits>=3`, `tagid_list=2`, `remark~VIP`.

    Only fields can be asked that were stored with a declared purpose and, where it is needed, consent (docs/people.md);
    every use is noted in the audit trail. A list has a value (`=`) when it is among its elements; `~` is "contains".
    """

    def __init__(self, vault: Vault, tables: CampaignTables) -> None:
        self._vault, self._tables = vault, tables

    async def recipients(self, conditions: Sequence[str], needed: set[str]) -> AsyncIterator[Recipient]:
        """Those for whom all conditions hold and who have a value for each of `needed`, their variables.

        Raises SetupError for a condition that cannot be read.
        """
        wanted = [read_condition(text) for text in conditions]
        fields = sorted({one.field for one in wanted} | needed)
        found = after = 0
        while numbers := await self._vault.tables.people(self._vault.account, after, PAGE):
            values = await self._values(numbers, fields)
            after = numbers[-1]
            chosen = [
                number
                for number, known in values.items()
                if needed <= known.keys() and all(one.holds(known.get(one.field)) for one in wanted)
            ]
            for number, openid in zip(chosen, await self._vault.openids(chosen), strict=True):
                if openid is not None:
                    found += 1
                    copies = {name: _text(values[number][name]) for name in needed}
                    yield Recipient(openid, copies, recorded=True)
        await Audit(self._vault).append("segment", by="campaign", fields=fields, people=found)

    async def _values(self, numbers: Sequence[int], fields: Sequence[str]) -> dict[int, dict[str, Any]]:
        """The stored fields of these people."""
        rows = await self._tables.fields(self._vault.account, fields, numbers[0], numbers[-1])
        opened = await self._vault.unseal(rows)
        found: dict[int, dict[str, Any]] = {}
        for (number, field, _), value in zip(rows, opened, strict=True):
            if value is not None:
                found.setdefault(number, {})[field] = msgspec.json.decode(value)
        return found


class Condition(msgspec.Struct, frozen=True):
    """One condition of a segment."""

    field: str
    operator: str
    value: str

    def holds(self, stored: Any) -> bool:
        """Whether it holds for a stored value; never for people without one."""
        if stored is None:
            return False
        if self.operator in ORDERS:
            return _number(stored) is not None and ORDERS[self.operator](_number(stored), float(self.value))
        texts = [_text(one) for one in (stored if isinstance(stored, list) else [stored])]
        if self.operator == "~":
            return any(self.value in text for text in texts)
        return (self.value in texts) == (self.operator == "=")


ORDERS: Final[dict[str, Any]] = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
CONDITION: Final = re.compile(r"\s*([\w.-]+?)\s*(!=|>=|<=|=|>|<|~)\s*(.*?)\s*")
PAGE: Final = 1000
"""People looked at together."""


def read_condition(text: str) -> Condition:
    """Raises SetupError for a text that is no condition."""
    found = CONDITION.fullmatch(text)
    if found is None or (found[2] in ORDERS and _number(found[3]) is None):
        raise SetupError(
            f"看不懂条件 {text!r}",
            f"the condition {text!r} cannot be read",
            fix_zh="写法例如 city=杭州、visits>=3、remark~VIP",
            fix_en="write it like city=杭州, visits>=3 or remark~VIP",
        )
    return Condition(found[1], found[2], found[3])


def _text(value: Any) -> str:
    """A stored value as a person would write it."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


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
