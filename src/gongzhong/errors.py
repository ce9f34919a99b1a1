"""Every error that leaves the public face, as one small tree.

    GongzhongError
    ├─ CallError               WeChat answered an API call with a return code
    │  ├─ CredentialError      40001 40014 42001 40125 …   who is calling
    │  ├─ PermissionDenied     48001 40164 43004 …         may not
    │  ├─ QuotaError           45009 45011 45047 …         not any more, or not yet
    │  │  └─ QuotaSpent        refused here, before the call: WeChat said that the quota is used up
    │  ├─ ParameterError       40003 40007 47001 …         what was asked
    │  ├─ ContentError         40005 45002 87009 …         what was sent along
    │  ├─ BusyError            -1                          try again later
    │  └─ UnknownCodeError     a code that our table does not have
    ├─ TransportError          no usable answer came back
    │  ├─ NotReached           the request surely never arrived: repeating is safe
    │  ├─ OutcomeUnknown       it may have been carried out: never repeated blindly
    │  └─ BadAnswer            an answer came, but not one that WeChat gives
    ├─ CallbackError           a push that must not be believed (status: the HTTP answer to give)
    │  ├─ BadSignature  ├─ BadCipher  ├─ BadXml  ├─ Replayed  └─ TooLarge
    ├─ HandlerError            a handler gave or kept something that means nothing, or ended itself
    ├─ StateDown               the database or Redis that workers share is out of reach or too slow
    ├─ ArgumentError           a method was given arguments that it does not take
    ├─ WebError                网页授权: state forged, code reused, redirect refused
    └─ SetupError              the configuration is wrong; found at start, not at the first user

An error says what happened, why, and what to do, in Chinese or English (see `language`); it carries facts,
never secrets.
"""

from __future__ import annotations

import os
from typing import Any, ClassVar, Literal

Language = Literal["zh", "en"]


def language() -> Language:
    """The language of messages: GONGZHONG_LANG, else the system's (LC_ALL, LC_MESSAGES, LANG), else Chinese.

    Chinese where it names Chinese or no language at all ("C", "POSIX"), English for every other one.
    """
    names = ("GONGZHONG_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((value for name in names if (value := os.environ.get(name))), "zh").lower()
    return "zh" if chosen.partition(".")[0] in ("c", "posix") or chosen.startswith("zh") else "en"


def say(zh: str, en: str) -> str:
    """The text in the language of this process."""
    return zh if language() == "zh" else en


class GongzhongError(Exception):
    """Root of everything this package raises on purpose: what happened, and what to do about it."""

    may_be_done: bool = False
    """Whether a call that ended with this error may have been carried out all the same."""

    def __init__(self, zh: str, en: str, *, fix_zh: str = "", fix_en: str = "") -> None:
        self.zh, self.en, self.fix_zh, self.fix_en = zh, en, fix_zh, fix_en
        super().__init__(en)

    def text(self, lang: Language | None = None) -> str:
        """The message and its fix in one language."""
        chinese = (lang or language()) == "zh"
        what, fix = (self.zh, self.fix_zh) if chinese else (self.en, self.fix_en)
        if not fix:
            return what
        return f"{what}。{fix}" if chinese else f"{what}. {fix}"

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text()!r})"


class CallError(GongzhongError):
    """WeChat refused a call. `errcode`, `errmsg` and `rid` are its words; `call` names the endpoint."""

    def __init__(
        self,
        zh: str,
        en: str,
        *,
        call: str,
        errcode: int,
        errmsg: str,
        rid: str | None = None,
        answer: dict[str, Any] | None = None,
        fix_zh: str = "",
        fix_en: str = "",
    ) -> None:
        super().__init__(zh, en, fix_zh=fix_zh, fix_en=fix_en)
        self.call, self.errcode, self.errmsg, self.rid = call, errcode, errmsg, rid
        self.answer = answer or {}


class CredentialError(CallError):
    """The secret, token, ticket or code does not (or no longer) name an account."""


class PermissionDenied(CallError):
    """This account, address or recipient does not allow it."""


class QuotaError(CallError):
    """A count or a time window is used up."""


class QuotaSpent(QuotaError):
    """Refused by this package before the call, because WeChat said that its quota is used up. Nothing was sent.

    `errcode` is what WeChat would answer (45009, 45011), `limit` how often the call may be made in the day or minute,
    as far as known, and `resets_at` the unix time at which it may be made again.
    """

    limit: int | None = None
    resets_at: float = 0.0


