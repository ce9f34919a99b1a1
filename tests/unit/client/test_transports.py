"""Every transport over real sockets: what arrives, what comes back, and what is known when nothing does."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gongzhong.client import AsyncTransport, Transport, WireReply, WireRequest
from gongzhong.client.transports.aiohttp_transport import AiohttpTransport
from gongzhong.client.transports.asyncio_transport import AsyncioTransport
from gongzhong.client.transports.network import Network
from gongzhong.client.transports.pyreqwest_transport import PyreqwestAsyncTransport, PyreqwestTransport
from gongzhong.client.transports.urllib3_transport import Urllib3Transport
from gongzhong.errors import NotReached, OutcomeUnknown, SetupError, TransportError

DIRECT = Network(proxies={})


class Handler(BaseHTTPRequestHandler):
    """Behaves as the last part of the path says."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append(self.path)
        getattr(self, self.path.partition("?")[0].rpartition("/")[2])(body)

    do_POST = do_GET

    def echo(self, body: bytes) -> None:
        said = {"path": self.path, "headers": dict(self.headers), "body": body.decode(), "verb": self.command}
        self.answer(json.dumps(said).encode())

    def gather(self, body: bytes) -> None:
        """Answer only when all 64 are here: proves that so many can be in flight."""
        self.server.together.wait(10)
        self.answer(b"{}")

    def cut(self, body: bytes) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def half(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b'{"openid":')
        self.wfile.flush()
        self.cut(body)

    def silent(self, body: bytes) -> None:
        self.server.over.wait(10)
        self.close_connection = True

    def elsewhere(self, body: bytes) -> None:
        self.send_response(302)
        self.send_header("Location", "/echo")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "Text/Plain; charset=iso-8859-1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections = 0
        self.seen: list[str] = []
        self.over = threading.Event()
        self.together = threading.Barrier(64)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.base = f"{'https' if context else 'http'}://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serving(Server())


class Road:
    """A transport of either kind, driven alike."""

    def __init__(self, kind: Any, network: Network = DIRECT) -> None:
        self.transport: Transport | AsyncTransport = kind(network=network)
        self.runner = asyncio.Runner()

    def send(self, *requests: WireRequest) -> list[WireReply]:
        """Send all at once; raises the first error."""
        if isinstance(self.transport, AsyncioTransport | AiohttpTransport | PyreqwestAsyncTransport):
            return self.runner.run(self._send_awaiting(self.transport, requests))
        transport: Any = self.transport
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(transport.send, requests))

    async def _send_awaiting(self, transport: Any, requests: Any) -> list[WireReply]:
        return await asyncio.gather(*(transport.send(request) for request in requests))

    def close(self) -> None:
        closing = self.transport.close()
        if closing is not None:
            self.runner.run(closing)
        self.runner.close()


KINDS = [Urllib3Transport, AsyncioTransport, AiohttpTransport, PyreqwestTransport, PyreqwestAsyncTransport]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def road(request: pytest.FixtureRequest) -> Iterator[Road]:
    road = Road(request.param)
    yield road
    road.close()


def get(url: str, **query: str) -> WireRequest:
    return WireRequest(method="GET", url=url, query=query, timeout_s=5)


def test_what_is_sent_arrives_byte_for_byte(road: Road, server: Server) -> None:
    request = WireRequest(
        method="POST",
        url=f"{server.base}/cgi-bin/echo",
        query={"access_token": "a_b-c", "kf": "客服@x&y=1 +/"},
        headers={"Content-Type": "application/json"},
        body='{"content":"你好"}'.encode(),
    )
    [reply] = road.send(request)
    said = json.loads(reply.body)
    assert said["path"] == request.target().partition(server.base)[2]
    assert said["body"] == '{"content":"你好"}'
    headers = {name.lower(): value for name, value in said["headers"].items()}
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == str(len(request.body or b""))
    assert (reply.status, reply.content_type) == (200, "text/plain")


def test_connections_are_kept_and_reused(road: Road, server: Server) -> None:
    for _ in range(5):
        road.send(get(f"{server.base}/echo"))
    assert server.connections == 1


def test_sixty_four_requests_can_be_in_flight(road: Road, server: Server) -> None:
    replies = road.send(*[get(f"{server.base}/gather") for _ in range(64)])
    assert [reply.status for reply in replies] == [200] * 64


def test_a_refused_connection_is_surely_not_sent(road: Road) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NotReached) as caught:
            road.send(get(f"http://127.0.0.1:{taken.getsockname()[1]}/echo", secret="5ec2e7"))
    assert not caught.value.sent
    assert "127.0.0.1" in str(caught.value)
    assert "5ec2e7" not in str(caught.value) + repr(caught.value.__context__)


