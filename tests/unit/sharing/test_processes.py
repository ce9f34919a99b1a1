"""Names of processes: who has surely ended is told from who lives, and nothing is said about other machines."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from gongzhong.sharing import processes
from gongzhong.sharing.processes import has_ended, named

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells about processes this way")
CHILD = "from gongzhong.sharing.processes import named; print(named(), flush=True); input()"


def begun() -> tuple[subprocess.Popen[str], str]:
    """A process that waits, and its name."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    return child, child.stdout.readline().strip()


def test_a_process_that_lives_has_not_ended() -> None:
    child, name = begun()
    assert not has_ended(name)
    assert not has_ended(named())
    child.communicate("")
    assert has_ended(name)


def test_a_killed_process_has_ended_before_anybody_waited_for_it() -> None:
    child, name = begun()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert has_ended(name)
    child.communicate()
    assert has_ended(name)


def test_another_process_with_the_same_number_is_not_it() -> None:
    host, table, pid, started, token = named().rsplit(":", 4)
    assert has_ended(f"{host}:{table}:{pid}:{int(started) - 1}:{token}")


@pytest.mark.parametrize(
    "name",
    ["", "worker 1", "host:1:abcd", "host:other-boot.1:1:1:abcd", "host:-:1:1:abcd", "host:-:1:-:abcd"],
)
def test_nothing_is_said_about_other_machines_and_other_names(name: str) -> None:
    assert not has_ended(name)


def test_nothing_is_said_where_the_machine_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    child, name = begun()
    child.communicate("")
    monkeypatch.setattr(processes, "BOOT_ID", processes.BOOT_ID / "missing")
    processes._table.cache_clear()
    try:
        assert not has_ended(name)
        assert named().rsplit(":", 4)[1] == processes.UNKNOWN
    finally:
        processes._table.cache_clear()