class ParameterError(CallError):
    """A field of the request is wrong; repeating the same request is useless."""


class ContentError(CallError):
    """The text or file sent along is too long, of the wrong kind, or refused."""


class BusyError(CallError):
    """WeChat is busy; the same request may work later. Nothing says whether it was carried out in part or whole."""

    may_be_done = True


class UnknownCodeError(CallError):
    """A return code that is not in the table; `errmsg` is all that is known."""


class TransportError(GongzhongError):
    """No usable answer. `sent` says whether the request may have arrived."""

    sent: ClassVar[bool] = True
    may_be_done = True


class NotReached(TransportError):
    """The connection failed before the request was written: nothing happened."""

    sent = False
    may_be_done = False


class OutcomeUnknown(TransportError):
    """The request went out and no answer came: it may have been carried out."""


class BadAnswer(TransportError):
    """An answer came that WeChat does not give: a proxy's page, cut-off JSON, a wrong host."""


class CallbackError(GongzhongError):
    """A push that is refused. `status` is the HTTP status to answer with, `reason` a stable word for counting."""

    status: ClassVar[int] = 400
    reason: ClassVar[str] = "malformed"


class BadSignature(CallbackError):
    """The signature is missing or wrong: not sent by WeChat, or the Token differs."""

    status = 403
    reason = "signature"


class BadCipher(CallbackError):
    """The envelope does not decrypt to a message of this account."""

    status = 403
    reason = "cipher"


class BadXml(CallbackError):
    """The body is not the XML that WeChat sends."""

    reason = "xml"


class Replayed(CallbackError):
    """The same signed request was seen before, or its timestamp is outside the window."""

    status = 403
    reason = "replay"


class TooLarge(CallbackError):
    """The body is longer than any push."""

    status = 413
    reason = "too_large"


class HandlerError(GongzhongError):
    """A handler's fault at run time: a result that is no reply, a value that cannot be stored, an unknown step of a
    dialogue, `sys.exit()`. The person reads the account's failure text; the log has the handler's name and place."""


class StateDown(GongzhongError):
    """The database or Redis that workers share cannot be reached, or gave no answer in time.

    What was asked may have been carried out or not; a write that says what it replaces can be asked again.
    """

    def again(self) -> StateDown:
        """The same error for somebody else, who adds a traceback of their own."""
        return StateDown(self.zh, self.en, fix_zh=self.fix_zh, fix_en=self.fix_en)


class ArgumentError(GongzhongError, TypeError):
    """Arguments that a method does not take: an unknown or missing name, a value of a wrong type.

    Nothing was sent or changed. The text names the call, the argument and the nearest name.
    """


class WebError(GongzhongError):
    """Something in 网页授权 that the page must not ignore. `reason` is a stable word."""

    def __init__(self, reason: str, zh: str, en: str, *, fix_zh: str = "", fix_en: str = "") -> None:
        super().__init__(zh, en, fix_zh=fix_zh, fix_en=fix_en)
        self.reason = reason


class SetupError(GongzhongError):
    """The configuration cannot work."""


class MissingExtra(SetupError):
    """A package is not installed that belongs to an extra of gongzhong; the fix is the command that installs it."""

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(
            f"缺少 Python 包 {module}",
            f"the Python package {module} is not installed",
            fix_zh=f"运行：pip install 'gongzhong[{extra}]'",
            fix_en=f"run: pip install 'gongzhong[{extra}]'",
        )
        self.extra = extra


_EXTRA_OF = {
    **dict.fromkeys(("starlette", "python_multipart", "PIL", "segno", "zxingcpp", "nh3", "pytest"), "dev"),
    **dict.fromkeys(("socks", "python_socks", "aiohttp_socks"), "socks"),
    "pyreqwest": "pyreqwest",
    **dict.fromkeys(("sqlalchemy", "alembic"), "store"),
    "psycopg": "postgres",
    "redis": "redis",
    "opentelemetry": "otel",
}
"""Which extra of pyproject.toml brings a module that the package alone does not."""


def missing_extra(problem: BaseException | None) -> MissingExtra | None:
    """The error that says what to install, when a module that was not found belongs to an extra; else None.

    Looks through the causes of the exception, too, because loaders wrap what failed.
    """
    while problem is not None:
        module = (problem.name or "").partition(".")[0] if isinstance(problem, ImportError) else ""
        if module in _EXTRA_OF:
            return MissingExtra(module, _EXTRA_OF[module])
        problem = problem.__cause__
    return None
