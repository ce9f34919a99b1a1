"""Pushes answered by workers that share what they know, beside one process with everything in its memory.

    python benchmarks/workers.py [--quick] [--json]

The load is that of `callback.py`, in both of its modes: nobody writes twice, so each push takes its person, answers and
lays them down. One worker has the first core; two workers have both, which the sender needs, too. The lines with CPU
count the workers' processor time, without the database server's. At half of the rate that each reached, pushes are sent
at a fixed rate and the time to the answer is counted from when each was due.

OpenIDs are numbered, so neighbours lie side by side in a database; the line `scattered` has them in no order, as at
WeChat, where SQLite writes a page for each person. The last line is the memory of one worker with SQLite after each
tenth of many messages from few people, the first tenth left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from callback import MODES
from results import Progress, Result, alternate, faster, run_alone
from state import engines

from gongzhong.account import Encryption
from gongzhong.running.listening import free_port
from servers import BENCHMARKS, cores, cpu_s, output_of, resident_mb, served

WARM_UP = 1_000
AT_LEAST = {"sqlite": 0.6, "postgresql": 0.4, "redis": 0.6}
"""The share of memory's rate that one worker is to reach."""
P99_MS = 50.0
MESSAGES, PEOPLE = 1_000_000, 100_000
ROUND_S = 0.8
"""How long a round is."""
SCATTERED = "sqlite, scattered"
"""The same server for people whose OpenIDs are in no order."""
FAR = 10**8
"""The number of its first push: the others' are below."""
FLAT = 0.05
"""How much the memory of a worker may change after the first tenth of the messages."""


class Contestant:
    """A running server with so many workers: sends it pushes that it has never seen."""

    def __init__(
        self,
        mode: Encryption,
        port: int,
        pid: int,
        round_s: float,
        *,
        scattered: bool = False,
        first: int = 0,
    ) -> None:
        self._mode, self._port, self._pid = mode, port, pid
        self._scattered, self._sent = scattered, first
        self.by_cpu: list[float] = []
        """Pushes for each second of processor time, round by round."""
        self._per_round = WARM_UP
        self._per_round = max(WARM_UP, int(self.rate() * round_s))
        self.by_cpu.clear()

    def send(self, count: int, **options: float) -> dict[str, float]:
        """Send so many pushes; what `load.py` says of them. Raises RuntimeError when an answer was wrong."""
        command: list[str | Path] = [sys.executable, BENCHMARKS / "load.py", "--mode", self._mode]
        given = {"port": self._port, "first": self._sent, "count": count, **options}
        for name, value in given.items():
            command += [f"--{name}", str(value)]
        if self._scattered:
            command.append("--scattered")
        self._sent += count
        answer: dict[str, float] = json.loads(output_of(command, cores().sender))
        if answer["failures"]:
            raise RuntimeError(f"{answer['failures']:.0f} wrong answers")
        return answer

    def rate(self) -> float:
        """Pushes answered a second."""
        before = cpu_s(self._pid)
        answer = self.send(self._per_round)
        self.by_cpu.append(self._per_round / (cpu_s(self._pid) - before))
        return self._per_round / answer["seconds"]

    def waits(self, rate: float, seconds: float) -> tuple[float, float]:
        """Median and 99th percentile of the time to an answer, in milliseconds, at a fixed rate."""
        answer = self.send(int(rate * seconds), rate=rate)
        return answer["median_ms"], answer["p99_ms"]

    def memory(self, messages: int, people: int) -> list[float]:
        """The memory of all processes after each tenth of so many messages, in MB."""
        found = []
        for _ in range(10):
            for _ in range(
                max(1, messages // 500_000)
            ):  # what is sent at once is signed before and takes memory
                self.send(messages // 10 // max(1, messages // 500_000), people=people)
            found.append(resident_mb(self._pid))
        return found


def command(port: int, workers: int) -> list[str | Path]:
    line = [sys.executable, "-m", "gongzhong", "serve", "gongzhong_echo.py:oa", "--log-level", "warning"]
    return [*line, "--port", str(port), "--workers", str(workers)]


@contextmanager
def contestants(mode: Encryption, quick: bool, progress: Progress) -> Iterator[dict[str, Contestant]]:
    """All that are compared, running: one process with its memory, workers with each engine that is installed."""
    with engines() as addresses, ExitStack() as running:
        found = {}
        for name, address, workers in entries(addresses):
            progress(f"工作进程 workers, {MODES[mode]}: {name}")
            port = free_port()
            env = {"MODE": mode} | ({} if name == "memory" else {"STATE": address})
            core = cores().server if workers == 1 else None
            pid = running.enter_context(served(command(port, workers), port, core=core, env=env))
            found[name] = Contestant(mode, port, pid, 0.3 if quick else ROUND_S)
            if name == "sqlite" and mode == "plain":
                found[SCATTERED] = Contestant(
                    mode, port, pid, 0.3 if quick else ROUND_S, scattered=True, first=FAR
                )
        yield found


def entries(addresses: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    """Name, address and number of workers of each contestant."""
    for name, address in addresses.items():
        yield name, address, 1
    for name in ("sqlite", "postgresql"):
        if name in addresses:
            yield f"{name} ×2", addresses[name], 2


def compared(mode: Encryption, given: dict[str, Contestant], quick: bool) -> list[Result]:
    """The rates of all beside memory's, by the clock and by processor time."""
    rates = alternate({name: one.rate for name, one in given.items()}, 3 if quick else 5)
    by_cpu = {name: one.by_cpu for name, one in given.items()}
    lines = []
    for name in [name for name in given if name != "memory"]:
        lines.append(faster(f"{mode} {name}", rates[name], "memory", rates["memory"], AT_LEAST.get(name)))
        lines.append(faster(f"{mode} {name}/CPU", by_cpu[name], "memory", by_cpu["memory"]))
    return lines + at_half(
        mode, given, {name: median(rate) for name, rate in rates.items()}, 2.0 if quick else 4.0
    )


def at_half(
    mode: Encryption, given: dict[str, Contestant], rates: dict[str, float], seconds: float
) -> list[Result]:
    """How long an answer takes at half of what each can do."""
    lines = []
    for name, one in given.items():
        middle, late = one.waits(rates[name] / 2, seconds)
        lines.append(Result(f"{mode} p50 {name}", "ms", middle))
        lines.append(Result(f"{mode} p99 {name}", "ms", late, target=f"≤ {P99_MS:g}", reached=late <= P99_MS))
    return lines


def flat(one: Contestant, messages: int, people: int) -> Result:
    """How far the memory of a worker moves from its middle while many messages pass."""
    after = one.memory(messages, people)[1:]
    moved = (max(after) - min(after)) / 2 / median(after)
    what = f"内存 memory {messages:,} ({median(after):.0f} MB)"
    return Result(what, "±%", 100 * moved, target=f"≤ {100 * FLAT:g}", reached=moved <= FLAT)


def measure(quick: bool, progress: Progress) -> list[Result]:
    lines: list[Result] = []
    for mode in MODES:
        with contestants(mode, quick, progress) as given:
            progress(f"工作进程 workers, {MODES[mode]}: 轮流测量 / in turn")
            lines += compared(mode, given, quick)
            if mode == "plain":
                progress("工作进程 workers: 内存 / memory")
                less = 20 if quick else 1
                lines.append(flat(given["sqlite"], MESSAGES // less, PEOPLE // less))
    return lines


if __name__ == "__main__":
    run_alone(measure, __doc__)
