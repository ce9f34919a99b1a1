"""How an alarm leaves this machine: a POST of JSON, or an e-mail. Both are bounded in time and number of attempts.

Nothing in them was written by a user, and nothing is secret.
"""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import msgspec

from ...client.transport import AsyncTransport, WireRequest
from ...client.transports.asyncio_transport import AsyncioTransport
from ...config import Alarms
from ...errors import GongzhongError, SetupError, TransportError, language
from ...reasons import in_words
from ...threads import Threads
from .decision import Notice

WEBHOOK_S: Final = 10.0
EMAIL_S: Final = 30.0
SMTP_STEP_S: Final = 10.0
"""The longest wait for one answer of a mail server; `EMAIL_S` bounds all of them together."""
TLS_PORT: Final = 465
LARGEST_ANSWER: Final = 64 * 1024
OK: Final = range(200, 300)
TRY_LATER: Final = (408, 425, 429, *range(500, 600))


class NotTold(GongzhongError):
    """An alarm could not be sent. `again` says whether another attempt may succeed."""

    def __init__(self, zh: str, en: str, *, again: bool) -> None:
        super().__init__(zh, en)
        self.again = again


class Sender(Protocol):
    """One way out. `send` makes one attempt and raises NotTold."""

    name: str

    async def send(self, notice: Notice) -> None: ...

    async def close(self) -> None: ...


def senders_of(settings: Alarms) -> list[Sender]:
    """The ways that a configuration names. Raises SetupError for an address that cannot be used."""
    found: list[Sender] = []
    if settings.webhook:
        found.append(WebhookSender(settings))
    if settings.email_to:
        found.append(EmailSender(settings))
    return found


class WebhookSender:
    """Posts each notice as JSON.

    The object has `msgtype` and `text` as the group robots of WeCom and DingTalk read them, `msg_type` and `content` as
    Feishu's do, and `alarm` with every field for programs. Redirects are not followed.
    """

    name = "webhook"

    def __init__(
        self, settings: Alarms, transport: AsyncTransport | None = None, *, limit_s: float = WEBHOOK_S
    ) -> None:
        self._limit_s = limit_s
        self._url, self._query = _webhook(settings)
        self._transport = transport or AsyncioTransport()

    async def send(self, notice: Notice) -> None:
        request = WireRequest(
            method="POST",
            url=self._url,
            query=self._query,
            headers={"Content-Type": "application/json; charset=utf-8"},
            body=msgspec.json.encode(as_json(notice)),
            timeout_s=self._limit_s,
            limit_bytes=LARGEST_ANSWER,
        )
        try:
            answer = await self._transport.send(request)
        except TransportError as problem:
            raise NotTold(problem.zh, problem.en, again=True) from None
        if answer.status not in OK:
            raise NotTold(
                f"对方回应 HTTP {answer.status}",
                f"it answered HTTP {answer.status}",
                again=answer.status in TRY_LATER,
            )

    async def close(self) -> None:
        await self._transport.close()


def as_json(notice: Notice) -> dict[str, Any]:
    """What is posted."""
    text = f"[gongzhong] {socket.gethostname()}: {notice.text(language())}"
    fields = msgspec.to_builtins(notice)
    words = {"zh": notice.text("zh"), "en": notice.text("en")}
    return {
        "msgtype": "text",
        "msg_type": "text",
        "text": {"content": text},
        "content": {"text": text},
        "alarm": {"host": socket.gethostname(), **fields, "text": words},
    }


def _webhook(settings: Alarms) -> tuple[str, dict[str, str]]:
    """Address and query. The query of a robot holds its key: it goes apart, as in every `WireRequest`."""
    parts = urlsplit(settings.webhook.reveal())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SetupError(
            "alarms.webhook 必须是 http:// 或 https:// 开头的完整地址",
            "alarms.webhook must be a whole address that begins with http:// or https://",
        )
    query: dict[str, str] = {}
    for pair in filter(None, parts.query.split("&")):
        name, _, value = pair.partition("=")
        query[name] = value
    return f"{parts.scheme}://{parts.netloc}{parts.path or '/'}", query


