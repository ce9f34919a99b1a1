"""Official accounts: making them, changing them, finding them.

The IP allow-list of an account (API IP 白名单) says which addresses may call the API. Official pages disagree
about what it guards (every server call, or only those that fetch tokens) and with which code it refuses (40164
or 61004); the account's settings choose. A changed list counts after `rules.ip_allow_list_delay_s`. The order
of checks is secret, address, token (one report of 2026). Test accounts have no list.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ...errors import SetupError
from ...wire import Cipher
from ...wire.masking import HIDDEN, secret_name
from . import domains, statistics
from .refusal import BadInput, Refusal, require_whole_texts
from .settings import AccountConfig
from .world import AccountState, World

_SHARED: Final = frozenset(AccountState.__struct_fields__) & frozenset(AccountConfig.__struct_fields__)


def create(world: World, config: AccountConfig) -> AccountState:
    """Add an account; ids that the configuration leaves out are made from its name. Raises SetupError."""
    require_whole_texts(config)
    ids = world.ids
    appid = config.appid or ids.appid(config.name)
    original = config.original_id or ids.original_id(appid)
    for known in world.accounts.values():
        if known.original_id == original and known.appid != appid:
            raise SetupError(
                f"公众号{known.name}已使用原始 ID {original}",
                f"the account {known.name} has the original id {original} already",
            )
    shared = {name: getattr(config, name) for name in _SHARED}
    state = AccountState(
        **{
            **shared,
            "appid": appid,
            "original_id": original,
            "wechat_id": config.wechat_id or original,
            "secret": config.secret or ids.secret(appid),
        }
    )
    require_usable(world, state)
    store(world, state)
    statistics.begin(world, appid)
    return state


def store(world: World, state: AccountState) -> None:
    world.accounts[state.appid] = state
    world.db.run(
        "INSERT INTO account VALUES (?, ?, ?, ?) ON CONFLICT (appid) DO UPDATE SET document = excluded.document",
        state.appid,
        state.original_id,
        len(world.accounts),
        msgspec.json.encode(state).decode(),
    )


def put_back(world: World, state: AccountState) -> None:
    """Store an account exactly as given, in place of one with the same AppID if there is one."""
    store(world, state)
    statistics.begin(world, state.appid)


def require_key(settings: AccountConfig | AccountState) -> None:
    """Raises SetupError for an EncodingAESKey that the mode cannot use."""
    if settings.encryption != "plain":
        Cipher(settings.aes_key, settings.appid)


def require_usable(world: World, state: AccountState) -> None:
    """Raises SetupError for a key or a domain that cannot work, and for a secret in its hidden form; BadInput for a
    text that cannot be kept."""
    require_whole_texts(msgspec.structs.asdict(state))
    for name in filter(secret_name, state.__struct_fields__):
        if getattr(state, name) == HIDDEN:
            raise SetupError(
                f"{name} 是隐藏后的样子（{HIDDEN}），不是原文",
                f"{name} is the hidden form ({HIDDEN}), not the value itself",
                fix_zh="留空不改，或填写原文",
                fix_en="leave it out to keep the present one, or give the value itself",
            )
    require_key(state)
    require_form(state.ip_allow_list)
    real = state.kind != "test" and not world.rules.any_port
    domains.require_web_domains(state.oauth_domains, real=real)
    domains.require_safe_domains(state.js_domains, real=real)
    domains.require_business_domains(state.business_domains, real=real)


def load_all(world: World) -> None:
    """Read the accounts that an earlier run left."""
    for document in world.db.column("SELECT document FROM account ORDER BY position"):
        state = msgspec.json.decode(document, type=AccountState)
        world.accounts[state.appid] = state


def change(world: World, appid: str, changes: dict[str, Any]) -> AccountState:
    """Change some fields. Raises BadInput that names the field, SetupError for a key that cannot work."""
    current = msgspec.to_builtins(get(world, appid))
    fixed = {"appid", "original_id"}
    for name in changes:
        if name not in current or name in fixed:
            raise BadInput(f"没有这一项，或不能修改：{name}", f"no such field, or it is fixed: {name}")
    state = msgspec.convert({**current, **changes}, AccountState)
    require_usable(world, state)
    state = changed(world, get(world, appid), state)
    store(world, state)
    world.announce("state", {})
    return state


def get(world: World, appid: str) -> AccountState:
    """Raises Refusal 40013 for an AppID that is not here."""
    try:
        return world.accounts[appid]
    except KeyError:
        raise Refusal(40013) from None


def find(world: World, name_or_appid: str) -> AccountState:
    """By AppID or by name; raises KeyError."""
    for state in world.accounts.values():
        if name_or_appid in (state.appid, state.name):
            return state
    raise KeyError(name_or_appid)


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
    """The allow-list that is in force now."""
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


def add_alarm(world: World, account: AccountState, kind: str, text: str) -> None:
    """Keep one alarm (接口报警) and tell the pages. `kind` is a failure's kind, or `mark_fail`."""
    world.db.insert(
        "INSERT INTO alarm (appid, time, type, text) VALUES (?, ?, ?, ?)",
        account.appid,
        world.now(),
        kind,
        text,
    )
    world.announce("state", {})


def count_alarms(world: World, appid: str) -> int:
    """How many alarms an account has had."""
    number: int = world.db.value("SELECT count(*) FROM alarm WHERE appid = ?", appid)
    return number


def alarms(world: World, appid: str) -> list[dict[str, object]]:
    """The alarms of one account, the newest first: `time` in unix seconds, `type` and `text`."""
    rows = world.db.all("SELECT time, type, text FROM alarm WHERE appid = ? ORDER BY id DESC", appid)
    return [dict(row) for row in rows]
