"""What every visitor of the pages relies on: they come up quickly, complain about nothing, and ask nobody else."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, expect

from gongzhong.running.control import Control

READY = "[data-testid=ready]"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
READY_MS = 3_000
"""Ten times what is aimed at, because a busy machine must not fail a test."""
TRANSFERRED_KIB = 150
"""Bodies as they come over the wire, compressed: scripts, styles, pictures and the first answers."""


def test_the_first_page_comes_up_without_complaint_and_from_one_machine(
    context: BrowserContext, platform_url: str
) -> None:
    page = context.new_page()
    complaints: list[str] = []
    answers: list[Response] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", keep)
    page.goto(platform_url)
    page.wait_for_selector(READY, timeout=READY_MS)

    assert complaints == []
    hosts = {urlsplit(answer.url).netloc for answer in answers if answer.url.startswith("http")}
    opened = urlsplit(platform_url)
    assert hosts == {opened.netloc, f"gongzhong.localhost:{opened.port}"}
    assert [answer.url for answer in answers if answer.status >= 400] == []


def test_little_is_transferred_and_the_state_is_asked_for_once(
    context: BrowserContext, platform_url: str
) -> None:
    page = context.new_page()
    done: list[Request] = []
    page.on("requestfinished", lambda request: done.append(request))
    page.goto(platform_url)
    page.wait_for_selector(READY)
    # Heard over the stream: the state is fetched again for it, and was fetched once before.
    Control(platform_url).post("people", {"name": "first-look"})
    page.wait_for_selector("[data-testid=person-first-look]")
    sizes = {request.url: request.sizes()["responseBodySize"] for request in done}
    assert any(url.endswith(".css") for url in sizes)
    assert sum(sizes.values()) <= TRANSFERRED_KIB * 1024, sizes
    assert sum(request.url.endswith("/_platform/state") for request in done) == 2


def test_the_language_can_be_changed_and_is_remembered(context: BrowserContext, platform_url: str) -> None:
    page = context.new_page()
    page.goto(platform_url)
    page.wait_for_selector(READY)
    first = page.get_by_test_id("nav-config")
    expect(first).to_have_text(CHINESE)
    page.click("[data-testid=language]")
    expect(first).not_to_have_text(CHINESE)  # the words come when they are asked for
    english = first.inner_text()
    page.reload()
    page.wait_for_selector(READY)
    expect(first).to_have_text(english)


def test_a_person_follows_and_says_something(context: BrowserContext, platform_url: str) -> None:
    control = Control(platform_url)
    appid = control.post("accounts", {"name": "第一眼", "kind": "service"})["appid"]
    control.post("people", {"name": "newcomer"})
    page = context.new_page()
    page.goto(f"{platform_url}#/simulate/phone?account={appid}&person=newcomer")
    page.wait_for_selector(READY)
    page.click("[data-testid=follow]")
    page.fill("[data-testid=message-input]", "你好，<b>公众号</b>")
    page.press("[data-testid=message-input]", "Enter")
    said = page.locator("[data-testid=chat-item]", has_text="你好，<b>公众号</b>")
    said.wait_for()
    assert said.count() == 1
