"""What the query string of a callback says. Nothing in it is believed before a signature matches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self
from urllib.parse import unquote_plus

import msgspec

from ..errors import CallbackError


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

    @classmethod
    def read(cls, source: Mapping[str, str] | str | bytes) -> Self:
        """From a framework's query parameters, or from a raw query string. Other parameters are ignored.

        Raises CallbackError if a raw string gives one of these parameters twice.
        """
        if isinstance(source, bytes):
            source = source.decode("latin-1")
        given = (_known(source) if isinstance(source, str) else source).get
        return cls(
            given("signature", ""),
            given("timestamp", ""),
            given("nonce", ""),
            given("openid", ""),
            given("encrypt_type", ""),
            given("msg_signature", ""),
            given("echostr", ""),
        )


_NAMES = frozenset(PushQuery.__struct_fields__)


def _known(raw: str) -> dict[str, str]:
    found: dict[str, str] = {}
    escaped = "%" in raw or "+" in raw
    for part in raw.split("&"):
        name, _, value = part.partition("=")
        if name not in _NAMES:
            continue
        if name in found:
            raise CallbackError(f"URL 参数 {name} 出现了两次", f"the query parameter {name} is given twice")
        found[name] = unquote_plus(value) if escaped else value
    return found
