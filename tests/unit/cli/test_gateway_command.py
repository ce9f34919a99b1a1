"""`gongzhong gateway key` and `gongzhong gateway audit`: a key is shown once and stored nowhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from gongzhong.cli.outcome import DONE, FAILED, SETUP, run
from gongzhong.database import read_url
from gongzhong.database.statements import Statements, open_database
from gongzhong.gateway import CallRecord, GatewayTables


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("GONGZHONG_DATABASE", f"sqlite:///{tmp_path / 'gateway.db'}")
    return f"sqlite:///{tmp_path / 'gateway.db'}"


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run(["gateway", *words, "--json"]) == DONE
    return json.loads(capsys.readouterr().out)


def test_a_key_is_shown_once_and_only_its_digest_is_kept(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = told(
        capsys, "key", "create", "报表", "--account", "*", "--scope", "/datacube", "--from", "10.0.0.0/8"
    )
    assert made["key"].startswith(f"gzk_{made['id']}_")
    (listed,) = told(capsys, "key", "list")
    assert (listed["name"], listed["scopes"], listed["networks"]) == ("报表", ["/datacube"], ["10.0.0.0/8"])
    assert "key" not in listed
    assert "digest" not in listed
    random = made["key"].encode()
    assert all(random not in file.read_bytes() for file in tmp_path.glob("gateway.db*"))


def test_a_key_is_revoked_once(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = told(capsys, "key", "create", "x", "--account", "*", "--scope", "*")
    assert run(["gateway", "key", "revoke", made["id"]]) == DONE
    assert run(["gateway", "key", "revoke", made["id"]]) == FAILED
    assert told(capsys, "key")[0]["revoked_at"] > 0


@pytest.mark.parametrize(
    "words",
    [
        ("--account", "*", "--scope", "/data cube"),
        ("--account", "*", "--scope", "nothing"),
        ("--account", "*"),
        ("--account", "*", "--scope", "*", "--from", "10.0.0.0/99"),
        ("--account", "*", "--scope", "*", "--daily", "-1"),
    ],
)
def test_a_key_that_cannot_be_is_not_made(
    address: str, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run(["gateway", "key", "create", "x", *words]) == SETUP
    assert told(capsys, "key") == []


def test_audit_filters_and_pages(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "key")  # makes the tables

    async def write() -> None:
        tables = GatewayTables(Statements(open_database(read_url(address))))
        await tables.add_calls([record(n, errcode=40001 if n % 2 else 0) for n in range(6)])
        await tables.add_calls([record(6, at=1000.0)])
        await tables.forget(kept=6, since=2000.0)
        await tables.close()

    asyncio.run(write())
    every = told(capsys, "audit", "--hours", "1e6")
    assert [call["peer"] for call in every] == ["5", "4", "3", "2", "1"]
    failed = told(capsys, "audit", "--failed", "--hours", "1e6", "--limit", "2")
    assert [call["peer"] for call in failed] == ["5", "3"]
    rest = told(capsys, "audit", "--failed", "--hours", "1e6", "--before", str(failed[-1]["id"]))
    assert [call["peer"] for call in rest] == ["1"]
    assert told(capsys, "audit", "--key", "other", "--hours", "1e6") == []


def record(number: int, errcode: int = 0, at: float = 1_790_000_000.0) -> CallRecord:
    return CallRecord(
        at=at,
        key="00000001",
        peer=str(number),
        appid="wx0000000000000001",
        verb="GET",
        path="/cgi-bin/menu/get",
        status=200,
        errcode=errcode,
        seconds=0.01,
        received=0,
        sent=10,
    )
