"""Cutting and joining loses nothing and cuts no character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gongzhong.app.pieces import joined, passive, pieces, split_text
from gongzhong.messages import Article, ImageReply, NewsReply, TextReply

from .conftest import click, text


@given(st.text(), st.integers(4, 40))
def test_parts_make_the_text_again_and_none_is_too_long(content: str, most: int) -> None:
    parts = split_text(content, most)
    assert "".join(parts) == content.encode(errors="replace").decode()
    assert all(len(part.encode()) <= most for part in parts)


def test_a_short_text_is_one_part() -> None:
    assert split_text("字" * 682) == ["字" * 682]
    assert [len(part) for part in split_text("字" * 683)] == [682, 1]


def test_half_a_character_is_shown_as_such() -> None:
    assert split_text("a\ud800") == ["a?"]


def test_neighbouring_texts_join_where_they_fit() -> None:
    image = ImageReply(media_id="m")
    long = TextReply(content="x" * 2040)
    replies = [TextReply(content="一"), TextReply(content="二"), image, long, TextReply(content="三四五")]
    assert joined(replies) == [TextReply(content="一\n\n二"), image, long, TextReply(content="三四五")]


def test_articles_go_one_at_a_time_through_customer_service() -> None:
    articles = [Article(title=str(number)) for number in range(3)]
    assert pieces(NewsReply(articles=articles)) == [NewsReply(articles=[article]) for article in articles]


def test_an_event_takes_eight_articles() -> None:
    articles = [Article(title=str(number)) for number in range(10)]
    now, later = passive(click("K"), [NewsReply(articles=articles)])
    assert now == NewsReply(articles=articles[:8])
    assert later == [NewsReply(articles=articles[8:])]


def test_nothing_to_say_is_nothing() -> None:
    assert passive(text("?"), []) == (None, [])
