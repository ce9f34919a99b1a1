"""The gateway between rude peers: long bodies in bounded memory, answers that break off, a WeChat slow or away."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from tests.sockets.gateways import Keeper, ask, process, served, told
from tests.sockets.peers import Act, Connection, Peer, peer

from gongzhong import Account, Hosts
from gongzhong.gateway import Settings, bodies
from gongzhong.testing.live_platform import LivePlatform

pytestmark = pytest.mark.heavy

__all__ = ["peer"]

MB = 1024 * 1024
TOKEN = json.dumps({"access_token": "88_of_weixin", "expires_in": 7200}).encode()
LONG = 200 * MB
PIECE = bytes(range(256)) * 4096
GOOD = b'{"errcode":0,"errmsg":"ok"}'


def weixin(act: Act) -> Act:
    """A WeChat that gives tokens; whatever else is asked goes to `act`."""

    def serve(connection: Connection) -> None:
        while connection.read_request():
            if b"stable_token" in connection.head.split(b"\r\n")[0]:
                connection.answer(TOKEN, "Content-Type: application/json")
            else:
                act(connection)

    return serve


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(f"sqlite:///{tmp_path / 'gateway.db'}")


def account_at(url: str) -> Account:
    return Account(appid=Account.for_tests().appid, secret=Account.for_tests().secret, hosts=Hosts.local(url))


@pytest.fixture
def through(
    live_platform: LivePlatform, keeper: Keeper, peer: Callable[[Act], Peer]
) -> Iterator[Callable[[Act], str]]:
    """Puts a gateway in front of a WeChat that acts so; gives the address of its account."""

    def start(act: Act) -> str:
        account = account_at(peer(weixin(act)).url)
        settings = Settings(timeout_s=0.5, keys_every_s=0.05, calls_every_s=0.05)
        url, _ = served(live_platform, keeper.address, account, settings=settings)
        return f"{url}/{account.appid}"

    yield start


def bearer(keeper: Keeper) -> dict[str, str]:
    return {"Authorization": f"Bearer {keeper.key()}"}


def cut_short(connection: Connection) -> None:
    connection.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    connection.sock.shutdown(socket.SHUT_RDWR)


def silent(connection: Connection) -> None:
    connection.ended.wait(3)
    connection.sock.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("act", [cut_short, silent], ids=["cut", "silent"])
def test_a_send_whose_answer_does_not_come_is_not_repeated_and_says_so(
    through: Callable[[Act], str], keeper: Keeper, act: Act
) -> None:
    asked: list[bytes] = []

    def counted(connection: Connection) -> None:
        asked.append(connection.head)
        act(connection)

    front = through(counted)
    status, body, _ = ask(f"{front}/cgi-bin/message/custom/send", body=b"{}", headers=bearer(keeper))
    assert (status, json.loads(body)["errcode"]) == (504, 590504)
    assert len(asked) == 1


@pytest.mark.parametrize("act", [cut_short, silent], ids=["cut", "silent"])
def test_a_read_whose_answer_does_not_come_is_busy(
    through: Callable[[Act], str], keeper: Keeper, act: Act
) -> None:
    status, body, _ = ask(f"{through(act)}/cgi-bin/menu/get", headers=bearer(keeper))
    assert (status, json.loads(body)["errcode"]) == (200, -1)


def test_a_weixin_that_is_away_is_busy(live_platform: LivePlatform, keeper: Keeper) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        account = account_at(f"http://127.0.0.1:{probe.getsockname()[1]}")
        url, _ = served(live_platform, keeper.address, account)
        answer = told(f"{url}/{account.appid}/cgi-bin/message/custom/send", body={}, **bearer(keeper))
    assert answer["errcode"] == -1


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_long_answer_that_breaks_off_does_not_look_whole(
    through: Callable[[Act], str], keeper: Keeper, framing: str
) -> None:
    def half(connection: Connection) -> None:
        if framing == "length":
            connection.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 500_000)
        else:
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.sock.sendall(head + b"%x\r\n" % 500_000 + b"x" * 500_000 + b"\r\n")
        connection.ended.wait(0.2)
        connection.sock.shutdown(socket.SHUT_RDWR)

    host, _, appid = through(half).removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request("GET", f"/{appid}/cgi-bin/media/get?media_id=M", headers=bearer(keeper))
    answer = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead):
        answer.read()
    connection.close()


def test_a_long_answer_goes_on_while_it_comes_in(through: Callable[[Act], str], keeper: Keeper) -> None:
    seen = threading.Event()

    def waits_for_the_client(connection: Connection) -> None:
        connection.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 200_000)
        seen.wait(20)
        connection.sock.sendall(b"y" * 100_000)

    host, _, appid = through(waits_for_the_client).removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request("GET", f"/{appid}/cgi-bin/media/get?media_id=M", headers=bearer(keeper))
    answer = connection.getresponse()
    assert answer.read(100_000) == b"x" * 100_000
    seen.set()
    assert answer.read() == b"x" * 100_000 + b"y" * 100_000
    connection.close()


def test_half_an_upload_does_not_reach_weixin(through: Callable[[Act], str], keeper: Keeper) -> None:
    reached = threading.Event()

    def act(connection: Connection) -> None:
        reached.set()
        connection.answer(GOOD)

    host, _, appid = through(act).removeprefix("http://").partition("/")
    name, port = host.split(":")
    head = f"POST /{appid}/cgi-bin/tags/create HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
    head += f"Authorization: {bearer(keeper)['Authorization']}\r\n\r\n{{"
    with socket.create_connection((name, int(port)), 20) as client:
        client.sendall(head.encode())
    assert told(f"http://{host}/{appid}/cgi-bin/x", **bearer(keeper)) == json.loads(GOOD)
    assert [call.path for call in keeper.calls() if call.verb == "POST" and call.status == 200] == []
    assert reached.is_set()


def test_a_chunked_upload_reaches_weixin_with_its_length(
    through: Callable[[Act], str], keeper: Keeper
) -> None:
    taken: list[tuple[bytes, bytes]] = []

    def act(connection: Connection) -> None:
        taken.append((connection.head.lower(), connection.body))
        connection.answer(GOOD)

    host, _, appid = through(act).removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=20)
    pieces = iter([b"a" * 100_000, b"b" * 2_000_000, b"c"])
    connection.request("POST", f"/{appid}/cgi-bin/media/upload", pieces, bearer(keeper), encode_chunked=True)
    assert connection.getresponse().read() == GOOD
    connection.close()
    ((head, body),) = taken
    assert body == b"a" * 100_000 + b"b" * 2_000_000 + b"c"
    assert b"content-length: 2100001" in head
    assert b"gzk_" not in head


def test_a_body_that_is_too_long_is_refused(live_platform: LivePlatform, keeper: Keeper) -> None:
    live_platform.connect()
    url, _ = served(live_platform, keeper.address, settings=Settings(largest_body=1000))
    front = f"{url}/{live_platform.account.appid}/cgi-bin/tags/create"
    assert json.loads(ask(front, body=b"x" * 1001, headers=bearer(keeper))[1])["errcode"] == 45001
    assert json.loads(ask(front, body=b"x" * 1000, headers=bearer(keeper))[1])["errcode"] != 45001


def test_of_whom_it_does_not_know_it_keeps_no_body(
    live_platform: LivePlatform, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else anybody could fill its disk."""
    live_platform.connect()
    url, _ = served(live_platform, keeper.address)
    account, body = f"{url}/{live_platform.account.appid}", b"x" * 3_000_000
    kept: list[int] = []
    make = lambda: kept.append(1) or TemporaryFile()  # noqa: E731, SIM115 (the gateway closes it)
    monkeypatch.setattr(bodies, "TemporaryFile", make)
    narrow = {"Authorization": f"Bearer {keeper.key(scopes=('/cgi-bin/user',))}"}
    for headers, path, errcode in [
        ({}, "/cgi-bin/tags/create", 41001),
        ({"Authorization": "Bearer nonsense"}, "/cgi-bin/tags/create", 40001),
        (narrow, "/cgi-bin/tags/create", 48001),
        ({}, "/cgi-bin/stable_token", 45001),
    ]:
        assert json.loads(ask(account + path, body=body, headers=headers)[1])["errcode"] == errcode
    assert kept == []
    ask(f"{account}/cgi-bin/tags/create", body=body, headers=bearer(keeper))
    assert kept == [1]


