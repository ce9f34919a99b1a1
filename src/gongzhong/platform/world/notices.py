"""Subscription notices (订阅通知): templates in use, what each person allowed, and sending within it.

The library of subscription notices (订阅通知): a small one of our own, in WeChat's form.

The entries are invented; their keywords are typed as the real ones are.

One-time subscribe messages (一次性订阅消息): one confirmation on a page, one message.

What a person decides about notices: on the pop-up of a page or an article, and later in the settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from ... import facts
from ...messages import SubscribeMsgChange, SubscribeMsgPopup
from ...messages.events.sending import SubscribeChoice, SubscribeChoices
from . import chats, people
from .acts import Act, NotPossible
from .ids import TEMPLATE_ID_LENGTH, derived
from .refusal import Refusal, require
from .templates import SHOWN_LENGTH, complaint
from .world import AccountState, World

FULL, BANNED, NO_SUCH_TID, WRONG_KEYWORDS, TAKEN = 200012, 200013, 200014, 200020, 200022
WRONG_CATEGORY, NO_SUCH_TEMPLATE, NOT_ALLOWED, WRONG_VALUE = 200019, 40037, 43101, 47003
SERVICE_NOTICES = "服务通知"


class Template(msgspec.Struct, frozen=True):
    """A template of this account: what it was taken from, and the keywords in the order of their numbers."""

    template_id: str
    notice: LibraryNotice
    keywords: tuple[LibraryKeyword, ...]
    scene: str

    @property
    def content(self) -> str:
        return "".join(f"{one.name}:{{{{{one.code}.DATA}}}}\n" for one in self.keywords)

    @property
    def example(self) -> str:
        return "".join(f"{one.name}:{one.example}\n" for one in self.keywords)


def titles(category_ids: Sequence[int]) -> list[LibraryNotice]:
    """The library of some categories. Refuses with 200019 for one that the account does not have."""
    require(all(one in CATEGORIES for one in category_ids), WRONG_CATEGORY)
    return [notice for notice in NOTICES.values() if notice.category in category_ids]


def of_library(tid: str) -> LibraryNotice:
    """The library template with this number. Refuses with 200014 when there is none."""
    notice = NOTICES.get(int(tid)) if tid.isascii() and tid.isdigit() else None
    if notice is None:
        raise Refusal(NO_SUCH_TID)
    return notice


def add(
    world: World,
    account: AccountState,
    tid: str,
    kids: Sequence[int],
    scene: str,
    *,
    template_id: str | None = None,
) -> str:
    """Take a template into use; returns its id. Refuses with 200012 to 200014, 200020 and 200022."""
    notice = of_library(tid)
    require(not notice.banned, BANNED)
    known = all(notice.keyword(kid) for kid in kids)
    require(known and len(set(kids)) == len(kids), WRONG_KEYWORDS)
    mine = listing(world, account)
    require(len(mine) < world.rules.notice_templates, FULL)
    same = any(
        one.notice is notice and {keyword.kid for keyword in one.keywords} == set(kids) for one in mine
    )
    require(not same, TAKEN)
    template_id = template_id or world.ids.template_id()
    world.db.run(
        "INSERT INTO notice_template VALUES (?, ?, ?, ?, ?)",
        account.appid,
        template_id,
        notice.tid,
        msgspec.json.encode(list(kids)).decode(),
        scene,
    )
    return template_id


def listing(world: World, account: AccountState) -> list[Template]:
    rows = world.db.all("SELECT * FROM notice_template WHERE appid = ? ORDER BY rowid", account.appid)
    return [_template(dict(row)) for row in rows]


def _template(row: dict[str, Any]) -> Template:
    notice = NOTICES[row["tid"]]
    chosen = {kid: notice.keyword(kid) for kid in msgspec.json.decode(row["kids"], type=list[int])}
    keywords = tuple(keyword for keyword in chosen.values() if keyword is not None)
    return Template(row["template_id"], notice, keywords, row["scene"])


def find(world: World, account: AccountState, template_id: str) -> Template:
    """The account's template with this id. Refuses with 40037 when there is none."""
    row = world.db.one(
        "SELECT * FROM notice_template WHERE appid = ? AND template_id = ?", account.appid, template_id
    )
    if row is None:
        raise Refusal(NO_SUCH_TEMPLATE)
    return _template(dict(row))


def delete(world: World, account: AccountState, template_id: str) -> None:
    """Refuses with 40037; what people allowed for it is void."""
    find(world, account, template_id)
    for table in ("notice_template", "notice_allowance"):
        world.db.run(f"DELETE FROM {table} WHERE appid = ? AND template_id = ?", account.appid, template_id)


def allow(world: World, account: AccountState, openid: str, template: Template) -> None:
    """The person accepts once more: one more message, or for a long-term template from now on."""
    world.db.run(
        "INSERT INTO notice_allowance VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET remaining = remaining + 1",
        account.appid,
        openid,
        template.template_id,
    )


