"""The doctor before real servers that are wrong in one thing each: one finding names the cause and the fix.

The pages are what the frameworks, proxies and tunnels themselves send (their documentation and sources).
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from gongzhong.account import Hosts, Secret
from gongzhong.messages import TextReply, encode_reply, parse
from gongzhong.running.doctor import Finding, diagnose
from gongzhong.running.doctor.settings import AsGiven
from gongzhong.wire import PushQuery, PushReader

from ..conftest import Serve

pytestmark = pytest.mark.anyio

TOKEN = "doctorstoken"
APPID = "wx0f1e2d3c4b5a6978"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
LOCAL = Hosts.local("http://127.0.0.1:9")


def account(**fields: Any) -> AsGiven:
    given: dict[str, Any] = {
        "appid": APPID,
        "token": Secret(TOKEN),
        "encryption": "plain",
        "hosts": LOCAL,
    } | fields
    return AsGiven(**given)


PLAIN = account()
SAFE = account(encryption="safe", aes_key=Secret(AES_KEY))


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


TEXT = {"Content-Type": "text/plain"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
Change = Callable[[str, Mapping[str, str], Answer], Answer]
"""Verb, query and the right answer → what this server answers."""


def right(verb: str, query: Mapping[str, str]) -> Answer:
    parts = sorted((TOKEN, query.get("timestamp", ""), query.get("nonce", "")))
    if hashlib.sha1("".join(parts).encode()).hexdigest() != query.get("signature"):
        return Answer(403, TEXT, b"")
    return Answer(200, TEXT, query.get("echostr", "").encode() if verb == "GET" else b"success")


def server(change: Change) -> type[BaseHTTPRequestHandler]:
    """A right server whose answers are changed on the way out."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            status, headers, body = change(self.command, query, right(self.command, query))
            self.send_response_only(status)
            given = {"Content-Length": str(len(body)), "Date": formatdate(usegmt=True)} | dict(headers)
            for name, value in given.items():
                self.send_header(name, value)
            with suppress(OSError):  # the doctor has gone
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_POST = do_HEAD = answer

        def log_message(self, *_: Any) -> None:
            return

    return Handler


def on(verb: str, status: int, body: bytes | str, headers: Mapping[str, str] = HTML) -> Change:
    raw = body.encode() if isinstance(body, str) else body
    return lambda asked, _, good: Answer(status, headers, raw) if asked in verb.split() else good


def body(verb: str, change: Callable[[bytes], bytes], **headers: str) -> Change:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def changed(asked: str, _: Mapping[str, str], good: Answer) -> Answer:
        if asked != verb or good.status != 200:
            return good
        return Answer(200, {**TEXT, **named}, change(good.body))

    return changed


def signs(compute: Callable[[str, str, str], str]) -> Change:
    """A server that computes the signature in its own way."""

    def changed(verb: str, query: Mapping[str, str], _: Answer) -> Answer:
        if compute(TOKEN, query["timestamp"], query["nonce"]) != query["signature"]:
            return Answer(403, TEXT, b"")
        return Answer(200, TEXT, query.get("echostr", "success").encode())

    return changed


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(parts).encode()).hexdigest()


def clock_off(seconds: float) -> Change:
    """A server with another time of day that refuses old timestamps, as many do."""

    def changed(verb: str, query: Mapping[str, str], good: Answer) -> Answer:
        headers = {**TEXT, "Date": formatdate(time.time() + seconds, usegmt=True)}
        stale = abs(time.time() + seconds - int(query.get("timestamp", 0))) > 300
        return Answer(403, headers, b"") if stale else Answer(good.status, headers, good.body)

    return changed


def slow(seconds: float) -> Change:
    def changed(verb: str, _: Mapping[str, str], good: Answer) -> Answer:
        if verb == "POST":
            time.sleep(seconds)
        return good

    return changed


def everywhere(location: str) -> Change:
    return lambda verb, query, good: Answer(302, {"Location": location}, b"")


