"""The examples of docs/web.md as they stand: a browser enters, comes back from WeChat, is signed in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from .conftest import SNS_TOKEN

PAGE = (Path(__file__).parents[3] / "docs" / "web.md").read_text("utf-8")


class SnsHandler(BaseHTTPRequestHandler):
    """WeChat's host, as far as a code exchange goes."""

    def do_GET(self) -> None:
        body = json.dumps(SNS_TOKEN).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: the requests are not what is tested."""


@pytest.fixture
def wechat_host(
    monkeypatch: pytest.MonkeyPatch, serve_http: Callable[[type[BaseHTTPRequestHandler]], str]
) -> None:
    monkeypatch.setenv("GONGZHONG_APPID", "wx0000000000000001")
    monkeypatch.setenv("GONGZHONG_SECRET", "app-secret-of-the-tests")
    monkeypatch.setenv("GONGZHONG_API_BASE", serve_http(SnsHandler))


def app_of(example: str) -> Any:
    """Run one example of the page and give its `app`."""
    found = re.search(rf"<!-- example: {example} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"docs/web.md has no example {example}"
    names: dict[str, Any] = {"__name__": example}
    exec(compile(found[1], f"docs/web.md ({example})", "exec"), names)
    return names["app"]


def returning(location: str, set_cookie: str) -> tuple[str, dict[str, str]]:
    """The callback's path and the headers with which the browser comes back from WeChat."""
    state = re.search(r"state=([a-zA-Z0-9]+)#wechat_redirect$", location)
    assert state
    return f"/callback?code=081abc&state={state[1]}", {"cookie": set_cookie.partition(";")[0]}


@pytest.mark.usefixtures("wechat_host")
def test_starlette() -> None:
    with TestClient(app_of("starlette"), follow_redirects=False) as browser:
        entered = browser.get("/enter")
        path, headers = returning(entered.headers["location"], entered.headers["set-cookie"])
        came_back = browser.get(path, headers=headers)
    assert came_back.headers["location"] == "/me"
    assert "visitor=oABC" in came_back.headers["set-cookie"]


@pytest.mark.usefixtures("wechat_host")
def test_flask() -> None:
    browser = app_of("flask").test_client()
    entered = browser.get("/enter")
    path, headers = returning(entered.headers["location"], entered.headers["set-cookie"])
    came_back = browser.get(path, headers=headers)
    assert came_back.headers["location"] == "/me"
    assert "visitor=oABC" in came_back.headers["set-cookie"]
