"""What `make demo` promises, done by a person in a browser: follow, chat, tap the menu, open the web page, get the
template and customer-service messages. With GONGZHONG_PICTURES=1 it takes the README's pictures again, under
docs/screenshots, which needs a Chinese font; without, a run changes nothing that is versioned."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from gongzhong.running.listening import free_port

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "screenshots" if os.environ.get("GONGZHONG_PICTURES") == "1" else None
SLOW_ANSWER_MS = 20_000


def by_id(page: Page, name: str) -> Locator:
    return page.locator(f"[data-testid={name}]")


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    """The demo as `make demo` starts it, on a free port and without opening a browser."""
    port = free_port("127.0.0.1")
    command = [
        sys.executable,
        "-m",
        "gongzhong",
        "dev",
        "examples.demo:app",
        "--port",
        str(port),
        "--no-open",
    ]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    seen: list[str] = []
    for line in process.stdout:
        seen.append(line)
        if "URL" in line and "配置成功" in line:
            break
    else:
        raise AssertionError("the demo did not start:\n" + "".join(seen))
    yield f"http://127.0.0.1:{port}"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode in (0, 130)


@pytest.fixture
def phone(context: BrowserContext, demo_url: str) -> Page:
    page = context.new_page()
    page.goto(demo_url)
    page.wait_for_selector("[data-testid=ready]")
    return page


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures go: a folder of the test's own, unless they are to be kept."""
    if PICTURES is None:
        return tmp_path
    chinese = subprocess.run(["fc-list", ":lang=zh-cn"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert chinese, (
        "without a Chinese font the pictures are full of empty boxes: apt-get install fonts-noto-cjk"
    )
    return PICTURES


def say(page: Page, text: str) -> None:
    if by_id(page, "menu-to-keyboard").is_visible():
        by_id(page, "menu-to-keyboard").click()
    by_id(page, "message-input").fill(text)
    by_id(page, "message-input").press("Enter")


def test_follow_chat_menu_web_page_and_messages(phone: Page, pictures: Path) -> None:
    by_id(phone, "follow").click()
    chat = by_id(phone, "chat")
    expect(chat).to_contain_text("欢迎关注")
    say(phone, "天气 北京")
    expect(chat).to_contain_text("北京：")
    say(phone, "客服")
    expect(chat).to_contain_text("这一条是被动回复")
    expect(chat).to_contain_text("两秒之后，再来一条", timeout=SLOW_ANSWER_MS)
    say(phone, "图文")
    expect(by_id(phone, "news-card")).to_be_visible()
    by_id(phone, "keyboard-to-menu").click()
    by_id(phone, "menu-1").click()
    by_id(phone, "menu-1-2").click()
    expect(by_id(phone, "template-card")).to_contain_text("一杯咖啡")
    expect(chat).to_contain_text("下单成功")
    phone.screenshot(path=pictures / "phone.png")

    by_id(phone, "traffic-row").first.click()
    expect(by_id(phone, "row-detail")).to_be_visible()
    phone.screenshot(path=pictures / "traffic.png")
    by_id(phone, "drawer-close").click()

    by_id(phone, "menu-0").click()
    by_id(phone, "menu-0-0").click()
    web = phone.frame_locator("[data-testid=webview-frame]")
    expect(web.locator("#nickname")).to_have_text("小明")
    phone.screenshot(path=pictures / "web-page.png")
    by_id(phone, "webview-close").click()

    by_id(phone, "nav-config").click()
    expect(by_id(phone, "config-page")).to_be_visible()
    phone.screenshot(path=pictures / "developer.png")


def test_a_slow_answer_arrives_once_as_a_customer_service_message(phone: Page) -> None:
    by_id(phone, "person-小红").click()
    by_id(phone, "follow").click()
    expect(by_id(phone, "chat")).to_contain_text("欢迎关注")
    say(phone, "慢")
    answer = phone.locator("[data-testid=chat-item]", has_text="12 秒过去了")
    expect(answer).to_have_count(1, timeout=SLOW_ANSWER_MS)
    expect(by_id(phone, "failure-line")).to_have_count(0)


def test_a_page_with_js_sdk_works_after_the_clock_was_moved_by_a_day(phone: Page) -> None:
    by_id(phone, "person-小红").click()
    if by_id(phone, "follow").is_visible():
        by_id(phone, "follow").click()
    by_id(phone, "menu-bar").wait_for()
    open_js_sdk(phone)
    by_id(phone, "clock").click()
    by_id(phone, "clock-advance-86400").click()
    expect(by_id(phone, "clock")).to_have_class(re.compile("warn"))
    open_js_sdk(phone)


def open_js_sdk(phone: Page) -> None:
    """Open the demo's page by the menu; its signature is right."""
    by_id(phone, "menu-0").click()
    by_id(phone, "menu-0-1").click()
    web = phone.frame_locator("[data-testid=webview-frame]")
    expect(web.locator("#state")).to_have_text("可以使用")
    by_id(phone, "webview-close").click()


def test_in_english(phone: Page) -> None:
    by_id(phone, "language").click()
    expect(phone.locator("html")).to_have_attribute("lang", "en")
    expect(by_id(phone, "nav-config")).to_contain_text("Config and keys")
