"""Each person has cookies of their own with each account in the phone's browser, in however many windows: the page that
a person sees, and the person whom an authorisation names, are always the right ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from gongzhong.running.control import Control

PEOPLE = ("jar-a", "jar-b")


def by_id(page: Page, name: str) -> Locator:
    return page.locator(f"[data-testid={name}]")


class Site:
    """An account's program: `/` says who signed in, by a session cookie as frameworks set it, or begins to."""

    def __init__(self, platform_url: str) -> None:
        self.platform = platform_url.rstrip("/")
        self.control = Control(self.platform)
        self.account = self.control.get("state")["accounts"][0]
        self.keys = self.control.post(f"accounts/{self.account['appid']}/credentials", {})
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                """A test's output is not an access log."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()
        domain = {"oauth_domain": self.url.partition("://")[2]}
        change = Request(
            f"{self.platform}/_platform/accounts/{self.account['appid']}",
            json.dumps(domain).encode(),
            {"content-type": "application/json"},
            method="PATCH",
        )
        urlopen(change).close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        address = urlsplit(request.path)
        cookie = SimpleCookie(request.headers.get("cookie", "")).get("openid")
        if address.path == "/callback":
            code = parse_qs(address.query)["code"][0]
            openid = self.exchange(code)
            request.send_response(302)
            request.send_header("location", "/")
            request.send_header("set-cookie", f"openid={openid}; Path=/; HttpOnly; SameSite=Lax")
            request.end_headers()
        elif cookie is None:
            request.send_response(302)
            request.send_header("location", self.authorize())
            request.end_headers()
        else:
            request.send_response(200)
            request.send_header("content-type", "text/html; charset=utf-8")
            request.end_headers()
            request.wfile.write(f"<!doctype html><h1>{cookie.value}</h1>".encode())

    def exchange(self, code: str) -> str:
        query = {"appid": self.keys["appid"], "secret": self.keys["secret"], "code": code}
        query["grant_type"] = "authorization_code"
        with urlopen(f"{self.platform}/sns/oauth2/access_token?{urlencode(query)}") as answer:
            openid: str = json.load(answer)["openid"]
        return openid

    def authorize(self) -> str:
        back = quote(f"{self.url}/callback", safe="")
        return (
            f"{self.platform}/connect/oauth2/authorize?appid={self.account['appid']}&redirect_uri={back}"
            "&response_type=code&scope=snsapi_base&state=x#wechat_redirect"
        )

    def openid(self, person: str) -> str:
        people = self.control.get("state")["people"]
        known = next(one for one in people if one["name"] == person)
        openid: str = known["accounts"][self.account["appid"]]["openid"]
        return openid

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def site(platform_url: str) -> Iterator[Site]:
    site = Site(platform_url)
    for person in PEOPLE:
        site.control.post("people", {"name": person})
        site.control.post(f"people/{person}/follow", {"appid": site.account["appid"]})
    yield site
    site.close()


def look(page: Page, site: Site, person: str) -> FrameLocator:
    """Open the site on the phone of a person, by a link in the chat."""
    page.goto(site.platform)
    by_id(page, f"person-{person}").click()
    if by_id(page, "menu-to-keyboard").is_visible():
        by_id(page, "menu-to-keyboard").click()
    by_id(page, "message-input").fill(f"{site.url}/")
    by_id(page, "message-input").press("Enter")
    page.locator("[data-testid=text-link]", has_text=str(site.server.server_port)).last.click()
    return page.frame_locator("[data-testid=webview-frame]")


def test_two_windows_show_each_person_their_own_page(context: BrowserContext, site: Site) -> None:
    windows = {person: context.new_page() for person in PEOPLE}
    for person, window in windows.items():
        expect(look(window, site, person).locator("h1")).to_have_text(site.openid(person))
    for person, window in windows.items():
        by_id(window, "webview-menu").click()
        by_id(window, "webview-refresh").click()
        shown = window.frame_locator("[data-testid=webview-frame]").locator("h1")
        expect(shown).to_have_text(site.openid(person))


def test_one_window_keeps_the_people_apart_and_each_signed_in(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    for person in (*PEOPLE, *PEOPLE):
        expect(look(page, site, person).locator("h1")).to_have_text(site.openid(person))
    names = {cookie.get("domain") for cookie in context.cookies() if cookie.get("name") == "openid"}
    assert len(names) == len(PEOPLE)


def test_the_page_is_named_as_the_developer_knows_it(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    expect(look(page, site, PEOPLE[0]).locator("h1")).to_be_visible()
    by_id(page, "webview-menu").click()
    expect(by_id(page, "webview-sheet")).to_contain_text(site.url.partition("://")[2])
