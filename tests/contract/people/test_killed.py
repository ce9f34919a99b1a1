"""Processes that die in the middle of an erasure, and processes that share a sealed inbox. Real ones, with SIGKILL."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

import pytest
from tests.sockets.served import serving

from gongzhong import Clock, MovableClock
from gongzhong.database import DatabaseUrl
from gongzhong.people import Audit, LocalMaster, Masters, People, open_people
from gongzhong.people.sealed import SealedWork
from gongzhong.store import NewWork
from gongzhong.store.sql import SqlWork

from .conftest import Places
from .test_records import ALICE, BOB, purposes

pytestmark = [pytest.mark.anyio, pytest.mark.heavy]
SERVED = "wx0123456789abcdef"
"""The account of `serving`."""
PROGRAM = """
from gongzhong import OfficialAccount
oa = OfficialAccount.from_env(customer_service=False)
oa.collects("phone", purpose="送货", text_version="1", text="告知", keep_days=90)
"""
DIES = """
import asyncio, os, signal, sys
from gongzhong import MovableClock
from gongzhong.database import read_url
from gongzhong.people import LocalMaster, Masters, open_people
from gongzhong.people.tables import PeopleTables

async def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

async def main(data, keys, account, openid, scope):
    import time
    people = open_people(read_url(data), Masters(LocalMaster(b"m" * 32)), keys=read_url(keys),
                         clock=MovableClock(time.time() - 120))
    PeopleTables.erase = PeopleTables.erase_account = PeopleTables.withdraw = die
    erasure = people.erasure(account)
    if scope == "person":
        await erasure.person(openid, reason="request", by="killed")
    elif scope == "fields":
        await erasure.fields(openid, ["phone"], reason="revoke", by="killed")
    else:
        await erasure.account(reason="end of service", by="killed")

asyncio.run(main(*sys.argv[1:]))
"""


def opened(places: Places) -> People:
    """With the clock of the machine, as the other processes have it."""
    return open_people(places.data, Masters(LocalMaster(b"m" * 32)), keys=places.keys, clock=Clock())


def address(url: DatabaseUrl) -> str:
    return url.address.reveal() or url.place


@pytest.mark.parametrize("scope", ["person", "fields", "account"])
async def test_an_erasure_that_was_killed_is_ended_by_the_next_start(
    places: Places, tmp_path: Path, scope: str
) -> None:
    earlier = MovableClock(time.time() - 300)
    people = open_people(places.data, Masters(LocalMaster(b"m" * 32)), keys=places.keys, clock=earlier)
    records = people.records(SERVED, purposes())
    for openid in (ALICE, BOB):
        await records.consent(openid, ["phone"], how="chat")
        await records.store(openid, "phone", "13800000000")
    numbers = await people.vault(SERVED).numbers([ALICE, BOB])
    command = [sys.executable, "-c", DIES, address(places.data), address(places.keys), SERVED, ALICE, scope]
    killed = await asyncio.to_thread(subprocess.run, command, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert await people.tables.fields(SERVED, numbers[0]), "the row outlived the process"
    env = {
        "GONGZHONG_DATABASE": address(places.data),
        "GONGZHONG_PEOPLE_KEYS": address(places.keys),
        "GONGZHONG_PEOPLE_MASTER_KEY": b64encode(b"m" * 32).decode(),
    }
    with serving("served:oa", program=PROGRAM, env=env, folder=tmp_path) as server:
        ends = time.monotonic() + 40
        while await people.tables.fields(SERVED, numbers[0]):
            assert time.monotonic() < ends, server.said
            await asyncio.sleep(0.05)
        while await people.erasure(SERVED).complete(0):
            assert time.monotonic() < ends, server.said
    people.keyring.forget(SERVED)
    left = await people.tables.fields(SERVED, numbers[1])
    assert len(left) == (0 if scope == "account" else 1)
    assert (await Audit(people.vault(SERVED)).verify()).whole
    [certificate] = await people.erasure(SERVED).certificates()
    assert (certificate.scope, certificate.by) == (scope, "killed")
    await people.close()


TAKES = """
import asyncio, json, os, sys, time
from gongzhong import Clock
from gongzhong.database import read_url
from gongzhong.people import LocalMaster, Masters, open_people
from gongzhong.people.sealed import SealedWork
from gongzhong.store.sql import SqlWork

async def main(data, keys, account):
    people = open_people(read_url(data), Masters(LocalMaster(b"m" * 32)), keys=read_url(keys))
    store = SealedWork(SqlWork(people.tables.database, Clock()), people)
    idle = 0
    while idle < 30:
        taken = await store.take(account, "push", f"p{os.getpid()}", 3, 2.0)
        idle = 0 if taken else idle + 1
        for work in taken:
            await asyncio.sleep(0.01)
            if await store.finish(work):
                print(json.dumps([work.line, work.data.decode()]), flush=True)
        if not taken:
            await asyncio.sleep(0.1)
    await people.close()

asyncio.run(main(*sys.argv[1:]))
"""


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("data.db*"))


def started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def test_several_processes_share_a_sealed_inbox(places: Places, tmp_path: Path) -> None:
    """Each message once, in the order of its person, while one process is killed and one person is erased."""
    people = opened(places)
    store = SealedWork(SqlWork(people.tables.database, Clock()), people)
    persons = [f"oPerson{number:021d}" for number in range(12)]
    for n in range(10):
        await store.add(
            SERVED, [NewWork(kind="push", data=f"说的话 {n}".encode(), line=one) for one in persons]
        )
    below = bytes_of(tmp_path) if places.data.kind == "sqlite" else b""
    assert "说的话".encode() not in below and b"oPerson" not in below
    command = [sys.executable, "-c", TAKES, address(places.data), address(places.keys), SERVED]
    takers = [started(command) for _ in range(3)]
    first = takers[0].stdout
    assert first is not None
    seen = [await asyncio.to_thread(first.readline)]
    takers[0].kill()
    await people.erasure(SERVED).person(persons[0], reason="request")
    said = await asyncio.gather(*(asyncio.to_thread(one.communicate, timeout=90) for one in takers))
    seen += [line for out, _ in said for line in out.splitlines()]
    done: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, seen)):
        person, text = json.loads(line)
        done.setdefault(person, []).append(text)
    assert [one.returncode for one in takers] == [-signal.SIGKILL, 0, 0]
    whole = [f"说的话 {n}" for n in range(10)]
    finished = {person: sorted(texts) for person, texts in done.items() if person != persons[0]}
    missing = [person for person in persons[1:] if finished.get(person) != whole]
    # What the killed process had finished and could not say any more is missing from what was said, nothing else.
    assert sum(10 - len(finished.get(person, [])) for person in missing) <= 3
    assert len(done.get(persons[0], [])) < 10
    assert await SqlWork(people.tables.database, Clock()).show(SERVED) == []
    await people.close()
