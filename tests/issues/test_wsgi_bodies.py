"""How the body of a WSGI request is read: in chunks, in small pieces, cut short, with a wrong Content-Length.

Source: PEP 3333 (`wsgi.input`, CONTENT_LENGTH) and `wsgi.input_terminated`, which gunicorn, waitress, Werkzeug and
gevent set when reading to the end is safe.
"""

from __future__ import annotations

import io
import time
from typing import Any
from urllib.parse import urlencode

import pytest

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.messages import Text, encode
from gongzhong.wire import MAX_BODY_BYTES, PushWriter

ACCOUNT = Account(appid="wx00000000000000aa", secret=Secret("s" * 32), token=Secret("tok123"))
QUERY, BODY = PushWriter("tok123", "", ACCOUNT.appid, "plain").seal(
    encode(Text(to_user_name="gh_1", from_user_name="o1", create_time=1, msg_id=7, content="你好")),
    int(time.time()),
    "n",
    "o1",
)
LENGTH = str(len(BODY))
CHUNKED = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}


class Drip(io.BytesIO):
    """Gives one byte at a time, as a server may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(1 if size else 0)


class Broken(io.BytesIO):
    """Fails after the first ten bytes, as a server does when the peer has left."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError("gone")
        return super().read(10)


class Endless(io.RawIOBase):
    """Never ends; remembers how much was read."""

    taken = 0

    def read(self, size: int = -1, /) -> bytes:
        self.taken += 65_536
        return b"a" * 65_536


def ask(stream: Any, **environ: Any) -> tuple[str, str]:
    oa = OfficialAccount(ACCOUNT, customer_service=False)

    @oa.default
    async def echo(message: Text) -> str:
        return f"听到：{message.content}"

    seen: list[str] = []
    request = {"REQUEST_METHOD": "POST", "QUERY_STRING": urlencode(QUERY), "wsgi.input": stream, **environ}
    content = b"".join(oa.wsgi(request, lambda status, headers, *_: seen.append(status)))
    oa.close()
    return seen[0], content.decode()


@pytest.mark.parametrize("stream", [io.BytesIO, Drip])
@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_LENGTH": LENGTH},
        {"CONTENT_LENGTH": f" 000{LENGTH} "},
        {"CONTENT_LENGTH": LENGTH, "wsgi.input_terminated": True},
        {"wsgi.input_terminated": True},
        {"CONTENT_LENGTH": "", **CHUNKED},
        {"CONTENT_LENGTH": "3", **CHUNKED},
        CHUNKED,
    ],
)
def test_the_whole_body_is_read(stream: type[io.BytesIO], environ: dict[str, Any]) -> None:
    status, answer = ask(stream(BODY), **environ)
    assert status == "200 OK"
    assert "听到：你好" in answer


def test_no_more_than_announced_is_read() -> None:
    stream = io.BytesIO(BODY + b"POST / HTTP/1.1")
    assert ask(stream, CONTENT_LENGTH=LENGTH)[0] == "200 OK"
    assert stream.tell() == len(BODY)


@pytest.mark.parametrize(
    ("stream", "environ", "status"),
    [
        (io.BytesIO(BODY), {}, "400"),
        (io.BytesIO(BODY), {"CONTENT_LENGTH": "0"}, "400"),
        (io.BytesIO(BODY), {"CONTENT_LENGTH": "-1"}, "400"),
        (io.BytesIO(BODY), {"CONTENT_LENGTH": "1e3"}, "400"),
        (io.BytesIO(BODY), {"CONTENT_LENGTH": "+9"}, "400"),
        (io.BytesIO(BODY), {"CONTENT_LENGTH": "٣"}, "400"),
        (io.BytesIO(BODY), {"CONTENT_LENGTH": "12, 12"}, "400"),
        (io.BytesIO(BODY), {"CONTENT_LENGTH": "9" * 5000}, "413"),
        (io.BytesIO(BODY), {"CONTENT_LENGTH": str(MAX_BODY_BYTES + 1)}, "413"),
        (io.BytesIO(BODY), {"CONTENT_LENGTH": str(len(BODY) + 1)}, "400"),
        (io.BytesIO(BODY[:100]), {"CONTENT_LENGTH": LENGTH}, "400"),
        (Broken(BODY), {"CONTENT_LENGTH": LENGTH}, "400"),
        (Broken(BODY), CHUNKED, "400"),
        (io.BytesIO(b"a" * (MAX_BODY_BYTES + 1)), CHUNKED, "413"),
        (io.BytesIO(BODY), {"HTTP_TRANSFER_ENCODING": "chunked"}, "411"),
        (io.BytesIO(BODY[:100]), CHUNKED, "400"),
    ],
)
def test_anything_else_is_refused_in_words(stream: io.BytesIO, environ: dict[str, Any], status: str) -> None:
    line, answer = ask(stream, **environ)
    assert line.startswith(status)
    assert "\u4e00" <= max(answer) <= "\uffff"  # a Chinese sentence
    assert "\n" not in answer


def test_a_body_without_end_is_left_at_the_limit() -> None:
    stream = Endless()
    assert ask(stream, **CHUNKED)[0].startswith("413")
    assert stream.taken <= MAX_BODY_BYTES + 2 * 65_536
