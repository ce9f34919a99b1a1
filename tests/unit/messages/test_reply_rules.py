"""Whether a reply reaches the user, and what the developer is told when it does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gongzhong.messages import (
    TEXT_MAX_BYTES,
    Article,
    ImageReply,
    MusicReply,
    NewsReply,
    Push,
    Reply,
    Text,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
    articles_allowed,
    parse,
    reply_problem,
)
from gongzhong.wire import Fields

EventMaker = Callable[..., Push]
PUSH = Text(to_user_name="gh_1", from_user_name="o1", create_time=1, content="hi", msg_id=1)


def reason(reply: Reply, push: Push = PUSH) -> str | None:
    problem = reply_problem(reply, push)
    return problem.reason if problem else None


@pytest.mark.parametrize(
    "reply",
    [
        TextReply("ok"),
        ImageReply("m"),
        VideoReply("m"),
        MusicReply("t"),
        NewsReply([Article("a")]),
        TransferReply(),
        TransferReply("anna@shopid"),
    ],
)
def test_ordinary_replies_are_fine(reply: Reply) -> None:
    assert reply_problem(reply, PUSH) is None


@pytest.mark.parametrize(
    "reply",
    [
        TextReply(""),
        ImageReply(""),
        VoiceReply(""),
        VideoReply("", title="t"),
        MusicReply(""),
        NewsReply([]),
        TransferReply(""),
    ],
)
def test_an_empty_reply_is_a_failure(reply: Reply) -> None:
    problem = reply_problem(reply, PUSH)
    assert problem is not None
    assert (problem.reason, problem.delivered) == ("empty", False)


def test_the_limit_counts_bytes_not_characters() -> None:
    assert reason(TextReply("a" * TEXT_MAX_BYTES)) is None
    assert reason(TextReply("a" * (TEXT_MAX_BYTES + 1))) == "too_long"
    assert reason(TextReply("好" * (TEXT_MAX_BYTES // 3))) is None
    problem = reply_problem(TextReply("好" * (TEXT_MAX_BYTES // 3 + 1)), PUSH)
    assert problem is not None
    assert (problem.reason, problem.delivered) == ("too_long", False)
    assert "2049" in problem.text("zh")
    assert "2049" in problem.text("en")


def test_a_lone_surrogate_is_counted_not_raised() -> None:
    assert reason(TextReply("\ud800")) is None


def test_how_many_articles(event: EventMaker, message_sample: Fields) -> None:
    message = parse(message_sample)
    one = message.msg_type in {"text", "image", "voice", "video", "link", "location"}
    assert articles_allowed(message) == (1 if one else 8)
    assert articles_allowed(event("CLICK", EventKey="K")) == 8
    assert articles_allowed(event("subscribe")) == 8


def test_too_many_articles_are_cut_not_refused(event: EventMaker) -> None:
    two, nine = NewsReply([Article("a")] * 2), NewsReply([Article("a")] * 9)
    problem = reply_problem(two, PUSH)
    assert problem is not None
    assert (problem.reason, problem.delivered) == ("too_many_articles", True)
    click = event("CLICK", EventKey="K")
    assert reason(two, click) is None
    assert reason(NewsReply([Article("a")] * 8), click) is None
    assert reason(nine, click) == "too_many_articles"


@pytest.mark.parametrize("name", ["unsubscribe", "kf_create_session", "new_thing"])
def test_events_that_may_not_be_answered(event: EventMaker, name: str) -> None:
    problem = reply_problem(TextReply("a"), event(name, KfAccount="a@b"))
    assert problem is not None
    assert (problem.reason, problem.delivered) == ("not_answerable", False)
    assert name in problem.zh


def test_not_being_answerable_comes_first(event: EventMaker) -> None:
    assert reason(TextReply(""), event("unsubscribe")) == "not_answerable"


def test_events_should_not_be_handed_to_agents(event: EventMaker) -> None:
    problem = reply_problem(TransferReply(), event("CLICK", EventKey="K"))
    assert problem is not None
    assert (problem.reason, problem.delivered) == ("transfer_of_event", True)


def test_the_language_follows_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = reply_problem(TextReply(""), PUSH)
    assert problem is not None
    monkeypatch.setenv("GONGZHONG_LANG", "en")
    assert problem.text() == problem.en
    monkeypatch.delenv("GONGZHONG_LANG")
    assert problem.text() == problem.zh
