"""What stays of an article: what the editor and formatters of WeChat write; nothing that acts or covers the page.

新增草稿 (scripts removed, pictures from uploadimg only); reports of developers for SVG, cards and styles.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.platform.world.article_text import cleaned
from gongzhong.testing import LocalPlatform

from ..scenario.conftest import Browser, Magazine

OWN = "http://mmbiz.qpic.cn/mmbiz_png/abc/0"
CARD = (
    '<mp-miniprogram data-miniprogram-appid="wx0f1e2d3c4b5a6978" data-miniprogram-path="pages/i" '
    'data-miniprogram-title="t"></mp-miniprogram>'
)
DRAWN = (
    '<svg viewBox="0 0 8 8" width="100%"><linearGradient gradientUnits="userSpaceOnUse"><stop offset="0"></stop>'
    '</linearGradient><rect width="8" height="8" fill="red"></rect></svg>'
)
MOVING = (
    '<svg viewBox="0 0 8 8"><g><rect width="8"></rect><animate attributeName="opacity" begin="click" values="1;0" '
    'dur="1s"></animate><animateTransform attributeName="transform" type="scale" to="2"></animateTransform>'
    '<set attributeName="visibility" to="hidden"></set></g></svg>'
)


def clean(html: str) -> str:
    return cleaned(html, lambda address: address == OWN)


@pytest.mark.parametrize(
    "html",
    [
        CARD,
        DRAWN,
        MOVING,
        f'<section style="color:red;background-image:url({OWN})">x</section>',
        '<section style="width:50%;margin:0 auto;transform:rotate(3deg);display:flex" data-tool="editor">x</section>',
        '<span leaf="">x</span>',
        f'<svg><foreignObject width="9" height="9"><img src="{OWN}"></foreignObject></svg>',
    ],
)
def test_what_wechat_keeps_stays(html: str) -> None:
    assert clean(html) == html


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ('<svg id="a"><rect id="b"></rect></svg>', "<svg><rect></rect></svg>"),
        ('<p style="color:red;background:url(http://evil.example/x)">x</p>', '<p style="color:red">x</p>'),
        ('<p style="color:red;position:fixed;top:0">x</p>', '<p style="color:red;top:0">x</p>'),
        ('<p style="position : ABSOLUTE;color:red">x</p>', '<p style="color:red">x</p>'),
        ('<p style="posi/**/tion:fixed;color:red">x</p>', '<p style="color:red">x</p>'),
        (r'<p style="p\6fsition:fixed;color:red">x</p>', '<p style="color:red">x</p>'),
        ('<svg><script>1</script><rect onclick="x()"></rect></svg>', "<svg><rect></rect></svg>"),
        ('<svg><a href="javascript:x()">a</a></svg>', "<svg><a>a</a></svg>"),
        (
            '<svg><set attributeName="href" to="javascript:x()"/></svg>',
            '<svg><set to="javascript:x()"></set></svg>',
        ),
        ('<svg><animate attributeName="onclick" to="x()"/></svg>', '<svg><animate to="x()"></animate></svg>'),
        ('<g data-smil="script"></g>', ""),
        ('<svg><image href="http://evil.example/x.png"></image></svg>', "<svg><image></image></svg>"),
        (f'<p>1</p><img alt="a>b" src="{OWN}"><img alt="a>b">', f'<p>1</p><img alt="a&gt;b" src="{OWN}">'),
        ("<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>", ""),
        ("<svg><style><img src=x onerror=alert(1)></style></svg>", "<svg></svg>"),
    ],
)
def test_what_acts_or_loads_goes(html: str, kept: str) -> None:
    assert clean(html) == kept


PIECES = st.sampled_from(
    [
        "<svg>",
        "</svg>",
        "<animate ",
        "<set ",
        "attributeName=href ",
        'to="javascript:x"',
        ">",
        "/>",
        "<p ",
        "style='",
        "position:fixed",
        ";",
        "'",
        '"',
        "<script>",
        "</script>",
        "onload=x ",
        "<img src=x ",
        "<foreignObject>",
        "<style>",
        "<!--",
        "-->",
        "<math>",
        "<mtext>",
        "<g data-smil=set",
        "url(",
        "\\",
        "/*",
        "*/",
        "<a href=javascript:x>",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_nothing_acts_whatever_comes(html: str) -> None:
    kept = clean(html)
    assert clean(kept) == kept
    tags = re.findall(r'<[a-zA-Z][^\s>]*(?: [\w:-]+="[^"]*")*>', kept)
    assert not re.search(r"<(script|style|iframe|object)", "".join(tags), re.IGNORECASE)
    for tag in tags:
        assert not re.search(r' on\w+="|(?:href|src)="\s*javascript|style="[^"]*position:fixed', tag)


def test_the_page_contains_whatever_is_laid_out_in_it(magazine: Magazine) -> None:
    address = magazine.address(magazine.article(content='<p style="margin-top:-900px;z-index:9">x</p>'))
    page = Browser(magazine.platform, "").text(address)
    (rule,) = re.findall(r"article\{([^}]*)\}article h1", page.replace("\n", ""))
    # Layout containment makes the article the block that fixed and absolute boxes stand in; paint containment cuts.
    assert "contain:layout paint" in rule
    assert "isolation:isolate" in rule


@pytest.fixture
def magazine(platform: LocalPlatform) -> Magazine:
    return Magazine(platform)
