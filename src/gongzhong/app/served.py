"""What a server can be given: one account, or many that are found by host and path."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from ..errors import CallbackError
from .answer import Answer
from .asgi import AsgiDoor
from .rsgi import RsgiDoor
from .wsgi import WsgiDoor

if TYPE_CHECKING:
    from .binding import Binding


class Served(ABC):
    """The doors, and what they ask for."""

    @property
    @abstractmethod
    def only(self) -> Binding | None:
        """What answers every request, whatever its address; None: see `at`."""

    def at(self, host: str, path: str) -> Binding:
        """What answers requests to this address: the Host header as it came, the path below the place of mounting.

        Raises a CallbackError when no account has it.
        """
        assert self.only is not None
        return self.only

    @abstractmethod
    def refuse(self, problem: CallbackError) -> Answer:
        """What a door answers when it does not let a request in; counted and logged."""

    @property
    @abstractmethod
    def busy(self) -> bool:
        """Whether a handler is running or an answer is being sent."""

    @abstractmethod
    def check(self) -> None:
        """Raise SetupError now, not at the first push, when an account is incomplete. Servers call it at start."""

    @abstractmethod
    async def shutdown(self) -> None:
        """Let running handlers finish, then close the clients that were made here.

        What takes longer than `drain_s` is cut off and recorded in `undelivered`.
        """

    @abstractmethod
    def close(self) -> None:
        """`shutdown` for programs without an event loop."""

    @cached_property
    def asgi(self) -> AsgiDoor:
        """The callback URL as an ASGI application."""
        return AsgiDoor(self)

    @cached_property
    def wsgi(self) -> WsgiDoor:
        """The callback URL as a WSGI application."""
        return WsgiDoor(self)

    @cached_property
    def rsgi(self) -> RsgiDoor:
        """The callback URL as an RSGI application, for granian."""
        return RsgiDoor(self)

    @asynccontextmanager
    async def lifespan(self, _app: object = None) -> AsyncIterator[None]:
        """For Starlette and FastAPI: `Starlette(lifespan=oa.lifespan)`; for anything else: `async with`."""
        self.check()
        try:
            yield
        finally:
            await self.shutdown()
