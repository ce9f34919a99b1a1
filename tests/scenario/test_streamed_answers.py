"""A handler that streams for long: its last customer-service message is kept for the rest, so nobody has to ask for it.

Source: 发送客服消息 (five messages in 48 hours after one of the person's); DESIGN section 6. The mutants show that the
test would notice a sender that does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from gongzhong import OfficialAccount, Text
from gongzhong.app import sender
from gongzhong.messages import Reply, TextReply
from gongzhong.testing import LocalPlatform

MANY = [f"第{number}句，说得不短也不长。" for number in range(1, 41)]
LONG = [f"第{number}段，" + "说得很长" * 120 + "。" for number in range(1, 7)]
"""As many as there are messages, each so long that no two go into one."""
next_message = sender.next_message


def seen(platform: LocalPlatform, parts: Sequence[str]) -> tuple[str, int]:
    """What a person sees who says nothing more, and how many messages are left over: many parts take 24 s, long ones
    come at once."""
    oa = OfficialAccount.from_env()

    @oa.default
    async def model(message: Text) -> AsyncIterator[str]:
        for part in parts:
            await asyncio.sleep(0.6 if parts is MANY else 0.01)
            yield part

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("讲")
    platform.clock.advance(minutes=2)
    lines = [line.text for line in alice.inbox if line.side == "account" and line.text]
    return "".join(lines).replace("\n\n", ""), len(oa.undelivered)


@pytest.mark.parametrize("parts", [MANY, LONG], ids=["many", "long"])
def test_the_whole_stream_arrives_without_being_asked_for(
    platform: LocalPlatform, parts: Sequence[str]
) -> None:
    assert seen(platform, parts) == ("".join(parts), 0)


def nothing_kept(replies: Sequence[Reply], left: int, **how: Any) -> tuple[Reply | None, tuple[Reply, ...]]:
    """Sends as if the handler had ended: the allowance is used up before the end comes."""
    return next_message(replies, left, **{**how, "going": False})


def last_dropped(replies: Sequence[Reply], left: int, **how: Any) -> tuple[Reply | None, tuple[Reply, ...]]:
    """Sends one message too few."""
    return next_message(replies, left - 1, **how)


def rest_lost(replies: Sequence[Reply], left: int, **how: Any) -> tuple[Reply | None, tuple[Reply, ...]]:
    """Sends the first and forgets what it could not join to it."""
    message, rest = next_message(replies, left, **how)
    return message, () if message is not None else rest


def never_joined(replies: Sequence[Reply], left: int, **how: Any) -> tuple[Reply | None, tuple[Reply, ...]]:
    """Sends each part as a message of its own, as long as one is left."""
    spare = left - 1 if how.get("going") else left
    return (replies[0], tuple(replies[1:])) if spare > 0 else (None, tuple(replies))


@pytest.mark.parametrize(
    ("mutant", "parts"), [(nothing_kept, MANY), (never_joined, MANY), (last_dropped, LONG), (rest_lost, LONG)]
)
def test_a_sender_that_does_it_wrong_is_noticed(
    platform: LocalPlatform,
    mutant: Callable[..., Any],
    parts: Sequence[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sender, "next_message", mutant)
    assert seen(platform, parts) != ("".join(parts), 0)


def test_the_last_message_waits_while_the_handler_goes_on() -> None:
    texts = (TextReply(content="甲"), TextReply(content="乙"))
    assert next_message(texts, 1, going=True) == (None, texts)
    assert next_message(texts, 1) == (TextReply(content="甲\n\n乙"), ())
    assert next_message(texts, 2, going=True) == (TextReply(content="甲\n\n乙"), ())
    assert next_message(texts, 3, going=True) == (texts[0], texts[1:])
