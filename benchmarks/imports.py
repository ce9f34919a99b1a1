"""How long a program waits before its first line: importing everything of ours, wechatpy and WeRoBot.

    python benchmarks/imports.py [--quick] [--json]

"Everything" is what a program could need: all public names, both clients and the catalogue with every call; "an app"
is what most programs begin with. Each import happens in a process of its own, with the files compiled and in the
system's cache.
"""

from __future__ import annotations

import statistics
import sys
from functools import partial
from pathlib import Path

from environments import peer
from results import Progress, Result, alternate, run_alone

from servers import cores, output_of

AT_MOST_MS = 150.0
EVERYTHING = "from gongzhong import *; import gongzhong.catalogue.registry"
APP = "from gongzhong import Account, OfficialAccount"
PEERS = {"wechatpy": "from wechatpy import *", "werobot": "from werobot import *"}
TIMED = "import time; began = time.perf_counter(); {}; print(1000 * (time.perf_counter() - began))"


def ms(python: str | Path, statement: str) -> float:
    """Milliseconds that a statement takes in a fresh interpreter."""
    return float(output_of([python, "-c", TIMED.format(statement)], cores().sender))


def measure(quick: bool, progress: Progress) -> list[Result]:
    """Ours beside each peer."""
    progress("导入 / import")
    ours = {"导入 import": EVERYTHING, "导入一个应用 import an app": APP}
    contestants = {name: partial(ms, sys.executable, statement) for name, statement in ours.items()}
    contestants |= {name: partial(ms, peer(name), statement) for name, statement in PEERS.items()}
    taken = alternate(contestants, 5 if quick else 21)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    return [
        Result(
            what,
            "ms",
            medians[what],
            name,
            medians[name],
            medians[name] / medians[what],
            f"≤ {AT_MOST_MS:g} ms",
            medians[what] <= AT_MOST_MS,
        )
        for what in ours
        for name in PEERS
    ]


if __name__ == "__main__":
    run_alone(measure, __doc__)
