"""Pushes answered over HTTP: our doors beside wechatpy on Flask and WeRoBot, one core for each side.

    python benchmarks/callback.py [--quick] [--json]

Each server runs one worker process on the first core; `load.py` keeps 64 connections busy from the second. All do
the same: verify, (decrypt,) parse, hand to a handler for texts that says back what it is told, reply, (encrypt).
Ours runs under `gongzhong serve` (its callback server) and over ASGI under granian; wechatpy on Flask
under gunicorn with four threads, whose connections stay open (its default worker closes them and is no faster);
WeRoBot under waitress, which its `run` chooses. The lines with CPU count the server's processor time instead of the
clock: the same where nobody else uses the cores, and steadier where somebody does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from environments import peer
from results import Progress, Result, alternate, faster, run_alone

from gongzhong.account import Encryption
from gongzhong.running.listening import free_port
from servers import BENCHMARKS, cores, cpu_s, output_of, served

MODES: dict[Encryption, str] = {"plain": "明文 plain", "safe": "安全 safe"}
WARM_UP = 1_000
Command = list[str | Path]
TARGETS: dict[Encryption, float] = {"plain": 9.0, "safe": 7.5}


class Contestant:
    """One running server: sends it a round of pushes that it has never seen."""

    def __init__(self, mode: Encryption, port: int, pid: int, round_s: float) -> None:
        self._mode, self._port, self._pid = mode, port, pid
        self._sent, self._per_round = 0, WARM_UP
        self.by_cpu: list[float] = []
        """Pushes for each second of processor time, round by round."""
        self._per_round = max(WARM_UP, int(self.rate() * round_s))
        self.by_cpu.clear()

    def rate(self) -> float:
        """Pushes answered a second. Raises RuntimeError when an answer was wrong."""
        command: Command = [
            sys.executable,
            BENCHMARKS / "load.py",
            "--mode",
            self._mode,
            "--port",
            str(self._port),
        ]
        numbers = ["--first", str(self._sent), "--count", str(self._per_round)]
        before = cpu_s(self._pid)
        answer = json.loads(output_of([*command, *numbers], cores().sender))
        self.by_cpu.append(self._per_round / (cpu_s(self._pid) - before))
        self._sent += self._per_round
        if answer["failures"]:
            raise RuntimeError(f"{answer['failures']:.0f} wrong answers in {self._mode} mode")
        return float(self._per_round / answer["seconds"])


def servers() -> dict[str, Callable[[int], Command]]:
    """How each server is started on a port; ours first."""
    ours: Command = [sys.executable, "-m"]
    granian: Command = [*ours, "granian", "--interface", "asgi", "--loop", "uvloop", "--no-ws"]
    gunicorn: Command = [peer("wechatpy"), "-m", "gunicorn", "-w", "1", "-k", "gthread", "--threads", "4"]
    werobot: Command = [peer("werobot"), "werobot_echo.py"]
    return {
        "serve": lambda port: [*ours, "gongzhong", "serve", "gongzhong_echo.py:oa", "--port", str(port)],
        "ASGI": lambda port: [*granian, "--port", str(port), "gongzhong_echo:asgi"],
        "wechatpy": lambda port: [*gunicorn, "--bind", f"127.0.0.1:{port}", "wechatpy_echo:app"],
        "WeRoBot": lambda port: [*werobot, str(port)],
    }


def compare(mode: Encryption, quick: bool, progress: Progress) -> list[Result]:
    """All four in one mode, running side by side and measured in turn."""
    with ExitStack() as running:
        contestants = {}
        for name, command in servers().items():
            progress(f"回调 / callback, {MODES[mode]}: {name}")
            port = free_port()
            pid = running.enter_context(served(command(port), port, core=cores().server, env={"MODE": mode}))
            contestants[name] = Contestant(mode, port, pid, 0.3 if quick else 1.5)
        progress(f"回调 / callback, {MODES[mode]}: 轮流测量 / in turn")
        rates = alternate({name: one.rate for name, one in contestants.items()}, 3 if quick else 7)
    by_cpu = {name: one.by_cpu for name, one in contestants.items()}
    what = f"回调 {MODES[mode]}"
    return [
        faster(f"{what} serve", rates["serve"], "wechatpy", rates["wechatpy"], TARGETS[mode]),
        faster(f"{what} serve", rates["serve"], "WeRoBot", rates["WeRoBot"]),
        faster(f"{what} serve/CPU", by_cpu["serve"], "wechatpy", by_cpu["wechatpy"]),
        faster(f"{what} ASGI", rates["ASGI"], "wechatpy", rates["wechatpy"]),
    ]


def measure(quick: bool, progress: Progress) -> list[Result]:
    """Both modes."""
    return [result for mode in MODES for result in compare(mode, quick, progress)]


if __name__ == "__main__":
    run_alone(measure, __doc__)
