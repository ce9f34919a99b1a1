"""`gongzhong campaign start` as a real process: interrupted and begun again, killed, and several at the same time."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.servers import alive, children, wait_until
from tests.sockets.served import credentials

from gongzhong.campaigns.result_tables import Progress, ResultTables
from gongzhong.cli.outcome import DONE, INTERRUPTED
from gongzhong.database import SqliteDatabase
from gongzhong.testing.live_platform import LivePlatform

pytestmark = pytest.mark.heavy
PEOPLE, RATE = 120, 20
"""Recipients, and how many a second."""
PLAN = f"""
name = "到货"
rate = {RATE}
[content]
kind = "template"
template_id = "t1"
data = {{ thing1 = "三体" }}
[audience]
file = "readers.csv"
"""


class Desk:
    """An operator's folder: database, plan, and the command."""

    def __init__(self, platform: LivePlatform, folder: Path) -> None:
        platform.connect(url="", kind="service", verified=True)
        platform.template("t1", "到货", "书名：{{thing1.DATA}}")
        self.folder = folder
        (folder / "plan.toml").write_text(PLAN, "utf-8")
        people = [platform.person(f"p{number}") for number in range(PEOPLE)]
        for one in people:
            one.follows()
        rows = "\n".join(one.openid() for one in people)
        (folder / "readers.csv").write_text(f"openid\n{rows}\n", "utf-8")
        self.environment = credentials(platform, GONGZHONG_LANG="en")
        self.environment["GONGZHONG_DATABASE"] = f"sqlite:///{folder / 'data.db'}"
        self.environment["GONGZHONG_PEOPLE_MASTER_KEY"] = b64encode(b"m" * 32).decode()
        self.people = people

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start the command as a shell does: as the first of a process group."""
        return subprocess.Popen(
            [sys.executable, "-m", "gongzhong", "campaign", *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def run(self, *words: str, status: int = DONE) -> str:
        process = self.begin(*words)
        out, err = process.communicate(timeout=60)
        assert process.returncode == status, err
        return out

    def asked(self, *words: str, status: int = DONE) -> Any:
        return json.loads(self.run(*words, "--json", status=status))

    def progress(self) -> Progress:
        async def read() -> Progress:
            database = SqliteDatabase(self.folder / "data.db")
            try:
                return await ResultTables(database).progress(1)
            finally:
                await database.close()

        return asyncio.run(read())

    def planned(self) -> None:
        self.asked("plan", "plan.toml")
        self.asked("approve", "1")

    def seen(self) -> Counter[int]:
        return Counter(len(one.inbox) for one in self.people)


@pytest.fixture
def desk(live_platform: LivePlatform, tmp_path: Path) -> Desk:
    made = Desk(live_platform, tmp_path)
    made.planned()
    return made


def until_sending(desk: Desk) -> None:
    """Until the first people have their message."""
    end = time.monotonic() + 30
    while not desk.seen()[1]:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_an_interrupt_gives_the_chunks_back_and_the_same_command_goes_on(desk: Desk) -> None:
    process = desk.begin("start", "1", "--json")
    until_sending(desk)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == INTERRUPTED, err
    stopped = json.loads(out)
    assert stopped["stage"] == "running" and 0 < stopped["states"]["waiting"] < PEOPLE
    assert "in doubt" not in stopped["states"], "what was under way has ended"
    assert desk.progress().held == 0, "nobody has to wait for a lease"
    assert desk.asked("start", "1")["states"] == {"accepted": PEOPLE}
    assert desk.seen() == {1: PEOPLE}


def test_workers_of_one_command_end_with_it_also_when_it_is_killed(desk: Desk) -> None:
    process = desk.begin("start", "1", "--workers", "3")
    until_sending(desk)
    others = children(process.pid)
    assert len(others) == 2
    process.kill()
    process.communicate(timeout=30)
    end = time.monotonic() + 30
    while any(alive(pid) for pid in others):
        assert time.monotonic() < end, "they outlive the command"
        time.sleep(0.05)
    rows = list(csv.DictReader(io.StringIO(desk.run("report", "1"))))
    assert len(rows) == PEOPLE
    assert {row["state"] for row in rows} <= {"waiting", "in doubt", "accepted"}


def state(pid: int) -> str:
    """T: stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def key(process: subprocess.Popen[str], number: int) -> None:
    """What a terminal sends for Ctrl-C, Ctrl-Z and what a shell sends for `fg`: to the whole process group."""
    os.killpg(process.pid, number)


def test_ctrl_z_stops_all_workers_of_the_command_and_fg_goes_on(desk: Desk) -> None:
    process = desk.begin("start", "1", "--workers", "3", "--json")
    until_sending(desk)
    everybody = [process.pid, *children(process.pid)]
    assert len(everybody) == 3
    key(process, signal.SIGTSTP)
    wait_until(lambda: {state(pid) for pid in everybody} == {"T"}, lambda: "not all of them stop")
    shown = desk.seen()
    time.sleep(0.5)
    assert desk.seen() == shown and shown[1] < PEOPLE
    key(process, signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == DONE, err
    assert json.loads(out)["states"] == {"accepted": PEOPLE}
    assert desk.seen() == {1: PEOPLE}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_let_the_calls_of_all_workers_end(desk: Desk, number: int) -> None:
    process = desk.begin("start", "1", "--workers", "3", "--json")
    until_sending(desk)
    others = children(process.pid)
    key(process, number)
    process.communicate(timeout=60)
    assert process.returncode == (INTERRUPTED if number == signal.SIGINT else -signal.SIGHUP)
    wait_until(lambda: not any(alive(pid) for pid in others), lambda: "they outlive the command")
    mine = desk.asked("status", "1")["states"].get("in doubt", 0)
    assert mine <= (0 if number == signal.SIGINT else 50), "only what the command itself had under way"


def test_two_hosts_may_start_an_approved_campaign_at_the_same_moment(desk: Desk) -> None:
    processes = [desk.begin("start", "1", "--json") for _ in range(2)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == DONE, err
        assert json.loads(out)["states"] == {"accepted": PEOPLE}
    assert desk.seen() == {1: PEOPLE}
