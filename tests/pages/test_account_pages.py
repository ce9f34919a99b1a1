"""The account's and the scenarios' pages: lists of what is held, found and paged; pushes with their fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from gongzhong.running.control import Control
from gongzhong.testing import PNG


class Shop:
    """An account of this test's own, with a token to call as it."""

    def __init__(self, url: str) -> None:
        self.url, self.control = url, Control(url)
        known = {one["name"]: one for one in self.control.get("state")["accounts"]}
        wanted = {"name": "pages-shop", "kind": "service", "verified": True}
        self.appid = (known.get("pages-shop") or self.control.post("accounts", wanted))["appid"]
        secret = self.control.post(f"accounts/{self.appid}/credentials", {})["secret"]
        asked = {"grant_type": "client_credential", "appid": self.appid, "secret": secret}
        self.token = self._send("/cgi-bin/stable_token", msgspec.json.encode(asked))["access_token"]

    def call(self, path: str, body: Any) -> Any:
        return self._send(f"{path}?access_token={self.token}", msgspec.json.encode(body))

    def upload(self, path: str) -> str:
        head = b'--x\r\nContent-Disposition: form-data; name="media"; filename="cover.png"\r\n\r\n'
        answer = self._send(
            f"{path}?access_token={self.token}&type=image",
            head + PNG + b"\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
        )
        return str(answer["media_id"])

    def _send(self, path: str, body: bytes, kind: str = "application/json") -> Any:
        with urlopen(Request(self.url + path, body, {"content-type": kind})) as answer:
            return msgspec.json.decode(answer.read())

    def follower(self, name: str) -> str:
        known = [one["name"] for one in self.control.get("state")["people"]]
        if name not in known:
            self.control.post("people", {"name": name})
            self.control.post(f"people/{name}/follow", {"appid": self.appid})
        people = {one["name"]: one for one in self.control.get("state")["people"]}
        return str(people[name]["accounts"][self.appid]["openid"])

    def import_followers(self, count: int) -> None:
        rows = "openid\n" + "\n".join(f"o{number:027d}" for number in range(count))
        self._send(f"/_platform/accounts/{self.appid}/followers", rows.encode(), "text/csv")


@pytest.fixture(scope="module")
def shop(platform_url: str) -> Shop:
    return Shop(platform_url)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


def visit(page: Page, shop: Shop, where: str) -> None:
    page.goto(f"{shop.url}/#/{where}{'&' if '?' in where else '?'}account={shop.appid}")
    page.wait_for_selector("[data-testid=ready]")


def test_followers_are_found_and_tagged_and_come_as_one_scrolls(page: Page, shop: Shop) -> None:
    openid = shop.follower("寻找我")
    tag = shop.call("/cgi-bin/tags/create", {"tag": {"name": "会员"}})["tag"]["id"]
    shop.call("/cgi-bin/tags/members/batchtagging", {"openid_list": [openid], "tagid": tag})
    shop.import_followers(350)
    visit(page, shop, "account/followers")
    expect(page.get_by_test_id("followers-total")).to_contain_text("351")
    table = page.get_by_test_id("table")
    expect(table).to_have_attribute("aria-rowcount", "-1")
    table.focus()
    for _ in range(6):
        page.keyboard.press("End")
        page.wait_for_timeout(150)
    expect(table).to_have_attribute("aria-rowcount", "352")
    page.get_by_test_id("followers-search").fill("寻找")
    expect(page.get_by_test_id("row")).to_have_count(1)
    page.reload()
    expect(page.get_by_test_id("followers-search")).to_have_value("寻找")
    page.get_by_test_id("row").click()
    expect(page.get_by_test_id("drawer")).to_contain_text(openid)
    page.get_by_test_id("followers-search").fill("")
    page.get_by_test_id("followers-tag").select_option(str(tag))
    expect(page.get_by_test_id("row")).to_have_count(1)


def test_files_templates_and_menus_are_listed(page: Page, shop: Shop) -> None:
    media_id = shop.upload("/cgi-bin/material/add_material")
    shop.call("/cgi-bin/menu/create", {"button": [{"type": "click", "name": "帮助一下", "key": "HELP"}]})
    visit(page, shop, "account/menus")
    expect(page.get_by_test_id("menu-preview")).to_contain_text("帮助一下")
    page.get_by_test_id("view-files").click()
    page.locator(f"[data-testid=row][data-name='{media_id}']").click()
    expect(page.get_by_test_id("drawer").locator("img")).to_be_visible()
    page.get_by_test_id("file-kind-voice").click()
    expect(page.get_by_test_id("row")).to_have_count(0)
    page.go_back()
    expect(page.get_by_test_id("drawer")).to_have_count(0)


def test_drafts_and_mass_sends_are_listed_and_the_next_result_is_chosen(page: Page, shop: Shop) -> None:
    cover = shop.upload("/cgi-bin/material/add_material")
    article = {"title": "周三会员日", "content": "<p>见</p>", "thumb_media_id": cover}
    shop.call("/cgi-bin/draft/add", {"articles": [article]})
    visit(page, shop, "account/articles?tab=next")
    page.get_by_test_id("next-mass-status").select_option("err(20001)")
    page.get_by_test_id("next-mass-save").click()
    expect(page.get_by_test_id("notice")).to_contain_text("已保存")
    everybody = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "大家好"}}
    shop.call("/cgi-bin/message/mass/sendall", everybody)
    page.get_by_test_id("view-drafts").click()
    expect(page.get_by_test_id("row")).to_contain_text("周三会员日")
    page.get_by_test_id("view-mass").click()
    shop.control.post("clock", {"advance": 120})
    expect(page.get_by_test_id("row")).to_contain_text("失败")


def test_quotas_rights_and_alarms(page: Page, shop: Shop) -> None:
    visit(page, shop, "account/quotas")
    page.keyboard.press("/")
    page.keyboard.type("draft/add")
    expect(page.get_by_test_id("quota-row")).to_have_count(1)
    page.get_by_test_id("view-rights").click()
    expect(page.get_by_test_id("quota-search")).to_have_value("")
    page.get_by_test_id("quota-search").fill("message/template/send")
    expect(page.get_by_test_id("row").first).to_contain_text("有")
    page.get_by_test_id("view-alarms").click()
    expect(page.get_by_test_id("alarms")).to_contain_text("没有告警")
    assert "tab=alarms" in page.url


def test_a_push_is_triggered_with_its_fields_and_its_xml_is_shown_first(page: Page, shop: Shop) -> None:
    shop.follower("按菜单的人")
    visit(page, shop, "scenarios/trigger?event=CLICK")
    expect(page.get_by_test_id("trigger-event")).to_have_value("click")
    page.get_by_test_id("trigger-person").select_option("按菜单的人")
    field = page.get_by_test_id("trigger-fields-EventKey")
    expect(field).to_have_value("example-key")
    field.fill("今日特价")
    expect(page.get_by_test_id("trigger-xml")).to_contain_text("今日特价")
    page.get_by_test_id("trigger-go").click()
    expect(page.get_by_test_id("trigger-result")).to_be_visible()
