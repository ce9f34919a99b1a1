"""Any number of tabs is live: they share one event stream, because a browser opens six connections to a server."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect

from gongzhong.running.control import Control

TABS = 9


def test_the_ninth_tab_works_and_hears_what_happens(context: BrowserContext, platform_url: str) -> None:
    tabs = [context.new_page() for _ in range(TABS)]
    for tab in tabs:
        tab.goto(platform_url)
        expect(tab.get_by_test_id("live-status")).to_have_attribute("data-connected", "true")
    Control(platform_url).post("people", {"name": "tab-person"})
    for tab in tabs:
        expect(tab.get_by_test_id("person-tab-person")).to_be_attached()
    tabs[0].close()
    Control(platform_url).post("people", {"name": "tab-person-2"})
    for tab in tabs[1:]:
        expect(tab.get_by_test_id("person-tab-person-2")).to_be_attached()
