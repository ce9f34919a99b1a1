"""A real supervisor with real workers, many people, slow handlers; then the same while workers are killed and stopped
and engines are restarted.

What is right is read from the chats and from what each handler wrote down, message by message (`judge.py`). The plan of
a seed is always the same; how the machine schedules processes is not. `make chaos-short` runs small crowds on two
engines; `make chaos` sets GONGZHONG_CROWD=full: 200 people, 2,000 messages, handlers of up to a minute, every engine.
GONGZHONG_FIRST_SEED is the seed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.sockets.served import credentials

from gongzhong.platform.world.settings import Kind
from gongzhong.testing.live_platform import LivePlatform

from . import engines as kinds
from .engines import Engines
from .farm import Farm
from .judge import Report
from .plan import Size, drawn
from .run import carry_out

pytestmark = pytest.mark.slow
FULL = os.environ.get("GONGZHONG_CROWD") == "full"
SEED = int(os.environ.get("GONGZHONG_FIRST_SEED", "7"))
WORKERS = 4 if FULL else 2
CALM = Size(people=200, messages=10, seconds=150.0, slowest_s=60.0)
TROUBLED = Size(people=200, messages=10, seconds=150.0, slowest_s=60.0, trouble_every_s=1.0, restarts=4)
SHORT = Size(people=10, messages=3, seconds=8.0, slowest_s=6.0, trouble_every_s=1.0, restarts=1)
LATE_S = 12.0
"""Without faults: WeChat's third delivery comes after 10 s, and somebody who was asked to fetch does so at once."""
LATE_IN_TROUBLE_S = 60.0
"""What a process had accepted is begun anew 17 s after its death at the latest, and the next process may die, too."""


def run(kind: str, account: Kind, size: Size, folder: Path, bed: LivePlatform) -> Report:
    """The report of a run, printed too."""
    with kinds.running(kind, folder) as engines, farm(folder / "farm", account, engines, bed) as workers:
        late_s = LATE_IN_TROUBLE_S if size.trouble_every_s or size.restarts else LATE_S
        report = carry_out(drawn(SEED, size), bed, workers, engines, late_s=late_s)
        sys.stdout.write(report.table(f"{kind}, {account} account") + "\n")
        return report


@contextmanager
def farm(folder: Path, account: Kind, engines: Engines, bed: LivePlatform) -> Iterator[Farm]:
    """Workers that answer for an account of this kind."""
    made = Farm(folder, WORKERS, credentials(bed, **engines.environment))
    try:
        url = f"http://127.0.0.1:{made.port}/"
        bed.connect(url=url, kind=account, verified=account == "service")
        yield made
    finally:
        made.close()


@pytest.mark.skipif(not FULL, reason="make chaos runs it")
@pytest.mark.parametrize("account", ["service", "subscription"])
@pytest.mark.parametrize("kind", kinds.KINDS[:3])
def test_every_message_is_answered_once(
    kind: str, account: Kind, tmp_path: Path, live_platform: LivePlatform
) -> None:
    report = run(kind, account, CALM, tmp_path, live_platform)
    assert (report.lost, report.doubled, report.reordered, report.late) == ([], [], [], [])
    assert (report.again, report.failures, report.alarms) == (0, 0, 0)


TROUBLES = (
    [(kind, account) for kind in kinds.KINDS for account in ("service", "subscription")]
    if FULL
    else [("sqlite", "service"), ("postgresql + redis", "subscription")]
)


@pytest.mark.parametrize(("kind", "account"), TROUBLES)
def test_nothing_is_lost_in_trouble(
    kind: str, account: Kind, tmp_path: Path, live_platform: LivePlatform
) -> None:
    report = run(kind, account, TROUBLED if FULL else SHORT, tmp_path, live_platform)
    assert (report.lost, report.unfounded, report.late) == ([], [], [])
    assert (report.doubled_without_reason, report.reordered_without_reason) == ([], [])
