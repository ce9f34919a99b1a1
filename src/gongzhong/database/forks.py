"""Telling what is open before a fork of this process, and after it on both sides."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """What must not be carried into a child process as it is."""

    def before_fork(self) -> None: ...

    def after_fork_in_parent(self) -> None: ...

    def after_fork_in_child(self) -> None: ...


class Forks:
    """Everything that wants to be told. Python offers hooks for the whole process only, and no way to take one back."""

    def __init__(self) -> None:
        self._known: WeakSet[Forkable] = WeakSet()
        self._told: list[Forkable] = []
        self._hooked = False

    def add(self, forkable: Forkable) -> None:
        self._known.add(forkable)
        if not self._hooked and hasattr(os, "register_at_fork"):
            self._hooked = True
            os.register_at_fork(
                before=self._before, after_in_parent=self._in_parent, after_in_child=self._in_child
            )

    def _before(self) -> None:
        self._told = list(self._known)
        for forkable in self._told:
            forkable.before_fork()

    def _in_parent(self) -> None:
        told, self._told = self._told, []
        for forkable in told:
            forkable.after_fork_in_parent()

    def _in_child(self) -> None:
        told, self._told = self._told, []
        for forkable in told:
            forkable.after_fork_in_child()


_FORKS = Forks()


def look_after(forkable: Forkable) -> None:
    """Tell it of every fork from now on, as long as it exists."""
    _FORKS.add(forkable)
