"""WeChat's return codes (全局返回码), read from `return_codes.tsv` when somebody asks for the first time.

`en` is the errmsg that comes over the wire where WeChat publishes one, with its typos; `zh` a short
paraphrase.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal, cast

import msgspec

Category = Literal["ok", "retry", "refresh token", "quota", "permission", "parameter", "content"]


class ReturnCode(msgspec.Struct, frozen=True):
    """One row. `name` is derived from the English text, a convenience; empty fields are not published."""

    code: int
    name: str
    zh: str
    en: str
    category: Category

    def meaning(self, lang: str) -> str:
        """What it means in one language, else in the other."""
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)


def lookup(code: int) -> ReturnCode | None:
    """The row of a code, or None when WeChat's table does not have it."""
    return table().get(code)


@cache
def table() -> Mapping[int, ReturnCode]:
    """Every code that is known, by number."""
    rows = (
        ReturnCode(int(c), name, zh, en, cast(Category, k)) for c, name, zh, en, k in rows_of("return_codes")
    )
    return MappingProxyType({row.code: row for row in rows})


def rows_of(name: str) -> list[list[str]]:
    """The rows of one of this folder's tables, without its header."""
    from importlib import resources  # takes longer than all of the catalogue's smaller modules

    text = resources.files("gongzhong.catalogue").joinpath(f"{name}.tsv").read_text("utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]
