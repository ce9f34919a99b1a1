"""The one table of what is secret in text, and the function that every log, trace, export, page and error uses.

A value is hidden for one of two reasons:

* it stands behind a name that the table knows (`access_token`, `appsecret`, `jsapi_ticket`, `Authorization` …),
  in a query, a form, JSON (any spacing, any number of escapes), XML, a header, a setting or the repr of a Python
  object;
* it is a secret that this process holds (`account.live_secrets`), wherever it stands: an error page that repeats
  the bare token has no name beside it.

Signatures (`signature`, `msg_signature`, the JS-SDK's) are not hidden: they are one-way digests that go to
browsers, and whoever debugs a signature must see it. A replayed push is refused by its nonce.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Final
from urllib.parse import quote

from ..account import live_secrets

HIDDEN: Final = "***"

_ENDINGS: Final = (
    "secret",  # secret, appsecret, component_appsecret, client_secret, GONGZHONG_SECRET
    "token",  # token, access_token, component_access_token, authorizer_refresh_token, accessToken
    "ticket",  # ticket, jsapi_ticket, ComponentVerifyTicket; also a QR code's, which shares the name
    "(?:aes|session|api|app|private|access)[_-]?key",  # aes_key, EncodingAESKey, session_key, x-api-key
    "passw(?:or)?d",
)
"""A name is secret when it ends in one of these, in any case and with any prefix."""

_HEADERS: Final = ("(?:proxy-)?authorization", "(?:set-)?cookie")
"""Headers that are secret as a whole."""

_SHORTEST_CODE: Final = 8
"""A `code` is secret when it is long enough to be one of WeChat's: `"code": 404` is a number to read."""

_LONG: Final = 12
"""From this length on the first characters of a value may be shown, where `keep` asks for them."""

_PREFIX: Final = r"[A-Za-z0-9_.\-]{0,40}?"
_SECRET_NAME: Final = rf"(?:{_PREFIX}(?:{'|'.join(_ENDINGS)})|{'|'.join(_HEADERS)})"
_CODE_NAME: Final = r"(?:(?:25)*(?:3F|2[0267]|7B))?(?:js_|auth_|pre_auth_|authorization_)?code"
_START: Final = r"(?<![A-Za-z0-9_])"
_QUOTE: Final = r"(?:\\*[\"'`]|&quot;|&\#0*3[49];|%(?:25)*2[27])"
_COLON: Final = r"(?:\s*(?::|=>|=)\s*|%(?:25)*3[AD](?:%20|\+)?)"
_QUOTED: Final = r"(?:(?!(?P={0}))(?:\\.|[^\\]))"
_TOKEN: Final = r"(?:(?!%(?:25)*26)[^&\s\"'`\\<>;])"


def _compiled(name: str, least: int) -> re.Pattern[str]:
    """The pattern of one kind of name, whose values have at least `least` characters."""
    some = f"{{{least},}}"
    forms = (
        # "name": "value", 'name': b'value', name="value", \"name\":\"value\", ('name', 'value')
        rf"(?P<h1>{_START}{name}{_QUOTE}?{_COLON}b?(?P<q1>{_QUOTE}))(?P<v1>{_QUOTED.format('q1')}{some})",
        rf"(?P<h2>\(b?(?P<o2>{_QUOTE}){name}(?P=o2)\s*,\s*b?(?P<q2>{_QUOTE}))"
        rf"(?P<v2>{_QUOTED.format('q2')}{some})(?=(?P=q2)\s*\))",
        # {"name": "access_token", "value": "…"} of HAR files, <input name="…" value="…"> of forms
        rf"(?P<h3>\bname{_QUOTE}?{_COLON}(?P<o3>{_QUOTE}){name}(?P=o3)\s*,?\s*{_QUOTE}?value{_QUOTE}?{_COLON}"
        rf"(?P<q3>{_QUOTE}))(?P<v3>{_QUOTED.format('q3')}{some})",
        # a field of multipart/form-data
        rf"(?P<h4>\bname=\"?{name}\"?(?:\r?\n[^\r\n]{{1,300}}){{0,8}}\r?\n\r?\n)(?P<v4>[^\r\n]{some})",
        # <Name>value</Name>, <Name><![CDATA[value]]></Name>
        rf"(?P<h5><{name}(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?)(?P<v5>(?!<)(?:(?!\]\]>)[^<]){some})",
        # name=value in a query or a form, percent-encoded once or more often, too
        rf"(?P<h6>{_START}{name}(?:=|%(?:25)*3D))(?P<v6>{_TOKEN}{some})",
        # "name": 123456
        rf"(?P<h7>{_START}{name}{_QUOTE}\s*:\s*)(?P<v7>\d{{6,}})" if least == 1 else "",
        # name: value, where the value looks like one
        rf"(?P<h8>{_START}{name}\s*:\s*)(?P<v8>[A-Za-z0-9_\-+/=.%]{{16,}})",
    )
    return re.compile("|".join(filter(None, forms)), re.IGNORECASE | re.DOTALL)


