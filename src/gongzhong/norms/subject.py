"""What the checks look at: the apps of a program, its files, its configuration, and texts that WeChat holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from ..app import App
from ..config import Configuration
from ..messages import Push
from .sources import Line, Sources


class ClientKey(Protocol):
    """A key of the gateway or of the people API, as far as it is looked at."""

    @property
    def id(self) -> str: ...
    @property
    def networks(self) -> tuple[str, ...]: ...
    @property
    def revoked_at(self) -> float: ...


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """`keys` are those of the gateway and of the people API (None: no database, or none was looked at); `told` are
    texts of menu, templates and automatic replies as WeChat gave them."""

    apps: tuple[App, ...]
    sources: Sources
    configuration: Configuration
    people_given: bool = False
    """Whether the program itself opens where people's data is stored (`OfficialAccount(people=…)`)."""
    keys: tuple[ClientKey, ...] | None = None
    told: tuple[Line, ...] = ()

    @property
    def encrypts(self) -> bool:
        """Whether people's data is in use: with a master key, or opened by the program."""
        return self.people_given or self.configuration.settings.people.in_use

    @property
    def erases_at_unsubscribe(self) -> bool:
        return self.encrypts and self.configuration.settings.people.unsubscribe == "erase"

    def handlers_of(self, kind: type[Push]) -> Iterator[str]:
        """Names of the handlers that are for this kind of push, not for every event or push."""
        for app in self.apps:
            for route in app.routes():
                if not route.default and any(issubclass(one, kind) for one in route.kinds()):
                    yield route.handler.name

    def handled(self, kind: type[Push]) -> bool:
        return any(True for _ in self.handlers_of(kind))

    def keeps_sessions(self) -> bool:
        """Whether the program remembers something about people between two messages."""
        return any(
            app.dialogues() or any(route.handler.wants_session for route in app.routes()) for app in self.apps
        )


def apps_of(value: Any) -> tuple[App, ...]:
    """The apps behind what a program offers to a server: an account, a binding, several, or one of their doors."""
    from ..app.accounts import Accounts
    from ..app.served import Served

    value = getattr(value, "served", value)  # a door
    if isinstance(value, Accounts):
        found = [one.only.app for one in value]
    elif isinstance(value, App):
        found = [value]
    elif isinstance(value, Served) and value.only is not None:
        found = [value.only.app]
    else:
        found = []
    return tuple({id(app): app for app in found}.values())
