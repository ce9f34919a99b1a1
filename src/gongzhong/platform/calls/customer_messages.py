"""Customer-service messages (客服消息), as the platform answers them: windows, media, agents, typing."""

from __future__ import annotations

from typing import Any

import msgspec

from ...catalogue import customer_messages as catalogue
from ...catalogue.model import Ok
from ..world import agents, articles, chats, drafts, media, people
from ..world.refusal import Refusal, require
from ..world.rendering import media_url, picture
from .registry import Caller, answers

BLACKLISTED, REFUSES, NO_SUCH_AGENT, WRONG_TYPE = 43019, 48002, 61452, 40008
NO_RECENT_EXCHANGE, ALREADY_TYPING = 45080, 45081
AI_LINE = "内容由第三方 AI 生成"


@answers(catalogue.SendCustomerMessage)
def send_customer_message(caller: Caller, call: catalogue.SendCustomerMessage) -> Ok:
    world, account = caller.world, caller.account
    tie = people.follower(world, account, call.touser)
    require(not tie.blacklisted, BLACKLISTED)
    require(not tie.refuses, REFUSES)
    content = _content(caller, call)
    agent = _agent(caller, call)
    chats.spend(world, account, tie.openid)
    chats.stop_typing(world, account, tie.openid)
    if tie.person is not None:
        note = {"note": AI_LINE} if call.aimsgcontext and call.aimsgcontext.is_ai_msg else {}
        chats.add(
            world, account, tie.person, "account", "customer", _shown_type(call), **content, **agent, **note
        )
    return Ok()


def _shown_type(call: catalogue.SendCustomerMessage) -> str:
    """mpnews and mpnewsarticle look like news on the phone."""
    return "news" if call.msgtype.startswith("mpnews") else call.msgtype


def _agent(caller: Caller, call: catalogue.SendCustomerMessage) -> dict[str, Any]:
    if call.customservice is None:
        return {}
    nickname = agents.nickname(caller.world, caller.account, call.customservice.kf_account)
    require(nickname, NO_SUCH_AGENT)
    return {"kf": nickname}


def _file(caller: Caller, media_id: str, kind: str) -> dict[str, Any]:
    """A file of this account and of the right kind; refuses with 40007."""
    file = media.find(caller.world, caller.account, media_id)
    require(file.kind in (kind, "thumb" if kind == "image" else kind), 40007)
    return picture(media_id)


def _content(caller: Caller, call: catalogue.SendCustomerMessage) -> dict[str, Any]:
    """What the phone shows, after everything it points at was found."""
    match call:
        case catalogue.SendCustomerMessage(msgtype="text", text=catalogue.TextContent() as text):
            return {"content": text.content}
        case catalogue.SendCustomerMessage(msgtype="image", image=catalogue.MediaContent() as image):
            return _file(caller, image.media_id, "image")
        case catalogue.SendCustomerMessage(msgtype="voice", voice=catalogue.MediaContent() as voice):
            return _file(caller, voice.media_id, "voice")
        case catalogue.SendCustomerMessage(msgtype="video", video=catalogue.VideoContent() as video):
            shown = _file(caller, video.media_id, "video")
            if video.thumb_media_id is not None:
                _file(caller, video.thumb_media_id, "image")
            return {**shown, "title": video.title, "description": video.description}
        case catalogue.SendCustomerMessage(msgtype="music", music=catalogue.MusicContent() as music):
            _file(caller, music.thumb_media_id, "image")
            thumb = media_url(music.thumb_media_id)
            texts = {"title": music.title, "description": music.description}
            return {**texts, "url": music.hqmusicurl or music.musicurl, "thumb_url": thumb}
        case catalogue.SendCustomerMessage(msgtype="news", news=catalogue.NewsContent() as news):
            return {"articles": [_card(article) for article in news.articles]}
    return _richer_content(caller, call)


def _card(article: catalogue.Article) -> dict[str, str]:
    texts = {"title": article.title, "description": article.description or ""}
    return {**texts, "url": article.url, "picurl": article.picurl or ""}


def _richer_content(caller: Caller, call: catalogue.SendCustomerMessage) -> dict[str, Any]:
    world, account = caller.world, caller.account
    match call:
        case catalogue.SendCustomerMessage(msgtype="msgmenu", msgmenu=catalogue.MenuContent() as menu):
            options = msgspec.to_builtins(menu.options)
            return {"head": menu.head_content, "list": options, "tail": menu.tail_content}
        case catalogue.SendCustomerMessage(
            msgtype="miniprogrampage", miniprogrampage=catalogue.MiniProgramContent() as page
        ):
            shown = _file(caller, page.thumb_media_id, "image")
            mini = {"appid": page.appid, "pagepath": page.pagepath}
            return {"title": page.title, "miniprogram": mini, "thumb_url": shown["url"]}
        case catalogue.SendCustomerMessage(msgtype="wxcard", wxcard=catalogue.CardContent() as card):
            return {"title": card.card_id, "card_id": card.card_id}
        case catalogue.SendCustomerMessage(msgtype="mpnews", mpnews=catalogue.MediaContent() as material):
            return {"articles": articles.draft_cards(drafts.find(world, account, material.media_id))}
        case catalogue.SendCustomerMessage(
            msgtype="mpnewsarticle", mpnewsarticle=catalogue.PublishedArticle() as published
        ):
            found = articles.find(world, account, published.article_id)
            return {"articles": articles.cards(world, found)}
    raise Refusal(WRONG_TYPE)


@answers(catalogue.SetTyping)
def set_typing(caller: Caller, call: catalogue.SetTyping) -> Ok:
    world, account = caller.world, caller.account
    tie = people.follower(world, account, call.touser)
    on = call.command == "Typing"
    if on:
        exchanged = chats.last_exchange(world, account, tie.person or "")
        require(world.now() - exchanged <= world.rules.typing_needs_exchange_s, NO_RECENT_EXCHANGE)
        require(not chats.is_typing(world, account, tie.openid), ALREADY_TYPING)
        chats.start_typing(world, account, tie.openid)
    else:
        chats.stop_typing(world, account, tie.openid)
    world.announce("typing", {"person": tie.person, "appid": account.appid, "on": on})
    return Ok()
