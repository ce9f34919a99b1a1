"""What `data` of a template message must hold: WeChat's words when it does not (developers' reports, 2019 to 2026).

    47003 argument invalid! data.thing3.value is empty      missing, misspelt, empty, not {"value": …}
    47003 argument invalid! data.phrase3.value invalid      breaks the rule of its type

Only one field is named, in the template's own order. `first` and `remark` are ignored since May 2023; old industry
templates are sent with blanks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gongzhong.platform.world import notices, templates
from gongzhong.platform.world.settings import Rules

from .door import Door

SEND = "/cgi-bin/message/template/send"
WHOLE: dict[str, Any] = {
    "character_string1": {"value": "A-7"},
    "thing2": {"value": "茶"},
    "phrase4": {"value": "已下单"},
}


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.world.close()


def template(door: Door) -> str:
    body = {"template_id_short": "43216", "keyword_name_list": ["订单编号", "商品名称", "订单状态"]}
    made: str = door.ask("/cgi-bin/template/api_add_template", body)["template_id"]
    return made


def answer(door: Door, data: Any, template_id: str | None = None) -> str:
    """The errmsg without its trace id; "ok" when it was sent."""
    message = {"touser": door.openid, "template_id": template_id or template(door), "data": data}
    found = door.ask(SEND, message)
    assert found["errcode"] in (0, 47003)
    return str(found["errmsg"].partition(" rid:")[0])


EMPTY = "argument invalid! data.{}.value is empty"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (WHOLE, "ok"),
        ({**WHOLE, "first": {"value": "您好"}, "remark": {"value": "再见", "color": "#f00"}}, "ok"),
        ({**WHOLE, "thing9": {"value": "字" * 50}}, "ok"),
        ({name: value for name, value in WHOLE.items() if name != "phrase4"}, EMPTY.format("phrase4")),
        ({f"{name}.DATA": value for name, value in WHOLE.items()}, EMPTY.format("character_string1")),
        ({"first": {"value": "a"}, "keyword1": {"value": "b"}}, EMPTY.format("character_string1")),
        ({}, EMPTY.format("character_string1")),
        (None, EMPTY.format("character_string1")),
        ("text", EMPTY.format("character_string1")),
        ([], EMPTY.format("character_string1")),
        ({**WHOLE, "thing2": {"value": ""}}, EMPTY.format("thing2")),
        ({**WHOLE, "thing2": {"value": " \n"}}, EMPTY.format("thing2")),
        ({**WHOLE, "thing2": {"value": "①"}}, EMPTY.format("thing2")),
        ({**WHOLE, "thing2": "茶"}, EMPTY.format("thing2")),
        ({**WHOLE, "thing2": {"color": "#f00"}}, EMPTY.format("thing2")),
        ({**WHOLE, "thing2": {"value": None}}, EMPTY.format("thing2")),
        ({**WHOLE, "thing2": None}, EMPTY.format("thing2")),
        ({**WHOLE, "character_string1": {"value": 7}}, "ok"),
        ({**WHOLE, "phrase4": {"value": "已经下单啦啦"}}, "argument invalid! data.phrase4.value invalid"),
        ({**WHOLE, "phrase4": {"value": "已经下单啦啦"}, "thing2": {}}, EMPTY.format("thing2")),
    ],
)
def test_category_templates(door: Door, data: Any, words: str) -> None:
    assert answer(door, data) == words


def test_no_data_at_all(door: Door) -> None:
    refused = door.ask(SEND, {"touser": door.openid, "template_id": template(door)})
    assert refused["errcode"] == 47003
    assert refused["errmsg"].startswith(EMPTY.format("character_string1"))


def test_old_templates_stay_blank(door: Door) -> None:
    old = templates.add_own(
        door.world, door.account, "订单", "{{first.DATA}}\n编号：{{keyword1.DATA}}\n{{remark.DATA}}"
    )
    assert answer(door, {}, old) == "ok"
    (card,) = (one for one in door.shown() if one["via"] == "template")
    assert card["lines"] == [{"label": "编号", "value": ""}]


def test_nothing_is_shown_or_pushed_for_a_refused_message(door: Door) -> None:
    answer(door, {})
    assert [one for one in door.shown() if one["via"] == "template"] == []


def test_the_check_can_be_switched_off() -> None:
    assert answer(Door(Rules(template_data_checked=False)), {}) == "ok"


def test_subscription_notices_say_the_same(door: Door) -> None:
    """发送订阅通知 (recalled: the texts are those of template messages)."""
    number = next(iter(notices.NOTICES))
    kids = [one.kid for one in notices.of_library(str(number)).keywords][:2]
    made = door.ask("/wxaapi/newtmpl/addtemplate", {"tid": str(number), "kidList": kids})["priTmplId"]
    refused = door.ask(
        "/cgi-bin/message/subscribe/bizsend", {"touser": door.openid, "template_id": made, "data": {}}
    )
    code = notices.find(door.world, door.account, made).keywords[0].code
    assert (refused["errcode"], refused["errmsg"].partition(" rid:")[0]) == (47003, EMPTY.format(code))
