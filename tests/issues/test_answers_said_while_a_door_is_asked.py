"""An answer that is said while a delivery asks its door whether WeChat hung up is neither shown nor lost too early.

The delivery looks at what waits for its person; a handler of another message may have its answer in that moment.
"""

from __future__ import annotations

import asyncio

import pytest

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.messages import TextReply, encode
from gongzhong.wire import PushWriter

pytestmark = pytest.mark.anyio
APPID, TOKEN = "wx0123456789abcdef", "tokentokentoken"


def push(number: int, content: str, now: float) -> Text:
    return Text(
        to_user_name="gh_shop", from_user_name="oAlice", create_time=int(now), msg_id=number, content=content
    )


async def test_nothing_that_is_said_between_the_look_and_the_answer_is_lost() -> None:
    oa = OfficialAccount(
        Account(appid=APPID, secret=Secret("s" * 32), token=Secret(TOKEN)), customer_service=False
    )

    @oa.text()
    async def answer(message: Text) -> str:
        await asyncio.sleep(0)
        return f"答{message.content}"

    binding = oa.only
    binding.outbox.keep("oAlice", [TextReply(content="早")])
    late = [TextReply(content="晚")]

    def asked() -> bool:
        """In this moment another handler of the same person finishes."""
        binding.outbox.keep("oAlice", late)
        late.clear()
        return False

    now = oa.clock.now()
    sealed = PushWriter(TOKEN, "", APPID, "plain").seal(encode(push(1, "你好", now)), int(now), "n", "oAlice")
    reply = (await oa.handle(sealed.query, sealed.body, gone=asked)).body.decode()
    left = "".join(item.reply.content for item in oa.undelivered if isinstance(item.reply, TextReply))
    assert "早" in reply
    assert "答你好" in reply
    assert ("晚" in reply) != ("晚" in left), "it is shown, or it goes on waiting"
    await oa.shutdown()
