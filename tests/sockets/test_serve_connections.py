"""Connections to `gongzhong serve`: crowds, idle and half-open ones, rude ones, over every door."""

from __future__ import annotations

import asyncio
import resource
import socket
import ssl
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from .served import DOORS, ask, push, rest_of, serving

pytestmark = pytest.mark.heavy

IDLE = 300
"""Connections of each kind. Before limits were set on purpose, 128 of any kind shut everybody else out."""
KINDS = {
    "silent": b"",
    "half a head": b"POST /?x",
    "half a body": b"POST /?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<x",
    "kept alive": b"GET /?x=1 HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.fixture(autouse=True)
def many_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def crowd(port: int, count: int) -> Counter[str]:
    """What `count` people get who write at once and are answered when all have written."""

    async def one(number: int) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(push(f"all {count}", number))
        answer = await reader.read()
        writer.close()
        return "answered" if b"all here" in answer else answer.decode(errors="replace")[-300:]

    async with asyncio.timeout(60):
        return Counter(await asyncio.gather(*(one(number) for number in range(1, count + 1))))


@pytest.mark.parametrize(
    ("target", "count"),
    [
        (DOORS["account"], 1000),
        ("served:oa.wsgi", 1000),
        (DOORS["asgi"], 1000),
        (DOORS["wsgi"], 400),
        pytest.param(DOORS["wsgi"], 1000, marks=pytest.mark.slow),  # two seconds of processor time
    ],
)
def test_slow_handlers_at_once_all_answer_within_the_window(target: str, count: int) -> None:
    with serving(target) as server:
        assert asyncio.run(crowd(server.port, count)) == {"answered": count}


@pytest.mark.slow
def test_five_thousand_slow_handlers_at_once() -> None:
    with serving(DOORS["account"]) as server:
        assert asyncio.run(crowd(server.port, 5000)) == {"answered": 5000}


@pytest.mark.parametrize("door", DOORS)
def test_idle_and_half_open_connections_shut_nobody_out(door: str) -> None:
    with serving(DOORS[door]) as server, ExitStack() as held:
        for kind in KINDS.values():
            for _ in range(IDLE):
                connection = held.enter_context(socket.create_connection(("127.0.0.1", server.port), 10))
                connection.sendall(kind)
            assert b"hello" in ask(server.port, push("hello", 1 + IDLE + len(kind)), 10)


REFUSED = {
    "a length of 5,000 digits": b"POST /?x HTTP/1.1\r\nHost: x\r\nContent-Length: "
    + b"9" * 5000
    + b"\r\n\r\nabc",
    "a huge request line": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in the path": b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path that is not UTF-8": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "an escaped path that is not UTF-8": b"GET /%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a query that is not UTF-8": b"GET /?openid=%ff%fe&signature=%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("door", DOORS)
def test_what_no_request_is_gets_a_refusal_and_leaves_no_traceback(door: str) -> None:
    with serving(DOORS[door]) as server:
        for what, data in REFUSED.items():
            try:
                answer = ask(server.port, data)
            except ConnectionResetError:
                assert what == "a huge request line"  # hyper closes without reading on
                continue
            assert answer[9:10] == b"4", (what, answer)
        for data in KINDS.values():
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                connection.sendall(data)
        assert b"hello" in ask(server.port, push("hello"))
        assert "Traceback" not in server.said


def test_pipelined_pushes_are_answered_in_order() -> None:
    with serving(DOORS["account"]) as server:
        many = [push(f"number {number};", number, keep=True) for number in range(1, 41)]
        answers = ask(server.port, b"".join(many) + push("the last;", 41))
    positions = [answers.index(b"number %d;" % number) for number in range(1, 41)]
    assert [*positions, answers.index(b"the last;")] == sorted([*positions, answers.index(b"the last;")])


@pytest.mark.slow
def test_a_peer_that_never_reads_does_not_fill_the_memory() -> None:
    with serving(DOORS["account"]) as server, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.port))
        connection.settimeout(2)
        request = b"GET /?x=1 HTTP/1.1\r\nHost: x\r\n\r\n" * 1000
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 200 * len(request):
                sent += connection.send(request)
        assert b"hello" in ask(server.port, push("hello"))


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return files


def test_https_without_a_reverse_proxy(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    with serving(DOORS["account"], "--certificate", str(cert), "--key", str(key)) as server:
        assert server.ready["url"].startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=cert)
        with (
            socket.create_connection(("127.0.0.1", server.port), 10) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
        ):
            connection.sendall(push("hello"))
            assert b"hello" in rest_of(connection)
        with socket.create_connection(("127.0.0.1", server.port), 10) as plain:
            plain.sendall(push("hello"))
            assert b"hello" not in plain.recv(1000)
        assert "Traceback" not in server.said


def test_a_certificate_that_is_none_is_an_error_in_words(tmp_path: Path) -> None:
    wrong = tmp_path / "cert.pem"
    wrong.write_text("nonsense")
    (tmp_path / "served.py").write_text(
        "from gongzhong import Account, OfficialAccount, Secret\n"
        "oa = OfficialAccount(Account(appid='wx0123456789abcdef', token=Secret('abc')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "gongzhong", "serve", "served:oa", "--certificate", str(wrong)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3
    assert "PEM" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "wx.sock"
    with serving(DOORS["account"], "--unix-socket", str(path)) as server:
        assert server.ready["url"] == f"unix:{path}"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(push("hello"))
            assert b"hello" in rest_of(connection)
        server.terminate()
        assert server.ended() == 0
        assert not path.exists()


def test_the_access_log_has_no_query() -> None:
    with serving(DOORS["account"], "--access-log") as server:
        ask(server.port, push("hello"))
        ask(server.port, push("hello", 2))
        line = next(line for line in server.said.splitlines() if "POST /" in line)
        assert "200" in line
        assert "signature" not in server.said
        assert "openid" not in server.said
