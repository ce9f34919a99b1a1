"""What is kept of an article's HTML: the words and their shape; nothing that runs, nothing from elsewhere."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.platform.world.article_text import (
    DIGEST_LENGTH,
    cleaned,
    digest_of,
    local_pictures,
    picture_id,
    text_of,
)

OWN = "http://mmbiz.qpic.cn/mmbiz_png/abc-1_/0?wx_fmt=png"


def clean(html: str) -> str:
    return cleaned(html, lambda address: address == OWN)


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>你好 <b>世界</b></p>", "<p>你好 <b>世界</b></p>"),
        ('<p style="color:red" onclick="x()">a</p>', '<p style="color:red">a</p>'),
        ("a<script>alert(1)</script>b", "ab"),
        ("a<style>p{}</style>b<iframe src=x>c</iframe>d", "abd"),
        ("<svg><script>x</script></svg>a", "<svg></svg>a"),
        (f'<img src="{OWN}">', f'<img src="{OWN}">'),
        ('<img src="https://elsewhere/x.png">a', "a"),
        ('<img src="data:image/png;base64,AAAA">', ""),
        ('<a href="javascript:x()">a</a>', "<a>a</a>"),
        ('<a href=" java&#115;cript:x()">a</a>', "<a>a</a>"),
        (
            '<a href="https://example.com/?a=1&amp;b=2">a</a>',
            '<a href="https://example.com/?a=1&amp;b=2">a</a>',
        ),
        ('<p style="background:url(//x)">a</p>', "<p>a</p>"),
        ("<unknown>a</unknown>", "a"),
        ("<p>a", "<p>a</p>"),
        ("<p><b>a</p>b", "<p><b>a</b></p><b>b</b>"),
        ("</p>a", "<p></p>a"),
        ("a < b &lt;script&gt; & c", "a &lt; b &lt;script&gt; &amp; c"),
        ("<!-- x -->a", "a"),
        ("<embed src=x>a<input>b", "ab"),
        ("<br/>a<hr>", "<br>a<hr>"),
    ],
)
def test_what_stays(html: str, kept: str) -> None:
    assert clean(html) == kept


@given(st.text(alphabet="<>/\"'= abcimgsrconlkpty&;:#!-[]?", max_size=80))
def test_cleaning_twice_changes_nothing_and_nothing_runs(html: str) -> None:
    once = clean(html)
    assert clean(once) == once
    assert "<script" not in once.lower()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=60))
def test_plain_words_survive(words: str) -> None:
    kept = clean(f"<p>{escape(words)}</p>")
    assert text_of(kept).split() == words.split()


def test_words_and_digest() -> None:
    assert text_of("<h1>标题</h1><p>正文<b>很</b>重要</p>") == "标题 正文很重要"
    assert digest_of(f"<p>{'字' * 100}</p>") == "字" * DIGEST_LENGTH


def test_pictures_have_ids_and_a_place_here() -> None:
    assert picture_id(OWN) == "abc-1_"
    assert picture_id("https://elsewhere/mmbiz_png/abc/0") is None
    assert local_pictures(f'<img src="{OWN}">') == '<img src="/mmbiz_png/abc-1_/0?wx_fmt=png">'
