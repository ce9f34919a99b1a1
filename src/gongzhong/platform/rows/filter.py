"""The filter language of the pages' tables, as the server understands it. docs/control-api.md describes it for people,
`web/src/ui/filter.ts` reads the same words for the page, and one table of cases tests both
(`web/test/filter_cases.json`).

    person:小明 kind:text -errcode:0 "two words"

Terms are separated by blanks. `word:value` asks for a value; a word that is not known, or stands alone, is searched in
everything that was written. Values of one word are alternatives, everything else must hold together. A leading `-`
turns a term round; double quotes keep blanks, with a backslash before a quote inside. Letter case does not matter, and
a full-width colon is as good as the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from ..traffic import Delivery, Exchange, Row, number_of
from .view import is_failure, state_of
from .words import Names, call_name

WORDS: Final = ("person", "kind", "errcode", "path", "fault", "ok", "has", "rid")
"""Words that ask for one property. Everything else is text."""

_TERM: Final = re.compile(
    r'(-?)(?:([a-z]+)[:：])?(?:"((?:[^"\\]|\\.)*)("?)|(\S*))', re.IGNORECASE | re.DOTALL
)
_SOLID: Final = re.compile(r"\S+")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_YES: Final = ("yes", "true", "1", "y", "是")


class Term(msgspec.Struct, frozen=True):
    """One condition. An empty `word` means text."""

    word: str
    value: str
    no: bool = msgspec.field(default=False, name="not")
    """Whether it must not hold."""


def parse(text: str) -> list[Term]:
    """The terms of a filter. Everything that can be typed is one; `person:` without a value says nothing yet."""
    terms: list[Term] = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        term, place = _term(text, place)
        if term.value:
            terms.append(term)
    return terms


def _term(text: str, place: int) -> tuple[Term, int]:
    """The term that begins at a place, and where it ends."""
    found = _TERM.match(text, place)
    assert found is not None
    minus, word, quoted, _, bare = found.groups()
    word = (word or "").lower()
    if word and word not in WORDS:
        # The colon belongs to the text, and a quotation mark inside is only a character.
        solid = _SOLID.match(text, place)
        assert solid is not None
        return Term("", text[place + len(minus) : solid.end()], bool(minus)), solid.end()
    if minus and not word and quoted is None and not bare:
        return Term("", minus), found.end()
    value = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
    return Term(word, value or "", bool(minus)), found.end()


Test = Callable[[Row], bool]


class Matcher:
    """Whether rows are what the terms of a filter ask for."""

    def __init__(self, terms: Iterable[Term], names: Names, appid: str = "") -> None:
        self._appid, self._names = appid, names
        alternatives: dict[str, list[Test]] = {}
        self._tests: list[Test] = []
        for term in terms:
            test = self._test(term)
            if term.no:
                self._tests.append(_turned(test))
            elif term.word:
                alternatives.setdefault(term.word, []).append(test)
            else:
                self._tests.append(test)
        self._tests += map(_either, alternatives.values())

    def __call__(self, row: Row) -> bool:
        if self._appid and row.appid not in ("", self._appid):
            return False
        return all(test(row) for test in self._tests)

    def _test(self, term: Term) -> Test:
        names, value = self._names, term.value.casefold()
        if not term.word:
            return lambda row: value in searchable(names, row)
        compare = _PROPERTIES[term.word]
        return lambda row: compare(names, row, value)


def _turned(test: Test) -> Test:
    return lambda row: not test(row)


def _either(tests: list[Test]) -> Test:
    return lambda row: any(test(row) for test in tests)


def _person(names: Names, row: Row, value: str) -> bool:
    openid = row.openid or ""
    name = row.person or (names.person(row.appid, openid) if openid else "")
    return value in (name.casefold(), openid.casefold())


def _kind(names: Names, row: Row, value: str) -> bool:
    title = row.title.casefold()
    return value in (row.kind, title, title.removeprefix("event:"))


def _errcode(names: Names, row: Row, value: str) -> bool:
    return isinstance(row, Exchange) and row.errcode is not None and str(row.errcode) == value


def _path(names: Names, row: Row, value: str) -> bool:
    return value in row.url.partition("?")[0].casefold()


def _fault(names: Names, row: Row, value: str) -> bool:
    return row.fault is not None and value in ("*", *_YES, str(row.fault))


def _ok(names: Names, row: Row, value: str) -> bool:
    return state_of(row) != "wait" and (value in _YES) is not is_failure(row)


def _has(names: Names, row: Row, value: str) -> bool:
    match value:
        case "fault":
            return row.fault is not None
        case "retry":
            return isinstance(row, Delivery) and len(row.attempts) > 1
        case "cause":
            return row.cause is not None
        case "reply":
            return isinstance(row, Delivery) and row.verdict is not None and row.verdict.kind == "replied"
        case "rid":
            return isinstance(row, Exchange) and row.rid is not None
    return False


def _rid(names: Names, row: Row, value: str) -> bool:
    return isinstance(row, Exchange) and value in (row.rid or "")


_PROPERTIES: Final[Mapping[str, Callable[[Names, Row, str], bool]]] = {
    "person": _person,
    "kind": _kind,
    "errcode": _errcode,
    "path": _path,
    "fault": _fault,
    "ok": _ok,
    "has": _has,
    "rid": _rid,
}


def searchable(names: Names, row: Row) -> str:
    """Everything in a row that a word may be searched in, in small letters."""
    texts: list[Any] = [f"#{number_of(row)}", row.title, row.person, row.openid, row.url]
    if row.openid:
        texts.append(names.person(row.appid, row.openid))
    if isinstance(row, Delivery):
        texts += [row.body, *(part for entry in row.attempts for part in _written(entry))]
    else:
        said = call_name(row.url.partition("?")[0], row.method) if row.kind == "api" else None
        texts += [row.rid, row.errcode, *((said.zh, said.en) if said else ()), *_written(row)]
    return "\n".join(_text(one) for one in texts if one).casefold()


def _written(entry: Exchange) -> tuple[Any, ...]:
    """What stands in an exchange, decrypted where it was encrypted."""
    sent = entry.request_body if entry.decrypted is None else entry.decrypted
    answered = entry.response_body if entry.response_decrypted is None else entry.response_decrypted
    return sent, answered, entry.verdict.zh, entry.verdict.en


def _text(value: Any) -> str:
    """A value as text: bytes as far as they are UTF-8, and the escapes of JSON as the characters that they mean."""
    if not isinstance(value, bytes):
        return str(value)
    text = value.decode("utf-8", "replace")
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "\\u" in text else text
