"""The page that says what is here: everything listed, found by typing, chosen by state."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

READY_MS = 10_000


def rows(page: Page) -> list[str | None]:
    return [row.get_attribute("data-name") for row in page.get_by_test_id("coverage-row").all()]


def test_an_endpoint_a_push_and_a_code_are_found(context: BrowserContext, platform_url: str) -> None:
    page = context.new_page()
    page.goto(platform_url)
    page.get_by_test_id("nav-calls").click()
    expect(page.get_by_test_id("coverage-row").first).to_be_visible(timeout=READY_MS)
    page.get_by_test_id("coverage-search").fill("新增草稿")
    expect(page.get_by_test_id("coverage-row")).to_have_count(1)
    assert rows(page) == ["/cgi-bin/draft/add"]
    page.get_by_test_id("coverage-search").fill("")
    page.get_by_test_id("coverage-state-retired").click()
    page.get_by_test_id("coverage-search").fill("shorturl")
    assert rows(page) == ["/cgi-bin/shorturl"]
    page.get_by_test_id("coverage-codes").click()
    page.get_by_test_id("coverage-search").fill("45015")
    expect(page.get_by_test_id("coverage-row")).to_have_count(1)
    page.get_by_test_id("coverage-pushes").click()
    page.get_by_test_id("coverage-search").fill("acts.follow")
    expect(page.get_by_test_id("coverage-row")).to_have_count(1)
    assert rows(page) == ["subscribe"]
