"""Template messages (模板消息): the library, the templates in use, and what a phone shows of one.

Since May 2023 the phone leaves out the first line, the remark and all colours, and cuts every value; the call
itself still succeeds.

The library that templates are chosen from is a small one of our own, in the two forms WeChat has: industry templates
have ids such as TM00015 and fixed places; category templates have numeric ids, and the account chooses keywords from
a list. The entries are invented; their fields are typed as the real ones are. Values of the category library are
checked by the type in the keyword's name (`thing1`, `time2` …); other keywords (`keyword1`, `first`) take anything.
An account belongs to two industries (设置所属行业), changed once a month.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from ... import facts
from . import chats, people
from .refusal import Refusal, require
from .world import AccountState, World

PLACE = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")
SHOWN_LENGTH = facts.TEMPLATE_SHOWN_LENGTH
NOT_SHOWN = ("first", "remark")
EMOJI = re.compile("[\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff]")
BLOCKED, WRONG_VALUE = 43116, 47003


class Template(msgspec.Struct, frozen=True):
    template_id: str
    title: str
    content: str
    example: str
    primary_industry: str
    deputy_industry: str
    blocked: int


def _room(world: World, account: AccountState) -> None:
    rules = world.rules
    most = rules.templates_in_use_test if account.kind == "test" else rules.templates_in_use
    count = world.db.value("SELECT count(*) FROM template WHERE appid = ?", account.appid)
    require(count < most, 45026)


def add(world: World, account: AccountState, short_id: str, keywords: list[str] | None) -> str:
    """Take a template of the library into use; returns its id. Refuses with 40037, 40246 or 45026."""
    found = LIBRARY.get(short_id)
    if found is None:
        raise Refusal(40037)
    if found.category:
        require(keywords, 40246)
        unknown = [word for word in keywords or () if word not in found.keywords]
        require(not unknown, 40246, f"keyword name invalid: {'、'.join(unknown)}")
    _room(world, account)
    content = content_of(found, keywords)
    return _store(world, account, short_id, found.title, content, "", industry=found.industry)


def add_own(world: World, account: AccountState, title: str, content: str) -> str:
    """新增测试模板: a test account writes its own."""
    _room(world, account)
    return _store(world, account, "", title, content, "")


def ensure(
    world: World, account: AccountState, title: str, content: str, template_id: str, example: str
) -> None:
    """For configuration files: the template is there, once."""
    known = world.db.value(
        "SELECT 1 FROM template WHERE appid = ? AND (template_id = ? OR title = ?)",
        account.appid,
        template_id,
        title,
    )
    if not known:
        _store(world, account, "", title, content, example, template_id)


def content_of(found: LibraryTemplate, keywords: list[str] | None) -> str:
    """The body with its places, in the order the keywords were chosen."""
    chosen = keywords if found.category and keywords else list(found.keywords)
    return "\n".join(f"{word}:{{{{{found.keywords[word]}.DATA}}}}" for word in chosen)


def _store(
    world: World,
    account: AccountState,
    short_id: str,
    title: str,
    content: str,
    example: str,
    template_id: str = "",
    industry: tuple[str, str] = ("", ""),
) -> str:
    template_id = template_id or world.ids.template_id()
    world.db.run(
        "INSERT INTO template (appid, template_id, short_id, title, content, example, primary_industry, "
        "deputy_industry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        account.appid,
        template_id,
        short_id,
        title,
        content,
        example,
        *industry,
    )
    return template_id


def listing(world: World, account: AccountState) -> list[Template]:
    rows = world.db.all(
        "SELECT template_id, title, content, example, primary_industry, deputy_industry, blocked FROM template "
        "WHERE appid = ? ORDER BY rowid",
        account.appid,
    )
    return [Template(**dict(row)) for row in rows]


def find(world: World, account: AccountState, template_id: str) -> Template:
    """The account's template with this id. Refuses with 40037 when there is none."""
    row = world.db.one(
        "SELECT template_id, title, content, example, primary_industry, deputy_industry, blocked FROM template "
        "WHERE appid = ? AND template_id = ?",
        account.appid,
        template_id,
    )
    if row is None:
        raise Refusal(40037)
    return Template(**dict(row))


def delete(world: World, account: AccountState, template_id: str) -> None:
    gone = world.db.run(
        "DELETE FROM template WHERE appid = ? AND template_id = ?", account.appid, template_id
    )
    require(gone, 40037)


def sent_before(world: World, account: AccountState, openid: str, client_msg_id: str) -> int | None:
    """The msgid of an earlier send with the same client_msg_id within ten minutes."""
    msgid: int | None = world.db.value(
        "SELECT msgid FROM sent_once WHERE appid = ? AND openid = ? AND client_msg_id = ? AND time > ?",
        account.appid,
        openid,
        client_msg_id,
        world.now() - world.rules.client_msg_id_s,
    )
    return msgid


