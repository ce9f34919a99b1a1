"""From what handlers say to messages that WeChat delivers: checked, cut where a reader would, joined where they fit.

A text message holds 2048 bytes of UTF-8 (被动回复用户消息, 发送客服消息), a customer-service message one article. A
handler need not care: a long text becomes several messages, and short ones that wait for the same person become one.

A text is cut at the end of a paragraph, else of a line, a sentence, a clause or a word; never inside a link
`<a …>…</a>`, a tag, a URL or a character that is made of several code points (an emoji, a letter with marks), unless
that alone is longer than a message.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import TypeGuard

import msgspec

from ..errors import HandlerError, say
from ..messages import TEXT_MAX_BYTES, NewsReply, Reply, TextReply
from ..reasons import in_words
from ..wire.surrogates import mended, mended_value

JOINT = "\n\n"
"""Between two texts that go out as one message."""
MOST_ANSWER_BYTES = 100_000
"""What one handler may say to one push in all: some fifty messages."""


class TooLong(HandlerError, ValueError):
    """A handler says more to one push than a person reads: over MOST_ANSWER_BYTES."""

    def __init__(self) -> None:
        super().__init__(
            f"答复超过 {MOST_ANSWER_BYTES} 字节，无法逐条送达：请缩短，或发送链接",
            f"the answer has more than {MOST_ANSWER_BYTES} bytes: shorten it, or send a link to it",
        )


class Piece(TextReply, frozen=True):
    """A part of a running text, such as what a language model streams: `yield Piece(chunk)`.

    It is put behind the piece before it with nothing between, and sent at the end of a sentence, together with as
    much as has come by then. A plain `str` that a handler yields is a message of its own.
    """


def checked(reply: Reply) -> Reply:
    """The reply as it can be written: half an emoji (a lone surrogate) becomes U+FFFD, once, here.

    Raises TypeError for a field of the wrong type and TooLong for an answer over MOST_ANSWER_BYTES.
    """
    if not isinstance(reply, TextReply):
        return _checked_fields(reply)
    if not isinstance(reply.content, str):
        kind = type(reply.content).__name__
        raise TypeError(
            say(f"文本回复的内容是 {kind}，不是 str", f"the content of a text reply is {kind}, not str")
        )
    if len(reply.content) > MOST_ANSWER_BYTES:
        raise TooLong
    try:
        size = len(reply.content.encode())
    except UnicodeEncodeError:
        return checked(type(reply)(content=mended(reply.content)))
    if size > MOST_ANSWER_BYTES:
        raise TooLong
    return reply


def fits(reply: object) -> TypeGuard[TextReply | None]:
    """Whether a reply is one whole passive reply as it is: a text that needs no check, cut or repair, or None."""
    if type(reply) is not TextReply:
        return reply is None
    try:
        return 0 < len(reply.content.encode()) <= TEXT_MAX_BYTES
    except (UnicodeEncodeError, AttributeError):
        return False


def _checked_fields(reply: Reply) -> Reply:
    plain = msgspec.to_builtins(reply, str_keys=True)
    cleaned = mended_value(plain)
    try:
        made = msgspec.convert(cleaned, type(reply))
    except msgspec.ValidationError as problem:
        kind, (zh, en) = type(reply).__name__, in_words(problem)
        raise TypeError(
            say(f"{kind} 的字段类型不对：{zh}", f"a field of {kind} has a wrong type: {en}")
        ) from None
    if size(made) > MOST_ANSWER_BYTES:
        raise TooLong
    return reply if cleaned == plain else made


def size(reply: Reply) -> int:
    """The bytes of all its texts, roughly for anything but a text."""
    if isinstance(reply, TextReply):
        return len(reply.content.encode())
    return len(msgspec.json.encode(reply))


def added(replies: tuple[Reply, ...], reply: Reply) -> tuple[Reply, ...]:
    """The replies with one more; a piece continues the piece before it."""
    if replies and isinstance(reply, Piece) and isinstance(replies[-1], Piece):
        return *replies[:-1], Piece(content=replies[-1].content + reply.content)
    return *replies, reply


def first_message(
    replies: Sequence[Reply],
    *,
    articles: int = 1,
    growing: bool = False,
    more: str = "",
    unfinished: bool = False,
    several: bool = True,
) -> tuple[Reply | None, tuple[Reply, ...]]:
    """The first message that `replies` make and what remains of them, in order. Nothing gets lost.

    `articles` is how many a news message may hold. With `several`, neighbouring texts become one where they fit.
    A last piece that is still `growing` is cut at the end of its last sentence: (None, replies) when there is none
    yet. `more` is put below a text when something remains or the handler is `unfinished`.
    """
    front, *others = replies or (None,)
    if front is None:
        return None, ()
    if isinstance(front, NewsReply) and len(front.articles) > articles:
        rest = NewsReply(articles=front.articles[articles:])
        return NewsReply(articles=front.articles[:articles]), (rest, *others)
    if not isinstance(front, TextReply):
        return front, tuple(others)
    message, rest_of = _text(front, tuple(others), growing, TEXT_MAX_BYTES, several)
    if message and more and (rest_of or unfinished):
        message, rest_of = _text(
            front, tuple(others), growing, TEXT_MAX_BYTES - _bytes(JOINT + more), several
        )
        return TextReply(content=f"{message}{JOINT}{more}"), rest_of
    return (TextReply(content=message), rest_of) if message else (None, tuple(replies))


def _text(
    front: TextReply, others: tuple[Reply, ...], growing: bool, most: int, several: bool
) -> tuple[str, tuple[Reply, ...]]:
    content, kind = front.content, type(front)
    while several and others and isinstance(others[0], TextReply):
        together = f"{content}{JOINT}{others[0].content}"
        if _bytes(together) > most or (growing and len(others) == 1):
            break
        content, kind, others = together, type(others[0]), others[1:]
    last = growing and not others
    if _bytes(content) <= most and not last:
        return content, others
    end = _sentence_end(content, most) if last else _cut(content, most)
    rest = content[end:]
    return content[:end], (kind(content=rest), *others) if rest else others


def _sentence_end(content: str, most: int) -> int:
    """Where a text that is still growing may be cut: behind its last whole sentence, 0 if it has none."""
    if _bytes(content) > most:
        return _cut(content, most)
    atoms = _atoms(content)
    ends = (found.end() for pattern, _ in _preferred()[:_TO_SENTENCES] for found in pattern.finditer(content))
    return max((end for end in ends if _breakable(content, end, atoms)), default=0)


def split_text(content: str, most_bytes: int = TEXT_MAX_BYTES) -> list[str]:
    """Parts of at most `most_bytes` of UTF-8, cut where a reader would cut; joined they are the text again."""
    parts = []
    while _bytes(content) > most_bytes:
        end = _cut(content, most_bytes)
        parts.append(content[:end])
        content = content[end:]
    return [*parts, content]


@cache
def _preferred() -> tuple[tuple[re.Pattern[str], float], ...]:
    """Where to cut, best first, each only if the part is filled to this share at least.

    The ends of paragraphs, lines, sentences, clauses and words; compiled for the first text that is cut.
    """
    return (
        (re.compile(r"\n[ \t\r]*\n\s*"), 0.5),
        (re.compile(r"\n+"), 0.5),
        (re.compile(r"[。！？!?…；]+[”’」』）)\"']*[ \t]*|[.;][\"')]*[ \t]+"), 0.4),
        (re.compile(r"[，、：—]+[ \t]*|[,:][ \t]+"), 0.7),
        (re.compile(r"[ \t]+|(?<=[\u2e80-\u9fff\uff00-\uffef])(?=.)|(?=[\u2e80-\u9fff])", re.DOTALL), 0.7),
    )


_TO_SENTENCES = 3
"""How many of the preferred places end a paragraph, a line or a sentence."""


@cache
def _single() -> re.Pattern[str]:
    """What stays in one piece: a link, one whose end has not come yet, a tag, a URL."""
    return re.compile(
        r"<a\b[^>]*>.*?</a\s*>|<a\b[^>]*>.*|</?[a-z][^<>]*>|https?://[!-;=?-~]+", re.DOTALL | re.IGNORECASE
    )


def _cut(content: str, most_bytes: int) -> int:
    """The index at which to cut, so that the first part has at most `most_bytes`; at least one character."""
    seen = content[: 2 * most_bytes]
    end = max(1, len(seen[:most_bytes].encode()[:most_bytes].decode(errors="ignore")))
    atoms = _atoms(seen)
    for pattern, share in _preferred():
        places = [place.end() for place in pattern.finditer(seen, int(end * share)) if place.end() <= end]
        for place in reversed(places):
            if place and place >= end * share and _breakable(seen, place, atoms):
                return place
    for place in range(end, 0, -1):
        if _breakable(seen, place, atoms):
            return place
    return next((place for place in range(end, 0, -1) if _breakable(seen, place, [])), end)


def _atoms(content: str) -> list[tuple[int, int]]:
    return [found.span() for found in _single().finditer(content)]


def _breakable(content: str, place: int, atoms: list[tuple[int, int]]) -> bool:
    """Whether a reader sees two whole things if the text is cut here."""
    if place >= len(content):
        return not atoms or atoms[-1][1] < len(content) or content.rstrip().endswith(">") or place == 0
    if any(start < place < end for start, end in atoms):
        return False
    before, after = content[place - 1], content[place]
    if before == "\u200d" or _continues(after) or (before, after) == ("\r", "\n"):
        return False
    flags = re.search("[\U0001f1e6-\U0001f1ff]*$", content[:place])
    pairs_whole = flags is None or len(flags.group()) % 2 == 0
    return pairs_whole or not "\U0001f1e6" <= after <= "\U0001f1ff"


def _continues(character: str) -> bool:
    """Whether a code point belongs to the one before it: marks, joiners, variation selectors, skin tones, tags."""
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me")
        or character == "\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _bytes(text: str) -> int:
    return len(text.encode())
