"""How long a program waits before its first line: importing everything of ours, wechatpy and WeRoBot.

    python benchmarks/imports.py [--quick] [--json]

"Everything" is what a program could need: all public names, both clients and the catalogue with every call. Each
import happens in a process of its own with the files already in the system's cache.
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
PEERS = {"wechatpy": "from wechatpy import *", "werobot": "from werobot import *"}
TIMED = "import time; began = time.perf_counter(); {}; print(1000 * (time.perf_counter() - began))"


def ms(python: str | Path, statement: str) -> float:
    """Milliseconds that a statement takes in a fresh interpreter."""
    return float(output_of([python, "-c", TIMED.format(statement)], cores().sender))


def measure(quick: bool, progress: Progress) -> list[Result]:
    """Ours beside each peer."""
    progress("导入 / import")
    contestants = {"gongzhong": partial(ms, sys.executable, EVERYTHING)}
    contestants |= {name: partial(ms, peer(name), statement) for name, statement in PEERS.items()}
    taken = alternate(contestants, 5 if quick else 21)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    ours = medians.pop("gongzhong")
    return [
        Result(
            "导入 import",
            "ms",
            ours,
            name,
            theirs,
            theirs / ours,
            f"≤ {AT_MOST_MS:g} ms",
            ours <= AT_MOST_MS,
        )
        for name, theirs in medians.items()
    ]


if __name__ == "__main__":
    run_alone(measure, __doc__)
