"""What WeChat keeps of the HTML of an article (新增草稿: scripts are removed, pictures must come from uploadimg).

Kept: text, tables, the cards of mini programs, accounts and products, inline SVG with its animations, inline styles.
Removed: scripts and everything that acts, ids, forms, frames, foreign pictures, and of a style only the declarations
that load something or take the element out of the page's flow. nh3 parses and writes the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Final

import nh3

from ... import facts

PICTURE_HOST: Final = re.compile(r"https?://mmbiz\.qpic\.cn/(mmbiz\w*/([\w-]+)/\d+)", re.IGNORECASE)

PICTURE_ADDRESS: Final = re.compile(r"https?://mmbiz\.qpic\.cn/", re.IGNORECASE)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KEPT: Final = _names(
    "a abbr b big blockquote br caption center cite code col colgroup dd del div dl dt em figcaption figure font "
    "h1 h2 h3 h4 h5 h6 hr i img ins li mark ol p pre q ruby rp rt s section small span strike strong sub sup "
    "table tbody td tfoot th thead tr u ul mp-common-product mp-common-profile mp-common-miniprogram mp-miniprogram "
    "mp-common-mpaudio mp-common-poi mp-common-qqmusic mp-style-type "
    "svg g path rect circle ellipse line polyline polygon text tspan textPath image defs linearGradient "
    "radialGradient stop clipPath mask pattern foreignObject"
)
_SILENT: Final = _names(
    "script style iframe object applet form noscript template math title head textarea select button "
    "video audio canvas"
)
_BLOCKS: Final = _names("p div section br li tr h1 h2 h3 h4 h5 h6 blockquote")
_ATTRIBUTES: Final = _names(
    "style class align width height href src alt title colspan rowspan border cellpadding cellspacing "
    "color size face start type valign bgcolor leaf nodeleaf "
    "viewBox preserveAspectRatio xmlns version x y x1 x2 y1 y2 cx cy r rx ry fx fy d points dx dy offset transform "
    "fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-dasharray "
    "stroke-dashoffset opacity stop-color stop-opacity gradientUnits gradientTransform spreadMethod clip-rule "
    "font-size font-family font-weight text-anchor dominant-baseline letter-spacing pointer-events visibility "
    "patternUnits patternTransform maskUnits overflow display "
    "attributeName values dur begin end from to by repeatCount repeatDur restart calcMode keyTimes keySplines "
    "keyPoints additive accumulate path rotate min max"
)
_ADDRESS: Final = re.compile(r"\s*(https?://|#|/)", re.IGNORECASE)
_ANIMATED_FOREVER: Final = re.compile(r"\s*(xlink:)?(href|on\w*|style)\s*", re.IGNORECASE)
"""Attributes that no animation may set."""

_ANIMATION: Final = re.compile(r"<(/?)(animate|animateTransform|animateMotion|set)(?=[\s/>])", re.IGNORECASE)
_HELD: Final = re.compile(r'<g data-smil="(\w+)"((?: [\w:-]+="[^"]*")*)></g>')
_ANIMATIONS: Final = {name.lower(): name for name in ("animate", "animateTransform", "animateMotion", "set")}
"""nh3 knows no animations: they pass through it as groups with a mark. It writes `"` inside a value as an entity, so
the mark can't be imitated in one."""
_NO_PICTURE: Final = re.compile(r'<img(?!(?: [\w:-]+="[^"]*")*? (?:data-)?src=)(?: [\w:-]+="[^"]*")*>')

_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_DECLARATION: Final = re.compile(r"""(?:[^;"'()]|"[^"]*"|'[^']*'|\([^()]*\)|\((?:[^()]|\([^()]*\))*\))+""")
_ACTIVE: Final = re.compile(
    r"expression|javascript|vbscript|@import|behavior|-moz-binding|image-set|element\s*\(|\\"
    r"|^\s*position\s*:\s*(fixed|absolute|sticky)",
    re.IGNORECASE,
)
_LOADED: Final = re.compile(r"""(?:url|src)\s*\(\s*["']?\s*([^)]*)\)""", re.IGNORECASE)

DIGEST_LENGTH: Final = facts.ARTICLE_DIGEST_MADE_LENGTH


def cleaned(html: str, own_picture: Callable[[str], bool]) -> str:
    """The part of an article that is kept; `own_picture` says whether an address belongs to the account."""

    def stays(tag: str, name: str, value: str) -> str | None:
        if name in ("src", "data-src") or (name == "href" and tag == "image"):
            return value if own_picture(value) else None
        if name == "href":
            return value if _ADDRESS.match(value) else None
        if name == "style":
            return style_kept(value) or None
        if name == "attributeName":
            return None if _ANIMATED_FOREVER.fullmatch(value) else value
        return None if name == "data-smil" and value not in _ANIMATIONS else value

    marked = _ANIMATION.sub(_as_group, html)
    kept = nh3.clean(
        marked,
        tags=set(_KEPT),
        clean_content_tags=set(_SILENT),
        attributes={"*": set(_ATTRIBUTES)},
        generic_attribute_prefixes={"data-"},
        attribute_filter=stays,
        link_rel=None,
    )
    return _NO_PICTURE.sub("", _HELD.sub(_as_animation, kept))


def _as_group(found: re.Match[str]) -> str:
    return "</g" if found[1] else f'<g data-smil="{found[2].lower()}"'


def _as_animation(found: re.Match[str]) -> str:
    name = _ANIMATIONS[found[1]]
    return f"<{name}{found[2]}></{name}>"


def style_kept(style: str) -> str:
    """An inline style without the declarations that load, act, or lay the element over the page."""
    declarations = _DECLARATION.findall(_COMMENT.sub("", style))
    return ";".join(one for one in declarations if one.strip() and _harmless(one))


def _harmless(declaration: str) -> bool:
    if _ACTIVE.search(declaration):
        return False
    return all(PICTURE_ADDRESS.match(address) for address in _LOADED.findall(declaration))


def text_of(html: str) -> str:
    """The words alone, on one line."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.words).split())


def digest_of(html: str) -> str:
    return text_of(html)[:DIGEST_LENGTH]


def picture_id(address: str) -> str | None:
    """The media id in the address of a picture that was uploaded, or None for any other address."""
    found = PICTURE_HOST.match(address)
    return found[2] if found else None


def local_pictures(html: str) -> str:
    """The same HTML with its pictures where this machine serves them."""
    return PICTURE_HOST.sub(r"/\1", html)


class _Words(HTMLParser):
    """Gathers the text, with a gap where a block ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)
