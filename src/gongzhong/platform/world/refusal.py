"""How the world says no.

A `Refusal` answers an API call: it carries WeChat's code, which the door turns into `{"errcode": …, "errmsg": …}` with
the platform's own wording from the table of return codes. A `BadInput` answers a tester, in both languages.
"""

from __future__ import annotations

from typing import Any

from ...errors import GongzhongError


class Refusal(Exception):
    """The call is refused with `code`. `detail` replaces or completes the usual errmsg; `fields` go beside it."""

    def __init__(self, code: int, detail: str = "", **fields: Any) -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.fields = code, detail, fields


def require(condition: object, code: int, detail: str = "") -> None:
    """Refuse with `code` unless the condition holds."""
    if not condition:
        raise Refusal(code, detail)


class BadInput(GongzhongError, ValueError):
    """A tester's or a file's wish that makes no sense: says what is wrong with it. Nothing was changed."""