def test_a_refusal_of_the_gateways_own_credentials_is_no_bad_token(
    live_platform: LivePlatform, keeper: Keeper
) -> None:
    live_platform.connect()
    wrong = Account(appid=live_platform.account.appid, secret="0" * 32, hosts=Hosts.local(live_platform.url))
    url, _ = served(live_platform, keeper.address, wrong)
    key = keeper.key()
    for _ in range(3):
        answer = told(f"{url}/{wrong.appid}/cgi-bin/menu/get", Authorization=f"Bearer {key}")
        assert answer["errcode"] == 40125
        assert "网关" in answer["gongzhong"]["reason"]["zh"]
    assert len([call for call in live_platform.calls if "stable_token" in call.url]) == 1


def resident_mb(pid: int) -> float:
    """The most memory that a process had at any time."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024


def large(all_sent: threading.Event) -> Act:
    """A WeChat that takes and gives large files, of which it keeps nothing; tells when a whole one was sent."""

    def act(connection: Connection) -> None:
        while head := read_head(connection.sock):
            lines = head.lower().split(b"\r\n")
            length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
            if b"stable_token" in head:
                connection.sock.recv(length, socket.MSG_WAITALL)
                connection.answer(TOKEN, "Content-Type: application/json")
            elif head.startswith(b"GET"):
                connection.sock.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {LONG}\r\n\r\n".encode())
                for _ in range(LONG // len(PIECE)):
                    connection.sock.sendall(PIECE)
                all_sent.set()
            else:
                while length:
                    length -= len(connection.sock.recv(min(length, MB)))
                connection.answer(GOOD)

    return act


def read_head(sock: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        if not (byte := sock.recv(1)):
            return b""
        head += byte
    return head


def test_200_megabytes_pass_in_both_directions_in_bounded_memory(
    keeper: Keeper, peer: Callable[[Act], Peer], tmp_path: Path
) -> None:
    all_sent = threading.Event()
    account = account_at(peer(large(all_sent)).url)
    with process(keeper.address, account, tmp_path / "log") as (front, running):
        key = bearer(keeper)
        host, _, appid = front.removeprefix("http://").partition("/")
        ask(f"{front}/cgi-bin/tags/create", body=b"{}", headers=key)
        before = resident_mb(running.pid)
        connection = http.client.HTTPConnection(host, timeout=60)
        length = {"Content-Length": str(LONG)}
        pieces = (PIECE for _ in range(LONG // len(PIECE)))
        connection.request("POST", f"/{appid}/cgi-bin/media/upload", pieces, {**key, **length})
        assert connection.getresponse().read() == GOOD
        connection.request("GET", f"/{appid}/cgi-bin/media/get?media_id=M", headers=key)
        answer, size = connection.getresponse(), 0
        assert all_sent.wait(
            60
        )  # the client has not read yet: what it does not take must not be held in memory
        assert resident_mb(running.pid) - before < 60
        while piece := answer.read(MB):
            size += len(piece)
        connection.close()
        assert size == LONG
        assert resident_mb(running.pid) - before < 60


def test_a_stop_lets_calls_end_and_records_them(
    keeper: Keeper, peer: Callable[[Act], Peer], tmp_path: Path
) -> None:
    asked, stopped = threading.Event(), threading.Event()

    def act(connection: Connection) -> None:
        asked.set()
        stopped.wait(20)
        connection.answer(GOOD)

    with process(keeper.address, account_at(peer(weixin(act)).url), tmp_path / "log") as (front, running):
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(ask, f"{front}/cgi-bin/menu/get", headers=bearer(keeper))
            assert asked.wait(20)
            running.send_signal(signal.SIGTERM)
            stopped.set()
            assert slow.result()[1] == GOOD
        assert running.wait(20) == 0
    assert [call.path for call in keeper.calls()] == ["/cgi-bin/menu/get"]
