"""An answer with a return code → an exception that says what happened, why, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ..errors import (
    BusyError,
    CallError,
    ContentError,
    CredentialError,
    Language,
    ParameterError,
    PermissionDenied,
    QuotaError,
    UnknownCodeError,
)
from .advice import BY_CATEGORY as GENERAL_ADVICE
from .advice import Advice, advise, page_code
from .codes import Category, ReturnCode, lookup
from .model import EVERY_ACCOUNT, Accounts, Call

BY_CATEGORY: Final[Mapping[Category, type[CallError]]] = {
    "ok": CallError,
    "retry": BusyError,
    "refresh token": CredentialError,
    "quota": QuotaError,
    "permission": PermissionDenied,
    "parameter": ParameterError,
    "content": ContentError,
}

# The table sorts by what to do; these say who is calling, or that the request itself is malformed.
WHO_IS_CALLING: Final = frozenset({40013, 40125, 40243, 41001, 41002, 41004, 49003})
REJECTED_TOKEN: Final = 40001
WRONG_SECRET: Final = 40125
MALFORMED: Final = frozenset({40033, 47001, 47003})

ACCOUNT_NAMES: Final[Mapping[Accounts, tuple[str, str]]] = {
    Accounts.UNVERIFIED_SUBSCRIPTION: ("未认证的订阅号", "unverified subscription accounts"),
    Accounts.VERIFIED_SUBSCRIPTION: ("已认证的订阅号", "verified subscription accounts"),
    Accounts.UNVERIFIED_SERVICE: ("未认证的服务号", "unverified service accounts"),
    Accounts.VERIFIED_SERVICE: ("已认证的服务号", "verified service accounts"),
    Accounts.TEST: ("测试号", "test accounts"),
}

_RID: Final = r"\s*rid: ?([0-9a-f-]+)\s*$"
_REFUSED_IP: Final = r"invalid ip ([0-9a-fA-F.:]+)"
_FIELD: Final = r"\b(data\.[\w.]+|keyword\d+|thing\d+)"


class Explanation(msgspec.Struct, frozen=True):
    """A return code in words: what WeChat says, the likely cause, the fix."""

    code: int
    name: str
    zh: str
    en: str
    category: Category | None
    cause_zh: str
    cause_en: str
    fix_zh: str
    fix_en: str

    def cause(self, lang: Language) -> str:
        return self.cause_zh if lang == "zh" else self.cause_en

    def fix(self, lang: Language) -> str:
        return self.fix_zh if lang == "zh" else self.fix_en


def explain(code: int, words: str = "", call: type[Call[Any]] | None = None) -> Explanation:
    """What a return code means and what to do about it, also for a code that no table has.

    `words` is the errmsg, or any text around the code: the address or the template field that it names is used. With
    the `call` that it answered, the code's meaning there counts, and who may call is said. Numbers that WeChat's pages
    show to people (网页授权, the console) are explained, too.
    """
    row, page = lookup(code), page_code(code)
    if call is not None:
        row = call.spec.codes.get(code) or row
    if row is None and page is not None:
        return Explanation(code, "", page.zh, page.en, "permission", *msgspec.structs.astuple(page.advice))
    advice = _advice(call, code, row) if call else advise(code, row.category if row else None)
    advice = advice.filled(_facts(call, words) if call else _facts_in(words))
    named = (row.name, row.meaning("zh"), row.meaning("en")) if row else ("", "未知返回码", "unknown code")
    return Explanation(code, *named, row.category if row else None, *msgspec.structs.astuple(advice))


def head_of(answer: Mapping[str, Any]) -> tuple[int, str]:
    """Return code and message of an answer, beside its fields or in `base_resp`; 0 where there is none."""
    inner = answer.get("base_resp")
    if isinstance(inner, dict) and inner.get("ret"):
        return int(inner["ret"]), str(inner.get("err_msg", ""))
    return int(answer.get("errcode", 0)), str(answer.get("errmsg", ""))


def failure(call: type[Call[Any]], answer: Mapping[str, Any]) -> CallError:
    """The exception for an answer whose errcode is not zero. `answer` travels along: no secrets in it."""
    code, errmsg = head_of(answer)
    row, rid = call.spec.codes.get(code) or lookup(code), re.search(_RID, errmsg)
    words = re.sub(_RID, "", errmsg)
    advice = _advice(call, code, row).filled(_facts(call, words))
    zh = row.meaning("zh") if row else words or "未知返回码"
    en = words or (row.meaning("en") if row else "unknown code")
    return kind_of(row, code)(
        f"{call.name()} 返回 {code}：{zh}。{advice.cause_zh}",
        f"{call.name()} answered {code}: {en}. {advice.cause_en}",
        call=call.name(),
        errcode=code,
        errmsg=errmsg,
        rid=rid[1] if rid else None,
        answer=dict(answer),
        fix_zh=advice.fix_zh,
        fix_en=advice.fix_en,
    )


def _advice(call: type[Call[Any]], code: int, row: ReturnCode | None) -> Advice:
    if row is not None and code in call.spec.codes:
        return GENERAL_ADVICE[row.category]
    # Where the secret itself is sent, 40001 cannot mean that a token was replaced.
    about = WRONG_SECRET if code == REJECTED_TOKEN and "secret" in call.spec.inject.values() else code
    return advise(about, row.category if row else None)


def kind_of(row: ReturnCode | None, code: int) -> type[CallError]:
    """The class of exception for a code."""
    if row is None:
        return UnknownCodeError
    if code in WHO_IS_CALLING:
        return CredentialError
    return ParameterError if code in MALFORMED else BY_CATEGORY[row.category]


def who_may(accounts: Accounts) -> tuple[str, str]:
    """The kinds of account in Chinese and English."""
    if accounts == EVERY_ACCOUNT:
        return "所有账号", "every account"
    names = [names for kind, names in ACCOUNT_NAMES.items() if kind in accounts]
    return "、".join(zh for zh, _ in names), ", ".join(en for _, en in names)


def _facts(call: type[Call[Any]], words: str) -> dict[Language, dict[str, str]]:
    zh: dict[str, str] = {}
    en: dict[str, str] = {}
    zh["accounts"], en["accounts"] = who_may(call.spec.accounts)
    if call.spec.daily is not None:
        zh["daily"] = f"（新账号每天 {call.spec.daily} 次）"
        en["daily"] = f" (a new account has {call.spec.daily} a day)"
    named = _facts_in(words)
    return {"zh": zh | named["zh"], "en": en | named["en"]}


def _facts_in(words: str) -> dict[Language, dict[str, str]]:
    """The address and the template field that an errmsg names."""
    found: dict[str, str] = {}
    if address := re.search(_REFUSED_IP, words):
        found["ip"] = address[1]
    if field := re.search(_FIELD, words):
        found["field"] = field[1].removeprefix("data.").removesuffix(".value")
    return {"zh": found, "en": found}
