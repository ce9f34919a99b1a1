"""How pushes reach a server: three attempts, what counts as an answer, and what the person sees of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gongzhong.account import Encryption
from gongzhong.messages import ReportLocation, Text, Unsubscribe
from gongzhong.platform.delivery.receiver import Answered, FailureClass
from gongzhong.platform.world import acts, menus
from gongzhong.wire import PushWriter, read_xml, write_xml

from .listener import APPID, KEY, START, TOKEN, URL, Bed, answered, query_of

pytestmark = pytest.mark.anyio
MODES: list[Encryption] = ["plain", "compatible", "safe"]


@pytest.fixture
def bed() -> Bed:
    return Bed()


def text_reply(push: dict[str, Any], **changes: Any) -> bytes:
    """A proper reply with some elements changed; None leaves one out."""
    usual = {
        "ToUserName": push["FromUserName"],
        "FromUserName": push["ToUserName"],
        "CreateTime": START,
        "MsgType": "text",
        "Content": "在",
    }
    return write_xml({name: value for name, value in {**usual, **changes}.items() if value is not None})


@pytest.mark.parametrize("mode", MODES)
async def test_silence_is_repeated_twice_with_a_new_signature_around_the_same_message(
    mode: Encryption,
) -> None:
    bed = Bed(mode)
    bed.listener.will("timeout")
    outcome = await bed.says("在吗")
    entries = [bed.platform.traffic.find(number) for number in outcome.entries]
    assert [(entry.attempt, entry.of, entry.verdict.kind) for entry in entries] == [
        (1, 3, "timeout"),
        (2, 3, "timeout"),
        (3, 3, "timeout"),
    ]
    first, second, third = bed.pushes()
    assert isinstance(first, Text)
    assert first == second == third
    queries = [query_of(url) for _, url, _ in bed.listener.requests]
    assert len({query.nonce for query in queries}) == 3
    assert len({query.signature for query in queries}) == 3
    assert len({query.msg_signature for query in queries}) == (1 if mode == "plain" else 3)
    assert bed.complaints() == 1


@pytest.mark.parametrize("kind", ["timeout", "connect", "dns"])
async def test_the_attempt_that_is_answered_ends_it(bed: Bed, kind: FailureClass) -> None:
    bed.listener.will(kind, bed.replies(text_reply))
    outcome = await bed.says()
    assert [bed.platform.traffic.find(number).verdict.kind for number in outcome.entries] == [kind, "replied"]
    assert bed.screen()[-1] == ("account", "在")
    assert bed.complaints() == 0


@pytest.mark.parametrize("kind", ["timeout", "connect", "dns"])
async def test_nobody_at_home_is_told_by_its_kind(bed: Bed, kind: FailureClass) -> None:
    bed.listener.will(kind)
    outcome = await bed.says()
    assert (outcome.verdict.ok, outcome.verdict.kind) == (False, kind)
    assert len(outcome.entries) == 3


async def test_how_often_it_is_tried_is_a_setting() -> None:
    bed = Bed(deliveries=4)
    bed.listener.will("timeout")
    assert len((await bed.says()).entries) == 4


@pytest.mark.parametrize("mode", MODES)
async def test_each_mode_has_its_query_and_its_body(mode: Encryption) -> None:
    bed = Bed(mode)
    await bed.says("在吗")
    ((method, url, body),) = bed.listener.requests
    query = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
    assert (method, query["shop"], query["openid"]) == ("POST", "7", bed.openid)
    wrapped = mode != "plain"
    assert ("msg_signature" in query, query.get("encrypt_type")) == (wrapped, "aes" if wrapped else None)
    fields = read_xml(body)
    assert ("Encrypt" in fields, "Content" in fields) == (wrapped, mode != "safe")
    (message,) = bed.pushes()
    assert (message.content, message.create_time) == ("在吗", START)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("answer", [b"success", b""])
async def test_nothing_to_say(mode: Encryption, answer: bytes) -> None:
    bed = Bed(mode)
    bed.listener.will(answer)
    assert (await bed.says()).verdict.kind == "accepted"
    assert bed.screen() == [("person", "在吗")]


@pytest.mark.parametrize("mode", MODES)
async def test_a_reply_in_the_wrapping_of_the_mode_is_shown(mode: Encryption) -> None:
    bed = Bed(mode)
    bed.listener.will(bed.replies(text_reply))
    outcome = await bed.says()
    assert outcome.verdict.kind == "replied"
    assert bed.screen() == [("person", "在吗"), ("account", "在")]


async def test_compatible_mode_takes_plain_replies() -> None:
    loose = Bed("compatible")
    loose.listener.will(lambda query, body: text_reply(dict(read_xml(body))))
    assert (await loose.says()).verdict.kind == "replied"


@pytest.mark.parametrize(
    "answer",
    [
        answered(b"SUCCESS"),
        answered(b"success\n"),
        answered(b'"success"'),
        answered(b'{"errcode":0}'),
        answered(b"<!doctype html><p>hello"),
        answered(b"<xml><ToUserName>"),
        answered(b"<xml></xml>"),
        answered(b"success", status=201),
        answered(b"", status=204),
        answered(b"", status=302),
        answered(b"Error 500: ", status=500),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:12].decode()}",
)
async def test_what_is_no_answer_is_not_asked_for_again(bed: Bed, answer: Answered) -> None:
    bed.listener.will(answer)
    outcome = await bed.says()
    assert (outcome.verdict.kind, len(outcome.entries)) == ("response", 1)
    assert bed.complaints() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"ToUserName": "oSomebodyElse"},
        {"FromUserName": APPID},
        {"ToUserName": None},
        {"FromUserName": None},
        {"CreateTime": None},
        {"CreateTime": "today"},
        {"MsgType": None},
        {"MsgType": "markdown"},
        {"Content": ""},
        {"Content": None},
        {"MsgType": "image", "Image": {"MediaId": "unknown"}},
        {"MsgType": "news", "ArticleCount": 2, "Articles": {}},
    ],
    ids=str,
)
async def test_a_reply_with_a_wrong_element_fails(bed: Bed, changes: dict[str, Any]) -> None:
    bed.listener.will(bed.replies(lambda push: text_reply(push, **changes)))
    outcome = await bed.says()
    assert (outcome.verdict.kind, len(outcome.entries)) == ("response", 1)
    assert bed.screen()[1:] == [("system", "该公众号提供的服务出现故障，请稍后再试")]


@pytest.mark.parametrize("before", ["\ufeff", "\n", " ", "<?xml version='1.0'?>"])
async def test_a_reply_begins_with_its_first_byte(bed: Bed, before: str) -> None:
    bed.listener.will(bed.replies(lambda push: before.encode() + text_reply(push)))
    assert (await bed.says()).verdict.kind == "response"


async def test_safe_mode_takes_no_plain_reply() -> None:
    bed = Bed("safe")
    bed.listener.will(
        lambda query, body: text_reply(dict(bed.reader.open(query, body).fields)),
    )
    verdict = (await bed.says()).verdict
    assert (verdict.kind, bed.complaints()) == ("response", 1)
    assert "安全模式" in verdict.zh
    assert "safe mode" in verdict.en


async def test_plain_mode_takes_no_encrypted_reply(bed: Bed) -> None:
    other = Bed("safe")
    bed.listener.will(
        lambda query, body: other.reader.seal(text_reply(dict(bed.reader.open(query, body).fields)))
    )
    assert (await bed.says()).verdict.kind == "response"


@pytest.mark.parametrize(
    ("token", "key", "appid"),
    [("other1", KEY, APPID), (TOKEN, KEY[::-1], APPID), (TOKEN, KEY, "wx00000000000000bb")],
    ids=["token", "key", "appid"],
)
async def test_a_reply_sealed_for_somebody_else_fails(token: str, key: str, appid: str) -> None:
    bed = Bed("safe")

    def reply(query: Any, body: bytes) -> bytes:
        xml = text_reply(dict(bed.reader.open(query, body).fields))
        sealed = PushWriter(token, key, appid, "safe").seal(xml, START, "n1", "o")
        fields = read_xml(sealed.body)
        return write_xml(
            {
                "Encrypt": fields["Encrypt"],
                "MsgSignature": sealed.query["msg_signature"],
                "TimeStamp": START,
                "Nonce": "n1",
            }
        )

    bed.listener.will(reply)
    assert (await bed.says()).verdict.kind == "response"


async def test_nobody_waits_for_an_event_that_cannot_be_answered(bed: Bed) -> None:
    bed.listener.will("timeout")
    (entered,) = await bed.does(acts.enter(bed.world, bed.account, "alice", 31.2, 121.5))
    menus.set_default(bed.world, bed.account, [{"name": "页", "type": "view", "url": "https://a.example/"}])
    (viewed,) = await bed.does(acts.tap(bed.world, bed.account, "alice", [0], acts.Answer()))
    (left,) = await bed.does(acts.unfollow(bed.world, bed.account, "alice"))
    assert [outcome.verdict.kind for outcome in (entered, viewed, left)] == ["timeout"] * 3
    assert isinstance(bed.pushes()[0], ReportLocation)
    assert isinstance(bed.pushes()[-1], Unsubscribe)
    assert bed.complaints() == 0


async def test_somebody_waits_after_a_click_and_after_following(bed: Bed) -> None:
    bed.listener.will("timeout")
    menus.set_default(bed.world, bed.account, [{"name": "帮助", "type": "click", "key": "HELP"}])
    await bed.does(acts.tap(bed.world, bed.account, "alice", [0], acts.Answer()))
    assert bed.complaints() == 1
    await bed.does(acts.unfollow(bed.world, bed.account, "alice"))
    await bed.does(acts.follow(bed.world, bed.account, "alice"))
    assert bed.complaints() == 2


async def test_a_reply_to_an_event_that_cannot_be_answered_is_not_shown(bed: Bed) -> None:
    bed.listener.will(bed.replies(text_reply))
    (outcome,) = await bed.does(acts.enter(bed.world, bed.account, "alice", 31.2, 121.5))
    assert (outcome.verdict.ok, outcome.verdict.kind) == (True, "ignored")
    assert bed.screen() == []


async def test_a_text_that_is_too_long_does_not_arrive(bed: Bed) -> None:
    bed.listener.will(bed.replies(lambda push: text_reply(push, Content="长" * 683)))
    outcome = await bed.says()
    assert (outcome.verdict.kind, bed.screen()) == ("ignored", [("person", "在吗")])
    bed.listener.will(bed.replies(lambda push: text_reply(push, Content="长" * 682)))
    await bed.says()
    assert bed.screen()[-1] == ("account", "长" * 682)


async def test_without_an_address_nothing_goes_out() -> None:
    bed = Bed(url="")
    outcome = await bed.says()
    assert (outcome.verdict.kind, outcome.entries, bed.listener.requests) == ("no_url", [], [])
    assert bed.complaints() == 0


async def test_what_is_sent_again_is_the_same_message(bed: Bed) -> None:
    outcome = await bed.says("在吗")
    bed.clock.advance(minutes=10)
    await bed.platform.resend(bed.platform.traffic.find(outcome.entries[0]))
    first, again = bed.pushes()
    assert first == again
    stamps = [query_of(url).timestamp for _, url, _ in bed.listener.requests]
    assert stamps == [str(START), str(START + 600)]
    assert bed.listener.requests[0][1].startswith(URL)