class _Named:
    """The pattern of one kind of name, tried only where such a name ends: searching a whole text for it is slow.

    In every form a name is followed by a blank, a quote, a colon, an equals sign, a `>` or one of these encoded. So
    each run of name characters with one of them behind is looked at once; only where it ends as a name does, the
    pattern is tried at the places before it where a form can begin.
    """

    _NEAR: Final = 64
    """Characters before the end of a run, and before its beginning, in which a form can begin."""

    def __init__(self, pattern: re.Pattern[str], endings: tuple[str, ...]) -> None:
        self._pattern, self._endings = pattern, endings
        self._run = re.compile(r"(?<![A-Za-z0-9_.\-])[A-Za-z0-9_.\-]++(?=[\s\"'`\\&%:=>])", re.IGNORECASE)
        self._inside = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z0-9_.\-]", re.IGNORECASE)
        self._before = re.compile(r"[(<]|(?<![A-Za-z0-9_])name", re.IGNORECASE)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """As of a pattern: what is found does not overlap."""
        free = 0
        for run in self._run.finditer(text):
            begin, end = run.span()
            if end <= free or not text[max(begin, end - self._NEAR) : end].casefold().endswith(self._endings):
                continue
            found = self._at(text, free, begin, end)
            if found is not None:
                free = found.end()
                yield found

    def sub(self, shown: Callable[[re.Match[str]], str], text: str) -> str:
        """As of a pattern."""
        parts: list[str] = []
        done = 0
        for found in self.finditer(text):
            parts += text[done : found.start()], shown(found)
            done = found.end()
        return "".join((*parts, text[done:])) if parts else text

    def _at(self, text: str, free: int, begin: int, end: int) -> re.Match[str] | None:
        for place in self._before.finditer(text, max(free, begin - self._NEAR), begin):
            found = self._pattern.match(text, place.start())
            if found is not None:
                return found
        for place in self._inside.finditer(text, max(free, begin, end - self._NEAR), end):
            found = self._pattern.match(text, place.start())
            if found is not None:
                return found
        return None


_SECRET_ENDS: Final = ("secret", "token", "ticket", "key", "passwd", "password", "authorization", "cookie")
_WORDS: Final = ("secret", "token", "ticket", "key", "passw", "authorization", "cookie", "code")
"""A part of every name that the table knows: a text without one is not searched for the names, which is slow."""


# The patterns are compiled when the first text is masked: together they would be a tenth of the time that importing
# this package takes.


@cache
def _every_pattern() -> tuple[re.Pattern[str] | _Named, ...]:
    private_key = re.compile(
        r"(?P<h1>-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)(?P<v1>.+?)(?=-----END|\Z)", re.DOTALL
    )
    header_line = re.compile(
        rf"(?P<h1>{_START}(?:{'|'.join(_HEADERS)})\s*:\s*)(?P<v1>[^\s\"'\\][^\r\n\"'\\]*)", re.IGNORECASE
    )
    return (private_key, header_line, *_named(), *_nameless())


@cache
def _named() -> tuple[_Named, ...]:
    return (
        _Named(_compiled(_SECRET_NAME, 1), _SECRET_ENDS),
        _Named(_compiled(_CODE_NAME, _SHORTEST_CODE), ("code",)),
    )


@cache
def _nameless() -> tuple[re.Pattern[str], ...]:
    """What shows that it is a secret by itself: a scheme of Authorization, the password in an address."""
    return (
        re.compile(r"(?P<h1>\b(?:bearer|basic)\s+)(?P<v1>[A-Za-z0-9_\-+/=.]{8,})", re.IGNORECASE),
        re.compile(
            r"(?P<h1>\b[a-z][a-z0-9+.\-]{1,20}://[^\s/:@\"'<>]{0,200}:)(?P<v1>[^\s/@\"'<>]+)(?=@)",
            re.IGNORECASE,
        ),
    )


@cache
def _word() -> re.Pattern[str]:
    return re.compile("|".join(_WORDS), re.IGNORECASE)


@cache
def _name() -> re.Pattern[str]:
    return re.compile(rf"(?:{_SECRET_NAME}|{_CODE_NAME})\Z", re.IGNORECASE)


def _patterns_for(text: str) -> tuple[re.Pattern[str] | _Named, ...]:
    return _every_pattern() if _word().search(text) else _nameless()


def masked(text: str, known: Iterable[str] = (), *, keep: int = 0) -> str:
    """The text without any secret value.

    `known` are further values to hide wherever they stand. The first `keep` characters of a long value stay,
    followed by `…`, so that a reader can tell one token from the next.
    """
    for value in _by_length([*known, *live_secrets()]):
        if value in text:
            text = text.replace(value, _shown(value, keep))

    def hide(found: re.Match[str]) -> str:
        parts = found.groupdict()
        place = next(key[1:] for key, value in parts.items() if key[0] == "v" and value is not None)
        return f"{parts['h' + place]}{_shown(parts['v' + place], keep)}"

    for pattern in _patterns_for(text):
        text = pattern.sub(hide, text)
    return text


def masked_headers(headers: Mapping[str, str], known: Iterable[str] = (), *, keep: int = 0) -> dict[str, str]:
    """Headers with the values of secret ones hidden, and what is secret inside the others (`Location`, `Referer`)."""
    known = tuple(known)
    return {
        name: _shown(value, keep) if secret_name(name) else masked(value, known, keep=keep)
        for name, value in headers.items()
    }


def secret_name(name: str) -> bool:
    """Whether what stands under this name (a field, a header, a parameter) is a secret."""
    return _name().match(name) is not None


def secret_values(text: str) -> set[str]:
    """The secret values that stand behind names in a text: to hide them where no name stands beside them."""
    found: set[str] = set()
    for pattern in _patterns_for(text):
        for match in pattern.finditer(text):
            found.update(value for key, value in match.groupdict().items() if key[0] == "v" and value)
    return {value for value in found if len(value) >= _LONG and HIDDEN not in value}


def _shown(value: str, keep: int) -> str:
    if value == HIDDEN or value.endswith("…"):
        return value
    return f"{value[:keep]}…" if keep and len(value) >= _LONG else HIDDEN


def _by_length(values: Iterable[str]) -> list[str]:
    """Longest first, so that a value inside another one does not leave the rest; with their percent-encoded forms."""
    every = {value for value in values if value}
    every |= {quote(value, safe="") for value in every}
    return sorted(every, key=len, reverse=True)
