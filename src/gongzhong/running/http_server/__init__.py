"""An HTTP/1.1 server for callback URLs: httptools (llhttp) reads, one asyncio protocol answers.

It exists because a callback is a small request that may have to be held for seconds, thousands of times at once, and
because it is what most of a push's time is spent on. It serves nothing but callback URLs: no streaming, no WebSocket,
no HTTP/2. Applications over ASGI and WSGI are served by granian (`running.embedded`).

    limits.py       every number
    reading.py      from bytes to complete requests, or a refusal in words
    connection.py   one connection: its phases, the table of transitions, what each event does
    server.py       the listening socket, all connections, time, stopping
"""

from .connection import Connection, Phase
from .limits import Limits
from .reading import Refusal, Request, RequestReader
from .server import DRAIN_S, CallbackServer

__all__ = [
    "DRAIN_S",
    "CallbackServer",
    "Connection",
    "Limits",
    "Phase",
    "Refusal",
    "Request",
    "RequestReader",
]
