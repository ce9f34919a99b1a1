"""Menus, automatic replies and QR codes (账号管理), as the platform answers them."""

from __future__ import annotations

from typing import Any

import msgspec

from ...catalogue import menus as autoreply_calls
from ...catalogue import menus as menus_calls
from ...catalogue import qrcodes as qrcodes_calls
from ...catalogue.model import Ok
from ..world import media, menus, people, qrcodes
from ..world.refusal import Refusal
from ..world.rendering import media_url
from ..world.settings import ConsoleReply, ConsoleRule
from .registry import Caller, answers

NO_MENU, NO_SUCH_PERSON, NO_SUCH_MENU = 46003, 65302, 65301


def _plain(caller: Caller, buttons: list[menus_calls.Button]) -> list[menus.Button]:
    """The buttons as they are kept, once everything that they show was found."""
    plain: list[menus.Button] = msgspec.to_builtins(buttons)
    menus.require_stored(caller.world, caller.account, plain)
    return plain


def _shown(buttons: list[menus.Button]) -> list[menus_calls.ShownButton]:
    return msgspec.convert(buttons, list[menus_calls.ShownButton])


@answers(menus_calls.CreateMenu)
def create_menu(caller: Caller, call: menus_calls.CreateMenu) -> Ok:
    menus.set_default(caller.world, caller.account, _plain(caller, call.button))
    return Ok()


@answers(menus_calls.GetMenu)
def get_menu(caller: Caller, call: menus_calls.GetMenu) -> menus_calls.MenuSettings:
    default = menus.default(caller.world, caller.account)
    if default is None:
        raise Refusal(NO_MENU)
    others = [
        menus_calls.ConditionalMenu(button=_shown(buttons), matchrule=rule, menuid=menuid)
        for menuid, buttons, rule in menus.conditional(caller.world, caller.account)
    ]
    main = menus_calls.Menu(button=_shown(default), menuid=menus.FIRST_MENU_ID - 1 if others else None)
    return menus_calls.MenuSettings(menu=main, conditionalmenu=others)


@answers(menus_calls.DeleteMenu)
def delete_menu(caller: Caller, call: menus_calls.DeleteMenu) -> Ok:
    menus.delete_all(caller.world, caller.account)
    return Ok()


def _console(button: menus.Button) -> dict[str, Any]:
    """The shape of get_current_selfmenu_info: second-level buttons inside an object."""
    children = button.get("sub_button")
    plain = {name: value for name, value in button.items() if name != "sub_button"}
    return {**plain, "sub_button": {"list": children}} if children else plain


@answers(menus_calls.GetCurrentMenu)
def get_current_menu(caller: Caller, call: menus_calls.GetCurrentMenu) -> menus_calls.CurrentMenu:
    default = menus.default(caller.world, caller.account)
    buttons = [_console(button) for button in default or []]
    info = msgspec.convert({"button": buttons}, menus_calls.ConsoleMenu)
    return menus_calls.CurrentMenu(is_menu_open=int(default is not None), selfmenu_info=info)


@answers(menus_calls.AddConditionalMenu)
def add_conditional_menu(
    caller: Caller, call: menus_calls.AddConditionalMenu
) -> menus_calls.ConditionalMenuAdded:
    rule = msgspec.to_builtins(call.matchrule)
    menuid = menus.add_conditional(caller.world, caller.account, _plain(caller, call.button), rule)
    return menus_calls.ConditionalMenuAdded(menuid=str(menuid))


@answers(menus_calls.DeleteConditionalMenu)
def delete_conditional_menu(caller: Caller, call: menus_calls.DeleteConditionalMenu) -> Ok:
    try:
        menuid = int(call.menuid)
    except ValueError:
        raise Refusal(NO_SUCH_MENU) from None
    menus.delete_conditional(caller.world, caller.account, menuid)
    return Ok()


@answers(menus_calls.TryMenu)
def try_menu(caller: Caller, call: menus_calls.TryMenu) -> menus_calls.MatchedMenu:
    """`user_id` is an OpenID, or the name of a person, which is the WeChat id on this platform."""
    tie = _follower(caller, call.user_id)
    _, buttons = menus.seen_by(caller.world, caller.account, tie)
    return menus_calls.MatchedMenu(button=_shown(buttons))


def _follower(caller: Caller, user_id: str) -> people.Relation:
    tie = people.follower_called(caller.world, caller.account, user_id)
    if tie is None:
        raise Refusal(NO_SUCH_PERSON)
    return tie


