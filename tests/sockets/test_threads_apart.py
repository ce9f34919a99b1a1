"""Plain handlers that hang, a full default executor, a slow store: calls and uploads have threads of their own."""

from __future__ import annotations

import asyncio
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from gongzhong import Account, AsyncClient, Hosts, OfficialAccount, Upload
from gongzhong.client import MemoryTokenStore, Tokens
from gongzhong.config import Replies
from gongzhong.messages import Text, encode
from gongzhong.wire import PushWriter

from ..conftest import Serve

HANGING = 200


class WeChat(BaseHTTPRequestHandler):
    """A token, and `{"media_id": …}` for an upload."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if "token" in self.path.partition("?")[0]:
            self._says(b'{"access_token": "T", "expires_in": 7200}')
        else:
            self._says(b'{"type": "image", "media_id": "M", "created_at": 1}')

    def do_GET(self) -> None:
        self._says(b'{"ip_list": ["1.2.3.4"]}')

    def _says(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class SlowStore(MemoryTokenStore):
    """A token store that waits, as one on a disk or in a network does, so that it is asked in a thread."""

    waits = True

    def lease(self, *values: Any, **named: Any) -> Any:
        time.sleep(0.05)
        return super().lease(*values, **named)


@pytest.mark.anyio
async def test_two_hundred_hanging_handlers_stop_no_call_and_no_upload(
    serve_http: Serve, tmp_path: Any
) -> None:
    account = Account(
        appid="wx0123456789abcdef",
        secret="s" * 32,
        token="tok123",
        hosts=Hosts.local(serve_http(WeChat).replace("127.0.0.1", "localhost")),  # a name to be looked up
    )
    api = AsyncClient(account, tokens=Tokens(store=SlowStore()))
    oa = OfficialAccount(account, api=api, customer_service=False, window=0.5, drain_s=0.1)
    release, running = threading.Event(), list[int]()

    @oa.default
    def hangs() -> str:
        running.append(1)
        release.wait(60)
        return "好了"

    def push(number: int) -> tuple[dict[str, str], bytes]:
        message = Text(
            to_user_name="g", from_user_name=f"o{number}", create_time=1, msg_id=number, content="?"
        )
        return PushWriter("tok123", "", account.appid, "plain").seal(
            encode(message), int(time.time()), str(number), f"o{number}"
        )

    asked = [asyncio.create_task(oa.handle(*push(number))) for number in range(1, HANGING + 1)]
    default = [asyncio.get_running_loop().run_in_executor(None, release.wait, 60) for _ in range(100)]
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"\xff\xd8" + b"x" * 3_000_000)
    try:
        async with asyncio.timeout(10):
            while len(running) < Replies().handler_threads:  # noqa: ASYNC110 (threads tell a loop nothing)
                await asyncio.sleep(0.01)
        async with asyncio.timeout(10):
            assert (await oa.api.base.api_addresses()).ip_list == ["1.2.3.4"]
            made = await oa.api.media.upload(type="image", media=Upload.of(picture))
        assert made.media_id == "M"
        assert not any(one.done() for one in default)
    finally:
        release.set()
        await asyncio.gather(*asked, *default, return_exceptions=True)
        await oa.shutdown()
        await api.close()
