"""What a deployment stands on: each fault is named with its mend; what could not be found out is not called good."""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gongzhong import Account
from gongzhong.client import WireReply, WireRequest
from gongzhong.config import AccountSettings, Configuration, read
from gongzhong.database import read_url
from gongzhong.database.statements import Statements, open_database
from gongzhong.gateway import GatewayTables, make_key
from gongzhong.running.doctor import Finding, diagnose_deployment, exit_status
from gongzhong.running.doctor.clocks import check_api_clock, judge_difference
from gongzhong.running.doctor.deployment import callback_url
from gongzhong.running.doctor.services import check_services
from gongzhong.state import open_state
from gongzhong.store import migrate

pytestmark = pytest.mark.anyio
APPID = "wx0123456789abcdef"


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GONGZHONG_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def configuration(folder: Path, text: str) -> Configuration:
    file = folder / "gongzhong.toml"
    file.write_text(f'{text}\n[[account]]\nappid = "{APPID}"\n', "utf-8")
    file.chmod(0o600)
    return read(file)


async def findings(found: Configuration) -> dict[str, Finding]:
    state = open_state(found.state) if found.state else None
    try:
        return {one.check: one for one in await check_services(found, state)}
    finally:
        if state is not None:
            await state.close()


def names_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def statuses(found: dict[str, Finding]) -> dict[str, str]:
    return {check: one.status for check, one in found.items()}


async def test_a_deployment_without_anything_is_told_what_it_lacks(tmp_path: Path) -> None:
    found = await findings(configuration(tmp_path, ""))
    assert statuses(found) == {"database": "note", "workers": "ok", "alarms": "note"}


@pytest.mark.parametrize("state", ["", 'state = "memory:"'])
async def test_several_workers_over_memory_are_wrong(tmp_path: Path, state: str) -> None:
    found = await findings(configuration(tmp_path, f"{state}\n[serve]\nworkers = 4"))
    assert found["workers"].status == "wrong"
    assert "sqlite:///" in found["workers"].fix_en


async def test_a_database_in_good_health_and_one_with_older_tables(tmp_path: Path) -> None:
    url = read_url(f"sqlite:///{tmp_path / 'data.db'}")
    migrate.prepare(url)
    given = configuration(tmp_path, f'database = "{url.place}"\n[serve]\nworkers = 4')
    found = await findings(given)
    assert statuses(found) == {
        "database": "ok",
        "database.version": "ok",
        "gateway.keys": "skipped",
        "state": "ok",
        "workers": "ok",
        "alarms": "note",
    }
    with sa.create_engine(f"sqlite:///{url.path}").begin() as connection:
        connection.exec_driver_sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '0001'")
    found = await findings(given)
    assert found["database.version"].status == "wrong"
    assert "gongzhong db upgrade" in found["database.version"].fix_en
    assert "gateway.keys" not in found


async def test_a_database_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    given = configuration(tmp_path, f'database = "sqlite:///{tmp_path / "data.db"}"')
    listed = await diagnose_deployment(given.file)
    assert [one.status for one in listed if one.check == "database"] == ["note"]
    assert names_in(tmp_path) == ["gongzhong.toml"]
    given = configuration(tmp_path, f'database = "sqlite:///{tmp_path}/none/data.db"')
    (told,) = [one for one in await diagnose_deployment(given.file) if one.check == "database"]
    assert told.status == "wrong" and "mkdir -p" in told.fix_en


@pytest.mark.parametrize(
    ("address", "check"),
    [("postgresql://app:hunter2@127.0.0.1:1/x", "database"), ("redis://:hunter2@127.0.0.1:1/0", "state")],
)
async def test_what_is_out_of_reach_is_wrong_and_no_password_is_told(
    tmp_path: Path, address: str, check: str
) -> None:
    found = await findings(configuration(tmp_path, f'{check} = "{address}"'))
    assert found[check].status == "wrong"
    assert "hunter2" not in repr(found)


async def test_the_keys_of_the_gateway_are_judged(tmp_path: Path) -> None:
    url = read_url(f"sqlite:///{tmp_path / 'data.db'}")
    migrate.prepare(url)
    given = configuration(tmp_path, f'database = "{url.place}"')

    async def add(name: str, accounts: Sequence[str], scopes: Sequence[str], networks: Sequence[str]) -> str:
        tables = GatewayTables(Statements(open_database(url)))
        key, _ = make_key(name, accounts, scopes, networks=networks, now=1.0)
        await tables.add_key(key)
        await tables.close()
        return key.id

    await add("shop", [APPID], ["*"], [])
    assert (await findings(given))["gateway.keys"].status == "ok"
    await add("all", ["*"], ["*"], [])
    found = (await findings(given))["gateway.keys"]
    assert found.status == "warning" and "all" in found.en and "shop" not in found.en
    gone = await add("gone", ["wx00000000000000ff"], ["templates"], ["10.0.0.0/8"])
    assert "gone" in (await findings(given))["gateway.keys"].en
    tables = GatewayTables(Statements(open_database(url)))
    await tables.revoke(gone, 2.0)
    await tables.close()
    assert "gone" not in (await findings(given))["gateway.keys"].en


