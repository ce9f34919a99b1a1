r"""What `\uXXXX` in a body does, call by call, as `requests.post(json=…)` and Go's encoder send it.

Menus: 40033 (创建自定义菜单, 创建个性化菜单); a body that is not UTF-8: 65318 (reports of 2016 and 2018).
Customer-service messages and drafts keep the six characters (reports of 2014 to 2026, conflicting for the former; the
page 新增草稿 warns of it).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from gongzhong.catalogue import customer_messages, drafts, menus
from gongzhong.catalogue.encoding import encode
from gongzhong.platform.doors.json_form import as_understood
from gongzhong.platform.world.settings import Rules

from .door import Door

MENU, CONDITIONAL, CUSTOM = (
    "/cgi-bin/menu/create",
    "/cgi-bin/menu/addconditional",
    "/cgi-bin/message/custom/send",
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.world.close()


def escaped(value: Any) -> bytes:
    """As `requests` writes it."""
    return json.dumps(value).encode()


def button(**fields: Any) -> dict[str, Any]:
    return {"button": [{"type": "click", "name": "帮助", "key": "help", **fields}]}


def test_menus_refuse_escapes(door: Door) -> None:
    for path in (MENU, CONDITIONAL):
        refused = door.ask(path, escaped({**button(), "matchrule": {"client_platform_type": "1"}}))
        assert refused["errcode"] == 40033
        assert refused["errmsg"].startswith(
            r"invalid charset. please check your request, if include \uxxxx will create fail!"
        )
    link = rb'{"button":[{"type":"view","name":"A","url":"https://shop.example/?a=1\u0026b=2"}]}'
    assert door.ask(MENU, link)["errcode"] == 40033
    assert door.ask(MENU, button())["errcode"] == 0


def test_menus_want_utf8(door: Door) -> None:
    body = json.dumps(button(), ensure_ascii=False).encode("gbk")
    assert door.ask(MENU, body)["errcode"] == 65318


def test_other_escapes_of_json_are_understood(door: Door) -> None:
    body = rb'{"button":[{"type":"click","name":"A","key":"a\/b\"c\\d\\u4f60"}]}'
    assert door.ask(MENU, body)["errcode"] == 0
    (shown,) = door.ask("/cgi-bin/menu/get", verb="GET")["menu"]["button"]
    assert shown["key"] == 'a/b"c\\d\\u4f60'


def test_customer_service_shows_the_escapes(door: Door) -> None:
    message = {"touser": door.openid, "msgtype": "text", "text": {"content": '你<a href="x">好</a>\n'}}
    assert door.ask(CUSTOM, escaped(message))["errcode"] == 0
    (line,) = (one for one in door.shown() if one["via"] == "customer")
    assert line["content"] == '\\u4f60<a href="x">\\u597d</a>\n'
    (entry,) = door.traffic.newest(limit=1).entries
    assert (entry.verdict.ok, entry.verdict.kind) == (True, "escaped")


def test_drafts_keep_and_count_the_escapes(door: Door) -> None:
    thumb = door.upload("/cgi-bin/material/add_material", "a.png", PNG, type="image")["media_id"]
    article = {"title": "新茶", "content": "<p>春天</p>", "thumb_media_id": thumb}
    media_id = door.ask("/cgi-bin/draft/add", escaped({"articles": [article]}))["media_id"]
    (stored,) = door.ask("/cgi-bin/draft/get", {"media_id": media_id})["news_item"]
    assert stored["title"] == r"\u65b0\u8336"
    too_long = {**article, "author": "作者甲"}  # three characters, eighteen as escapes
    assert door.ask("/cgi-bin/draft/add", escaped({"articles": [too_long]}))["errcode"] == 45110


def test_names_of_keywords_do_not_match(door: Door) -> None:
    """选用模板 (reported): 40246."""
    body = {"template_id_short": "43216", "keyword_name_list": ["商品名称", "订单金额"]}
    assert door.ask("/cgi-bin/template/api_add_template", escaped(body))["errcode"] == 40246
    assert "template_id" in door.ask("/cgi-bin/template/api_add_template", body)


def test_elsewhere_they_are_understood_and_the_developer_is_told(door: Door) -> None:
    made = door.ask("/cgi-bin/tags/create", escaped({"tag": {"name": "广东"}}))
    assert made["tag"]["name"] == "广东"
    (entry,) = door.traffic.newest(limit=1).entries
    assert (entry.verdict.kind, "UTF-8" in entry.verdict.zh) == ("escaped", True)


def test_each_call_can_be_set() -> None:
    door = Door(Rules(unicode_escapes={CUSTOM: "decode", "/cgi-bin/tags/create": "refuse"}))
    assert door.ask(MENU, escaped(button()))["errcode"] == 0
    assert door.ask("/cgi-bin/tags/create", escaped({"tag": {"name": "广东"}}))["errcode"] == 40033


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb'"\u4f60"', "\\u4f60"),
        (rb'"\\u4f60"', "\\u4f60"),
        (rb'"\\\u4f60"', "\\\\u4f60"),
        (rb'"\ud83d\ude00"', "\\ud83d\\ude00"),
        (rb'"a\u0002b\u001f"', "a\x02b\x1f"),
        (rb'"\u0022"', "\\u0022"),
        (rb'"\n\t\/\""', '\n\t/"'),
    ],
)
def test_what_is_kept_is_the_six_characters(written: bytes, read: str) -> None:
    call = customer_messages.SendCustomerMessage
    body, _ = as_understood(call.spec, written, Rules())
    assert msgspec.json.decode(body) == read


def test_the_kit_sends_raw_characters() -> None:
    text = "你好😀<a href='x'>&"
    calls = (
        menus.CreateMenu(button=[menus.Button.click(text, "K")]),
        customer_messages.SendCustomerMessage(
            touser="o", msgtype="text", text=customer_messages.TextContent(content=text)
        ),
        drafts.AddDraft(articles=[drafts.Article(title=text, content=text)]),
    )
    for call in calls:
        body = bytes(encode(call).body or b"")
        assert text.encode() in body
        assert b"\\u" not in body
