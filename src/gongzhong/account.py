"""Who is calling and where WeChat is: the two values that every part is given.

An `Account` holds the credentials of one official account, checked when it is made and never printed; `Hosts` holds
the base addresses, so that the same code talks to WeChat or to a platform on this machine.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final, Literal, Never, Self, get_args
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import msgspec

from . import facts
from .addresses import split_address, without_password
from .errors import Language, SetupError

Encryption = Literal["plain", "compatible", "safe"]

PREFIX = "GONGZHONG_"
"""How the names of the environment variables begin."""

WECHAT_PREFIX = f"{PREFIX}WECHAT_"
"""How those of a real account begin that a local platform may call WeChat with (interface debugging tool)."""


SHORTEST_LIVE: Final = 8
"""Characters that a secret must have to be hidden by its value alone: a shorter one may be an ordinary word."""

_LIVE: Final[WeakValueDictionary[int, Secret]] = WeakValueDictionary()


class Secret:
    """A text that shows itself only to `reveal`: not to repr, str, logs, tracebacks, JSON or pickle.

    Copies (`copy`, `deepcopy`, `dataclasses.asdict`) are the same object. Raises SetupError when it is pickled, and
    for a value that is no text.

    While it exists, `live_secrets` knows its value, so that logs can hide it wherever it stands.
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise _not_text("Secret", value)
        self._value = value
        if len(value) >= SHORTEST_LIVE:
            _LIVE[id(self)] = self

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = (one._value.encode("utf-8", "surrogatepass") for one in (self, other))
        return compare_digest(mine, theirs)

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> Never:
        raise SetupError(
            "Secret 不能用 pickle 保存：密钥会以明文留在文件或消息队列里",
            "a Secret is not pickled: it would stand in clear in a file or a queue",
            fix_zh="在需要它的进程里重新读取（例如 Account.from_env()）",
            fix_en="read it again in the process that needs it, for example with Account.from_env()",
        )


def _check_address(shown: str, address: Any) -> None:
    if not isinstance(address, str) or split_address(address) is None:
        given = repr(without_password(address) if isinstance(address, str) else address)
        raise SetupError(
            f"{shown} 必须是完整的地址（http:// 或 https:// 开头），而不是 {given}",
            f"{shown} must be a whole address that starts with http:// or https://, not {given}",
            fix_zh="例如 http://127.0.0.1:8700",
            fix_en="for example http://127.0.0.1:8700",
        )


def live_secrets() -> set[str]:
    """The values of all secrets of at least 8 characters that this process holds now."""
    found = (
        reference() for reference in list(_LIVE.valuerefs())
    )  # a copy: other threads make secrets meanwhile
    return {secret.reveal() for secret in found if secret is not None}


