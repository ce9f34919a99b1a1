from __future__ import annotations

import pytest

from gongzhong.catalogue.base import ClearQuota, ClearQuotaBySecret, GetStableToken, GetToken
from gongzhong.catalogue.customer_messages import SendCustomerMessage, text_message
from gongzhong.catalogue.encoding import (
    FORM,
    JSON,
    DecodeProblem,
    Encoded,
    decode,
    encode,
    injected_values,
)
from gongzhong.catalogue.media import UploadMedia
from gongzhong.catalogue.menus import CreateMenu
from gongzhong.catalogue.model import Call, Upload
from gongzhong.catalogue.oauth import GetWebUser
from gongzhong.catalogue.tags import TagUsers
from gongzhong.catalogue.templates import SendTemplate, TemplateValue
from gongzhong.catalogue.users import GetUser, ListBlocked, SetRemark

OPENID = "oA1234567890123456789012345a"
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def test_get_sends_its_fields_in_the_query() -> None:
    assert encode(GetUser(openid=OPENID, lang="en")) == Encoded({"openid": OPENID, "lang": "en"})


def test_defaults_are_left_out_but_constants_are_sent() -> None:
    assert encode(GetUser(openid=OPENID)).query == {"openid": OPENID}
    assert encode(GetToken()).query == {"grant_type": "client_credential"}


def test_post_sends_raw_utf8() -> None:
    sent = encode(SetRemark(openid=OPENID, remark="老王"))
    assert sent == Encoded({}, f'{{"openid":"{OPENID}","remark":"老王"}}'.encode(), JSON)


def test_injected_values_go_where_the_declaration_says() -> None:
    assert encode(ClearQuota(), {"appid": "wx1"}) == Encoded({}, b'{"appid":"wx1"}', JSON)
    assert encode(GetToken(), {"appid": "wx1", "secret": SECRET}).query["secret"] == SECRET
    by_secret = encode(ClearQuotaBySecret(), {"appid": "wx1", "appsecret": SECRET})
    assert by_secret.query == {"appid": "wx1", "appsecret": SECRET}
    token = encode(GetStableToken(force_refresh=True), {"appid": "wx1", "secret": SECRET})
    assert token.query == {}
    assert injected_values(GetStableToken, {}, token.body or b"") == {"appid": "wx1", "secret": SECRET}


def test_nothing_secret_shows() -> None:
    sent = encode(GetStableToken(), {"appid": "wx1", "secret": SECRET})
    assert SECRET not in repr(sent) + repr(encode(GetToken(), {"secret": SECRET}))
    assert "WEBTOKEN" not in repr(GetWebUser(access_token="WEBTOKEN", openid=OPENID))


def test_files_travel_as_multipart_beside_the_query() -> None:
    sent = encode(UploadMedia(type="image", media=Upload(b"\xff\xd8", "猫.jpg", "image/jpeg")))
    assert sent.query == {"type": "image"}
    assert (sent.content_type or "").startswith("multipart/form-data; boundary=gongzhong-")
    assert 'name="media"; filename="猫.jpg"\r\nContent-Type: image/jpeg'.encode() in bytes(sent.body or b"")


BODY = f'{{"openid":"{OPENID}","remark":"A"}}'.encode()


def test_foreign_names_are_ignored() -> None:
    query = {"access_token": "T", "remark": "not from here"}
    assert decode(SetRemark, query, BODY[:-1] + b',"new":[1]}') == SetRemark(openid=OPENID, remark="A")


@pytest.mark.parametrize("body", [b'{"openid":"o","remark":7}', b'{"openid":"o","remark":"7","x":null}'])
def test_numbers_serve_as_text(body: bytes) -> None:
    assert decode(SetRemark, {}, body) == SetRemark(openid="o", remark="7")


def test_text_serves_as_numbers_and_null_as_nothing() -> None:
    body = b'{"openid_list":["o"],"tagid":"134"}'
    assert decode(TagUsers, {}, body) == TagUsers(openid_list=["o"], tagid=134)
    assert decode(ListBlocked, {}, b'{"begin_openid":null}') == ListBlocked()


def test_numbers_deep_inside_serve_as_text() -> None:
    body = b'{"touser":"o","template_id":"T","data":{"amount1":{"value":12.5}}}'
    assert decode(SendTemplate, {}, body).data == {"amount1": TemplateValue(value="12.5")}


def test_the_parameters_of_some_calls_come_in_any_way() -> None:
    expected = {"appid": "wx1", "appsecret": SECRET}
    json, form = (
        f'{{"appid":"wx1","appsecret":"{SECRET}"}}'.encode(),
        f"appid=wx1&appsecret={SECRET}".encode(),
    )
    assert injected_values(ClearQuotaBySecret, expected) == expected
    assert injected_values(ClearQuotaBySecret, {}, json, JSON) == expected
    assert injected_values(ClearQuotaBySecret, {}, json, FORM) == expected
    assert injected_values(ClearQuotaBySecret, {}, form, FORM) == expected
    assert decode(ClearQuotaBySecret, {}, form, FORM) == ClearQuotaBySecret()