def test_an_unknown_host_is_surely_not_sent(road: Road) -> None:
    with pytest.raises(NotReached):
        road.send(get("http://wx.invalid/echo"))


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("behaviour", ["cut", "half"])
def test_a_cut_connection_leaves_the_outcome_unknown_and_nothing_is_repeated(
    road: Road, server: Server, verb: str, behaviour: str
) -> None:
    road.send(get(f"{server.base}/echo"))
    request = WireRequest(method=verb, url=f"{server.base}/{behaviour}", query={"secret": "5ec2e7"})
    with pytest.raises(OutcomeUnknown) as caught:
        road.send(request)
    assert caught.value.sent
    assert "5ec2e7" not in str(caught.value) + repr(caught.value.__context__)
    assert len(server.seen) == 2


def test_no_answer_in_time_leaves_the_outcome_unknown(road: Road, server: Server) -> None:
    with pytest.raises(OutcomeUnknown):
        road.send(WireRequest(method="POST", url=f"{server.base}/silent", timeout_s=0.2))
    assert server.seen == ["/silent"]


def test_redirects_are_not_followed_because_the_query_holds_a_token(road: Road, server: Server) -> None:
    [reply] = road.send(get(f"{server.base}/elsewhere", access_token="t"))
    assert reply.status == 302
    assert len(server.seen) == 1


def test_a_closed_transport_opens_again(road: Road, server: Server) -> None:
    road.send(get(f"{server.base}/echo"))
    closing = road.transport.close()
    if closing is not None:
        road.runner.run(closing)
    assert road.send(get(f"{server.base}/echo"))[0].status == 200


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_proxy_is_used_for_other_hosts(kind: Any, server: Server) -> None:
    road = Road(kind, Network(proxies={"http": server.base}))
    try:
        road.send(get("http://wx.invalid/echo"))
        road.send(get(f"{server.base}/echo"))
    finally:
        road.close()
    assert server.seen == ["http://wx.invalid/echo", "/echo"]


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    now, usable = datetime.datetime.now(datetime.UTC), datetime.timedelta(hours=1)
    root = name == issuer
    usage = x509.KeyUsage(
        not root, False, False, False, False, root, root, False, False
    )  # Python 3.13 is strict
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - usable)
        .not_valid_after(now + usable)
        .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        .add_extension(address, critical=False)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )


def issue(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """An authority and its certificate for 127.0.0.1: the authority's file, and a context for the server."""
    root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_file, own_file, key_file = folder / "ca.pem", folder / "own.pem", folder / "key.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    authority_file.write_bytes(certificate("root", root, "root", root).public_bytes(pem))
    own_file.write_bytes(certificate("server", own, "root", root).public_bytes(pem))
    key_file.write_bytes(own.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_file, key_file)
    return authority_file, context


@pytest.fixture
def authority(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    return issue(tmp_path)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_server_that_is_not_trusted_gets_nothing(kind: Any, authority: tuple[Path, ssl.SSLContext]) -> None:
    for server in serving(Server(authority[1])):
        road = Road(kind)
        with pytest.raises(NotReached):
            road.send(get(f"{server.base}/echo", secret="5ec2e7"))
        road.close()
        assert server.seen == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_authority_of_one_s_own_can_be_trusted(kind: Any, authority: tuple[Path, ssl.SSLContext]) -> None:
    for server in serving(Server(authority[1])):
        road = Road(kind, Network(proxies={}, ca_file=authority[0]))
        assert road.send(get(f"{server.base}/echo"))[0].status == 200
        road.close()


def test_plain_http_where_tls_is_spoken_is_a_transport_error(
    authority: tuple[Path, ssl.SSLContext], server: Server
) -> None:
    road = Road(Urllib3Transport)
    with pytest.raises(NotReached):
        road.send(get(server.base.replace("http:", "https:") + "/echo"))
    with pytest.raises(TransportError):
        next(iter(road.send(get("http://127.0.0.1:1/echo"))))


def test_a_wrong_file_of_authorities_is_found_when_it_is_needed(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="SSL_CERT_FILE"):
        Network(proxies={}, ca_file=tmp_path / "absent.pem").tls()


@pytest.mark.parametrize("kind", [AsyncioTransport, AiohttpTransport])
def test_one_transport_serves_one_loop_after_another(kind: Any, server: Server) -> None:
    transport = kind(network=DIRECT)
    for _ in range(3):
        assert asyncio.run(transport.send(get(f"{server.base}/echo"))).status == 200
    asyncio.run(transport.close())


def test_a_forked_child_does_not_share_its_parent_s_connection(server: Server) -> None:
    transport = Urllib3Transport(network=DIRECT)
    transport.send(get(f"{server.base}/echo"))
    child = os.fork()
    if child == 0:
        try:
            transport.send(get(f"{server.base}/echo"))
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    transport.send(get(f"{server.base}/echo"))
    assert server.connections == 2
    transport.close()
