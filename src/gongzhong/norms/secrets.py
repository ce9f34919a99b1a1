"""Secrets in the versioned files of a program: those of its configuration, and values that look like some.

A finding names file and line, never the value. What only looks like a secret is doubtful in a file of tests. Values
that are plainly made up (`0123…`, one letter repeated, a word such as `password`) pass: examples may have them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from .finding import Finding, Pair, broken, doubtful
from .sources import Line, is_test
from .subject import Subject

FEWEST_LETTERS: Final = 8
"""Different letters of a real secret of 32 or more; a random one with fewer does not occur."""
SHORTEST_KNOWN: Final = 8
"""Shorter values of the configuration could stand anywhere by chance."""
MADE_UP: Final = re.compile(r"1234567|abcdefg|password|^(.{1,4})\1+$", re.I)
STAND_INS: Final = frozenset({"password", "passwd", "secret", "changeme", "example", "postgres", "xxx"})


class Shape(msgspec.Struct, frozen=True):
    """What a kind of secret looks like: group `value` of the pattern is the secret itself."""

    zh: str
    en: str
    pattern: re.Pattern[str]


def _named(names: str, value: str) -> re.Pattern[str]:
    """A value behind one of these names, as in Python, TOML, YAML, JSON and .env files."""
    return re.compile(
        rf"(?i:{names})[\"']?\s*[:=]\s*(?:Secret\()?[\"']?(?P<value>{value})(?![A-Za-z0-9+/_=-])"
    )


SHAPES: Final = (
    Shape("AppSecret", "an AppSecret", _named("secret", "[0-9a-f]{32}")),
    Shape(
        "AppSecret",
        "an AppSecret",
        re.compile(r"wx[0-9a-f]{16}[\"']?\s*,\s*[\"'](?P<value>[0-9a-f]{32})[\"']"),
    ),
    Shape("EncodingAESKey", "an EncodingAESKey", _named("aes_?key|encoding_?key", "[A-Za-z0-9]{43}")),
    Shape("主密钥", "a master key", _named("master_?key", "[A-Za-z0-9+/_-]{43}=")),
    Shape("网关的密钥", "a key of the gateway", re.compile(r"(?P<value>gzk_[0-9a-f]{8}_[A-Za-z0-9_-]{43})")),
    Shape(
        "私钥",
        "a private key",
        re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?P<value>\s*$|\\n)"),
    ),
    Shape("Token", "a Token", _named(r"gongzhong_(?:[a-z0-9_]+_)?token", "[A-Za-z0-9]{16,32}")),
    Shape(
        "数据库密码",
        "the password of a database",
        re.compile(
            r"(?:postgres(?:ql)?|rediss?|mysql)://[^:/@\s]*:(?P<value>[^@\s/{}$<>%*…]{6,})@(?!localhost|127\.|\[::1|example)"
        ),
    ),
)


def check_secrets(subject: Subject) -> list[Finding]:
    """One finding for each line that holds a secret."""
    known = _known(subject)
    found = []
    for source in subject.sources.tracked:
        testing = is_test(source.name)
        for line in source.lines():
            key = next((key for value, key in known.items() if value in line.text), None)
            if key is not None:
                names = f"配置里的 {key}", f"{key} of the configuration"
                found.append(_finding(broken, names, line, versioned=subject.sources.versioned))
            elif (shape := _shape_in(line)) is not None:
                made, names = doubtful if testing else broken, (shape.zh, shape.en)
                found.append(_finding(made, names, line, versioned=subject.sources.versioned))
    return found


def _finding(made: Callable[..., Finding], names: Pair, line: Line, *, versioned: bool) -> Finding:
    zh, en = names
    zh = f" {zh}" if zh[0].isascii() else zh
    return made(
        "protection",
        f"仓库的文件里有{zh}" if versioned else f"程序目录的文件里有{zh}",
        f"a versioned file holds {en}" if versioned else f"a file of the program holds {en}",
        "从文件和历史里去掉，在公众平台重置；用环境变量、*_FILE 或 systemd 凭据给出",
        "take it out of the file and the history, reset it in the console; give it by a variable, *_FILE or a "
        "credential of systemd",
        where=line.where,
    )


def _shape_in(line: Line) -> Shape | None:
    """What a line holds that looks like a secret."""
    for shape in SHAPES:
        for found in shape.pattern.finditer(line.text):
            if not _made_up(found["value"]):
                return shape
    return None


def _known(subject: Subject) -> dict[str, str]:
    """The secrets of the configuration, with the name of their setting; but for those that are made up."""
    found: dict[str, str] = {}
    for entry in subject.configuration.entries():
        if entry.setting.secret and entry.value:
            value = entry.value.reveal()
            if len(value) >= SHORTEST_KNOWN and "://" not in value and not _made_up(value):
                found[value] = entry.key
    return found


def _made_up(value: str) -> bool:
    if not value.strip():
        return False  # a private key's first line
    few = len(value) >= 32 and len(set(value)) < FEWEST_LETTERS
    return few or value.lower() in STAND_INS or MADE_UP.search(value) is not None
