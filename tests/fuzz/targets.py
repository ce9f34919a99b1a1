"""Everything that reads bytes from outside, one line each: what is called, and the errors that it may raise.

`SECRET` stands in the samples wherever a real secret or token would; no error may show it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from httptools import HttpParserError, HttpParserUpgrade

from gongzhong.account import Account, Hosts, Secret
from gongzhong.app.sessions import _decoded, _place
from gongzhong.catalogue import multipart
from gongzhong.catalogue.base import GetQuota
from gongzhong.catalogue.encoding import DecodeProblem, decode
from gongzhong.catalogue.failures import explain
from gongzhong.catalogue.registry import CALLS
from gongzhong.client.replies import errcode_of, refusal, result
from gongzhong.client.transport import TooLong, Unusable, WireReply, WireRequest
from gongzhong.client.transports.http1 import Answer
from gongzhong.client.transports.network import Proxy
from gongzhong.clock import MovableClock
from gongzhong.config import read as read_configuration
from gongzhong.database import read_url
from gongzhong.errors import BadAnswer, CallbackError, CallError, SetupError, WebError
from gongzhong.gateway import forwarded, keys
from gongzhong.messages import parse
from gongzhong.messages.reply_reading import parse_reply
from gongzhong.platform import config as platform_config
from gongzhong.platform.config import PlatformConfig
from gongzhong.platform.followers_file import Import
from gongzhong.platform.platform import Platform
from gongzhong.platform.world.refusal import BadInput
from gongzhong.running.doctor.settings import check_url
from gongzhong.running.http_server.limits import Limits
from gongzhong.running.http_server.reading import Refusal, Request, RequestReader
from gongzhong.sharing import person
from gongzhong.state import quotas, tokens
from gongzhong.state.protocol import Versioned
from gongzhong.web.state import States, check_return_path
from gongzhong.wire import PushQuery, PushReader, PushWriter, read_strict_xml, read_xml
from gongzhong.wire.cipher import Cipher
from gongzhong.wire.masking import masked

TESTS = Path(__file__).parents[1]
SECRET: Final = "88_5ecre7Tok3nOfTheF0zz"
TOKEN: Final = "fuzzToken123"
AES_KEY: Final = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NOW: Final = 1_790_000_000
ACCOUNT: Final = Account(
    appid="wx0123456789abcdef",
    secret=Secret(SECRET),
    token=TOKEN,
    aes_key=AES_KEY,
    encryption="safe",
    hosts=Hosts.local("http://127.0.0.1:8700"),
)
PLAIN: Final = msgspec.structs.replace(ACCOUNT, encryption="plain", aes_key=Secret(""))
WRITER: Final = PushWriter(TOKEN, AES_KEY, ACCOUNT.appid, "safe")
SIGNER: Final = keys.signer_of(Secret(SECRET))
CIPHER: Final = Cipher(AES_KEY, ACCOUNT.appid)
XML_SAMPLES: Final = tuple(
    b"<xml>" + piece.split(b"</xml>")[0] + b"</xml>"
    for file in sorted((TESTS / "unit/messages/samples").glob("*.xml"))
    for piece in file.read_bytes().split(b"<xml>")[1:]
)
JSON_SAMPLES: Final = (
    b'{"errcode":0,"errmsg":"ok"}',
    f'{{"access_token":"{SECRET}","expires_in":7200}}'.encode(),
    b'{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest rid: 65a1b2c3-0d1e2f3a"}',
    f'{{"errcode":40014,"errmsg":"invalid access_token {SECRET}"}}'.encode(),
    '{"subscribe":1,"openid":"o1","remark":"老顾客\\n","tagid_list":[1,2],"unionid":"u"}'.encode(),
    b'{"total":2,"count":2,"data":{"openid":["o1","o2"]},"next_openid":"o2"}',
    b'{"errcode":0,"errmsg":"ok","quota":{"daily_limit":100,"used":5,"remain":95},"rate_limit":{"call_count":5,'
    b'"refresh_second":60}}',
    b'{"errcode":4e999,"errmsg":"x"}',
    b'{"base_resp":{"err_msg":"invalid","ret":45009},"list":[]}',
    b"<html><title>502 Bad Gateway</title></html>",
)


@dataclass(frozen=True)
class Target:
    """One reader: how it is called, what it may raise, samples of real input, and what one input may cost."""

    name: str
    run: Callable[[bytes], object]
    samples: tuple[bytes, ...]
    allowed: tuple[type[BaseException], ...] = ()
    cost: int = 1
    """How many inputs of a cheap target one of this is worth: files and databases cost more."""
    seconds: float = 1.0
    """Processor time that one input may take."""


def _push(reader: PushReader, writer: PushWriter, body: bytes) -> None:
    """A push whose signature is right, whatever its body is: only the holder of the Token can send it."""
    sealed = writer.seal(b"<xml><MsgType>text</MsgType></xml>", NOW, "42", "o1")
    parse(reader.open(PushQuery.read(sealed.query), body).fields)


def _sealed_push(body: bytes) -> None:
    sealed = WRITER.seal(body, NOW, "42", "o1")
    parse(PushReader(ACCOUNT).open(PushQuery.read(sealed.query), sealed.body).fields)


def _envelope(body: bytes) -> None:
    PushReader(ACCOUNT).open(
        PushQuery.read({"msg_signature": "0" * 40, "timestamp": "1", "nonce": "2"}), body
    )


def _query(body: bytes) -> None:
    for source in (body.decode("latin-1"), body):
        query = PushQuery.read(source)
        for reader in (PushReader(PLAIN), PushReader(ACCOUNT)):
            try:
                reader.verify_url(query)
            except CallbackError:
                continue


def _answer(body: bytes) -> None:
    """The answer to a quota call, and to another one that the bytes choose."""
    _answer_to(GetQuota(cgi_path="/x"), body, "application/json")
    chosen = zlib.crc32(body)
    label = ("application/json", "text/plain", "image/jpeg", "text/html")[chosen % 4]
    with suppress(BadAnswer, CallError):
        _answer_to(_calls()[chosen // 4 % len(_calls())], body, label)


def _answer_to(call: Any, body: bytes, label: str) -> None:
    reply = WireReply(200, {"content-type": label}, body)
    if errcode_of(call, reply):
        raise refusal(call, reply, (ACCOUNT.secret,))
    result(call, reply)


@cache
def _calls() -> list[Any]:
    """One call of each class that can be made without arguments."""
    made = []
    for kind in CALLS:
        try:
            made.append(kind())
        except TypeError:
            fields = dict.fromkeys(kind.__struct_fields__, "x")
            made.append(kind(**fields))
    return made


def _request_of_api(body: bytes) -> None:
    kind = CALLS[body[0] % len(CALLS)] if body else CALLS[0]
    query = {"access_token": SECRET, "type": "image", "openid": body[:20].decode("latin-1")}
    content_type = (
        "application/json",
        "multipart/form-data; boundary=b",
        "application/x-www-form-urlencoded",
    )
    decode(kind, query, body[1:], content_type[len(body) % 3])


def _http_answer(body: bytes) -> None:
    answer = Answer(WireRequest(method="GET", url="http://127.0.0.1/x", limit_bytes=100_000))
    for start in range(0, len(body), 61):
        answer.feed(body[start : start + 61])
        if answer.whole:
            answer.reply()
            return
    answer.feed(b"")


def _http_requests(body: bytes) -> None:
    found: list[Request] = []
    reader = RequestReader(Limits(body=5_000), found.append)
    usual = reader.whole(body)
    pieces = [body] if usual is not None else [body[at : at + 97] for at in range(0, len(body), 97)]
    for piece in pieces:
        reader.feed(piece)
        if reader.ended:
            break
    if usual is not None and usual != found[0]:
        raise AssertionError("the two readers differ")
    for request in found:
        _ = request.address, request.query, request.path


def _records(body: bytes) -> None:
    """What other programs may have written into the shared state."""
    tokens.read(body)
    quotas.read_word(Versioned(body, 1, 0.0))
    quotas.read_clearings(Versioned(body, 1, 0.0))
    _place(_decoded(body).get("place"))
    person.read(body)


def _gateway_texts(body: bytes) -> None:
    """Keys, tokens, paths and addresses that a client of the gateway may send."""
    text = body.decode("latin-1")
    keys.id_of_key(text)
    keys.id_of_pass(text)
    keys.pass_problem(text, ACCOUNT.appid, SIGNER, NOW)
    keys.covers(("/cgi-bin/user", "templates"), text)
    keys.within(("10.0.0.0/8", "fd00::/8"), text)
    forwarded.return_code(body)
    forwarded.read_object(body)


def _in_file(name: str, read: Callable[[Path], object], body: bytes) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(body)
        read(file)


def _followers(body: bytes) -> None:
    platform = _platform()
    work = Import(platform.world, next(iter(platform.world.accounts.values())), storing=False)
    for start in range(0, len(body), 1000):
        work.feed(body[start : start + 1000])
    work.finish()


@cache
def _platform() -> Platform:
    config = msgspec.convert({"account": [{"name": "shop", "appid": "wx1"}]}, PlatformConfig)
    return Platform(config)


def _snapshot(body: bytes) -> None:
    with TemporaryDirectory() as folder:
        platform = Platform(msgspec.convert({}, PlatformConfig), folder)
        try:
            (Path(folder) / "snapshots").mkdir(exist_ok=True)
            (Path(folder) / "snapshots" / "x.sqlite3").write_bytes(body)
            platform.snapshots.load("x")
        finally:
            platform.world.close()


@cache
def _saved_snapshot() -> bytes:
    with TemporaryDirectory() as folder:
        platform = Platform(
            msgspec.convert({"account": [{"name": "a", "appid": "wx1"}]}, PlatformConfig), folder
        )
        platform.snapshots.save("x")
        platform.world.close()
        return (Path(folder) / "snapshots" / "x.sqlite3").read_bytes()


def _urls(body: bytes) -> None:
    """Addresses from configuration, the command line and redirects; each reader on its own."""
    text = body.decode("utf-8", "surrogateescape")
    readers: tuple[Callable[[str], object], ...] = (
        read_url,
        Hosts.local,
        Proxy.parse,
        check_return_path,
        partial(check_url, ACCOUNT),
        lambda url: (request := WireRequest(method="GET", url=url)).target() + request.host + request.path,
    )
    for reader in readers:
        try:
            reader(text)
        except (SetupError, WebError):
            continue


def _state_of_browser(body: bytes) -> None:
    States(ACCOUNT, "s" * 32, MovableClock(NOW, frozen=True)).open(body.decode("latin-1"), "nonce")


def _texts(body: bytes) -> None:
    """What is masked for a log, or explained: any text in bounded time."""
    text = body.decode("utf-8", "replace")
    masked(text, [SECRET])
    explain(40164, text)


def _answers_xml(body: bytes) -> None:
    parse_reply(read_strict_xml(body))


def _seal(xml: bytes) -> bytes:
    return WRITER.seal(xml, NOW, "42", "o1").body


HTTP_ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nT: 1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n"
    + zlib.compress(b"{}" * 40, wbits=31),
    b"HTTP/1.0 200 OK\r\n\r\n{}",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
)
HTTP_REQUESTS = (
    b"POST /wechat?signature=a&timestamp=1&nonce=2 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\n<xml>",
    b"GET /?echostr=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST http://other/x HTTP/1.0\r\nContent-Length: 1\r\n\r\nx",
)
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\n'
    b"Content-Type: image/png\r\n\r\n\x89PNG\r\n"
    b'--b\r\nContent-Disposition: form-data; name="description"\r\n\r\n{"title":"x"}\r\n--b--\r\n',
)
CSV = (
    "openid,person,remark,subscribe_time,scene,subscribed,tags\n"
    "o1,小明,老顾客,2026-01-02 03:04:05,shop,是,vip|新\no2,b,,1700000000,7,no,\n".encode()
)
TOML = (
    b'database = "sqlite:///x.db"\n[account.shop]\nappid = "wx0123456789abcdef"\nsecret = "'
    + SECRET.encode()
    + b'"\ntoken = "abc123"\n[serve]\nport = 8080\nworkers = 2\n[log]\nformat = "json"\n',
    b'[serve]\nhost = "127.0.0.1"\ndrain_s = 3.5\n',
)
PLATFORM_TOML = (
    '[[account]]\nname = "店"\nappid = "wx1"\nkind = "service"\nverified = true\n[[person]]\nname = "alice"\n'
    "[rules]\nanswer_timeout_s = 5\n".encode(),
)
URLS = (
    *(b"https://api.weixin.qq.com", b"http://[::1]:8700/x?y=1#z", b"sqlite:////tmp/x.db", b"/cart?id=1"),
    f"postgresql://user:{SECRET}@db.example:5432/name?sslmode=require".encode(),
    f"http://user:{SECRET}@proxy.example:3128".encode(),
)
RECORDS = (
    f'{{"value":"{SECRET}","generation":3,"fetched_at":1790000000.0,"expires_at":1790007200.0}}'.encode(),
    b'{"limit":10,"spent":true,"asked_at":1.0,"same":2,"remained":false,"disputed":false}',
    b'{"every":1,"paths":{"/cgi-bin/x":2}}',
    person.written(person.PersonRecord()),
    '{"n":1,"名":"x","place":{"dialogue":"signup","step":"name"}}'.encode(),
)
KEYS = (
    keys.make_pass("0" * 12, ACCOUNT.appid, SIGNER, NOW).encode(),
    b"/cgi-bin/user/info",
    b"10.2.3.4",
    b"::1",
)
QUERIES = (
    urlencode(
        {"signature": "a" * 40, "timestamp": NOW, "nonce": "42", "openid": "o1", "echostr": "1"}
    ).encode(),
    urlencode({"msg_signature": "b" * 40, "timestamp": NOW, "nonce": "4", "encrypt_type": "aes"}).encode(),
)

TARGETS: Final = (
    Target("wire.read_xml", read_xml, XML_SAMPLES, (CallbackError,)),
    Target("wire.read_strict_xml", read_strict_xml, XML_SAMPLES, (CallbackError,)),
    Target(
        "push.plain",
        partial(_push, PushReader(PLAIN), PushWriter(TOKEN, "", PLAIN.appid, "plain")),
        XML_SAMPLES,
        (CallbackError,),
    ),
    Target("push.sealed", _sealed_push, XML_SAMPLES, (CallbackError,)),
    Target("push.envelope", _envelope, tuple(map(_seal, XML_SAMPLES[:4])), (CallbackError,)),
    Target(
        "push.cipher",
        lambda body: CIPHER.decrypt(body.decode("latin-1")),
        (CIPHER.encrypt(XML_SAMPLES[0]).encode(),),
        (CallbackError,),
    ),
    Target("push.query", _query, QUERIES, (CallbackError,)),
    Target("replies.xml", _answers_xml, XML_SAMPLES, (CallbackError,)),
    Target("answers.json", _answer, JSON_SAMPLES, (BadAnswer, CallError)),
    Target(
        "answers.http",
        _http_answer,
        HTTP_ANSWERS,
        (EOFError, HttpParserError, HttpParserUpgrade, ValueError, TooLong, Unusable, zlib.error),
    ),
    Target("requests.http", _http_requests, HTTP_REQUESTS, (Refusal,)),
    Target(
        "requests.multipart",
        lambda body: multipart.read(body, "multipart/form-data; boundary=b"),
        MULTIPART,
        (multipart.MalformedBody,),
    ),
    Target("requests.api", _request_of_api, (*JSON_SAMPLES, *MULTIPART, *QUERIES), (DecodeProblem,)),
    Target("state.records", _records, RECORDS),
    Target("gateway.texts", _gateway_texts, (*KEYS, *JSON_SAMPLES)),
    Target("urls", _urls, URLS),
    Target("web.state", _state_of_browser, QUERIES, (WebError,)),
    Target("texts", _texts, (*JSON_SAMPLES, *URLS, *QUERIES)),
    Target(
        "config.toml",
        partial(_in_file, "gongzhong.toml", lambda file: read_configuration(file, env={})),
        TOML,
        (SetupError,),
        cost=60,
    ),
    Target(
        "platform.toml",
        partial(_in_file, "x.toml", platform_config.load),
        PLATFORM_TOML,
        (SetupError,),
        cost=60,
    ),
    Target("followers.csv", _followers, (CSV,), (BadInput,), cost=2),
    Target("snapshots", _snapshot, (_saved_snapshot(),), (BadInput,), cost=500, seconds=5.0),
)
