"""Files over real sockets, through every transport: sent while they are read, saved while they come in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from gongzhong import Account, AsyncClient, CallError, Client, Secret
from gongzhong.account import Hosts
from gongzhong.catalogue import multipart
from gongzhong.catalogue.material import GetMaterial, MaterialNews, MaterialVideo
from gongzhong.catalogue.media import UploadMedia
from gongzhong.catalogue.model import Download, Upload
from gongzhong.client import CallPolicy
from gongzhong.client.answer_file import AnswerFile
from gongzhong.client.transports.aiohttp_transport import AiohttpTransport
from gongzhong.client.transports.asyncio_transport import AsyncioTransport
from gongzhong.client.transports.network import Network
from gongzhong.client.transports.pyreqwest_transport import PyreqwestAsyncTransport, PyreqwestTransport
from gongzhong.client.transports.urllib3_transport import Urllib3Transport
from gongzhong.errors import BadAnswer, OutcomeUnknown

FILE = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 4_000
DIRECT = Network(proxies={})
AT_ONCE = CallPolicy(pause_s=0)


class Handler(BaseHTTPRequestHandler):
    """WeChat's side: takes an upload and remembers it; answers what the media_id says."""

    protocol_version = "HTTP/1.1"
    uploads: list[tuple[dict[str, str], bytes]]
    refuse_first: bool

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/cgi-bin/stable_token"):
            self.say(b'{"access_token":"T","expires_in":7200}')
        elif self.path.startswith("/cgi-bin/media/upload"):
            type(self).uploads.append((dict(self.headers), body))
            if type(self).refuse_first and len(self.uploads) == 1:
                self.say(b'{"errcode":40001,"errmsg":"invalid credential rid: 1-2-3"}')
            else:
                self.say(b'{"type":"video","media_id":"M","created_at":1}')
        else:
            self.material(body)

    def material(self, body: bytes) -> None:
        if b"GONE" in body:
            self.say(b'{"errcode":40007,"errmsg":"invalid media_id rid: 1-2-3"}')
        elif b"FILM" in body:
            self.say(b'{"title":"T","description":"D","down_url":"http://film"}')
        elif b"NEWS" in body:
            self.say(b'{"news_item":[{"title":"T","content":"C"}]}')
        elif b"PAGE" in body:
            self.say(b"<html><title>Bad Gateway</title></html>", "text/html", 502)
        elif b"CUT" in body:
            self.send_response(200)
            self.send_header("Content-Length", str(len(FILE)))
            self.end_headers()
            self.wfile.write(FILE[:70_000])
            self.close_connection = True
        else:
            self.say(FILE, "image/jpeg")

    def say(self, body: bytes, content_type: str = "text/plain", status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Disposition", 'attachment; filename="M.jpg"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def weixin(serve_http: Callable[[type[BaseHTTPRequestHandler]], str]) -> tuple[str, type[Handler]]:
    handler = type("ThisHandler", (Handler,), {"uploads": [], "refuse_first": False})
    return serve_http(handler), handler


def blocking(transport: Callable[..., Any]) -> Callable[[str, Callable[[Any], Any]], Any]:
    def use(url: str, act: Callable[[Any], Any]) -> Any:
        road = transport(network=DIRECT)
        try:
            return act(Client(account(url), transport=road, policy=AT_ONCE))
        finally:
            road.close()

    return use


def awaiting(transport: Callable[..., Any]) -> Callable[[str, Callable[[Any], Any]], Any]:
    def use(url: str, act: Callable[[Any], Any]) -> Any:
        async def run() -> Any:
            road = transport(network=DIRECT)
            try:
                return await act(AsyncClient(account(url), transport=road, policy=AT_ONCE))
            finally:
                await road.close()

        return asyncio.run(run())

    return use


def account(url: str) -> Account:
    return Account(appid="wx0123456789abcdef", secret=Secret("s" * 32), hosts=Hosts.local(url))


Use = Callable[[str, Callable[[Any], Any]], Any]
each_road = pytest.mark.parametrize(
    "use",
    [
        blocking(Urllib3Transport),
        blocking(PyreqwestTransport),
        awaiting(AsyncioTransport),
        awaiting(AiohttpTransport),
        awaiting(PyreqwestAsyncTransport),
    ],
    ids=["urllib3", "pyreqwest", "asyncio", "aiohttp", "pyreqwest-async"],
)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(FILE)
    return path


@each_road
def test_a_file_is_sent_with_its_length(use: Use, weixin: tuple[str, type[Handler]], film: Path) -> None:
    url, handler = weixin
    use(url, lambda client: client.perform(UploadMedia(type="video", media=Upload.of(film))))
    ((headers, body),) = handler.uploads
    assert int(headers["Content-Length"]) == len(body)
    assert "Transfer-Encoding" not in headers
    (part,) = multipart.read(body, headers["Content-Type"]).values()
    assert part == Upload(FILE, "film.mp4", "video/mp4")


@each_road
def test_an_open_file_is_sent_again_after_a_refused_token(
    use: Use, weixin: tuple[str, type[Handler]], film: Path
) -> None:
    url, handler = weixin
    handler.refuse_first = True
    with film.open("rb") as opened, pytest.raises(CallError):
        use(url, lambda client: client.perform(UploadMedia(type="video", media=Upload.of(opened))))
    with film.open("rb") as opened:
        upload = Upload.of(opened)
        for _ in range(2):
            use(url, lambda client: client.perform(UploadMedia(type="video", media=upload)))
    assert [body.count(FILE) for _, body in handler.uploads] == [1, 1, 1]


@each_road
def test_a_file_is_saved_under_its_name_only_when_complete(
    use: Use, weixin: tuple[str, type[Handler]], tmp_path: Path
) -> None:
    path = tmp_path / "back.jpg"
    answer = use(weixin[0], lambda client: client.save(GetMaterial(media_id="M"), path))
    assert answer == Download(b"", "image/jpeg", "M.jpg", str(path))
    assert path.read_bytes() == FILE
    with pytest.raises(OutcomeUnknown):
        use(weixin[0], lambda client: client.save(GetMaterial(media_id="CUT"), tmp_path / "cut.jpg"))
    assert [found.name for found in tmp_path.iterdir()] == ["back.jpg"]


@each_road
def test_words_are_answers_and_leave_no_file(
    use: Use, weixin: tuple[str, type[Handler]], tmp_path: Path
) -> None:
    path = tmp_path / "back.jpg"

    def save(media_id: str) -> Any:
        return use(weixin[0], lambda client: client.save(GetMaterial(media_id=media_id), path))

    assert save("FILM") == MaterialVideo(down_url="http://film", title="T", description="D")
    assert isinstance(save("NEWS"), MaterialNews)
    with pytest.raises(CallError) as refused:
        save("GONE")
    assert refused.value.errcode == 40007
    with pytest.raises(BadAnswer, match="502"):
        save("PAGE")
    assert list(tmp_path.iterdir()) == []


NOWHERE = Path("/proc")
"""A folder in which nobody can make a file."""


@each_road
@pytest.mark.skipif(not NOWHERE.is_dir(), reason="only Linux has a folder that refuses even its owner")
def test_a_disk_that_refuses_is_no_network_problem(use: Use, weixin: tuple[str, type[Handler]]) -> None:
    with pytest.raises(OSError) as refused:
        use(weixin[0], lambda client: client.save(GetMaterial(media_id="M"), NOWHERE / "back.jpg"))
    assert refused.value.filename.startswith(str(NOWHERE))


def test_a_missing_folder_is_noticed_before_anything_is_sent(
    weixin: tuple[str, type[Handler]], tmp_path: Path
) -> None:
    use = blocking(Urllib3Transport)
    with pytest.raises(FileNotFoundError):
        use(
            weixin[0],
            lambda client: client.save(UploadMedia(type="image", media=Upload(b"x")), tmp_path / "no" / "a"),
        )
    assert weixin[1].uploads == []


def test_without_save_the_file_is_in_memory(weixin: tuple[str, type[Handler]], tmp_path: Path) -> None:
    use = blocking(Urllib3Transport)
    answer = use(weixin[0], lambda client: client.material.get(media_id="M"))
    assert answer.content == FILE
    answer.save(tmp_path / "kept.jpg")
    assert (tmp_path / "kept.jpg").read_bytes() == FILE


def taken(answer_file: AnswerFile, *pieces: bytes) -> bytes:
    answer_file.begin()
    for piece in pieces:
        answer_file.write(piece)
    return answer_file.words


def test_a_landing_waits_for_the_first_byte_that_decides(tmp_path: Path) -> None:
    answer_file = AnswerFile(tmp_path / "a.bin")
    assert taken(answer_file, b"", b"  ", b"\n{", b'"errcode":0}') == b'  \n{"errcode":0}'
    assert taken(answer_file, b" ", b"\xff", b"{") == b""
    assert answer_file.keep().read_bytes() == b" \xff{"
    taken(answer_file, b"\xff")
    answer_file.discard()
    assert [found.name for found in tmp_path.iterdir()] == ["a.bin"]


def test_a_transport_that_knows_no_landings_still_saves(tmp_path: Path) -> None:
    answer_file = AnswerFile(tmp_path / "a.bin")
    assert answer_file.keep(b"whole").read_bytes() == b"whole"
