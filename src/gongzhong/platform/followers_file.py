"""Followers from a CSV file, as many as a large account has, without ever holding the file.

The first line names the columns; only `openid` is needed. A follower who is known already gets what the file says and
keeps the rest. A row that cannot be taken is reported with its line and left out; the others come in, so a mended file
can simply be imported again. A file that is damaged anywhere changes nothing: all of it is read before the first row is
stored.

    openid, person, subscribed, subscribe_time, subscribe_scene, scene, remark, tags, blacklisted, refuses

`tags` are names separated by `|`; `scene` is the scene of a QR code; `subscribe_time` is unix seconds or ISO 8601.
"""

from __future__ import annotations

import codecs
import csv
import datetime
import re
from collections.abc import Callable, Iterator
from typing import IO, Any

import msgspec

from .. import facts
from .world import followers, people, tags
from .world.refusal import BadInput, Refusal
from .world.world import CHINA, AccountState, World

BATCH = 5_000
"""Rows of one transaction."""
PIECE_BYTES = 64 * 1024
SHOWN_PROBLEMS = 20
LONGEST_ROW = 64 * 1024
SECONDS = re.compile(r"[0-9]{1,10}")
LAST_MOMENT = 9_999_999_999
"""WeChat writes times with ten digits."""
OPENID = re.compile(rf"[A-Za-z0-9_-]{{1,{facts.OPENID_LENGTH}}}")
YES, NO = frozenset({"1", "true", "yes", "是"}), frozenset({"0", "false", "no", "否"})
FROM_CODE = "ADD_SCENE_QR_CODE"
BYTE_ORDER_MARK = "\ufeff"


class Problem(msgspec.Struct, frozen=True):
    """A row that was left out; `line` counts from 1, the heading included; `column` is empty for a whole row."""

    line: int
    column: str
    zh: str
    en: str


class Report(msgspec.Struct):
    rows: int = 0
    added: int = 0
    changed: int = 0
    refused: int = 0
    problems: list[Problem] = []
    """The first of the refused."""


class Wrong(Exception):
    """One row cannot be taken, because of the value in `column`, or as a whole."""

    def __init__(self, column: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.column, self.zh, self.en = column, zh, en


def _remark(text: str) -> dict[str, Any]:
    if len(text) > facts.REMARK_LENGTH:
        raise Wrong(
            "remark",
            f"备注超过 {facts.REMARK_LENGTH} 个字符",
            f"a remark has at most {facts.REMARK_LENGTH} characters",
        )
    return {"remark": text}


def _flag(name: str) -> Callable[[str], dict[str, Any]]:
    def read(text: str) -> dict[str, Any]:
        word = text.lower()
        if word not in YES | NO:
            raise Wrong(name, f"{name} 只能是 1 或 0：{text[:40]}", f"{name} is 1 or 0, not {text[:40]}")
        return {name: int(word in YES)}

    return read


def _time(text: str) -> dict[str, Any]:
    wrong = Wrong(
        "subscribe_time",
        f"subscribe_time 不是时间：{text[:40]}",
        f"subscribe_time is not a time: {text[:40]}",
    )
    if SECONDS.fullmatch(text):
        return {"subscribe_time": int(text)}
    try:
        moment = datetime.datetime.fromisoformat(text)
        # A time without a zone is meant as WeChat's own pages show it.
        seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=CHINA)).timestamp())
    except (ValueError, OverflowError):
        raise wrong from None
    if not 0 <= seconds <= LAST_MOMENT:
        raise wrong
    return {"subscribe_time": seconds}


def _scene(text: str) -> dict[str, Any]:
    is_number = text.isascii() and text.isdecimal() and len(text) <= 9
    return {
        "subscribe_scene": FROM_CODE,
        "qr_scene": int(text) if is_number else 0,
        "qr_scene_str": "" if is_number else text,
    }


READERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "person": lambda text: {"person": text},
    "subscribed": _flag("subscribed"),
    "subscribe_time": _time,
    "scene": _scene,
    "subscribe_scene": lambda text: {"subscribe_scene": text},
    "remark": _remark,
    "blacklisted": _flag("blacklisted"),
    "refuses": _flag("refuses"),
}
TAGS, SEPARATOR = "tags", "|"
COLUMNS = ("openid", *READERS, TAGS)


