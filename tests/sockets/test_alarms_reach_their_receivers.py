"""Alarms go out over real sockets: to peers that answer, are slow, refuse, break off or never say anything."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest

from gongzhong import MovableClock
from gongzhong.account import Secret
from gongzhong.config import Alarms
from gongzhong.errors import SetupError
from gongzhong.running.alarms import EmailSender, Notice, Seen, Sender, Watch, WebhookSender, senders_of
from gongzhong.running.alarms.senders import NotTold
from gongzhong.state.sqlite import SqliteState

from .test_tls import Authority, authority

__all__ = ["authority"]
pytestmark = pytest.mark.anyio

NOTICE = Notice(
    what="raised", kind="quota", subject="wx1", value=0.9, limit=0.8, unit="share", since=0.0, at=5.0
)
PASSWORD = "mailbox-password-0815"
GENEROUS_S = 20.0

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def peer(talk: Talk, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on 127.0.0.1 that talks so with everybody; gives its port."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class Hook:
    """A webhook: answers each request with the next of these statuses; 0 closes without an answer, -1 says nothing."""

    def __init__(self, *statuses: int) -> None:
        self.statuses, self.requests = list(statuses), list[tuple[str, dict[str, Any]]]()
        self.asked = asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            size = int(head.lower().partition("content-length:")[2].split("\r\n")[0])
            self.requests.append((head.split("\r\n")[0], json.loads(await reader.readexactly(size))))
            self.asked.set()
            status = self.statuses.pop(0)
            if status < 0:
                await asyncio.sleep(60)
            if status <= 0:
                return
            where = "location: http://127.0.0.1:9/\r\n" if status == 302 else ""
            writer.write(f"HTTP/1.1 {status} X\r\n{where}content-length: 0\r\n\r\n".encode())


def webhook(port: int, limit_s: float = 10.0) -> WebhookSender:
    return WebhookSender(
        Alarms(webhook=Secret(f"http://127.0.0.1:{port}/robot?key=hook-key-0815")), limit_s=limit_s
    )


async def test_a_webhook_gets_json_that_robots_and_programs_read() -> None:
    hook = Hook(200)
    async with peer(hook.talk) as port:
        sender = webhook(port)
        await sender.send(NOTICE)
        await sender.close()
    ((line, body),) = hook.requests
    assert line == "POST /robot?key=hook-key-0815 HTTP/1.1"
    assert (body["msgtype"], body["msg_type"]) == ("text", "text")
    assert body["text"]["content"] == body["content"]["text"]
    assert "90%" in body["text"]["content"]
    alarm = body["alarm"]
    assert (alarm["kind"], alarm["subject"], alarm["value"], alarm["what"]) == ("quota", "wx1", 0.9, "raised")
    assert alarm["text"]["zh"] != alarm["text"]["en"]


@pytest.mark.parametrize(
    ("status", "again"), [(503, True), (429, True), (404, False), (302, False), (0, True)]
)
async def test_what_a_webhook_refuses_may_be_tried_again_or_not(status: int, again: bool) -> None:
    hook = Hook(status)
    async with peer(hook.talk) as port:
        sender = webhook(port)
        with pytest.raises(NotTold) as caught:
            await sender.send(NOTICE)
        await sender.close()
    assert caught.value.again is again
    assert "hook-key" not in caught.value.text("zh") + caught.value.text("en")


async def test_a_webhook_that_says_nothing_is_given_up() -> None:
    hook = Hook(-1)
    async with peer(hook.talk) as port:
        sender = webhook(port, limit_s=0.2)
        with pytest.raises(NotTold) as caught:
            await asyncio.wait_for(sender.send(NOTICE), GENEROUS_S)
        await sender.close()
    assert caught.value.again


class Post:
    """A mail server. `said` are its answers by command in place of the usual ones; None says nothing at all."""

    USUAL: ClassVar = {
        "": "220 ready",
        "EHLO": "250 here",
        "QUIT": "221 bye",
        "DATA": "354 go on",
        ".": "250 taken",
    }

    def __init__(self, **said: str | None) -> None:
        self._said = {
            **self.USUAL,
            **{"" if name == "greeting" else name: text for name, text in said.items()},
        }
        self.commands, self.mails = list[str](), list[bytes]()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say("", writer)
        while line := (await reader.readline()).decode().strip():
            self.commands.append(line)
            word = line.split(" ")[0].upper()
            await self._say(word, writer)
            if word == "DATA" and self._said["DATA"] == self.USUAL["DATA"]:
                self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                await self._say(".", writer)

    async def _say(self, word: str, writer: asyncio.StreamWriter) -> None:
        text = self._said.get(word, "250 ok")
        if text is None:
            await asyncio.sleep(60)
        elif text == "drip":
            for _ in range(600):
                writer.write(b"2")
                await asyncio.sleep(0.05)
        else:
            writer.write(f"{text}\r\n".encode())


def mail(
    port: int, limit_s: float = GENEROUS_S, context: ssl.SSLContext | None = None, **more: Any
) -> EmailSender:
    settings = Alarms(email_to=("ops@example.com", "boss@example.com"), smtp=f"127.0.0.1:{port}", **more)
    return EmailSender(settings, limit_s=limit_s, context=context)


async def test_a_mail_server_gets_a_message_of_two_languages() -> None:
    post = Post()
    async with peer(post.talk) as port:
        sender = mail(port)
        await sender.send(NOTICE)
        await sender.close()
    (raw,) = post.mails
    message = email.message_from_bytes(raw.removesuffix(b".\r\n"), policy=email.policy.default)
    assert message["To"] == "ops@example.com, boss@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    assert NOTICE.text("zh") in message.get_content()
    assert NOTICE.text("en") in message.get_content()


async def test_a_mail_server_that_says_nothing_at_the_end_has_taken_the_message() -> None:
    post = Post(QUIT=None)
    async with peer(post.talk) as port:
        sender = mail(port)
        await asyncio.wait_for(sender.send(NOTICE), GENEROUS_S)
        await sender.close()
    assert len(post.mails) == 1


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ({"greeting": "421 later"}, True),
        ({"RCPT": "550 nobody"}, False),
        ({"MAIL": "451 busy"}, True),
        ({".": "554 spam"}, False),
        ({"greeting": None}, True),
        ({"greeting": "drip"}, True),
        ({"DATA": None}, True),
    ],
)
async def test_what_a_mail_server_refuses_or_never_says(said: dict[str, str | None], again: bool) -> None:
    post = Post(**said)
    async with peer(post.talk) as port:
        sender = mail(port, limit_s=0.5 if {None, "drip"} & {*said.values()} else GENEROUS_S)
        with pytest.raises(NotTold) as caught:
            await asyncio.wait_for(sender.send(NOTICE), GENEROUS_S)
        await sender.close()
    assert caught.value.again is again


async def test_nobody_listens() -> None:
    async with peer(Post().talk) as port:
        pass
    for sender in (mail(port), webhook(port)):
        with pytest.raises(NotTold) as caught:
            await sender.send(NOTICE)
        assert caught.value.again
        await sender.close()


async def test_tls_is_used_where_the_server_has_it(authority: Authority) -> None:
    """STARTTLS, with the password only behind it; a certificate that nobody vouches for gets neither."""
    server_side = authority.server("127.0.0.1")
    trusting = ssl.create_default_context(cafile=str(authority.file))
    post = Post(EHLO="250-here\r\n250-AUTH PLAIN\r\n250 STARTTLS", AUTH="235 ok")
    inside = Post(EHLO="250-here\r\n250 AUTH PLAIN", AUTH="235 ok")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        post.commands += [(await reader.readline()).decode().strip()]
        writer.write(b"250-here\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n")
        post.commands += [(await reader.readline()).decode().strip()]
        writer.write(b"220 go on\r\n")
        await writer.start_tls(server_side)
        while line := (await reader.readline()).decode().strip():
            inside.commands.append(line)
            word = line.split(" ")[0].upper()
            await inside._say(word, writer)
            if word == "DATA":
                inside.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                await inside._say(".", writer)

    more = {"smtp_user": "ops", "smtp_password": Secret(PASSWORD)}
    async with peer(talk) as port:
        trusted, doubting = mail(port, context=trusting, **more), mail(port, **more)
        await trusted.send(NOTICE)
        assert post.commands[-1] == "STARTTLS"
        assert len(inside.mails) == 1
        assert [one.split(" ")[0].upper() for one in inside.commands[:2]] == ["EHLO", "AUTH"]
        inside.commands.clear()
        with pytest.raises(NotTold):
            await doubting.send(NOTICE)
        assert [one for one in inside.commands if one != "quit"] == []
        for one in (trusted, doubting):
            await one.close()


async def test_a_password_does_not_cross_a_network_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gongzhong.running.alarms.senders.is_loopback", lambda host: False)
    post = Post(EHLO="250-here\r\n250 AUTH PLAIN", AUTH="235 ok")
    async with peer(post.talk) as port:
        sender = mail(port, smtp_user="ops", smtp_password=Secret(PASSWORD))
        with pytest.raises(NotTold) as caught:
            await sender.send(NOTICE)
        await sender.close()
    assert not caught.value.again
    assert not [one for one in post.commands if one.upper().startswith("AUTH")]


async def test_a_watch_tries_again_and_one_bad_receiver_holds_up_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    flaky, silent = Hook(503, 0, 200), Hook(-1)
    async with peer(flaky.talk) as first, peer(silent.talk) as second:

        async def look() -> Seen:
            return Seen(at=100.0, dead_letters=3)

        good: Sender = webhook(first)
        watch = Watch(look, Alarms(), [webhook(second), good], pauses_s=(0.01, 0.01, 0.01))
        with caplog.at_level(logging.INFO, "gongzhong.alarms"):
            watch.start()
            await asyncio.wait_for(watch._outlets[1].settled(), GENEROUS_S)
            await asyncio.wait_for(silent.asked.wait(), GENEROUS_S)
        assert [body["alarm"]["kind"] for _, body in flaky.requests] == ["dead_letters"] * 3
        await watch.close()
    assert sum("死信" in record.getMessage() for record in caplog.records) == 1


async def test_a_watch_that_cannot_see_goes_on() -> None:
    looked = asyncio.Event()

    async def look() -> Seen:
        looked.set()
        raise OSError("no database")

    watch = Watch(look, Alarms())
    with pytest.raises(OSError, match="no database"):
        await watch.step()
    looked.clear()
    watch.start()
    await asyncio.wait_for(looked.wait(), GENEROUS_S)
    assert watch._task is not None
    assert not watch._task.done()
    await watch.close()


async def test_of_processes_that_share_a_state_one_sends(tmp_path: Path) -> None:
    hooks = Hook(200, 200), Hook()
    clock = MovableClock(0.0, frozen=True)
    state = SqliteState(tmp_path / "state.db", clock)

    async def look() -> Seen:
        return Seen(at=clock.now(), dead_letters=3)

    async with peer(hooks[0].talk) as first, peer(hooks[1].talk) as second:
        watches = [Watch(look, Alarms(), [webhook(port)], state=state) for port in (first, second)]
        for outlet in (one for watch in watches for one in watch._outlets):
            outlet.start()
        assert [len(await watch.step()) for watch in watches] == [1, 1], "both log it"
        clock.advance(hours=1)
        for watch in watches:
            await watch.step()
            await asyncio.wait_for(watch.settled(), GENEROUS_S)
            await watch.close()
    await state.close()
    assert [body["alarm"]["what"] for _, body in hooks[0].requests] == ["raised", "repeated"]
    assert hooks[1].requests == []


@pytest.mark.parametrize(
    "settings",
    [
        Alarms(webhook=Secret("ftp://x/")),
        Alarms(webhook=Secret("hooks.example.com/x")),
        Alarms(email_to=("a@b",), smtp="mail.example.com"),
        Alarms(email_to=("a@b",), smtp="mail:99999"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_at_start(settings: Alarms) -> None:
    with pytest.raises(SetupError):
        senders_of(settings)
