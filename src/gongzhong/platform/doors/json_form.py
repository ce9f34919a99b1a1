r"""What WeChat makes of JSON that is written in an unusual way.

`requests.post(url, json=…)` and Go's encoder write characters as `\uXXXX`. WeChat understands that in most calls,
refuses it in menus, and takes the six characters literally in drafts and customer-service messages (reports of
developers, 2013 to 2026; only the menus' 40033 is documented). The rule `unicode_escapes` says which call does what.

How the platform writes a successful answer where WeChat's own pages leave a choice.

By default an answer carries `errcode` and `errmsg` if its class is `Acknowledged`, has the fields of live answers, and
its ids have the types of the official samples. `[rules]` in the configuration file changes each of the three, so that
a program can be tried against every form that WeChat has been seen to send. A client must accept all of them: it
failed if `errcode` is present and not 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ...catalogue.answers import encode_answer
from ...catalogue.model import Acknowledged, BaseResp, Reply, Spec
from ..traffic import Verdict
from ..world.refusal import Refusal
from ..world.settings import Rules

ESCAPES_REFUSED, NOT_UTF8 = 40033, 65318
FIRST_PRINTABLE: Final = 0x20
"""Control characters can only be written as escapes: those are always understood."""
_ESCAPE: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u([0-9a-fA-F]{4})")

UNDERSTOOD: Final = Verdict(
    True,
    "escaped",
    r"成功；但请求体用了 \uXXXX 转义，有的接口会拒绝或原样显示，请直接发送 UTF-8",
    r"ok; but the body has \uXXXX escapes, which some calls refuse or show as they are: send raw UTF-8",
)
KEPT: Final = Verdict(
    True,
    "escaped",
    r"成功；但这个接口不解码 \uXXXX 转义，用户看到的就是转义符，请直接发送 UTF-8",
    r"ok; but this call does not decode \uXXXX escapes and people see them as they are: send raw UTF-8",
)


def as_understood(spec: Spec, body: bytes, rules: Rules) -> tuple[bytes, Verdict | None]:
    """The JSON body as WeChat reads it, and what to tell the developer about it.

    Refuses with 40033 or 65318 where a call wants raw UTF-8.
    """
    habit = rules.unicode_escapes.get(spec.path, "decode")
    if habit == "refuse":
        _require_utf8(body)
    if b"\\u" not in body:
        return body, None
    if habit == "refuse" and _ESCAPE.search(body):
        raise Refusal(ESCAPES_REFUSED)
    literal = _ESCAPE.sub(_kept, body)
    if literal == body:
        return body, None
    return (literal, KEPT) if habit == "keep" else (body, UNDERSTOOD)


def _require_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        raise Refusal(NOT_UTF8) from None


def _kept(found: re.Match[bytes]) -> bytes:
    if int(found[2], 16) < FIRST_PRINTABLE:
        return found[0]
    return found[1] + rb"\\u" + found[2]


def with_data_values(body: bytes) -> bytes:
    """A template message whose `data` is not `{keyword: {"value": text}}`, with empty texts where that is broken.

    WeChat answers such a message as it answers an empty value, and names the keyword.
    """
    message = msgspec.json.decode(body)
    given = message.get("data")
    data: dict[str, Any] = given if isinstance(given, dict) else {}
    message["data"] = {
        keyword: value if _has_text(value) else {"value": ""} for keyword, value in data.items()
    }
    return msgspec.json.encode(message)


def _has_text(value: Any) -> bool:
    text = value.get("value") if isinstance(value, dict) else None
    return isinstance(text, str | int | float) and not isinstance(text, bool)


ERRCODE_IN_THE_SAMPLE_ONLY: Final = frozenset({"/cgi-bin/media/upload", "/cgi-bin/media/uploadimg"})
"""The newest samples show errcode 0; older samples have only the fields, and so has the answer table of media/upload
(新增临时素材, 上传图文消息图片)."""

_ARTICLE: Final = ("create_time", "update_time")
_PROFILE: Final = ("nickname", "headimgurl", "sex", "city", "province", "country")
LEFT_OUT_OF_SAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "/cgi-bin/draft/get": (*_ARTICLE, "news_item.thumb_url", "news_item.cover_info"),
    "/cgi-bin/draft/batchget": (
        *(f"item.content.{name}" for name in _ARTICLE),
        "item.content.news_item.thumb_url",
        "item.content.news_item.cover_info",
    ),
    "/cgi-bin/freepublish/getarticle": _ARTICLE,
    "/cgi-bin/freepublish/batchget": tuple(f"item.content.{name}" for name in _ARTICLE),
    "/cgi-bin/freepublish/submit": ("msg_data_id",),
    "/cgi-bin/draft/add": ("item",),
    "/cgi-bin/material/add_material": ("item",),
    "/cgi-bin/material/get_material": (
        *_ARTICLE,
        *(f"news_item.{name}" for name in ("thumb_url", "need_open_comment", "only_fans_can_comment")),
    ),
    "/cgi-bin/material/batchget_material": (*(f"item.content.{name}" for name in _ARTICLE), "item.tags"),
    "/cgi-bin/openapi/quota/get": ("rate_limit", "component_rate_limit"),
    "/cgi-bin/openapi/rid/get": ("request.client_ip",),
    "/cgi-bin/menu/get": ("menu.menuid",),
    "/cgi-bin/get_current_autoreply_info": (
        "add_friend_autoreply_info.content?news",
        "message_default_autoreply_info.content?news",
        "keyword_autoreply_info.list.reply_list_info.content?news",
    ),
    "/cgi-bin/customservice/getkflist": tuple(
        f"kf_list.{name}"
        for name in (
            *("kf_nick", "kf_headimgurl", "kf_wx", "kf_openid"),
            *("invite_wx", "invite_expire_time", "invite_status"),
        )
    ),
    "/cgi-bin/customservice/getonlinekflist": ("kf_online_list.accepted_case", "kf_online_list.kf_openid"),
    "/wxaapi/newtmpl/getpubtemplatekeywords": ("count",),
    "/cgi-bin/user/info": _PROFILE,
    "/cgi-bin/user/info/batchget": tuple(f"user_info_list.{name}" for name in _PROFILE),
    "/sns/oauth2/access_token": ("scope",),
    "/cgi-bin/tags/create": ("tag.count",),
    "/cgi-bin/message/mass/preview": ("msg_id",),
}
"""Path → fields that live answers have and an official sample lacks. `?news` limits a field to objects of that type."""

SAMPLE_TYPES: Final[Mapping[str, Mapping[str, Callable[[Any], Any]]]] = {
    "/cgi-bin/message/mass/get": {"msg_id": int},
    "/cgi-bin/customservice/getonlinekflist": {"kf_online_list.kf_id": str},
    "/cgi-bin/freepublish/submit": {"publish_id": str},
    "/cgi-bin/menu/addconditional": {"menuid": str},
    "/wxaapi/newtmpl/getpubtemplatetitles": {"data.categoryId": str},
}
"""Path → ids whose type differs between sample and table: the sample's type."""

