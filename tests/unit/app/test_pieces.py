"""Cutting and joining loses nothing, and cuts where a reader would."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.app.pieces import (
    MOST_ANSWER_BYTES,
    Piece,
    added,
    checked,
    first_message,
    split_text,
)
from gongzhong.messages import TEXT_MAX_BYTES, Article, ImageReply, NewsReply, Reply, TextReply

MORE = "（还有）"
PROSE = st.text(st.sampled_from(list("我们说，。！？ab \n<>/\U0001f600\u200d\u0301")), max_size=400)


def text(content: str) -> TextReply:
    return TextReply(content=content)


@given(PROSE | st.text(st.characters(exclude_categories=["Cs"])), st.integers(8, 40))
def test_parts_make_the_text_again_and_none_is_too_long(content: str, most: int) -> None:
    parts = split_text(content, most)
    assert "".join(parts) == content
    assert all(len(part.encode()) <= most for part in parts)
    assert all(parts) or not content


def test_a_short_text_is_one_part() -> None:
    assert split_text("字" * 682) == ["字" * 682]
    assert [len(part) for part in split_text("字" * 683)] == [682, 1]


@pytest.mark.parametrize(
    ("content", "most", "parts"),
    [
        ("第一段很长很长。\n\n第二段很长", 36, ["第一段很长很长。\n\n", "第二段很长"]),
        ("甲乙丙丁戊己庚。辛壬癸子丑寅", 30, ["甲乙丙丁戊己庚。", "辛壬癸子丑寅"]),
        ("甲乙丙丁戊己庚辛，壬癸子丑寅", 30, ["甲乙丙丁戊己庚辛，", "壬癸子丑寅"]),
        ("the quick brown fox jumps", 20, ["the quick brown fox ", "jumps"]),
        ("Version 3.14 is out, at 12:30 sharp", 14, ["Version 3.14 ", "is out, at ", "12:30 sharp"]),
        ('甲乙丙<a href="https://a.cn/">链接</a>', 40, ["甲乙丙", '<a href="https://a.cn/">链接</a>']),
        ("看这里 https://example.com/a/b?c=d 吧", 34, ["看这里 ", "https://example.com/a/b?c=d 吧"]),
        ("甲乙👨‍👩‍👧丙", 22, ["甲乙", "👨‍👩‍👧丙"]),
        ("甲乙丙🇨🇳🇯🇵", 15, ["甲乙丙", "🇨🇳", "🇯🇵"]),
        ("aaaae\u0301b", 6, ["aaaa", "e\u0301b"]),
    ],
)
def test_a_text_is_cut_where_a_reader_would_cut(content: str, most: int, parts: list[str]) -> None:
    assert split_text(content, most) == parts


def test_a_link_longer_than_a_message_is_cut_all_the_same() -> None:
    content = '<a href="https://example.com/">' + "很" * 1000 + "</a>"
    parts = split_text(content)
    assert "".join(parts) == content
    assert all(len(part.encode()) <= TEXT_MAX_BYTES for part in parts)


def test_half_an_emoji_is_replaced_and_a_pair_in_two_halves_is_one() -> None:
    assert checked(text("好\ud83d")) == text("好\ufffd")
    assert checked(text("\ud83d\ude00")) == text("\U0001f600")
    news = NewsReply(articles=[Article(title="a\ud83d")])
    assert checked(news) == NewsReply(articles=[Article(title="a\ufffd")])
    assert checked(Piece(content="\udc00")) == Piece(content="\ufffd")


@pytest.mark.parametrize(
    "reply",
    [
        TextReply(content=5),
        TextReply(content=None),
        ImageReply(media_id=None),
        NewsReply([Article(title=None)]),
    ],  # type: ignore[arg-type]
)
def test_a_field_of_the_wrong_type_is_the_handlers_mistake(reply: Reply) -> None:
    with pytest.raises(TypeError):
        checked(reply)


@pytest.mark.parametrize("content", ["x" * (MOST_ANSWER_BYTES + 1), "字" * (MOST_ANSWER_BYTES // 2)])
def test_an_endless_answer_is_refused_in_words(content: str) -> None:
    with pytest.raises(ValueError, match="100000"):
        checked(text(content))


def test_neighbouring_texts_join_where_they_fit() -> None:
    image, long = ImageReply(media_id="m"), text("x" * 2040)
    replies: tuple[Reply, ...] = (text("一"), text("二"), image, long, text("三四五"))
    messages: list[Reply | None] = []
    while replies:
        message, replies = first_message(replies)
        messages.append(message)
    assert messages == [text("一\n\n二"), image, long, text("三四五")]


def test_articles_go_as_many_at_a_time_as_a_message_holds() -> None:
    articles = [Article(title=str(number)) for number in range(10)]
    news = NewsReply(articles=articles)
    assert first_message((news,)) == (NewsReply(articles=articles[:1]), (NewsReply(articles=articles[1:]),))
    assert first_message((news,), articles=8)[1] == (NewsReply(articles=articles[8:]),)


def test_nothing_to_say_is_nothing() -> None:
    assert first_message(()) == (None, ())


def test_pieces_run_on_and_texts_stand_apart() -> None:
    replies: tuple[Reply, ...] = ()
    for reply in (Piece(content="今"), Piece(content="天"), text("完"), Piece(content="再")):
        replies = added(replies, reply)
    assert replies == (Piece(content="今天"), text("完"), Piece(content="再"))


def test_a_growing_text_is_cut_behind_its_last_sentence() -> None:
    growing = (Piece(content="第一句。第二句！第三"),)
    assert first_message(growing, growing=True) == (text("第一句。第二句！"), (Piece(content="第三"),))
    assert first_message((Piece(content="半句"),), growing=True) == (None, (Piece(content="半句"),))
    assert first_message((Piece(content="半句"),)) == (text("半句"), ())


def test_what_remains_is_announced_within_the_limit() -> None:
    message, rest = first_message((text("字" * 1000),), more=MORE)
    assert isinstance(message, TextReply)
    assert message.content.endswith(MORE)
    assert len(message.content.encode()) <= TEXT_MAX_BYTES
    assert rest
    assert first_message((text("短"),), more=MORE) == (text("短"), ())
    assert first_message((text("短"),), more=MORE, unfinished=True)[0] == text(f"短\n\n{MORE}")


@given(st.lists(st.text(st.sampled_from("字ab。 \n"), min_size=1, max_size=1500), max_size=6), st.booleans())
def test_every_message_fits_and_together_they_are_everything(words: list[str], several: bool) -> None:
    replies: tuple[Reply, ...] = tuple(Piece(content=word) for word in words)
    said: list[Any] = []
    while replies:
        message, replies = first_message(replies, several=several)
        said.append(message)
    assert all(len(message.content.encode()) <= TEXT_MAX_BYTES for message in said)
    assert "".join(message.content for message in said).replace("\n", "") == "".join(words).replace("\n", "")
