"""Verbs, empty values and content types that SDKs of other languages send and WeChat takes.

Go and Java clients write every field of a struct, empty ones as `""`, `0` or `null`; PHP writes numbers as text; curl
labels JSON as a form. 获取标签下粉丝列表 shows GET in older editions, one SDK reads the speed of mass sending by GET.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .door import Door

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
BUTTON = {"type": "click", "name": "帮助", "key": "help"}


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.world.close()


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=UTF-8",
        "nonsense",
    ],
)
def test_json_is_taken_under_every_label(door: Door, content_type: str | None) -> None:
    assert door.ask("/cgi-bin/menu/create", {"button": [BUTTON]}, content_type=content_type)["errcode"] == 0


def test_a_get_may_carry_a_body(door: Door) -> None:
    assert "ip_list" in door.ask("/cgi-bin/getcallbackip", b"{}", verb="GET")
    assert door.ask("/cgi-bin/user/info", {"a": 1}, verb="GET", openid=door.openid)["subscribe"] == 1


def test_older_verbs(door: Door) -> None:
    tag = door.ask("/cgi-bin/tags/create", {"tag": {"name": "vip"}})["tag"]["id"]
    door.ask("/cgi-bin/tags/members/batchtagging", {"tagid": tag, "openid_list": [door.openid]})
    for more in ({"body": {"tagid": tag, "next_openid": ""}}, {"tagid": tag}):
        assert door.ask("/cgi-bin/user/tag/get", verb="GET", **more)["count"] == 1
    door.ask("/cgi-bin/message/mass/speed/set", {"speed": 1})
    assert door.ask("/cgi-bin/message/mass/speed/get", verb="GET")["speed"] == 1
    agent = f"anna@{door.account.wechat_id}"
    door.ask("/customservice/kfaccount/add", {"kf_account": agent, "nickname": "安娜", "password": "0f" * 16})
    assert door.ask("/customservice/kfaccount/del", verb="GET", kf_account=agent)["errcode"] == 0


def test_other_verbs_are_refused_in_words(door: Door) -> None:
    assert door.ask("/cgi-bin/menu/create", verb="GET")["errcode"] == 43002
    assert door.ask("/cgi-bin/menu/get", b"{}")["errcode"] == 43001


EMPTY_BUTTON = {
    "type": "",
    "key": "",
    "url": "",
    "media_id": "",
    "appid": "",
    "pagepath": "",
    "article_id": "",
}
TEMPLATE = {"template_id_short": "43216", "keyword_name_list": ["商品名称"]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/cgi-bin/menu/create", {"button": [{**EMPTY_BUTTON, **BUTTON, "sub_button": []}]}),
        (
            "/cgi-bin/menu/create",
            {"button": [{**EMPTY_BUTTON, **BUTTON, "sub_button": None}], "matchrule": None},
        ),
        ("/cgi-bin/menu/create", {"button": [{**EMPTY_BUTTON, "name": "更多", "sub_button": [BUTTON]}]}),
        (
            "/cgi-bin/qrcode/create",
            {
                "expire_seconds": "604800",
                "action_name": "QR_STR_SCENE",
                "action_info": {"scene": {"scene_id": None, "scene_str": "a"}},
            },
        ),
        (
            "/cgi-bin/qrcode/create",
            {
                "expire_seconds": "",
                "action_name": "QR_SCENE",
                "action_info": {"scene": {"scene_id": "7", "scene_str": ""}},
            },
        ),
        ("/cgi-bin/user/info/batchget", {"user_list": [{"openid": "{openid}", "lang": ""}]}),
        ("/cgi-bin/user/info/updateremark", {"openid": "{openid}", "remark": ""}),
        ("/cgi-bin/tags/members/getblacklist", {"begin_openid": ""}),
        ("/cgi-bin/tags/members/getblacklist", {"begin_openid": None}),
        ("/cgi-bin/draft/batchget", {"offset": "0", "count": "20", "no_content": ""}),
        ("/cgi-bin/material/batchget_material", {"type": "image", "offset": "0", "count": "20"}),
        (
            "/cgi-bin/message/custom/send",
            {
                "touser": "{openid}",
                "msgtype": "text",
                "text": {"content": "你好"},
                "image": None,
                "news": None,
                "customservice": None,
            },
        ),
        (
            "/cgi-bin/message/template/send",
            {
                "touser": "{openid}",
                "template_id": "{template}",
                "url": "",
                "miniprogram": {"appid": "", "pagepath": ""},
                "client_msg_id": "",
                "topcolor": "#FF0000",
                "data": {"thing2": {"value": "茶", "color": ""}},
            },
        ),
        (
            "/cgi-bin/message/template/send",
            {
                "touser": "{openid}",
                "template_id": "{template}",
                "miniprogram": "",
                "data": {"thing2": {"value": "茶", "color": None}},
            },
        ),
        (
            "/cgi-bin/draft/add",
            {
                "articles": [
                    {
                        "title": "春天",
                        "content": "<p>花</p>",
                        "thumb_media_id": "{thumb}",
                        "author": "",
                        "digest": None,
                        "content_source_url": "",
                        "need_open_comment": "1",
                        "only_fans_can_comment": "",
                        "show_cover_pic": "",
                        "image_info": None,
                        "product_info": None,
                        "cover_info": None,
                    }
                ]
            },
        ),
    ],
)
def test_empty_values_say_nothing(door: Door, path: str, body: dict[str, Any]) -> None:
    door.ask("/cgi-bin/menu/create", {"button": [BUTTON]})
    door.ask(
        "/cgi-bin/message/custom/send", {"touser": door.openid, "msgtype": "text", "text": {"content": "a"}}
    )
    filled = json.dumps(body, ensure_ascii=False)
    filled = filled.replace("{openid}", door.openid)
    if "{template}" in filled:
        made = door.ask("/cgi-bin/template/api_add_template", TEMPLATE)["template_id"]
        filled = filled.replace("{template}", made)
    if "{thumb}" in filled:
        thumb = door.upload("/cgi-bin/material/add_material", "a.png", PNG, type="image")["media_id"]
        filled = filled.replace("{thumb}", thumb)
    answer = door.ask(path, filled.encode())
    assert answer.get("errcode", 0) == 0, answer


def test_an_empty_mini_program_is_none(door: Door) -> None:
    made = door.ask("/cgi-bin/template/api_add_template", TEMPLATE)["template_id"]
    message = {
        "touser": door.openid,
        "template_id": made,
        "url": "https://a.example/",
        "data": {"thing2": {"value": "茶"}},
    }
    door.ask("/cgi-bin/message/template/send", {**message, "miniprogram": {"appid": "", "pagepath": ""}})
    (card,) = (one for one in door.shown() if one["via"] == "template")
    assert card["url"] == "https://a.example/"
    assert not card.get("miniprogram")