def forbid(world: World, account: AccountState, openid: str, template: Template) -> None:
    """The person takes everything back that was allowed for a template."""
    world.db.run(
        "DELETE FROM notice_allowance WHERE appid = ? AND openid = ? AND template_id = ?",
        account.appid,
        openid,
        template.template_id,
    )


def remaining(world: World, account: AccountState, openid: str, template: Template) -> int:
    """How many messages the person still allows; for a long-term template 1 means any number."""
    left: int | None = world.db.value(
        "SELECT remaining FROM notice_allowance WHERE appid = ? AND openid = ? AND template_id = ?",
        account.appid,
        openid,
        template.template_id,
    )
    return left or 0


def send(
    world: World,
    account: AccountState,
    openid: str,
    template: Template,
    data: Mapping[str, str],
    jump: dict[str, Any],
) -> None:
    """Show a notice and use up the permission. Refuses with 40003, 43101 and 47003."""
    tie = people.by_openid(world, account, openid)
    _check_values(template, data)
    require(not tie.refuses and remaining(world, account, openid, template) > 0, NOT_ALLOWED)
    if template.notice.type != LONG_TERM:
        world.db.run(
            "UPDATE notice_allowance SET remaining = remaining - 1 WHERE appid = ? AND openid = ? AND template_id = ?",
            account.appid,
            openid,
            template.template_id,
        )
    lines = [
        {"label": one.name, "value": data[one.code].replace("\n", " ")[:SHOWN_LENGTH]}
        for one in template.keywords
    ]
    show(world, account, tie, title=template.notice.title, lines=lines, **jump)


def _check_values(template: Template, data: Mapping[str, str]) -> None:
    for one in template.keywords:
        value = data.get(one.code, "")
        words = complaint(one.code, value)
        if not words and one.choices and value not in one.choices:
            words = f"argument invalid! data.{one.code}.value invalid"
        require(not words, WRONG_VALUE, words)


def show(world: World, account: AccountState, tie: people.Relation, **card: Any) -> None:
    """A card on the person's phone: in the chat of a follower, otherwise in 服务通知."""
    if tie.person is not None:
        place = {} if tie.subscribed else {"note": SERVICE_NOTICES}
        chats.add(world, account, tie.person, "account", "template", "template", **card, **place)


ONE_TIME, LONG_TERM = 2, 3


class LibraryKeyword(msgspec.Struct, frozen=True):
    """A keyword: its number, name, type, an example, and the only values it takes, if it is limited to some."""

    kid: int
    name: str
    rule: str
    example: str
    choices: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """Its place in the data of a notice."""
        return f"{self.rule}{self.kid}"


class LibraryNotice(msgspec.Struct, frozen=True):
    """A template of the library; `tid` is its number, `banned` ones cannot be taken into use."""

    tid: int
    title: str
    type: int
    category: int
    keywords: tuple[LibraryKeyword, ...]
    banned: bool = False

    def keyword(self, kid: int) -> LibraryKeyword | None:
        return next((keyword for keyword in self.keywords if keyword.kid == kid), None)


CATEGORIES = {612: "生活服务", 613: "教育", 616: "公交"}

_NOTICES = (
    LibraryNotice(
        3101,
        "预约成功通知",
        ONE_TIME,
        612,
        (
            LibraryKeyword(1, "预约项目", "thing", "剪发"),
            LibraryKeyword(2, "预约时间", "time", "2026年3月1日 15:00"),
            LibraryKeyword(3, "预约人", "name", "李雷"),
            LibraryKeyword(4, "联系电话", "phone_number", "020-81167888"),
            LibraryKeyword(5, "备注", "thing", "请提前十分钟到店"),
            LibraryKeyword(6, "预约状态", "phrase", "已确认", ("已确认", "已取消", "待确认")),
        ),
    ),
    LibraryNotice(
        3102,
        "订单发货提醒",
        ONE_TIME,
        612,
        (
            LibraryKeyword(1, "订单编号", "character_string", "A20260301001"),
            LibraryKeyword(2, "商品名称", "thing", "咖啡豆"),
            LibraryKeyword(3, "订单金额", "amount", "¥58.00"),
            LibraryKeyword(4, "发货时间", "date", "2026年3月1日"),
        ),
    ),
    LibraryNotice(
        3201,
        "开课提醒",
        ONE_TIME,
        613,
        (
            LibraryKeyword(1, "课程名称", "thing", "书法入门"),
            LibraryKeyword(2, "开课时间", "time", "2026年3月1日 19:30"),
            LibraryKeyword(3, "授课老师", "name", "韩梅梅"),
        ),
    ),
    LibraryNotice(
        3202,
        "成绩发布通知",
        ONE_TIME,
        613,
        (
            LibraryKeyword(1, "考试名称", "thing", "期末考试"),
            LibraryKeyword(2, "分数", "number", "95"),
        ),
        banned=True,
    ),
    LibraryNotice(
        3301,
        "到站提醒",
        LONG_TERM,
        616,
        (
            LibraryKeyword(1, "线路", "thing", "快速公交一号线"),
            LibraryKeyword(2, "到站时间", "time", "2026年3月1日 08:15"),
            LibraryKeyword(3, "车牌号", "car_number", "粤A12345"),
        ),
    ),
)

