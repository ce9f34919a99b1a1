"""`gongzhong campaign`, from the plan to the report, against a local platform: what operators do, and exit codes."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.servers import children, wait_until

from gongzhong import Account, Client, OfficialAccount, Secret
from gongzhong.campaigns import Outcome, Verdict
from gongzhong.campaigns.campaigns import Campaigns
from gongzhong.campaigns.result_tables import Progress
from gongzhong.campaigns.tables import CampaignTables, Limits
from gongzhong.cli import campaign_send
from gongzhong.cli.outcome import DONE, FAILED, INTERRUPTED, SETUP, USAGE, run
from gongzhong.config import PeopleData
from gongzhong.database import SqliteDatabase
from gongzhong.errors import StateDown
from gongzhong.people import Collected, Purposes, configured
from gongzhong.testing import LivePlatform

APPID = "wx00000000000000aa"
KEY = b64encode(b"m" * 32).decode()
PLAN = """
name = "取书提醒"
[content]
kind = "template"
template_id = "t1"
url = "https://shop.example/{id}"
data = { thing1 = "{书名}" }
[audience]
file = "readers.csv"
"""


@pytest.fixture
def openids(live_platform: LivePlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An account with a template and three followers, and a plan for them in the present folder."""
    oa = OfficialAccount(Account(appid=APPID, secret="s" * 32, token="shoptoken"))
    live_platform.connect(oa)
    live_platform.template("t1", "取书", "书名：{{thing1.DATA}}\n请尽快")
    found = []
    for name in ("alice", "bob", "carol"):
        person = live_platform.person(name)
        person.follows()
        found.append(person.openid(oa))
    for name, value in {
        "APPID": APPID,
        "SECRET": "s" * 32,
        "DATABASE": f"sqlite:///{tmp_path / 'data.db'}",
        "PEOPLE_MASTER_KEY": KEY,
        "API_BASE": live_platform.client(oa).account.hosts.api,
        "LANG": "en",
    }.items():
        monkeypatch.setenv(f"GONGZHONG_{name}", value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.toml").write_text(PLAN, "utf-8")
    rows = "".join(f"{openid},三体,{n}\n" for n, openid in enumerate(found))
    (tmp_path / "readers.csv").write_text(f"openid,书名,id\n{rows}", "utf-8")
    return found


def told(capsys: pytest.CaptureFixture[str], *words: str, status: int = DONE) -> Any:
    capsys.readouterr()
    assert run(["campaign", *words]) == status, capsys.readouterr()
    return json.loads(capsys.readouterr().out)


def test_from_the_plan_to_the_report(
    openids: list[str], live_platform: LivePlatform, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    live_platform.person("bob").unfollows()
    made = told(capsys, "plan", "plan.toml", "--json")
    assert (made["id"], made["stage"], made["recipients"], made["kind"]) == (1, "planned", 3, "template")
    assert run(["campaign", "preview", "1", "--position", "2"]) == DONE
    assert "书名：三体\n请尽快\n→ https://shop.example/2" in capsys.readouterr().out
    assert run(["campaign", "start", "1"]) == SETUP, "nobody has approved it"
    assert run(["campaign", "test", "1", "--to", openids[0]]) == DONE
    assert told(capsys, "approve", "1", "--by", "主编", "--json")["stage"] == "approved"
    ended = told(capsys, "start", "1", "--json")
    assert (ended["stage"], ended["states"], ended["refused"]) == (
        "done",
        {"accepted": 2, "refused": 1},
        {"43004": 1},
    )
    found = told(capsys, "status", "1", "--json")
    assert found["quota_left_today"] == 99_997
    capsys.readouterr()
    assert run(["campaign", "report", "1"]) == DONE
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["openid"], row["state"]) for row in rows] == [
        (openids[0], "accepted"),
        (openids[1], "refused"),
        (openids[2], "accepted"),
    ]
    assert run(["campaign", "report", "1", "--format", "json", "--output", "all.json"]) == DONE
    assert [one["code"] for one in json.loads((tmp_path / "all.json").read_text())] == [0, 43004, 0]
    assert run(["campaign", "report", "1", "--format", "jsonl", "--output", "all.jsonl"]) == DONE
    assert len((tmp_path / "all.jsonl").read_text().splitlines()) == 3
    assert [one["stage"] for one in told(capsys, "list", "--json")] == ["done"]
    assert run(["people", "audit"]) == DONE


