"""What the kit makes of successful answers: samples of the official pages, and the same with a field missing, null or
of another type.

Layouts and fields are those of the samples, with invented values. Which fields may be missing and which types differ
was read on the pages of 2025/26 and 2026-11, among them 获取草稿详情, 获取已发布图文信息, 获取在线客服列表,
查询rid信息, 获取公众号的自动回复规则, 获取模板中的关键词, 换取用户授权凭证, 新增临时素材 and 查询群发消息发送状态.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.catalogue.answers import decode_answer
from gongzhong.catalogue.model import Call
from gongzhong.catalogue.registry import by_path
from gongzhong.errors import BadAnswer

SAMPLES: dict[str, str] = {
    "GET /cgi-bin/token": '{\n  "access_token": "T",\n  "expires_in": 7200\n}',
    "POST /cgi-bin/stable_token": '{"access_token":"T","expires_in":7200}',
    "GET /cgi-bin/getcallbackip": '{\n    "ip_list": [\n        "127.0.0.1",\n        "127.0.0.2"\n    ]\n}',
    "POST /cgi-bin/openapi/quota/get": """{
        "errcode":0, "errmsg":"ok",
        "quota": {"daily_limit":0, "used":0, "remain":0},
        "rate_limit?": {"call_count": 10, "refresh_second": 60},
        "component_rate_limit?": {"call_count": 10, "refresh_second": 60}
    }""",
    "POST /cgi-bin/openapi/rid/get": """{
        "errcode":0, "errmsg":"ok",
        "request": {
            "invoke_time":1635156704, "cost_in_ms":30, "request_url":"access_token=***&appid=wx",
            "request_body":"", "response_body":"{\\"errcode\\":45009}", "client_ip?":"113.*.*.*"
        }
    }""",
    "GET /cgi-bin/menu/get": """{
        "menu": {"button": [{"type":"click","name":"今日歌曲","key":"V1001","sub_button":[ ]}], "menuid?": 208396938},
        "conditionalmenu?": [{"button":[], "matchrule":{"group_id":2}, "menuid?":208396993}]
    }""",
    "POST /cgi-bin/menu/addconditional": '{"menuid":"208379533"}',
    "POST /cgi-bin/draft/add": '{\n   "media_id":"MEDIA_ID",\n   "item?": []\n}',
    "POST /cgi-bin/draft/get": """{
        "news_item": [{
            "title":"TITLE", "author?":"A", "digest?":"D", "content":"C", "content_source_url?":"U",
            "thumb_media_id":"M", "show_cover_pic?":0, "need_open_comment":0, "only_fans_can_comment":0,
            "url":"URL", "thumb_url?":"T", "cover_info?": {"crop_percent_list": []}
        }],
        "create_time?": 1635156704, "update_time?": 1635156704
    }""",
    "POST /cgi-bin/draft/batchget": """{
        "total_count":1, "item_count":1,
        "item": [{
            "media_id":"M",
            "content": {"news_item":[{"title":"T","content":"C"}], "create_time?":1635156704, "update_time?":1},
            "update_time": 1635156704
        }]
    }""",
    "POST /cgi-bin/freepublish/submit": (
        '{"errcode":0,"errmsg":"ok","publish_id":"100000001","msg_data_id?":"2650001234"}'
    ),
    "POST /cgi-bin/freepublish/get": """{
        "publish_id":"100000001", "publish_status":0, "article_id?":"ARTICLE_ID",
        "article_detail?": {"count":1, "item":[{"idx":1,"article_url":"URL"}]},
        "fail_idx?": []
    }""",
    "POST /cgi-bin/freepublish/getarticle": """{
        "news_item": [{"title":"T","content":"C","is_deleted?":false}], "create_time?":1, "update_time?":2
    }""",
    "POST /cgi-bin/freepublish/batchget": """{
        "total_count":1, "item_count":1,
        "item": [{
            "article_id":"A", "update_time":1635156704,
            "content": {"news_item":[{"title":"T","content":"C"}], "create_time?":1, "update_time?":2}
        }]
    }""",
    "POST /cgi-bin/material/add_material": '{"media_id":"M","url?":"URL","item?":[]}',
    "POST /cgi-bin/material/batchget_material": """{
        "total_count":1, "item_count":1,
        "item": [{
            "media_id":"M", "update_time":1,
            "content?": {"news_item":[{"title":"T","thumb_url?":"U"}], "create_time?":1, "update_time?":2},
            "tags?": []
        }]
    }""",
    "GET /cgi-bin/material/get_materialcount": (
        '{"voice_count":1,"video_count":2,"image_count":3,"news_count":4,"errcode?":0,"errmsg?":"ok"}'
    ),
    "POST /cgi-bin/media/upload": (
        '{"errcode?":0,"errmsg?":"ok","type":"image","media_id":"M","created_at":1635156704,"item?":[]}'
    ),
    "GET /cgi-bin/template/get_industry": """{
        "primary_industry": {"first_class":"运输与仓储","second_class":"快递"},
        "secondary_industry?": {"first_class":"IT科技","second_class":"互联网|电子商务"}
    }""",
    "GET /cgi-bin/get_current_autoreply_info": """{
        "is_add_friend_reply_open": 1, "is_autoreply_open": 1,
        "add_friend_autoreply_info?": {"type":"text", "content":"Thanks for your attention!"},
        "message_default_autoreply_info?": {"type":"text", "content":"Hello, this is autoreply!"},
        "keyword_autoreply_info?": {"list":[{
            "rule_name":"autoreply-news", "create_time":1423028166, "reply_mode":"reply_all",
            "keyword_list_info":[{"type":"text","match_mode":"contain","content":"news"}],
            "reply_list_info":[{
                "type":"news", "content?":"M",
                "news_info":{"list":[{"title":"it's news","author":"j","digest":"it's digest","show_cover":1,
                    "cover_url":"C","content_url":"U","source_url":"S"}]}
            }]
        }]}
    }""",
    "GET /cgi-bin/customservice/getkflist": """{
        "kf_list": [{
            "kf_account":"test1@test", "kf_nick?":"n", "kf_id":"1001", "kf_headimgurl?":"U", "kf_wx?":"w",
            "invite_wx?":"w", "invite_expire_time?":123456789, "invite_status?":"waiting", "kf_openid?":"o"
        }]
    }""",
    "GET /cgi-bin/customservice/getonlinekflist": """{
        "kf_online_list": [{"kf_account":"test1@test","status":1,"kf_id":"1001","accepted_case?":1,"kf_openid?":"o"}]
    }""",
    "GET /customservice/kfsession/getsession": '{"createtime?":123456789,"kf_account?":"test1@test"}',
    "GET /customservice/kfsession/getwaitcase": (
        '{"count":1,"waitcaselist":[{"latest_time":123456789,"openid":"OPENID"}]}'
    ),
    "GET /cgi-bin/user/get": '{"total":2,"count":2,"data?":{"openid":["O1","O2"]},"next_openid?":"O2"}',
    "GET /cgi-bin/user/info": """{
        "subscribe": 1, "openid": "o6", "language?": "zh_CN", "subscribe_time?": 1382694957, "unionid?": "o7",
        "remark?": "", "groupid?": 0, "tagid_list?":[128,2], "subscribe_scene?": "ADD_SCENE_QR_CODE",
        "qr_scene?": 98765, "qr_scene_str?": "", "nickname?": "N"
    }""",
    "POST /cgi-bin/tags/create": '{"tag":{"id":134,"name":"广东","count?":0}}',
    "POST /cgi-bin/qrcode/create": '{"ticket":"gQH47j","expire_seconds?":60,"url":"http://weixin.qq.com/q/k"}',
    "POST /cgi-bin/shorten/fetch": (
        '{"errcode":0,"errmsg":"ok","long_data":"L","create_time?":1611047541,"expire_seconds?":86300}'
    ),
    "GET /sns/oauth2/access_token": """{
        "access_token":"A", "expires_in":7200, "refresh_token":"R", "openid":"O", "scope?":"snsapi_base",
        "is_snapshotuser?": 1, "unionid?": "U"
    }""",
    "GET /sns/userinfo": """{
        "openid":"O", "nickname?":"N", "sex?":1, "province?":"P", "city?":"C", "country?":"CN", "headimgurl?":"H",
        "privilege?":[ "PRIVILEGE1" ], "unionid?":"U"
    }""",
    "POST /cgi-bin/message/mass/get": '{"msg_id":201053012,"msg_status":"SEND_SUCCESS"}',
    "POST /cgi-bin/message/mass/sendall": (
        '{"errcode":0,"errmsg":"send job submission success","msg_id":34182,"msg_data_id?":206227730}'
    ),
    "POST /cgi-bin/message/mass/preview": '{"errcode":0,"errmsg":"preview success","msg_id?":34182}',
    "POST /cgi-bin/message/template/send": '{"errcode?":0,"errmsg?":"ok","msgid":200228332}',
    "GET /wxaapi/newtmpl/getpubtemplatetitles": """{
        "errcode":0, "errmsg":"ok", "count?":1, "data":[{"tid":99,"title":"付款成功通知","type":2,"categoryId":"616"}]
    }""",
    "GET /wxaapi/newtmpl/getpubtemplatekeywords": """{
        "errcode":0, "errmsg":"ok", "count?":1, "data":[{"kid":1,"name":"物品名称","example":"名称","rule":"thing"}]
    }""",
    "POST /cgi-bin/comment/list": """{
        "errcode":0, "errmsg":"ok", "total":1,
        "comment":[{"user_comment_id":1,"openid?":"O","create_time":1,"content":"c","comment_type":0,
            "reply?":{"content":"r","create_time":2}}]
    }""",
}
"""Call → its sample. A name that ends with `?` is optional: the page's sample, or live answers, go without it."""

