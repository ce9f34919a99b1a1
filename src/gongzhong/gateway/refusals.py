"""What the gateway answers by itself: errors in WeChat's shape, with WeChat's return codes where one fits.

    {"errcode": 48001, "errmsg": "…", "gongzhong": {"reason": {"zh": …, "en": …}, "fix": {"zh": …, "en": …}}}

The HTTP status is 200 as with WeChat. Only where nobody knows whether a call was carried out is it 504: programs that
look at errcode alone find 590504 then, and programs that look at the status repeat nothing blindly.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ..catalogue.base import GetStableToken, GetToken
from ..errors import CallError, GongzhongError

OUTCOME_UNKNOWN: Final = 590504
"""Our own return code: the call was sent to WeChat, and no whole answer came."""
BUSY: Final = -1
BAD_TOKEN, EXPIRED_TOKEN, BAD_GRANT, BAD_APPID, BAD_SECRET = 40001, 42001, 40002, 40013, 40125
NO_APPID, NO_SECRET, NO_TOKEN, BAD_PARAMETER = 41002, 41004, 41001, 40035
NOT_ALLOWED, BAD_ADDRESS, TOO_LONG, WRONG_VERB, NEEDS_GET, NEEDS_POST = (
    48001,
    61004,
    45001,
    43002,
    43001,
    43002,
)
DAILY_SPENT, TOO_FAST = 45009, 45011

TOKEN_CALLS: Final = (GetToken.spec.path, GetStableToken.spec.path)


class Refused(Exception):
    """The gateway answers a request by itself."""

    def __init__(
        self,
        errcode: int,
        zh: str,
        en: str,
        fix_zh: str = "",
        fix_en: str = "",
        *,
        status: int = 200,
        log: bool = False,
    ) -> None:
        super().__init__(f"{errcode} {en}")
        self.errcode, self.status, self.log = errcode, status, log
        self.zh, self.en, self.fix_zh, self.fix_en = zh, en, fix_zh, fix_en

    def body(self) -> bytes:
        about: dict[str, Any] = {"reason": {"zh": self.zh, "en": self.en}}
        if self.fix_en:
            about["fix"] = {"zh": self.fix_zh, "en": self.fix_en}
        return msgspec.json.encode(
            {"errcode": self.errcode, "errmsg": f"gateway: {self.en}", "gongzhong": about}
        )


def not_identified(errcode: int, zh: str, en: str) -> Refused:
    return Refused(
        errcode,
        zh,
        en,
        "用网关的密钥当 AppSecret 取 access_token，或加请求头 Authorization: Bearer 密钥；"
        "密钥用 gongzhong gateway key create 新建",
        "get an access_token with the gateway's key as AppSecret, or send the header Authorization: Bearer KEY; "
        "`gongzhong gateway key create` makes one",
    )


def not_in_scope(key_name: str, zh: str, en: str) -> Refused:
    return Refused(
        NOT_ALLOWED,
        f"密钥“{key_name}”{zh}",
        f"the key “{key_name}” {en}",
        "请管理员用 gongzhong gateway key create 新建一个权限范围合适的密钥",
        "let an administrator make a key whose scopes fit, with `gongzhong gateway key create`",
    )


def of_error(error: GongzhongError, *, sent: bool) -> Refused:
    """What a client is told when WeChat gave it no answer: `sent` says whether its call may have been carried out."""
    if isinstance(error, CallError) and f"/{error.call}" not in TOKEN_CALLS:
        return Refused(error.errcode, error.zh, error.en, error.fix_zh, error.fix_en)
    if isinstance(error, CallError):
        # The gateway's own token was refused. A client that reads 40001 would ask for another one again and again.
        code = BAD_SECRET if error.errcode == BAD_TOKEN else error.errcode
        return Refused(
            code,
            f"网关取不到这个公众号的 access_token：{error.zh}",
            f"the gateway gets no access_token for this account: {error.en}",
            error.fix_zh,
            error.fix_en,
            log=True,
        )
    if sent:
        return Refused(OUTCOME_UNKNOWN, error.zh, error.en, error.fix_zh, error.fix_en, status=504, log=True)
    return Refused(BUSY, error.zh, error.en, error.fix_zh, error.fix_en, log=True)
