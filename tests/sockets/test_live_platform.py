"""The live-server fixture with real sockets: applications of other frameworks and programs of other languages."""

from __future__ import annotations

import re
import socket
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask, request
from starlette.routing import Route
from wechatpy import parse_message
from wechatpy.client import WeChatClient
from wechatpy.replies import TextReply
from wechatpy.utils import check_signature

from gongzhong import AsyncClient, OfficialAccount, SetupError, Text
from gongzhong.platform.delivery import verification
from gongzhong.platform.delivery.verdict import UNANSWERED
from gongzhong.platform.traffic import Cause
from gongzhong.testing import LivePlatform, NothingCame
from gongzhong.testing.live_platform import FIXES

TOKEN = "livetoken"
PROGRAM = """
import hashlib, http.server, os, sys, urllib.parse
TOKEN = os.environ["GONGZHONG_TOKEN"]

class Wx(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(self.path.partition("?")[2]))
        words = sorted([TOKEN, query["timestamp"], query["nonce"]])
        right = hashlib.sha1("".join(words).encode()).hexdigest() == query["signature"]
        self.answer(query["echostr"].encode() if right else b"")

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        print("a push came", flush=True)
        self.answer(b"success")

    def answer(self, body):
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_): pass

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Wx).serve_forever()
"""


def wechatpy_app(appid: str, secret: str) -> Flask:
    """An application as wechatpy's users write it, plain mode, with a customer-service message besides."""
    app = Flask(__name__)
    client = WeChatClient(appid, secret)

    @app.route("/wx", methods=["GET", "POST"])
    def wx() -> str:
        check_signature(TOKEN, *(request.args[name] for name in ("signature", "timestamp", "nonce")))
        if request.method == "GET":
            return request.args["echostr"]
        message = parse_message(request.data)
        if message.type != "text":
            return "success"
        if message.content == "忽略":
            return "success"
        if message.content == "客服":
            client.message.send_text(message.source, "客服来了")
            return "success"
        return str(TextReply(message=message, content=f"你说：{message.content}").render())

    return app


