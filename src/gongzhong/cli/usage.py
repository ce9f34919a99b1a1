"""Usage errors of the command-line library in the user's language.

The library (cyclopts) has English texts only; what it found stands in the fields of its exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import chain
from typing import Literal, get_args, get_origin

from cyclopts import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from ..errors import GongzhongError

KINDS = {
    int: ("整数", "a whole number"),
    float: ("数字", "a number"),
    bool: ("true 或 false", "true or false"),
}


class Usage(GongzhongError):
    """The command line says something that the command cannot do."""


def usage_of(error: CycloptsError) -> Usage:
    """The same mistake with a sentence in each language and, where one is close, what was probably meant."""
    match error:
        case UnknownOptionError():
            word = error.token.keyword or error.token.value
            names = chain.from_iterable(one.names for one in error.argument_collection if one.parse)
            return _usage(f"没有选项 {word}", f"there is no option {word}", word, names)
        case UnknownCommandError():
            return _unknown_command(error)
        case MissingArgumentError():
            return _missing(error)
        case CoercionError():
            return _wrong_value(error)
        case RepeatArgumentError():
            word = error.token.keyword or error.token.value
            return Usage(f"{word} 给了不止一次", f"{word} is given more than once")
        case UnusedCliTokensError():
            words = " ".join(error.unused_tokens or ())
            if _commands(error):
                return _unknown_command(error)
            return Usage(f"多余的参数：{words}", f"there is too much: {words}", **_help(error))
    error.verbose = False
    return Usage(f"用法不对：{error}", f"wrong usage: {error}", **_help(error))


def _usage(zh: str, en: str, word: str, known: Iterable[str]) -> Usage:
    close = get_close_matches(word.partition("=")[0], list(known), n=1)
    if not close:
        return Usage(zh, en)
    return Usage(zh, en, fix_zh=f"是不是 {close[0]}？", fix_en=f"Did you mean {close[0]}?")


def _commands(error: CycloptsError) -> list[str]:
    return [name for name in error.app or () if not name.startswith("-")]


def _unknown_command(error: CycloptsError) -> Usage:
    word = next(iter(error.unused_tokens or ()), "")
    known = _commands(error)
    close = get_close_matches(word, known, n=1)
    if close:
        return _usage(f"没有命令 {word}", f"there is no command {word}", word, known)
    shown = " ".join(known)
    return Usage(
        f"没有命令 {word}",
        f"there is no command {word}",
        fix_zh=f"可用的命令：{shown}",
        fix_en=f"The commands are: {shown}",
    )


def _missing(error: MissingArgumentError) -> Usage:
    name = _name(error)
    if error.keyword:
        return Usage(f"{error.keyword} 后面缺少值", f"{error.keyword} needs a value", **_help(error))
    choices = _choices(error.argument.hint if error.argument else None)
    listed_zh = f"（{'、'.join(choices)}）" if choices else ""
    listed_en = f" ({', '.join(choices)})" if choices else ""
    return Usage(f"缺少参数 {name}{listed_zh}", f"{name}{listed_en} is missing", **_help(error))


def _wrong_value(error: CoercionError) -> Usage:
    token = error.token
    value = token.value if token else ""
    name = (token.keyword if token else None) or _name(error)
    choices = _choices(error.target_type) or _choices(error.argument.hint if error.argument else None)
    zh, en = f"{name} 的值不对：{value}", f"{name} has a wrong value: {value}"
    if choices:
        return Usage(zh, en, fix_zh=f"可以是 {'、'.join(choices)}", fix_en=f"It may be {', '.join(choices)}")
    kind = KINDS.get(error.target_type) if error.target_type else None
    if kind:
        return Usage(zh, en, fix_zh=f"要写{kind[0]}", fix_en=f"Write {kind[1]}")
    return Usage(zh, en, **_help(error))


def _name(error: CycloptsError) -> str:
    if error.argument is None:
        return ""
    name: str = error.argument.name
    positional = error.argument.index is not None
    return name.lstrip("-").upper() if positional else name


def _choices(hint: object) -> list[str]:
    if get_origin(hint) is Literal:
        return [str(value) for value in get_args(hint)]
    return [choice for part in get_args(hint) for choice in _choices(part)]


def _help(error: CycloptsError) -> dict[str, str]:
    command = " ".join(("gongzhong", *(error.command_chain or ()), "--help"))
    return {"fix_zh": f"用法见 {command}", "fix_en": f"See {command}"}


__all__ = ["Usage", "usage_of"]
