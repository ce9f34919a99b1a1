"""What happens in a run: who writes what and when, how long each handler takes, which faults come.

A plan is a pure function of its seed and size, so a run can be repeated with the same messages, handler times and
faults. How the operating system schedules the processes is not part of it: two runs of one plan may differ in that.
All times are seconds from the beginning of the run.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final, Literal

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
STOPS_S: Final = (0.5, 1.0, 2.0, 10.0)
"""How long a stopped worker stays stopped: the last one is longer than a lease (8 s). With a fault every second two or
more of four workers run for 85 % of the time, and none of them for 1.1 s in a row at most. With 1, 4 and 10 s none
would run for 16 % of the time and for up to 6 s, longer than WeChat waits, however soon a killed one is back."""
DOWN_S: Final = (0.0, 1.0, 3.0)
"""How long an engine stays down between its end and its start."""

Trouble = Literal["kill", "stop"]
Ending = Literal["shut down", "kill"]


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large a run is. Messages are for each person; `seconds` is the time within which they are written."""

    people: int
    messages: int
    seconds: float
    slowest_s: float
    trouble_every_s: float = 0.0
    """A worker is killed or stopped so often; 0: never."""
    restarts: int = 0
    """How often one of the engines is ended and started again."""

    @property
    def troubled_s(self) -> float:
        """How long workers are killed and stopped: beyond the last message, while slow handlers still run."""
        return self.seconds + self.slowest_s / 2


@dataclass(frozen=True)
class Message:
    """One message: when it is written, and how long its handler takes."""

    person: str
    at_s: float
    text: str
    takes_s: float


@dataclass(frozen=True)
class Fault:
    """One worker (`place` among the running ones) is killed, or stopped for `seconds`."""

    at_s: float
    kind: Trouble
    place: int
    seconds: float = 0.0


@dataclass(frozen=True)
class Restart:
    """One engine (`place` among those that run, around) is ended, and started again after `down_s`."""

    at_s: float
    how: Ending
    place: int
    down_s: float


@dataclass(frozen=True)
class Plan:
    """Everything that is drawn."""

    seed: int
    size: Size
    messages: tuple[Message, ...]
    faults: tuple[Fault, ...]
    restarts: tuple[Restart, ...]

    @property
    def people(self) -> list[str]:
        return [f"person {number}" for number in range(self.size.people)]

    def of(self, person: str) -> list[Message]:
        """What one person writes, in order."""
        return [message for message in self.messages if message.person == person]


def drawn(seed: int, size: Size) -> Plan:
    """The plan of a seed. Each part has a random source of its own: a plan with faults has the same messages."""
    return Plan(seed, size, _messages(seed, size), _faults(seed, size), _restarts(seed, size))


def _messages(seed: int, size: Size) -> tuple[Message, ...]:
    chance, found = random.Random(f"messages {seed}"), list[Message]()
    for person in range(size.people):
        for number, at_s in enumerate(sorted(chance.uniform(0, size.seconds) for _ in range(size.messages))):
            word = "".join(chance.choices(LETTERS, k=6))
            takes_s = round(_handler_time(chance, size.slowest_s), 1)
            found.append(Message(f"person {person}", at_s, f"{person}-{number}-{word}@{takes_s}", takes_s))
    return tuple(found)


def _handler_time(chance: random.Random, slowest_s: float) -> float:
    """Two of five handlers answer at once, one takes up to the longest time."""
    return chance.choice((0.0, 0.0, 0.1, 1.0, chance.uniform(0, slowest_s)))


def _faults(seed: int, size: Size) -> tuple[Fault, ...]:
    if not size.trouble_every_s:
        return ()
    chance = random.Random(f"faults {seed}")
    kinds: tuple[Trouble, ...] = ("kill", "stop")
    found = list[Fault]()
    while (at_s := size.trouble_every_s * (len(found) + 1)) < size.troubled_s:
        kind = chance.choice(kinds)
        seconds = chance.choice(STOPS_S) if kind == "stop" else 0.0
        found.append(Fault(at_s, kind, chance.randrange(1_000), seconds))
    return tuple(found)


def _restarts(seed: int, size: Size) -> tuple[Restart, ...]:
    """Spread over the run: one engine after the other is shut down, the next round of two is killed."""
    chance = random.Random(f"restarts {seed}")
    endings: tuple[Ending, ...] = ("shut down", "shut down", "kill", "kill")
    apart_s = size.seconds / (size.restarts + 1)
    return tuple(
        Restart(apart_s * (number + 1), endings[number % 4], number, chance.choice(DOWN_S))
        for number in range(size.restarts)
    )
