"""A plausible request for every call: what documentation shows, and where generated tests begin.

Only required fields are filled, by their names where the name tells what belongs there; a call whose
rules between fields ask for more has its example written out.

`smallest` and `answer_of` give the smallest value of a declared type, required fields empty and all
others absent: what a call without behaviour answers.
"""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from msgspec import inspect as shapes

from ..catalogue.ai import PictureCall
from ..catalogue.lenient import alternatives
from ..catalogue.model import Call, Download, Ok, Upload

OPENID = "oABCD0123456789abcdefghijklm"
MEDIA_ID = "hbMl5Ci6Gr2Cno4bnmCbdt0mTbZ0pYzbTz5bYDPlZkM"

VALUES: dict[str, Any] = {
    "touser": OPENID,
    "openid": OPENID,
    "openid_list": [OPENID],
    "media_id": MEDIA_ID,
    "thumb_media_id": MEDIA_ID,
    "template_id": "Y8xq3WrBzS7C2nF0tKpLd5vQhJm1Ea4uGi6NoRsTwXy",
    "url": "https://example.com/",
    "redirect_uri": "https://example.com/",
    "title": "标题",
    "name": "名字",
    "remark": "备注",
    "begin_date": "2026-01-01",
    "end_date": "2026-01-01",
    "start_date": "2026-01-01",
    "rid": "6a1f2b3c-1a2b3c4d-5e6f7a8b",
    "industry_id1": "1",
    "industry_id2": "2",
    "kf_account": "helper@gongzhong",
    "scene": "1000",
    "ids": "1,2",
    "kidList": [1, 2],
}


def request_of(call: type[Call[Any]]) -> dict[str, Any]:
    """The fields of an example request by their wire names; files are `Upload`s."""
    if issubclass(call, PictureCall):
        return {"img_url": "https://example.com/picture.jpg"}
    if call.__name__ in WRITTEN_OUT:
        return WRITTEN_OUT[call.__name__]
    node = shapes.type_info(call)
    assert isinstance(node, shapes.StructType)
    return {field.encode_name: _value(field) for field in node.fields if field.required}


def _value(field: shapes.Field) -> Any:
    kinds = alternatives(field.type)
    if any(isinstance(kind, shapes.StructType) and kind.cls is Upload for kind in kinds):
        return Upload(b"\x89PNG\r\n\x1a\n", "picture.png", "image/png")
    if field.encode_name in VALUES and _fits(VALUES[field.encode_name], kinds):
        return VALUES[field.encode_name]
    kind = kinds[0] if kinds else field.type
    if isinstance(kind, shapes.StructType):
        return {inner.encode_name: _value(inner) for inner in kind.fields if inner.required}
    if isinstance(kind, shapes.ListType) and isinstance(kind.item_type, shapes.StructType):
        item = {inner.encode_name: _value(inner) for inner in kind.item_type.fields if inner.required}
        return [item] * max(kind.min_length or 0, 1)
    return _plain(kind, field.encode_name)


def _fits(value: Any, kinds: tuple[shapes.Type, ...]) -> bool:
    wanted = shapes.ListType if isinstance(value, list) else shapes.StrType | shapes.LiteralType
    return any(isinstance(kind, wanted) for kind in kinds)


def _plain(kind: shapes.Type, name: str) -> Any:
    if isinstance(kind, shapes.LiteralType):
        return kind.values[0]
    if isinstance(kind, shapes.StrType):
        return (name + "0" * (kind.min_length or 0))[: kind.max_length or None]
    if isinstance(kind, shapes.IntType | shapes.FloatType):
        return max(kind.ge or 0, 1)
    return msgspec.to_builtins(smallest(_type_of(kind)))


def _type_of(kind: shapes.Type) -> Any:
    return {shapes.BoolType: bool, shapes.DictType: dict, shapes.ListType: list}.get(type(kind), Any)


_BUTTONS = [{"type": "click", "name": "今日歌曲", "key": "V1001_TODAY_MUSIC"}]
_ARTICLE = {"title": "标题", "content": "<p>正文</p>", "thumb_media_id": MEDIA_ID}

WRITTEN_OUT: dict[str, dict[str, Any]] = {
    "CreateMenu": {"button": _BUTTONS},
    "AddConditionalMenu": {"button": _BUTTONS, "matchrule": {"tag_id": "100"}},
    "SendCustomerMessage": {"touser": OPENID, "msgtype": "text", "text": {"content": "你好"}},
    "CreateQRCode": {
        "expire_seconds": 604800,
        "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": "vip"}},
    },
    "UploadNews": {"articles": [_ARTICLE]},
    "SendMass": {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "你好"}},
    "SendMassToUsers": {"touser": [OPENID, OPENID[::-1]], "msgtype": "text", "text": {"content": "你好"}},
    "PreviewMass": {"touser": OPENID, "msgtype": "text", "text": {"content": "你好"}},
    "DeleteMass": {"msg_id": 30124},
    "AddDraft": {"articles": [_ARTICLE]},
    "UpdateDraft": {"media_id": MEDIA_ID, "index": 0, "articles": _ARTICLE},
}


def answer_of(call: type[Call[Any]]) -> Any:
    """The smallest answer of a call: JSON where there is a choice, and for calls without a declared answer just ok."""
    if call.returns == dict[str, Any]:
        return Ok()
    documents = [kind for kind in get_args(call.returns) or (call.returns,) if kind is not Download]
    return smallest(documents[0]) if documents else Download(b"")


def smallest(kind: Any) -> Any:
    """A value of the type that satisfies its declared limits."""
    built: Any = msgspec.convert(_raw(shapes.type_info(kind)), kind, strict=False)
    return built


def _raw(node: shapes.Type) -> Any:
    match node:
        case shapes.Metadata():
            return _raw(node.type)
        case shapes.UnionType():
            return (
                None if any(isinstance(kind, shapes.NoneType) for kind in node.types) else _raw(node.types[0])
            )
        case shapes.LiteralType():
            return node.values[0]
        case shapes.StrType():
            return "0" * (node.min_length or 0)
        case shapes.BoolType():
            return False
        case shapes.IntType() | shapes.FloatType():
            return max(node.ge or 0, 0)
        case shapes.ListType():
            return [_raw(node.item_type)] * (node.min_length or 0)
        case shapes.StructType():
            return {field.encode_name: _raw(field.type) for field in node.fields if field.required}
        case shapes.DictType():
            return {}
    return None