@pytest.mark.parametrize(
    ("text", "status", "check"),
    [
        ("[serve]\nport = 99999\n", 1, "config"),
        ("", 2, "account"),
        ("[serve\n", 2, "config"),
    ],
)
async def test_a_configuration_that_cannot_be_used_is_a_finding_and_none_is_unknown(
    tmp_path: Path, text: str, status: int, check: str
) -> None:
    file = tmp_path / "some.toml"
    file.write_text(text, "utf-8")
    found = await diagnose_deployment(file)
    assert (exit_status(found), found[-1].check) == (status, check)
    assert exit_status(await diagnose_deployment(tmp_path / "none.toml")) == 2


def test_what_is_wrong_goes_before_what_is_unknown() -> None:
    said: dict[str, Any] = {"zh": "", "en": ""}
    ok, unknown, bad = (Finding("x", one, **said) for one in ("ok", "unknown", "wrong"))
    assert [exit_status(one) for one in ([ok], [ok, unknown], [unknown, bad])] == [0, 2, 1]


@pytest.mark.parametrize(
    ("account", "base", "alone", "url"),
    [
        ({}, "https://x.test/wechat", True, "https://x.test/wechat"),
        ({}, None, True, None),
        ({"path": "/a"}, "https://x.test/", False, "https://x.test/a"),
        ({"path": "/a"}, "http://x.test:8000", False, "http://x.test:8000/a"),
        ({"path": "/a"}, None, False, None),
        ({"host": "a.test"}, None, False, "https://a.test/"),
        ({"host": "a.test", "path": "/wx"}, "https://x.test", False, "https://a.test/wx"),
        ({"host": "a.test"}, "http://127.0.0.1:8000", False, "http://a.test:8000/"),
        ({"host": "a.test"}, "http://[::1]:8000", False, "http://a.test:8000/"),
        ({"path": "/a"}, "x.test", False, "x.test"),
        ({"host": "a.test"}, "http://[::1", False, "http://[::1"),
    ],
)
def test_callback_urls(account: dict[str, str], base: str | None, alone: bool, url: str | None) -> None:
    assert callback_url(AccountSettings(**account), base, alone=alone) == url


class Dated:
    """An API whose answers have this date."""

    def __init__(self, ahead_s: float, name: str = "Date") -> None:
        self._ahead_s, self._name = ahead_s, name

    async def send(self, request: WireRequest, /) -> WireReply:
        await asyncio.sleep(0)
        date = format_datetime(
            datetime.fromtimestamp(datetime.now(UTC).timestamp() + self._ahead_s, UTC), usegmt=True
        )
        return WireReply(200, {self._name: date}, b"{}")

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    ("ahead_s", "status"), [(0, "ok"), (30, "warning"), (-30, "warning"), (900, "wrong")]
)
async def test_this_machine_s_clock_is_compared_with_wechat_s(ahead_s: float, status: str) -> None:
    (found,) = await check_api_clock(Account(appid=APPID), Dated(ahead_s))
    assert (found.check, found.status) == ("clock.api", status)
    assert ("behind" in found.en) == (ahead_s > 0)
    assert await check_api_clock(Account(appid=APPID), Dated(ahead_s, "Other")) == []


def test_hosts_that_share_leases_must_agree_to_a_second() -> None:
    judged = [judge_difference("x", ahead, "它", "it", tolerance_s=1.0).status for ahead in (0.5, -2, 400)]
    assert judged == ["ok", "warning", "wrong"]


async def test_files_that_other_users_may_read_are_named(tmp_path: Path) -> None:
    found = configuration(
        tmp_path,
        f'database = "sqlite:///{tmp_path / "data.db"}"\n[people]\nmaster_key = "{b64encode(b"m" * 32).decode()}"',
    )
    migrate.prepare(read_url(found.database))
    keys = tmp_path / "data-keys.db"
    keys.touch(0o600)
    tmp_path.chmod(0o755)  # noqa: ASYNC240
    assert not [check for check in await findings(found) if check.endswith(".mode")], "as they are made"
    for file in (tmp_path / "data.db", keys):
        file.chmod(0o644)
    told = await findings(found)
    assert (told["database.mode"].status, told["people.keys.mode"].status) == ("warning", "wrong")
    assert told["people.keys.mode"].fix_en == f"chmod 600 {keys}"


class TwoWays:
    """WeChat's hosts: the first one answers one of two accounts, all others always."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def send(self, request: WireRequest, /) -> WireReply:
        first = request.host not in self.asked
        self.asked.append(request.host)
        status = 502 if request.host == "api.weixin.qq.com" and first else 200
        return WireReply(status, {"date": format_datetime(datetime.now(UTC))}, b"{}")

    async def close(self) -> None: ...


async def test_what_is_about_the_machine_is_said_once_for_several_accounts(tmp_path: Path) -> None:
    lines = [
        "[[account]]",
        'name = "{0}"',
        f'appid = "{APPID[:-1]}{{0}}"',
        'path = "/{0}"',
        f'secret = "{"s" * 32}"',
    ]
    file = tmp_path / "gongzhong.toml"
    file.write_text("\n".join(line.format(name) for name in "ab" for line in lines), "utf-8")
    file.chmod(0o600)
    listed = await diagnose_deployment(file, transport=TwoWays())
    told = [(one.check, one.status, one.account) for one in listed if one.check.startswith(("api_", "clock"))]
    assert sorted(told) == sorted(set(told))
    assert {account for _, _, account in told} == {""}
    first = [status for check, status, _ in told if check == "api_host.api.weixin.qq.com"]
    assert sorted(first) == ["ok", "warning"], "what differs between accounts is said twice"
    assert {one.account for one in listed if one.check == "credentials"} == {"a", "b"}
