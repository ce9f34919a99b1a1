"""Asking a running platform, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from gongzhong import SetupError
from gongzhong.errors import NotReached
from gongzhong.platform import AccountConfig, PlatformConfig
from gongzhong.running.control import Control, Refused, platform_url
from gongzhong.running.embedded import EmbeddedServer
from gongzhong.running.listening import free_port
from gongzhong.running.platform_server import application, configuration, open_platform

pytestmark = pytest.mark.anyio


def config(*names: str) -> PlatformConfig:
    made = configuration()
    made.account = [AccountConfig(name=name) for name in names]
    return made


async def ask(names: tuple[str, ...], question: object) -> object:
    """Start a platform, put a question to its control API from a thread, stop it."""
    server = EmbeddedServer(application(open_platform(config(*names))), host="127.0.0.1", port=0)
    await server.start()
    try:
        return await asyncio.to_thread(question, Control(f"http://127.0.0.1:{server.port}/"))  # type: ignore[arg-type]
    finally:
        await server.stop()


async def test_state_credentials_and_a_push() -> None:
    def question(control: Control) -> None:
        account = control.credentials()
        assert account.hosts.api == control.url
        assert account.secret
        body = {"appid": account.appid, "person": "小明", "event": "subscribe", "fields": {}}
        outcome = control.post("trigger", body)
        assert outcome["entries"] == []
        assert "未配置" in outcome["zh"]

    await ask(("一号",), question)


async def test_the_only_account_needs_no_name() -> None:
    found = await ask(("一号",), lambda control: control.account()["name"])
    assert found == "一号"


@pytest.mark.parametrize(
    ("names", "asked", "words"),
    [
        ((), None, "the platform has no account"),
        (("一号", "二号"), None, "say which account. choose with --account: 一号, 二号"),
        (("一号",), "三号", "no account 三号. choose with --account: 一号"),
    ],
)
async def test_an_open_choice_lists_the_accounts(
    names: tuple[str, ...], asked: str | None, words: str
) -> None:
    with pytest.raises(SetupError) as caught:
        await ask(names, lambda control: control.account(asked))
    assert caught.value.text("en") == words


async def test_a_refusal_carries_the_platforms_words() -> None:
    with pytest.raises(Refused, match="没有这条记录"):
        await ask(("一号",), lambda control: control.post("traffic/99/resend", {}))


def test_no_platform_says_how_to_start_one() -> None:
    with pytest.raises(NotReached) as caught:
        Control(f"http://127.0.0.1:{free_port()}").get("state")
    assert "gongzhong platform" in caught.value.fix_en


@pytest.fixture
def stranger(serve_http: Callable[[type[BaseHTTPRequestHandler]], str]) -> str:
    """A web server that is not a platform."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, format: str, *args: object) -> None:
            return

    return serve_http(Handler)


def test_another_web_server_is_not_taken_for_a_platform(stranger: str) -> None:
    with pytest.raises(NotReached):
        Control(stranger).get("state")


def test_where_the_platform_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GONGZHONG_API_BASE", raising=False)
    assert platform_url() == "http://127.0.0.1:8700"
    monkeypatch.setenv("GONGZHONG_API_BASE", "http://127.0.0.1:9000/")
    assert platform_url() == "http://127.0.0.1:9000"
    assert platform_url("http://h:1/") == "http://h:1"
