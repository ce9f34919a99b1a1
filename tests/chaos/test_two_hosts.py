"""Two hosts with two workers each in network namespaces of their own; one of them is cut off from the database and
from WeChat, longer than its lease, and comes back. Nothing is lost, and nobody sees an answer twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from gongzhong.platform.world.settings import Kind

from .namespaces import Network, network, require_namespaces
from .plan import Size
from .two_hosts import Found, Wanted

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's"),
]
FULL = os.environ.get("GONGZHONG_CROWD") == "full"
SEED = int(os.environ.get("GONGZHONG_FIRST_SEED", "7"))
SIZE = (
    Size(people=60, messages=6, seconds=60.0, slowest_s=30.0)
    if FULL
    else Size(people=10, messages=4, seconds=14.0, slowest_s=8.0)
)
CUT_AT_S, CUT_S = (15.0, 30.0) if FULL else (4.0, 12.0)


@pytest.mark.parametrize("account", ["service", "subscription"] if FULL else ["service"])
def test_a_host_that_was_cut_off_does_nothing_twice(account: Kind, tmp_path: Path) -> None:
    require_namespaces()
    with network(2) as net:
        wanted = Wanted(
            str(tmp_path), net.middle, [net.name(1), net.name(2)], account, SEED, SIZE, CUT_AT_S, CUT_S
        )
        command = [sys.executable, "-m", "tests.chaos.two_hosts", msgspec.json.encode(wanted).decode()]
        command = [*Network.inside(net.middle), *command]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=Path(__file__).parents[2])
    found = msgspec.json.decode(done.stdout.splitlines()[-1], type=Found)
    sys.stdout.write(f"{found.table}\n")
    assert (found.lost, found.unfounded, found.late) == ([], [], [])
    assert (found.doubled, found.reordered) == ([], [])
    assert found.started_while_cut == 0
    assert found.starts_on_both, "nobody was in the middle of anything: the cut came too late"
