"""A method of the client that is called wrongly names the call, the argument and the nearest name; nothing is sent."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gongzhong import Account, AsyncClient, Client, SetupError, Upload
from gongzhong.client.transport import WireReply, WireRequest
from gongzhong.errors import ArgumentError
from gongzhong.testing import PNG, LocalPlatform

ACCOUNT = Account(appid="wx0123456789abcdef", secret="0" * 32)
DATA = {"thing1": {"value": "茶"}}
SENT = {"touser": "o1", "template_id": "T", "data": DATA}


class Wire:
    """A transport that answers every call alike and keeps what was sent."""

    def __init__(
        self, answer: bytes = b'{"access_token":"T","expires_in":7200,"msgid":1,"media_id":"M"}'
    ) -> None:
        self.answer, self.sent = answer, list[WireRequest]()

    def send(self, request: WireRequest) -> WireReply:
        self.sent.append(request)
        return WireReply(200, {}, self.answer)

    def close(self) -> None: ...


Use = Callable[[Any], Any]
MISTAKES: list[tuple[Use, str, str]] = [
    (
        lambda c: c.template.send(**SENT, ulr="x"),
        "template.send 没有参数 ulr。是不是 url",
        "did you mean url",
    ),
    (
        lambda c: c.template.send(**SENT, zzz=1),
        "可用的有：touser、template_id",
        "there are: touser, template_id",
    ),
    (
        lambda c: c.template.send(touser="o1"),
        "template.send 缺少参数 template_id、data",
        "needs template_id, data",
    ),
    (lambda c: c.template.send("o1"), "写成 template.send(touser=…", "takes its arguments by name"),
    (
        lambda c: c.template.send(**{**SENT, "touser": 5}),
        "template.send 的 touser：应为 文字",
        "touser: Expected `str`",
    ),
    (lambda c: c.users.get(openid=None), "users.get 的 openid：应为 文字，而不是 null", "got `null`"),
    (
        lambda c: c.template.send(**{**SENT, "data": "茶"}),
        "data：应为 对象，而不是 文字",
        "data: Expected `object`",
    ),
    (
        lambda c: c.template.send(**{**SENT, "data": {"thing1": {"valeu": "茶"}}}),
        "template.send 的 data.thing1 没有字段 valeu。是不是 value",
        "data.thing1: there is no field valeu. did you mean value",
    ),
    (
        lambda c: c.menu.create(button=[{"nmae": "茶", "type": "click", "key": "k"}]),
        "menu.create 的 button[0] 没有字段 nmae。是不是 name",
        "did you mean name",
    ),
    (
        lambda c: c.customer.send_text(to_user="o1", content="x"),
        "send_text 没有参数 to_user",
        "did you mean touser",
    ),
    (lambda c: c.customer.send_text(touser="o1", content=5), "send_text 的 content：应为 文字", "got `int`"),
    (
        lambda c: c.media.upload(type="image", media=5),
        "media 要一个文件，而不是 int",
        "takes a file, not int",
    ),
    (
        lambda c: c.media.upload(type="image", media="nope.png"),
        "没有这个文件或目录",
        "No such file or directory",
    ),
]


@pytest.mark.parametrize(("use", "zh", "en"), MISTAKES)
def test_a_wrong_argument_is_named_and_nothing_is_sent(use: Use, zh: str, en: str) -> None:
    wire = Wire()
    with Client(ACCOUNT, wire) as client, pytest.raises(ArgumentError) as caught:
        use(client)
    assert zh in caught.value.text("zh")
    assert en in caught.value.text("en")
    assert isinstance(caught.value, TypeError)
    assert wire.sent == []


def test_the_awaiting_client_says_the_same() -> None:
    async def misuse() -> None:
        async with AsyncClient(ACCOUNT) as client:
            await client.template.send(touser="o1", template_id="T", dat=DATA)  # type: ignore[call-arg]

    with pytest.raises(ArgumentError, match=r"template\.send"):
        asyncio.run(misuse())


@pytest.mark.parametrize("source", ["path", "text path", "bytes", "open", "upload"])
def test_a_file_may_come_in_every_form(source: str, tmp_path: Path) -> None:
    file = tmp_path / "photo.png"
    file.write_bytes(PNG)
    forms: dict[str, Any] = {
        "path": file,
        "text path": str(file),
        "bytes": PNG,
        "open": io.BytesIO(PNG),
        "upload": Upload.of(file),
    }
    wire = Wire(b'{"access_token":"T","expires_in":7200,"type":"image","media_id":"M","created_at":1}')
    with Client(ACCOUNT, wire) as client:
        assert client.media.upload(type="image", media=forms[source]).media_id == "M"
    body = wire.sent[-1].body
    assert body is not None
    assert PNG in (body if isinstance(body, bytes) else b"".join(body))


@pytest.mark.parametrize("data", [{"thing1": "茶"}, DATA])
def test_texts_of_a_template_may_stand_alone(data: Any) -> None:
    wire = Wire()
    with Client(ACCOUNT, wire) as client:
        client.template.send(touser="o1", template_id="T", data=data)
    assert wire.sent[-1].body == '{"touser":"o1","template_id":"T","data":{"thing1":{"value":"茶"}}}'.encode()


def test_what_is_not_declared_yet_goes_out() -> None:
    wire = Wire()
    with Client(ACCOUNT, wire) as client:
        data: Any = {"thing1": {"value": "茶", "brand_new": 1}}
        client.template.send(touser="o1", template_id="T", data=data)
    assert isinstance(wire.sent[-1].body, bytes)
    assert b'"brand_new":1' in wire.sent[-1].body


def test_a_closed_client_says_so() -> None:
    wire = Wire()
    client = Client(ACCOUNT, wire)
    client.close()
    uses: list[Use] = [
        lambda c: c.users.list(),
        lambda c: c.access_token(),
        lambda c: c.ticket(),
        lambda c: next(c.users.walk()),
    ]
    for use in uses:
        with pytest.raises(SetupError) as caught:
            use(client)
        assert "已经关闭" in caught.value.zh and "is closed" in caught.value.en
    assert wire.sent == []

    async def awaiting() -> None:
        other = AsyncClient(ACCOUNT)
        await other.close()
        await other.users.list()

    with pytest.raises(SetupError):
        asyncio.run(awaiting())


def test_an_account_without_followers_has_an_empty_list() -> None:
    answer = b'{"access_token":"T","expires_in":7200,"total":0,"count":0,"next_openid":""}'
    with Client(ACCOUNT, Wire(answer)) as client:
        page = client.users.list()
        assert (page.data.openid, page.openids) == ([], [])
        assert list(client.users.walk()) == []


def test_a_clock_is_not_moved_by_units_that_it_does_not_know() -> None:
    with LocalPlatform() as platform, pytest.raises(ArgumentError) as caught:
        platform.clock.advance(years=2)  # type: ignore[arg-type]
    assert "advance(days=730)" in caught.value.text("zh")


def test_the_repr_of_an_error_follows_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for lang, text in (("zh", "没有"), ("en", "nothing")):
        monkeypatch.setenv("GONGZHONG_LANG", lang)
        assert repr(SetupError("没有", "nothing")) == f"SetupError('{text}')"
