"""Cutting answers into pieces that WeChat delivers, and joining short ones again.

A text may have 2048 bytes and a customer-service message one article; a handler need not care. What is too
long becomes several messages; what waits for the same user and fits together goes out as one.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..catalogue.limits import CUSTOMER_ARTICLES
from ..messages import TEXT_MAX_BYTES, NewsReply, Push, Reply, TextReply, articles_allowed

JOINT = "\n\n"
MOST_UTF8_BYTES = 4
"""What one character takes at most."""


def pieces(reply: Reply) -> list[Reply]:
    """The messages that a reply needs when each may hold one text of 2048 bytes or one article."""
    return _cut(reply, CUSTOMER_ARTICLES)


def passive(push: Push, replies: Iterable[Reply]) -> tuple[Reply | None, list[Reply]]:
    """What answers `push` itself, and what must follow it in another way. Nothing of `replies` gets lost."""
    queue = [piece for reply in replies for piece in _cut(reply, articles_allowed(push))]
    if len(queue) > 1:
        queue = joined(queue)
    return (queue[0], queue[1:]) if queue and push.answerable else (None, queue)


def _cut(reply: Reply, articles: int) -> list[Reply]:
    if isinstance(reply, TextReply):
        if len(reply.content) * MOST_UTF8_BYTES <= TEXT_MAX_BYTES:
            return [reply]
        return [TextReply(content=part) for part in split_text(reply.content)]
    if isinstance(reply, NewsReply):
        starts = range(0, len(reply.articles), articles)
        return [NewsReply(articles=reply.articles[start : start + articles]) for start in starts]
    return [reply]


def split_text(content: str, most_bytes: int = TEXT_MAX_BYTES) -> list[str]:
    """Parts of at most `most_bytes` of UTF-8, cut between characters; joined they are the text again."""
    rest = content.encode(errors="replace")
    parts = []
    while len(rest) > most_bytes:
        end = most_bytes
        while rest[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(rest[:end].decode())
        rest = rest[end:]
    return [*parts, rest.decode()]


def joined(replies: Iterable[Reply]) -> list[Reply]:
    """The same answers in fewer messages: neighbouring texts become one where they fit, order is kept."""
    result: list[Reply] = []
    for reply in replies:
        last = result[-1] if result else None
        if isinstance(last, TextReply) and isinstance(reply, TextReply):
            together = f"{last.content}{JOINT}{reply.content}"
            if len(together.encode(errors="replace")) <= TEXT_MAX_BYTES:
                result[-1] = TextReply(content=together)
                continue
        result.append(reply)
    return result
