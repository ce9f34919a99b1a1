"""The structure rules for articles (文章结构规范): what can be told from the HTML alone.

Source: repository wechatjs/verify-article-structure-spec, commit of 2026-08-07. The rules
advise makers of editors; breaking them does not make draft/add fail. `MEASURED` names the rules that need a layout in a
browser at 375, 585 and 677 px; they are not checked here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from typing import Final

import msgspec

NESTING_LIMIT: Final = 10
"""The written specification; the public checker's code allows 15 (conflicting)."""
CHILDREN, EMPTY_CHILDREN = 20, 15
"""More children than the first, of which more than the second are empty (message of the checker)."""
ITEMS: Final = 50
"""Offending elements that are listed for one rule."""
SHOWN_LENGTH: Final = 2_000
"""Characters of an offending element that are shown."""
DEFAULT_FONT: Final = "mp-quote"
MEASURED: Final = (
    "line-height",
    "width",
    "height-nodisplay",
    "pre",
    "darkmode-low-contrast",
    "darkmode-no-gradient",
)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VOID: Final = _names("area base br col embed hr img input link meta source track wbr")
_MEDIA: Final = _names("iframe video audio img svg g a hr br path animatetransform")
"""Elements whose nesting is not counted; so are those whose names begin with `mp`."""
_INLINE: Final = _names(
    "a abbr b big br code del em font i img ins mark q s small span strike strong sub sup u svg"
)
_ANIMATIONS: Final = frozenset({"animate", "animatetransform", "animatemotion"})
_TRANSPARENT: Final = re.compile(r"rgba\(\s*0\s*,\s*0\s*,\s*0\s*,\s*0(\.0*)?\s*\)", re.IGNORECASE)
_ZERO: Final = re.compile(r"0+(\.0*)?(px)?", re.IGNORECASE)