class EmailSender:
    """Sends each notice as a plain text by SMTP, in a thread of its own that may hang without harm."""

    name = "email"

    def __init__(
        self, settings: Alarms, *, limit_s: float = EMAIL_S, context: ssl.SSLContext | None = None
    ) -> None:
        self._settings, self._limit_s, self._context = settings, limit_s, context
        self._host, self._port = _server(settings.smtp)
        self._threads = Threads(2, "gongzhong-alarms")

    async def send(self, notice: Notice) -> None:
        message = self._message(notice)
        exchange = _Exchange(
            self._settings, self._host, self._port, min(SMTP_STEP_S, self._limit_s), self._context
        )
        sending = asyncio.get_running_loop().run_in_executor(self._threads, exchange.deliver, message)
        try:
            async with asyncio.timeout(self._limit_s):
                await sending
        except TimeoutError:
            raise NotTold("邮件服务器太慢", "the mail server is too slow", again=True) from None
        except smtplib.SMTPResponseException as problem:
            code = problem.smtp_code
            raise NotTold(
                f"邮件服务器回应 {code}", f"the mail server answered {code}", again=code < 500
            ) from None
        except smtplib.SMTPRecipientsRefused:
            raise NotTold(
                "邮件服务器不接受收件人", "the mail server refuses the recipients", again=False
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise NotTold("邮件服务器不支持登录", "the mail server has no login", again=False) from None
        except smtplib.SMTPException:
            raise NotTold("邮件服务器中途断开", "the mail server broke off", again=True) from None
        except OSError as problem:
            raise NotTold(*in_words(problem), again=True) from None
        finally:
            exchange.break_off()

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.email_from
        message["To"] = ", ".join(self._settings.email_to)
        message["Date"] = formatdate(notice.at)
        message["Message-ID"] = make_msgid(domain=socket.gethostname() or "localhost")
        message["Auto-Submitted"] = "auto-generated"
        text = notice.text(language())
        message["Subject"] = f"[gongzhong] {text[:80]}"
        message.set_content(
            f"{text}\n\n{socket.gethostname()}\n{notice.text('en' if language() == 'zh' else 'zh')}\n"
        )
        return message

    async def close(self) -> None:
        self._threads.shutdown()


class _Exchange:
    """One conversation with a mail server, in the thread that calls `deliver`; `break_off` ends it from another."""

    def __init__(
        self, settings: Alarms, host: str, port: int, step_s: float, context: ssl.SSLContext | None
    ) -> None:
        self._settings, self._host, self._port = settings, host, port
        self._step_s, self._context = step_s, context
        self._open: smtplib.SMTP | None = None

    def deliver(self, message: EmailMessage) -> None:
        context = self._context or ssl.create_default_context()
        try:
            smtp = self._connected(context)
            smtp.ehlo_or_helo_if_needed()
            if self._port != TLS_PORT and smtp.has_extn("starttls"):
                smtp.starttls(context=context)
            if self._settings.smtp_user:
                if not isinstance(smtp.sock, ssl.SSLSocket) and not is_loopback(self._host):
                    raise NotTold(
                        "邮件服务器没有 TLS，密码不会明文发出",
                        "the mail server has no TLS, and the password is not sent in clear",
                        again=False,
                    )
                smtp.login(self._settings.smtp_user, self._settings.smtp_password.reveal())
            smtp.send_message(message)
            smtp.putcmd("quit")  # the message is delivered: whatever comes of this must not send it again
        finally:
            if self._open is not None:
                self._open.close()

    def _connected(self, context: ssl.SSLContext) -> smtplib.SMTP:
        if self._port == TLS_PORT:
            return _TlsMail(self._note, self._host, self._port, timeout=self._step_s, context=context)
        return _Mail(self._note, self._host, self._port, timeout=self._step_s)

    def _note(self, smtp: smtplib.SMTP) -> None:
        self._open = smtp

    def break_off(self) -> None:
        """Wake the thread if it still waits for the server."""
        smtp = self._open
        if smtp is not None and smtp.sock is not None:
            with suppress(OSError):
                smtp.sock.shutdown(socket.SHUT_RDWR)


class _Mail(smtplib.SMTP):
    """Tells of itself before it connects, so that a connection that hangs can be ended from outside."""

    def __init__(self, note: Callable[[smtplib.SMTP], None], *where: Any, **settings: Any) -> None:
        note(self)
        super().__init__(*where, **settings)


class _TlsMail(smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""

    def __init__(self, note: Callable[[smtplib.SMTP], None], *where: Any, **settings: Any) -> None:
        note(self)
        super().__init__(*where, **settings)


def is_loopback(host: str) -> bool:
    """Whether this is an address of this machine."""
    return host in ("localhost", "::1") or host.startswith("127.")


def _server(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise SetupError(
            f"alarms.smtp 应写成 主机:端口，而不是 {address!r}",
            f"alarms.smtp is host:port, not {address!r}",
            fix_zh="例如 smtp.example.com:587",
            fix_en="for example smtp.example.com:587",
        )
    return host.strip("[]"), int(port)