@answers(autoreply_calls.GetAutoReplyInfo)
def get_auto_reply_info(
    caller: Caller, call: autoreply_calls.GetAutoReplyInfo
) -> autoreply_calls.AutoReplyInfo:
    settings = caller.account.autoreply
    rules = [_rule(caller, rule) for rule in settings.rules]
    return autoreply_calls.AutoReplyInfo(
        is_add_friend_reply_open=int(settings.add_friend_open),
        is_autoreply_open=int(settings.open),
        add_friend_autoreply_info=_optional_reply(caller, settings.add_friend),
        message_default_autoreply_info=_optional_reply(caller, settings.default),
        keyword_autoreply_info=autoreply_calls.KeywordRules(rules=rules) if rules else None,
    )


def _rule(caller: Caller, rule: ConsoleRule) -> autoreply_calls.KeywordRule:
    return autoreply_calls.KeywordRule(
        rule_name=rule.name,
        create_time=rule.create_time,
        reply_mode=rule.reply_mode,
        keyword_list_info=[
            autoreply_calls.Keyword(match_mode=one.match, content=one.content) for one in rule.keywords
        ],
        reply_list_info=[_reply(caller, one) for one in rule.replies],
    )


def _optional_reply(caller: Caller, reply: ConsoleReply | None) -> autoreply_calls.AutoReplyContent | None:
    return None if reply is None else _reply(caller, reply)


def _reply(caller: Caller, reply: ConsoleReply) -> autoreply_calls.AutoReplyContent:
    """Pictures and voices get a new temporary id at every call, articles and videos keep their id; by older pages a
    video has its link."""
    if reply.type in ("img", "voice"):
        return autoreply_calls.AutoReplyContent(type=reply.type, content=_temporary(caller, reply.content))
    if reply.type == "video" and caller.world.rules.auto_reply_video == "link":
        return autoreply_calls.AutoReplyContent(type=reply.type, content=media_url(reply.content))
    if reply.type in ("text", "video"):
        return autoreply_calls.AutoReplyContent(type=reply.type, content=reply.content)
    articles = [
        autoreply_calls.NewsLine(
            title=one.title,
            author=one.author,
            digest=one.digest,
            show_cover=int(one.show_cover),
            cover_url=one.cover_url,
            content_url=one.content_url,
            source_url=one.source_url,
        )
        for one in reply.articles
    ]
    news = autoreply_calls.NewsLines(articles=articles)
    return autoreply_calls.AutoReplyContent(type=reply.type, content=reply.content, news_info=news)


def _temporary(caller: Caller, media_id: str) -> str:
    """A copy for three days; the id itself when the file is gone."""
    try:
        file = media.find(caller.world, caller.account, media_id, permanent=True)
    except Refusal:
        return media_id
    kind = "image" if file.kind == "thumb" else file.kind
    return media.keep(caller.world, caller.account, kind, file.content).media_id


PERMANENT = "QR_LIMIT"
RETIRED = 45106


@answers(qrcodes_calls.CreateQRCode)
def create_qr_code(caller: Caller, call: qrcodes_calls.CreateQRCode) -> qrcodes_calls.QRCodeTicket:
    world, wanted = caller.world, call.action_info.scene
    scene = wanted.scene_str if "STR" in call.action_name else wanted.scene_id
    assert scene is not None  # cross_check of the call sees to it
    lifetime = None
    if not call.action_name.startswith(PERMANENT):
        lifetime = call.expire_seconds or world.rules.qr_default_lifetime_s
    code = qrcodes.create(world, caller.account, scene, lifetime)
    return qrcodes_calls.QRCodeTicket(ticket=code.ticket, url=code.url, expire_seconds=lifetime)


@answers(qrcodes_calls.CreateShortKey)
def create_short_key(caller: Caller, call: qrcodes_calls.CreateShortKey) -> qrcodes_calls.ShortKey:
    lifetime = call.expire_seconds or caller.world.rules.short_key_lifetime_s
    return qrcodes_calls.ShortKey(
        short_key=qrcodes.shorten(caller.world, caller.account, call.long_data, lifetime)
    )


@answers(qrcodes_calls.ReadShortKey)
def read_short_key(caller: Caller, call: qrcodes_calls.ReadShortKey) -> qrcodes_calls.LongData:
    text, made, left = qrcodes.lengthen(caller.world, caller.account, call.short_key)
    return qrcodes_calls.LongData(long_data=text, create_time=made, expire_seconds=left)


@answers(qrcodes_calls.ShortenUrl)
def shorten_url(caller: Caller, call: qrcodes_calls.ShortenUrl) -> qrcodes_calls.ShortUrl:
    raise Refusal(RETIRED)