DJANGO = (
    "<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1>"
    "<p>CSRF verification failed. Request aborted.</p></body></html>"
)
FLASK_WTF = (
    "<!doctype html><title>400 Bad Request</title><h1>Bad Request</h1><p>The CSRF token is missing.</p>"
)
LARAVEL = (
    "<!DOCTYPE html><html><head><title>Page Expired</title></head><body>419 | Page Expired</body></html>"
)
NGINX_TLS = (
    "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head><body>"
    "<center><h1>400 Bad Request</h1></center><hr><center>nginx</center></body></html>"
)
NGROK = '<!DOCTYPE html><html><body>ERR_NGROK_6024 "ngrok-skip-browser-warning"</body></html>'
CLOUDFLARE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>"
FASTAPI = '{"detail":[{"type":"missing","loc":["query","openid"],"msg":"Field required"}]}'
JSON = {"Content-Type": "application/json"}
HOST_PAGE = "<h1>DisallowedHost at /</h1><pre>Invalid HTTP_HOST header: '127.0.0.1'.</pre>"
SLASH = "RuntimeError: You called this URL via POST, but the URL doesn't end in a slash and you have APPEND_SLASH set."
READ_TWICE = "RawPostDataException: You cannot access body after reading from request's data stream"

BROKEN: dict[str, tuple[Change, str, str, str]] = {
    # name: the server, the check, words of the finding, words of the fix
    "csrf in django": (on("POST", 403, DJANGO), "push", "CSRF", "@csrf_exempt"),
    "csrf in flask-wtf": (on("POST", 400, FLASK_WTF), "push", "CSRF", "@csrf.exempt"),
    "csrf in laravel": (on("POST", 419, LARAVEL), "push", "CSRF", "validateCsrfTokens"),
    "csrf in spring": (
        on("POST", 403, '{"message":"Could not verify the provided CSRF token"}', JSON),
        "push",
        "CSRF",
        "ignoringRequestMatchers",
    ),
    "csrf in egg": (on("POST", 403, '{"message":"missing csrf token"}', JSON), "push", "CSRF", "framework"),
    "redirect to a login": (everywhere("/login?next=/wechat"), "verify", "login page", "exempt"),
    "redirect to the slash": (everywhere("/wechat/"), "verify", "slash at the end differs", "with the slash"),
    "redirect to https": (everywhere("https://example.com/wechat"), "verify", "HTTPS only", "https://"),
    "no such path": (on("GET POST", 404, b"Not Found", TEXT), "verify", "404", "check the path"),
    "GET only": (on("POST", 405, b"", {"Allow": "GET"}), "push", "it allows GET", "register POST"),
    "POST only": (on("GET", 405, b"", {"Allow": "POST"}), "verify", "it allows POST", "register GET"),
    "ngrok's page": (on("GET POST", 200, NGROK), "verify", "ERR_NGROK_6024", "another tunnel"),
    "ngrok without program": (
        on("GET POST", 404, "", {"ngrok-error-code": "ERR_NGROK_3200"}),
        "verify",
        "no program runs behind it",
        "start the program",
    ),
    "frp without program": (
        on("GET POST", 404, "<html><body><p>Faithfully yours, frp.</p></body></html>"),
        "verify",
        "frp tunnel",
        "start the program",
    ),
    "a firewall": (on("POST", 403, CLOUDFLARE, {"cf-mitigated": "challenge"}), "push", "firewall", "WAF"),
    "a firewall in the cloud": (
        on("POST", 405, '<html><a href="https://errors.aliyun.com/x">很抱歉</a></html>'),
        "push",
        "firewall",
        "WAF",
    ),
    "no filing": (
        on("GET POST", 403, "<html><title>Non-compliance ICP Filing</title></html>"),
        "verify",
        "ICP",
        "filing",
    ),
    "cloudflare without origin": (on("GET POST", 521, "x"), "verify", "Cloudflare", "origin"),
    "502": (on("GET POST", 502, "<html>502 Bad Gateway</html>"), "verify", "502", "proxy_pass"),
    "504": (on("POST", 504, "<html>504 Gateway Time-out</html>"), "push", "504", "background"),
    "503": (on("POST", 503, ""), "push", "503", "logs"),
    "default page": (
        on("GET POST", 200, "<!DOCTYPE html><title>Welcome to nginx!</title>"),
        "verify",
        "default page",
        "proxy_pass",
    ),
    "basic auth": (
        on("GET POST", 401, "", {"WWW-Authenticate": 'Basic realm="x"'}),
        "verify",
        "login",
        "auth_basic",
    ),
    "http on a TLS port": (on("GET POST HEAD", 400, NGINX_TLS), "verify", "HTTPS only", "https://"),
    "host not allowed": (on("GET POST", 400, HOST_PAGE), "verify", "host name", "ALLOWED_HOSTS"),
    "django's slash": (on("POST", 500, SLASH), "push", "slash at the end", "end the URL with /"),
    "body read twice": (on("POST", 500, READ_TWICE), "push", "reads the request body twice", "read it once"),
    "parameters declared": (on("POST", 422, FASTAPI, JSON), "push", "422", "no echostr"),
    "media type": (on("POST", 415, "", TEXT), "push", "text/xml", "raw body"),
    "too large": (on("POST", 413, "", TEXT), "push", "413", "client_max_body_size"),
    "rate-limited": (on("POST", 429, "", TEXT), "push", "429", "exempt"),
    "204": (on("POST", 204, b"", {}), "push", "204", "success"),
    "crash": (on("POST", 500, "Internal Server Error"), "push", "500", "log"),
    "echo with BOM": (body("GET", lambda echo: b"\xef\xbb\xbf" + echo), "verify", "BOM", "UTF-8"),
    "echo in quotes": (body("GET", lambda echo: b'"' + echo + b'"'), "verify", "quotes", "PlainTextResponse"),
    "echo in single quotes": (body("GET", lambda echo: b"'" + echo + b"'"), "verify", "quotes", "plain text"),
    "echo with newline": (body("GET", lambda echo: echo + b"\r\n"), "verify", "empty lines", "bare text"),
    "echo in JSON": (body("GET", lambda echo: b'{"e":"' + echo + b'"}'), "verify", "JSON", "plain text"),
    "echo with words": (body("GET", lambda echo: b"echo:" + echo), "verify", "'echo:'", "bare text"),
    "echo compressed": (
        body("GET", gzip.compress, Content_Encoding="gzip"),
        "verify",
        "compressed",
        "Accept-Encoding",
    ),
    "nothing on GET": (body("GET", lambda _: b""), "verify", "nothing in it", "echostr"),
    "words on GET": (body("GET", lambda _: b"ok"), "verify", "not answered with the echostr", "Tokens"),
    "success in quotes": (body("POST", lambda _: b'"success"'), "push", "quotes", "PlainTextResponse"),
    "success with a line": (body("POST", lambda _: b"success\n"), "push", "empty lines", "bare text"),
    "success with words": (body("POST", lambda _: b"successNone"), "push", "'None'", "bare text"),
    "words on POST": (body("POST", lambda _: b"ok"), "push", "neither `success`", "answer `success`"),
    "another Token": (
        signs(lambda t, s, n: sha1(*sorted(("x" + t, s, n)))),
        "verify",
        "Tokens differ",
        "SHA-1",
    ),
    "not sorted": (signs(sha1), "verify", "not sorted at all", "as strings"),
    "sorted as numbers": (
        signs(lambda t, s, n: sha1(*sorted((s, n), key=int), t)),
        "verify",
        "sorted as numbers",
        "as strings",
    ),
    "upper case": (
        signs(lambda t, s, n: sha1(*sorted((t, s, n))).upper()),
        "verify",
        "upper case",
        "lower-case",
    ),
    "Token with line break": (
        signs(lambda t, s, n: sha1(*sorted((t + "\n", s, n)))),
        "verify",
        "ends with a line break",
        "no blanks",
    ),
    "clock behind": (clock_off(-900), "clock", "behind this machine's", "NTP"),
    "clock ahead": (clock_off(900), "clock", "ahead of this machine's", "NTP"),
    "slow": (slow(0.4), "push", "WeChat waits 0.3", "background"),
    "too slow": (slow(3), "push", "no answer within", "customer-service message"),
    "cut short": (
        body("POST", lambda _: b"succ", Content_Length="400"),
        "push",
        "cut short",
        "in bytes",
    ),
}


