"""The interface debugging tool in a browser: calls with their forms, pushes step by step, checks, and WeChat itself."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.conftest import Serve

from gongzhong.platform import AccountConfig, PersonConfig, PlatformConfig, TieConfig
from gongzhong.running.control import Control
from gongzhong.testing import PNG, LivePlatform

from .conftest import SERVE

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
SECRET = "5ec4e7" + "0" * 24 + "ff"
REAL = "wx00000000000000cc"
TICKET = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"


def opened(context: BrowserContext, url: str, where: str = "") -> Page:
    page = context.new_page()
    page.goto(f"{url}/#/simulate/debug{where}")
    page.wait_for_selector("[data-testid=debug-page]")
    return page


def follower(url: str, name: str) -> tuple[str, str]:
    """AppID of the account, and the OpenID of somebody new who follows it and has written."""
    control = Control(url)
    appid = control.get("state")["accounts"][0]["appid"]
    control.post("people", {"name": name})
    control.post(f"people/{name}/follow", {"appid": appid})
    control.post(f"people/{name}/say", {"appid": appid, "type": "text", "content": "在吗"})
    people = {one["name"]: one for one in control.get("state")["people"]}
    return appid, people[name]["accounts"][appid]["openid"]


def entry(page: Page, name: str) -> Any:
    return page.locator(f'[data-testid$="-entry"][data-name="{name}"]')


@pytest.mark.parametrize(
    "wanted", ["发送模板", "template message follower", "message/template/send", "SendTemplate"]
)
def test_a_call_is_found_by_any_of_its_names(context: BrowserContext, platform_url: str, wanted: str) -> None:
    page = opened(context, platform_url)
    if wanted.startswith("template"):
        page.get_by_test_id("language").click()
    page.get_by_test_id("debug-calls-search").fill(wanted)
    expect(entry(page, "SendTemplate")).to_be_visible()
    page.get_by_test_id("debug-calls-search").press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("debug-form-panel")).to_have_attribute("data-name", "SendTemplate")
    assert "call=SendTemplate" in page.url


def test_a_call_is_made_and_the_person_gets_it(context: BrowserContext, platform_url: str) -> None:
    appid, openid = follower(platform_url, "debug-reader")
    page = opened(context, platform_url, f"?call=SendCustomerMessage&account={appid}&person=debug-reader")
    expect(page.get_by_test_id("debug-form-touser")).to_have_value(openid)
    page.get_by_test_id("debug-form-text.content").fill("从调试工具发出")
    page.get_by_test_id("debug-run").click()
    expect(page.get_by_test_id("debug-told")).to_have_attribute("data-code", "0")
    expect(page.get_by_test_id("debug-line")).to_have_text("HTTP/1.1 200 OK")
    expect(page.get_by_test_id("debug-body")).to_contain_text('"errcode": 0')
    expect(page.get_by_test_id("debug-quota")).to_contain_text(re.compile(r"[1-9]\d* / \d+"))
    chat = Control(platform_url).get(f"people/debug-reader/chats/{appid}")
    assert chat["items"][-1]["content"] == "从调试工具发出"
    # The address holds the values: a reload and a link show the same form.
    page.reload()
    expect(page.get_by_test_id("debug-form-text.content")).to_have_value("从调试工具发出")
    page.get_by_test_id("debug-side-history").click()
    expect(page.get_by_test_id("debug-past").first).to_contain_text("发送客服消息")


def test_what_is_wrong_is_said_beside_its_field_and_can_be_sent_all_the_same(
    context: BrowserContext, platform_url: str
) -> None:
    page = opened(context, platform_url, "?call=SetRemark")
    page.get_by_test_id("debug-form-openid").fill("")
    page.get_by_test_id("debug-form-remark").fill("x" * 31)
    page.get_by_test_id("debug-run").click()
    expect(page.get_by_test_id("debug-form-openid-problem")).to_contain_text("41009")
    expect(page.get_by_test_id("debug-form-remark-problem")).to_contain_text("30")
    expect(page.get_by_test_id("debug-refused")).to_contain_text("2")
    expect(page.get_by_test_id("debug-told")).to_have_count(0)
    page.get_by_test_id("debug-anyway").click()
    expect(page.get_by_test_id("debug-told")).to_have_attribute("data-code", "40092")
    expect(page.get_by_test_id("debug-told")).to_contain_text("remark")
    page.get_by_test_id("debug-told-rid").click()
    story = page.get_by_test_id("debug-rid-story")
    expect(story).to_contain_text("/cgi-bin/user/info/updateremark")
    page.go_back()
    expect(page.get_by_test_id("debug-form-panel")).to_have_attribute("data-name", "SetRemark")


def test_the_json_view_and_the_form_stay_in_step(context: BrowserContext, platform_url: str) -> None:
    page = opened(context, platform_url, "?call=CreateTag")
    page.get_by_test_id("debug-form-as-json").click()
    page.get_by_test_id("debug-form-json").fill('{"tag": {"name": "来自 JSON"}}')
    page.get_by_test_id("debug-form-as-form").click()
    expect(page.get_by_test_id("debug-form-tag.name")).to_have_value("来自 JSON")
    page.get_by_test_id("debug-form-tag.name").fill("来自表单")
    page.get_by_test_id("debug-form-as-json").click()
    expect(page.get_by_test_id("debug-form-json")).to_have_value(re.compile("来自表单"))


def test_the_code_follows_what_is_written(context: BrowserContext, platform_url: str) -> None:
    page = opened(context, platform_url, "?call=SetRemark")
    page.get_by_test_id("debug-form-remark").fill("金卡")
    page.get_by_test_id("debug-side-code").click()
    expect(page.get_by_test_id("debug-code-text-curl")).to_contain_text('"remark":"金卡"')
    for way, word in {
        "cli": "gongzhong call users.set_remark",
        "python": "client.users.set_remark(",
        "async": "await client.users.set_remark(",
    }.items():
        page.get_by_test_id(f"debug-code-{way}").click()
        expect(page.get_by_test_id(f"debug-code-text-{way}")).to_contain_text(word)


def test_files_go_up_and_pictures_come_back(
    context: BrowserContext, platform_url: str, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(PNG)
    page = opened(context, platform_url, "?call=UploadMedia")
    with page.expect_file_chooser() as chooser:
        page.get_by_test_id("debug-form-media").click()
    chooser.value.set_files(picture)
    page.get_by_test_id("debug-run").click()
    expect(page.get_by_test_id("debug-told")).to_have_attribute("data-code", "0")
    page.get_by_test_id("debug-calls-search").fill("获取临时素材")
    entry(page, "GetMedia").click()
    page.get_by_test_id("debug-run").click()
    expect(page.locator("[data-testid=debug-body] img")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_test_id("debug-download").click()
    assert Path(download.value.path()).read_bytes() == PNG


def test_a_token_of_ones_own_is_used(context: BrowserContext, platform_url: str) -> None:
    page = opened(context, platform_url, "?call=GetTags")
    page.get_by_test_id("debug-own-token").click()
    page.get_by_test_id("debug-token-input").fill("88_nonsense")
    page.get_by_test_id("debug-run").click()
    expect(page.get_by_test_id("debug-told")).to_have_attribute("data-code", "40001")
    assert "88_nonsense" not in page.url


def test_calls_that_are_listed_only_go_with_a_body_of_json(
    context: BrowserContext, platform_url: str
) -> None:
    page = opened(context, platform_url, "?call=/card/create")
    expect(page.get_by_test_id("debug-form-panel")).to_have_attribute("data-name", "CardCreate")
    page.get_by_test_id("debug-form-as-json").click()
    page.get_by_test_id("debug-form-json").fill('{"body": {"card": {"card_type": "GROUPON"}}}')
    page.get_by_test_id("debug-run").click()
    expect(page.get_by_test_id("debug-headers")).to_contain_text("x-gongzhong-fallback")
    page.get_by_test_id("debug-side-request").click()
    expect(page.get_by_test_id("debug-request-body")).to_contain_text("GROUPON")


class Program(BaseHTTPRequestHandler):
    """Answers every push with success."""

    pushed: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.pushed.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", "7")
        self.end_headers()
        self.wfile.write(b"success")

    def log_message(self, *_: object) -> None:
        pass


def test_a_push_is_built_step_by_step_and_sent(
    context: BrowserContext, platform_url: str, serve_http: Serve
) -> None:
    url = serve_http(Program)
    page = opened(context, platform_url, "?tab=pushes&push=text")
    page.get_by_test_id("debug-push-form-Content").fill("调试推送")
    expect(page.get_by_test_id("debug-push-xml")).to_contain_text("调试推送")
    page.locator("summary").filter(has_text="服务器与签名").click()
    page.get_by_test_id("debug-push-url").fill(f"{url}/wx")
    page.get_by_test_id("debug-push-token").fill("token123")
    page.get_by_test_id("debug-push-nonce").fill("nonce42")
    page.get_by_test_id("debug-url-element").check()
    expect(page.get_by_test_id("debug-step-joined")).to_contain_text("nonce42")
    expect(page.get_by_test_id("debug-step-sorted")).to_contain_text("token123")
    page.get_by_test_id("debug-push-mode").select_option("safe")
    page.get_by_test_id("debug-push-key").fill("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
    expect(page.locator("[data-testid=debug-parts] [data-part=appid]")).to_be_visible()
    page.get_by_test_id("debug-push-mode").select_option("plain")
    expect(page.get_by_test_id("debug-push-body")).to_contain_text("<URL>")
    page.get_by_test_id("debug-push-send").click()
    expect(page.get_by_test_id("debug-sent")).to_have_attribute("data-ok", "true")
    expect(page.get_by_test_id("debug-push-answer")).to_have_text("success")
    assert b"<URL><![CDATA[" in Program.pushed[-1] and "调试推送".encode() in Program.pushed[-1]


def test_pushes_do_not_leave_this_machine(context: BrowserContext, platform_url: str) -> None:
    page = opened(context, platform_url, "?tab=pushes&push=CLICK")
    page.locator("summary").filter(has_text="服务器与签名").click()
    page.get_by_test_id("debug-push-url").fill("http://example.com/wx")
    page.get_by_test_id("debug-push-send").click()
    expect(page.get_by_test_id("notice")).to_contain_text("127.0.0.1")


def test_the_checks(context: BrowserContext, platform_url: str) -> None:
    page = opened(context, platform_url, "?tab=tools")
    for field, text in {
        "url": "http://mp.weixin.qq.com?params=value",
        "nonce": "Wm3WZYTPz0wzccnW",
        "timestamp": "1414587457",
        "ticket": TICKET,
        "given": "0f9de62fce790f9a083d5c99e95740ceb90c27ed",
    }.items():
        page.get_by_test_id(f"debug-jssdk-{field}").fill(text)
    page.get_by_test_id("debug-jssdk-go").click()
    expect(page.get_by_test_id("debug-jssdk-result")).to_have_attribute("data-ok", "true")
    page.get_by_test_id("debug-verify-url").fill("http://127.0.0.1:9/wx")
    page.get_by_test_id("debug-verify-token").fill("token123")
    page.get_by_test_id("debug-verify-go").click()
    expect(page.get_by_test_id("debug-verify-result")).to_have_attribute("data-ok", "false")
    page.get_by_test_id("debug-decrypt-text").fill(base64.b64encode(bytes(64)).decode())
    page.get_by_test_id("debug-decrypt-key").fill("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
    page.get_by_test_id("debug-decrypt-go").click()
    expect(page.get_by_test_id("debug-decrypt-result")).to_have_attribute("data-ok", "false")


@pytest.fixture(scope="module")
def wechat() -> Iterator[LivePlatform]:
    """A second platform, which plays WeChat. By its seed its tokens are others than those of the pages' platform."""
    account = AccountConfig(name="real", appid=REAL, secret=SECRET)
    person = PersonConfig(name="alice", accounts={"real": TieConfig(follows=True, wrote_s_ago=0)})
    with LivePlatform(PlatformConfig(account=[account], person=[person], seed=7)) as platform:
        yield platform


