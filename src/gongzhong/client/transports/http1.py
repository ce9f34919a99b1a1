"""HTTP/1.1 as bytes, without any I/O: the head of a request that is written, and an answer that is read with llhttp.

Both default transports speak it; they differ only in how bytes come and go.
"""

from __future__ import annotations

from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from ..transport import Inflater, Unusable, WireReply, WireRequest

LONGEST_HEAD: Final = 128 * 1024
"""Bytes of an answer's status line and headers; a longer head is an error."""

FIRST_FINAL: Final = 200
"""Answers with a lower status (100 Continue, 103 Early Hints) announce another one."""


def fixed_headers(host: str) -> str:
    """The header lines that every request to one host has."""
    return f"Host: {host}\r\nAccept-Encoding: identity\r\nUser-Agent: gongzhong\r\n"


def head_of(request: WireRequest, prefix: str, headers: str) -> bytes:
    """The head of a request. `prefix` stands before the path, `headers` are lines that are the same for all.

    Raises Unusable for a header that would break out of its line.
    """
    path = request.target()[len(request.origin) :]
    target = prefix + (path if path[:1] == "/" else f"/{path}")
    lines = [f"{request.method} {target} HTTP/1.1\r\n{headers}"]
    for name, value in request.headers.items():
        if not value.isprintable():
            raise Unusable(
                f"请求头 {name} 里有控制字符", f"the value of the header {name} has control characters"
            )
        lines.append(f"{name}: {value}\r\n")
    if request.body is not None or request.method == "POST":
        lines.append(f"Content-Length: {len(request.body or b'')}\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")


class Answer:
    """The answer to one request, read from whatever pieces it comes in.

    The body is unpacked and goes to the request's `answer_file` if there is one, else it is held up to `limit_bytes`.
    """

    def __init__(self, request: WireRequest) -> None:
        self.status, self.headers = 0, dict[str, str]()
        self.whole = False
        """Whether all of it is here."""
        self._request = request
        self._begun = self._reusable = self._more = False
        self._parser = HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._body = bytearray()
        self._head_bytes = 0
        self._inflater: Inflater | None = None

    def feed(self, data: bytes) -> int:
        """Take the next bytes, b"" at the end of all. Returns how many of them belong to a file's body.

        Raises EOFError for an answer that is cut off, Unusable for bytes that are no answer, a head that is too long
        and a body that cannot be unpacked or is too long, zlib.error for a damaged body, DiskError for a file that
        cannot be written.
        """
        if data:
            self._parse(data)
        else:
            framed = self.headers.keys() & {"content-length", "transfer-encoding"}
            if not self._begun or framed:
                raise EOFError("answer cut off")
            self.whole = True
        if not self._begun:
            return 0
        moved = self._take()
        if self.whole and self._inflater is not None:
            self._inflater.finish()
        return moved

    def reply(self) -> WireReply:
        """What came, once it is whole."""
        answer_file = self._request.answer_file
        body = bytes(self._body) if answer_file is None else answer_file.words
        return WireReply(self.status, self.headers, body)

    @property
    def begun(self) -> bool:
        """Whether the whole head is here."""
        return self._begun

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection can carry another request."""
        return self._reusable and not self._more

    def _parse(self, data: bytes) -> None:
        if not self._begun:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            raise Unusable("对方要改用其他协议", "the other side asks for another protocol") from None
        except HttpParserError as problem:
            if not self.whole:
                what = " ".join(str(problem).split())[:80]  # llhttp's words never quote the answer
                raise Unusable(f"应答不是合格的 HTTP：{what}", f"the answer is no HTTP: {what}") from None
            self._more = True  # what follows a whole answer is not ours
        if not self._begun and self._head_bytes > LONGEST_HEAD:
            raise Unusable(
                f"应答头超过 {LONGEST_HEAD} 字节", f"the head of the answer has over {LONGEST_HEAD} bytes"
            )

    def _take(self) -> int:
        """Unpack the pieces of the body that came, and put them where they belong."""
        answer_file, inflater = self._request.answer_file, self._inflater
        if inflater is None:
            inflater = self._inflater = Inflater(self._request, self.headers.get("content-encoding", ""))
            if answer_file is not None:
                answer_file.begin(self.status, self.headers)
        pieces, self._pieces = self._pieces, []
        moved = 0
        for piece in pieces:
            plain = inflater.take(piece, len(self._body))
            if answer_file is None:
                self._body += plain
            else:
                moved += len(piece)
                answer_file.write(plain)
        return moved

    def on_message_begin(self) -> None:
        self._more = self.whole

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._begun:  # what comes after the body (trailers) must not replace what the head said
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self.whole:
            return
        self.status = self._parser.get_status_code()
        if self.status < FIRST_FINAL:
            self.headers.clear()
        else:
            self._begun = True

    def on_body(self, piece: bytes) -> None:
        if not self.whole:
            self._pieces.append(piece)

    def on_message_complete(self) -> None:
        if self._begun and not self.whole:
            self.whole, self._reusable = True, self._parser.should_keep_alive()