NUMBER_OR_TEXT = {
    "POST /cgi-bin/message/mass/get": "msg_id",
    "GET /cgi-bin/customservice/getonlinekflist": "kf_online_list.0.kf_id",
    "GET /cgi-bin/customservice/getkflist": "kf_list.0.kf_id",
    "POST /cgi-bin/freepublish/submit": "publish_id",
    "POST /cgi-bin/menu/addconditional": "menuid",
    "GET /wxaapi/newtmpl/getpubtemplatetitles": "data.0.categoryId",
    "POST /cgi-bin/message/template/send": "msgid",
    "GET /cgi-bin/token": "expires_in",
}

Path = tuple[str | int, ...]


def declared(call: str) -> type[Call[Any]]:
    verb, path = call.split()
    found = by_path(path, verb)
    assert found is not None
    return found


def plain(value: Any) -> Any:
    """The sample itself, without the marks."""
    if isinstance(value, dict):
        return {name.removesuffix("?"): plain(entry) for name, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, list) else value


def optional(value: Any, at: Path = ()) -> Iterator[Path]:
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, entry in entries:
        place = (*at, name.removesuffix("?") if isinstance(name, str) else name)
        if isinstance(name, str) and name.endswith("?"):
            yield place
        yield from optional(entry, place)


def holder(document: Any, path: Path) -> Any:
    for step in path[:-1]:
        document = document[step]
    return document


