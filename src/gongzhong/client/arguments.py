"""Whether what a method is given fits its call: names, required parameters and types.

Limits (lengths, ranges) are not looked at here: `CallPolicy.check` does. Two forms are accepted besides the declared
ones: a file as a path, bytes or an open file where an `Upload` is wanted, and a plain text where an object with a
`value` is (the data of template messages and subscription notices).
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache, cached_property
from os import PathLike
from typing import Any, Final

import msgspec
from msgspec import inspect as shapes

from ..catalogue.files import NotAFile
from ..catalogue.model import Call, Upload
from ..errors import ArgumentError
from ..reasons import in_words

_WRONG_TYPE: Final = re.compile(
    r"Expected `[^`]+`, got `[^`]+`.*|Object missing required field .*", re.DOTALL
)
"""What msgspec says of a value of a wrong type. Its other sentences are about limits and options."""


class Arguments:
    """The parameters of one method, `name` as users write it (`template.send`)."""

    def __init__(self, name: str, make: Callable[..., Call[Any]]) -> None:
        self.name, self.make = name, make

    @cached_property
    def _hints(self) -> dict[str, Any]:
        """Type by parameter; without the limits that annotations carry."""
        return {n: hint for n, hint in typing.get_type_hints(self.make).items() if n in self._parameters}

    @cached_property
    def _parameters(self) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(self.make).parameters

    @cached_property
    def _simple(self) -> dict[str, type]:
        """Parameters that take one plain type: for these nothing needs to be asked."""
        return {name: kind for name, kind in self._hints.items() if kind in (str, int, bool)}

    def call(self, args: tuple[Any, ...], fields: dict[str, Any]) -> Call[Any]:
        """The call. Raises ArgumentError for arguments that cannot be meant."""
        simple = self._simple
        for name, value in fields.items():
            if type(value) is not simple.get(name, _ANY):
                fields[name] = self._fitting(name, value)
        try:
            return self.make(*args, **fields)
        except TypeError:
            if (mistake := self._mistake(args, fields)) is not None:
                raise mistake from None
            raise

    def _mistake(self, args: tuple[Any, ...], fields: Mapping[str, Any]) -> ArgumentError | None:
        """What is wrong with the names of the arguments."""
        required = [n for n, one in self._parameters.items() if one.default is one.empty]
        missing = [name for name in required if name not in fields]
        shown = ", ".join(f"{name}=…" for name in required or self._parameters)
        if args and all(one.kind is one.KEYWORD_ONLY for one in self._parameters.values()):
            return ArgumentError(
                f"{self.name} 的参数要写出名字",
                f"{self.name} takes its arguments by name",
                fix_zh=f"写成 {self.name}({shown})",
                fix_en=f"write {self.name}({shown})",
            )
        if missing and not args:
            return ArgumentError(
                f"{self.name} 缺少参数 {'、'.join(missing)}",
                f"{self.name} needs {', '.join(missing)}",
                fix_zh=f"写成 {self.name}({shown})",
                fix_en=f"write {self.name}({shown})",
            )
        return None

    def _fitting(self, name: str, value: Any) -> Any:
        """The value as the call takes it. Raises ArgumentError."""
        if name not in self._parameters:
            raise self._unknown(
                f"{self.name} 没有参数", f"{self.name} has no parameter", name, self._parameters
            )
        hint = self._hints.get(name, Any)
        if Upload in (hint, *typing.get_args(hint)):
            return self._file(name, value)
        value = _with_objects(hint, value)
        if isinstance(value, dict | list | tuple):
            for key, place, known in _misspelt(_shape(hint), value, name):
                zh, en = f"{self.name} 的 {place} 没有字段", f"{self.name}, {place}: there is no field"
                raise self._unknown(zh, en, key, known)
        try:
            msgspec.convert(value, hint, strict=False)
        except (msgspec.ValidationError, TypeError, RecursionError) as problem:
            if isinstance(problem, TypeError) or _WRONG_TYPE.fullmatch(str(problem)):
                raise self._wrong(name, problem) from None
        return value

    def _file(self, name: str, value: Any) -> Any:
        if isinstance(value, bytes | bytearray | memoryview | str | PathLike) or hasattr(value, "read"):
            try:
                return Upload.of(value)
            except OSError as problem:
                zh, en = in_words(problem)
                raise ArgumentError(
                    f"{self.name} 的 {name}：不能读取文件 {value}：{zh}",
                    f"{self.name}, {name}: cannot read the file {value}: {en}",
                ) from None
            except NotAFile as problem:
                raise ArgumentError(
                    f"{self.name} 的 {name}：{problem.zh}", f"{self.name}, {name}: {problem.en}"
                ) from None
        if value is None or isinstance(value, Upload):
            return value
        kind = type(value).__name__
        raise ArgumentError(
            f"{self.name} 的 {name} 要一个文件，而不是 {kind}",
            f"{self.name}: {name} takes a file, not {kind}",
            fix_zh="给出路径、bytes、以二进制打开的文件，或 Upload.of(…)",
            fix_en="give a path, bytes, a file opened in binary mode, or Upload.of(…)",
        )

    def _wrong(self, name: str, problem: Exception) -> ArgumentError:
        what, _, where = str(problem).partition(" - at `$")
        zh, en = in_words(type(problem)(what))
        place = name + where.rstrip("`")
        return ArgumentError(f"{self.name} 的 {place}：{zh}", f"{self.name}, {place}: {en}")

    def _unknown(self, zh: str, en: str, word: str, known: Iterable[str]) -> ArgumentError:
        names = list(known)
        close = get_close_matches(word, names, n=1)
        return ArgumentError(
            f"{zh} {word}",
            f"{en} {word}",
            fix_zh=f"是不是 {close[0]}？" if close else f"可用的有：{'、'.join(names)}",
            fix_en=f"did you mean {close[0]}?" if close else f"there are: {', '.join(names)}",
        )


_ANY: Final = object()


@cache
def _shape(hint: Any) -> shapes.Type:
    return shapes.type_info(hint)


def _with_objects(hint: Any, value: Any) -> Any:
    """A mapping of plain texts as one of objects `{"value": text}`, where those are declared."""
    if typing.get_origin(hint) is not dict or not isinstance(value, Mapping):
        return value
    inner = typing.get_args(hint)[1]
    if "value" not in getattr(inner, "__struct_fields__", ()):
        return value
    return {
        key: {"value": str(one)} if isinstance(one, str | int | float) and not isinstance(one, bool) else one
        for key, one in value.items()
    }


def _misspelt(node: shapes.Type, value: Any, place: str) -> Iterator[tuple[str, str, list[str]]]:
    """Keys of objects that are not declared, but nearly: (key, where it stands, the declared ones).

    Keys that are like none of the declared ones go out: WeChat may know them already.
    """
    if isinstance(node, shapes.UnionType):
        for one in node.types:
            if isinstance(one, shapes.StructType | shapes.ListType | shapes.DictType):
                yield from _misspelt(one, value, place)
    elif isinstance(node, shapes.StructType) and isinstance(value, dict):
        known = {one.encode_name: one.type for one in node.fields}
        for key, inner in value.items():
            if key in known:
                yield from _misspelt(known[key], inner, f"{place}.{key}")
            elif isinstance(key, str) and get_close_matches(key, [n for n in known if n not in value], n=1):
                yield key, place, list(known)
    elif isinstance(node, shapes.ListType) and isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _misspelt(node.item_type, inner, f"{place}[{index}]")
    elif isinstance(node, shapes.DictType) and isinstance(value, dict):
        for key, inner in value.items():
            yield from _misspelt(node.value_type, inner, f"{place}.{key}")
