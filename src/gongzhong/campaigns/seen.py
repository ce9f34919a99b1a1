"""A message as the person will see it, as lines of text: for a look at it before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ..catalogue.customer_messages import SendCustomerMessage
from ..catalogue.mass import MassCall
from ..catalogue.model import Call
from ..catalogue.subscriptions import SendNotice
from ..catalogue.templates import SendTemplate
from ..client import AsyncClient
from ..errors import say

KEYWORD: Final = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")


async def template_texts(client: AsyncClient, kind: str) -> dict[str, str]:
    """The text of each template of the account, with `{{keyword.DATA}}` in it, by template id.

    Raises what the client raises.
    """
    if kind == "template":
        return {one.template_id: one.content for one in (await client.template.list()).template_list}
    if kind == "notice":
        return {one.priTmplId: one.content for one in (await client.subscriptions.list()).data}
    return {}


def lines(call: Call[Any], templates: Mapping[str, str]) -> list[str]:
    """What the person of this call sees; a template that is not known as its keywords."""
    if isinstance(call, SendTemplate | SendNotice):
        return _filled_template(call, templates)
    if isinstance(call, SendCustomerMessage):
        return _customer(call)
    if isinstance(call, MassCall):
        return _mass(call)
    return []


def _filled_template(call: SendTemplate | SendNotice, templates: Mapping[str, str]) -> list[str]:
    texts = {keyword: value.value for keyword, value in call.data.items()}
    known = templates.get(call.template_id)
    if known:
        found = KEYWORD.sub(lambda match: texts.get(match[1], ""), known).splitlines()
    else:
        found = [f"{keyword}：{text}" for keyword, text in texts.items()]
    opens = call.url if isinstance(call, SendTemplate) else call.page
    if call.miniprogram is not None:
        opens = f"{call.miniprogram.appid} {call.miniprogram.pagepath or ''}".strip()
    return [*found, f"→ {opens}"] if opens else found


def _customer(call: SendCustomerMessage) -> list[str]:
    if call.text is not None:
        return call.text.content.splitlines()
    if call.news is not None:
        [card] = call.news.articles
        return [line for line in (card.title, card.description, f"→ {card.url}") if line]
    if call.image is not None:
        return [say(f"［图片 {call.image.media_id}］", f"[picture {call.image.media_id}]")]
    article = call.mpnewsarticle.article_id if call.mpnewsarticle else ""
    return [say(f"［文章 {article}］", f"[article {article}]")]


def _mass(call: MassCall) -> list[str]:
    if call.text is not None:
        return call.text.content.splitlines()
    if call.images is not None:
        named = " ".join(call.images.media_ids)
        return [say(f"［图片 {named}］", f"[pictures {named}]")]
    media = call.mpnews or call.voice or call.image
    named = media.media_id if media else call.mpvideo.media_id if call.mpvideo else ""
    words = {"mpnews": ("文章", "articles"), "voice": ("语音", "voice"), "image": ("图片", "picture")}
    zh, en = words.get(call.kind, ("视频", "video"))
    return [say(f"［{zh} {named}］", f"[{en} {named}]")]