def remember(world: World, account: AccountState, openid: str, client_msg_id: str, msgid: int) -> None:
    world.db.run(
        "INSERT OR REPLACE INTO sent_once VALUES (?, ?, ?, ?, ?)",
        account.appid,
        openid,
        client_msg_id,
        msgid,
        world.now(),
    )


def lines(template: Template, data: Mapping[str, str]) -> list[dict[str, str]]:
    """What the phone shows: label and value of each place, without first and remark."""
    return [
        {"label": label, "value": PLACE.sub(lambda found: _shown(data.get(found[1], "")), rest).strip()}
        for label, rest in _layout(template.content)
    ]


@lru_cache(maxsize=1024)
def _layout(content: str) -> tuple[tuple[str, str], ...]:
    """Of each line that is shown its label, and what stands there from the first place on."""
    found = []
    for line in content.splitlines():
        place = PLACE.search(line)
        if place is not None and place[1].lower() not in NOT_SHOWN:
            found.append((line[: place.start()].strip().rstrip(":："), line[place.start() :]))
    return tuple(found)


@lru_cache(maxsize=1024)
def _keywords(content: str) -> tuple[str, ...]:
    """The keywords of a template, in its order."""
    return tuple(PLACE.findall(content))


def _shown(value: str) -> str:
    """One value: on one line, without emoji, cut."""
    return EMOJI.sub("", value.replace("\n", " "))[:SHOWN_LENGTH]


def require_values(template: Template, data: Mapping[str, str]) -> None:
    """Refuse with 47003 the first keyword, in the template's own order, whose value is missing or wrong.

    Keywords that the template does not have, first and remark among them, are ignored.
    """
    for keyword in _keywords(template.content):
        words = complaint(keyword, data.get(keyword, ""))
        require(not words, WRONG_VALUE, words)


def show(
    world: World,
    account: AccountState,
    tie: people.Relation,
    template: Template,
    data: Mapping[str, str],
    jump: dict[str, Any],
) -> None:
    """Put the message on the follower's phone."""
    if tie.person is not None:
        chats.add(
            world,
            account,
            tie.person,
            "account",
            "template",
            "template",
            title=template.title,
            lines=lines(template, data),
            **jump,
        )


class LibraryTemplate(msgspec.Struct, frozen=True):
    """`keywords` maps the keyword's Chinese name to its place in the data; `industry` is main and sub class,
    empty in the category library."""

    title: str
    keywords: Mapping[str, str]
    industry: tuple[str, str] = ("", "")

    @property
    def category(self) -> bool:
        return not any(self.industry)


LIBRARY: dict[str, LibraryTemplate] = {
    "43216": LibraryTemplate(
        "订单状态通知",
        {
            "订单编号": "character_string1",
            "商品名称": "thing2",
            "订单金额": "amount3",
            "订单状态": "phrase4",
            "下单时间": "time5",
        },
    ),
    "43217": LibraryTemplate(
        "预约成功通知",
        {"预约项目": "thing1", "预约时间": "time2", "预约人": "name3", "联系电话": "phone_number4"},
    ),
    "43218": LibraryTemplate(
        "账户余额变动提醒",
        {"变动金额": "amount1", "变动时间": "time2", "账户余额": "amount3", "变动原因": "thing4"},
    ),
    "43219": LibraryTemplate(
        "停车缴费通知",
        {"车牌号码": "car_number1", "停车场": "thing2", "入场时间": "time3", "应缴金额": "amount4"},
    ),
    "TM00015": LibraryTemplate(
        "订单支付成功",
        {"": "first", "支付金额": "orderMoneySum", "商品信息": "orderProductName", "备注": "Remark"},
        industry=("IT科技", "互联网|电子商务"),
    ),
    "OPENTM207498902": LibraryTemplate(
        "课程提醒",
        {"": "first", "课程": "keyword1", "时间": "keyword2", "说明": "remark"},
        industry=("教育", "培训"),
    ),
}


_NAME = re.compile(r"([a-z_]+?)\d+")
_STRIPPED = re.compile("[\u2460-\u24ff\ufe0f\u200d\U0001f000-\U0001faff]")
"""Characters that the platform leaves out of a value (developers' reports)."""
_UNRULED = frozenset({"const"})
"""Types whose values are set per template."""
_CHINESE = "[\u4e00-\u9fff]"

