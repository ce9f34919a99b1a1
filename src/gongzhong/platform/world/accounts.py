"""Official accounts: making them, changing them, finding them."""

from __future__ import annotations

from typing import Any

import msgspec

from ...errors import SetupError
from ...wire import Cipher
from ..config import AccountConfig
from . import tally
from .refusal import Refusal
from .world import AccountState, World


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
    state = AccountState(
        appid=appid,
        original_id=original,
        name=config.name,
        wechat_id=config.wechat_id or original,
        kind=config.kind,
        verified=config.verified,
        secret=config.secret or ids.secret(appid),
        token=config.token,
        aes_key=config.aes_key,
        encryption=config.encryption,
        url=config.url,
        oauth_domain=config.oauth_domain,
        js_domains=config.js_domains,
        ip_allow_list=config.ip_allow_list,
        open_platform=config.open_platform,
        headimgurl=config.headimgurl,
        description=config.description,
        call_limits=config.call_limits,
        customer_service=config.customer_service,
        comments=config.comments,
        mass=config.mass,
        autoreply=config.autoreply,
    )
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


def require_key(settings: AccountConfig | AccountState) -> None:
    """Raises SetupError for an EncodingAESKey that the mode cannot use."""
    if settings.encryption != "plain":
        Cipher(settings.aes_key, settings.appid)


def load_all(world: World) -> None:
    """Read the accounts that an earlier run left."""
    for document in world.db.column("SELECT document FROM account ORDER BY position"):
        state = msgspec.json.decode(document, type=AccountState)
        world.accounts[state.appid] = state


def change(world: World, appid: str, changes: dict[str, Any]) -> AccountState:
    """Change some fields. Raises ValueError that names the field, SetupError for a key that cannot work."""
    current = msgspec.to_builtins(get(world, appid))
    fixed = {"appid", "original_id"}
    for name in changes:
        if name not in current or name in fixed:
            raise ValueError(f"没有这一项，或不能修改：{name} / no such field, or it is fixed: {name}")
    state = msgspec.convert({**current, **changes}, AccountState)
    require_key(state)
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
