"""A peer on a real socket that behaves as a test says: slow, in pieces, cut off, rude."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

Act = Callable[["Connection"], None]


class Connection:
    """One accepted connection: what came, and ways to answer."""

    def __init__(self, sock: socket.socket, ended: threading.Event) -> None:
        self.sock, self.ended = sock, ended
        self.head = b""
        self._rest = b""

    def read_request(self) -> bool:
        """Read one head and as much body as it announces; False when the other side closed before."""
        received = self._rest
        while b"\r\n\r\n" not in received:
            piece = self.sock.recv(65536)
            if not piece:
                return False
            received += piece
        self.head, _, body = received.partition(b"\r\n\r\n")
        announced = [line for line in self.head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(announced[0].partition(b":")[2]) if announced else 0
        while len(body) < length:
            body += self.sock.recv(65536)
        self.body, self._rest = body[:length], body[length:]
        return True

    def say(self, *pieces: bytes, pause_s: float = 0.02) -> None:
        """Send each piece by itself, so that it arrives by itself."""
        for piece in pieces:
            self.sock.sendall(piece)
            time.sleep(pause_s)

    def answer(self, body: bytes, *headers: str, status: str = "200 OK") -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def drip(self, piece: bytes = b" ", every_s: float = 0.05) -> None:
        """Send a piece again and again until the test ends or the other side closes."""
        while not self.ended.wait(every_s):
            self.sock.sendall(piece)


class Peer:
    """Listens on a free port of this machine; `act` is done with each connection, in a thread of its own."""

    def __init__(self, act: Act) -> None:
        self.act = act
        self.connections: list[Connection] = []
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            connection = Connection(sock, self._ended)
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        with suppress(OSError, ValueError):
            self.act(connection)
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
        connection.sock.close()

    def close(self) -> None:
        self._ended.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for connection in self.connections:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def peer() -> Iterator[Callable[[Act], Peer]]:
    """Start peers; they end with the test."""
    peers: list[Peer] = []

    def start(act: Act) -> Peer:
        peers.append(Peer(act))
        return peers[-1]

    yield start
    for each in peers:
        each.close()


def whole(*pieces: bytes, pause_s: float = 0.02) -> Act:
    """Answer every request of a connection with these bytes, each piece by itself, and keep the connection."""

    def act(connection: Connection) -> None:
        while connection.read_request():
            connection.say(*pieces, pause_s=pause_s)

    return act


def once(*pieces: bytes) -> Act:
    """Answer one request with these bytes and close."""

    def act(connection: Connection) -> None:
        connection.read_request()
        connection.say(*pieces)

    return act