class Row(msgspec.Struct):
    line: int
    openid: str
    values: dict[str, Any]
    tags: list[str]


class Progress(msgspec.Struct, frozen=True):
    """How far an import is: `rows` of `of` are taken; `of` is 0 while the file is still checked."""

    running: bool = False
    rows: int = 0
    of: int = 0


class FollowersFile:
    """A whole file to bring in: all of it is checked before the first row is stored.

    `steps` does the work, a short piece at a time, so that others can be served meanwhile; afterwards `report` says
    what came of it. Raises BadInput for a file that is damaged, with the line; nothing is stored then.
    """

    def __init__(self, world: World, account: AccountState, file: IO[bytes]) -> None:
        self._world, self._account, self._file = world, account, file
        self.report = Report(problems=[])

    def steps(self) -> Iterator[Progress]:
        checking = Import(self._world, self._account, storing=False)
        for piece in self._pieces():
            checking.feed(piece)
            yield Progress(True, checking.report.rows)
        rows = checking.finish().rows
        storing = Import(self._world, self._account)
        for piece in self._pieces():
            storing.feed(piece)
            yield Progress(True, storing.report.rows, rows)
        self.report = storing.finish()

    def _pieces(self) -> Iterator[bytes]:
        self._file.seek(0)
        return iter(lambda: self._file.read(PIECE_BYTES), b"")