NOTICES = {notice.tid: notice for notice in _NOTICES}


def one_time_template_id(world: World, account: AccountState) -> str:
    """The one template of the account, as its console shows it."""
    return derived(world.ids.seed, "one-time", account.appid, length=TEMPLATE_ID_LENGTH)


def allow_one_time(world: World, account: AccountState, openid: str, scene: int) -> None:
    """The person confirms; a second confirmation of the same scene adds nothing."""
    world.db.run(
        "INSERT OR IGNORE INTO one_time_allowance VALUES (?, ?, ?, ?)",
        account.appid,
        openid,
        one_time_template_id(world, account),
        str(scene),
    )


def send_one_time(
    world: World, account: AccountState, openid: str, template: str, scene: str, **card: Any
) -> None:
    """Show the message and use up the permission. Refuses with 40037, 40003 and 43101."""
    require(template == one_time_template_id(world, account), NO_SUCH_TEMPLATE)
    tie = people.by_openid(world, account, openid)
    require(not tie.refuses, NOT_ALLOWED)
    spent = world.db.run(
        "DELETE FROM one_time_allowance WHERE appid = ? AND openid = ? AND template_id = ? AND scene = ?",
        account.appid,
        openid,
        template,
        str(int(scene)),
    )
    require(spent, NOT_ALLOWED)
    show(world, account, tie, **card)


PopupScene = Literal[1, 2]


def answer_popup(
    world: World,
    account: AccountState,
    person: str,
    *,
    accepts: Sequence[str],
    rejects: Sequence[str] = (),
    scene: PopupScene = 1,
) -> Act:
    """Answer the question for some templates. `scene` 1: on a web page, 2: in an article."""
    if not accepts and not rejects:
        raise NotPossible("弹窗里没有模板", "the pop-up names no template")
    _require_component([_known_template(world, account, one) for one in (*accepts, *rejects)])
    tie = people.relation(world, account, people.get(world, person).name)
    choices = []
    for template_id in (*accepts, *rejects):
        template = _known_template(world, account, template_id)
        accepted = template_id in accepts
        if accepted:
            allow(world, account, tie.openid, template)
        status = "accept" if accepted else "reject"
        choices.append(
            SubscribeChoice(template_id=template_id, subscribe_status_string=status, popup_scene=scene)
        )
    push = SubscribeMsgPopup(
        to_user_name=account.original_id,
        from_user_name=tie.openid,
        create_time=world.seconds(),
        subscribe_msg_popup_event=SubscribeChoices(list=tuple(choices)),
    )
    return Act(account=account, person=person, event=push.event, pushes=[push])


def withdraw_consent(world: World, account: AccountState, person: str, template_ids: Sequence[str]) -> Act:
    """Turn templates off in the settings; only this direction is pushed."""
    tie = people.relation(world, account, people.get(world, person).name)
    for template_id in template_ids:
        forbid(world, account, tie.openid, _known_template(world, account, template_id))
    choices = tuple(
        SubscribeChoice(template_id=template_id, subscribe_status_string="reject")
        for template_id in template_ids
    )
    push = SubscribeMsgChange(
        to_user_name=account.original_id,
        from_user_name=tie.openid,
        create_time=world.seconds(),
        subscribe_msg_change_event=SubscribeChoices(list=choices),
    )
    return Act(account=account, person=person, event=push.event, pushes=[push])


def _require_component(templates: Sequence[Template]) -> None:
    """Raises NotPossible for what one component of subscription notices cannot ask (订阅通知介绍)."""
    most = facts.NOTICES_OF_COMPONENT
    if len({one.template_id for one in templates}) > most:
        raise NotPossible(
            f"一个订阅通知组件最多 {most} 个通知",
            f"one component asks for {most} subscription notices at most",
        )
    if len({one.notice.type for one in templates}) > 1:
        raise NotPossible(
            "一个订阅通知组件里不能同时有一次性订阅和长期订阅",
            "one component cannot ask for one-time and long-term subscriptions together",
        )


def _known_template(world: World, account: AccountState, template_id: str) -> Template:
    try:
        return find(world, account, template_id)
    except Refusal:
        raise NotPossible(
            f"{account.name} 没有这个订阅通知模板：{template_id}",
            f"{account.name} has no such notice template: {template_id}",
        ) from None
