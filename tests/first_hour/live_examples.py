"""The examples for Flask and FastAPI through the live platform, and the doctor beside them.

Runs inside the first hour's environment, as a test file of somebody who installed the package.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from gongzhong.testing import LivePlatform

BROKEN = """
import http.server, sys

class Quoted(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        echo = self.path.partition("echostr=")[2].partition("&")[0]
        self.answer(f'"{echo}"'.encode())

    def do_POST(self):
        self.answer(b"<html>csrf</html>")

    def answer(self, body):
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Quoted).serve_forever()
"""


@pytest.mark.parametrize("name", ["flask_app", "fastapi_app"])
def test_an_example_through_the_live_platform(name: str, live_platform: LivePlatform) -> None:
    example: Any = importlib.import_module(name)
    live_platform.connect(example.oa, app=example.app, path="/wechat")
    alice = live_platform.person("alice")
    assert alice.follows().text == "欢迎关注！"
    assert alice.says("你好").text == "你说：你好"


def doctor(platform: LivePlatform, url: str) -> dict[str, Any]:
    account = platform.account
    given = {
        "APPID": account.appid,
        "SECRET": account.secret.reveal(),
        "TOKEN": account.token.reveal(),
        "AES_KEY": account.aes_key.reveal(),
        "API_BASE": platform.url,
    }
    done = subprocess.run(
        [sys.executable, "-m", "gongzhong", "doctor", "--url", url, "--json"],
        env={**os.environ, **{f"GONGZHONG_{name}": value for name, value in given.items()}},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert not done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode == 0) == found["ok"]
    return found


def test_the_doctor_finds_nothing_wrong_with_the_served_program(live_platform: LivePlatform) -> None:
    command = [sys.executable, "-m", "gongzhong", "serve", "bot.py:oa", "--port", "{port}"]
    url = live_platform.run(command)
    live_platform.connect(url=url)
    found = doctor(live_platform, url)
    assert found["ok"], found
    assert not [one for one in found["findings"] if one["status"] == "wrong"]


def test_the_doctor_names_what_is_broken(live_platform: LivePlatform) -> None:
    live_platform.connect()
    url = live_platform.run([sys.executable, "-c", BROKEN, "{port}"])
    found = doctor(live_platform, url)
    wrong = {one["check"]: one for one in found["findings"] if one["status"] == "wrong"}
    assert "verify" in wrong
    assert "引号" in wrong["verify"]["zh"] + wrong["verify"]["fix_zh"]
