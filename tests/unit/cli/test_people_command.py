"""`gongzhong people`: what an operator does with people's data, and its exit codes."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from gongzhong import Secret
from gongzhong.cli.outcome import DONE, FAILED, SETUP, USAGE, run
from gongzhong.config import PeopleData
from gongzhong.people import Collected, Purposes, Records, configured

APPID, ALICE = "wx00000000000000aa", "oAlice0000000000000000000001"
KEY, OTHER_KEY = (b64encode(letter * 32).decode() for letter in (b"m", b"n"))
PROGRAM = """
from gongzhong import OfficialAccount
oa = OfficialAccount.from_env()
oa.collects("phone", purpose="送货", text_version="1", keep_days=1e-9)
"""


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    address = f"sqlite:///{tmp_path / 'data.db'}"
    monkeypatch.setenv("GONGZHONG_DATABASE", address)
    monkeypatch.setenv("GONGZHONG_APPID", APPID)
    monkeypatch.setenv("GONGZHONG_PEOPLE_MASTER_KEY", KEY)
    monkeypatch.setenv("GONGZHONG_LANG", "en")
    monkeypatch.chdir(tmp_path)
    return address


@pytest.fixture
def alice(address: str) -> None:
    """A person with a phone number."""

    async def fill() -> None:
        people = configured(PeopleData(master_key=Secret(KEY)), address)
        assert people is not None
        purposes = Purposes()
        purposes.add(Collected(field="phone", purpose="送货", text_version="1"))
        records: Records = people.records(APPID, purposes)
        await records.consent(ALICE, ["phone"], how="chat")
        await records.store(ALICE, "phone", "13800000000")
        await people.close()

    asyncio.run(fill())


def told(capsys: pytest.CaptureFixture[str], *words: str, status: int = DONE) -> Any:
    assert run(["people", *words]) == status
    return json.loads(capsys.readouterr().out)


def test_a_person_is_exported_and_erased_and_the_trail_tells_it(
    alice: None, capsys: pytest.CaptureFixture[str]
) -> None:
    export = told(capsys, "export", ALICE)
    assert [one["value"] for one in export["fields"]] == ["13800000000"]
    assert told(capsys, "consent", ALICE, "--json")[0]["purpose"] == "送货"
    [certificate] = told(capsys, "erase", ALICE, "--reason", "request", "--by", "小王", "--json")
    assert (certificate["scope"], certificate["by"], certificate["fields"]) == ("person", "小王", ["phone"])
    assert told(capsys, "certificates", "--json") == [certificate]
    assert run(["people", "erase", ALICE]) == FAILED
    assert run(["people", "export", ALICE]) == FAILED
    capsys.readouterr()
    assert told(capsys, "audit", "--verify", "--json") == {"entries": 3, "faults": []}
    assert [one["action"] for one in told(capsys, "audit", "--json")] == ["", "", "erase"]
    assert run(["people", "erase", "--replay"]) == DONE


def test_a_consent_is_ended(alice: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "consent", ALICE, "--withdraw", "phone", "--json")[0]["withdrawn_at"] > 0
    assert told(capsys, "export", ALICE)["fields"] == []


def test_what_was_kept_for_its_time_is_deleted(
    alice: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop_of_people.py").write_text(PROGRAM)
    assert told(capsys, "retention", "shop_of_people.py:oa", "--json") == {"phone": 1}
    assert told(capsys, "retention", "shop_of_people.py:oa", "--json") == {}


PROGRAMS = """
import os
from gongzhong import Account, App
app = App()
app.collects("phone", purpose="送货", text_version="1", keep_days=1e-9)
binding = app.bind(Account(appid=os.environ["GONGZHONG_APPID"], secret="s" * 32, token="token1"))
async def asgi(scope, receive, send): pass
"""


@pytest.mark.parametrize("name", ["app", "binding", "asgi"])
def test_both_commands_take_the_same_programs(
    alice: None,
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = f"programs_of_people_{name}.py"
    (tmp_path / program).write_text(PROGRAMS)
    declared: list[list[str]] = []
    monkeypatch.setattr(
        "gongzhong.running.people_api.serve_people",
        lambda _people, _database, purposes, _settings, **_: declared.append(list(purposes)),
    )
    right = name != "asgi"
    served = run(["people", "serve", f"{program}:{name}"])
    assert (served, declared) == ((DONE, [[APPID]]) if right else (USAGE, []))
    capsys.readouterr()
    assert run(["people", "retention", f"{program}:{name}", "--json"]) == (DONE if right else USAGE)
    assert not right or json.loads(capsys.readouterr().out) == {"phone": 1}


def test_of_apps_by_name_the_one_of_the_account_says_what_is_kept(
    alice: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GONGZHONG_APPID")
    declared = PROGRAMS.partition("binding =")[0]
    (tmp_path / "apps_of_people.py").write_text(f"{declared}apps = {{'shop': app, 'news': App()}}\n")
    (tmp_path / "gongzhong.toml").write_text(
        f'[[account]]\nname = "shop"\nappid = "{APPID}"\n[[account]]\nname = "news"\nappid = "wxfeedfeedfeedfeed"\n'
    )
    program = "apps_of_people.py:apps"
    assert run(["people", "retention", program, "--account", "wx0000000000000000"]) == USAGE
    assert "shop, news" in capsys.readouterr().err
    news = told(capsys, "retention", program, "--account", "wxfeedfeedfeedfeed", "--json")
    assert news == {}, "another account's people stay"
    assert told(capsys, "retention", program, "--account", APPID, "--json") == {"phone": 1}


def test_a_program_of_no_account_needs_one_to_be_named(
    alice: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "unbound.py").write_text("from gongzhong import App\napp = App()\n")
    monkeypatch.delenv("GONGZHONG_APPID")
    assert run(["people", "serve", "unbound.py:app"]) == USAGE
    assert "GONGZHONG_APPID" in capsys.readouterr().err


def test_keys_move_to_a_new_master_key(
    alice: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GONGZHONG_PEOPLE_MASTER_KEY", OTHER_KEY)
    assert run(["people", "export", ALICE]) == SETUP
    monkeypatch.setenv("GONGZHONG_PEOPLE_PREVIOUS_MASTER_KEY", KEY)
    capsys.readouterr()
    moved = told(capsys, "keys", "--rotate", "--json")
    assert moved == {"moved_to_master_key": 2, "wrapped_again": 2}, "the person's and the account's own"
    monkeypatch.delenv("GONGZHONG_PEOPLE_PREVIOUS_MASTER_KEY")
    assert told(capsys, "export", ALICE)["openid"] == ALICE


def test_what_is_missing_is_named(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["people", "erase"]) == USAGE
    assert run(["people", "erase", ALICE, "--everybody"]) == USAGE
    monkeypatch.delenv("GONGZHONG_PEOPLE_MASTER_KEY")
    assert run(["people", "audit"]) == USAGE
    assert "openssl rand" in capsys.readouterr().err
    monkeypatch.setenv("GONGZHONG_PEOPLE_MASTER_KEY", "tooshort")
    assert run(["people", "audit"]) == SETUP
    assert "tooshort" not in capsys.readouterr().err


def test_a_restored_copy_is_erased_again(
    alice: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["db", "backup", "before.copy"]) == DONE
    assert run(["people", "erase", ALICE]) == DONE
    monkeypatch.setenv("GONGZHONG_DATABASE", f"sqlite:///{tmp_path / 'restored.db'}")
    monkeypatch.setenv("GONGZHONG_PEOPLE_KEYS", f"sqlite:///{tmp_path / 'data-keys.db'}")
    capsys.readouterr()
    assert run(["db", "restore", "before.copy"]) == DONE
    assert "1 erasures" in capsys.readouterr().err
    assert run(["people", "export", ALICE]) == FAILED
    assert run(["people", "audit", "--verify"]) == DONE
