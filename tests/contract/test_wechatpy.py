"""wechatpy, unchanged and from the package index, against our platform: so that our two halves do not merely agree
with each other."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import wechatpy
from requests.adapters import HTTPAdapter
from wechatpy.client import WeChatClient
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatClientException
from wechatpy.replies import create_reply
from wechatpy.utils import check_signature

from gongzhong.platform.world import acts, chats, people
from gongzhong.platform.world.acts import Saying

from .conftest import AES_KEY, APPID, SECRET, TOKEN, LivePlatform


class ToPlatform(HTTPAdapter):
    """Sends what is meant for WeChat's hosts to the platform instead."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.url = f"{self._base}{parts.path}?{parts.query}"
        return super().send(request, *args, **kwargs)


@pytest.fixture
def client(live: LivePlatform) -> WeChatClient:
    made = WeChatClient(APPID, SECRET)
    for host in ("https://api.weixin.qq.com", "https://mp.weixin.qq.com"):
        made._http.mount(host, ToPlatform(live.url))
    return made


def openid(live: LivePlatform) -> str:
    return people.relation(live.platform.world, live.platform.account("demo"), "alice").openid


def screen(live: LivePlatform) -> list[dict[str, Any]]:
    return chats.read(live.platform.world, APPID, "alice")


def test_its_client_gets_a_token_and_makes_a_menu(live: LivePlatform, client: WeChatClient) -> None:
    assert client.access_token.startswith("88_")
    button = {"type": "click", "name": "今日歌曲", "key": "V1001"}
    assert client.menu.create({"button": [button]})["errcode"] == 0
    assert client.menu.get()["menu"]["button"][0]["name"] == "今日歌曲"


def test_its_client_reads_followers_and_sends_messages(live: LivePlatform, client: WeChatClient) -> None:
    alice = openid(live)
    assert list(client.user.iter_followers()) == [alice]
    assert client.user.get(alice)["subscribe"] == 1
    with pytest.raises(WeChatClientException) as refused:
        client.message.send_text(alice, "too early")
    assert refused.value.errcode == 45015
    world, account = live.platform.world, live.platform.account("demo")
    acts.say(world, account, "alice", Saying(content="你好"))
    client.message.send_text(alice, "您好，请问")
    assert screen(live)[-1]["content"] == "您好，请问"
    assert screen(live)[-1]["via"] == "customer"


def test_its_client_sends_a_template_and_makes_a_code(live: LivePlatform, client: WeChatClient) -> None:
    added = client.template._post(
        "template/api_add_template",
        data={"template_id_short": "43216", "keyword_name_list": ["商品名称", "订单金额"]},
    )
    sent = client.message.send_template(
        openid(live), added["template_id"], {"thing2": {"value": "苹果"}, "amount3": {"value": "12元"}}
    )
    assert sent["msgid"] > 2**53
    assert screen(live)[-1]["lines"][0] == {"label": "商品名称", "value": "苹果"}
    made = client.qrcode.create(
        {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "vip"}}}
    )
    picture = client._http.get(client.qrcode.get_url(made), timeout=10)
    assert picture.headers["content-type"] == "image/jpg"
    assert picture.content[:3] == b"\xff\xd8\xff"


def test_its_client_uploads_and_fetches_media(live: LivePlatform, client: WeChatClient) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(64)
    media_id = client.media.upload("image", ("p.png", png))["media_id"]
    assert client.media.download(media_id).content == png


class Inbox(BaseHTTPRequestHandler):
    """A server written with wechatpy: verifies, parses, and answers with what it read."""

    mode = "plain"
    seen: list[Any]

    def do_GET(self) -> None:
        query = dict(parse_qsl(urlsplit(self.path).query))
        check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
        self._answer(query["echostr"])

    def do_POST(self) -> None:
        query = dict(parse_qsl(urlsplit(self.path).query))
        check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        crypto = WeChatCrypto(TOKEN, AES_KEY, APPID)
        if self.mode == "safe":
            body = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        message = wechatpy.parse_message(body)
        self.seen.append(message)
        # The text of the message is not repeated: wechatpy would put its `]]>` into CDATA as it is.
        reply = create_reply(f"read a {message.type}", message).render()
        if self.mode != "plain":
            reply = crypto.encrypt_message(reply, query["nonce"], query["timestamp"])
        self._answer(reply)

    def _answer(self, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def inbox(serve_http: Callable[[type[BaseHTTPRequestHandler]], str]) -> tuple[str, type[Inbox]]:
    handler = type("ThisInbox", (Inbox,), {"seen": []})
    return f"{serve_http(handler)}/wx?keep=1", handler


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_its_parser_and_crypto_read_our_pushes(
    live: LivePlatform, inbox: tuple[str, type[Inbox]], mode: str
) -> None:
    url, handler = inbox
    handler.mode = mode
    settings = {"url": url, "token": TOKEN, "aes_key": AES_KEY, "encryption": mode}
    saved = requests.post(f"{live.url}/_platform/accounts/{APPID}/url", json=settings, timeout=10).json()
    assert saved["ok"], saved
    told = {"appid": APPID, "content": "订单 <b>&]]>在哪</b> 😀"}
    answer = requests.post(f"{live.url}/_platform/people/alice/say?wait=1", json=told, timeout=10).json()
    (message,) = handler.seen
    assert (message.type, message.content, message.source) == ("text", told["content"], openid(live))
    assert message.id > 2**53
    assert [item["side"] for item in answer["items"]] == ["person", "account"], answer
    assert (answer["items"][-1]["via"], answer["items"][-1]["content"]) == ("passive", "read a text")


def test_an_event_of_ours_is_an_event_of_theirs(live: LivePlatform, inbox: tuple[str, type[Inbox]]) -> None:
    url, handler = inbox
    settings = {"url": url, "token": TOKEN, "aes_key": "", "encryption": "plain"}
    assert requests.post(f"{live.url}/_platform/accounts/{APPID}/url", json=settings, timeout=10).json()["ok"]
    requests.post(f"{live.url}/_platform/people", json={"name": "bob"}, timeout=10)
    follow = {"appid": APPID, "scene": "shop42"}
    requests.post(f"{live.url}/_platform/people/bob/follow?wait=1", json=follow, timeout=10)
    (event,) = handler.seen
    assert (event.event, event.scene_id) == ("subscribe_scan", "shop42")
