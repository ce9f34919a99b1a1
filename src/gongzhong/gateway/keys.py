"""The keys of the gateway's clients: how they are made, recognized, and what each may do.

A key is `gzk_ID_RANDOM` with 256 random bits, shown once when it is made. Only its SHA-256 is stored: a slow hash such
as scrypt protects short passwords from guessing; nobody guesses 256 random bits, so a fast hash is as safe and costs
each call a microsecond. A client sends the key where WeChat's API has the AppSecret, or as `Authorization: Bearer`.

What it gets for it at the token endpoints is a gateway token, `gzt_ID_EXPIRES_SIGNATURE`: it names the key, holds for
one account and two hours, and is signed by a key that is derived from the account's AppSecret, so that all gateways of
the account accept it without asking anybody. WeChat's own token stays with the gateway.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec

from ..account import Secret
from ..catalogue.registry import CHAPTERS, by_path, chapter_of
from ..errors import SetupError

EVERYTHING: Final = "*"
TOKEN: Final = "token"
"""The scope that lets a client have WeChat's own access_token."""
PASS_LIFE_S: Final = 7200
"""How long a gateway token holds: as long as WeChat's."""

GROUPS: Final = frozenset(chapter.__name__.rpartition(".")[2] for chapter in CHAPTERS)
"""Names for the calls of one chapter of the catalogue, such as `templates`."""

