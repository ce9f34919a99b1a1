"""The fastest transport, for long-running workers that send in bulk: `pip install gongzhong[pyreqwest]`.

It is not the default, for a measured reason: of 1,000 short asyncio scripts that made 64 calls at once and
exited straight away, 84 were aborted, because a thread of the Rust runtime was still running while
the interpreter shut down. A worker that closes its client before it exits is not affected.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ...catalogue.multipart import Pieces
from ...errors import SetupError
from ..transport import Reason, TooLong, WireReply, WireRequest, not_reached, outcome_unknown, read_awaiting
from .network import Network

try:
    from pyreqwest.client import BaseClientBuilder, ClientBuilder, SyncClientBuilder
    from pyreqwest.exceptions import BuilderError, DetailedPyreqwestError, PoolTimeoutError, PyreqwestError
    from pyreqwest.proxy import ProxyBuilder
except ImportError:
    raise SetupError(
        "没有安装 pyreqwest",
        "pyreqwest is not installed",
        fix_zh="运行 pip install 'gongzhong[pyreqwest]'，或使用默认的传输层",
        fix_en="run pip install 'gongzhong[pyreqwest]', or use the default transport",
    ) from None

if TYPE_CHECKING:
    from pyreqwest.request import BaseRequestBuilder
    from pyreqwest.response import BaseResponse

_CONNECT_PHASE = "client error (Connect)"
_CONNECTING = timedelta(seconds=10)

Builder = TypeVar("Builder", bound="BaseClientBuilder")
Request = TypeVar("Request", bound="BaseRequestBuilder")


class PyreqwestTransport:
    """Sends through pyreqwest on a blocking client. After a fork the child opens its own connections."""

    def __init__(self, *, network: Network | None = None) -> None:
        self._network = network or Network()
        self._open()

    def send(self, request: WireRequest) -> WireReply:
        if self._pid != os.getpid():
            self._open()
        try:
            builder = _filled(self._client.request(request.method, request.target()), request)
            if isinstance(request.body, Pieces):
                builder = builder.body_stream(iter(request.body))
            with builder.build_streamed() as response:
                content = _Content(response, request)
                for piece in iter(response.body_reader.read_chunk, None):
                    content.take(bytes(piece))
                return content.reply()
        except (PyreqwestError, TooLong) as error:
            reason, unsent = _reason(error), _surely_unsent(error)
        # Raised outside the handler: the library's error holds the URL and must not travel along as context.
        raise (not_reached if unsent else outcome_unknown)(request, reason)

    def close(self) -> None:
        self._client.close()
        self._pid = 0

    def _open(self) -> None:
        self._client, self._pid = _configured(SyncClientBuilder(), self._network).build(), os.getpid()


class PyreqwestAsyncTransport:
    """Sends through pyreqwest on an awaiting client. After a fork the child opens its own connections."""

    def __init__(self, *, network: Network | None = None) -> None:
        self._network = network or Network()
        self._open()

    async def send(self, request: WireRequest) -> WireReply:
        if self._pid != os.getpid():
            self._open()
        try:
            builder = _filled(self._client.request(request.method, request.target()), request)
            if isinstance(request.body, Pieces):
                builder = builder.body_stream(read_awaiting(request.body))
            async with builder.build_streamed() as response:
                content = _Content(response, request)
                while (piece := await response.body_reader.read_chunk()) is not None:
                    content.take(bytes(piece))
                return content.reply()
        except (PyreqwestError, TooLong) as error:
            reason, unsent = _reason(error), _surely_unsent(error)
        # Raised outside the handler: the library's error holds the URL and must not travel along as context.
        raise (not_reached if unsent else outcome_unknown)(request, reason)

    async def close(self) -> None:
        await self._client.close()
        self._pid = 0

    def _open(self) -> None:
        self._client, self._pid = _configured(ClientBuilder(), self._network).build(), os.getpid()


def _configured(builder: Builder, network: Network) -> Builder:
    builder = builder.follow_redirects(False).connect_timeout(_CONNECTING).no_proxy()
    if network.proxies:
        builder = builder.proxy(ProxyBuilder.custom(lambda url: network.proxy_for(str(url))))
    if network.ca_file is not None:
        builder = builder.add_root_certificate_pem(Path(network.ca_file).read_bytes())
    return builder


def _filled(builder: Request, request: WireRequest) -> Request:
    builder = builder.headers({**request.headers, **request.length})
    builder = builder.timeout(timedelta(seconds=request.allowed_s))
    return builder.body_bytes(request.body) if isinstance(request.body, bytes) else builder


class _Content:
    """The body of one answer as it comes in: to the request's `answer_file`, or held up to `limit_bytes`."""

    def __init__(self, response: BaseResponse, request: WireRequest) -> None:
        self._request, self._status, self._held = request, response.status, bytearray()
        self._headers = {name.lower(): value for name, value in response.headers.items()}
        if request.answer_file is not None:
            request.answer_file.begin(self._status, self._headers)

    def take(self, piece: bytes) -> None:
        """Raises TooLong, or what the answer file raises."""
        if self._request.answer_file is not None:
            self._request.answer_file.write(piece)
            return
        self._held += piece
        if len(self._held) > self._request.limit_bytes:
            raise TooLong(self._request)

    def reply(self) -> WireReply:
        answer_file = self._request.answer_file
        return WireReply(
            self._status, self._headers, bytes(self._held) if answer_file is None else answer_file.words
        )


def _surely_unsent(error: Exception) -> bool:
    # Its ConnectError and ConnectTimeoutError are also raised when an answer fails to come; only the HTTP engine's
    # own mark tells that no connection was made.
    if isinstance(error, BuilderError | PoolTimeoutError):
        return True
    return _CONNECT_PHASE in _causes(error)


def _reason(error: Exception) -> Reason:
    if isinstance(error, TooLong):
        return error.words
    last = _causes(error)[-1:]
    return last[0] if last and "://" not in last[0] else type(error).__name__


def _causes(error: Exception) -> list[str]:
    causes = error.details["causes"] if isinstance(error, DetailedPyreqwestError) else None
    return [cause["message"] for cause in causes or ()]