OTHER_TYPES: Final[Mapping[str, Mapping[str, Callable[[Any], Any]]]] = {
    "/cgi-bin/message/mass/get": {"msg_id": str},
    "/cgi-bin/customservice/getonlinekflist": {"kf_online_list.kf_id": int},
    "/cgi-bin/customservice/getkflist": {"kf_list.kf_id": int, "kf_list.invite_expire_time": str},
    "/cgi-bin/freepublish/submit": {"publish_id": int},
    "/cgi-bin/menu/addconditional": {"menuid": int},
    "/wxaapi/newtmpl/getpubtemplatetitles": {"data.categoryId": int},
}
"""The same with the type of the table, or of live answers where the table agrees with the sample."""


def write_answer(answer: Reply, spec: Spec, rules: Rules) -> bytes:
    """The JSON of a successful answer in the form that the rules choose."""
    errcode = _has_errcode(answer, spec, rules)
    types = (SAMPLE_TYPES if rules.id_types == "sample" else OTHER_TYPES).get(spec.path, {})
    left_out = LEFT_OUT_OF_SAMPLES.get(spec.path, ()) if rules.optional_fields == "sample" else ()
    if not (types or left_out):
        return encode_answer(answer, errcode=errcode)
    fields = msgspec.to_builtins(answer)
    for path in left_out:
        name, _, kind = path.partition("?")
        for holder, last in _places(fields, name.split(".")):
            if not kind or holder.get("type") == kind:
                del holder[last]
    for path, convert in types.items():
        for holder, last in _places(fields, path.split(".")):
            holder[last] = convert(holder[last])
    return encode_answer(answer, errcode=errcode, fields=fields)


def _has_errcode(answer: Reply, spec: Spec, rules: Rules) -> bool:
    if isinstance(getattr(answer, "base_resp", None), BaseResp):
        return False
    match rules.errcode_on_success:
        case "always":
            return True
        case "never":
            return False
        case "sample" if spec.path in ERRCODE_IN_THE_SAMPLE_ONLY:
            return True
        case _:
            return isinstance(answer, Acknowledged)


def _places(value: Any, names: list[str]) -> list[tuple[dict[str, Any], str]]:
    """Where a dotted path leads, through lists: each object that holds the last name, and that name."""
    if isinstance(value, list):
        return [place for entry in value for place in _places(entry, names)]
    if not isinstance(value, dict) or names[0] not in value:
        return []
    return [(value, names[0])] if len(names) == 1 else _places(value[names[0]], names[1:])
