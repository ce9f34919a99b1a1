"""What only a browser shows of the pages' looks and handling: dialogs stay inside the phone, nothing overflows on
narrow screens, the keyboard's focus and the chosen row stay in view."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from gongzhong.running.control import Control

OVERFLOWING = """() => {
  const clipped = (element) => {
    for (let at = element.parentElement; at; at = at.parentElement) {
      if (getComputedStyle(at).overflowX !== 'visible') return true
    }
    return false
  }
  return [...document.body.querySelectorAll('*')]
    .filter((element) => {
      const { right, left, width } = element.getBoundingClientRect()
      return width > 0 && (right > innerWidth + 1 || left < -1) && !clipped(element)
    })
    .map((element) => `${element.tagName} ${element.className} ${element.dataset?.testid ?? ''}`)
}"""
TOO_WIDE_INSIDE = """() => [...document.body.querySelectorAll('main *')]
  .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
    && ['auto', 'scroll'].includes(getComputedStyle(element).overflowX)
    && !element.matches('pre, aside, ul'))
  .map((element) => `${element.tagName} ${element.className} ${element.scrollWidth} > ${element.clientWidth}`)"""


PAGES = {
    "#/": "[data-testid=phone]",
    "#/simulate/desk": "[data-testid=agent-new]",
    "#/account/config": "[data-testid=credentials]",
    "#/account/menus": "[data-testid=menu-preview]",
    "#/account/articles": "[data-testid=article-list] [data-testid=state]",
    "#/account/articles?tab=next": "[data-testid=next-mass]",
    "#/account/followers": "[data-testid=follower-list]",
    "#/account/quotas": "[data-testid=quota-row]",
    "#/account/quotas?tab=alarms": "[data-testid=alarms]",
    "#/scenarios/trigger": "[data-testid=trigger-xml]",
    "#/scenarios/faults": "[data-testid=faults]",
    "#/scenarios/snapshots": "[data-testid=snapshots]",
    "#/reference/calls": "[data-testid=row]",
    "#/reference/pushes": "[data-testid=row]",
    "#/reference/codes": "[data-testid=row]",
}
"""Each page's address, and what is there once it has its data."""


def by_id(page: Page, name: str) -> Locator:
    return page.locator(f"[data-testid={name}]")


def inside(inner: Locator, outer: Locator) -> bool:
    """Whether one element's box lies within the other's."""
    small, large = inner.bounding_box(), outer.bounding_box()
    assert small is not None and large is not None
    return (
        small["x"] >= large["x"] - 1
        and small["y"] >= large["y"] - 1
        and small["x"] + small["width"] <= large["x"] + large["width"] + 1
        and small["y"] + small["height"] <= large["y"] + large["height"] + 1
    )


@pytest.fixture
def ready(context: BrowserContext, platform_url: str) -> Page:
    page = context.new_page()
    page.goto(platform_url)
    page.wait_for_selector("[data-testid=ready]")
    return page


@pytest.fixture
def person(platform_url: str) -> Iterator[Callable[[Page, str], None]]:
    """Make a person of the given name and choose it in a page."""
    control = Control(platform_url)

    def choose(page: Page, name: str) -> None:
        if name not in [known["name"] for known in control.get("state")["people"]]:
            control.post("people", {"name": name})
        by_id(page, f"person-{name}").click()

    yield choose


def test_a_dialog_covers_the_phone_and_nothing_else(ready: Page, person: Callable[[Page, str], None]) -> None:
    person(ready, "dialog-person")
    by_id(ready, "follow").click()
    by_id(ready, "open-profile").click()
    by_id(ready, "unfollow").click()
    question = ready.get_by_role("dialog")
    expect(question).to_be_visible()
    for part in (question, question.locator(".weui-mask"), question.locator(".weui-dialog")):
        assert inside(part, by_id(ready, "phone"))
    button = by_id(ready, "unfollow-confirm")
    expect(button).to_be_focused()
    assert button.evaluate("button => getComputedStyle(button).borderTopWidth") == "0px"
    button.press("Escape")
    expect(question).to_have_count(0)


def test_the_focus_stays_on_the_phone_after_follow(ready: Page, person: Callable[[Page, str], None]) -> None:
    person(ready, "focus-person")
    by_id(ready, "follow").press("Enter")
    expect(by_id(ready, "message-input")).to_be_focused()
    by_id(ready, "open-profile").click()
    by_id(ready, "unfollow").click()
    by_id(ready, "unfollow-confirm").press("Enter")
    expect(by_id(ready, "follow")).to_be_focused()


def test_arrow_keys_keep_the_chosen_row_in_view(ready: Page, platform_url: str) -> None:
    for _ in range(40):
        urlopen(f"{platform_url}/cgi-bin/get_api_domain_ip?access_token=none").close()
    listing = by_id(ready, "traffic-list")
    expect(listing).to_have_attribute("aria-rowcount", re.compile(r"^(4[1-9]|[5-9]\d|\d{3,})$"))
    listing.focus()
    for _ in range(35):
        ready.keyboard.press("ArrowDown")
    chosen = ready.locator("[data-testid=traffic-row][aria-selected=true]")
    expect(chosen).to_be_in_viewport()
    assert inside(chosen, listing)
    for _ in range(34):
        ready.keyboard.press("ArrowUp")
    assert inside(chosen, listing)


def test_a_notice_leaves_the_tools_of_the_traffic_free(ready: Page) -> None:
    by_id(ready, "clock").click()
    by_id(ready, "clock-amount").fill("99999999")
    ready.select_option("[data-testid=clock-unit]", "days")
    by_id(ready, "clock-go").click()
    notice = by_id(ready, "notice").last
    expect(notice).to_be_visible()
    box, tools = notice.bounding_box(), by_id(ready, "traffic-clear").bounding_box()
    assert box is not None and tools is not None
    assert box["y"] > tools["y"] + tools["height"]


@pytest.mark.parametrize("width", [390, 800])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_overflows_on_narrow_screens(
    chromium: Browser, platform_url: str, width: int, language: str
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 844})
    context.add_init_script(f"localStorage.setItem('gongzhong.language', {json.dumps(language)})")
    page = context.new_page()
    found: dict[str, Any] = {}
    for address, shown in PAGES.items():
        page.goto(f"{platform_url}/{address}")
        page.wait_for_selector("[data-testid=ready]")
        page.wait_for_selector(shown)
        found[address] = [*page.evaluate(OVERFLOWING), *page.evaluate(TOO_WIDE_INSIDE)]
    context.close()
    assert [address for address, wide in found.items() if wide] == [], found
