"""Half characters in text: surrogates, which Python's `str` can hold and UTF-8 cannot.

They come from programs that cut a text inside an emoji, from JSON that was written so, and from file names that are
not UTF-8 (`os.fsdecode`). Encoding such a text raises UnicodeEncodeError, which would lose the whole message.
"""

from __future__ import annotations

from typing import Any


def mended(text: str) -> str:
    """The text with pairs of surrogates joined into the character they mean, and each half one as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def mended_value(value: Any) -> Any:
    """The same JSON value with every text in it mended, names included."""
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, dict):
        return {mended_value(name): mended_value(item) for name, item in value.items()}
    return [mended_value(item) for item in value] if isinstance(value, list | tuple) else value
