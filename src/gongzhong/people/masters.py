"""The master key, which wraps the keys of the accounts: from the environment, a file, or a key service (KMS).

`Masters` is the present master key and those before it: keys that an older one wrapped can still be unwrapped, and
`Keyring.rewrap_accounts` moves them to the present one.
"""

from __future__ import annotations

import hashlib
import os
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from ..account import Secret
from ..errors import GongzhongError, SetupError, StateDown
from .sealing import BadSeal, open_sealed, seal

KEY_BYTES: Final = 32
LONGEST_FILE: Final = 4096


class MasterKey(Protocol):
    """A master key. Implement it for a key service whose keys never leave it.

    `name` says which key it is and never changes for a key; it is stored beside what the key wrapped. `context` is
    bound to the wrapped key (additional authenticated data): unwrapping with another context must fail. Whatever
    both methods raise means that the service is out of reach (StateDown): what must be done, such as an erasure, is
    tried again.
    """

    @property
    def name(self) -> str: ...
    async def wrap(self, key: bytes, context: bytes) -> bytes: ...
    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes: ...


@contextmanager
def reached(master: MasterKey) -> Iterator[None]:
    """While a master key is asked: its errors become StateDown, except our own."""
    try:
        yield
    except GongzhongError:
        raise
    except Exception as problem:
        raise StateDown(
            f"主密钥 {master.name} 的密钥服务不可用（{type(problem).__name__}）",
            f"the key service of the master key {master.name} cannot be used ({type(problem).__name__})",
            fix_zh="检查密钥服务、它的地址和权限；已经取得账号密钥的进程不受影响",
            fix_en="check the service, its address and permissions; processes that have the account's keys go on",
        ) from problem


class LocalMaster:
    """A master key of 32 bytes in this process's memory. Its name is a fingerprint, which does not reveal the key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise _wrong_key()
        self._key = key
        self.name = "local-" + hashlib.sha256(b"gongzhong master key\0" + key).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"LocalMaster({self.name!r})"

    async def wrap(self, key: bytes, context: bytes) -> bytes:
        return seal(self._key, key, context)

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Raises SetupError when another key, or another context, was used to wrap it."""
        try:
            return open_sealed(self._key, wrapped, context)
        except BadSeal:
            raise SetupError(
                "账号密钥无法解开：密钥库已损坏，或属于别的账号",
                "the key of an account cannot be unwrapped: the key store is damaged, or it is another account's",
            ) from None


class Masters:
    """The present master key, and older ones for what they wrapped."""

    def __init__(self, present: MasterKey, older: Sequence[MasterKey] = ()) -> None:
        self.present, self.older = present, tuple(older)
        self._by_name = {master.name: master for master in (*older, present)}

    def named(self, name: str) -> MasterKey:
        """Raises SetupError when the key of this name was not given."""
        if name not in self._by_name:
            raise SetupError(
                f"账号密钥由主密钥 {name} 保护，而配置里没有这个主密钥",
                f"the keys of the account are wrapped by the master key {name}, which is not configured",
                fix_zh="把旧的主密钥也写进配置（people.previous_master_key），轮换完成后再去掉",
                fix_en="configure the old master key too (people.previous_master_key) until the rotation is done",
            )
        return self._by_name[name]


def masters_from(path: str, older: Sequence[MasterKey] = ()) -> Masters:
    """The master key of a key service: what the function of `module:function` gives when it is called, a `MasterKey`,
    or `Masters` with those before it. `older` are further keys that only unwrap.

    Raises SetupError when there is no such function, or it gives something else; what the function raises comes
    through.
    """
    module, _, name = path.partition(":")
    try:
        function = getattr(import_module(module), name) if module and name else None
    except ModuleNotFoundError as missing:
        if missing.name is None or not f"{module}.".startswith(f"{missing.name}."):
            raise
        function = None
    except AttributeError:
        function = None
    if not callable(function):
        raise SetupError(
            f"people.kms={path}：没有这样的函数",
            f"people.kms={path}: there is no such function",
            fix_zh="写成 模块:函数，模块须能导入，例如 shop.kms:master",
            fix_en="write module:function of a module that can be imported, such as shop.kms:master",
        )
    given: Any = function()
    if isinstance(given, Masters):
        return Masters(given.present, (*given.older, *older))
    if not all(hasattr(given, wanted) for wanted in ("name", "wrap", "unwrap")):
        raise SetupError(
            f"people.kms={path} 给出的是 {type(given).__name__}，不是主密钥",
            f"people.kms={path} gave a {type(given).__name__}, which is no master key",
            fix_zh="返回有 name、wrap、unwrap 的对象（gongzhong.people.MasterKey），或 Masters",
            fix_en="return an object with name, wrap and unwrap (gongzhong.people.MasterKey), or Masters",
        )
    return Masters(given, older)


def read_master(text: Secret) -> LocalMaster:
    """A master key written in base64 (32 bytes). Raises SetupError, which never quotes it."""
    try:
        key = a2b_base64(text.reveal().strip().translate(str.maketrans("-_", "+/")), strict_mode=True)
    except (Base64Error, ValueError):
        raise _wrong_key() from None
    return LocalMaster(key)


def read_master_file(path: Path) -> LocalMaster:
    """A master key from a file that nobody else may read (mode 600 or 400). Raises SetupError."""
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()[:LONGEST_FILE]
    except OSError as problem:
        raise SetupError(
            f"主密钥文件 {path} 无法读取（{type(problem).__name__}）",
            f"the master key file {path} cannot be read ({type(problem).__name__})",
        ) from None
    if mode & 0o077 and os.name == "posix":
        raise SetupError(
            f"主密钥文件 {path} 别的用户也能读写",
            f"other users may read or write the master key file {path}",
            fix_zh=f"运行：chmod 600 {path}",
            fix_en=f"run: chmod 600 {path}",
        )
    return read_master(Secret(content.decode("ascii", errors="replace")))


def _wrong_key() -> SetupError:
    return SetupError(
        "主密钥须是 32 个随机字节的 base64",
        "a master key is the base64 of 32 random bytes",
        fix_zh="生成一个：openssl rand -base64 32",
        fix_en="make one: openssl rand -base64 32",
    )