@pytest.fixture(scope="module")
def tool_url(wechat: LivePlatform) -> Iterator[str]:
    """The pages of a platform that may call WeChat itself."""
    variables = {
        "GONGZHONG_WECHAT_APPID": REAL,
        "GONGZHONG_WECHAT_SECRET": SECRET,
        "GONGZHONG_WECHAT_API_BASE": wechat.url,
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True, env={**os.environ, **variables}
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def test_wechat_itself_needs_the_operator(context: BrowserContext, platform_url: str) -> None:
    page = opened(context, platform_url, "?call=GetTags&target=wechat")
    button = page.get_by_test_id("debug-target-wechat")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", re.compile("GONGZHONG_WECHAT_SECRET"))
    expect(page.get_by_test_id("debug-warning")).to_have_count(0)


def test_wechat_itself_cannot_be_mistaken_and_changes_are_confirmed(
    context: BrowserContext, tool_url: str, wechat: LivePlatform
) -> None:
    page = opened(context, tool_url, "?call=GetTags")
    seen: list[str] = []
    page.on("response", lambda answer: seen.append(answer.url + _text(answer)))
    page.get_by_test_id("debug-target-wechat").click()
    warning = page.get_by_test_id("debug-warning")
    expect(warning).to_contain_text(REAL)
    red = warning.evaluate("one => getComputedStyle(one).backgroundColor")
    assert re.match(r"rgb\(1\d\d, [0-6]\d?, [0-6]\d?\)", red), red
    page.get_by_test_id("debug-run").click()
    expect(page.get_by_test_id("debug-told")).to_have_attribute("data-code", "0")
    expect(page.get_by_test_id("debug-url")).to_contain_text("access_token=***")

    page.get_by_test_id("debug-calls-search").fill("创建标签")
    entry(page, "CreateTag").click()
    page.get_by_test_id("debug-form-tag.name").fill("金卡")
    before = len(wechat.calls)
    page.get_by_test_id("debug-run").click()
    page.get_by_test_id("confirm-no").click()
    assert len(wechat.calls) == before
    page.get_by_test_id("debug-run").click()
    page.get_by_test_id("confirm-yes").click()
    expect(page.get_by_test_id("debug-body")).to_contain_text("金卡")
    assert [call.title for call in wechat.calls[before:]] == ["cgi-bin/tags/create"]
    tokens = wechat.world.db.column("SELECT value FROM token")
    content = page.content() + json.dumps(page.evaluate("({...localStorage})")) + "".join(seen)
    found = [
        content[max(0, at - 300) : at + 20] for value in (SECRET, *tokens) if (at := content.find(value)) >= 0
    ]
    assert tokens
    assert found == []


def _text(answer: Any) -> str:
    if "/_platform/debug/" not in answer.url:
        return ""
    return str(answer.text())


WHERE = ("?call=CreateMenu", "?tab=pushes&push=CLICK", "?tab=tools", "?call=GetTags&target=wechat")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 800, 1440])
def test_nothing_serious_for_assistive_programs(
    context: BrowserContext, tool_url: str, scheme: Any, width: int
) -> None:
    browser = context.browser
    assert browser is not None
    wide = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale="zh-CN", bypass_csp=True
    )
    try:
        for where in WHERE:
            page = opened(wide, tool_url, where)
            page.wait_for_timeout(600)
            page.add_script_tag(path=str(AXE))
            found = page.evaluate("axe.run('main')")
            serious = [
                (one["id"], one["nodes"][0]["target"], one["nodes"][0]["failureSummary"])
                for one in found["violations"]
                if one["impact"] in ("serious", "critical")
            ]
            assert serious == [], (where, serious)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
            page.close()
    finally:
        wide.close()


def test_a_row_of_the_traffic_is_opened_to_be_tried_again(context: BrowserContext, platform_url: str) -> None:
    appid, openid = follower(platform_url, "debug-again")
    control = Control(platform_url)
    values = {"openid": openid, "remark": "再试一次"}
    control.post("debug/run", {"call": "SetRemark", "appid": appid, "values": values})
    rows = control.get(f"rows?appid={appid}")["rows"]
    page = opened(context, platform_url, f"?row={rows[0]['number']}")
    expect(page.get_by_test_id("debug-form-panel")).to_have_attribute("data-name", "SetRemark")
    expect(page.get_by_test_id("debug-form-remark")).to_have_value("再试一次")
    expect(page.get_by_test_id("debug-form-openid")).to_have_value(openid)
