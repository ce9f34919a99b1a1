"""Programs with WeChat's addresses built in, through the proxy: wechatpy, our client, Node; and who is refused."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography import x509
from wechatpy.client import WeChatClient

from gongzhong import Account, Client, Secret
from gongzhong.errors import SetupError
from gongzhong.platform.doors.server import Server
from gongzhong.platform.proxy import Authority, ForwardProxy
from gongzhong.platform.proxy.authority import is_ours
from gongzhong.platform.world import chats, people
from gongzhong.platform.world.faults import Order

from .conftest import APPID, SECRET, TOKEN, LivePlatform

ROUND = Path(__file__).parent / "node" / "round.mjs"
API = "https://api.weixin.qq.com"


class Proxied:
    """The live platform with a proxy; `allowed` is a host that it may pass on to."""

    def __init__(self, live: LivePlatform, folder: Path) -> None:
        self.live = live
        self.proxy = live.run(self._open(folder))
        self.url = f"http://127.0.0.1:{self.proxy.port}"
        self.ca = str(self.proxy.authority.certificate_file)

    async def _open(self, folder: Path) -> ForwardProxy:
        proxy = ForwardProxy(Server(self.live.platform), Authority(folder), allowed=["localhost"])
        await proxy.start()
        return proxy

    def ask(self, first: bytes) -> bytes:
        """What the proxy says to raw bytes."""
        with socket.create_connection(("127.0.0.1", self.proxy.port), timeout=5) as wire:
            wire.sendall(first)
            answer = b""
            while piece := wire.recv(65536):
                answer += piece
            return answer

    def session(self) -> requests.Session:
        made = requests.Session()
        made.proxies, made.verify, made.trust_env = {"https": self.url, "http": self.url}, self.ca, False
        return made


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ca")


@pytest.fixture
def proxied(live: LivePlatform, authority: Path) -> Iterator[Proxied]:
    running = Proxied(live, authority)
    yield running
    live.run(running.proxy.stop())


@pytest.fixture
def environment(proxied: Proxied, monkeypatch: pytest.MonkeyPatch) -> Proxied:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "https_proxy", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxied.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", proxied.ca)
    monkeypatch.setenv("SSL_CERT_FILE", proxied.ca)
    return proxied


def test_wechatpy_unchanged(environment: Proxied) -> None:
    client = WeChatClient(APPID, SECRET)
    client.menu.create({"button": [{"type": "click", "name": "今日歌曲", "key": "V1001"}]})
    assert client.menu.get()["menu"]["button"][0]["name"] == "今日歌曲"
    openid = next(iter(client.user.iter_followers()))
    assert client.user.get(openid)["subscribe"] == 1
    png = b"\x89PNG\r\n\x1a\n" + bytes(64)
    assert client.media.download(client.media.upload("image", ("p.png", png))["media_id"]).content == png
    code = client.qrcode.create({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "v"}}})
    picture = client._http.get(client.qrcode.get_url(code), timeout=10)
    assert picture.headers["content-type"] == "image/jpg"


def test_our_own_client(environment: Proxied) -> None:
    with Client(Account(appid=APPID, secret=Secret(SECRET))) as client:
        assert client.users.list().total == 1


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")
def test_a_node_program(environment: Proxied) -> None:
    live = environment.live
    wanted = {"APPID": APPID, "SECRET": SECRET, "TOKEN": TOKEN, "CONTROL": live.url}
    trust = {"NODE_EXTRA_CA_CERTS": environment.ca}
    done = subprocess.run(
        ["node", str(ROUND)],
        env={**os.environ, **wanted, **trust},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["token"] and seen["saved"]
    assert seen["menu"] == seen["customer"] == {"errcode": 0, "errmsg": "ok"}
    assert seen["push"] == {"type": "text", "content": "你好 😀"}
    assert seen["passive"] == "读到：你好 😀"
    assert (
        seen["openid"] == people.relation(live.platform.world, live.platform.account("demo"), "alice").openid
    )
    assert chats.read(live.platform.world, APPID, "alice")[-1]["content"] == "还有一条"


@pytest.mark.parametrize(
    "host",
    [
        *("api.weixin.qq.com", "api2.weixin.qq.com", "sh.api.weixin.qq.com", "sz.api.weixin.qq.com"),
        *("hk.api.weixin.qq.com", "mp.weixin.qq.com", "open.weixin.qq.com", "file.api.weixin.qq.com"),
        "res.wx.qq.com",
    ],
)
def test_every_host_of_wechat_is_answered(proxied: Proxied, host: str) -> None:
    answer = proxied.session().get(f"https://{host}/cgi-bin/user/get", timeout=10)
    assert (answer.status_code, answer.json()["errcode"]) == (200, 41001)


def test_a_connection_serves_many_requests_and_chunked_bodies(proxied: Proxied) -> None:
    session = proxied.session()
    token = session.get(
        f"{API}/cgi-bin/token",
        params={"grant_type": "client_credential", "appid": APPID, "secret": SECRET},
        timeout=10,
    ).json()["access_token"]
    for piece in (b'{"button": [{"type": "click", ', b'"name": "one", "key": "k"}]}'), (b'{"button": [',):
        answer = session.post(f"{API}/cgi-bin/menu/create?access_token={token}", data=iter(piece), timeout=10)
        assert answer.json()["errcode"] == (0 if len(piece) == 2 else 47001)
    assert len(proxied.proxy._transports) == 1


def test_a_fault_breaks_the_connection_here_too(proxied: Proxied) -> None:
    live, session = proxied.live, proxied.session()
    live.platform.faults.order(Order(side="api", kind="drop", target="token", times=1))
    query = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        session.get(f"{API}/cgi-bin/token", params=query, timeout=10)
    assert session.get(f"{API}/cgi-bin/token", params=query, timeout=10).json()["expires_in"] == 7200


def test_plain_http_gets_the_same_answers(proxied: Proxied) -> None:
    answer = proxied.session().get("http://api.weixin.qq.com/cgi-bin/user/get", timeout=10)
    assert answer.json()["errcode"] == 41001
    assert proxied.session().get("http://example.com/", timeout=10).status_code == 403


def test_the_control_api_is_not_on_wechats_hosts(proxied: Proxied) -> None:
    assert proxied.session().get(f"{API}/_platform/state", timeout=10).status_code == 403


def test_a_body_without_end_is_cut_short(proxied: Proxied) -> None:
    assert send_without_end(proxied) in (413, 0)


def send_without_end(proxied: Proxied) -> int:
    """Send a body that is too long in pieces; the status of the answer, 0 where the connection was cut."""
    url = f"{API}/cgi-bin/menu/create?access_token=x"
    pieces = (bytes(1024 * 1024) for _ in range(80))
    try:
        return proxied.session().post(url, data=pieces, timeout=30).status_code
    except requests.ConnectionError:
        return 0


@pytest.mark.parametrize(
    ("first", "status"),
    [
        (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT evilweixin.qq.com:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT api.weixin.qq.com.evil.com:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT api.weixin.qq.com HTTP/1.1\r\n\r\n", b"400"),
        (b"CONNECT api.weixin.qq.com:99999 HTTP/1.1\r\n\r\n", b"400"),
        (b"CONNECT api.weixin.qq.com:443 HTTP/1.1\r\n\r\nearly", b"400"),
        (b"CONNECT localhost:1 HTTP/1.1\r\n\r\n", b"502"),
        (b"\x16\x03\x01nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 10_000, b"431"),
    ],
)
def test_everything_else_is_refused_with_a_reason(proxied: Proxied, first: bytes, status: bytes) -> None:
    head, _, reason = proxied.ask(first).partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == status
    assert len(reason.splitlines()) == 1 and max(reason) > 127  # a Chinese sentence


class Echo:
    """A server of somebody else."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        wire, _ = self._socket.accept()
        with wire:
            while piece := wire.recv(65536):
                wire.sendall(piece.upper())
            wire.sendall(b"BYE")
        self._socket.close()