class Import:
    """Takes the bytes of one file as they come: `feed`, `feed`, …, `finish`.

    Without `storing` it only finds out whether the file can be read.
    """

    def __init__(self, world: World, account: AccountState, *, storing: bool = True) -> None:
        self._storing = storing
        self._world, self._account = world, account
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._columns: list[str] = []
        self._line = 0
        self._batch: list[Row] = []
        self._tags: dict[str, int] = {name: id for id, name, _ in tags.listing(world, account)}
        self._now = world.seconds()
        self.report = Report(problems=[])

    def feed(self, piece: bytes) -> None:
        """Take the next bytes. Raises BadInput when they can't be CSV in UTF-8 with our columns."""
        try:
            text = self._decoder.decode(piece)
        except UnicodeDecodeError:
            line = self._line + self._text.count("\n") + 1
            raise BadInput(
                f"文件不是 UTF-8 编码（第 {line} 行之后）", f"the file is not in UTF-8 (after line {line})"
            ) from None
        self._text += text
        if "\0" in text:
            line = self._line + self._text[: self._text.index("\0")].count("\n") + 1
            raise BadInput(f"第 {line} 行含 U+0000，不是 CSV", f"line {line} holds U+0000: this is no CSV")
        whole, _, rest = self._text.rpartition("\n")
        # A line break between quotes belongs to a value.
        if whole and whole.count('"') % 2 == 0:
            self._text = rest
            self._take(whole.split("\n"))
        elif len(self._text) > LONGEST_ROW + len(piece):
            raise BadInput(
                f"第 {self._line + 1} 行起引号不成对", f"quotes do not match from line {self._line + 1} on"
            )

    def finish(self) -> Report:
        """Take what is left and say what came of it all. Raises BadInput for a file without a heading."""
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise BadInput("文件在一个字符中间断了", "the file ends within a character") from None
        if self._text.count('"') % 2:
            raise BadInput(
                f"第 {self._line + 1} 行起引号不成对", f"quotes do not match from line {self._line + 1} on"
            )
        if self._text.strip():
            self._take(self._text.split("\n"))
        if not self._columns:
            raise BadInput("文件是空的", "the file is empty")
        if self._storing:
            self._store()
        self.report.problems.sort(key=lambda problem: problem.line)
        return self.report

    def _take(self, lines: list[str]) -> None:
        for cells in self._rows(lines):
            self._line += 1
            if not self._columns:
                self._columns = _heading(cells)
            elif any(cells):
                self.report.rows += 1
                self._row(cells)
                if len(self._batch) >= BATCH:
                    self._store()

    def _rows(self, lines: list[str]) -> Iterator[list[str]]:
        try:
            yield from csv.reader(f"{line}\n" for line in lines)
        except csv.Error:
            raise BadInput(
                f"第 {self._line + 1} 行不是 CSV，或有一格超过 128 KB",
                f"line {self._line + 1} is no CSV, or has a cell of more than 128 KB",
            ) from None

    def _row(self, cells: list[str]) -> None:
        if not self._storing:
            return
        try:
            self._batch.append(self._read(cells))
        except Wrong as wrong:
            self._refuse(self._line, wrong)

    def _refuse(self, line: int, wrong: Wrong) -> None:
        self.report.refused += 1
        if len(self.report.problems) < SHOWN_PROBLEMS:
            self.report.problems.append(Problem(line, wrong.column, wrong.zh, wrong.en))

    def _read(self, cells: list[str]) -> Row:
        if len(cells) > len(self._columns):
            raise Wrong("", "这一行的列比表头多", "more cells than columns")
        found = {name: cell.strip() for name, cell in zip(self._columns, cells, strict=False) if cell.strip()}
        openid = found.pop("openid", "")
        if not OPENID.fullmatch(openid):
            raise Wrong("openid", f"openid 不合法：{openid[:40]!r}", f"not an OpenID: {openid[:40]!r}")
        carried = [name.strip() for name in found.pop(TAGS, "").split(SEPARATOR) if name.strip()]
        if len(carried) > self._world.rules.tags_per_user:
            raise Wrong(TAGS, f"标签太多（{len(carried)} 个）", f"too many tags ({len(carried)})")
        values: dict[str, Any] = {}
        for name, text in found.items():
            values |= READERS[name](text)
        return Row(self._line, openid, values, carried)

    def _store(self) -> None:
        """One transaction for a batch: between batches the platform answers others."""
        openids = [row.openid for row in self._batch]
        with followers.in_bulk(self._world, self._account, openids) as bulk:
            for row in self._batch:
                try:
                    self._store_row(row, bulk)
                except Wrong as wrong:
                    self._refuse(row.line, wrong)
        self._batch.clear()

    def _store_row(self, row: Row, bulk: followers.Bulk) -> None:
        # Rows that are checked against others, or change one, need to see what came before them.
        if "person" in row.values or row.openid in bulk.unwritten or self._account.kind == "test":
            bulk.write()
        id = bulk.known.get(row.openid)
        self._check(row, id)
        if id is None:
            id = bulk.add(row.openid, {"subscribed": 1, "subscribe_time": self._now, **row.values})
            self.report.added += 1
        else:
            if row.values:
                people.change_relation(self._world, id, **row.values)
            self.report.changed += 1
        for name in row.tags:
            bulk.tag(id, self._tags[name])

    def _check(self, row: Row, known: int | None) -> None:
        """What the world has to say about a row, before anything of it is stored."""
        world, account = self._world, self._account
        most = world.rules.test_account_followers
        if known is None and account.kind == "test" and people.follower_count(world, account) >= most:
            raise Wrong("", "测试号关注人数已满", "the test account has as many followers as it may have")
        if person := row.values.get("person"):
            if people.relation_id(world, account, person) not in (None, known):
                raise Wrong("person", f"{person} 已有另一个 openid", f"{person} has another OpenID already")
            people.ensure(world, person)
        for name in row.tags:
            if name not in self._tags:
                self._tags[name] = self._new_tag(name)

    def _new_tag(self, name: str) -> int:
        if len(name) > facts.TAG_NAME_LENGTH:
            raise Wrong(TAGS, f"标签名太长：{name[:40]}", f"the name of a tag is too long: {name[:40]}")
        try:
            return tags.create(self._world, self._account, name)
        except Refusal as refusal:
            raise Wrong(
                TAGS, f"不能建标签“{name}”（{refusal.code}）", f"no tag {name} ({refusal.code})"
            ) from None


def _heading(cells: list[str]) -> list[str]:
    """The columns. Raises BadInput that names those that are unknown, and all there are."""
    names = [cell.strip().removeprefix(BYTE_ORDER_MARK).lower() for cell in cells]
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "openid" not in names or len(set(names)) < len(names):
        wrong = "、".join(unknown) or "openid"
        raise BadInput(
            f"表头有误（{wrong}），可用的列：{', '.join(COLUMNS)}",
            f"mistake in the heading ({wrong}); columns are: {', '.join(COLUMNS)}",
        )
    return names
