"""The IP allow-list of an account (API IP 白名单): which addresses may call the API.

Official pages disagree about what it guards (every server call, or only those that fetch tokens) and with which code it
refuses (40164 or 61004); the account's settings choose. A changed list counts after `rules.ip_allow_list_delay_s`. The
order of checks is secret, address, token (one report of 2026). Test accounts have no list.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

import msgspec

from ...errors import SetupError
from .refusal import Refusal
from .world import AccountState, World

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
TOKEN_PATHS: Final = frozenset({"/cgi-bin/token", "/cgi-bin/stable_token"})


def require_form(entries: Sequence[str]) -> None:
    """Raises SetupError for an entry that is neither an address nor a CIDR range."""
    for entry in entries:
        if _network(entry) is None:
            raise SetupError(
                f"ip_allow_list 有误：{entry!r} 不是 IP 地址，也不是 203.0.113.0/24 这样的网段",
                f"mistake in ip_allow_list: {entry!r} is no IP address and no range such as 203.0.113.0/24",
            )


def _network(entry: str) -> Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


def changed(world: World, before: AccountState, after: AccountState) -> AccountState:
    """The account with a note of the list that still counts until the new one takes effect."""
    delay = world.rules.ip_allow_list_delay_s
    if before.ip_allow_list == after.ip_allow_list or delay <= 0:
        return after
    return msgspec.structs.replace(
        after, ip_list_before=list(in_force(world, before)), ip_list_from=world.now() + delay
    )


def in_force(world: World, account: AccountState) -> Sequence[str]:
    """The list that counts now."""
    return account.ip_allow_list if world.now() >= account.ip_list_from else account.ip_list_before


def admit(world: World, account: AccountState, path: str, ip: str) -> None:
    """Refuse a call from an address that is not on the list, with 40164 or the code of the account's settings."""
    if account.kind == "test" or (account.ip_allow_list_scope == "token" and path not in TOKEN_PATHS):
        return
    entries = in_force(world, account)
    if entries and not _listed(entries, ip):
        raise Refusal(account.ip_refusal_code, f"invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist")


def _listed(entries: Sequence[str], ip: str) -> bool:
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(network is not None and address in network for network in map(_network, entries))