def finding(findings: list[Finding], check: str) -> Finding:
    return next(one for one in findings if one.check == check)


async def examine(url: str, patient: AsGiven = PLAIN, **limits: Any) -> list[Finding]:
    return await diagnose(patient, url, **{"limit_s": 0.3, "patience_s": 1.5, **limits})


@pytest.mark.parametrize(("change", "check", "said", "fix"), BROKEN.values(), ids=BROKEN)
async def test_the_cause_and_the_fix_are_named(
    change: Change, check: str, said: str, fix: str, serve_http: Serve
) -> None:
    findings = await examine(serve_http(server(change)) + "/wechat")
    found = finding(findings, check)
    assert found.status == "wrong", found
    assert said in found.en
    assert fix in found.fix_en
    assert found.zh and found.fix_zh


async def test_a_right_server_and_one_in_chunks_have_nothing_wrong(serve_http: Serve) -> None:
    class Chunks(server(lambda verb, query, good: good)):  # type: ignore[misc]
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            status, _, content = right(self.command, query)
            self.send_response(status)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for byte in content:
                self.wfile.write(b"1\r\n%c\r\n" % byte)
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")

        do_GET = do_POST = do_HEAD = answer

    for handler in (server(lambda verb, query, good: good), Chunks):
        findings = await examine(serve_http(handler) + "/")
        assert [one for one in findings if one.status == "wrong"] == []


