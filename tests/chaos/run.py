"""One run: a plan carried out against a farm on some engines, and its report."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from gongzhong.testing.live_platform import LivePlatform

from .crowd import Crowd
from .engines import Engines
from .farm import Farm
from .judge import Report, judge
from .plan import Fault, Plan, Restart

DRAINS_S = 90.0
"""After the last fault and the longest handler, everybody must have an answer within so long."""


def carry_out(plan: Plan, bed: LivePlatform, farm: Farm, engines: Engines, *, late_s: float) -> Report:
    """Let everybody write while the faults come; ends early once everybody has been answered."""
    crowd, over, began = Crowd(bed, plan), threading.Event(), time.monotonic()
    threads = [
        threading.Thread(target=_each, args=(plan.faults, farm.befall, began, over)),
        threading.Thread(target=_each, args=(plan.restarts, engines.restart, began, over)),
    ]
    for thread in threads:
        thread.start()
    try:
        crowd.write(plan.size.troubled_s + plan.size.slowest_s + DRAINS_S)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    report = judge(
        plan, crowd.wrote, crowd.seen(), farm.steps("start"), farm.steps("said"), farm.fates, late_s=late_s
    )
    report.faults.update("stop" if fate.until else "kill" for fate in farm.fates)
    report.faults.update(engines.restarted)
    report.asked, report.failures, report.alarms = crowd.asked, crowd.failures(), len(crowd.alarms())
    report.took_s = time.monotonic() - began
    return report


def _each(
    planned: tuple[Fault, ...] | tuple[Restart, ...],
    carry_out: Callable[..., None],
    began: float,
    over: threading.Event,
) -> None:
    """Do each at its time, until it is over."""
    for one in planned:
        if over.wait(max(0.0, began + one.at_s - time.monotonic())):
            return
        carry_out(one)
