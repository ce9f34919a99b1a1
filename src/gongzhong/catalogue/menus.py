"""Custom menus (自定义菜单): the default one, those for certain people, and what a person sees.

The automatic replies set in the console (自动回复规则), readable by API and never made by it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import msgspec

from .. import facts
from .fields import Violation, always, coded
from .model import EVERY_ACCOUNT, TEST, VERIFIED, Call, Ok, Reply, Spec

ButtonType = Literal[
    "click",
    "view",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
    "media_id",
    "view_limited",
    "article_id",
    "article_view_limited",
    "miniprogram",
]
ClientPlatform = Literal["1", "2", "3"]
"""1 iOS, 2 Android, 3 others."""

_NEEDS: dict[str, tuple[str, ...]] = {
    "view": ("url",),
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
    "miniprogram": ("url", "appid", "pagepath"),
}
_MENU_ID_MISSING = 65301


class _Deed(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What buttons of both levels can do; which field is needed depends on their `type`."""

    media_id: Annotated[str, coded(invalid=40007)] | None = None
    appid: Annotated[str, coded(invalid=40013)] | None = None
    pagepath: Annotated[str, coded(invalid=40165)] | None = None
    article_id: Annotated[str, coded(invalid=53600)] | None = None

    @classmethod
    def click(cls, name: str, key: str) -> Self:
        """A button that pushes a CLICK event with `key`."""
        return cls._made(type="click", name=name, key=key)

    @classmethod
    def view(cls, name: str, url: str) -> Self:
        """A button that opens a page."""
        return cls._made(type="view", name=name, url=url)

    @classmethod
    def miniprogram(cls, name: str, *, appid: str, pagepath: str, url: str) -> Self:
        """A button that opens a mini program; old clients open `url` instead."""
        return cls._made(type="miniprogram", name=name, appid=appid, pagepath=pagepath, url=url)

    @classmethod
    def _made(cls, **fields: str) -> Self:
        return cls(**fields)

    def lacking(self, type: str, codes: dict[str, int]) -> Violation | None:
        """The field that a button of this type needs and does not have."""
        for field in _NEEDS.get(type, ("key",)):
            if not getattr(self, field):
                zh, en = f"{type} 按钮需要 {field}", f"a {type} button needs {field}"
                return Violation(path=field, code=codes[field], zh=zh, en=en)
        return None


class _Shown(_Deed, kw_only=True, frozen=True, omit_defaults=True):
    """A button in an answer: whatever its type, nothing is demanded."""

    name: str
    type: str | None = None
    key: str | None = None
    url: str | None = None


_FIELD_CODES = {"media_id": 40007, "appid": 40013, "pagepath": 40165, "article_id": 53600}


class SubButton(_Deed, kw_only=True, frozen=True, omit_defaults=True):
    """A button of the second level: it always does something."""

    name: Annotated[str, coded(invalid=40025, min_length=1, max_bytes=facts.MENU_SUB_NAME_BYTES)]
    type: Annotated[ButtonType, coded(invalid=40024, missing=40024)]
    key: Annotated[str, coded(invalid=40026, max_bytes=facts.MENU_KEY_BYTES)] | None = None
    url: Annotated[str, coded(invalid=40027, max_bytes=facts.MENU_URL_BYTES)] | None = None
    sub_button: Annotated[list[Any], coded(invalid=40022, max_length=0)] = []
    """Always empty: a menu has two levels."""

    def cross_check(self) -> Violation | None:
        return self.lacking(self.type, {"key": 40026, "url": 40027, **_FIELD_CODES})


class Button(_Deed, kw_only=True, frozen=True, omit_defaults=True):
    """A button at the bottom of the chat: it does something, or it opens up to five second-level buttons."""

    name: Annotated[str, coded(invalid=40018, min_length=1, max_bytes=facts.MENU_NAME_BYTES)]
    type: Annotated[ButtonType, coded(invalid=40017)] | None = None
    key: Annotated[str, coded(invalid=40019, max_bytes=facts.MENU_KEY_BYTES)] | None = None
    url: Annotated[str, coded(invalid=40020, max_bytes=facts.MENU_URL_BYTES)] | None = None
    sub_button: Annotated[list[SubButton], coded(invalid=40023, max_length=facts.MENU_SUB_BUTTONS)] = []

    def cross_check(self) -> Violation | None:
        if self.sub_button:
            return None
        if self.type is None:
            zh, en = "按钮要有 type, 或者有 sub_button", "a button needs a type or sub_button"
            return Violation(path="type", code=40017, zh=zh, en=en)
        return self.lacking(self.type, {"key": 40019, "url": 40020, **_FIELD_CODES})


Buttons = Annotated[
    list[Button], coded(invalid=40016, missing=40016, min_length=1, max_length=facts.MENU_BUTTONS)
]


