"""One delivery of a push whose person several processes share: what it was, and how it goes on once it is known which
of them has the person."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from ..background import Postponed
from .answer import Answer, Gone, Seal

if TYPE_CHECKING:
    from ..messages import Push
    from ..wire import PushQuery
    from .reception import Reception
    from .taking import Person


class Delivery(Postponed[str]):
    """Waits for the name of the process that has the person, empty for this one; NotAccepted when that is not known in
    time."""

    __slots__ = ("began", "gone", "key", "person", "push", "reception", "request", "seal")

    person: Person

    def __init__(
        self,
        reception: Reception,
        push: Push,
        seal: Seal,
        key: str,
        gone: Gone | None,
        request: tuple[PushQuery, bytes],
        began: float,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(loop=loop)
        self.reception, self.push, self.seal, self.key = reception, push, seal, key
        self.gone, self.request, self.began = gone, request, began
        """When WeChat's request came is in the loop's seconds."""

    def go_on(self) -> Answer | Coroutine[Any, Any, Answer]:
        return self.reception.go_on(self)

    def drop(self) -> None:
        self.cancel()
        self.reception.drop(self)
