"""What people may still get of customer-service messages, counted together with the program that answers them.

WeChat allows five within 48 hours after a message of the person, and three within a minute after a click, scan or
follow. Where several processes answer, each person's record in the shared state says how many are left; campaigns take
theirs from there.
"""

from __future__ import annotations

from typing import Final

import msgspec

from .. import facts
from ..errors import StateDown
from ..sharing.mail import Sent, post
from ..sharing.person import Change, PersonRecord, change, left, record_key, spent
from ..state import State

KEPT_S: Final = float(facts.AFTER_MESSAGE_S)
"""So long a record that was changed stays: no window is longer."""


class SharedAllowance:
    """Of one account. A state that is down, or knows nothing of a person, forbids nothing: WeChat has the last word."""

    def __init__(self, state: State, account: str) -> None:
        self._state, self._account = state, account

    async def reserve(self, openid: str) -> bool:
        """Count one message to this person; False, with nothing counted, when none is left."""
        found = True

        def spend(record: PersonRecord) -> PersonRecord:
            nonlocal found
            if record.windows is None:
                return record
            found = left(record.windows, self._state.clock.now()) > 0
            windows = spent(record.windows, 1) if found else record.windows
            return msgspec.structs.replace(record, windows=windows)

        await self._change(openid, spend, 1)
        return found

    async def give_back(self, openid: str) -> None:
        """The message was surely not sent."""

        def put_back(record: PersonRecord) -> PersonRecord:
            windows = None if record.windows is None else spent(record.windows, -1)
            return msgspec.structs.replace(record, windows=windows)

        await self._change(openid, put_back, -1)

    async def _change(self, openid: str, changed: Change, count: int) -> None:
        """A process that has the person counts in its memory, and is told."""
        try:
            owner = await change(self._state, record_key(self._account, openid), changed, KEPT_S)
            if owner and count > 0:
                await post(self._state, owner, Sent(openid, count, self._account))
        except StateDown:
            return
