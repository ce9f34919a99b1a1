"""One run: a plan carried out against a farm on some engines, and its report."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from gongzhong.testing.live_platform import LivePlatform

from .crowd import Crowd
from .engines import Engines
from .farm import Farm, Steps
from .judge import Fate, Report, judge
from .plan import Plan

DRAINS_S = 90.0
"""After the last fault and the longest handler, everybody must have an answer within so long."""
REPLAYS_AGAIN_S = 30.0
"""What was put aside is looked for when the faults are over, and so long after that: rows of the last process that died
are found 17 s later."""

Timed = Sequence[tuple[float, Callable[[], None]]]
"""What is to be done, each at its time in seconds from the beginning."""


@contextmanager
def happening(*planned: Timed) -> Iterator[None]:
    """Do each of these at its time, every sequence in a thread of its own, until the end of the block."""
    over, began = threading.Event(), time.monotonic()

    def carry_out(timed: Timed) -> None:
        for at_s, act in timed:
            if over.wait(max(0.0, began + at_s - time.monotonic())):
                return
            act()

    threads = [threading.Thread(target=carry_out, args=(timed,)) for timed in planned]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def reported(crowd: Crowd, steps: Steps, fates: Sequence[Fate], *, late_s: float, began: float) -> Report:
    """What came of a run that began at `began`, on the monotonic clock."""
    seen, starts, said = crowd.seen(), steps.of("start"), steps.of("said")
    report = judge(crowd.plan, crowd.wrote, seen, starts, said, fates, late_s=late_s, chances=crowd.chances())
    for message in crowd.plan.messages:
        if message.text in report.lost:
            report.stories[message.text] += f" | {crowd.carried(message.person, message.text)}"
    report.asked = sum(map(len, crowd.asked.values()))
    report.failures, report.alarms = crowd.failures(), len(crowd.alarms())
    report.took_s, report.lag_s = time.monotonic() - began, crowd.lag_s
    return report


def carry_out(plan: Plan, bed: LivePlatform, farm: Farm, engines: Engines, *, late_s: float) -> Report:
    """Let everybody write while the faults come; ends early once everybody has been answered."""
    crowd, began, put_aside = Crowd(bed, plan), time.monotonic(), list[int]()

    def replay() -> None:
        put_aside.append(farm.host.replay())

    settled_s = plan.size.troubled_s + 5.0
    replays = [(settled_s, replay), (settled_s + REPLAYS_AGAIN_S, replay)] if plan.faults else []
    faults = [(fault.at_s, lambda fault=fault: farm.befall(fault)) for fault in plan.faults]
    restarts = [(one.at_s, lambda one=one: engines.restart(one)) for one in plan.restarts]
    with happening(faults, restarts, replays):
        crowd.write(plan.size.troubled_s + plan.size.slowest_s + DRAINS_S)
    report = reported(crowd, farm.steps, farm.fates, late_s=late_s, began=began)
    report.faults.update("stop" if fate.until else "kill" for fate in farm.fates)
    report.faults.update(engines.restarted)
    report.put_aside = sum(put_aside)
    return report
