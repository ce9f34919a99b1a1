"""What arrives with one HTTP request to the callback URL, in the shapes that servers and frameworks hand over.

Nothing in it is used before a signature matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, TypeAlias
from urllib.parse import unquote_plus

import msgspec

from ..errors import CallbackError

Query: TypeAlias = "Mapping[str, Any] | Iterable[tuple[str, Any]] | str | bytes | None"
"""A raw query string, or the parameters as a framework decoded them: a dict of texts or of lists, pairs, or a
multi-dict (Werkzeug, Django, Starlette, aiohttp). None means that there are none."""


class PushQuery(msgspec.Struct, frozen=True):
    """The parameters that WeChat puts on a callback URL; what is missing is an empty text.

    `openid` and `encrypt_type` are covered by no signature: they are here for logs and diagnosis.
    """

    signature: str = ""
    timestamp: str = ""
    nonce: str = ""
    openid: str = ""
    encrypt_type: str = ""
    msg_signature: str = ""
    echostr: str = ""

    def given(self) -> dict[str, str]:
        """The parameters that are there, to be sent on."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value}

    @classmethod
    def read(cls, source: Query) -> Self:
        """From a raw query string, with or without its `?`, or from a framework's parameters.

        Other parameters are ignored. Raises CallbackError if one of these is given twice or is no text, or if
        the source is none of these shapes.
        """
        if type(source) is bytes:
            source = source.decode("utf-8", "replace")
        if type(source) is str:
            usual_query = _USUAL.fullmatch(source)
            if usual_query is not None:
                return cls(*usual_query.groups(""))
            given: Mapping[str, Any] = _known(source)
        else:
            given = source if type(source) is dict else _collected(source)
        get = given.get
        values = (
            get("signature", ""),
            get("timestamp", ""),
            get("nonce", ""),
            get("openid", ""),
            get("encrypt_type", ""),
            get("msg_signature", ""),
            get("echostr", ""),
        )
        try:
            usual = "".join(values) or not given  # the quickest way to see that all of them are texts
        except TypeError:
            usual = False
        return cls(*values) if usual else cls(**_collected(given))


# As WeChat writes it, encrypted or not: nothing is escaped or given twice.
_USUAL = re.compile(
    r"signature=([0-9a-f]++)&timestamp=([0-9]++)&nonce=([0-9A-Za-z]++)&openid=([\w-]++)"
    r"(?:&encrypt_type=(aes|raw))?(?:&msg_signature=([0-9a-f]++))?",
    re.ASCII,
)
_NAMES = frozenset(PushQuery.__struct_fields__)


def _known(raw: str) -> dict[str, str]:
    """The parameters that we know, out of a raw query string."""
    raw = raw.removeprefix("?")
    found: dict[str, str] = {}
    escaped = "%" in raw or "+" in raw
    for part in raw.split("&"):
        name, _, value = part.partition("=")
        if escaped:
            name, value = unquote_plus(name), unquote_plus(value)
        if name in _NAMES:
            _add(found, name, value)
    return found


def _collected(source: Any) -> dict[str, str]:
    """The parameters that we know, out of anything but a text."""
    if isinstance(source, bytes | bytearray | memoryview):
        return _known(bytes(source).decode("utf-8", "replace"))
    found: dict[str, str] = {}
    if source is None:
        return found
    try:
        pairs = list(_mapped_pairs(source) if hasattr(source, "keys") else _listed_pairs(source))
    except (TypeError, ValueError, AttributeError, LookupError):
        kind = type(source).__name__[:40]
        raise CallbackError(
            f"读不懂 URL 参数（{kind}）：请传查询字符串或框架给出的参数字典",
            f"the query parameters cannot be read ({kind}): give the query string or the framework's parameters",
        ) from None
    for name, value in pairs:
        if name in _NAMES:
            _add(found, name, _text(name, value))
    return found


def _add(found: dict[str, str], name: str, value: str) -> None:
    if name in found:
        raise CallbackError(f"URL 参数 {name} 出现了两次", f"the query parameter {name} is given twice")
    found[name] = value


def _listed_pairs(source: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    for name, value in source:
        yield _name(name), value


def _mapped_pairs(source: Any) -> Iterator[tuple[Any, Any]]:
    """Of a dict or multi-dict; a parameter with several values comes several times."""
    every = getattr(source, "getlist", None) or getattr(source, "getall", None)
    for name in dict.fromkeys(source.keys()):
        value = every(name) if every is not None else source[name]
        if isinstance(value, list | tuple):
            yield from ((_name(name), one) for one in value)
        else:
            yield _name(name), value


def _name(name: Any) -> str:
    if isinstance(name, bytes):
        return name.decode("utf-8", "replace")
    return name if isinstance(name, str) else ""


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    kind = type(value).__name__[:40]
    raise CallbackError(
        f"URL 参数 {name} 应是文字，收到 {kind}", f"the query parameter {name} should be a text, not {kind}"
    )


def body_bytes(body: Any) -> bytes:
    """The body of a request in whatever shape a framework kept it. Raises CallbackError for what is no body."""
    if isinstance(body, bytes):
        return body
    if body is None:
        return b""
    if isinstance(body, bytearray | memoryview):
        return bytes(body)
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    kind = type(body).__name__[:40]
    raise CallbackError(
        f"请求体应是 bytes，收到 {kind}",
        f"the body should be bytes, not {kind}",
        fix_zh="把框架收到的原始请求体传进来，不要先解析",
        fix_en="give the raw body of the request, before the framework parses it",
    )
