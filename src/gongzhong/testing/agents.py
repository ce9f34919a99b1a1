"""Customer-service agents to play in a test: taking people over, writing to them, letting them go."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..platform.world import agents, desk, people, sessions
from ..platform.world.world import AccountState

if TYPE_CHECKING:
    from .actors import Actor
    from .local_platform import LocalPlatform


class ServiceAgent:
    """An agent at the desk; `serves` names the people in its sessions."""

    def __init__(self, bed: LocalPlatform, account: AccountState, kf_account: str) -> None:
        self._bed, self._account, self.kf_account = bed, account, kf_account

    def __repr__(self) -> str:
        return f"ServiceAgent({self.kf_account})"

    def _do(self, function: Callable[..., Any], *args: Any, **values: Any) -> None:
        async def act() -> None:
            function(self._bed.world, self._account, *args, **values)

        self._bed.run(act())

    def _openid(self, person: Actor) -> str:
        return people.relation(self._bed.world, self._account, person.name).openid

    def goes_online(self, *, auto_accept: int = 0) -> None:
        """Begin to work; `auto_accept` is how many people are taken without being asked."""
        self._do(agents.appear, self.kf_account, online=True, auto_accept=auto_accept)
        self._do(sessions.distribute)

    def goes_offline(self) -> None:
        self._do(agents.appear, self.kf_account, online=False, auto_accept=0)

    def accepts(self, person: Actor) -> None:
        """Take somebody over, waiting or not."""
        self._do(sessions.create, self._openid(person), self.kf_account)

    def says(self, text: str, *, to: Actor) -> None:
        self._do(desk.say, self.kf_account, self._openid(to), text)

    def sends_picture(self, content: bytes, *, to: Actor) -> None:
        self._do(desk.show, self.kf_account, self._openid(to), content)

    def closes(self, person: Actor) -> None:
        """End the session."""
        self._do(sessions.close, self._openid(person), self.kf_account)

    def hands_on(self, person: Actor, *, to: ServiceAgent) -> None:
        """Let another agent go on with somebody."""
        self._do(sessions.switch, self._openid(person), self.kf_account, to.kf_account)

    @property
    def serves(self) -> list[str]:
        """The names of the people in its sessions, the longest served first."""
        world = self._bed.world
        open_ones = sessions.of_agent(world, self._account, self.kf_account)
        return [people.by_openid(world, self._account, one.openid).person or "" for one in open_ones]
