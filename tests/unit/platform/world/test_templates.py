"""Template messages: choosing, sending, what the phone shows, and what is told afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.messages import TemplateSendJobFinish
from gongzhong.platform.world import acts, chats, people, templates
from gongzhong.platform.world.world import AccountState

from ..conftest import Bench

CHOOSE, LIST = "/cgi-bin/template/api_add_template", "/cgi-bin/template/get_all_private_template"
DROP, SEND = "/cgi-bin/template/del_private_template", "/cgi-bin/message/template/send"
SET_INDUSTRY, GET_INDUSTRY = "/cgi-bin/template/api_set_industry", "/cgi-bin/template/get_industry"


WHOLE = {"thing2": "苹果", "amount3": "3.50元"}


def chosen(bench: Bench, short: str = "43216", *keywords: str) -> str:
    body = {"template_id_short": short, "keyword_name_list": list(keywords) or ["商品名称", "订单金额"]}
    return str(bench.post(CHOOSE, body)["template_id"])


def send(bench: Bench, openid: str, template: str, data: dict[str, str], **more: Any) -> Any:
    values = {name: {"value": value} for name, value in data.items()}
    return bench.post(SEND, {"touser": openid, "template_id": template, "data": values, **more})


def screen(bench: Bench, name: str = "alice") -> list[dict[str, Any]]:
    items = chats.read(bench.world, bench.account.appid, name)
    return [item for item in items if item["via"] == "template"]


def test_keywords_are_chosen_by_name_and_shown_in_their_order(bench: Bench) -> None:
    template = chosen(bench, "43216", "订单金额", "商品名称")
    (listed,) = bench.get(LIST)["template_list"]
    assert listed["template_id"] == template
    assert listed["content"] == "订单金额:{{amount3.DATA}}\n商品名称:{{thing2.DATA}}"
    assert (listed["primary_industry"], listed["deputy_industry"]) == ("", "")
    assert len(template) == 43


@pytest.mark.parametrize(
    ("short", "keywords", "code"),
    [
        ("99999", ["商品名称"], 40037),
        ("", ["商品名称"], 40037),
        ("43216", [], 40246),
        ("43216", ["商品名称", "天气"], 40246),
        ("43216", ["\\u5546"], 40246),
        ("43216", "商品名称", 40246),
    ],
)
def test_choosing_what_is_not_in_the_library(bench: Bench, short: str, keywords: Any, code: int) -> None:
    body = {"template_id_short": short, "keyword_name_list": keywords}
    assert bench.code(bench.post(CHOOSE, body)) == code


def test_twenty_five_templates_are_enough(bench: Bench) -> None:
    for _ in range(25):
        template = chosen(bench)
    body = {"template_id_short": "43216", "keyword_name_list": ["商品名称"]}
    assert bench.code(bench.post(CHOOSE, body)) == 45026
    assert bench.code(bench.post(DROP, {"template_id": template})) == 0
    assert bench.code(bench.post(DROP, {"template_id": template})) == 40037
    assert bench.code(bench.post(CHOOSE, body)) == 0


def test_ten_are_enough_for_a_test_account(bench: Bench) -> None:
    trial = bench.add("trial", kind="test")
    for number in range(10):
        templates.add_own(bench.world, trial, f"t{number}", "{{a.DATA}}")
    body = {"template_id_short": "43216", "keyword_name_list": ["商品名称"]}
    assert bench.code(bench.post(CHOOSE, body, of=trial)) == 45026


def test_a_message_arrives_and_its_arrival_is_told(bench: Bench) -> None:
    openid = bench.follower("alice")
    sent = send(
        bench, openid, chosen(bench), {"thing2": "苹果", "amount3": "12.50元"}, url="http://a.example/"
    )
    assert sent["msgid"] > 2**53
    (shown,) = screen(bench)
    assert shown["lines"] == [
        {"label": "商品名称", "value": "苹果"},
        {"label": "订单金额", "value": "12.50元"},
    ]
    assert shown["url"] == "http://a.example/"
    (told,) = bench.pushes
    assert isinstance(told, TemplateSendJobFinish)
    assert (told.msg_id, told.status, told.from_user_name) == (sent["msgid"], "success", openid)


def test_who_refuses_messages_gets_none_and_that_is_told(bench: Bench) -> None:
    openid = bench.follower("alice")
    bench.world.db.run("UPDATE relation SET refuses = 1 WHERE openid = ?", openid)
    assert bench.code(send(bench, openid, chosen(bench), WHOLE)) == 0
    assert screen(bench) == []
    (told,) = bench.pushes
    assert isinstance(told, TemplateSendJobFinish)
    assert told.status == "failed:user block"


def test_who_does_not_follow_cannot_be_reached(bench: Bench) -> None:
    openid = bench.follower("alice")
    acts.unfollow(bench.world, bench.account, "alice")
    template = chosen(bench)
    assert bench.code(send(bench, openid, template, WHOLE)) == 43004
    assert bench.code(send(bench, "nobody", template, WHOLE)) == 40003
    assert bench.code(send(bench, openid, "no such template", WHOLE)) == 40037
    assert bench.pushes == []


def test_a_template_that_was_blocked(bench: Bench) -> None:
    openid, template = bench.follower("alice"), chosen(bench)
    bench.world.db.run("UPDATE template SET blocked = 1")
    assert bench.code(send(bench, openid, template, WHOLE)) == 43116


@pytest.mark.parametrize(
    ("keyword", "good", "bad"),
    [
        ("thing1", "二" * 20, "二" * 21),
        ("character_string1", "A-1_" * 8, "订单1"),
        ("number1", "1" * 32 + ".5", "一百"),
        ("letter1", "a" * 32, "a1"),
        ("symbol1", "★★★★★", "abc"),
        ("time1", "2024年9月30日 15:10:20", "明天"),
        ("date1", "2024年9月30日", "15:10"),
        ("amount1", "￥1234567890.00", "12345678901"),
        ("phone_number1", "+86-0766-66888866", "零七六六"),
        ("car_number1", "粤A8Z888挂", "粤A8Z888挂车号太长"),
        ("name1", "诸葛亮", "诸" * 11),
        ("phrase1", "配送中", "正在配送途中"),
    ],
)
def test_typed_keywords_are_held_to_their_type(bench: Bench, keyword: str, good: str, bad: str) -> None:
    openid = bench.follower("alice")
    template = templates.add_own(bench.world, bench.account, "订单", f"内容：{{{{{keyword}.DATA}}}}")
    assert bench.code(send(bench, openid, template, {keyword: good})) == 0
    refused = send(bench, openid, template, {keyword: bad})
    assert refused["errcode"] == 47003
    assert keyword in refused["errmsg"]


def test_what_no_longer_shows_since_2023(bench: Bench) -> None:
    openid = bench.follower("alice")
    template = templates.add_own(
        bench.world,
        bench.account,
        "订单",
        "{{first.DATA}}\n编号：{{keyword1.DATA}}\n时间:{{a.DATA}} 至 {{b.DATA}}\n{{Remark.DATA}}",
    )
    data = {
        "first": "您好",
        "keyword1": "第一行\n第二行🎉" + "长" * 30,
        "a": "九点",
        "b": "十点",
        "Remark": "再见",
    }
    send(bench, openid, template, data)
    (shown,) = screen(bench)
    assert shown["lines"] == [
        {"label": "编号", "value": ("第一行 第二行" + "长" * 30)[:20]},
        {"label": "时间", "value": "九点 至 十点"},
    ]


def test_the_same_client_msg_id_sends_once_within_ten_minutes(bench: Bench) -> None:
    alice, bob, template = bench.follower("alice"), bench.follower("bob"), chosen(bench)
    first = send(bench, alice, template, WHOLE, client_msg_id="order-1")
    bench.clock.advance(599)
    assert send(bench, alice, template, WHOLE, client_msg_id="order-1") == first
    assert len(screen(bench)) == len(bench.pushes) == 1
    assert send(bench, bob, template, WHOLE, client_msg_id="order-1") != first
    assert send(bench, alice, template, WHOLE, client_msg_id="order-2") != first
    bench.clock.advance(1)
    assert send(bench, alice, template, WHOLE, client_msg_id="order-1") != first
    assert len(screen(bench)) == 3


def test_a_mini_program_wins_over_the_page(bench: Bench) -> None:
    openid = bench.follower("alice")
    program = {"appid": "wx1234567890abcdef", "pagepath": "index?a=1"}
    send(bench, openid, chosen(bench), WHOLE, url="http://old.example/", miniprogram=program)
    assert screen(bench)[0]["miniprogram"] == program


def test_industries_change_once_a_month_and_take_their_templates_along(bench: Bench) -> None:
    assert bench.get(GET_INDUSTRY) == {}
    assert bench.code(bench.post(SET_INDUSTRY, {"industry_id1": "1", "industry_id2": 13})) == 0
    assert bench.get(GET_INDUSTRY) == {
        "primary_industry": {"first_class": "IT科技", "second_class": "互联网|电子商务"},
        "secondary_industry": {"first_class": "运输与仓储", "second_class": "快递"},
    }
    bench.post(CHOOSE, {"template_id_short": "TM00015"})
    kept = chosen(bench)
    other = {"industry_id1": "41", "industry_id2": "10"}
    assert bench.code(bench.post(SET_INDUSTRY, other)) == 43100
    bench.clock.advance(days=31)
    assert bench.code(bench.post(SET_INDUSTRY, other)) == 0
    assert [one["template_id"] for one in bench.get(LIST)["template_list"]] == [kept]


@pytest.mark.parametrize("wrong", ["0", "42", "a", ""])
def test_there_are_41_industries(bench: Bench, wrong: str) -> None:
    assert bench.code(bench.post(SET_INDUSTRY, {"industry_id1": wrong, "industry_id2": "1"})) == 40102


def test_templates_of_another_account_are_not_there(bench: Bench) -> None:
    other: AccountState = bench.add("other")
    template = chosen(bench)
    openid = bench.follower("bob", other)
    body = {"touser": openid, "template_id": template, "data": {}}
    assert bench.code(bench.post(SEND, body, of=other)) == 40037
    assert bench.code(bench.post(DROP, {"template_id": template}, of=other)) == 40037
    assert people.by_openid(bench.world, other, openid).subscribed
