"""Who is calling and where WeChat is: the two values that every part is given.

An `Account` holds the credentials of one official account, read once and never printed; `Hosts` holds the base
addresses, so that the same code talks to WeChat or to a platform on this machine.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, Literal, Self, cast, get_args
from weakref import WeakValueDictionary

import msgspec

from .errors import SetupError

Encryption = Literal["plain", "compatible", "safe"]

SHORTEST_LIVE: Final = 8
"""Characters that a secret must have to be hidden by its value alone: a shorter one may be an ordinary word."""

_LIVE: Final[WeakValueDictionary[int, Secret]] = WeakValueDictionary()


class Secret:
    """A text that shows itself only to `reveal`: not to repr, str, logs or tracebacks.

    While it exists, `live_secrets` knows its value, so that logs can hide it wherever it stands.
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        if len(value) >= SHORTEST_LIVE:
            _LIVE[id(self)] = self

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (self._value,)

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


def live_secrets() -> set[str]:
    """The values of all secrets of at least 8 characters that this process holds now."""
    found = (
        reference() for reference in list(_LIVE.valuerefs())
    )  # a copy: other threads make secrets meanwhile
    return {secret.reveal() for secret in found if secret is not None}


class Hosts(msgspec.Struct, frozen=True, kw_only=True):
    """Base addresses without a trailing slash. `Hosts.local(url)` puts all four on one port, as the platform does."""

    api: str = "https://api.weixin.qq.com"
    mp: str = "https://mp.weixin.qq.com"
    open: str = "https://open.weixin.qq.com"
    res: str = "https://res.wx.qq.com"

    @classmethod
    def local(cls, base: str) -> Self:
        base = base.rstrip("/")
        return cls(api=base, mp=base, open=base, res=base)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One official account: AppID, AppSecret, Token and EncodingAESKey.

    `previous_token` and `previous_aes_key` stay accepted while a change is rolled out. `encryption` is the mode chosen
    in the console; what a request claims about itself never matters.
    """

    appid: str
    secret: Secret = Secret("")
    token: Secret = Secret("")
    aes_key: Secret = Secret("")
    previous_token: Secret = Secret("")
    previous_aes_key: Secret = Secret("")
    encryption: Encryption = "plain"
    hosts: Hosts = Hosts()

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, prefix: str = "GONGZHONG_") -> Self:
        """Read GONGZHONG_APPID, _SECRET, _TOKEN, _AES_KEY, _ENCRYPTION and _API_BASE."""
        env = os.environ if env is None else env
        appid = env.get(f"{prefix}APPID", "")
        if not appid:
            raise SetupError(
                f"没有设置环境变量 {prefix}APPID",
                f"the environment variable {prefix}APPID is not set",
                fix_zh="在公众平台「设置与开发 → 基本配置」查到 AppID 后设置它，或用 gongzhong dev 启动",
                fix_en="set it to the AppID shown in the console, or start the program with `gongzhong dev`",
            )
        base = env.get(f"{prefix}API_BASE", "")
        aes_key = env.get(f"{prefix}AES_KEY", "")
        mode = env.get(f"{prefix}ENCRYPTION", "safe" if aes_key else "plain")
        if mode not in get_args(Encryption):
            raise SetupError(
                f"{prefix}ENCRYPTION 只能是 plain、compatible 或 safe，不能是 {mode}",
                f"{prefix}ENCRYPTION must be plain, compatible or safe, not {mode}",
            )
        return cls(
            appid=appid,
            secret=Secret(env.get(f"{prefix}SECRET", "")),
            token=Secret(env.get(f"{prefix}TOKEN", "")),
            aes_key=Secret(aes_key),
            previous_token=Secret(env.get(f"{prefix}PREVIOUS_TOKEN", "")),
            previous_aes_key=Secret(env.get(f"{prefix}PREVIOUS_AES_KEY", "")),
            encryption=cast(Encryption, mode),
            hosts=Hosts.local(base) if base else Hosts(),
        )
