"""Every benchmark, one after another, and one table with what was promised.

python benchmarks/run.py                                 some ten minutes on an idle machine with two cores
python benchmarks/run.py --quick                         a first impression in one
python benchmarks/run.py --only callback calls           some of them
python benchmarks/run.py --save benchmarks/latest.json   the same numbers in a file; otherwise nothing is written
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path

import accounts
import callback
import calls
import codec
import gateway
import imports
import local_platform
import state
import workers
from results import PER_SECOND, Measure, Progress, Result, table
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from gongzhong.version import version

CODEC_TARGETS = {"plain": 4.0, "safe": 4.5}


def measure_codec(quick: bool, progress: Progress) -> list[Result]:
    """Bytes to bytes in one process, without HTTP."""
    found = []
    for mode, name in callback.MODES.items():
        progress(f"编解码 codec {name}")
        mine, other, ratio = codec.measure(mode, 5 if quick else codec.ROUNDS)
        least = CODEC_TARGETS[mode]
        line = Result(
            f"编解码 {name}", PER_SECOND, mine, "wechatpy", other, ratio, f"≥ {least:g}x", ratio >= least
        )
        found.append(line)
    return found


BENCHMARKS: dict[str, Measure] = {
    "imports": imports.measure,
    "codec": measure_codec,
    "calls": calls.measure,
    "callback": callback.measure,
    "platform": local_platform.measure,
    "state": state.measure,
    "workers": workers.measure,
    "accounts": accounts.measure,
    "gateway": gateway.measure,
}


def measured(names: list[str], quick: bool, console: Console) -> list[Result]:
    """The results of the named benchmarks, with a bar that says where they are."""
    results = []
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=len(names))
        for name in names:
            results += BENCHMARKS[name](quick, lambda doing: bar.update(task, description=doing))
            bar.advance(task)
    return results


def report(results: list[Result]) -> str:
    """Everything as JSON, with what is needed to judge it."""
    facts = {
        "gongzhong": version(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "load": os.getloadavg()[0],
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "results": [result._asdict() for result in results],
    }
    return json.dumps(facts, ensure_ascii=False, indent=2)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--quick", action="store_true", help="few and short rounds: a first impression")
    options.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS), metavar="NAME")
    options.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options.add_argument("--save", type=Path, metavar="FILE", help="write the JSON there, too")
    chosen = options.parse_args()
    results = measured(chosen.only, chosen.quick, Console(stderr=True))
    if chosen.save:
        chosen.save.write_text(report(results) + "\n")
    if chosen.json:
        print(report(results))
    else:
        Console().print(table(results))


if __name__ == "__main__":
    main()