def test_a_stop_says_why_and_is_a_failure(
    openids: list[str], live_platform: LivePlatform, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "plan.toml").write_text(PLAN.replace('"t1"', '"t9"'), "utf-8")
    told(capsys, "plan", "plan.toml", "--json")
    told(capsys, "approve", "1", "--json")
    ended = told(capsys, "start", "1", "--json", status=FAILED)
    assert ended["stage"] == "stopped" and "40037" in ended["reason"]
    live_platform.template("t9", "取书二", "书名：{{thing1.DATA}}")
    assert told(capsys, "resume", "1", "--json")["states"] == {"accepted": 3}
    assert run(["campaign", "cancel", "1"]) == SETUP, "it is done"


def test_a_pause_holds_it_and_a_detached_start_sends_nothing_here(
    openids: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "plan", "plan.toml", "--json")
    told(capsys, "approve", "1", "--json")
    assert run(["campaign", "start", "1", "--detach"]) == DONE
    assert told(capsys, "pause", "1", "--reason", "Friday", "--json")["reason"] == "Friday"
    assert told(capsys, "status", "1", "--json")["states"] == {"waiting": 3}
    assert told(capsys, "cancel", "1", "--json")["stage"] == "cancelled"
    assert run(["campaign", "start", "1"]) == SETUP


def test_two_processes_send_together(openids: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "plan", "plan.toml", "--json")
    told(capsys, "approve", "1", "--json")
    assert told(capsys, "start", "1", "--workers", "2", "--json")["states"] == {"accepted": 3}


