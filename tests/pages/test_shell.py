"""The shell around the pages: the rail in groups, addresses that can be shared, the way back."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

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
    page.get_by_test_id("account-switch").select_option(label="shell-shop")
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
