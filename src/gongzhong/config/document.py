"""The TOML file: its tables, the line of each key, and the names in it that no setting has."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..errors import SetupError
from ..reasons import in_words
from .declaration import LISTED, every_setting, tables
from .given import Mistake
from .places import Place, lines_of
from .settings import Settings

LONGEST: Final = 1024 * 1024
"""Bytes that a configuration file may have."""


class Document:
    """What a file says, by table; an empty one when there is no file."""

    def __init__(self, file: Path | None, content: Mapping[str, Any], lines: Mapping[Place, int]) -> None:
        self.file, self._lines = file, lines
        self.folder = file.parent if file else Path()
        self._tables: dict[str, list[Mapping[str, Any]]] = {"": [{}]}
        self.mistakes: list[Mistake] = []
        for name, value in content.items():
            self._sort(name, value)
        self.mistakes += self._unknown_names()

    def table(self, name: str, number: int = 0) -> Mapping[str, Any]:
        """One table; empty if it is not there."""
        found = self._tables.get(name, [])
        return found[number] if number < len(found) else {}

    def repetitions(self, name: str) -> int:
        return len(self._tables.get(name, ()))

    def place(self, table: str, number: int, name: str) -> str:
        """Where a key stands: `gongzhong.toml:12`."""
        line = self._lines.get((table, number, name)) or self._lines.get((table, number, ""))
        return f"{self.file}:{line}" if line else str(self.file)

    def _sort(self, name: str, value: Any) -> None:
        known = tables(Settings)
        if name not in known:
            self._tables[""] = [{**self._tables[""][0], name: value}]
            return
        listed = value if isinstance(value, list) else [value]
        if (isinstance(value, list) and name != LISTED) or not all(isinstance(one, dict) for one in listed):
            form = f"[[{name}]]" if name == LISTED else f"[{name}]"
            self.mistakes.append(
                Mistake(
                    name,
                    self.place(name, 0, ""),
                    f"这是一张表，写成 {form}",
                    f"this is a table: write {form}",
                )
            )
            return
        self._tables[name] = listed

    def _unknown_names(self) -> Iterator[Mistake]:
        for table, found in self._tables.items():
            allowed = names_in(table)
            for number, content in enumerate(found):
                for name in content:
                    if name not in allowed:
                        yield self._unknown(table, number, name, allowed)

    def _unknown(self, table: str, number: int, name: str, allowed: tuple[str, ...]) -> Mistake:
        key = f"{table}.{name}" if table else name
        elsewhere = next((other for other in tables(Settings) if name in names_in(other)), None)
        near = get_close_matches(name, [*allowed, *(tables(Settings) if not table else ())], n=1)
        zh, en = "没有这个设置", "there is no such setting"
        if near:
            zh, en = f"{zh}，是不是 {near[0]}？", f"{en}; did you mean {near[0]}?"
        elif elsewhere == "":
            zh, en = f"{zh}：{name} 写在文件开头，第一个表之前", f"{en}: {name} stands before the first table"
        elif elsewhere is not None:
            zh, en = f"{zh}：{name} 属于 [{elsewhere}]", f"{en}: {name} belongs into [{elsewhere}]"
        else:
            zh, en = f"{zh}，可用：{'、'.join(allowed)}", f"{en}; there are: {', '.join(allowed)}"
        return Mistake(key, self.place(table, number, name), zh, en)


@cache
def names_in(table: str) -> tuple[str, ...]:
    """The names that may stand in a table; each secret has a second one for a file that holds it."""
    found: list[str] = []
    for setting in every_setting(Settings):
        if setting.table == table:
            found += [setting.name, f"{setting.name}_file"] if setting.secret else [setting.name]
    return tuple(found)


def read_document(file: Path | None) -> Document:
    """Raises SetupError for a file that is not there, cannot be read, is too long or no TOML."""
    if file is None:
        return Document(None, {}, {})
    try:
        with file.open("rb") as source:
            content = source.read(LONGEST + 1)
        if len(content) > LONGEST:
            raise SetupError(
                f"配置文件 {file} 超过 1 MB", f"the configuration file {file} is longer than 1 MB"
            )
        text = content.decode("utf-8")
        return Document(file, tomllib.loads(text), lines_of(text))
    except OSError as problem:
        zh, en = in_words(problem)
        raise SetupError(
            f"不能读取配置文件 {file}：{zh}", f"cannot read the configuration file {file}: {en}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        zh, en = in_words(problem)
        raise SetupError(f"配置文件 {file} 不是 TOML：{zh}", f"{file} is no TOML: {en}") from None
