"""Keys of the people API: who may do what, in which accounts, and from where.

A key is `gzp_ID_RANDOM` with 256 random bits, shown once; only its SHA-256 is stored, as for the gateway's keys.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ...account import Secret
from ...errors import SetupError
from ...gateway.keys import EVERYTHING, digest_of, require_client, within

ROLES: Final[Mapping[str, frozenset[str]]] = {
    "auditor": frozenset({"certificates", "audit", "verify"}),
    "agent": frozenset({"consents", "withdraw", "export", "erase", "certificates"}),
    "owner": frozenset(
        {"consents", "withdraw", "export", "erase", "certificates", "audit", "verify"}
        | {"retention", "erase-everybody"}
    ),
}
"""The actions of each role: who checks, who answers people's requests, who is responsible for the account."""
_KEY: Final = re.compile(r"gzp_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")


class PeopleKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key as it is stored. Times are unix seconds; `revoked_at` 0: it is in use."""

    id: str
    name: str
    digest: bytes
    role: str
    accounts: tuple[str, ...]
    """AppIDs, or `*`."""
    networks: tuple[str, ...] = ()
    """Addresses (CIDR) from which it may be used; empty: from everywhere."""
    created_at: float = 0.0
    revoked_at: float = 0.0

    def matches(self, text: str) -> bool:
        """Whether this text is the key, and it is in use."""
        return not self.revoked_at and hmac.compare_digest(self.digest, digest_of(text))

    def may_do(self, action: str) -> bool:
        return action in ROLES.get(self.role, ())

    def may_use(self, appid: str) -> bool:
        return appid in self.accounts or EVERYTHING in self.accounts

    def may_come_from(self, address: str) -> bool:
        return not self.networks or within(self.networks, address)


def make_people_key(
    name: str, role: str, accounts: Sequence[str], *, networks: Sequence[str] = (), now: float
) -> tuple[PeopleKey, Secret]:
    """A new key and its text, which is nowhere else. Raises SetupError for a name, role or network that cannot be."""
    if role not in ROLES:
        raise SetupError(
            f"没有这样的角色：{role!r}",
            f"there is no such role: {role!r}",
            fix_zh=f"角色有 {'、'.join(ROLES)}",
            fix_en=f"roles are {', '.join(ROLES)}",
        )
    require_client(name, accounts, networks)
    number = secrets.token_hex(4)
    text = Secret(f"gzp_{number}_{secrets.token_urlsafe(32)}")
    key = PeopleKey(
        id=number,
        name=name,
        digest=digest_of(text.reveal()),
        role=role,
        accounts=tuple(dict.fromkeys(accounts)),
        networks=tuple(dict.fromkeys(networks)),
        created_at=now,
    )
    return key, text


def id_of(text: str) -> str | None:
    """The number of the key that a text may be."""
    found = _KEY.fullmatch(text)
    return found[1] if found else None
