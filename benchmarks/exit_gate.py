"""Whether a transport may be the default: do short scripts that use it always end as they should?

    python benchmarks/exit_gate.py [--scripts 1000] [--json]

Each script makes 64 calls at once on plain asyncio, closes its client and exits straight away; the interpreter is
then taken down while a transport's own threads may still be running. The scripts run on one core, as in a small
container, where that goes wrong most often. One that is aborted is one too many.
"""

from __future__ import annotations

import argparse
import json
import sys

from results import Progress
from rich.console import Console

from gongzhong.running.listening import free_port
from servers import BENCHMARKS, Failed, cores, output_of, served

ROADS = ("asyncio", "pyreqwest")


def aborted(road: str, port: int, scripts: int, progress: Progress) -> int:
    """How many of the scripts did not end with status 0."""
    failures = 0
    for number in range(scripts):
        progress(f"{road}: {number}/{scripts}, {failures} 异常退出 / aborted")
        try:
            output_of(
                [sys.executable, BENCHMARKS / "apps" / "short_script.py", str(port), road], cores().sender
            )
        except Failed:
            failures += 1
    return failures


def gate(scripts: int, progress: Progress) -> dict[str, int]:
    """The aborted scripts of every transport."""
    port = free_port()
    with served([sys.executable, BENCHMARKS / "api_server.py", str(port)], port, core=cores().server):
        return {road: aborted(road, port, scripts, progress) for road in ROADS}


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--scripts", type=int, default=1_000, help="scripts for each transport")
    options.add_argument("--json", action="store_true", help="print JSON")
    chosen = options.parse_args()
    with Console(stderr=True).status("…") as status:
        failures = gate(chosen.scripts, status.update)
    if chosen.json:
        print(json.dumps({"scripts": chosen.scripts, "aborted": failures}))
        return
    for road, count in failures.items():
        print(f"{road:10} {count} / {chosen.scripts} 异常退出 / aborted")


if __name__ == "__main__":
    main()
