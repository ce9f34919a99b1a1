"""The phone's browser around a page: a way back, no way out of the frame, and words for a page that cannot be shown."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from gongzhong.running.control import Control
from gongzhong.running.listening import free_port

PAGES = {
    "/a": "<h1>A</h1><a id='next' href='/b'>B</a>",
    "/b": "<h1>B</h1><a id='next' href='/c'>C</a>",
    "/c": "<h1>C</h1><button id='out' onclick=\"top.location = 'https://evil.example/'\">out</button>",
    "/denied": "<h1>denied</h1>",
}
PERSON = "view-person"


def by_id(page: Page, name: str) -> Locator:
    return page.locator(f"[data-testid={name}]")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        if self.path == "/denied":
            self.send_header("x-frame-options", "DENY")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(f"<!doctype html>{PAGES[self.path]}".encode())

    do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """A test's output is not an access log."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def appid(platform_url: str) -> str:
    control = Control(platform_url)
    appid: str = control.get("state")["accounts"][0]["appid"]
    control.post("people", {"name": PERSON})
    control.post(f"people/{PERSON}/follow", {"appid": appid})
    return appid


def look(context: BrowserContext, platform_url: str, appid: str, url: str) -> Page:
    """Open an address on the phone, by a link in the chat."""
    said = {"appid": appid, "type": "text", "content": url}
    Control(platform_url).post(f"people/{PERSON}/say", said)
    page = context.new_page()
    page.goto(platform_url)
    by_id(page, f"person-{PERSON}").click()
    by_id(page, "text-link").last.click()
    return page


def test_one_goes_back_page_by_page_and_the_tool_stays(
    context: BrowserContext, platform_url: str, appid: str, site: str
) -> None:
    page = look(context, platform_url, appid, f"{site}/a")
    frame = page.frame_locator("[data-testid=webview-frame]")
    expect(frame.locator("h1")).to_have_text("A")
    expect(by_id(page, "webview-back")).to_have_count(0)
    for name in ("B", "C"):
        frame.locator("#next").click()
        expect(frame.locator("h1")).to_have_text(name)
    for name in ("B", "A"):
        by_id(page, "webview-back").click()
        expect(frame.locator("h1")).to_have_text(name)
    expect(by_id(page, "webview-back")).to_have_count(0)
    by_id(page, "webview-close").click()
    expect(by_id(page, "chat")).to_be_visible()


def test_a_page_cannot_navigate_the_tool_away(
    context: BrowserContext, platform_url: str, appid: str, site: str
) -> None:
    page = look(context, platform_url, appid, f"{site}/c")
    with page.expect_console_message(lambda message: "navigat" in message.text):
        page.frame_locator("[data-testid=webview-frame]").locator("#out").click()
    expect(by_id(page, "webview")).to_be_visible()
    assert "gongzhong.localhost" in page.url


def test_a_page_that_forbids_frames_says_so_and_opens_outside(
    context: BrowserContext, platform_url: str, appid: str, site: str
) -> None:
    page = look(context, platform_url, appid, f"{site}/denied")
    blocked = by_id(page, "webview-blocked")
    expect(blocked).to_have_attribute("data-forbids", "X-Frame-Options: DENY")
    expect(blocked).to_contain_text("X-Frame-Options: DENY")
    with page.expect_popup() as opened:
        by_id(page, "webview-blocked-outside").click()
    expect(opened.value.locator("h1")).to_have_text("denied")


def test_a_program_that_is_not_there_is_told_from_it(
    context: BrowserContext, platform_url: str, appid: str
) -> None:
    page = look(context, platform_url, appid, f"http://127.0.0.1:{free_port()}/a")
    blocked = by_id(page, "webview-blocked")
    expect(blocked).to_have_attribute("data-forbids", "")
    expect(by_id(page, "webview-again")).to_be_visible()


def test_the_status_says_whether_the_program_listens(context: BrowserContext, platform_url: str) -> None:
    control = Control(platform_url)
    gone = f"http://127.0.0.1:{free_port()}/wx"
    appid = control.post("accounts", {"name": "状态", "url": gone, "token": "tok123"})["appid"]
    page = context.new_page()
    page.goto(platform_url)
    by_id(page, "account-switch").click()
    by_id(page, f"account-{appid}").click()
    status = by_id(page, "live-status")
    expect(status).to_have_attribute("data-state", "dead")
    expect(status).to_contain_text(gone.split("/")[2])
    with ThreadingHTTPServer(("127.0.0.1", int(gone.split(":")[2].partition("/")[0])), Handler):
        expect(status).to_have_attribute("data-state", "alive", timeout=15_000)
