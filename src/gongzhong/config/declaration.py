"""What the declaration of a setting can say, and how the structs of `settings.py` become a list of settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from ..account import PREFIX, Secret
from ..errors import Language

LISTED = "account"
"""The one table that may stand several times in a file: `[[account]]`."""


@dataclass(frozen=True, slots=True)
class About:
    """What stands in `Annotated[…, About(…)]` beside the type: what the setting is for and its variable.

    `variable` is the name without `GONGZHONG_`; in an account it follows the account's own prefix. A setting whose
    type is `Secret` can also be given as `NAME_file` or `GONGZHONG_NAME_FILE`, the path of a file that holds it.
    """

    zh: str
    en: str
    variable: str = ""

    def text(self, lang: Language) -> str:
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: the table that it stands in (empty: the top of the file), its name, its type with its bounds."""

    table: str
    name: str
    type: Any
    about: About
    default: Any

    @property
    def key(self) -> str:
        """`serve.port`; `account.secret` for every account."""
        return f"{self.table}.{self.name}" if self.table else self.name

    @property
    def secret(self) -> bool:
        return Secret in _alternatives(self.type)

    @property
    def optional(self) -> bool:
        """Whether leaving it out means none."""
        return NoneType in _alternatives(self.type)

    @property
    def is_list(self) -> bool:
        return any(get_origin(one) is tuple for one in _alternatives(self.type))

    @property
    def choices(self) -> tuple[str, ...]:
        """All allowed values of a setting that is one of several words."""
        return next((get_args(one) for one in _alternatives(self.type) if get_origin(one) is Literal), ())

    def variable(self, prefix: str = PREFIX) -> str:
        """Its environment variable; empty if it has none."""
        return prefix + self.about.variable if self.about.variable else ""


def every_setting(root: type[msgspec.Struct]) -> Iterator[Setting]:
    """All settings of a struct and of the structs in it, in the order of the declaration."""
    for table, struct in tables(root).items():
        yield from _settings_of(table, struct)


def tables(root: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct]]:
    """The struct of each table by its name, that of the top of the file with an empty one first."""
    found = {"": root}
    for name, hint in get_type_hints(root).items():
        struct = get_args(hint)[0] if get_origin(hint) is tuple else hint
        if _is_struct(struct):
            found[name] = struct
    return found


def _settings_of(table: str, struct: type[msgspec.Struct]) -> Iterator[Setting]:
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        hint = hints[field.name]
        about = next((one for one in get_args(hint)[1:] if isinstance(one, About)), None)
        if get_origin(hint) is Annotated and about is not None:
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            yield Setting(table, field.name, hint, about, default)


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def _alternatives(hint: Any) -> tuple[Any, ...]:
    """The members of a union, each without what is annotated to it."""
    if get_origin(hint) is Annotated:
        return _alternatives(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return tuple(inner for one in get_args(hint) for inner in _alternatives(one))
    return (hint,)


def allowed(setting: Setting) -> tuple[str, str]:
    """What a value must be, with its bounds, in words of both languages: for the reference and for errors."""
    found = [_words(one) for one in _parts(setting.type)]
    return " 或 ".join(zh for zh, _ in found), " or ".join(en for _, en in found)


def _parts(hint: Any, bounds: tuple[Meta, ...] = ()) -> Iterator[tuple[Any, tuple[Meta, ...]]]:
    """The members of a union, each with the bounds that are annotated to it; None is left out."""
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        yield from _parts(inner, (*bounds, *(one for one in notes if isinstance(one, Meta))))
    elif get_origin(hint) in (Union, UnionType):
        for one in get_args(hint):
            yield from _parts(one, bounds)
    elif hint is not NoneType:
        yield hint, bounds


def _words(part: tuple[Any, tuple[Meta, ...]]) -> tuple[str, str]:
    kind, bounds = part
    if get_origin(kind) is Literal:
        words = get_args(kind)
        return " 或 ".join(words), " or ".join(words)
    zh, en = _KINDS[get_origin(kind) or kind]
    for meta in bounds:
        if meta.pattern:
            zh, en = f"{zh}（{meta.pattern}）", f"{en} ({meta.pattern})"
        elif meta.min_length and meta.max_length:
            length = f"{meta.min_length}–{meta.max_length}"
            zh, en = f"{zh}（{length} 字）", f"{en} ({length} characters)"
        elif range_ := _range(meta):
            zh, en = f"{zh}（{range_}）", f"{en} ({range_})"
    return zh, en


def _range(meta: Meta) -> str:
    low = f"≥ {meta.ge}" if meta.ge is not None else f"> {meta.gt}" if meta.gt is not None else ""
    high = f"≤ {meta.le}" if meta.le is not None else f"< {meta.lt:g}" if meta.lt is not None else ""
    return ", ".join(filter(None, (low, high)))


_KINDS = {
    str: ("文字", "a text"),
    Secret: ("文字（密钥）", "a text (secret)"),
    int: ("整数", "a whole number"),
    float: ("数字", "a number"),
    bool: ("true 或 false", "true or false"),
    Path: ("路径", "a path"),
    tuple: ("文字的列表", "a list of texts"),
}
