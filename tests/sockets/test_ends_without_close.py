"""Programs whose last line is not `oa.close()`: what their handlers still do reaches the person."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from gongzhong import OfficialAccount

from .served import ENV, ask, push, serving
from .test_app_processes import ACCOUNT, official_account
from .test_app_processes import ask as handled
from .test_app_processes import push as pushed

pytestmark = pytest.mark.heavy

SLOW = """
import os, sys, time
from flask import Flask, request
from gongzhong import OfficialAccount, Text, Account, Secret
from gongzhong.account import Hosts

oa = OfficialAccount(
    Account(
        appid="wx0123456789abcdef", secret=Secret("s" * 32), token=Secret("abc123"),
        hosts=Hosts.local(os.environ["API"]),
    ),
    customer_service=True, window=0.5,
)


@oa.default
{handler}


flask = Flask(__name__)


@flask.route("/", methods=["POST"])
def callback():
    answer = oa.handle_blocking(request.args, request.get_data())
    return answer.body, answer.status, dict(answer.headers())
"""
HANDLERS = {
    "async": 'async def slow(message: Text) -> str:\n    import asyncio\n    await asyncio.sleep(2)\n    return "好了"',
    "plain": 'def slow(message: Text) -> str:\n    time.sleep(2)\n    return "好了"',
    "to_thread": "async def slow(message: Text) -> str:\n    import asyncio\n    await asyncio.sleep(1)\n"
    '    return await asyncio.to_thread(lambda: "好了")',
}


class Api(BaseHTTPRequestHandler):
    """WeChat's API as far as a customer-service message needs it."""

    sent: list[str]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer: dict[str, object] = {"errcode": 0, "errmsg": "ok"}
        if "stable_token" in self.path:
            answer = {"access_token": "T", "expires_in": 7200}
        else:
            self.sent.append(body["text"]["content"])
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def api(serve_http: Callable[[type[BaseHTTPRequestHandler]], str]) -> tuple[str, list[str]]:
    made = type("Made", (Api,), {"sent": []})
    return serve_http(made), made.sent


@pytest.mark.parametrize("handler", HANDLERS)
def test_the_end_of_the_program_waits_for_handlers(
    api: tuple[str, list[str]], handler: str, tmp_path: Path
) -> None:
    address, sent = api
    program = SLOW.format(handler=HANDLERS[handler]) + (
        "from gongzhong.wire import PushWriter\n"
        "from gongzhong.messages import encode\n"
        "said = Text(to_user_name='g', from_user_name='o', create_time=1, msg_id=7, content='?')\n"
        "sealed = PushWriter('abc123', '', oa.account.appid, 'plain').seal(encode(said), int(time.time()), 'n', 'o')\n"
        "print(oa.handle_blocking(*sealed).body)\n"
    )
    (tmp_path / "program.py").write_text(program, "utf-8")
    environment = {**os.environ, "API": address}
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "b'success'\n", done.stderr
    assert sent == ["好了"]
    assert "Task was destroyed" not in done.stderr
    assert "Traceback" not in done.stderr


def test_flask_under_serve_lets_its_handlers_finish(
    api: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, sent = api
    monkeypatch.setenv("API", address)
    with serving("served:flask", program=SLOW.format(handler=HANDLERS["async"])) as server:
        assert ask(server.port, push("?")).endswith(b"success")
        server.process.send_signal(signal.SIGTERM)
        assert server.ended() == 0
        assert sent == ["好了"]
        assert "Traceback" not in server.said
        assert "Task was destroyed" not in server.said


HANGS = """
import sys, time
from gongzhong import OfficialAccount, Text, Account, Secret
from gongzhong.app import loops
loops.LAST_S = 1.0
oa = OfficialAccount.from_env(customer_service=True, window=0.3)


@oa.default
async def hang(message: Text) -> str:
    time.sleep(600)
    return ""


from gongzhong.wire import PushWriter
from gongzhong.messages import encode
import threading
said = Text(to_user_name="g", from_user_name="o", create_time=1, msg_id=7, content="?")
sealed = PushWriter("abc123", "", oa.account.appid, "plain").seal(encode(said), int(time.time()), "n", "o")
threading.Thread(target=oa.handle_blocking, args=sealed, daemon=True).start()
time.sleep(0.5)
"""


def test_a_handler_that_blocks_the_loop_does_not_keep_the_program_alive(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(HANGS, "utf-8")
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, env={**os.environ, **ENV}, check=True, timeout=50
    )
    assert time.monotonic() - began < 20


def test_an_account_that_nobody_holds_ends_its_thread() -> None:
    oa = official_account()
    assert "听到" in handled(oa, 1)
    thread = next(one for one in threading.enumerate() if one.name == "gongzhong-app")
    del oa
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()


def test_a_loop_that_ends_leaves_no_task_and_the_next_delivery_runs_the_handler_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    oa = OfficialAccount(ACCOUNT, customer_service=True, window=0.2)
    runs: list[int] = []

    @oa.default
    async def slow() -> str:
        runs.append(1)
        await asyncio.sleep(60 if len(runs) == 1 else 0)
        return "好了"

    async def given_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(oa.handle(*pushed("?", 1)), 0.05)

    asyncio.run(given_up())
    gc.collect()
    assert "destroyed" not in caplog.text
    assert "好了" in asyncio.run(oa.handle(*pushed("?", 1))).body.decode()
    assert [one.reason.value for one in oa.undelivered] == ["shutdown"]
    oa.close()
