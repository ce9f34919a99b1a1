"""The reference pages: everything listed, found by typing and by state, with a detail that leads on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from gongzhong.catalogue.failures import explain

READY_MS = 15_000
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {"calls": "CreateMenu", "pushes": "scancode_push", "codes": "45015"}
WIDTHS = (390, 800, 1440)


def names(page: Page) -> list[str | None]:
    return [row.get_attribute("data-name") for row in page.get_by_test_id("row").all()]


def show(context: BrowserContext, url: str, path: str) -> Page:
    page = context.new_page()
    page.goto(f"{url}/#/reference/{path}")
    expect(page.get_by_test_id("row").first).to_be_visible(timeout=READY_MS)
    return page


def find(page: Page, where: str, words: str) -> None:
    page.get_by_test_id(f"{where}-filter").fill(words)
    expect(page.get_by_test_id("reference-found")).not_to_be_empty()


def test_a_call_is_found_and_says_what_it_takes(context: BrowserContext, platform_url: str) -> None:
    page = show(context, platform_url, "calls")
    find(page, "calls", "新增草稿")
    expect(page.get_by_test_id("row")).to_have_count(1)
    page.get_by_test_id("row").click()
    drawer = page.get_by_test_id("call")
    expect(drawer).to_contain_text("/cgi-bin/draft/add")
    expect(drawer.locator('[data-path="articles.title"]')).to_be_visible()
    link = page.get_by_test_id("try-it")
    expect(link).to_have_attribute("href", re.compile(r"#/simulate/debug\?.*call=AddDraft$"))
    page.get_by_test_id("call-tab-codes").click()
    page.locator('[data-testid=code-of-call][data-code="45003"] a').click()
    expect(page.get_by_test_id("code")).to_contain_text("45003")
    page.go_back()
    expect(drawer).to_contain_text("/cgi-bin/draft/add")
    page.reload()
    expect(drawer).to_contain_text("/cgi-bin/draft/add", timeout=READY_MS)


def test_states_stand_in_the_filter_and_in_the_address(context: BrowserContext, platform_url: str) -> None:
    page = show(context, platform_url, "calls")
    page.get_by_test_id("calls-state-retired").click()
    page.get_by_test_id("calls-filter").fill("shorturl")
    expect(page.get_by_test_id("row")).to_have_count(1)
    assert names(page) == ["ShortenUrl"]
    assert "state" in page.url and "shorturl" in page.url
    page.get_by_test_id("calls-state-retired").click()
    expect(page.get_by_test_id("filter-chip")).to_have_count(0)


def test_a_code_tells_cause_and_fix_as_the_command_does(context: BrowserContext, platform_url: str) -> None:
    page = show(context, platform_url, "codes")
    find(page, "codes", "45015")
    page.get_by_test_id("row").click()
    told = explain(45015)
    expect(page.get_by_test_id("code-told")).to_contain_text(told.cause_zh)
    expect(page.get_by_test_id("code-told")).to_contain_text(told.fix_zh)
    page.get_by_test_id("naming-call").first.locator("a").click()
    expect(page.get_by_test_id("call")).to_be_visible()


def test_a_push_shows_its_elements_and_an_example(context: BrowserContext, platform_url: str) -> None:
    page = show(context, platform_url, "pushes")
    find(page, "pushes", "acts.follow")
    assert names(page) == ["subscribe"]
    page.get_by_test_id("row").click()
    expect(page.get_by_test_id("element").first).to_contain_text("EventKey")
    link = page.get_by_test_id("trigger-it")
    expect(link).to_have_attribute("href", re.compile(r"scenarios/trigger.*event=subscribe$"))
    page.get_by_test_id("push-tab-example").click()
    expect(page.get_by_test_id("push-xml")).to_contain_text("<Event><![CDATA[subscribe]]></Event>")


def test_keys_move_and_open_and_close(context: BrowserContext, platform_url: str) -> None:
    page = show(context, platform_url, "codes")
    page.get_by_test_id("codes-table").focus()
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    expect(page.locator("[role=row][aria-selected=true]")).to_have_attribute("aria-rowindex", "3")
    expect(page.get_by_test_id("code")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("code")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_test_id("codes-filter")).to_be_focused()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("where", PAGES)
def test_nothing_serious_for_a_screen_reader(
    context: BrowserContext, platform_url: str, where: str, width: int
) -> None:
    for scheme in ("light", "dark"):
        page = context.new_page()
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{platform_url}/#/reference/{where}?entry={PAGES[where]}")
        expect(page.locator("dialog.drawer h3").first).to_be_visible(timeout=READY_MS)
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("axe.run('main', {resultTypes: ['violations']})")
        serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
        assert not serious, json.dumps(
            [
                (one["id"], one["nodes"][0]["html"][:300], one["nodes"][0]["failureSummary"][:300])
                for one in serious
            ],
            ensure_ascii=False,
            indent=1,
        )
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0
        page.close()
