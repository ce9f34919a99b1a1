"""How a push is named in a log line: enough to find it again, nothing that the user said."""

from __future__ import annotations

from ..messages import Event, Message, Push


def about(push: Push) -> str:
    """Kind, sender, time and number of a push. Content, places and media stay out of logs."""
    parts = [type(push).__name__, f"openid={push.openid}", f"time={push.create_time}"]
    if isinstance(push, Message):
        parts.append(f"msg_id={push.msg_id}")
    elif isinstance(push, Event):
        parts.append(f"event={push.event}")
    return " ".join(parts)