class Hosts(msgspec.Struct, frozen=True, kw_only=True):
    """Base addresses without a trailing slash. `Hosts.local(url)` puts all four on one port, as the platform does.

    `api_others` are hosts that do the same as `api`, best first, for when that cannot be reached. None means those of
    WeChat's (api2, sh, sz, hk) where `api` is WeChat's own, and none for any other: a gateway's requests go nowhere
    else. Raises SetupError for an address that is not http:// or https:// and a host.
    """

    api: str = facts.API_HOST
    mp: str = "https://mp.weixin.qq.com"
    open: str = "https://open.weixin.qq.com"
    res: str = "https://res.wx.qq.com"
    api_others: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("api", "mp", "open", "res"):
            _check_address(name, getattr(self, name))
        for other in self.api_others or ():
            _check_address("api_others", other)

    @property
    def api_hosts(self) -> tuple[str, ...]:
        """All hosts that calls of the API may go to, best first."""
        others = self.api_others
        if others is None:
            others = facts.API_OTHER_HOSTS if self.api == facts.API_HOST else ()
        return (self.api, *(other for other in dict.fromkeys(others) if other != self.api))

    @classmethod
    def local(cls, base: str) -> Self:
        base = base.rstrip("/")
        return cls(api=base, mp=base, open=base, res=base)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One official account: AppID, AppSecret, Token and EncodingAESKey (基本配置, 服务器配置).

    A plain str given for one of the secrets becomes a `Secret`. `previous_token` and `previous_aes_key` stay accepted
    while a change is rolled out. `encryption` is the mode chosen in the console; what a request claims about itself
    never matters. An account that only makes calls needs neither Token nor key.

    Raises SetupError for a field that WeChat cannot have given: an AppID that is not `wx` and 16 hexadecimal digits, an
    AppSecret with blanks, a Token that is not 3 to 32 letters or digits, an EncodingAESKey that is not 43 letters or
    digits, an unknown mode, a mode that encrypts without a key; and for a `proxy` that is no address of one. The error
    names every wrong field and shows no secret.
    """

    appid: str
    secret: Secret = Secret("")
    token: Secret = Secret("")
    aes_key: Secret = Secret("")
    previous_token: Secret = Secret("")
    previous_aes_key: Secret = Secret("")
    encryption: Encryption = "plain"
    hosts: Hosts = Hosts()
    proxy: Secret = Secret("")
    """Proxy for the calls of this account, such as `socks5://user:password@10.0.0.1:1080`."""

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            appid: str,
            secret: Secret | str = ...,
            token: Secret | str = ...,
            aes_key: Secret | str = ...,
            previous_token: Secret | str = ...,
            previous_aes_key: Secret | str = ...,
            encryption: Encryption = ...,
            hosts: Hosts = ...,
            proxy: Secret | str = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        for name in (*SECRETS, "proxy"):
            # Without a local variable, which a traceback could show.
            if isinstance(getattr(self, name), str):
                msgspec.structs.force_setattr(self, name, Secret(getattr(self, name)))
        _raise_all(self._mistakes(msgspec.structs.asdict(self), lambda field: field))

    @classmethod
    def _mistakes(cls, fields: Mapping[str, Any], named: Callable[[str], str]) -> list[SetupError]:
        """What these fields cannot be; `named` gives the name of a field for messages."""
        return _mistakes_in(fields, named)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, prefix: str = PREFIX) -> Self:
        """Read GONGZHONG_APPID, _SECRET, _TOKEN, _AES_KEY, _ENCRYPTION, _API_BASE, _PROXY, _PREVIOUS_TOKEN,
        _PREVIOUS_AES_KEY.

        `prefix` replaces `GONGZHONG_`, for a program with several accounts. Without _ENCRYPTION the mode is safe when
        there is a key, else plain. Blanks around a value are not part of it. Raises SetupError that names the variable.
        """
        fields = _read(os.environ if env is None else env, prefix)
        del env  # A traceback that shows local variables must not show the environment.
        base = fields.pop("api_base")
        mistakes = cls._mistakes(fields, lambda field: prefix + field.upper())
        if base:
            wrong = _found(lambda: _check_address(f"{prefix}API_BASE", base))
            mistakes += wrong
            fields["hosts"] = Hosts() if wrong else Hosts.local(base)
        _raise_all(mistakes)
        return cls(**fields)

    @classmethod
    def for_tests(cls, prefix: str = PREFIX) -> Self:
        """Credentials that exist nowhere but in tests, the same for the same prefix; safe mode."""
        digest = hashlib.sha256(f"test account {prefix}".encode()).hexdigest()
        return cls(
            appid=f"wx{digest[:16]}",
            secret=digest[: facts.SECRET_LENGTH],
            token=digest[-24:],
            aes_key=digest[: facts.AES_KEY_LENGTH],
            encryption="safe",
        )


class EnvironmentAccount(msgspec.Struct, frozen=True):
    """An account that stands in environment variables and is read when it is first needed."""

    prefix: str = PREFIX

    def read(self) -> Account:
        """Raises SetupError, as `Account.from_env` does."""
        return Account.from_env(prefix=self.prefix)

    def is_named(self) -> bool:
        """Whether the environment names an account at all."""
        return bool(os.environ.get(f"{self.prefix}APPID", "").strip())


PROXY_SCHEMES: Final = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")

SECRETS = ("secret", "token", "aes_key", "previous_token", "previous_aes_key")

# `wx` and 16 hexadecimal digits, and the AppIDs that a platform on this machine refuses on purpose
# (docs/magic-values.md), which WeChat never gives.
_APPID = rf"{facts.APPID_FORM}|wxSIM-?\d+\w*"
_SECRET = r"[!-~]+"
_LETTER = r"[A-Za-z0-9]"
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


def _mistakes_in(fields: Mapping[str, Any], named: Callable[[str], str]) -> list[SetupError]:
    """Every field that cannot be an account's, with the reason and never with the value of a secret."""
    found = _found(lambda: _check_appid(fields["appid"], named("appid")))
    for name in SECRETS:
        found += _found(lambda: _check_secret(name, named(name), fields.get(name, Secret(""))))  # noqa: B023
    for check in (_check_mode, _check_hosts, _check_proxy):
        found += _found(lambda: check(fields, named))  # noqa: B023
    return found


