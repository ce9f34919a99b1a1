"""What an app and its campaigns keep of people's fields beside their rows: it goes when a field does.

What was said to a person last, kept for WeChat's repeats in the state that several processes share, may quote any
field: all of it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..people.key_tables import batches
from ..sharing.person import forget_answers, record_key

if TYPE_CHECKING:
    from ..people import Elsewhere, People
    from ..state import State


class SharedReplies:
    """The replies in a state that several processes share."""

    def __init__(self, people: People, state: State) -> None:
        self._people, self._state = people, state

    async def forget_fields(self, account: str, numbers: Sequence[int], fields: Sequence[str]) -> None:
        vault = self._people.vault(account)
        for batch in batches(numbers):
            for openid in await vault.openids(batch):
                if openid is not None:
                    await forget_answers(self._state, record_key(account, openid))

    async def forget_account(self, account: str) -> None:
        """Whoever erases an account removes them person by person, while it still knows the OpenIDs."""


def kept_elsewhere(people: People, state: State | None) -> list[Elsewhere]:
    """Everything that is to be told when fields of people go. `state`: the shared state, if there is one."""
    return [SharedReplies(people, state)] if state is not None else []
