"""A page in the phone's browser uses `wx`: checked, asked, answered; and what it uploads is fetched with the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from gongzhong import Client
from gongzhong.running.control import Control
from gongzhong.testing import PNG
from gongzhong.web import JsSdk

Look = Callable[..., tuple[Page, FrameLocator]]
HTML = """<!doctype html><meta charset="utf-8"><title>商店</title>
<h1 id="state">…</h1><img id="chosen"><pre id="log"></pre>
<script src="{base}/open/js/jweixin-1.6.0.js"></script>
<script>
  const log = (what) => (said) => {{
    document.getElementById("log").textContent += what + " " + JSON.stringify(said) + "\\n";
  }};
  const all = {{success: log("success"), cancel: log("cancel"), fail: log("fail")}};
  document.addEventListener("WeixinOpenTagsError", (event) => log("tags")(event.detail));
  wx.ready(() => (document.getElementById("state").textContent = "ready"));
  wx.error((problem) => (document.getElementById("state").textContent = problem.errMsg));
  wx.config({config});
</script>
<wx-open-launch-weapp id="tag" username="gh_1" path="pages/index">
<script type="text/wxtag-template"><button>进店</button></script></wx-open-launch-weapp>
<script>
  const tag = document.getElementById("tag");
  for (const event of ["ready", "launch", "error"]) tag.addEventListener(event, (e) => log(event)(e.detail));
</script>"""


def by_id(page: Page, name: str) -> Locator:
    return page.locator(f"[data-testid={name}]")


class Shop:
    """A program with one page, and its account on the platform."""

    def __init__(self, platform_url: str) -> None:
        self.base = platform_url.rstrip("/")
        self.account = self._control("state")["accounts"][0]
        self.api = Client(Control(self.base).credentials(self.account["appid"]))
        self.config: dict[str, Any] = {}
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = HTML.format(base=shop.base, config=json.dumps(shop.config)).encode()
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: Any) -> None:
                """A test's output is not an access log."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}/goods?id=1"
        Thread(target=self.server.serve_forever, daemon=True).start()
        domains = {"js_domains": [self.host], "oauth_domain": self.host}
        self._control(f"accounts/{self.account['appid']}", domains, "PATCH")

    def _control(self, path: str, body: Any = None, method: str = "GET") -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        with urlopen(Request(f"{self.base}/_platform/{path}", data, headers, method=method)) as answer:
            return json.load(answer)

    def sign(self, *apis: str, **changes: Any) -> None:
        tags = changes.pop("open_tags", ())
        self.config = {**JsSdk(self.api).config(self.url, apis, open_tags=tags), **changes}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.api.close()


@pytest.fixture
def shop(platform_url: str) -> Iterator[Shop]:
    shop = Shop(platform_url)
    yield shop
    shop.close()


@pytest.fixture
def look(context: BrowserContext, shop: Shop) -> Look:
    """Open a page of the shop on the phone, by the way of a link in a message."""

    def open_page(url: str = shop.url) -> tuple[Page, FrameLocator]:
        phone = context.new_page()
        phone.goto(shop.base)
        phone.wait_for_selector("[data-testid=ready]")
        if by_id(phone, "follow").is_visible():
            by_id(phone, "follow").click()
        by_id(phone, "chat").wait_for()
        if by_id(phone, "menu-to-keyboard").is_visible():
            by_id(phone, "menu-to-keyboard").click()
        by_id(phone, "message-input").fill(f"看 {url}")
        by_id(phone, "message-input").press("Enter")
        phone.locator("[data-testid=text-link]", has_text=str(shop.server.server_port)).click()
        return phone, phone.frame_locator("[data-testid=webview-frame]")

    return open_page


def call(frame: FrameLocator, script: str) -> None:
    frame.locator("body").evaluate(f"() => {{ {script} }}")


def test_choose_upload_and_fetch_a_picture(shop: Shop, look: Look, tmp_path: Path) -> None:
    shop.sign("chooseImage", "uploadImage", "previewImage")
    phone, page = look()
    expect(page.locator("#state")).to_have_text("ready")
    expect(by_id(phone, "webview-title")).to_have_text("商店")
    (tmp_path / "photo.png").write_bytes(PNG)
    call(
        page,
        "wx.chooseImage({success: ({localIds: [localId]}) => {"
        " document.getElementById('chosen').src = localId;"
        " wx.uploadImage({localId, success: ({serverId}) =>"
        " document.getElementById('state').textContent = serverId, fail: log('fail')}) }})",
    )
    with phone.expect_file_chooser() as chooser:
        by_id(phone, "page-choice-album").click()
    chooser.value.set_files(tmp_path / "photo.png")
    expect(page.locator("#state")).not_to_have_text("ready")
    server_id = page.locator("#state").inner_text()
    assert shop.api.media.get(media_id=server_id).content == PNG
    assert page.locator("#chosen").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1


