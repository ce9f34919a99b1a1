"""Rows that tell, as a person sees them: under way and done, explained, searched, linked from the chat, and kept."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from gongzhong.running.control import Control
from gongzhong.running.listening import free_port

PROGRAM = """
import asyncio
from gongzhong import OfficialAccount, Text

oa = OfficialAccount.from_env()

@oa.text("客服")
async def service(message: Text) -> str:
    await oa.api.customer.send_text(touser=message.openid, content="两秒之后")
    return "这一条是被动回复。"

@oa.text("慢")
async def slow(message: Text) -> str:
    await asyncio.sleep(3)
    return "终于"
"""


class Dev:
    """`gongzhong dev` with a data directory, on a port that stays the same when it is started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port("127.0.0.1")
        (folder / "rows_program.py").write_text(PROGRAM, "utf-8")
        self.control = Control(f"http://127.0.0.1:{self.port}")
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "gongzhong", "dev", "rows_program.py:oa", "--no-open"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--data", str(self.folder / "data")],
            cwd=self.folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "配置成功" in line:
                break
        # What it prints from now on must not fill the pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    @property
    def appid(self) -> str:
        return str(next(one for one in self.control.get("state")["accounts"] if one["url"])["appid"])

    def says(self, text: str, *, wait: bool = True) -> None:
        """小明 writes."""
        end = "?wait=1" if wait else ""
        self.control.post(f"people/小明/say{end}", {"appid": self.appid, "content": text})


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    made = Dev(tmp_path_factory.mktemp("rows"))
    made.start()
    if "小明" not in [person["name"] for person in made.control.get("state")["people"]]:
        made.control.post("people", {"name": "小明"})
    made.control.post("people/小明/follow?wait=1", {"appid": made.appid})
    yield made
    made.stop()


@pytest.fixture
def page(context: BrowserContext, dev: Dev) -> Page:
    page = context.new_page()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"http://gongzhong.localhost:{dev.port}/#/simulate/phone?account={dev.appid}&person=小明")
    page.wait_for_selector("[data-testid=traffic-row]")
    return page


def rows(page: Page, **attributes: str) -> Locator:
    """Rows with these data attributes."""
    wanted = "".join(f"[data-{name}='{value}']" for name, value in attributes.items())
    return page.locator(f"[data-testid=traffic-row]{wanted}")


def test_a_push_is_there_before_its_answer_and_fills_in(page: Page, dev: Dev) -> None:
    dev.says("慢", wait=False)
    waiting = rows(page, state="wait")
    expect(waiting).to_contain_text("小明说「慢」")
    number = waiting.get_attribute("data-number")
    expect(rows(page, number=str(number), state="ok")).to_contain_text("终于", timeout=15_000)


def test_a_call_stands_under_the_push_that_caused_it(page: Page, dev: Dev) -> None:
    dev.says("客服")
    push = rows(page, kind="push").first
    expect(push).to_contain_text("这一条是被动回复。")
    call = rows(page, kind="api", depth="1").filter(has_text="发送客服消息").first
    expect(call).to_contain_text("给小明「两秒之后」")
    assert int(call.get_attribute("data-key") or 0) > int(push.get_attribute("data-key") or 0)
    push.click()
    expect(page.get_by_test_id("row-caused")).to_contain_text("发送客服消息")
    page.get_by_test_id("row-caused").locator("button").last.click()
    expect(page.get_by_test_id("row-because")).to_contain_text("小明 说「客服」")


def test_attempts_are_one_row_explained_and_the_fault_can_be_lifted(page: Page, dev: Dev) -> None:
    fault = dev.control.post("faults", {"side": "push", "kind": "drop", "times": 1})
    dev.says("客服")
    row = rows(page, state="warn").first
    expect(row).to_contain_text("2 次")
    row.click()
    explained = page.get_by_test_id("row-explained")
    expect(explained).to_contain_text("前一次投递没有成功，第二次收到了回应")
    expect(page.get_by_test_id("row-cause")).to_contain_text("不是程序的错")
    expect(page.get_by_test_id("row-fix")).to_contain_text("先回 success")
    expect(page.get_by_test_id("row-attempts").locator("li")).to_have_count(2)
    href = page.get_by_test_id("row-fault").get_attribute("href") or ""
    assert f"fault={fault['id']}" in href
    page.get_by_test_id("row-lift").click()
    expect(page.get_by_test_id("row-lift")).to_have_count(0)
    assert dev.control.get("faults")["faults"] == []


