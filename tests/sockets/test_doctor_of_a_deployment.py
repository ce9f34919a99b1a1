"""`gongzhong doctor --config` of a deployment that runs: a platform, `serve` with two accounts, a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gongzhong.platform.world import accounts
from gongzhong.testing.live_platform import LivePlatform

from .served import serving

pytestmark = pytest.mark.heavy

PROGRAM = """
from gongzhong import App, Text

app = App()


@app.default
async def echo(message: Text) -> str:
    return message.content
"""


def configuration(platform: LivePlatform, folder: Path, secrets: dict[str, str] | None = None) -> str:
    """Two accounts of the platform, registered by now, each with its own path."""
    found = f'database = "sqlite:///{folder / "data.db"}"\n[serve]\nworkers = 2\n'
    for name in ("news", "shop"):
        state = platform.world.accounts[f"wx{name.encode().hex():0<16}"[:18]]
        secret = (secrets or {}).get(name, state.secret)
        found += (
            f'[[account]]\nname = "{name}"\nappid = "{state.appid}"\nsecret = "{secret}"\ntoken = "{state.token}"\n'
            f'aes_key = "{state.aes_key}"\napi_base = "{platform.url}"\npath = "/{name}"\n'
        )
    return found


def register(platform: LivePlatform) -> None:
    for name in ("news", "shop"):
        platform.connect(
            appid=f"wx{name.encode().hex():0<16}"[:18], token=f"token{name}", aes_key=(name * 11)[:43]
        )


def examined(folder: Path, url: str, *more: str) -> tuple[int, list[dict[str, Any]]]:
    command = [sys.executable, "-m", "gongzhong", "doctor", "--config", "gongzhong.toml", "--url", url, *more]
    env = {**os.environ, "GONGZHONG_APPID": ""}
    done = subprocess.run(
        [*command, "--json"], cwd=folder, env=env, capture_output=True, timeout=120, check=False
    )
    report = json.loads(done.stdout)
    assert report["status"] == done.returncode, done.stderr.decode()
    return done.returncode, report["findings"]


def wrong(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["account"], one["check"]) for one in found if one["status"] == "wrong"]


def test_a_good_deployment_and_one_with_faults(live_platform: LivePlatform, tmp_path: Path) -> None:
    register(live_platform)
    text = configuration(live_platform, tmp_path)
    (tmp_path / "gongzhong.toml").write_text(text, "utf-8")
    (tmp_path / "gongzhong.toml").chmod(0o600)
    with serving("served:app", program=PROGRAM, folder=tmp_path, env={"GONGZHONG_APPID": ""}) as server:
        base = f"http://127.0.0.1:{server.port}"
        status, found = examined(tmp_path, base)
        assert (status, wrong(found)) == (0, [])
        fine = {(one["account"], one["check"]) for one in found if one["status"] == "ok"}
        assert {("", one) for one in ("config", "database", "database.version", "state", "workers")} <= fine
        for name in ("news", "shop"):
            checks = ("credentials", "verify", "push", "permission.cgi-bin/message/custom/send")
            assert {(name, one) for one in checks} <= fine

        shop = next(one for one in live_platform.world.accounts.values() if one.token == "tokenshop")
        live_platform.look(
            lambda: accounts.change(live_platform.world, shop.appid, {"ip_allow_list": ["1.2.3.4"]})
        )
        bad = configuration(live_platform, tmp_path, {"news": "f" * 32}).replace("tokenshop", "tokenother")
        (tmp_path / "gongzhong.toml").write_text(bad, "utf-8")
        status, found = examined(tmp_path, base)
        assert status == 1
        assert {("news", "credentials.40125"), ("shop", "credentials.40164"), ("shop", "verify")} <= set(
            wrong(found)
        )
        allow = next(one for one in found if one["check"] == "credentials.40164")
        assert "127.0.0.1" in allow["fix_zh"]
        assert {account for account, _ in wrong(found)} == {"news", "shop"}
        _, of_shop = examined(tmp_path, base, "--account", "shop")
        assert {one["account"] for one in of_shop} == {"", "shop"}
    status, found = examined(tmp_path, base)
    assert status == 1 and ("news", "connect") in wrong(found)
