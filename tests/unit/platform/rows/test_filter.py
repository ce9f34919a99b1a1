"""The filter language: read as the pages read it, and what its words mean for rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gongzhong.platform.rows.filter import Matcher, parse
from gongzhong.platform.rows.words import Names
from gongzhong.platform.traffic import Cause, Delivery, Exchange, Row, Verdict
from gongzhong.platform.world.world import World

from ..conftest import Bench

TABLE = Path(__file__).parents[4] / "web" / "test" / "filter_cases.json"
CASES: list[tuple[str, list[tuple[str, str, bool]]]] = msgspec.json.decode(TABLE.read_bytes())["cases"]

FAILED = Verdict(False, "timeout", "超时", "timeout")
REPLIED = Verdict(True, "replied", "已回复", "replied")


@pytest.mark.parametrize(
    ("text", "terms"), CASES, ids=lambda value: repr(value) if isinstance(value, str) else ""
)
def test_reads_as_the_pages_do(text: str, terms: list[list[object]]) -> None:
    assert [[term.word, term.value, term.no] for term in parse(text)] == terms


def attempt(**fields: Any) -> Exchange:
    return Exchange(
        kind="push", appid="wx1", title="text", method="POST", url="http://h/x?signature=1", **fields
    )


PUSH = Delivery(
    appid="wx1",
    title="event:CLICK",
    number=7,
    person="小明",
    openid="oA",
    url="http://127.0.0.1:8001/wechat",
    body="<xml><Content>你好 World</Content></xml>".encode(),
    attempts=[
        attempt(verdict=FAILED),
        attempt(verdict=REPLIED, response_decrypted="<xml>再见</xml>".encode()),
    ],
    verdict=REPLIED,
    fault=3,
)
CALL = Exchange(
    kind="api",
    appid="wx1",
    title="cgi-bin/message/custom/send",
    method="POST",
    url="/cgi-bin/message/custom/send?access_token=T",
    seq=8,
    openid="oB",
    request_body=b'{"text":{"content":"\\u5ba2\\u670d"}}',
    verdict=Verdict(False, "45009", "45009 超限", "45009 limit"),
    errcode=45009,
    rid="6a1b-2",
    cause=Cause(7, known=True),
)
TOKEN = Exchange(
    kind="api", appid="wx1", title="cgi-bin/token", method="GET", url="/cgi-bin/token", seq=9, errcode=0
)
WAITS = Delivery(appid="wx2", title="text", number=10, person="小红", openid="oC")
ROWS: list[Row] = [PUSH, CALL, TOKEN, WAITS]


@pytest.fixture(scope="module")
def world() -> World:
    return Bench().world


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [7, 8, 9, 10]),
        ("person:小明", [7]),
        ("person:oB", [8]),
        ("person:小明 person:小红", [7, 10]),
        ("-person:小明", [8, 9, 10]),
        ("kind:push", [7, 10]),
        ("kind:click", [7]),
        ("kind:event:CLICK", [7]),
        ("kind:api errcode:0", [9]),
        ("errcode:45009", [8]),
        ("-errcode:0 kind:api", [8]),
        ("path:custom/send", [8]),
        ("path:/wechat", [7]),
        ("fault:3", [7]),
        ("fault:4", []),
        ("has:fault", [7]),
        ("has:retry", [7]),
        ("has:cause", [8]),
        ("has:rid", [8]),
        ("has:reply", [7]),
        ("ok:no", [7, 8]),
        ("ok:yes", [9]),
        ("rid:6A1B-2", [8]),
        ("world", [7]),
        ("再见", [7]),
        ("客服", [8]),
        ("发送客服消息", [8]),
        ("free message", [8]),
        ("#9", [9]),
        ("你好 再见 kind:push", [7]),
        ("你好 客服", []),
    ],
)
def test_what_the_words_mean(world: World, text: str, numbers: list[int]) -> None:
    matches = Matcher(parse(text), Names(world))
    found = [row.number if isinstance(row, Delivery) else row.seq for row in ROWS if matches(row)]
    assert found == numbers


def test_one_account_only(world: World) -> None:
    matches = Matcher([], Names(world), "wx2")
    assert [row for row in ROWS if matches(row)] == [WAITS]
