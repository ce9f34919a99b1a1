"""Template messages: from the library to the phone, what a value may be, and what the account is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gongzhong.catalogue.templates import MiniProgram, TemplateValue, template_data
from gongzhong.errors import ParameterError
from gongzhong.messages import TemplateSendJobFinish
from gongzhong.platform.world import templates
from gongzhong.testing import Actor, Line

from .conftest import refused
from .shop import Shop

ORDER, PAID = "43216", "TM00015"
KEYWORDS = ["商品名称", "下单时间"]
GOOD = {"thing2": "苹果", "time5": "2026年11月2日 10:00"}


class Store(Shop):
    """A shop that tells alice about her order."""

    def order_template(self) -> str:
        return self.api.template.add(template_id_short=ORDER, keyword_name_list=KEYWORDS).template_id

    @property
    def alice(self) -> Actor:
        return self.platform.person("alice")

    def send(self, template_id: str, data: dict[str, str] | None = None, **fields: Any) -> int:
        """Send to alice; returns the msgid."""
        values = template_data(**(data or GOOD))
        sent = self.api.template.send(
            touser=self.alice.openid(), template_id=template_id, data=values, **fields
        )
        return sent.msgid

    @property
    def cards(self) -> list[Line]:
        return [line for line in self.alice.inbox if line.type == "template"]

    @property
    def outcomes(self) -> list[tuple[int | None, str]]:
        """What the account was told: message and status."""
        return [(told.msg_id, told.status) for told in self.told if isinstance(told, TemplateSendJobFinish)]


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.opened() as store:
        store.alice.follows()
        yield store


def test_a_message_reaches_the_phone_and_the_account_is_told(store: Store) -> None:
    msgid = store.send(store.order_template(), url="https://shop.example/1")
    (card,) = store.cards
    assert card.text == "订单状态通知\n商品名称：苹果\n下单时间：2026年11月2日 10:00"
    assert (card.via, card.content["url"]) == ("template", "https://shop.example/1")
    assert msgid > 2**53
    assert store.outcomes == [(msgid, "success")]
    (event,) = [told for told in store.told if isinstance(told, TemplateSendJobFinish)]
    assert (event.openid, event.to_user_name) == (store.alice.openid(), store.state.original_id)


def test_a_mini_program_wins_over_the_page(store: Store) -> None:
    mini = MiniProgram(appid="wxmini", pagepath="pages/i?a=1")
    store.send(store.order_template(), url="https://shop.example/1", miniprogram=mini)
    assert store.cards[-1].content["miniprogram"] == {"appid": "wxmini", "pagepath": "pages/i?a=1"}


def test_choosing_from_the_library(store: Store) -> None:
    ids = [store.order_template(), store.api.template.add(template_id_short=PAID).template_id]
    assert [len(id) for id in ids] == [43, 43]
    listed = store.api.template.list().template_list
    assert [(one.template_id, one.title) for one in listed] == [
        (ids[0], "订单状态通知"),
        (ids[1], "订单支付成功"),
    ]
    assert [(one.primary_industry, one.deputy_industry) for one in listed] == [
        ("", ""),
        ("IT科技", "互联网|电子商务"),
    ]
    assert listed[0].content == "商品名称:{{thing2.DATA}}\n下单时间:{{time5.DATA}}"
    swapped = store.api.template.add(template_id_short=ORDER, keyword_name_list=KEYWORDS[::-1])
    assert swapped.template_id not in ids
    assert store.api.template.list().template_list[-1].content.startswith("下单时间")


@pytest.mark.parametrize(
    ("short_id", "keywords", "code"),
    [
        ("99999", KEYWORDS, 40037),
        ("", KEYWORDS, 40037),
        (ORDER, [], 40246),
        (ORDER, ["商品名称", "没有"], 40246),
    ],
)
def test_what_the_library_does_not_have(store: Store, short_id: str, keywords: list[str], code: int) -> None:
    with refused(code):
        store.api.template.add(template_id_short=short_id, keyword_name_list=keywords)
    assert store.api.template.list().template_list == []


def test_a_deleted_template_is_gone(store: Store) -> None:
    template = store.order_template()
    store.api.template.delete(template_id=template)
    for call in (lambda: store.send(template), lambda: store.api.template.delete(template_id=template)):
        with refused(40037):
            call()
    assert store.api.template.list().template_list == []


@pytest.mark.parametrize(("kind", "most"), [("service", 25), ("test", 10)])
def test_how_many_templates_an_account_may_use(store: Store, kind: str, most: int) -> None:
    store.platform.change(store.oa, kind=kind)
    for _ in range(most):
        last = store.order_template()
    with refused(45026):
        store.order_template()
    store.api.template.delete(template_id=last)
    store.order_template()


@pytest.mark.parametrize(
    ("keyword", "fits", "breaks"),
    [
        ("thing2", "二" * 20, "二" * 21),
        ("thing2", "a", ""),
        ("character_string1", "A-1" + "9" * 29, "A-1" + "9" * 30),
        ("character_string1", "A 1", "订单"),
        ("amount3", "¥1234567890.50元", "12345678901"),
        ("amount3", "88", "很多"),
        ("phrase4", "已经发货了", "已经发货了吧"),
        ("phrase4", "已发货", "done"),
        ("time5", "15:10", "明天"),
        ("date6", "2026-11-02", "11-02"),
        ("phone_number7", "+86 138-0000-0000", "138 0000 0000 0000"),
        ("car_number8", "粤B88888Z", "粤B888888ZZ"),
        ("name9", "张" * 10, "张" * 11),
        ("name9", "a" * 20, "a" * 21),
        ("number10", "3.14", "三"),
        ("letter11", "A" * 32, "A" * 33),
        ("symbol12", "!!!!!", "!!!!!!"),
        ("keyword1", "随便什么" * 30, None),
    ],
)
def test_a_value_must_be_what_its_keyword_says(
    store: Store, keyword: str, fits: str, breaks: str | None
) -> None:
    template = templates.add_own(store.platform.world, store.state, "类型", f"值:{{{{{keyword}.DATA}}}}")
    store.send(template, {keyword: fits})
    if breaks is not None:
        with pytest.raises(ParameterError) as error:
            store.send(template, {keyword: breaks})
        assert error.value.errcode == 47003
        assert keyword in error.value.errmsg
    assert len(store.cards) == len(store.outcomes) == 1


def test_first_line_remark_and_colours_are_not_shown(store: Store) -> None:
    template = store.api.template.add(template_id_short=PAID).template_id
    values = {"first": "您好", "orderMoneySum": "30元", "orderProductName": "苹果", "Remark": "再来"}
    data = {name: TemplateValue(value=value, color="#FF0000") for name, value in values.items()}
    store.api.template.send(touser=store.alice.openid(), template_id=template, data=data)
    (card,) = store.cards
    assert card.content["lines"] == [
        {"label": "支付金额", "value": "30元"},
        {"label": "商品信息", "value": "苹果"},
    ]


def test_the_phone_cuts_values_and_drops_emoji_and_line_breaks(store: Store) -> None:
    content = "说明:{{keyword1.DATA}}\n时间:{{keyword2.DATA}}\n空:{{keyword3.DATA}}"
    template = templates.add_own(store.platform.world, store.state, "提醒", content)
    store.send(template, {"keyword1": "一" * 25, "keyword2": "上午\n十点🎉"})
    assert [line["value"] for line in store.cards[0].content["lines"]] == ["一" * 20, "上午 十点", ""]


def test_the_same_client_msg_id_is_sent_once_in_ten_minutes(store: Store) -> None:
    template = store.order_template()
    bob = store.platform.person("bob")
    bob.follows()
    first = store.send(template, client_msg_id="m1")
    assert store.send(template, client_msg_id="m1") == first
    assert store.send(template, client_msg_id="m2") != first
    assert (len(store.cards), len(store.outcomes)) == (2, 2)
    store.api.template.send(
        touser=bob.openid(), template_id=template, data=template_data(**GOOD), client_msg_id="m1"
    )
    assert len(bob.inbox) == 1
    store.platform.clock.advance(minutes=9, seconds=50)
    assert store.send(template, client_msg_id="m1") == first
    store.platform.clock.advance(15)
    assert store.send(template, client_msg_id="m1") != first
    assert len(store.cards) == 3


def test_without_a_client_msg_id_everything_is_sent(store: Store) -> None:
    template = store.order_template()
    assert store.send(template) != store.send(template)
    assert len(store.cards) == 2


def test_who_refuses_gets_nothing_and_the_account_is_told(store: Store) -> None:
    template = store.order_template()
    store.refuses(store.alice)
    msgid = store.send(template)
    assert store.cards == []
    assert store.outcomes == [(msgid, "failed:user block")]


def test_who_does_not_follow_gets_nothing(store: Store) -> None:
    template = store.order_template()
    store.alice.unfollows()
    with refused(43004):
        store.send(template)
    with refused(40003):
        store.api.template.send(touser="nobody", template_id=template, data=template_data(**GOOD))
    assert store.outcomes == []


def test_a_blocked_template_is_not_sent(store: Store) -> None:
    template = store.order_template()
    store.platform.world.db.run("UPDATE template SET blocked = 1 WHERE template_id = ?", template)
    with refused(43116):
        store.send(template)
    assert store.api.template.query_blocked(tmpl_msg_id=1).messages == []


def test_industries_change_once_a_month_and_take_their_templates_along(store: Store) -> None:
    api = store.api.template
    assert api.get_industry().primary_industry is None
    api.set_industry(industry_id1="1", industry_id2="13")
    chosen = api.get_industry()
    assert chosen.primary_industry is not None
    assert chosen.secondary_industry is not None
    assert (chosen.primary_industry.first_class, chosen.primary_industry.second_class) == (
        "IT科技",
        "互联网|电子商务",
    )
    assert (chosen.secondary_industry.first_class, chosen.secondary_industry.second_class) == (
        "运输与仓储",
        "快递",
    )
    kept = store.order_template()
    api.add(template_id_short=PAID)
    store.platform.clock.advance(days=28)
    with refused(43100):
        api.set_industry(industry_id1="41", industry_id2="10")
    assert len(api.list().template_list) == 2
    store.platform.clock.advance(days=1)
    api.set_industry(industry_id1="41", industry_id2="10")
    assert [one.template_id for one in api.list().template_list] == [kept]
    last = api.get_industry().primary_industry
    assert last is not None
    assert last.second_class == "其它"


@pytest.mark.parametrize("industry", ["0", "42", "x", ""])
def test_an_industry_that_does_not_exist(store: Store, industry: str) -> None:
    with refused(40102):
        store.api.template.set_industry(industry_id1="1", industry_id2=industry)
    store.api.template.set_industry(industry_id1="1", industry_id2="2")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"touser": None}, 41009),
        ({"template_id": None}, 40037),
        ({"template_id": "unknown"}, 40037),
        ({"data": None}, 47003),
        ({"data": "text"}, 47003),
        ({"data": {"thing2": "text"}}, 47003),
        ({"miniprogram": {"pagepath": "pages/i"}}, 40013),
        ({"client_msg_id": "m" * 33}, 40035),
    ],
)
def test_a_request_with_a_mistake(store: Store, change: dict[str, Any], code: int) -> None:
    good = {
        "touser": store.alice.openid(),
        "template_id": store.order_template(),
        "data": {keyword: {"value": text} for keyword, text in GOOD.items()},
    }
    path = "/cgi-bin/message/template/send"
    assert store.call(path, good) == 0
    fields = {name: value for name, value in {**good, **change}.items() if value is not None}
    assert store.call(path, fields) == code
    assert len(store.cards) == 1