def _found(check: Callable[[], None]) -> list[SetupError]:
    """The mistake that a check raises, if any."""
    try:
        check()
    except SetupError as mistake:
        return [mistake.with_traceback(None)]
    return []


def _raise_all(mistakes: list[SetupError]) -> None:
    """Raises the only mistake, or one SetupError that lists all of them."""
    if len(mistakes) == 1:
        raise mistakes[0]
    if mistakes:
        listed_zh, listed_en = ("".join(f"\n· {one.text(lang)}" for one in mistakes) for lang in LANGUAGES)
        raise SetupError(
            f"账号有 {len(mistakes)} 项设置不对：{listed_zh}",
            f"{len(mistakes)} settings of the account are wrong:{listed_en}",
        )


def _check_mode(fields: Mapping[str, Any], named: Callable[[str], str]) -> None:
    mode = fields.get("encryption", "plain")
    if mode not in get_args(Encryption):
        raise SetupError(
            f"{named('encryption')} 只能是 plain（明文）、compatible（兼容）或 safe（安全），不能是 {mode!r}",
            f"{named('encryption')} must be plain, compatible or safe, not {mode!r}",
            fix_zh="与公众平台“服务器配置”里的消息加解密方式一致",
            fix_en="take the mode of the console's server configuration (消息加解密方式)",
        )
    if mode != "plain" and fields.get("aes_key", "") in ("", Secret("")):
        raise SetupError(
            f"{named('encryption')} 是 {mode}，但没有设置 {named('aes_key')}",
            f"{named('encryption')} is {mode}, but {named('aes_key')} is not set",
            fix_zh="填入“服务器配置”里的 EncodingAESKey，或两边都改用明文模式",
            fix_en="set it to the EncodingAESKey of the console, or choose plain mode on both sides",
        )


def _check_hosts(fields: Mapping[str, Any], named: Callable[[str], str]) -> None:
    hosts = fields.get("hosts", Hosts())
    if not isinstance(hosts, Hosts):
        raise SetupError(
            f"{named('hosts')} 要的是 Hosts，而不是 {type(hosts).__name__}",
            f"{named('hosts')} takes a Hosts, not {type(hosts).__name__}",
            fix_zh='例如 Hosts.local("http://127.0.0.1:8700")',
            fix_en='for example Hosts.local("http://127.0.0.1:8700")',
        )


def _check_proxy(fields: Mapping[str, Any], named: Callable[[str], str]) -> None:
    """The message quotes nothing of the address: a password may stand in it."""
    proxy = fields.get("proxy", Secret(""))
    if not isinstance(proxy, Secret):
        raise _not_text(named("proxy"), proxy)
    try:
        parts = urlsplit(proxy.reveal())
        usable = parts.scheme in PROXY_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if proxy and not usable:
        raise SetupError(
            f"{named('proxy')} 不是代理的地址",
            f"{named('proxy')} is no address of a proxy",
            fix_zh="写成 http://主机:端口 或 socks5://主机:端口，密码中的特殊字符写成 %40 这样的编码",
            fix_en="write http://host:port or socks5://host:port, odd characters of a password as %40 etc.",
        )