def test_others_take_json_only() -> None:
    with pytest.raises(DecodeProblem) as caught:
        decode(GetStableToken, {}, b"grant_type=client_credential", FORM)
    assert (caught.value.kind, caught.value.code) == ("json", 47001)


def test_absent_credentials_are_absent() -> None:
    assert injected_values(GetToken, {"appid": "wx1", "secret": ""}) == {"appid": "wx1"}


@pytest.mark.parametrize(
    ("kind", "body", "problem", "code", "path"),
    [
        (SetRemark, b"", "empty", 44002, ""),
        (SetRemark, b" \n", "empty", 44002, ""),
        (SetRemark, b"{", "json", 47001, ""),
        (SetRemark, b"[]", "json", 47001, ""),
        (SetRemark, b'{"openid":"\xff","remark":""}', "json", 47001, ""),
        (SetRemark, b'{"remark":"A"}', "missing", 41009, "openid"),
        (SetRemark, b'{"openid":"","remark":"A"}', "invalid", 40003, "openid"),
        (SetRemark, b'{"openid":["o"],"remark":"A"}', "invalid", 40003, "openid"),
        (CreateMenu, b'{"button":[]}', "invalid", 40016, "button"),
        (CreateMenu, b'{"button":[{"name":"A","type":"jump"}]}', "invalid", 40017, "button[0].type"),
        (
            CreateMenu,
            b'{"button":[{"name":"A","sub_button":[{"name":"B"}]}]}',
            "missing",
            40024,
            "button[0].sub_button[0].type",
        ),
        (
            CreateMenu,
            b'{"button":[{"name":"A","sub_button":[{"name":"B","type":"click","key":"K","sub_button":[{}]}]}]}',
            "invalid",
            40022,
            "button[0].sub_button[0].sub_button",
        ),
        (SendCustomerMessage, b'{"touser":"o","msgtype":"link"}', "invalid", 40008, "msgtype"),
        (SendCustomerMessage, b'{"touser":"o","msgtype":"text","text":{}}', "missing", 44004, "text.content"),
        (
            SendTemplate,
            b'{"touser":"o","template_id":"T","data":{"thing1":{}}}',
            "missing",
            47003,
            "data[...].value",
        ),
    ],
)
def test_what_is_wrong_is_told(
    kind: type[Call[object]], body: bytes, problem: str, code: int, path: str
) -> None:
    with pytest.raises(DecodeProblem) as caught:
        decode(kind, {}, body)
    assert (caught.value.kind, caught.value.code, caught.value.path) == (problem, code, path)
    assert caught.value.text("zh") and caught.value.text("en")


BOUNDED = "multipart/form-data; boundary=B"


def part(disposition: str) -> bytes:
    return f"--B\r\nContent-Disposition: form-data; {disposition}\r\n\r\nx\r\n--B--\r\n".encode()


@pytest.mark.parametrize(
    ("body", "content_type", "problem", "code"),
    [
        (b"", "", "multipart", 41005),
        (b"raw picture", "image/jpeg", "multipart", 41005),
        (b"--B\r\ncut off", BOUNDED, "multipart", 41005),
        (part('name="media"'), BOUNDED, "missing", 41005),
        (part('name="file"; filename="a.jpg"'), BOUNDED, "missing", 41005),
        (part("name=\"media\"; filename*=UTF-8''a.jpg"), BOUNDED, "missing", 41005),
    ],
)
def test_a_body_without_a_file_is_refused(body: bytes, content_type: str, problem: str, code: int) -> None:
    with pytest.raises(DecodeProblem) as caught:
        decode(UploadMedia, {"type": "image"}, body, content_type)
    assert (caught.value.kind, caught.value.code) == (problem, code)


def test_a_wrong_query_value_is_told_too() -> None:
    sent = encode(UploadMedia(type="image", media=Upload(b"x", "a.jpg")))
    with pytest.raises(DecodeProblem) as caught:
        decode(UploadMedia, {"type": "film"}, sent.body or b"", sent.content_type or "")
    assert (caught.value.code, caught.value.path) == (40004, "type")
    with pytest.raises(DecodeProblem) as caught:
        decode(GetUser, {})
    assert (caught.value.kind, caught.value.code) == ("missing", 41009)


def test_a_finished_call_reads_back() -> None:
    call = text_message(touser=OPENID, content="你好", kf_account="a1@gh_x", made_by_ai=True)
    assert (
        encode(call).body
        == (
            f'{{"touser":"{OPENID}","msgtype":"text","text":{{"content":"你好"}},'
            '"customservice":{"kf_account":"a1@gh_x"},"aimsgcontext":{"is_ai_msg":1}}'
        ).encode()
    )
