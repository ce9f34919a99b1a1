"""The shell around the pages: the rail in groups, addresses that can be shared, the way back."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Browser, BrowserContext, Page, expect

from gongzhong.running.control import Control


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("[data-testid=ready]")
    return page


def test_addresses_of_before_lead_to_the_new_pages(context: BrowserContext, platform_url: str) -> None:
    for old, new in {
        "desk": "simulate/desk",
        "developer": "account/config",
        "coverage": "reference/calls",
    }.items():
        page = opened(context, f"{platform_url}/#/{old}")
        expect(page).to_have_url(re.compile(rf"#/{new}\?account=wx"))
        expect(page.locator("nav [aria-current=page]")).to_have_attribute("href", re.compile(rf"#/{new}\?"))
        page.close()


def test_a_link_shows_others_the_same_account_and_person(context: BrowserContext, platform_url: str) -> None:
    control = Control(platform_url)
    control.post("accounts", {"name": "shell-shop", "kind": "test", "verified": False})
    control.post("people", {"name": "shell-reader"})
    page = opened(context, platform_url)
    page.get_by_test_id("person-shell-reader").click()
    page.get_by_test_id("account-switch").click()
    page.locator(".accounts [data-name=shell-shop]").click()
    page.get_by_test_id("nav-config").click()
    expect(page.get_by_test_id("config-page")).to_contain_text("shell-shop")
    link = page.url

    fresh = context.browser.new_context() if context.browser else context
    try:
        other = opened(fresh, link)
        expect(other.get_by_test_id("config-page")).to_contain_text("shell-shop")
        other.get_by_test_id("nav-phone").click()
        expect(other.get_by_test_id("person-shell-reader")).to_have_attribute("aria-pressed", "true")
    finally:
        fresh.close()


def test_back_and_forward_return_to_page_person_and_account(
    context: BrowserContext, platform_url: str
) -> None:
    control = Control(platform_url)
    for name in ("shell-first", "shell-second"):
        control.post("people", {"name": name})
    page = opened(context, platform_url)
    page.get_by_test_id("person-shell-first").click()
    page.get_by_test_id("person-shell-second").click()
    page.get_by_test_id("nav-faults").click()
    expect(page.get_by_test_id("faults-page")).to_be_visible()
    page.go_back()
    expect(page.get_by_test_id("phone")).to_be_visible()
    expect(page.get_by_test_id("person-shell-second")).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(page.get_by_test_id("person-shell-first")).to_have_attribute("aria-pressed", "true")
    page.go_forward()
    expect(page.get_by_test_id("person-shell-second")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_test_id("person-shell-second")).to_have_attribute("aria-pressed", "true")


def test_the_rail_is_a_drawer_on_a_narrow_screen(context: BrowserContext, platform_url: str) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(platform_url)
    expect(page.get_by_test_id("nav-quotas")).to_be_hidden()
    page.get_by_test_id("rail-open").click()
    page.get_by_test_id("nav-quotas").click()
    expect(page.get_by_test_id("quotas-page")).to_be_visible()
    expect(page.get_by_test_id("nav-quotas")).to_be_hidden()


def test_the_bar_shows_faults_and_the_way_to_them(context: BrowserContext, platform_url: str) -> None:
    page = opened(context, platform_url)
    expect(page.get_by_test_id("chip-faults")).to_have_count(0)
    fault = Control(platform_url).post("faults", {"side": "api", "kind": "errcode", "target": "user/info"})
    expect(page.get_by_test_id("chip-faults")).to_contain_text("1")
    page.get_by_test_id("chip-faults").click()
    expect(page.get_by_test_id("fault")).to_have_count(1)
    page.get_by_test_id("fault-lift").click()
    expect(page.get_by_test_id("chip-faults")).to_have_count(0)
    assert fault["hits"] == 0


def test_a_moved_clock_says_how_far_and_returns_to_real_time(
    context: BrowserContext, platform_url: str
) -> None:
    page = opened(context, platform_url)
    began = time.time()
    page.get_by_test_id("clock").click()
    page.get_by_test_id("clock-advance-86400").click()
    expect(page.get_by_test_id("clock-ahead")).to_have_text("+1 天")
    assert Control(platform_url).get("clock")["now"] > began + 86_000
    page.get_by_test_id("clock-real").click()
    expect(page.get_by_test_id("clock-ahead")).to_have_count(0)
    assert abs(Control(platform_url).get("clock")["now"] - time.time()) < 30


def test_search_finds_and_goes(context: BrowserContext, platform_url: str) -> None:
    page = opened(context, f"{platform_url}/#/scenarios/faults")
    Control(platform_url).post("people", {"name": "found-person", "nickname": "寻找的人"})
    page.keyboard.press("Control+k")
    palette = page.get_by_test_id("palette-input")
    expect(palette).to_be_focused()
    palette.fill("寻找")
    expect(page.get_by_test_id("palette-item")).to_have_count(1)
    palette.press("Enter")
    expect(page.get_by_test_id("person-found-person")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("palette")).to_have_count(0)
    page.keyboard.press("Control+k")
    palette.fill("45009")
    expect(page.get_by_test_id("palette-item").first).to_be_visible()
    palette.press("Escape")
    expect(page.get_by_test_id("palette")).to_have_count(0)


def test_keys_are_listed_and_written_letters_are_none(context: BrowserContext, platform_url: str) -> None:
    page = opened(context, f"{platform_url}/#/account/quotas")
    page.keyboard.press("?")
    expect(page.get_by_test_id("shortcut-list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("shortcut-list")).to_have_count(0)
    expect(page.get_by_test_id("quota-row").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("menu?/j")
    expect(page.locator("main input:focus")).to_have_value("menu?/j")
    expect(page.get_by_test_id("shortcut-list")).to_have_count(0)


def test_the_look_follows_the_system_until_one_is_chosen(chromium: Browser, platform_url: str) -> None:
    context = chromium.new_context(color_scheme="dark", viewport={"width": 1440, "height": 900})
    try:
        page = opened(context, platform_url)
        ground = "getComputedStyle(document.body).backgroundColor"
        dark = page.evaluate(ground)
        page.get_by_test_id("theme").click()
        page.get_by_test_id("theme-light").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "light")
        assert page.evaluate(ground) != dark
        page.reload()
        page.wait_for_selector("[data-testid=ready]")
        assert page.evaluate(ground) != dark
        page.get_by_test_id("theme").click()
        page.get_by_test_id("theme-system").click()
        assert page.evaluate(ground) == dark
    finally:
        context.close()


def test_what_was_recorded_from_the_bar_is_shown_as_a_test(
    context: BrowserContext, platform_url: str
) -> None:
    control = Control(platform_url)
    control.post("people", {"name": "recorded-person"})
    page = opened(context, platform_url)
    page.get_by_test_id("person-recorded-person").click()
    page.get_by_test_id("record").click()
    expect(page.get_by_test_id("record")).to_have_attribute("aria-pressed", "true")
    page.get_by_test_id("follow").click()
    expect(page.get_by_test_id("record")).to_contain_text("1")
    page.get_by_test_id("record").click()
    expect(page.get_by_test_id("recording-source")).to_contain_text("follows()", timeout=30_000)


def test_two_phones_stand_side_by_side(context: BrowserContext, platform_url: str) -> None:
    control = Control(platform_url)
    for name in ("left-person", "right-person"):
        control.post("people", {"name": name})
    page = opened(context, platform_url)
    page.get_by_test_id("person-left-person").click()
    page.get_by_test_id("second-open").click()
    page.get_by_test_id("second-person").select_option("right-person")
    second, first = page.get_by_test_id("second-phone"), page.locator(".phone-column")
    for phone, words in ((first, "左边说"), (second, "右边说")):
        phone.get_by_test_id("follow").click()
        phone.get_by_test_id("message-input").fill(words)
        phone.get_by_test_id("message-input").press("Enter")
        expect(phone.get_by_test_id("chat")).to_contain_text(words)
    expect(first.get_by_test_id("chat")).not_to_contain_text("右边说")
    page.reload()
    expect(second.get_by_test_id("chat")).to_contain_text("右边说")
    page.get_by_test_id("second-close").click()
    expect(second).to_have_count(0)