def test_a_named_host_is_tunnelled_unread(proxied: Proxied) -> None:
    port = Echo().port
    with socket.create_connection(("127.0.0.1", proxied.proxy.port), timeout=5) as wire:
        wire.sendall(f"CONNECT localhost:{port} HTTP/1.1\r\n\r\n".encode())
        assert wire.recv(100).startswith(b"HTTP/1.1 200")
        wire.sendall(b"hello")
        assert wire.recv(100) == b"HELLO"
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(100) == b"BYE"
        assert wire.recv(100) == b""


def test_a_client_without_the_authority_refuses(proxied: Proxied) -> None:
    session = proxied.session()
    session.verify = True
    with pytest.raises(requests.exceptions.SSLError):
        session.get(f"{API}/cgi-bin/user/get", timeout=10)
    assert proxied.session().get(f"{API}/cgi-bin/user/get", timeout=10).status_code == 200


def test_the_authority_is_made_once_and_speaks_for_wechat_only(tmp_path: Path) -> None:
    first, second = Authority(tmp_path / "ca"), Authority(tmp_path / "ca")
    text = first.certificate_file.read_bytes()
    assert text == second.certificate_file.read_bytes()
    assert (tmp_path / "ca" / "ca.key").stat().st_mode & 0o077 == 0
    limits = x509.load_pem_x509_certificate(text).extensions.get_extension_for_class(x509.NameConstraints)
    assert [name.value for name in limits.value.permitted_subtrees or ()] == ["weixin.qq.com", "wx.qq.com"]
    assert isinstance(first.context("api.weixin.qq.com"), ssl.SSLContext)
    with pytest.raises(ValueError, match=r"example\.com"):
        first.context("example.com")


@pytest.mark.parametrize("content", [b"", b"nonsense"])
def test_a_broken_authority_is_explained(tmp_path: Path, content: bytes) -> None:
    Authority(tmp_path)
    (tmp_path / "ca.key").write_bytes(content)
    with pytest.raises(SetupError):
        Authority(tmp_path)


def test_a_port_in_use_is_explained(live: LivePlatform, authority: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        proxy = ForwardProxy(Server(live.platform), Authority(authority), port=port)
        with pytest.raises(SetupError):
            live.run(proxy.start())


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("api.weixin.qq.com", True),
        ("weixin.qq.com", True),
        ("res.wx.qq.com", True),
        ("evilweixin.qq.com", False),
        ("weixin.qq.com.evil.com", False),
        ("qq.com", False),
        ("", False),
    ],
)
def test_which_names_are_wechats(host: str, ours: bool) -> None:
    assert is_ours(host) is ours


def test_stopping_closes_what_is_open(live: LivePlatform, authority: Path) -> None:
    proxied = Proxied(live, authority)
    session = proxied.session()
    assert session.get(f"{API}/cgi-bin/user/get", timeout=10).status_code == 200

    stop_soon(live, proxied)
    with pytest.raises(requests.ConnectionError):
        session.get(f"{API}/cgi-bin/user/get", timeout=10)


def test_stopping_does_not_wait_for_the_rest_of_a_body(live: LivePlatform, authority: Path) -> None:
    proxied = Proxied(live, authority)
    send_without_end(proxied)
    stop_soon(live, proxied)


def stop_soon(live: LivePlatform, proxied: Proxied) -> None:
    """Stop the proxy, within five seconds."""

    async def stop() -> None:
        async with asyncio.timeout(5):
            await proxied.proxy.stop()

    live.run(stop())