class Item(msgspec.Struct, frozen=True, rename={"outer_html": "outerHTML"}):
    """One offending element, cut after `SHOWN_LENGTH` characters."""

    outer_html: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that is broken: its key in the answer of the open call, why it matters, and where."""

    rule: str
    zh: str
    en: str
    items: list[Item]
    advice: bool = False
    """Whether it is a hint only, which leaves the article valid."""


class _Node:
    """One element of the article."""

    def __init__(self, tag: str, attributes: dict[str, str], start: int, parent: _Node | None) -> None:
        self.tag, self.attributes, self.start, self.end, self.parent = tag, attributes, start, start, parent
        self.children: list[_Node] = []
        self.has_text = False
        """Whether it or anything in it holds words."""
        self.in_svg: bool = (
            tag == "svg" or attributes.get("data-mode") == "svg" or (parent is not None and parent.in_svg)
        )
        self.chain = 1
        """How many elements, itself included, are nested in the same way above it."""

    @property
    def style(self) -> dict[str, str]:
        pairs = (one.partition(":") for one in self.attributes.get("style", "").split(";"))
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    @property
    def is_official(self) -> bool:
        return self.tag.startswith("mp") or self.tag in ("img", "video", "iframe", "svg")


class _Reader(HTMLParser):
    """Builds the elements in document order; end tags that are missing are where the parent's is."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.nodes: list[_Node] = []
        self._open: list[_Node] = []
        self._html = html
        self._lines = [0, *(found.end() for found in re.finditer("\n", html))]
        self.feed(html)
        self.close()
        for node in self._open:
            node.end = len(html)

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, attrs)
        if tag not in _VOID:
            self._open.append(self.nodes[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, attrs)

    def _start(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = self._open[-1] if self._open else None
        node = _Node(tag, {name: value or "" for name, value in attrs}, self._at(), parent)
        node.end = node.start + len(self.get_starttag_text() or "")
        if parent is not None:
            parent.children.append(node)
        self.nodes.append(node)

    def handle_endtag(self, tag: str) -> None:
        depth = next((n for n in range(len(self._open) - 1, -1, -1) if self._open[n].tag == tag), None)
        if depth is None:
            return
        end = self._html.find(">", self._at()) + 1 or len(self._html)
        for node in self._open[depth:]:
            node.end = end
        del self._open[depth:]

    def handle_data(self, data: str) -> None:
        if data.strip():
            for node in reversed(self._open):
                if node.has_text:
                    break
                node.has_text = True


def _opacity(node: _Node) -> bool:
    return node.tag == "img" and bool(_ZERO.fullmatch(node.style.get("opacity", "")))


def _caret(node: _Node) -> bool:
    return node.has_text and bool(_TRANSPARENT.fullmatch(node.style.get("caret-color", "")))


def _height(node: _Node) -> bool:
    return node.has_text and not node.in_svg and bool(_ZERO.fullmatch(node.style.get("height", "")))


def _align(node: _Node) -> bool:
    return node.style.get("text-align", "").lower() in ("start", "end")


def _begin(node: _Node) -> bool:
    begin = node.attributes.get("begin", "")
    return node.tag in _ANIMATIONS and "touchstart" in begin and "click" not in begin


def _span_leaf(node: _Node) -> bool:
    parent = node.parent
    inside = parent is not None and parent.tag == "span" and "leaf" in parent.attributes
    return inside and node.tag not in _INLINE


def _node_leaf(node: _Node) -> bool:
    if node.tag != "section" or "nodeleaf" not in node.attributes:
        return False
    return node.has_text or len(node.children) != 1 or not node.children[0].is_official


def _redundant(node: _Node) -> bool:
    empty = sum(not (child.has_text or child.children or child.is_official) for child in node.children)
    return len(node.children) > CHILDREN and empty > EMPTY_CHILDREN


def _font(node: _Node) -> bool:
    first = node.style.get("font-family", "").partition(",")[0].strip("\"' ")
    return bool(first) and first.lower() != DEFAULT_FONT


_RULES: Final[tuple[tuple[str, Callable[[_Node], bool], str, str], ...]] = (
    (
        "opacity",
        _opacity,
        "图片设了 opacity: 0，以后不能在后台替换",
        "an img with opacity 0 can't be replaced in the console",
    ),
    (
        "caret-color",
        _caret,
        "caret-color 完全透明，作者看不到光标",
        "a transparent caret-color hides the author's cursor",
    ),
    (
        "height",
        _height,
        "高度为 0 的元素里有文字，手机上看不到",
        "text in an element of height 0 is invisible on phones",
    ),
    (
        "text-align",
        _align,
        "text-align 不要用 start、end：各设备显示不同",
        "text-align start or end differs between devices",
    ),
    (
        "animate-begin",
        _begin,
        "动画的 begin 只有 touchstart，电脑上不能开始：加上 click",
        "an animation that begins on touchstart alone can't be started on a PC: add click",
    ),
    (
        "span-leaf",
        _span_leaf,
        "<span leaf> 里只能有文字和行内元素",
        "only text and inline elements belong into <span leaf>",
    ),
    (
        "node-leaf",
        _node_leaf,
        "<section nodeleaf> 里只能有一个图片、视频或官方组件",
        "<section nodeleaf> holds exactly one picture, video or official component",
    ),
    ("redundant-node", _redundant, "空节点太多，会被清除", "very many empty elements, which are removed"),
)
_FONT_ADVICE: Final = (
    "font-family",
    "建议不设字体，或以默认字体开头",
    "better set no font, or begin with the default stack",
)
_NESTING: Final = (
    "nestNodes",
    "同样的元素嵌套过深，多余的层会被去掉",
    "the same element nested too deeply: surplus layers go",
)


def check(html: str, *, nesting: int = NESTING_LIMIT) -> list[Finding]:
    """What an article's HTML breaks of the rules that can be told from its text; empty when nothing was found.

    `nesting` is how deep elements of the same kind may be nested.
    """
    nodes = _Reader(html).nodes
    found = [_finding(html, rule, zh, en, filter(broken, nodes)) for rule, broken, zh, en in _RULES]
    found.append(_finding(html, *_NESTING, _too_deep(nodes, nesting)))
    found.append(_finding(html, *_FONT_ADVICE, filter(_font, nodes), advice=True))
    return [one for one in found if one.items]


def is_valid(findings: Iterable[Finding]) -> bool:
    """Whether nothing but advice was found."""
    return all(one.advice for one in findings)


def _finding(
    html: str, rule: str, zh: str, en: str, nodes: Iterable[_Node], *, advice: bool = False
) -> Finding:
    items = [Item(_shown(html[node.start : node.end])) for _, node in zip(range(ITEMS), nodes, strict=False)]
    return Finding(rule=rule, zh=zh, en=en, items=items, advice=advice)


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"


def _too_deep(nodes: Iterable[_Node], limit: int) -> Iterator[_Node]:
    """The elements at which a chain of like elements, each its parent's only child, passes the limit."""
    for node in nodes:
        parent = node.parent
        if parent is not None and len(parent.children) == 1 and _alike(parent, node):
            node.chain = parent.chain + 1
        if node.chain == limit + 1:
            yield node


def _alike(parent: _Node, child: _Node) -> bool:
    counted = child.tag not in _MEDIA and not child.tag.startswith("mp")
    return (
        counted
        and parent.tag == child.tag
        and parent.attributes.get("style") == child.attributes.get("style")
    )
