"""Custom menus (自定义菜单), as the platform answers them."""

from __future__ import annotations

from typing import Any

import msgspec

from ...catalogue import menus as catalogue
from ...catalogue.model import Ok
from ..world import menus, people
from ..world.refusal import Refusal
from .registry import Caller, answers

NO_MENU, NO_SUCH_PERSON, NO_SUCH_MENU = 46003, 65302, 65301


def _plain(caller: Caller, buttons: list[catalogue.Button]) -> list[menus.Button]:
    """The buttons as they are kept, once everything that they show was found."""
    plain: list[menus.Button] = msgspec.to_builtins(buttons)
    menus.require_stored(caller.world, caller.account, plain)
    return plain


def _shown(buttons: list[menus.Button]) -> list[catalogue.ShownButton]:
    return msgspec.convert(buttons, list[catalogue.ShownButton])


@answers(catalogue.CreateMenu)
def create_menu(caller: Caller, call: catalogue.CreateMenu) -> Ok:
    menus.set_default(caller.world, caller.account, _plain(caller, call.button))
    return Ok()


@answers(catalogue.GetMenu)
def get_menu(caller: Caller, call: catalogue.GetMenu) -> catalogue.MenuSettings:
    default = menus.default(caller.world, caller.account)
    if default is None:
        raise Refusal(NO_MENU)
    others = [
        catalogue.ConditionalMenu(button=_shown(buttons), matchrule=rule, menuid=menuid)
        for menuid, buttons, rule in menus.conditional(caller.world, caller.account)
    ]
    main = catalogue.Menu(button=_shown(default), menuid=menus.FIRST_MENU_ID - 1 if others else None)
    return catalogue.MenuSettings(menu=main, conditionalmenu=others)


@answers(catalogue.DeleteMenu)
def delete_menu(caller: Caller, call: catalogue.DeleteMenu) -> Ok:
    menus.delete_all(caller.world, caller.account)
    return Ok()


def _console(button: menus.Button) -> dict[str, Any]:
    """The shape of get_current_selfmenu_info: second-level buttons inside an object."""
    children = button.get("sub_button")
    plain = {name: value for name, value in button.items() if name != "sub_button"}
    return {**plain, "sub_button": {"list": children}} if children else plain


@answers(catalogue.GetCurrentMenu)
def get_current_menu(caller: Caller, call: catalogue.GetCurrentMenu) -> catalogue.CurrentMenu:
    default = menus.default(caller.world, caller.account)
    buttons = [_console(button) for button in default or []]
    info = msgspec.convert({"button": buttons}, catalogue.ConsoleMenu)
    return catalogue.CurrentMenu(is_menu_open=int(default is not None), selfmenu_info=info)


@answers(catalogue.AddConditionalMenu)
def add_conditional_menu(
    caller: Caller, call: catalogue.AddConditionalMenu
) -> catalogue.ConditionalMenuAdded:
    rule = msgspec.to_builtins(call.matchrule)
    menuid = menus.add_conditional(caller.world, caller.account, _plain(caller, call.button), rule)
    return catalogue.ConditionalMenuAdded(menuid=str(menuid))


@answers(catalogue.DeleteConditionalMenu)
def delete_conditional_menu(caller: Caller, call: catalogue.DeleteConditionalMenu) -> Ok:
    try:
        menuid = int(call.menuid)
    except ValueError:
        raise Refusal(NO_SUCH_MENU) from None
    menus.delete_conditional(caller.world, caller.account, menuid)
    return Ok()


@answers(catalogue.TryMenu)
def try_menu(caller: Caller, call: catalogue.TryMenu) -> catalogue.MatchedMenu:
    """`user_id` is an OpenID, or the name of a person, which is the WeChat id on this platform."""
    tie = _follower(caller, call.user_id)
    _, buttons = menus.seen_by(caller.world, caller.account, tie)
    return catalogue.MatchedMenu(button=_shown(buttons))


def _follower(caller: Caller, user_id: str) -> people.Relation:
    openid = caller.world.db.value(
        "SELECT openid FROM relation WHERE appid = ? AND (openid = ? OR person = ?) AND subscribed = 1",
        caller.account.appid,
        user_id,
        user_id,
    )
    if openid is None:
        raise Refusal(NO_SUCH_PERSON)
    return people.by_openid(caller.world, caller.account, openid)