def test_a_flask_application_with_wechatpy(
    live_platform: LivePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = live_platform
    for name, value in platform.proxy_environment().items():
        monkeypatch.setenv(name, value)
    app = wechatpy_app(platform.account.appid, platform.account.secret.reveal())
    platform.connect(app=app, path="/wx", token=TOKEN)
    alice = platform.person("alice")
    assert alice.follows() == []
    assert alice.says("你好").text == "你说：你好"
    assert alice.says("忽略") == []
    assert alice.says("客服").texts == ["客服来了"]
    assert alice.inbox[-1].via == "customer"
    assert [push.title for push in platform.pushes] == ["event:subscribe", "text", "text", "text"]
    assert platform.calls.named("message/custom/send").about(alice)[0].answered["errcode"] == 0


def test_what_follows_the_passive_reply_stands_under_its_push(live_platform: LivePlatform) -> None:
    oa = OfficialAccount.from_env()

    @oa.text()
    async def twice(message: Text) -> AsyncIterator[str]:
        yield "这一条是被动回复。"
        yield "这一条是客服消息。"

    live_platform.connect(oa)
    alice = live_platform.person("alice")
    alice.follows()
    assert alice.says("你好").text == "这一条是被动回复。"
    assert alice.waits().text == "这一条是客服消息。"
    [push] = live_platform.pushes.named("text")
    calls = [
        call
        for name in ("openapi/quota/get", "message/custom/send")
        for call in live_platform.calls.named(name)
    ]
    assert [call.cause for call in calls] == [Cause(push.row, known=True)] * 2


def test_a_program_of_any_language_and_its_end(tmp_path: Path) -> None:
    (tmp_path / "wx.py").write_text(PROGRAM, "utf-8")
    with LivePlatform() as platform:
        address = platform.run([sys.executable, "wx.py", "{port}"], folder=tmp_path)
        platform.connect(url=address)
        alice = platform.person("alice")
        assert alice.follows() == []
        assert platform.pushes.named("subscribe").about(alice)[0].verdict.ok
    with pytest.raises(OSError, match="refused"), socket.create_connection(_place(address), timeout=2):
        pass
    with pytest.raises(OSError, match="refused"), socket.create_connection(_place(platform.url), timeout=2):
        pass


def _place(address: str) -> tuple[str, int]:
    host, _, port = address.removeprefix("http://").partition(":")
    return host, int(port)


def test_what_a_program_prints_is_in_the_tests_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wx.py").write_text(PROGRAM, "utf-8")
    with LivePlatform() as platform:
        platform.connect(url=platform.run([sys.executable, "wx.py", "{port}"], folder=tmp_path))
        platform.person("alice").follows()
    assert "a push came" in capsys.readouterr().err


def test_a_program_that_does_not_start_says_why(live_platform: LivePlatform) -> None:
    with pytest.raises(SetupError, match="no such module here"):
        live_platform.run([sys.executable, "-c", "raise SystemExit('no such module here')"])
    with pytest.raises(SetupError, match="gongzhong-no-such-program"):
        live_platform.run(["gongzhong-no-such-program"])
    with pytest.raises(SetupError, match=r"0\.3 "):
        live_platform.run([sys.executable, "-c", "import time; time.sleep(60)"], ready_s=0.3)


def test_a_wrong_url_or_token_is_named(live_platform: LivePlatform) -> None:
    oa = OfficialAccount.from_env()
    nobody = live_platform.serve(Flask(__name__))
    with pytest.raises(SetupError, match="没有通过 URL 验证：服务器返回 HTTP 404"):
        live_platform.connect(url=f"{nobody}/wx", token=TOKEN)
    with pytest.raises(SetupError, match="连接"):
        live_platform.connect(url="http://127.0.0.1:9/wx", token=TOKEN)
    with pytest.raises(SetupError, match="Token"):
        live_platform.connect(url=live_platform.serve(wechatpy_app("wx", "x")) + "/wx", token="another")
    with pytest.raises(SetupError, match="不能作为服务运行"):
        live_platform.serve(oa.asgi.__class__)


@pytest.mark.parametrize(
    ("settings", "fix"),
    [
        ({"url": "127.0.0.1/wx"}, "argument"),
        ({"url": "http://127.0.0.1:9/wx"}, "start the program first"),
        ({"path": "/elsewhere"}, "path"),
        ({"path": "/quoted"}, "echostr"),
        ({"path": "/strict"}, "token="),
    ],
)
def test_a_refused_connect_says_what_to_do(
    live_platform: LivePlatform, settings: dict[str, str], fix: str
) -> None:
    app = Flask(__name__)
    app.add_url_rule("/quoted", "quoted", lambda: f'"{request.args["echostr"]}"')
    app.add_url_rule("/strict", "strict", lambda: ("wrong Token", 403))
    served: dict[str, Any] = settings if "url" in settings else {"app": app, **settings}
    with pytest.raises(SetupError) as refused:
        live_platform.connect(token=TOKEN, **served)
    assert fix in refused.value.fix_en and refused.value.fix_zh


def test_every_verdict_on_a_url_has_its_fix() -> None:
    source = Path(verification.__file__).read_text("utf-8")
    kinds = set(re.findall(r'Verdict\(\s*False,\s*"(\w+)"', source)) | set(UNANSWERED)
    assert kinds == set(FIXES)


def test_an_official_account_with_its_own_server_and_a_moved_clock(live_platform: LivePlatform) -> None:
    oa = OfficialAccount.from_env(customer_service=True)

    @oa.text("慢")
    async def slow(message: Text, api: AsyncClient) -> str:
        await api.customer.send_text(touser=message.from_user_name, content="等一下")
        return "好了"

    live_platform.connect(oa)
    alice = live_platform.person("alice")
    alice.follows(oa)
    assert alice.says("慢").texts == ["等一下", "好了"]
    before = live_platform.clock.now()
    live_platform.clock.advance(days=3)
    assert live_platform.clock.now() - before == pytest.approx(3 * 86400, abs=60)
    with pytest.raises(Exception, match="45015"):
        live_platform.client(oa).customer.send_text(touser=alice.openid(), content="还在吗")
    assert live_platform.calls.failed[-1].errcode == 45015
    with pytest.raises(NothingCame):
        alice.waits(timeout_s=0.1)


def test_an_official_account_inside_fastapi_takes_its_lifespan() -> None:
    began: list[str] = []
    oa = OfficialAccount.from_env()

    @oa.default
    async def echo(message: Text) -> str:
        return f"你说：{message.content}"

    app = FastAPI(routes=[Route("/wechat", oa.asgi)], lifespan=oa.lifespan)

    @app.get("/health")
    async def health() -> dict[str, Any]:
        began.append("asked")
        return {"received": oa.counters["received"]}

    with LivePlatform() as platform:
        address = platform.connect(oa, app=app, path="/wechat").url.removesuffix("/wechat")
        alice = platform.person("alice")
        alice.follows()
        assert alice.says("你好").text == "你说：你好"
        with urllib.request.urlopen(f"{address}/health", timeout=10) as answer:
            assert answer.read() == b'{"received":2}'
    assert began == ["asked"]
    with pytest.raises(SetupError, match="GONGZHONG_APPID"):
        oa.account  # noqa: B018


@LivePlatform()
def test_as_a_decorator(tmp_path: Path, platform: LivePlatform) -> None:
    """The other arguments stay pytest's fixtures."""
    assert tmp_path.exists()
    with urllib.request.urlopen(f"{platform.url}/cgi-bin/token", timeout=10) as answer:
        assert b"errcode" in answer.read()
    assert len(platform.calls.named("token")) == 1


def test_a_decorated_function_without_the_argument_is_refused() -> None:
    with pytest.raises(SetupError, match="没有参数 platform"):

        @LivePlatform()
        def nothing() -> None: ...


def test_late_messages_are_waited_for_in_real_time(live_platform: LivePlatform, tmp_path: Path) -> None:
    late = PROGRAM.replace(
        'print("a push came", flush=True)', "import subprocess; subprocess.Popen([sys.executable, 'late.py'])"
    )
    (tmp_path / "wx.py").write_text(late, "utf-8")
    live_platform.connect(url=live_platform.run([sys.executable, "wx.py", "{port}"], folder=tmp_path))
    alice = live_platform.person("alice")
    (tmp_path / "late.py").write_text(
        f"""
import json, os, time, urllib.request
base, appid, secret = (os.environ["GONGZHONG_" + name] for name in ("API_BASE", "APPID", "SECRET"))
time.sleep(0.5)
query = f"grant_type=client_credential&appid={{appid}}&secret={{secret}}"
token = json.load(urllib.request.urlopen(f"{{base}}/cgi-bin/token?{{query}}"))["access_token"]
body = json.dumps({{"touser": {alice.openid()!r}, "msgtype": "text", "text": {{"content": "late"}}}}).encode()
urllib.request.urlopen(f"{{base}}/cgi-bin/message/custom/send?access_token={{token}}", body)
""",
        "utf-8",
    )
    began = time.monotonic()
    assert alice.follows() == []
    assert alice.waits(timeout_s=30).text == "late"
    assert time.monotonic() - began >= 0.5
