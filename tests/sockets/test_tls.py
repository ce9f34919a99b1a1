"""HTTPS of the client's transports: directly, through tunnels and SOCKS, with an authority of our own."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gongzhong.client.answer_file import AnswerFile
from gongzhong.client.transports.network import Network
from gongzhong.errors import NotReached, OutcomeUnknown

from .peers import Act, Connection, Peer, peer
from .test_transports import CREDENTIALS, DEFAULTS, EVERY, JSON, exchange, post

__all__ = ["peer"]
Start = Callable[[Act], Peer]


class Authority:
    """Signs certificates; `file` is what clients trust."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "an authority of this test")])
        certificate = self._signed(self._name, self._key, x509.BasicConstraints(ca=True, path_length=None))
        self.file = folder / "authority.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, *names: str) -> ssl.SSLContext:
        """The server side of TLS for these host names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName(
            x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
            for name in names
        )
        certificate = self._signed(x509.Name([]), key, alternatives)
        chain = self._folder / f"{names[0]}.pem"
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        chain.write_bytes(private + certificate.public_bytes(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=1))
        root = isinstance(extension, x509.BasicConstraints)
        own, signer = key.public_key(), self._key.public_key()
        usage = x509.KeyUsage(not root, False, False, False, False, root, root, False, False)
        for more in (  # what Python 3.13 and newer ask for
            x509.SubjectKeyIdentifier.from_public_key(own),
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer),
        ):
            builder = builder.add_extension(more, critical=False)
        builder = builder.add_extension(usage, critical=True)
        return builder.add_extension(extension, critical=True).sign(self._key, hashes.SHA256())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def answers(connection: Connection) -> None:
    while connection.read_request():
        connection.answer(JSON)


def over_tls(context: ssl.SSLContext, then: Act = answers) -> Act:
    def act(connection: Connection) -> None:
        connection.sock = context.wrap_socket(connection.sock, server_side=True)
        then(connection)

    return act


def tunnel(then: Act, asked: list[bytes]) -> Act:
    """A proxy that gives a tunnel to everybody, and is its other end itself."""

    def act(connection: Connection) -> None:
        connection.read_request()
        asked.append(connection.head)
        connection.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        then(connection)

    return act


def socks(then: Act, asked: list[bytes]) -> Act:
    def act(connection: Connection) -> None:
        connection.sock.recv(64)
        connection.sock.sendall(b"\x05\x00")
        asked.append(connection.sock.recv(256))
        connection.sock.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50")
        then(connection)

    return act


@pytest.mark.parametrize("kind", EVERY)
def test_https_is_verified_with_the_authority_that_was_given(
    kind: Any, authority: Authority, peer: Start
) -> None:
    server = peer(over_tls(authority.server("127.0.0.1")))
    request = post(server.url.replace("http", "https"))
    trusting = Network(proxies={}, ca_file=authority.file)
    assert [reply.body for reply in exchange(kind, request, request, network=trusting)] == [JSON, JSON]
    assert len(server.connections) == 1
    with pytest.raises(NotReached):
        exchange(kind, request, network=Network(proxies={}))


@pytest.mark.parametrize("kind", EVERY)
def test_a_certificate_for_another_host_is_refused_before_anything_is_sent(
    kind: Any, authority: Authority, peer: Start
) -> None:
    server = peer(over_tls(authority.server("wx.example")))
    with pytest.raises(NotReached):
        exchange(
            kind,
            post(server.url.replace("http", "https")),
            network=Network(proxies={}, ca_file=authority.file),
        )
    assert server.connections[0].head == b""


@pytest.mark.parametrize("kind", EVERY)
def test_https_goes_through_the_tunnel_of_a_proxy(kind: Any, authority: Authority, peer: Start) -> None:
    asked: list[bytes] = []
    server = peer(tunnel(over_tls(authority.server("wx.example")), asked))
    address = f"http://user:p%40ss%3Aword@127.0.0.1:{server.port}"
    network = Network(proxies={"https": address}, ca_file=authority.file)
    request = post("https://wx.example")
    assert [reply.body for reply in exchange(kind, request, request, network=network)] == [JSON, JSON]
    assert len(asked) == 1 and asked[0].startswith(b"CONNECT wx.example:443 HTTP/1.")
    assert CREDENTIALS in asked[0]
    head = server.connections[0].head
    assert head.startswith(b"POST /x HTTP/1.1\r\n") and b"proxy-auth" not in head.lower()


@pytest.mark.parametrize("kind", EVERY)
def test_the_host_of_a_tunnel_must_have_the_certificate(kind: Any, authority: Authority, peer: Start) -> None:
    server = peer(tunnel(over_tls(authority.server("other.example")), []))
    network = Network(proxies={"https": f"http://127.0.0.1:{server.port}"}, ca_file=authority.file)
    with pytest.raises(NotReached):
        exchange(kind, post("https://wx.example"), network=network)


@pytest.mark.parametrize("kind", DEFAULTS)
def test_https_goes_through_socks(kind: Any, authority: Authority, peer: Start) -> None:
    asked: list[bytes] = []
    server = peer(socks(over_tls(authority.server("wx.example")), asked))
    network = Network(proxies={"all": f"socks5h://127.0.0.1:{server.port}"}, ca_file=authority.file)
    assert exchange(kind, post("https://wx.example"), network=network)[0].body == JSON
    assert asked == [b"\x05\x01\x00\x03\x0awx.example\x01\xbb"]


@pytest.mark.parametrize("kind", EVERY)
def test_limits_hold_behind_a_proxy(kind: Any, authority: Authority, peer: Start, tmp_path: Path) -> None:
    server = peer(tunnel(over_tls(authority.server("wx.example")), []))
    network = Network(proxies={"https": f"http://127.0.0.1:{server.port}"}, ca_file=authority.file)
    with pytest.raises(OutcomeUnknown, match="超过 100 字节"):
        exchange(kind, post("https://wx.example", limit_bytes=100), network=network)
    answer_file = AnswerFile(tmp_path / "file")
    exchange(kind, post("https://wx.example", answer_file=answer_file), network=network)
    assert answer_file.words == JSON
