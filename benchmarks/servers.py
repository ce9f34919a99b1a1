"""Starting a server on a core of its own, so that what sends and what answers never share one."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

BENCHMARKS = Path(__file__).resolve().parent
SOURCES = BENCHMARKS.parent / "src"
"""The tree that this file lies in is measured, whatever the environment has installed."""
START_S = 20.0


class Failed(RuntimeError):
    """A program did not start or did not end as it should; with what it printed."""


class Cores(NamedTuple):
    """Which core answers and which one sends; the same where there is only one."""

    server: int
    sender: int


def cores() -> Cores:
    """The first two cores that this process may use."""
    free = sorted(os.sched_getaffinity(0))
    return Cores(free[0], free[min(1, len(free) - 1)])


def output_of(command: Sequence[str | Path], core: int) -> bytes:
    """What a program prints, run to its end on one core. Raises Failed when that is a bad one."""
    done = subprocess.run(
        [str(part) for part in command],
        env=_environment({}),
        capture_output=True,
        preexec_fn=partial(os.sched_setaffinity, 0, {core}),
    )
    if done.returncode:
        raise Failed(f"{done.args!r} ended with {done.returncode}:\n{done.stderr.decode()[-2000:]}")
    return done.stdout


@contextmanager
def served(
    command: Sequence[str | Path], port: int, *, core: int | None, env: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run a server on one core, or (None) on any, until the end of the block; gives its process id once it listens.

    Raises Failed when it ends or does not listen within 20 seconds.
    """
    with TemporaryFile() as printed:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=BENCHMARKS / "apps",
            env=_environment(env or {}),
            stdout=printed,
            stderr=subprocess.STDOUT,
            preexec_fn=None if core is None else partial(os.sched_setaffinity, 0, {core}),
        )
        try:
            if not _listens(process, port):
                printed.seek(0)
                raise Failed(f"{process.args!r} does not listen:\n{printed.read().decode()[-2000:]}")
            yield process.pid
        finally:
            _stop(process)


def cpu_s(pid: int) -> float:
    """Processor time that a process and its children have used, in seconds (Linux: in steps of 10 ms)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(after_name[11]) + int(after_name[12])
    return ticks / os.sysconf("SC_CLK_TCK") + sum(cpu_s(int(child)) for child in children)


def resident_mb(pid: int) -> float:
    """What a process and its children have in memory, in MB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6 + sum(resident_mb(int(child)) for child in children)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    # Measured programs must not read whatever this shell sets for an account or a proxy.
    # What pip installs is compiled already: our own files are to be compiled once, not at every import.
    left_out = "PYTHONDONTWRITEBYTECODE"
    kept = {n: value for n, value in os.environ.items() if not n.startswith("GONGZHONG_") and n != left_out}
    places = os.pathsep.join((str(BENCHMARKS), str(SOURCES)))
    return {**kept, "PYTHONPATH": places, "NO_PROXY": "127.0.0.1", **more}


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    ends = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
