"""Declared rules that several calls share: menus, uploads, articles."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any, Final

import msgspec

from gongzhong import facts
from gongzhong.catalogue import mass
from gongzhong.catalogue.articles import Article, FooterProduct, ProductInfo
from gongzhong.catalogue.model import Upload
from gongzhong.client.transport import WireRequest
from gongzhong.testing import PNG

from .catalogue_calls import SUCCEEDS
from .catalogue_steps import (
    AnyCall,
    Provocation,
    Provocations,
    again,
    before,
    having,
    putting,
    rules,
    settings,
)
from .catalogue_world import JPG, MP3, MP4, Shop

LONG_VOICE = b"#!AMR\n" + bytes(13 * 3001)
"""More than a minute."""
LARGEST: Final = (
    ("image", PNG, facts.IMAGE_BYTES, 40009),
    ("voice", MP3, facts.VOICE_BYTES, 40010),
    ("video", MP4, facts.VIDEO_BYTES, 40011),
    ("thumb", JPG, facts.THUMB_BYTES, 40012),
)
"""Kind of file, its beginning, how large it may be, and the code beyond."""


def menu_rules(kind: AnyCall) -> Provocations:
    """Rules of both levels of buttons."""
    sub = {"type": "click", "name": "赞", "key": "GOOD"}
    view = {"type": "view", "name": "看", "url": "nowhere"}

    def first(**fields: Any) -> Provocation:
        return putting(kind, "button", 0, value={"type": "click", "name": "歌", "key": "K", **fields})

    def second(*buttons: dict[str, Any]) -> Provocation:
        return putting(kind, "button", 0, value={"name": "菜单", "sub_button": list(buttons)})

    def escaped(shop: Shop) -> Any:
        return shop.tampered(SUCCEEDS[kind](shop), with_escapes)

    return {
        40033: escaped,
        40007: first(type="media_id"),
        40020: first(type="view", url="https://example.com/" + "x" * facts.MENU_URL_BYTES),
        40022: second({**sub, "sub_button": [sub]}),
        40023: second(*[sub] * (facts.MENU_SUB_BUTTONS + 1)),
        40024: second({**sub, "type": "dance"}),
        40025: second({**sub, "name": "长" * facts.MENU_SUB_NAME_BYTES}),
        40026: second({**sub, "key": "x" * (facts.MENU_KEY_BYTES + 1)}),
        40027: second({**view, "url": "https://example.com/" + "x" * facts.MENU_URL_BYTES}),
        40054: second(view),
        40055: putting(kind, "button", 0, value=view),
    }


def with_escapes(request: WireRequest) -> WireRequest:
    """The same JSON as `requests.post(json=…)` writes it."""
    return dataclasses.replace(request, body=json.dumps(json.loads(bytes(request.body or b""))).encode())


def upload_rules(kind: AnyCall, *, permanent: bool) -> Provocations:
    def sending(type: str, content: bytes, name: str = "a.bin") -> Provocation:
        return having(kind, type=type, media=Upload(content, name))

    large = {code: sending(type, head + bytes(most)) for type, head, most, code in LARGEST}
    found = {40005: sending("image", b"no picture", "a.png"), 45007: sending("voice", LONG_VOICE), **large}
    full = before(kind, rules(permanent_images=0))
    return {**found, 40113: sending("image", b"no picture"), 45034: full} if permanent else found


def article_rules(kind: AnyCall, place: Callable[[Article], Any]) -> Provocations:
    """Rules of a single article."""

    def holding(**fields: Any) -> Provocation:
        return lambda shop: shop.perform(
            msgspec.structs.replace(SUCCEEDS[kind](shop), articles=place(shop.article(**fields)))
        )

    long_url = "https://example.com/" + "x" * facts.ARTICLE_SOURCE_URL_BYTES
    found = {
        45004: holding(digest="长" * (facts.ARTICLE_DIGEST_LENGTH // 2 + 1)),
        45005: holding(content_source_url=long_url),
        45110: holding(author="长" * (facts.ARTICLE_AUTHOR_LENGTH // 2 + 1)),
        45166: holding(content="<script>1</script>"),
    }
    if kind is mass.UploadNews:
        return found
    unknown = ProductInfo(footer_product_info=FooterProduct(product_key="nothing"))
    return {
        **found,
        41039: holding(content_source_url="ftp://example.com/"),
        53405: holding(product_info=unknown),
        88000: again(kind, settings(comments=False)),
    }
