"""One push on its way: sealed, tried, answered, and what the person sees of it."""

from __future__ import annotations

from typing import get_args

import pytest

from gongzhong.account import Encryption
from gongzhong.messages import TemplateSendJobFinish, parse
from gongzhong.platform.world import acts, chats, media
from gongzhong.platform.world.refusal import BadInput
from gongzhong.wire import matches, read_xml

from ..conftest import PNG
from .conftest import ORIGINAL_ID, TOKEN, URL, Bed

pytestmark = pytest.mark.anyio
MODES: tuple[Encryption, ...] = get_args(Encryption)
FAILURE = ("platform", chats.FAILURE_LINE)


async def test_the_request_that_arrives(bed: Bed) -> None:
    await bed.says("你好 <&]]>")
    (arrived,) = bed.server.arrived
    assert (arrived.method, arrived.timeout_s) == ("POST", 5)
    assert arrived.url.startswith(f"{URL}&")
    query = arrived.query
    assert query["shop"] == "1"
    assert matches(query["signature"], TOKEN, query["timestamp"], query["nonce"])
    assert query["openid"] == bed.openid
    fields = read_xml(arrived.body)
    assert (fields["ToUserName"], fields["FromUserName"]) == (ORIGINAL_ID, bed.openid)
    assert (fields["Content"], fields["MsgType"]) == ("你好 <&]]>", "text")
    assert int(str(fields["MsgId"])) > 2**53
    assert fields["CreateTime"] == str(int(bed.clock.now()))


@pytest.mark.parametrize("mode", MODES)
async def test_each_mode_is_sealed_as_the_application_expects(bed: Bed, mode: Encryption) -> None:
    bed.change(encryption=mode)
    await bed.says("你好")
    (arrived,) = bed.server.arrived
    assert bed.opened(arrived, mode).fields["Content"] == "你好"
    outside = read_xml(arrived.body)
    assert ("Encrypt" in outside, "Content" in outside) == (mode != "plain", mode != "safe")
    assert (
        ("msg_signature" in arrived.query)
        == (arrived.query.get("encrypt_type") == "aes")
        == (mode != "plain")
    )


@pytest.mark.parametrize("mode", MODES)
async def test_a_reply_in_the_right_wrapping_is_shown(bed: Bed, mode: Encryption) -> None:
    bed.change(encryption=mode)
    bed.server.says = [bed.sealed(mode)]
    assert (await bed.says()).verdict.kind == "replied"
    assert bed.screen[-1] == ("passive", "好")


@pytest.mark.parametrize("silence", ["timeout", "connect", "dns"])
async def test_silence_is_repeated_three_times_in_all(bed: Bed, silence: str) -> None:
    bed.change(encryption="safe")
    bed.server.says = [silence]  # type: ignore[list-item]
    outcome = await bed.says()
    assert outcome.verdict.kind == silence
    assert len(outcome.entries) == len(bed.server.arrived) == 3
    bodies = {bed.opened(arrived, "safe").xml for arrived in bed.server.arrived}
    assert len(bodies) == 1
    assert len({arrived.query["nonce"] for arrived in bed.server.arrived}) == 3
    assert len({arrived.query["msg_signature"] for arrived in bed.server.arrived}) == 3
    assert bed.screen[-1] == FAILURE


async def test_the_attempt_that_is_answered_is_the_last(bed: Bed) -> None:
    bed.server.says = ["timeout", bed.reply()]
    outcome = await bed.says()
    assert (outcome.verdict.kind, len(outcome.entries)) == ("replied", 2)
    assert bed.screen[-1] == ("passive", "好")
    entries = [bed.platform.traffic.find(seq) for seq in outcome.entries]
    assert [(one.attempt, one.of, one.verdict.kind) for one in entries] == [
        (1, 3, "timeout"),
        (2, 3, "replied"),
    ]


@pytest.mark.parametrize("status", [500, 502, 404, 302, 201, 204])
async def test_a_wrong_answer_is_not_repeated(bed: Bed, status: int) -> None:
    bed.server.says = [status]
    outcome = await bed.says()
    assert (outcome.verdict.kind, len(bed.server.arrived)) == ("response", 1)
    assert str(status) in outcome.verdict.zh
    assert bed.screen[-1] == FAILURE


@pytest.mark.parametrize("nothing", [b"success", b""])
async def test_success_and_nothing_show_nothing(bed: Bed, nothing: bytes) -> None:
    bed.server.says = [nothing]
    before = bed.screen
    assert (await bed.says()).verdict.kind == "accepted"
    assert bed.screen == [*before, ("message", "在吗")]


async def test_the_grey_line_only_where_a_person_waits(bed: Bed) -> None:
    bed.server.says = [500]
    told = TemplateSendJobFinish(
        to_user_name=ORIGINAL_ID, from_user_name=bed.openid, create_time=1, msg_id=1, status="success"
    )
    before = bed.screen
    for person in (None, "alice"):
        assert not (await bed.platform.push(bed.account, told, person)).verdict.ok
    assert bed.screen == before
    bed.server.says = [bed.reply()]
    assert (await bed.platform.push(bed.account, told, "alice")).verdict.kind == "ignored"
    assert bed.screen == before
    bed.server.says = [500]
    await bed.platform.carry_out(acts.unfollow(bed.world, bed.account, "alice"), wait=True)
    assert FAILURE not in bed.screen


async def test_nobody_to_push_to(bed: Bed) -> None:
    bed.change(url="")
    outcome = await bed.says()
    assert (outcome.verdict.kind, outcome.entries, bed.server.arrived) == ("no_url", [], [])
    assert FAILURE not in bed.screen


async def test_a_reply_with_a_file_needs_one_of_its_own(bed: Bed) -> None:
    ours = media.keep(bed.world, bed.account, "image", PNG)
    image = "<MsgType>image</MsgType><Image><MediaId>{}</MediaId></Image>"
    bed.server.says = [bed.reply(image.format(ours.media_id))]
    assert (await bed.says()).verdict.kind == "replied"
    bed.server.says = [bed.reply(image.format("another"))]
    outcome = await bed.says()
    assert (outcome.verdict.kind, bed.screen[-1]) == ("response", FAILURE)
    assert "another" in outcome.verdict.zh
    bed.clock.advance(days=3)
    bed.server.says = [bed.reply(image.format(ours.media_id))]
    assert (await bed.says()).verdict.kind == "response"


async def test_a_resent_push_is_the_same_with_a_new_signature(bed: Bed) -> None:
    bed.change(encryption="compatible")
    outcome = await bed.says()
    bed.clock.advance(60)
    await bed.platform.resend(bed.platform.traffic.find(outcome.entries[0]))
    first, again = bed.server.arrived
    assert bed.opened(first, "compatible").xml == bed.opened(again, "compatible").xml
    assert first.query["nonce"] != again.query["nonce"]
    assert parse(bed.opened(again, "compatible").fields).openid == bed.openid


async def test_only_pushes_are_sent_again(bed: Bed) -> None:
    bed.server.says = [b"echo"]
    outcome = await bed.says()
    entry = bed.platform.traffic.find(outcome.entries[0])
    entry.kind = "api"
    with pytest.raises(BadInput, match="推送"):
        await bed.platform.resend(entry)