class Safe:
    """Opens encrypted pushes and answers with a text, sealed as `seal` does it."""

    def __init__(self, reads_with: AsGiven, seal: Callable[[PushReader, bytes, Any], bytes]) -> None:
        reader = PushReader(reads_with)

        class Handler(server(lambda verb, query, good: good)):  # type: ignore[misc]
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    opened = reader.open(PushQuery.read(urlsplit(self.path).query), content)
                except Exception:
                    self.send_error(403)
                    return
                push = parse(opened.fields)
                reply = encode_reply(TextReply(content="好"), push, int(time.time()))
                sealed = seal(reader, reply, opened)
                self.send_response(200)
                self.send_header("Content-Length", str(len(sealed)))
                self.end_headers()
                self.wfile.write(sealed)

        self.handler = Handler


OTHER_KEY = account(encryption="safe", aes_key=Secret(AES_KEY[::-1]))
OTHER_APPID = account(encryption="safe", aes_key=Secret(AES_KEY), appid="wx00000000000000aa")
OTHER_TOKEN = account(encryption="safe", aes_key=Secret(AES_KEY), token=Secret("anothertoken"))


def sealed_for(other: AsGiven) -> Callable[[PushReader, bytes, Any], bytes]:
    return lambda reader, reply, opened: PushReader(other).seal(reply)


SAFE_MODE = {
    "wrong key": (Safe(OTHER_KEY, lambda r, reply, o: r.seal(reply)), "EncodingAESKey or AppID"),
    "wrong AppID": (Safe(OTHER_APPID, lambda r, reply, o: r.seal(reply)), "EncodingAESKey or AppID"),
    "reply in plain": (Safe(SAFE, lambda r, reply, o: reply), "plain reply in safe mode"),
    "reply with another key": (Safe(SAFE, sealed_for(OTHER_KEY)), "EncodingAESKey differs"),
    "reply for another AppID": (Safe(SAFE, sealed_for(OTHER_APPID)), "wx00000000000000aa"),
    "reply with another Token": (Safe(SAFE, sealed_for(OTHER_TOKEN)), "MsgSignature"),
    "something after the reply": (Safe(SAFE, lambda r, reply, o: r.seal(reply) + b"Debug: 12 ms"), "12 ms"),
}


