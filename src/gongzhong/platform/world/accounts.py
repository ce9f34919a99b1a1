"""Official accounts: making them, changing them, finding them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ...errors import SetupError
from ...wire import Cipher
from ..config import AccountConfig
from . import allow_list, domains, tally
from .refusal import BadInput, Refusal
from .world import AccountState, World

_SHARED: Final = frozenset(AccountState.__struct_fields__) & frozenset(AccountConfig.__struct_fields__)


def create(world: World, config: AccountConfig) -> AccountState:
    """Add an account; ids that the configuration leaves out are made from its name. Raises SetupError."""
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
    tally.begin(world, appid)
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
    """Have an account as it was, whether or not there is one of this AppID now."""
    store(world, state)
    tally.begin(world, state.appid)


def require_key(settings: AccountConfig | AccountState) -> None:
    """Raises SetupError for an EncodingAESKey that the mode cannot use."""
    if settings.encryption != "plain":
        Cipher(settings.aes_key, settings.appid)


def require_usable(world: World, state: AccountState) -> None:
    """Raises SetupError for a key or a domain that cannot work."""
    require_key(state)
    allow_list.require_form(state.ip_allow_list)
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
    state = allow_list.changed(world, get(world, appid), state)
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
