"""Every limit of the callback server, in one record. Times are in seconds, sizes in bytes.

WeChat sends heads of about 500 bytes and bodies of a few KB, in one piece, and gives up after five seconds; the limits
leave room for reverse proxies and slow networks and for nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...wire import MAX_BODY_BYTES

SPARE_FILES = 64
"""File descriptors that are left for logs, databases and outgoing connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one server allows. The defaults suit a public callback URL."""

    connections: int = 10_000
    """Open at once. When all are taken, the one that has been waiting longest for a request is closed for a new one;
    connections whose request is being answered are never closed for others. When every connection is being answered, a
    new one gets 503."""
    target: int = 8 * 1024
    """The request line's address; longer ones get 414."""
    head: int = 16 * 1024
    """Request line and headers together; longer ones get 431."""
    headers: int = 100
    """Header lines, those after a chunked body included; more get 431."""
    body: int = MAX_BODY_BYTES
    """The body; longer ones get 413, before they are read if their length is announced."""
    framing: int = 64 * 1024
    """How many bytes a chunked body may spend on chunk sizes, extensions and trailers beside its content."""
    pipelined: int = 16
    """Requests that wait for the answer to the one before them; then nothing more is read from the connection."""
    head_s: float = 10.0
    """From the connection or the request's first byte to the end of its head; then 408."""
    body_s: float = 15.0
    """From the end of the head to the end of the body; then 408."""
    idle_s: float = 75.0
    """A connection that is kept open between two requests."""
    answer_s: float = 60.0
    """How long an answer may take before the connection is given up. An OfficialAccount answers within 8 s."""
    write_s: float = 15.0
    """How long a peer may leave an answer unread once its buffers are full."""
    linger_s: float = 2.0
    """After a refusal, the rest of a request is read and thrown away for so long, so that the peer sees the answer
    instead of a reset connection."""
    linger: int = 4 * 1024 * 1024
    """And at most so many bytes of it."""
    handshake_s: float = 10.0
    """TLS handshakes."""
    handshakes: int = 1_000
    """TLS handshakes that are open at once, beside the connections; of more, the oldest is closed."""


def allow_files(wanted: int) -> int:
    """Raise this process's limit of open files towards `wanted`; returns how many connections fit below it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    needed = wanted + SPARE_FILES
    if soft != unlimited and soft < needed:
        aim = needed if hard == unlimited else min(needed, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (aim, hard))
            soft = aim
        except (OSError, ValueError):
            pass
    return wanted if soft == unlimited else max(1, min(wanted, soft - SPARE_FILES))