@pytest.mark.parametrize(("broken", "said"), SAFE_MODE.values(), ids=SAFE_MODE)
async def test_what_is_wrong_in_safe_mode(broken: Safe, said: str, serve_http: Serve) -> None:
    findings = await examine(serve_http(broken.handler) + "/", SAFE, limit_s=2)
    found = finding(findings, "push")
    assert found.status == "wrong"
    assert said in found.en
    assert found.fix_zh and found.fix_en


async def test_names_swapped_and_sealed_is_right(serve_http: Serve) -> None:
    safe = Safe(SAFE, lambda reader, reply, opened: reader.seal(reply, opened=opened))
    findings = await examine(serve_http(safe.handler) + "/", SAFE, limit_s=2)
    assert [one for one in findings if one.status == "wrong"] == []


@contextmanager
def raw_server(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A peer that speaks whatever it wants, connection by connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                try:
                    answer(connection)
                except OSError:
                    continue

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


async def test_a_server_that_closes_is_said_to_have_crashed() -> None:
    def close(connection: socket.socket) -> None:
        connection.recv(4096)

    with raw_server(close) as port:
        findings = await examine(f"http://127.0.0.1:{port}/")
    found = finding(findings, "verify")
    assert "the connection broke without an answer (GET)" in found.en
    assert "crashed" in found.fix_en


async def test_another_protocol_is_said_so() -> None:
    def ssh(connection: socket.socket) -> None:
        connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
        connection.recv(4096)

    with raw_server(ssh) as port:
        findings = await examine(f"http://127.0.0.1:{port}/")
    assert "not HTTP" in finding(findings, "verify").en


async def test_https_on_a_plain_port(serve_http: Serve) -> None:
    address = serve_http(server(lambda verb, query, good: good)).replace("http:", "https:")
    found = finding(await examine(address + "/"), "connect")
    assert "speaks plain HTTP" in found.en
    assert "http://" in found.fix_en


@pytest.fixture
def self_signed(tmp_path: Any) -> Any:
    """A TLS context with a certificate that nobody signed."""
    import datetime
    import ssl

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=9))
    ).sign(key, hashes.SHA256())
    file = tmp_path / "self.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize(
    ("scheme", "said", "fix"),
    [("https", "self-signed", "Let's Encrypt"), ("http", "takes HTTPS only", "https://")],
)
async def test_a_tls_port(scheme: str, said: str, fix: str, self_signed: Any) -> None:
    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    listening = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=self_signed)
    port = listening.sockets[0].getsockname()[1]
    found = finding(await examine(f"{scheme}://127.0.0.1:{port}/"), "connect")
    listening.close()
    assert found.status == "wrong"
    assert said in found.en
    assert fix in found.fix_en


async def test_names_ports_and_addresses_out_of_reach() -> None:
    real = account(hosts=Hosts())
    cases = {
        "http://nowhere.invalid/": (PLAIN, "dns", "does not resolve"),
        "http://example.com:8080/": (real, "url", "ports 80"),
        "http://192.168.1.9/": (real, "url", "cannot reach"),
        "http://127.0.0.1:9/": (PLAIN, "connect", "cannot connect"),
    }
    for url, (patient, check, said) in cases.items():
        found = finding(await examine(url, patient), check)
        assert (found.status, said in found.en) == ("wrong", True), url
        assert found.fix_en


async def test_names_that_resolve_to_what_wechat_cannot_reach() -> None:
    from gongzhong.running.doctor.reaching import judge_addresses

    inner = judge_addresses("corp.example", ["10.0.0.7"], real=True)
    assert (inner.status, "out of WeChat's reach" in inner.en) == ("wrong", True)
    six = judge_addresses("six.example", ["2400:3200::1"], real=True)
    assert (six.status, "IPv6" in six.en, "A record" in six.fix_en) == ("warning", True, True)
    assert judge_addresses("both.example", ["2400:3200::1", "223.5.5.5"], real=True).status == "ok"
    assert judge_addresses("localhost", ["127.0.0.1"], real=False).status == "ok"


def test_there_are_at_least_24() -> None:
    assert len(BROKEN) + len(SAFE_MODE) >= 24
