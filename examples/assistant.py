"""用语言模型回答的助手：回答边生成边发送，记得谈过的内容，服务号和订阅号都能用。
An assistant on a language model: answers go out while they are made, the conversation is remembered.

    export OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OPENAI_MODEL=qwen3 OPENAI_API_KEY=…
    gongzhong dev examples/assistant.py:oa
    GONGZHONG_STATE=sqlite:///assistant.db gongzhong serve examples/assistant.py:oa

Any endpoint that speaks OpenAI's /chat/completions will do. A person who writes again while an answer is being made
gets both answers; with GONGZHONG_STATE the conversation survives a restart.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec

from gongzhong import OfficialAccount, Session, Subscribe, Text, Unsubscribe
from gongzhong.app import Piece

TURNS = 20
"""How many messages of both sides the model is shown."""
SILENCE_S = 60.0
"""How long the model may say nothing before the attempt counts as failed."""
ROLE = {"role": "system", "content": "你是公众号里的助手，回答简短。"}

oa = OfficialAccount.from_env()


@oa.on(Subscribe)
async def welcome(event: Subscribe) -> str:
    return "你好，有什么想问的？回复“重新开始”，我就忘掉之前谈的内容。"


@oa.on(Unsubscribe)
async def left(event: Unsubscribe) -> None:
    await oa.sessions.forget(event.openid)  # 开发者规范：取消关注时删除


@oa.text("重新开始")
async def begin_again(message: Text, session: Session) -> str:
    session.pop("talk", None)
    return "好，我们重新开始。"


@oa.text()
async def answer(message: Text, session: Session) -> AsyncIterator[Piece]:
    talk = session.setdefault("talk", [])
    talk.append({"role": "user", "content": message.content})
    said = ""
    async for piece in completion([ROLE, *talk[-TURNS:]]):
        said += piece
        yield Piece(piece)
    talk.append({"role": "assistant", "content": said})
    del talk[:-TURNS]


@oa.default
async def only_text() -> str:
    return "我只看得懂文字。"


async def completion(messages: list[dict[str, str]]) -> AsyncIterator[str]:
    """What the model says, piece by piece (Server-Sent Events of /chat/completions)."""
    address = os.environ["OPENAI_BASE_URL"].rstrip("/") + "/chat/completions"
    headers = {"Authorization": f"Bearer {os.environ.get('OPENAI_API_KEY', '')}"}
    asked = {"model": os.environ["OPENAI_MODEL"], "messages": messages, "stream": True}
    patience = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENCE_S)
    async with (
        aiohttp.ClientSession(timeout=patience, raise_for_status=True) as http,
        http.post(address, json=asked, headers=headers) as response,
    ):
        async for line in response.content:
            field, _, value = line.decode().strip().partition(":")
            if field != "data" or value.strip() == "[DONE]":
                continue
            event: dict[str, Any] = msgspec.json.decode(value)
            for choice in event.get("choices", ()):
                if piece := choice["delta"].get("content"):
                    yield piece