def decoded(call: str, document: Any) -> Any:
    return decode_answer(declared(call), json.dumps(document).encode())


@pytest.mark.parametrize("call", SAMPLES)
def test_a_sample_is_read_in_its_layout(call: str) -> None:
    body = SAMPLES[call].replace('?":', '":').encode()
    fields = json.loads(body)
    for text in (body, b"\n" + body.replace(b"\n", b"\r\n") + b"\n"):
        answer = decode_answer(declared(call), text)
        for name in answer.__struct_fields__:
            if isinstance(fields.get(name), str):
                assert str(getattr(answer, name)) == fields[name]


@pytest.mark.parametrize("call", SAMPLES)
def test_each_optional_field_may_be_missing_null_or_of_another_type(call: str) -> None:
    marked = json.loads(SAMPLES[call])
    for path in optional(marked):
        document = plain(marked)
        for odd in (None, {}, [], "", "x", 7, True, [{}], {"x": []}):
            holder(document, path)[path[-1]] = odd
            decoded(call, document)
        del holder(document, path)[path[-1]]
        decoded(call, document)
    without = plain(marked)
    for path in sorted(optional(marked), key=len, reverse=True):
        del holder(without, path)[path[-1]]
    decoded(call, without)


@pytest.mark.parametrize("call", SAMPLES)
def test_no_answer_needs_an_errcode(call: str) -> None:
    document = plain(json.loads(SAMPLES[call]))
    document.pop("errcode", None)
    document.pop("errmsg", None)
    without = decoded(call, document)
    for code in (0, "0", None):
        assert decoded(call, {"errcode": code, "errmsg": "ok", **document}) == without


@pytest.mark.parametrize("call", NUMBER_OR_TEXT)
def test_ids_may_be_numbers_or_text(call: str) -> None:
    path: Path = tuple(int(step) if step.isdecimal() else step for step in NUMBER_OR_TEXT[call].split("."))
    document = plain(json.loads(SAMPLES[call]))
    kept = []
    for kind in (int, str):
        place = holder(document, path)
        place[path[-1]] = kind(place[path[-1]])
        answer: Any = decoded(call, document)
        for step in path:
            answer = answer[step] if isinstance(step, int) else getattr(answer, step)
        kept.append(str(answer))
    assert kept[0] == kept[1] == str(holder(document, path)[path[-1]])


def test_half_an_emoji_in_a_nickname_is_shown_as_lost() -> None:
    call = "GET /cgi-bin/user/info"
    body = SAMPLES[call].replace('?":', '":').replace('"N"', '"半\\ud83d"').encode()
    answer = decode_answer(declared(call), body)
    assert answer.nickname == "半\ufffd"


@pytest.mark.parametrize("call", ["GET /cgi-bin/token", "GET /cgi-bin/user/info", "GET /cgi-bin/menu/get"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"<html>",
        b"{" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_no_answer_ends_in_one_error(call: str, body: bytes) -> None:
    with pytest.raises(BadAnswer):
        decode_answer(declared(call), body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["news_item", "item", "content", "errcode", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(SAMPLES)), JSON, st.randoms(use_true_random=False))
def test_nothing_but_an_answer_or_bad_answer(call: str, odd: Any, random: Any) -> None:
    document = plain(json.loads(SAMPLES[call]))
    name = random.choice(sorted(document))
    try:
        decoded(call, {**document, name: odd})
    except BadAnswer as problem:
        assert problem.zh
        assert problem.en
