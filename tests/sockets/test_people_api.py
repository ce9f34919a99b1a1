"""`gongzhong people serve` as a real process: a key from the command line, an export over the wire, a stop."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from gongzhong.account import Secret
from gongzhong.cli.outcome import DONE, run
from gongzhong.config import PeopleData
from gongzhong.people import Collected, Purposes, configured

from .test_tls import Authority

pytestmark = pytest.mark.heavy
APPID, ALICE = "wx0123456789abcdef", "oAlice0000000000000000000001"
MASTER = b64encode(b"m" * 32).decode()
PROGRAM = """
from gongzhong import OfficialAccount
oa = OfficialAccount.from_env()
oa.collects("phone", purpose="送货", text_version="1", text="告知", keep_days=1e-9)
"""


async def fill(database: str) -> None:
    declared = Purposes()
    declared.add(Collected(field="phone", purpose="送货", text_version="1"))
    people = configured(PeopleData(master_key=Secret(MASTER)), database)
    assert people is not None
    records = people.records(APPID, declared)
    await records.consent(ALICE, ["phone"], how="chat")
    await records.store(ALICE, "phone", "13812345678")
    await people.close()


def ask(
    url: str, key: str, action: str, body: Any, trusting: ssl.SSLContext | None = None
) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{url}/{APPID}/people/{action}",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20, context=trusting) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def test_an_operator_exports_and_erases_over_the_wire(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGZHONG_DATABASE", f"sqlite:///{tmp_path / 'data.db'}")
    monkeypatch.setenv("GONGZHONG_PEOPLE_MASTER_KEY", MASTER)
    monkeypatch.setenv("GONGZHONG_APPID", APPID)
    monkeypatch.setenv("GONGZHONG_TOKEN", "abc123")
    Path("shop_of_people.py").write_text(PROGRAM, "utf-8")
    asyncio.run(fill(f"sqlite:///{tmp_path / 'data.db'}"))
    assert run(["people", "key", "create", "desk", "--role", "owner", "--from", "127.0.0.1"]) == DONE
    key = capsys.readouterr().out.strip()
    command = [
        sys.executable,
        "-m",
        "gongzhong",
        "people",
        "serve",
        "shop_of_people:oa",
        "--port",
        "0",
        "--json",
    ]
    with (tmp_path / "errors").open("wb") as errors:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
    try:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        status, answer = ask(url, key, "export", {"openid": ALICE})
        assert (status, answer["person"]["fields"][0]["value"]) == (200, "13812345678")
        assert ask(url, key, "retention", {}) == (200, {"deleted": {"phone": 1}})
        status, answer = ask(url, key, "erase", {"openid": ALICE})
        assert (status, answer["certificate"]["by"].startswith("desk (api ")) == (200, True)
        assert ask(url, "gzp_00000000_" + "x" * 43, "export", {"openid": ALICE})[0] == 401
        assert run(["people", "key", "revoke", key[4:12]]) == DONE
        assert ask(url, key, "export", {"openid": ALICE})[0] == 401
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    finally:
        server.kill()
        server.communicate()
    said = (tmp_path / "errors").read_text("utf-8")
    assert ALICE not in said and key not in said and "13812345678" not in said


def test_it_serves_https_by_itself_as_the_configuration_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGZHONG_PEOPLE_MASTER_KEY", MASTER)
    monkeypatch.setenv("GONGZHONG_APPID", APPID)
    monkeypatch.setenv("GONGZHONG_TOKEN", "abc123")
    database = f"sqlite:///{tmp_path / 'data.db'}"
    authority = Authority(tmp_path)
    authority.server("127.0.0.1")
    settings = 'port = 0\ncertificate = "127.0.0.1.pem"\nper_minute = 2\n'
    Path("gongzhong.toml").write_text(f'database = "{database}"\n[people_api]\n{settings}', "utf-8")
    asyncio.run(fill(database))
    assert run(["people", "key", "create", "desk", "--role", "agent"]) == DONE
    key = capsys.readouterr().out.strip()
    command = [sys.executable, "-m", "gongzhong", "people", "serve", "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    trusting = ssl.create_default_context(cafile=str(authority.file))
    try:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        assert url.startswith("https://")
        with urllib.request.urlopen(f"{url}/openapi.json", context=trusting, timeout=20) as answer:
            assert json.load(answer)["openapi"] == "3.1.0"
        asked = [ask(url, key, "consents", {"openid": ALICE}, trusting)[0] for _ in range(3)]
        assert asked == [200, 200, 429]
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(url, key, "consents", {"openid": ALICE})
    finally:
        server.kill()
        server.communicate()