def test_the_person_decides(shop: Shop, look: Look) -> None:
    shop.sign("scanQRCode", "getLocation", "chooseWXPay", "openAddress", "startRecord", "stopRecord")
    phone, page = look()
    expect(page.locator("#state")).to_have_text("ready")
    log = page.locator("#log")
    call(page, "wx.scanQRCode({needResult: 1, ...all})")
    by_id(phone, "scan-text").fill("hello")
    by_id(phone, "scan-go").click()
    expect(log).to_contain_text('success {"resultStr":"hello","errMsg":"scanQRCode:ok"}')
    call(page, "wx.getLocation(all)")
    by_id(phone, "page-confirm").click()
    by_id(phone, "location-1").click()
    expect(log).to_contain_text('"latitude":39.908722')
    call(page, "wx.openAddress(all)")
    by_id(phone, "page-cancel").click()
    expect(log).to_contain_text('cancel {"errMsg":"openAddress:cancel"}')
    call(page, "wx.startRecord({success: () => wx.stopRecord(all)})")
    by_id(phone, "page-confirm").click()
    expect(log).to_contain_text('"errMsg":"stopRecord:ok","localId":"blob:')
    call(page, "wx.previewImage(all)")
    expect(log).to_contain_text("previewImage:fail, the permission value is offline verifying")


def test_a_mistake_is_explained_in_the_traffic(shop: Shop, look: Look) -> None:
    shop.sign("scanQRCode", signature="0" * 40)
    phone, page = look()
    expect(page.locator("#state")).to_have_text("config:invalid signature")
    expect(by_id(phone, "traffic-list")).to_contain_text("签名不一致")
    call(page, "wx.scanQRCode(all)")
    expect(page.locator("#log")).to_contain_text("the permission value is offline verifying")


def test_sharing_hiding_and_closing(shop: Shop, look: Look) -> None:
    shop.sign("updateAppMessageShareData", "onMenuShareAppMessage", "hideMenuItems", "closeWindow")
    phone, page = look()
    expect(page.locator("#state")).to_have_text("ready")
    call(
        page,
        "wx.onMenuShareAppMessage({title: '好东西', desc: '看看', link: location.href, imgUrl: '', ...all});"
        "wx.hideMenuItems({menuList: ['menuItem:share:timeline', 'menuItem:copyUrl']})",
    )
    by_id(phone, "webview-menu").click()
    by_id(phone, "webview-share-friend").wait_for()
    expect(by_id(phone, "webview-share-timeline")).to_have_count(0)
    expect(by_id(phone, "webview-copy")).to_have_count(0)
    by_id(phone, "webview-share-friend").click()
    phone.locator("[data-testid^=page-choice-]").first.click()
    expect(page.locator("#log")).to_contain_text('success {"errMsg":"onMenuShareAppMessage:ok"}')
    call(page, "wx.closeWindow()")
    expect(by_id(phone, "webview")).to_have_count(0)


def test_open_tags(shop: Shop, look: Look) -> None:
    shop.sign("scanQRCode", open_tags=["wx-open-launch-weapp", "wx-open-launch-window"])
    phone, page = look()
    expect(page.locator("#log")).to_contain_text("ready {}")
    expect(page.locator("#log")).to_contain_text("wx-open-launch-window")
    page.get_by_role("button", name="进店").click()
    by_id(phone, "page-confirm").click()
    expect(page.locator("#log")).to_contain_text('launch {"errMsg":"launch:ok"}')


def test_a_snapshot_leads_to_the_full_service(shop: Shop, look: Look) -> None:
    link = (
        f"https://open.weixin.qq.com/connect/oauth2/authorize?appid={shop.account['appid']}"
        f"&redirect_uri={quote(f'http://{shop.host}/goods', safe='')}&response_type=code&scope=snsapi_userinfo"
        "&state=1&forceSnapShot=true#wechat_redirect"
    )
    phone, page = look(link)
    expect(by_id(phone, "webview-snapshot")).to_contain_text("使用完整服务")
    expect(page.locator("h1")).to_be_visible()
    by_id(phone, "webview-full-service").click()
    page.get_by_test_id("oauth-allow").click()
    expect(page.locator("h1")).to_be_visible()
    expect(by_id(phone, "webview-snapshot")).to_have_count(0)


def test_outside_of_the_phone_nothing_works(context: BrowserContext, shop: Shop) -> None:
    shop.sign("scanQRCode")
    page = context.new_page()
    page.goto(shop.url)
    expect(page.locator("#state")).to_contain_text("请在微信客户端打开")