_RULES: dict[str, re.Pattern[str]] = {
    "thing": re.compile(rf"(?s).{{1,{facts.THING_LENGTH}}}"),
    "number": re.compile(rf"\d{{1,{facts.NUMBER_DIGITS}}}(\.\d+)?"),
    "letter": re.compile(rf"[A-Za-z]{{1,{facts.LETTER_LENGTH}}}"),
    "symbol": re.compile(rf"[^\w\s]{{1,{facts.SYMBOL_LENGTH}}}"),
    "character_string": re.compile(rf"[\x21-\x7e ]{{1,{facts.CHARACTER_STRING_LENGTH}}}"),
    "time": re.compile(r".*\d{1,2}:\d{2}.*|\d{4}\D\d{1,2}\D\d{1,2}.*"),
    "date": re.compile(r"\d{4}\D\d{1,2}\D\d{1,2}.*"),
    "amount": re.compile(rf"[¥￥$€£]?\d{{1,{facts.AMOUNT_DIGITS}}}(\.\d+)?元?"),
    "phone_number": re.compile(rf"[+\d\-() ]{{1,{facts.PHONE_NUMBER_LENGTH}}}"),
    "car_number": re.compile(rf"\S{{1,{facts.CAR_NUMBER_LENGTH}}}"),
    "name": re.compile(
        rf"(?=.*{_CHINESE}).{{1,{facts.NAME_CHINESE_LENGTH}}}|[A-Za-z .]{{1,{facts.NAME_LETTER_LENGTH}}}"
    ),
    "phrase": re.compile(rf"{_CHINESE}{{1,{facts.PHRASE_LENGTH}}}"),
}


def complaint(keyword: str, value: str) -> str:
    """WeChat's words on a keyword's value that is missing or breaks the rule of its type; empty when it is right.

    Keywords of the old industry library may be missing: their place stays blank.
    """
    if not is_typed(keyword):
        return ""
    if not _STRIPPED.sub("", value).strip():
        return f"argument invalid! data.{keyword}.value is empty"
    return f"argument invalid! data.{keyword}.value invalid" if wrong_value(keyword, value) else ""


@lru_cache(maxsize=4096)
def _type_of(keyword: str) -> str:
    """The type that a keyword's name says; empty where it says none."""
    named = _NAME.fullmatch(keyword)
    return named[1] if named is not None and (named[1] in _RULES or named[1] in _UNRULED) else ""


def is_typed(keyword: str) -> bool:
    """Whether a keyword's name says its type, as in the category library."""
    return bool(_type_of(keyword))


def wrong_value(keyword: str, value: str) -> bool:
    """Whether the type that the keyword names forbids this value."""
    rule = _RULES.get(_type_of(keyword))
    return rule is not None and rule.fullmatch(value) is None


TOO_OFTEN = 43100

_INDUSTRIES = {
    "IT科技": "互联网|电子商务 IT软件与服务 IT硬件与设备 电子技术 通信与运营商 网络游戏",
    "金融业": "银行 基金|理财|信托 保险",
    "餐饮": "餐饮",
    "酒店旅游": "酒店 旅游",
    "运输与仓储": "快递 物流 仓储",
    "教育": "培训 院校",
    "政府与公共事业": "学术科研 交警 博物馆 公共事业|非盈利机构",
    "医药护理": "医药医疗 护理美容 保健与卫生",
    "交通工具": "汽车相关 摩托车相关 火车相关 飞机相关",
    "房地产": "建筑 物业",
    "消费品": "消费品",
    "商业服务": "法律 会展 中介服务 认证 审计",
    "文体娱乐": "传媒 体育 娱乐休闲",
    "印刷": "印刷",
    "其它": "其它",
}
INDUSTRIES: dict[int, tuple[str, str]] = dict(
    enumerate(((main, sub) for main, subs in _INDUSTRIES.items() for sub in subs.split()), start=1)
)
"""Code → main and sub class, in the order of the official table."""


def choose_industries(world: World, account: AccountState, first: int, second: int) -> None:
    """Set both. The second time in a month is refused with 43100; the old industry's templates are deleted."""
    row = world.db.one("SELECT * FROM industry WHERE appid = ?", account.appid)
    require(row is None or row["month"] != world.month(), TOO_OFTEN)
    with world.db.transaction():
        if row is not None:
            world.db.run("DELETE FROM template WHERE appid = ? AND short_id LIKE '%TM%'", account.appid)
        world.db.run(
            "INSERT OR REPLACE INTO industry VALUES (?, ?, ?, ?)", account.appid, first, second, world.month()
        )


def chosen_industries(world: World, account: AccountState) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """Main and sub class of both, or None when never set."""
    row = world.db.one("SELECT primary_id, secondary_id FROM industry WHERE appid = ?", account.appid)
    return None if row is None else (INDUSTRIES[row["primary_id"]], INDUSTRIES[row["secondary_id"]])
