"""A database of an earlier version is upgraded with messages in flight and served by real workers: everybody gets
their answer, sessions and the token go on."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scenario.old_database import OldDatabase
from tests.servers import Postgres, wait_until
from tests.sockets.served import credentials, serving

from gongzhong.database import DatabaseUrl, read_url
from gongzhong.platform.delivery.verification import Wanted
from gongzhong.platform.world.world import AccountState
from gongzhong.running.listening import free_port
from gongzhong.testing.actors import Actor
from gongzhong.testing.live_platform import LivePlatform

pytestmark = pytest.mark.heavy

PROGRAM = """
import os
from gongzhong import OfficialAccount, Text

oa = OfficialAccount.from_env()


@oa.text("几次")
async def times(message: Text, session) -> str:
    session["n"] = session.get("n", 0) + 1
    return f"第 {session['n']} 次"


@oa.text()
async def answer(message: Text) -> str:
    with open(os.environ["RUNS"], "a") as file:
        file.write(message.content + "\\n")
    return f"答{message.content}"
"""
VERSIONS = [
    ("sqlite", "0001"),
    ("sqlite", "0002"),
    ("sqlite", "0003"),
    ("postgresql", "0001"),
    ("postgresql", "0003"),
]


@pytest.fixture(params=VERSIONS, ids=lambda param: " ".join(param))
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of an empty database, and the schema version that it is to have."""
    kind, version = request.param
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'gongzhong.db'}", version
        return
    postgres = Postgres(tmp_path / "postgres")
    postgres.start()
    yield postgres.url, version
    postgres.stop()


def gongzhong(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """A command, as an operator gives it."""
    command = [sys.executable, "-m", "gongzhong", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def work(environment: dict[str, str]) -> list[dict[str, object]]:
    """The rows of work."""
    rows: list[dict[str, object]] = json.loads(gongzhong(environment, "work", "list", "--json").stdout)
    return rows


def written(bed: LivePlatform, account: AccountState, url: DatabaseUrl, version: str) -> dict[str, Actor]:
    """Fill the old database: who had written what, and where the program was with it. Gives the people by their case.
    Nothing is pushed yet: the account has no URL."""
    cases = ("running", "put back", "waiting", "session", "dead")
    people = {case: bed.person(case) for case in cases}
    for case, person in people.items():
        person.follows()
        person.says(case)
    openids = {case: person.openid() for case, person in people.items()}
    database, sender = OldDatabase(url, version, account.appid), account.original_id
    database.running(openids["running"], sender, "running", 11)
    database.person(openids["running"], owner="oldhost:4242:984cedc8")
    database.push(openids["put back"], sender, "put back", 12, reason="stopped", attempts=1, fence=2)
    database.person(openids["put back"], waiting=1)
    database.answer(openids["waiting"], "TextReply", "旧答复", 1)
    database.answer(openids["waiting"], "Piece", "旧的一段", 2)
    database.person(openids["waiting"], waiting=2)
    database.session(openids["session"], {"n": 2})
    database.push(openids["dead"], sender, "dead", 13, stage="dead", reason="died", attempts=6, fence=6)
    query = f"grant_type=client_credential&appid={account.appid}&secret={account.secret}"
    with urllib.request.urlopen(f"{bed.url}/cgi-bin/token?{query}") as given:
        database.token(bed.url, json.load(given)["access_token"])
    return people


def heard(person: Actor, text: str) -> None:
    """Wait until a person was told this by the account."""

    def told() -> list[str]:
        return [line.text for line in person.inbox]

    wait_until(lambda: text in told(), lambda: f"{person.name} saw: {told()}")


def test_an_old_database_is_upgraded_with_messages_in_flight(
    old: tuple[str, str], live_platform: LivePlatform, tmp_path: Path
) -> None:
    address, version = old
    account = live_platform.connect(kind="service", verified=True)
    people = written(live_platform, account, read_url(address), version)
    runs, port = tmp_path / "runs", free_port()
    runs.touch()
    environment = credentials(
        live_platform,
        GONGZHONG_DATABASE=address,
        GONGZHONG_STATE=address,
        RUNS=str(runs),
        GONGZHONG_LANG="en",
        GONGZHONG_ENCRYPTION=account.encryption,
    )
    (tmp_path / "served.py").write_text(PROGRAM, "utf-8")
    refused = gongzhong(environment, "serve", f"{tmp_path / 'served.py'}:oa", "--workers", "2")
    assert refused.returncode != 0
    assert "gongzhong db upgrade" in refused.stderr
    assert json.loads(gongzhong(environment, "db", "status", "--json").stdout)["version"] == version
    upgraded = gongzhong(environment, "db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    before = len(live_platform.calls)
    options = ("--workers", "2")
    with serving("served.py:oa", *options, program=PROGRAM, port=port, env=environment, folder=tmp_path):
        wanted = Wanted(
            url=f"http://127.0.0.1:{port}/",
            token=account.token,
            aes_key=account.aes_key,
            encryption=account.encryption,
        )
        verdict, _ = live_platform.carry_out(live_platform.platform.configure_url(account, wanted))
        assert verdict.ok
        heard(people["running"], "答running")
        heard(people["put back"], "答put back")
        assert people["session"].says("几次").text == "第 3 次"
        said = people["waiting"].says("在吗").text
        assert said.index("旧答复") < said.index("旧的一段") < said.index("答在吗")
        replayed = gongzhong(environment, "work", "replay", "--all")
        assert replayed.returncode == 0, replayed.stderr
        heard(people["dead"], "答dead")
        wait_until(lambda: not work(environment), lambda: f"left: {work(environment)}")
    assert sorted(runs.read_text("utf-8").split("\n")[:-1]) == ["dead", "put back", "running", "在吗"]
    titles = [call.title for call in live_platform.calls[before:]]
    assert not [title for title in titles if "token" in title], "the token that was there is used"
