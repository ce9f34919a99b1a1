"""A running `gongzhong serve` moves from a master key of its own to a key service, and every upper key is changed,
while people write: each message is answered with what that person stored, at every moment.

The key service is a stand-in on a real socket: it wraps and unwraps, its keys never leave it, and it counts.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gongzhong.people.sealing import BadSeal, open_sealed, seal

from .served import Served, ask, push, serving

pytestmark = pytest.mark.heavy
MASTER = b64encode(b"m" * 32).decode()
PROGRAM = """
from gongzhong import OfficialAccount, Text

oa = OfficialAccount.from_env(customer_service=False)
oa.collects("note", purpose="记事", text_version="1", basis="service")


@oa.text("store (?P<value>.+)")
async def store(message: Text, value: str) -> str:
    await oa.records.store(message.openid, "note", value)
    return f"has {await oa.records.read(message.openid, 'note')}"


@oa.text("read")
async def read(message: Text) -> str:
    return f"has {await oa.records.read(message.openid, 'note')}"
"""
CLIENT = """
import asyncio
import json
import urllib.request
from base64 import b64decode, b64encode

from gongzhong.people import Masters

URL = "{url}"


def asked(path, **body):
    with urllib.request.urlopen(URL + path, json.dumps(body).encode(), timeout=20) as answer:
        return json.load(answer)


class Remote:
    def __init__(self, name):
        self.name = name

    async def wrap(self, key, context):
        return await self._asked("/wrap", key, context)

    async def unwrap(self, wrapped, context):
        return await self._asked("/unwrap", wrapped, context)

    async def _asked(self, path, data, context):
        texts = dict(data=b64encode(data).decode(), context=b64encode(context).decode())
        answer = await asyncio.to_thread(asked, path, key=self.name, **texts)
        return b64decode(answer["data"])


def master():
    present, *older = asked("/keys")["names"]
    return Masters(Remote(present), [Remote(name) for name in older])
"""


class KeyService:
    """Keys by name, the present one first."""

    def __init__(self) -> None:
        self.keys = {"kms-1": os.urandom(32)}
        self.asked: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                service.asked.append(self.path)
                try:
                    answer = service.answer(self.path, body)
                except (KeyError, BadSeal):
                    self.send_error(400)
                    return
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path == "/keys":
            return {"names": list(self.keys)}
        key, data, context = self.keys[body["key"]], b64decode(body["data"]), b64decode(body["context"])
        done = seal(key, data, context) if path == "/wrap" else open_sealed(key, data, context)
        return {"data": b64encode(done).decode()}

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Writers:
    """People who write all the time; `wrong` is every answer that was not the one that they should have had."""

    def __init__(self, port: int) -> None:
        self._port, self._stop = port, threading.Event()
        self.wrong: list[str] = []
        self.answered = 0
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(4)]
        for thread in self._threads:
            thread.start()

    def _write(self, person: int) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            openid, value = f"oWriter{person}x{number // 20}", f"{person}-{number // 2 * 2}"
            text = "read" if number % 2 and number % 20 > 1 else f"store {value}"
            wanted = f"has {value}"
            said = ask(self._port, push(text, person * 1_000_000 + number, openid=openid))
            self.answered += 1
            if wanted.encode() not in said:
                self.wrong.append(f"{text}: {said.decode(errors='replace')[-300:]}")

    def until_more(self, n: int = 40) -> None:
        """Wait until so many more were answered."""
        wanted, end = self.answered + n, time.monotonic() + 60
        while self.answered < wanted and time.monotonic() < end:
            time.sleep(0.02)
        assert self.answered >= wanted

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)


@pytest.fixture
def service() -> Iterator[KeyService]:
    made = KeyService()
    yield made
    made.stop()


def configure(folder: Path, people: str) -> None:
    file = folder / "gongzhong.toml"
    file.touch(0o600)
    database = f'database = "sqlite:///{folder / "data.db"}"'
    account = '[[account]]\nappid = "wx0123456789abcdef"\ntoken = "abc123"\nencryption = "plain"'
    file.write_text(f"{database}\n{account}\n[serve]\nworkers = 2\n[people]\n{people}\n", "utf-8")


def reload(server: Served) -> None:
    """SIGHUP, and wait until the new workers have taken the place of the old ones."""
    words = "已换成新的工作进程"
    before, end = server.said.count(words), time.monotonic() + 60
    server.process.send_signal(signal.SIGHUP)
    while server.said.count(words) == before and time.monotonic() < end:
        time.sleep(0.05)
    assert server.said.count(words) > before, server.said


def keys(folder: Path, *options: str) -> dict[str, int]:
    """`gongzhong people keys`."""
    command = [sys.executable, "-m", "gongzhong", "people", "keys", "--json", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_a_running_program_moves_to_a_key_service_and_changes_every_upper_key(
    tmp_path: Path, service: KeyService
) -> None:
    (tmp_path / "shop_kms.py").write_text(CLIENT.replace("{url}", service.url), "utf-8")
    own, kms = f'master_key = "{MASTER}"', 'kms = "shop_kms:master"'
    configure(tmp_path, own)
    with serving("served:oa", program=PROGRAM, folder=tmp_path, env={"GONGZHONG_LANG": "zh"}) as server:
        writers = Writers(server.port)
        try:
            writers.until_more()
            configure(tmp_path, f"{own}\n{kms}")
            reload(server)
            writers.until_more()
            assert keys(tmp_path)["moved_to_master_key"] == 2, "the key that wraps people's, and the index"
            configure(tmp_path, kms)
            reload(server)
            writers.until_more()
            assert keys(tmp_path, "--rotate")["wrapped_again"] > 0
            writers.until_more()
            service.keys = {"kms-2": os.urandom(32), **service.keys}
            reload(server)
            assert keys(tmp_path)["moved_to_master_key"] == 2
            service.keys.pop("kms-1")
            reload(server)
            writers.until_more()
            asked = len(service.asked)
            service.stop()
            writers.until_more()
            assert len(service.asked) == asked, (
                "workers that have the account's keys go on without the service"
            )
        finally:
            writers.end()
        assert writers.wrong == [], server.said[-6000:]
        assert MASTER not in server.said
    counted = {path: service.asked.count(path) for path in ("/keys", "/wrap", "/unwrap")}
    assert counted["/wrap"] == 2 + 1 + 2, (
        "each key of the account once for each move, and the new one of the rotation"
    )
    assert counted["/unwrap"] < 60, (
        f"once for each key and process, not for each of {writers.answered} messages"
    )
