"""Control route that says what pictures, voices and texts contain (智能接口)."""

from __future__ import annotations

from typing import Any

import msgspec

from ...world import recognition
from .route import Control, Given


class Teaching(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is read from something: known by a file (base64), or by `key`, its SHA-256, address, voice id or text."""

    kind: str
    result: dict[str, Any]
    key: str = ""
    file: bytes = b""


class Taught(msgspec.Struct, kw_only=True):
    """What it is known by from now on."""

    kind: str
    key: str


async def teach(given: Given) -> Taught:
    """说明一张图片、一段语音或文字的识别结果 / say what is read from a picture, a voice or a text"""
    body: Teaching = given.body
    key = body.key or (recognition.digest(body.file) if body.file else "")
    if not key:
        raise ValueError("需要 key 或 file / key or file is needed")
    recognition.teach(given.platform.world, body.kind, key, body.result)
    return Taught(kind=body.kind, key=key)


CONTROLS = [Control(verb="POST", path="/recognised", function=teach, body=Teaching, answer=Taught)]
