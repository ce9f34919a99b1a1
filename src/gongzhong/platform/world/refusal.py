"""How the world says no: a return code, never an exception of Python.

A `Refusal` carries WeChat's code; the door turns it into `{"errcode": …, "errmsg": …}` with the platform's own wording
from the table of return codes.
"""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """The call is refused with `code`. `detail` replaces or completes the usual errmsg; `fields` go beside it."""

    def __init__(self, code: int, detail: str = "", **fields: Any) -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.fields = code, detail, fields


def require(condition: object, code: int, detail: str = "") -> None:
    """Refuse with `code` unless the condition holds."""
    if not condition:
        raise Refusal(code, detail)
