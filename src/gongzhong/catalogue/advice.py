"""What probably went wrong and what to do, for each return code.

The codes that people meet have words of their own in `advice.tsv`, the others share those of their
category. The words may name facts of the case: {ip} the address WeChat saw, {accounts} who may make the
call, {daily} its quota, {field} the field that errmsg names. Without a case they read on neutrally.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from ..errors import Language
from .codes import Category, rows_of


class Advice(msgspec.Struct, frozen=True):
    """Cause and fix in both languages."""

    cause_zh: str
    cause_en: str
    fix_zh: str
    fix_en: str

    def filled(self, facts: Mapping[Language, Mapping[str, str]]) -> Advice:
        """The same words with the facts of one case."""
        zh, en = NEUTRAL["zh"] | dict(facts.get("zh", {})), NEUTRAL["en"] | dict(facts.get("en", {}))
        return Advice(
            _fill(self.cause_zh, zh), _fill(self.cause_en, en), _fill(self.fix_zh, zh), _fill(self.fix_en, en)
        )


NEUTRAL: Final[dict[Language, dict[str, str]]] = {
    "zh": {"ip": "调用方的出口 IP", "accounts": "见接口文档", "daily": "", "field": "（见 errmsg）"},
    "en": {"ip": "the caller's address", "accounts": "see its page", "daily": "", "field": "(see errmsg)"},
}

BY_CATEGORY: Final[Mapping[Category, Advice]] = {
    "ok": Advice("调用成功", "the call succeeded", "", ""),
    "retry": Advice("微信侧暂时处理不了", "WeChat cannot handle it right now", "稍后再试", "try again later"),
    "refresh token": Advice(
        "凭据无效或已过期",
        "the credential is invalid or expired",
        "重新获取凭据后再调用",
        "get a new credential and call again",
    ),
    "quota": Advice(
        "次数或数量达到上限",
        "a count or a number has reached its limit",
        "等额度恢复，或减少数量",
        "wait until it returns, or use less",
    ),
    "permission": Advice(
        "账号、接收者或设置不允许",
        "the account, the recipient or a setting does not allow it",
        "到公众平台核对权限与设置；不要直接重试",
        "check permissions and settings in the console; do not simply repeat",
    ),
    "parameter": Advice(
        "请求的参数不对",
        "a parameter of the request is wrong",
        "按接口文档修改参数；原样重试没有用",
        "mend it after the documentation; repeating it as it is will not help",
    ),
    "content": Advice(
        "发送的文字或文件不符合要求",
        "the text or file sent along does not fit",
        "检查长度、大小、格式和措辞",
        "check length, size, format and wording",
    ),
}

UNKNOWN: Final = Advice(
    "返回码表里没有这个码",
    "the table of return codes does not have it",
    "以 errmsg 为准；可用 openapi/rid/get 查询 rid 的详情",
    "errmsg is all there is; openapi/rid/get tells more about its rid",
)


def advise(code: int, category: Category | None) -> Advice:
    """The advice for a code: its own, else its category's; None as category means an unknown code."""
    return _specific().get(code) or (BY_CATEGORY[category] if category else UNKNOWN)


class PageCode(msgspec.Struct, frozen=True):
    """A number that a page of WeChat shows to people: what it says, and the advice. Never in an API answer."""

    zh: str
    en: str
    advice: Advice


def page_code(code: int) -> PageCode | None:
    """The number of a page (网页授权's error page, the console), or None."""
    return _page_codes().get(code)


@cache
def _page_codes() -> Mapping[int, PageCode]:
    return {int(code): PageCode(zh, en, Advice(*advice)) for code, zh, en, *advice in rows_of("page_codes")}


@cache
def _specific() -> Mapping[int, Advice]:
    return {int(code): Advice(*words) for code, *words in rows_of("advice")}


def _fill(words: str, facts: Mapping[str, str]) -> str:
    return words.format(**facts) if "{" in words else words