def test_the_seal_and_the_code_of_a_push(page: Page, dev: Dev) -> None:
    dev.says("客服")
    rows(page, kind="push").first.click()
    page.get_by_test_id("row-detail-tab-seal").click()
    expect(page.get_by_test_id("seal-joined")).to_have_text(re.compile(r"^(?=.*\d{10})(?=.*…).+$"))
    expect(page.get_by_test_id("seal-signature")).to_have_text(re.compile(r"^[0-9a-f]{40}$"))
    page.get_by_test_id("row-detail-tab-code").click()
    expect(page.get_by_test_id("code-curl")).to_contain_text("curl 'http://127.0.0.1:")
    expect(page.get_by_test_id("code-测试")).to_contain_text('somebody.says("客服")')


def test_a_push_is_edited_and_sent_again(page: Page, dev: Dev) -> None:
    dev.says("客服")
    rows(page, kind="push").first.click()
    page.get_by_test_id("row-resend").click()
    page.get_by_test_id("row-resend-edit").click()
    box = page.get_by_test_id("row-edit")
    expect(box).to_have_value(re.compile("客服"))
    box.fill(box.input_value().replace("客服", "改过了"))
    page.get_by_test_id("row-send").click()
    expect(rows(page, kind="push").first).to_contain_text("改过了")
    expect(page.get_by_role("heading", name="改过了")).to_be_visible()


def test_filter_and_row_stand_in_the_address(page: Page, dev: Dev) -> None:
    dev.says("客服")
    page.get_by_test_id("traffic-filter").fill("kind:api 两秒 ")
    expect(rows(page, kind="push")).to_have_count(0)
    rows(page, kind="api").first.click()
    expect(page).to_have_url(re.compile(r"entry=\d+"))
    expect(page).to_have_url(re.compile("q=kind"))
    page.reload()
    expect(page.get_by_test_id("row-detail")).to_contain_text("发送客服消息")
    expect(rows(page, kind="push")).to_have_count(0)
    dev.says("客服")
    expect(rows(page, kind="push")).to_have_count(0)
    page.go_back()
    expect(page.get_by_test_id("row-detail")).to_have_count(0)


def test_a_chat_line_leads_to_its_row(page: Page, dev: Dev) -> None:
    dev.says("客服")
    link = page.locator("[data-testid=chat-item][data-side=person] [data-testid=line-row]").last
    expect(link).to_contain_text("推送 #")
    number = link.get_attribute("data-row")
    link.click()
    expect(page).to_have_url(re.compile(rf"entry={number}"))
    expect(rows(page, number=str(number))).to_have_attribute("aria-selected", "true")
    page.reload()
    expect(page.locator(f"[data-testid=line-row][data-row='{number}']").first).to_be_visible()


def test_what_people_write_is_text_wherever_it_stands(page: Page, dev: Dev) -> None:
    page.evaluate("window.broken = false")
    evil = "<img src=x onerror='window.broken = true'><script>window.broken = true</script>"
    dev.says(evil)
    row = rows(page, kind="push").first
    expect(row).to_contain_text("<img src=x")
    row.click()
    for tab in ("request", "response", "seal", "code", "words"):
        page.get_by_test_id(f"row-detail-tab-{tab}").click()
    assert page.evaluate("window.broken") is False
    assert page.locator("[data-testid=row-detail] img").count() == 0


def test_the_rows_that_match_are_exported(page: Page, dev: Dev) -> None:
    dev.says("客服")
    page.get_by_test_id("traffic-filter").fill("kind:api ")
    expect(rows(page, kind="push")).to_have_count(0)
    page.get_by_test_id("traffic-export").click()
    with page.expect_download() as download:
        page.get_by_test_id("traffic-export-har").click()
    assert download.value.suggested_filename.endswith(".har")
    entries = json.loads(Path(download.value.path()).read_text("utf-8"))["log"]["entries"]
    assert entries
    assert all("/cgi-bin/" in entry["request"]["url"] for entry in entries)


def test_a_restart_loses_no_row_and_the_page_comes_back_by_itself(page: Page, dev: Dev) -> None:
    dev.says("客服")
    number = rows(page, kind="push").first.get_attribute("data-number")
    dev.stop()
    expect(page.get_by_test_id("live-status")).to_have_attribute("data-connected", "false")
    dev.start()
    expect(page.get_by_test_id("live-status")).to_have_attribute("data-connected", "true", timeout=20_000)
    dev.says("慢", wait=False)
    expect(rows(page, state="wait")).to_contain_text("慢")
    expect(rows(page, number=str(number))).to_contain_text("客服")
    rows(page, number=str(number)).click()
    expect(page.get_by_test_id("row-explained")).to_contain_text("已回复")