_KEY: Final = re.compile(r"gzk_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_PASS: Final = re.compile(r"gzt_([0-9a-f]{8})_([0-9a-f]{8,12})_([A-Za-z0-9_-]{43})")
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_PREFIX: Final = re.compile(r"(/[A-Za-z0-9_-]+)+/?")


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One client's key as it is stored. Times are unix seconds."""

    id: str
    name: str
    digest: bytes
    accounts: tuple[str, ...]
    """AppIDs, or `*`."""
    scopes: tuple[str, ...]
    """Beginnings of paths (`/cgi-bin/message`), groups (`templates`), `*` for every call, `token`."""
    networks: tuple[str, ...] = ()
    """Addresses (CIDR) from which the key may be used; empty: from everywhere."""
    per_minute: int = 0
    """Calls in one minute; 0: no limit."""
    daily: int = 0
    """Calls in one day in China; 0: no limit."""
    created_at: float = 0.0
    revoked_at: float = 0.0
    """0: not revoked."""

    def matches(self, text: str) -> bool:
        """Whether this text is the key."""
        return hmac.compare_digest(self.digest, digest_of(text))

    def may_use(self, appid: str) -> bool:
        return appid in self.accounts or EVERYTHING in self.accounts

    def may_call(self, path: str) -> bool:
        return covers(self.scopes, path)

    @property
    def may_have_token(self) -> bool:
        return TOKEN in self.scopes

    @property
    def only_token(self) -> bool:
        """Whether the key is for clients that call WeChat by themselves."""
        return set(self.scopes) == {TOKEN}

    def may_come_from(self, address: str) -> bool:
        return not self.networks or within(self.networks, address)


def digest_of(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def make_key(
    name: str,
    accounts: Sequence[str],
    scopes: Sequence[str],
    *,
    networks: Sequence[str] = (),
    per_minute: int = 0,
    daily: int = 0,
    now: float,
) -> tuple[Key, Secret]:
    """A new key and its text, which is nowhere else.

    Raises SetupError for a name, scope, network or limit that cannot be.
    """
    number = secrets.token_hex(4)
    text = Secret(f"gzk_{number}_{secrets.token_urlsafe(32)}")
    key = Key(
        id=number,
        name=name,
        digest=digest_of(text.reveal()),
        accounts=tuple(dict.fromkeys(accounts)),
        scopes=tuple(dict.fromkeys(scope.rstrip("/") or scope for scope in scopes)),
        networks=tuple(dict.fromkeys(networks)),
        per_minute=per_minute,
        daily=daily,
        created_at=now,
    )
    _check(key)
    return key, text


def id_of_key(text: str) -> str | None:
    """The number of the key that a text may be."""
    found = _KEY.fullmatch(text)
    return found[1] if found else None


def id_of_pass(text: str) -> str | None:
    """The number of the key for which a gateway token was made, if the text may be one."""
    found = _PASS.fullmatch(text)
    return found[1] if found else None


def make_pass(key_id: str, appid: str, signer: bytes, now: float) -> str:
    """A gateway token for a client of one account."""
    expires = f"{int(now) + PASS_LIFE_S:08x}"
    return f"gzt_{key_id}_{expires}_{_signature(key_id, appid, expires, signer)}"


def pass_problem(text: str, appid: str, signer: bytes, now: float) -> int:
    """WeChat's return code for a gateway token: 0 if it holds, 40001 if it is none of ours, 42001 if it is over."""
    expires = _end_of_pass(text, appid, signer)
    if expires is None:
        return 40001
    return 0 if now < expires else 42001


@lru_cache(maxsize=4096)
def _end_of_pass(text: str, appid: str, signer: bytes) -> int | None:
    """When a gateway token ends; None if it was not signed for this account. A client sends the same one again."""
    found = _PASS.fullmatch(text)
    if found is None:
        return None
    key_id, expires, signature = found.groups()
    right = hmac.compare_digest(signature, _signature(key_id, appid, expires, signer))
    return int(expires, 16) if right else None


def signer_of(secret: Secret) -> bytes:
    """The key that signs the gateway tokens of an account."""
    return hmac.digest(secret.reveal().encode(), b"gongzhong gateway token", "sha256")


def _signature(key_id: str, appid: str, expires: str, signer: bytes) -> str:
    signed = hmac.digest(signer, f"{key_id}|{appid}|{expires}".encode(), "sha256")
    return urlsafe_b64encode(signed).rstrip(b"=").decode()


@lru_cache(maxsize=4096)
def covers(scopes: tuple[str, ...], path: str) -> bool:
    """Whether one of the scopes permits the call at a path."""
    for scope in scopes:
        if scope == EVERYTHING:
            return True
        if scope.startswith("/") and (path == scope or path.startswith(f"{scope}/")):
            return True
    groups = GROUPS.intersection(scopes)
    if not groups:
        return False
    call = by_path(path)
    return call is not None and chapter_of(call) in groups


@lru_cache(maxsize=4096)
def within(networks: tuple[str, ...], address: str) -> bool:
    """Whether an address lies in one of these networks."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in ipaddress.ip_network(network, strict=False) for network in networks)


def client_of(peer: str, forwarded: str, trusted: tuple[str, ...]) -> str:
    """Who sent a request that came from `peer` with this X-Forwarded-For: the last address in it that is not a trusted
    proxy's, if such a proxy passed it on."""
    address = peer
    for before in reversed(forwarded.split(",")) if trusted else ():
        if not within(trusted, address):
            break
        address = before.strip() or address
    return address[:64]


def require_client(name: str, accounts: Sequence[str], networks: Sequence[str]) -> None:
    """Raises SetupError for a name, accounts or networks that a key cannot have."""
    if not _NAME.fullmatch(name):
        raise SetupError(
            "密钥的名字须为 1 到 64 个字符", "the name of a key has 1 to 64 characters, no control characters"
        )
    if not accounts:
        raise SetupError("没有说明密钥可用于哪个公众号", "no account is named that the key is for")
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise SetupError(
                f"不是 IP 地址或网段：{network!r}",
                f"this is no address and no network: {network!r}",
                fix_zh="例如 10.0.0.0/8 或 192.0.2.7",
                fix_en="for example 10.0.0.0/8 or 192.0.2.7",
            ) from None


def _check(key: Key) -> None:
    require_client(key.name, key.accounts, key.networks)
    if not key.scopes:
        raise SetupError("没有说明密钥可以调用什么", "nothing is named that the key may call")
    for scope in key.scopes:
        if scope not in (EVERYTHING, TOKEN) and scope not in GROUPS and not _PREFIX.fullmatch(scope):
            raise SetupError(
                f"没有这样的权限范围：{scope!r}",
                f"there is no such scope: {scope!r}",
                fix_zh=f"写路径的开头（/cgi-bin/message）、*、token，或一组接口：{'、'.join(sorted(GROUPS))}",
                fix_en=f"a beginning of paths (/cgi-bin/message), *, token, or a group: {', '.join(sorted(GROUPS))}",
            )
    if key.per_minute < 0 or key.daily < 0:
        raise SetupError("次数不能是负数", "a number of calls cannot be negative")