def _read(env: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """The variables as fields, each secret wrapped at once."""

    def value(name: str) -> str:
        return env.get(prefix + name, "").strip()

    fields: dict[str, Any] = {name: Secret(value(name.upper())) for name in (*SECRETS, "proxy")}
    fields["appid"], fields["api_base"] = value("APPID"), value("API_BASE")
    fields["encryption"] = value("ENCRYPTION") or ("safe" if fields["aes_key"] else "plain")
    return fields


def _check_appid(appid: Any, shown: str) -> None:
    if not isinstance(appid, str):
        raise _not_text(shown, appid)
    if not appid:
        raise SetupError(
            f"没有设置 {shown}",
            f"{shown} is not set",
            fix_zh="在公众平台“设置与开发 → 基本配置”查到 AppID 后设置它；开发时用 gongzhong dev 启动，不必设置",
            fix_en="set it to the AppID shown in the console; `gongzhong dev` starts a program without it",
        )
    if re.fullmatch(_APPID, appid, re.ASCII):
        return
    why_zh, why_en = "", ""
    if appid.startswith("gh_"):
        why_zh, why_en = "（gh_ 开头的是原始 ID）", " (gh_… is the original ID)"
    elif appid != appid.strip():
        why_zh, why_en = "（首尾有空白）", " (there are blanks around it)"
    raise SetupError(
        f"{shown} 不是 AppID：{appid!r}{why_zh}",
        f"{shown} is not an AppID: {appid!r}{why_en}",
        fix_zh="AppID 是 wx 加 16 位十六进制数字（小写），在公众平台“基本配置”里复制",
        fix_en="an AppID is wx and 16 hexadecimal digits in lower case; copy it from the console",
    )


def _check_secret(field: str, shown: str, secret: Any) -> None:
    if not isinstance(secret, Secret):
        raise _not_text(shown, secret)
    if not secret:
        return
    size = len(secret.reveal())
    if field == "secret":
        if not re.fullmatch(_SECRET, secret.reveal()):
            raise SetupError(
                f"{shown} 里有空白或中文等字符（长度 {size}），不是 AppSecret",
                f"{shown} has blanks or letters that no AppSecret has (length {size})",
                fix_zh="AppSecret 是 32 位十六进制数字；忘记了就在公众平台重置",
                fix_en="an AppSecret is 32 hexadecimal digits; reset it in the console if it is lost",
            )
    elif field.endswith("token"):
        if not re.fullmatch(facts.SERVER_TOKEN_FORM, secret.reveal()):
            why_zh, why_en = _misfit(secret, range(3, 33))
            raise SetupError(
                f"{shown} 必须是 3 到 32 位字母或数字，现在{why_zh}",
                f"{shown} must be 3 to 32 letters or digits, and {why_en}",
                fix_zh="与公众平台“服务器配置”里的 Token 一致，注意首尾空白",
                fix_en="take the Token of the console's server configuration, without blanks around it",
            )
    elif not re.fullmatch(facts.AES_KEY_FORM, secret.reveal()):
        why_zh, why_en = _misfit(secret, range(43, 44))
        raise SetupError(
            f"{shown} 必须是 43 位字母或数字，现在{why_zh}",
            f"{shown} must be 43 letters or digits, and {why_en}",
            fix_zh="从公众平台“服务器配置”重新复制 EncodingAESKey，注意首尾空白",
            fix_en="copy the EncodingAESKey again from the console, without blanks around it",
        )


def _misfit(secret: Secret, sizes: range) -> tuple[str, str]:
    """What keeps a secret from being letters and digits of a right length: never the characters themselves."""
    size, odd = len(secret.reveal()), sum(not re.fullmatch(_LETTER, one) for one in secret.reveal())
    zh, en = [], []
    if odd:
        zh.append(f"有 {odd} 个别的字符（空白、标点、中文等）")
        en.append(f"has {odd} other character{'s' * (odd > 1)} (blank, punctuation, Chinese …)")
    if size not in sizes:
        zh.append(f"长度是 {size}")
        en.append(f"its length is {size}")
    return "，".join(zh), " and ".join(en) if not odd else "it " + ", and ".join(en)


def _not_text(shown: str, given: object) -> SetupError:
    kind = "None" if given is None else type(given).__name__
    return SetupError(
        f"{shown} 要的是文字，而不是 {kind}",
        f"{shown} takes a text, not {kind}",
        fix_zh="没有设置的环境变量读出来是 None；用 Account.from_env() 会说明缺的是哪一个",
        fix_en="a variable that is not set reads as None; Account.from_env() says which one is missing",
    )
