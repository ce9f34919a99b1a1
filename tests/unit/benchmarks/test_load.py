"""A server that answers quickly but wrongly must not win: the load looks at what comes back."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.account import Encryption

pytestmark = pytest.mark.anyio

Respond = Callable[[str, bytes], Awaitable[bytes]]


async def against(respond: Respond, mode: Encryption, *, close: bool = False) -> dict[str, float]:
    """What `load` reports about a little server that answers each request with `respond`."""
    import load

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
            query = line.split()[1].decode().partition("?")[2]
            body = await respond(query, await reader.readexactly(size))
            how = "close" if close else "keep-alive"
            answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: {how}\r\n\r\n"
            writer.write(answer.encode() + body)
            if close:
                break
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        return await load.run(server.sockets[0].getsockname()[1], mode, first=0, count=100)


def echo(mode: Encryption) -> Respond:
    from credentials import APPID, KEY, TOKEN

    oa = OfficialAccount(Account(appid=APPID, token=Secret(TOKEN), aes_key=Secret(KEY), encryption=mode))

    @oa.on(Text)
    async def say_back(message: Text) -> str:
        return message.content

    async def respond(query: str, body: bytes) -> bytes:
        return (await oa.handle(query, body)).body

    return respond


@pytest.mark.parametrize("mode", ["plain", "safe"])
@pytest.mark.parametrize("close", [False, True])
async def test_right_answers_are_no_failures(mode: Encryption, close: bool) -> None:
    report = await against(echo(mode), mode, close=close)
    assert report["failures"] == 0
    assert report["seconds"] > 0
    assert report["median_ms"] <= report["p99_ms"]


async def test_success_instead_of_an_answer_is_a_failure() -> None:
    async def respond(query: str, body: bytes) -> bytes:
        return b"success"

    assert (await against(respond, "plain"))["failures"] == 100


async def test_one_answer_for_everybody_is_found_out() -> None:
    right = echo("plain")
    answers: list[bytes] = []

    async def respond(query: str, body: bytes) -> bytes:
        if not answers:
            answers.append(await right(query, body))
        return answers[0]

    assert (await against(respond, "plain"))["failures"] >= 49


async def test_template_messages_that_are_refused_are_failures() -> None:
    import api_load

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0] or 0)
            sent = json.loads(await reader.readexactly(size)) if size else {}
            refused = "3" in sent.get("data", {}).get("amount2", {}).get("value", "")
            answer = {"errcode": 43004} if refused else {"errcode": 0, "access_token": "t"}
            body = json.dumps(answer, separators=(",", ":")).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            if line.startswith(b"GET"):
                break
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        token = await asyncio.to_thread(api_load.token, port, "", "wx", "s")
        assert token == "t"
        names = {"appid": "wx", "secret": "s", "template": "T", "openid": "o", "base": ""}
        chosen = argparse.Namespace(port=port, count=10, **names)
        report = await api_load.run(chosen, token)
    assert report["failures"] == 1
