"""Processes that send for a campaign, what befalls them, and how much memory everybody holds meanwhile.

What befalls them is drawn from a seed as parts of the campaign: the third kill comes when so much of it is sent,
however fast that goes.
"""

from __future__ import annotations

import random
import signal
import statistics
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

WARM_S = 20.0
"""A process that began later than this says nothing about growth."""


@dataclass(frozen=True)
class Fate:
    """At which parts of the campaign, 0 to 1, somebody is killed or stopped; each in ascending order."""

    kills: list[float]
    stops: list[float]

    @classmethod
    def drawn(cls, source: random.Random, kills: int, stops: int) -> Fate:
        return cls(
            sorted(source.uniform(0.02, 0.95) for _ in range(kills)),
            sorted(source.uniform(0.1, 0.6) for _ in range(stops)),
        )


@dataclass
class Crew:
    """The processes. Who ends without being asked to is replaced, until the campaign is over."""

    command: list[str]
    environment: Mapping[str, str]
    log: Path
    size: int
    source: random.Random
    fate: Fate
    rest_s: float
    """How long one that is stopped stays so: longer than its lease."""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    stopped: subprocess.Popen[bytes] | None = None
    stopped_at: float = 0.0
    killed: int = 0
    stops: int = 0

    def fill(self) -> None:
        self.processes = [one for one in self.processes if one.poll() is None]
        while len(self.processes) < self.size:
            with self.log.open("ab") as log:
                self.processes.append(
                    subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log)
                )

    def befall(self, part: float) -> None:
        """What is due when this part of the campaign is sent."""
        while self.killed < len(self.fate.kills) and part >= self.fate.kills[self.killed]:
            self._kill_one()
        if self.stopped is not None:
            if time.monotonic() >= self.stopped_at + self.rest_s:
                self.go_on()
        elif self.stops < len(self.fate.stops) and part >= self.fate.stops[self.stops]:
            self.stopped, self.stopped_at = self.source.choice(self.processes), time.monotonic()
            self.stopped.send_signal(signal.SIGSTOP)
            self.stops += 1

    def _kill_one(self) -> None:
        victim = self.source.choice([one for one in self.processes if one is not self.stopped])
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.killed += 1
        self.fill()

    def go_on(self) -> None:
        if self.stopped is not None:
            self.stopped.send_signal(signal.SIGCONT)
            self.stopped = None

    def end(self, timeout_s: float) -> None:
        """The campaign is over: who was stopped past its lease goes on, and all find out by themselves."""
        if self.stopped is not None:
            time.sleep(max(0.0, self.stopped_at + self.rest_s - time.monotonic()))
        self.go_on()
        for process in self.processes:
            process.wait(timeout_s)

    def close(self) -> None:
        self.go_on()
        for process in self.processes:
            process.kill()
            process.wait()


def private_mb(pid: int) -> float | None:
    """The memory that a process has for itself alone; None when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon")), None)


def held_by(role: str, pids: Iterable[int]) -> str:
    """What these processes hold, as text."""
    held = [one for pid in pids if (one := private_mb(pid)) is not None]
    return f"{role} {' '.join(f'{one:.0f}' for one in sorted(held))}"


@dataclass
class Memory:
    """Samples of all processes: (when, megabytes) by role and process id."""

    taken: dict[tuple[str, int], list[tuple[float, float]]] = field(default_factory=dict)

    def take(self, role: str, pids: Iterable[int]) -> None:
        for pid in pids:
            if (held := private_mb(pid)) is not None:
                self.taken.setdefault((role, pid), []).append((time.monotonic(), held))

    def growth(self, role: str) -> tuple[float, float, float] | None:
        """Of the process of this role that was seen longest: seconds after its warm-up, its median size in the first
        and the last quarter of them, in MB. None when nobody was there for long."""
        lives = [
            [sample for sample in samples if sample[0] >= samples[0][0] + WARM_S]
            for (named, _), samples in self.taken.items()
            if named == role
        ]
        longest = max(lives, key=len, default=[])
        if len(longest) < 8:
            return None
        quarter = len(longest) // 4
        first, last = (
            statistics.median(held for _, held in part) for part in (longest[:quarter], longest[-quarter:])
        )
        return longest[-1][0] - longest[0][0], first, last
