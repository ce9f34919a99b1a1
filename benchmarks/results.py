"""What a measurement says, how two are compared fairly, and how it is shown.

Machines that measure are rarely idle. So whatever is compared runs in turn, round after round, the order turned
around each time; the median of the rounds counts, and a ratio is the median of the ratios within a round.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

PER_SECOND = "/s"

Progress = Callable[[str], None]
"""Told what is being done now."""


class Result(NamedTuple):
    """One line: ours beside one peer's. `ratio` says how many times better ours is, whatever the unit."""

    what: str
    unit: str
    ours: float
    peer: str = ""
    theirs: float | None = None
    ratio: float | None = None
    target: str = ""
    reached: bool | None = None


Measure = Callable[[bool, Progress], list[Result]]
"""Measures: briefly or not, telling how far it is."""


def alternate(contestants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each contestant gave in each round."""
    given: dict[str, list[float]] = {name: [] for name in contestants}
    order = list(contestants)
    for _ in range(rounds):
        for name in order:
            given[name].append(contestants[name]())
        order.reverse()
    return given


def faster(
    what: str,
    ours: Sequence[float],
    peer: str,
    theirs: Sequence[float],
    at_least: float | None = None,
) -> Result:
    """Rates per second compared: more is better. `at_least` is the ratio to reach."""
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return Result(
        what,
        PER_SECOND,
        statistics.median(ours),
        peer,
        statistics.median(theirs),
        ratio,
        "" if at_least is None else f"≥ {at_least:g}x",
        None if at_least is None else ratio >= at_least,
    )


def table(results: Sequence[Result]) -> Table:
    """All lines as one table that fits into 80 columns. Where no unit stands, it is times per second."""
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    shown.add_column("测量\nmeasured", no_wrap=True)
    shown.add_column("我们\nours", justify="right", no_wrap=True)
    shown.add_column("对手\npeer", justify="right", no_wrap=True)
    shown.add_column("", no_wrap=True)
    for name in ("倍数\nratio", "目标\ntarget"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("结论\nverdict", justify="center")
    verdicts = {None: "", True: "[green]✓[/]", False: "[red]✗[/]"}
    for result in results:
        shown.add_row(
            result.what if result.unit == PER_SECOND else f"{result.what}, {result.unit}",
            _number(result.ours),
            "" if result.theirs is None else _number(result.theirs),
            result.peer,
            "" if result.ratio is None else f"{result.ratio:.{1 if result.ratio >= 1 else 3}f}x",
            result.target,
            verdicts[result.reached],
        )
    return shown


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def run_alone(measure: Measure, description: str | None) -> None:
    """One benchmark as a program: a table, or JSON with `--json`."""
    options = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    options.add_argument("--json", action="store_true", help="print JSON")
    options.add_argument("--quick", action="store_true", help="few and short rounds: a first impression")
    chosen = options.parse_args()
    console = Console(stderr=True)
    with console.status("…") as status:
        results = measure(chosen.quick, status.update)
    if chosen.json:
        print(json.dumps([result._asdict() for result in results], ensure_ascii=False))
    else:
        Console().print(table(results))