class MatchRule(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Whom a conditional menu is for; at least one field. Everything else stopped working in 2021."""

    tag_id: str | None = None
    client_platform_type: Annotated[ClientPlatform, coded(invalid=40035)] | None = None

    def cross_check(self) -> Violation | None:
        if self.tag_id or self.client_platform_type:
            return None
        zh, en = "matchrule 不能为空", "matchrule is empty"
        return Violation(path="", code=65304, zh=zh, en=en)


class ShownSubButton(_Shown, kw_only=True, frozen=True, omit_defaults=True):
    """A second-level button as WeChat shows it."""

    sub_button: list[Any] = always([])


class ShownButton(_Shown, kw_only=True, frozen=True, omit_defaults=True):
    """A button as WeChat shows it: an empty `sub_button` when it has none."""

    sub_button: list[ShownSubButton] = always([])


class Menu(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The default menu; it has an id only where conditional menus exist."""

    button: list[ShownButton]
    menuid: int | str | None = None


class ConditionalMenu(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A menu for those who match. `matchrule` is as recorded, old field names such as `group_id` included."""

    button: list[ShownButton]
    matchrule: dict[str, Any]
    menuid: int | str | None = None


class MenuSettings(Reply, kw_only=True, frozen=True):
    """All menus made by API."""

    menu: Menu
    conditionalmenu: list[ConditionalMenu] = msgspec.field(default_factory=list)


class CreateMenu(Call[Ok], kw_only=True, frozen=True):
    """Replace the default menu (创建自定义菜单); conditional menus stay."""

    spec = Spec(
        "POST",
        "/cgi-bin/menu/create",
        document="创建自定义菜单",
        accounts=VERIFIED | TEST,
        daily=facts.MENU_CREATE_DAILY,
        daily_test=facts.MENU_CREATE_DAILY_TEST,
        errors=(
            *(40007, 40015, 40016, 40017, 40018, 40019, 40020, 40022, 40023, 40024, 40025, 40026, 40027),
            *(40028, 40033, 40054, 40055, 45010, 45064, 47001, 48001, 65316, 65317),
        ),
    )
    button: Buttons


class GetMenu(Call[MenuSettings], kw_only=True, frozen=True):
    """Read the menus made by API (获取自定义菜单配置)."""

    spec = Spec(
        "GET",
        "/cgi-bin/menu/get",
        document="获取自定义菜单配置",
        accounts=VERIFIED | TEST,
        daily=facts.MENU_GET_DAILY,
        daily_test=facts.MENU_GET_DAILY_TEST,
        errors=(46003,),
    )


class DeleteMenu(Call[Ok], kw_only=True, frozen=True):
    """Delete the default menu and all conditional ones (删除自定义菜单)."""

    spec = Spec(
        "GET",
        "/cgi-bin/menu/delete",
        document="删除自定义菜单",
        accounts=VERIFIED | TEST,
        daily=facts.MENU_DELETE_DAILY,
        daily_test=facts.MENU_DELETE_DAILY_TEST,
        errors=(-1, 40001),
    )


class ConsoleArticle(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An article behind a console-made button."""

    title: str
    author: str = always("")
    digest: str = always("")
    show_cover: int = always(0)
    cover_url: str = always("")
    content_url: str = always("")
    source_url: str = always("")


class ConsoleArticles(msgspec.Struct, kw_only=True, frozen=True):
    """Articles behind one button."""

    articles: list[ConsoleArticle] = msgspec.field(name="list")


class ConsoleEntry(_Shown, kw_only=True, frozen=True, omit_defaults=True):
    """A button of the menu in force; console-made ones keep their content in `value` or `news_info`."""

    value: str | None = None
    news_info: ConsoleArticles | None = None


class ConsoleEntries(msgspec.Struct, kw_only=True, frozen=True):
    """Second-level buttons of the menu in force."""

    buttons: list[ConsoleEntry] = msgspec.field(name="list")


class ConsoleButton(ConsoleEntry, kw_only=True, frozen=True, omit_defaults=True):
    """A first-level button of the menu in force."""

    sub_button: ConsoleEntries | None = None


class ConsoleMenu(msgspec.Struct, kw_only=True, frozen=True):
    """The menu in force."""

    button: list[ConsoleButton] = always([])


class CurrentMenu(Reply, kw_only=True, frozen=True):
    """Whether the menu is open (1) and what it holds."""

    is_menu_open: int
    selfmenu_info: ConsoleMenu = always(ConsoleMenu())


class GetCurrentMenu(Call[CurrentMenu], kw_only=True, frozen=True):
    """Read the default menu, made by API or in the console (查询自定义菜单信息)."""

    spec = Spec(
        "GET",
        "/cgi-bin/get_current_selfmenu_info",
        document="查询自定义菜单信息",
        accounts=EVERY_ACCOUNT,
        errors=(-1, 40001),
    )


class ConditionalMenuAdded(Reply, kw_only=True, frozen=True):
    """Id of the new conditional menu: text in the documentation, a number in many answers."""

    menuid: int | str


class AddConditionalMenu(Call[ConditionalMenuAdded], kw_only=True, frozen=True):
    """Add a menu for people with a tag or a kind of phone (创建个性化菜单); the newest match wins."""

    spec = Spec(
        "POST",
        "/cgi-bin/menu/addconditional",
        document="创建个性化菜单",
        accounts=VERIFIED | TEST,
        daily=facts.CONDITIONAL_MENU_DAILY,
        errors=(
            *CreateMenu.spec.errors,
            *(
                53600,
                65303,
                65304,
                65305,
                65306,
                65307,
                65308,
                65309,
                65310,
                65311,
                65312,
                65313,
                65314,
                65320,
            ),
        ),
    )
    button: Buttons
    matchrule: Annotated[MatchRule, coded(invalid=65304, missing=65304)]


class DeleteConditionalMenu(Call[Ok], kw_only=True, frozen=True):
    """Delete one conditional menu (删除个性化菜单)."""

    spec = Spec(
        "POST",
        "/cgi-bin/menu/delconditional",
        document="删除个性化菜单",
        accounts=VERIFIED | TEST,
        daily=facts.CONDITIONAL_MENU_DAILY,
        errors=(_MENU_ID_MISSING,),
    )
    menuid: Annotated[int | str, coded(invalid=_MENU_ID_MISSING, missing=_MENU_ID_MISSING)]


class MatchedMenu(Reply, kw_only=True, frozen=True):
    """The menu that somebody sees; read it through `buttons`, answers put it in either place."""

    button: list[ShownButton] = msgspec.field(default_factory=list)
    menu: Menu | None = None

    @property
    def buttons(self) -> list[ShownButton]:
        return self.menu.button if self.menu is not None else self.button


class TryMenu(Call[MatchedMenu], kw_only=True, frozen=True):
    """Find out which menu a follower sees (测试个性化菜单匹配结果); `user_id` is an OpenID or a WeChat id."""

    spec = Spec(
        "POST",
        "/cgi-bin/menu/trymatch",
        document="测试个性化菜单匹配结果",
        accounts=VERIFIED | TEST,
        daily=facts.MENU_MATCH_DAILY,
        errors=(65302,),
    )
    user_id: Annotated[str, coded(invalid=65302, missing=65302, min_length=1)]


class NewsLine(msgspec.Struct, kw_only=True, frozen=True):
    """One article of a reply; `show_cover` is 0 or 1."""

    title: str = ""
    author: str = ""
    digest: str = ""
    show_cover: int = 0
    cover_url: str = ""
    content_url: str = ""
    source_url: str = ""


class NewsLines(msgspec.Struct, kw_only=True, frozen=True):
    """The articles of a reply."""

    articles: list[NewsLine] = msgspec.field(name="list")


class AutoReplyContent(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What is answered. `content` is the text itself, a media_id (img, voice: new at each call, good for 3 days;
    news), or the link of a video; older answers of type news have `news_info` only. `type` is text, img, voice,
    video or news."""

    type: str
    content: str | None = None
    news_info: NewsLines | None = None


class Keyword(msgspec.Struct, kw_only=True, frozen=True):
    """A text that a message must contain, or equal: `match_mode` is contain or equal."""

    type: str = msgspec.field(default_factory=lambda: "text")
    match_mode: str = always("")
    content: str


class KeywordRule(msgspec.Struct, kw_only=True, frozen=True):
    """Keywords and their replies. `reply_mode` is reply_all or random_one (by chance), `create_time` in unix
    seconds."""

    rule_name: str = always("")
    create_time: int | None = None
    reply_mode: str = always("")
    keyword_list_info: list[Keyword]
    reply_list_info: list[AutoReplyContent]


class KeywordRules(msgspec.Struct, kw_only=True, frozen=True):
    """Every rule with keywords."""

    rules: list[KeywordRule] = msgspec.field(name="list")


class AutoReplyInfo(Reply, kw_only=True, frozen=True, omit_defaults=True):
    """The rules; a block is absent while it is not configured. The switches are 0 or 1."""

    is_add_friend_reply_open: int
    is_autoreply_open: int
    add_friend_autoreply_info: AutoReplyContent | None = None
    message_default_autoreply_info: AutoReplyContent | None = None
    keyword_autoreply_info: KeywordRules | None = None


class GetAutoReplyInfo(Call[AutoReplyInfo], kw_only=True, frozen=True):
    """Read the automatic replies set in the console (获取公众号的自动回复规则)."""

    spec = Spec(
        "GET",
        "/cgi-bin/get_current_autoreply_info",
        document="获取公众号的自动回复规则",
        errors=(-1, 40001),
    )