@pytest.mark.heavy
def test_a_process_that_helps_sends_nothing_of_a_campaign_that_was_paused(
    openids: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "plan", "plan.toml", "--json")
    told(capsys, "approve", "1", "--json")
    assert run(["campaign", "start", "1", "--detach"]) == DONE
    told(capsys, "pause", "1", "--reason", "Friday", "--json")
    command = [sys.executable, "-m", "gongzhong", "campaign", "start", "1", "--child"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as helper:
        assert helper.wait(60) == DONE
    found = told(capsys, "status", "1", "--json")
    assert (found["stage"], found["reason"], found["states"]) == ("paused", "Friday", {"waiting": 3})


@pytest.mark.heavy
def test_one_ctrl_c_lets_the_calls_of_every_process_end(
    openids: list[str], live_platform: LivePlatform, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The first process has nothing to do and ends at once; the other one has calls under way."""
    told(capsys, "plan", "plan.toml", "--json")
    told(capsys, "approve", "1", "--json")
    assert run(["campaign", "start", "1", "--detach"]) == DONE
    tables = CampaignTables(SqliteDatabase(tmp_path / "data.db"))
    (held,) = asyncio.run(tables.claim(1, "nobody", 1, time.time(), 3600))
    live_platform.trouble("api", "delay", "message/template/send", delay_s=3)
    command = [sys.executable, "-m", "gongzhong", "campaign", "start", "1", "--workers", "2"]
    first = subprocess.Popen(command, start_new_session=True)
    try:
        wait_until(lambda: bool(children(first.pid)), lambda: "it started no other process")
        stop_outside_a_transaction(first, tmp_path / "data.db")
        asyncio.run(tables.release(held, 0))
        wait_until(
            lambda: told(capsys, "status", "1", "--json")["states"] == {"in doubt": 3},
            lambda: f"the other process does not send: {told(capsys, 'status', '1', '--json')}",
        )
        first.send_signal(signal.SIGCONT)
        os.killpg(first.pid, signal.SIGINT)
        assert first.wait(60) == INTERRUPTED
    finally:
        first.kill()
        first.wait()
    assert told(capsys, "status", "1", "--json")["states"] == {"accepted": 3}


def stop_outside_a_transaction(process: subprocess.Popen[bytes], database: Path) -> None:
    """Stop a process while it does not hold the database's lock."""
    with closing(sqlite3.connect(database, timeout=0.2)) as connection:
        while True:
            process.send_signal(signal.SIGSTOP)
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
            else:
                return


def test_another_account_is_not_spoken_for_with_the_credentials_of_the_environment(
    openids: list[str], live_platform: LivePlatform, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = "wx00000000000000bb"
    assert told(capsys, "plan", "plan.toml", "--account", other, "--json")["id"] == 1
    told(capsys, "approve", "1", "--account", other, "--json")
    calls = len(live_platform.calls)
    for words in (["test", "1", "--to", openids[0]], ["start", "1", "--workers", "2"]):
        assert run(["campaign", *words, "--account", other]) == USAGE
        said = capsys.readouterr().err
        assert other in said and APPID in said and "--config" in said
    assert len(live_platform.calls) == calls
    assert told(capsys, "status", "1", "--account", other, "--json")["stage"] == "approved"
    base = os.environ["GONGZHONG_API_BASE"]
    table = f'[[account]]\nname = "b"\nappid = "{other}"\nsecret = "{"b" * 32}"\napi_base = "{base}"\n'
    (tmp_path / "gongzhong.toml").write_text(table, "utf-8")
    assert run(["campaign", "test", "1", "--to", openids[0], "--account", other]) == FAILED
    assert "40013" in capsys.readouterr().err, "WeChat is asked for that account, which it does not have"


def test_a_dry_run_sends_nothing_and_says_how_long_it_takes(
    openids: list[str], live_platform: LivePlatform, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    paced = PLAN.replace("[content]", 'daily = 2\nhours = "09:00-21:00"\n[content]')
    (tmp_path / "plan.toml").write_text(paced, "utf-8")
    told(capsys, "plan", "plan.toml", "--json")
    found = told(capsys, "dry-run", "1", "--json")
    assert (found["accepted"], sorted(found["days"].values()), found["stage"]) == (3, [1, 2], "done")
    assert found["ends_at"] - found["begins_at"] > 3600
    assert told(capsys, "status", "1", "--json")["states"] == {"waiting": 3}
    slow = PLAN.replace("[content]", "rate = 0.01\n[content]")
    (tmp_path / "plan.toml").write_text(slow, "utf-8")
    told(capsys, "plan", "plan.toml", "--json")
    found = told(capsys, "dry-run", "2", "--json")
    assert 190 < found["ends_at"] - found["begins_at"] < 310, "minutes pass without anybody waiting for them"
    wrong = PLAN.replace("thing1", "thing2").replace("取书提醒", "错的")
    (tmp_path / "plan.toml").write_text(wrong, "utf-8")
    told(capsys, "plan", "plan.toml", "--json")
    assert told(capsys, "dry-run", "3", "--json", status=FAILED)["refused"] == {"47003": 3}


def test_a_look_at_the_progress_that_fails_does_not_end_the_sending(
    openids: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(campaigns: Campaigns, campaign: int) -> Progress:
        raise StateDown("数据库没有应答", "the database does not answer")

    told(capsys, "plan", "plan.toml", "--json")
    told(capsys, "approve", "1", "--json")
    monkeypatch.setattr(Campaigns, "progress", down)
    assert told(capsys, "start", "1", "--json")["states"] == {"accepted": 3}


def test_a_start_in_the_future_is_shown_while_it_waits(
    openids: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begins = int(time.time()) + 4
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begins))
    (tmp_path / "plan.toml").write_text(PLAN.replace("[content]", f"start = {start}\n[content]"), "utf-8")
    told(capsys, "plan", "plan.toml", "--json")
    told(capsys, "approve", "1", "--json")
    monkeypatch.setattr(campaign_send, "LINE_S", 0.0)
    assert run(["campaign", "start", "1"]) == DONE
    at = time.strftime("%m-%d %H:%M:%S %z", time.localtime(begins))
    assert f"waits until {at}" in capsys.readouterr().err


def test_a_dry_run_names_the_zone_of_its_times(
    openids: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "plan", "plan.toml", "--json")
    capsys.readouterr()
    assert run(["campaign", "dry-run", "1"]) == DONE
    said = capsys.readouterr().out
    zone = re.escape(time.strftime("%z"))
    assert re.search(rf"if it started now: \S+ \S+ {zone} to \S+ \S+ {zone}", said)
    assert re.search(r"\d{4}-\d\d-\d\d \(in China\)  3", said)


def test_sends_in_doubt_are_shown_and_decided(
    openids: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told(capsys, "plan", "plan.toml", "--json")
    told(capsys, "approve", "1", "--json")
    assert run(["campaign", "start", "1", "--detach"]) == DONE

    async def lose_two() -> None:
        tables = CampaignTables(SqliteDatabase(tmp_path / "data.db"))
        (claim,) = await tables.claim(1, "gone", 1, 1.7e9, 30)
        await tables.intend(APPID, claim, 1, [0, 1], 1.7e9, Limits())
        gone = [Outcome(place, 1, Verdict.UNKNOWN, at=1.7e9) for place in (0, 1)]
        await tables.record(1, 0, gone)
        await tables.close()

    asyncio.run(lose_two())
    assert told(capsys, "start", "1", "--json")["states"] == {"unknown": 2, "accepted": 1}
    assert [one["openid"] for one in told(capsys, "settle", "1", "--json")] == openids[:2]
    assert run(["campaign", "settle", "1", "--as", "sent"]) == USAGE
    assert run(["campaign", "settle", "1", openids[2], "--as", "sent"]) == FAILED
    assert len(told(capsys, "settle", "1", openids[0], "--as", "sent", "--json")) == 1
    assert len(told(capsys, "settle", "1", "--all", "--as", "again", "--by", "小王", "--json")) == 1
    assert told(capsys, "status", "1", "--json")["stage"] == "paused"
    assert told(capsys, "resume", "1", "--json")["states"] == {"accepted": 3}


def test_a_segment_of_recorded_fields_gives_recipients_and_variables(
    openids: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def record() -> None:
        people = configured(PeopleData(master_key=Secret(KEY)), f"sqlite:///{tmp_path / 'data.db'}")
        assert people is not None
        purposes = Purposes()
        for field in ("city", "visits", "book"):
            purposes.add(Collected(field=field, purpose="提醒", text_version="1"))
        records = people.records(APPID, purposes)
        for openid, city, visits in zip(openids, ("杭州", "杭州", "北京"), (5, 1, 9), strict=True):
            await records.consent(openid, ["city", "visits", "book"], how="chat")
            await records.store(openid, "city", city)
            await records.store(openid, "visits", visits)
            await records.store(openid, "book", "活着")
        await people.close()

    asyncio.run(record())
    about_books = PLAN.replace("{书名}", "{book}")
    segment = about_books.replace('url = "https://shop.example/{id}"\n', "").replace(
        'file = "readers.csv"', 'segment = ["city=杭州", "visits>=2"]'
    )
    (tmp_path / "plan.toml").write_text(segment, "utf-8")
    assert told(capsys, "plan", "plan.toml", "--json")["recipients"] == 1
    shown = told(capsys, "preview", "1", "--json")["call"]
    assert (shown["touser"], shown["data"]["thing1"]["value"]) == (openids[0], "活着")
    (tmp_path / "plan.toml").write_text(segment.replace("visits>=2", "visits>=two"), "utf-8")
    assert run(["campaign", "plan", "plan.toml"]) == SETUP


def test_followers_and_carriers_of_a_tag_are_read_from_wechat(
    openids: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with Client(Account.from_env()) as client:
        tag = client.tags.create(name="老客户").tag.id
        client.tags.tag_users(openid_list=openids[1:], tagid=tag)
    for audience, count in (("followers = true", 3), (f"tag = {tag}", 2)):
        plain = PLAN.replace('url = "https://shop.example/{id}"\n', "").replace("{书名}", "三体")
        (tmp_path / "plan.toml").write_text(plain.replace('file = "readers.csv"', audience), "utf-8")
        assert told(capsys, "plan", "plan.toml", "--json")["recipients"] == count


def test_a_file_with_mistakes_makes_no_campaign(
    openids: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = (tmp_path / "readers.csv").read_text("utf-8")
    (tmp_path / "readers.csv").write_text(f"{rows}{openids[0]},活着,9\n", "utf-8")
    assert run(["campaign", "plan", "plan.toml"]) == SETUP
    said = " ".join(capsys.readouterr().err.replace("│", "").split())
    assert "line 5: the openid stands in line 2" in said
    assert told(capsys, "list", "--json") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("template_id", "templateid"), "templateid"),
        (('file = "readers.csv"', "followers = true"), "no variables"),
        (('file = "readers.csv"', ""), "is one of file"),
        (("[content]", 'hours = "9-21"\n[content]'), "09:00-21:30"),
        (("[content]", 'zone = "Mars/Olympus"\n[content]'), "Mars/Olympus"),
        (("[content]", "share = 1.5\n[content]"), "at most 1"),
        (("readers.csv", "nobody.csv"), "nobody.csv"),
    ],
)
def test_a_wrong_plan_is_refused_with_its_place(
    openids: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    change: tuple[str, str],
    said: str,
) -> None:
    (tmp_path / "plan.toml").write_text(PLAN.replace(*change), "utf-8")
    assert run(["campaign", "plan", "plan.toml"]) == SETUP
    assert said in " ".join(capsys.readouterr().err.split())
