"""Which account of the platform a program develops with, and the settings that both sides are given.

A test bed that declares accounts is taken as it is; otherwise one is made under the program's name. Token and
EncodingAESKey are derived from the seed, so that a restart changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from .. import facts
from ..account import Encryption
from ..errors import SetupError
from ..platform.delivery.verification import Wanted
from ..platform.world import accounts
from ..platform.world.ids import LETTERS_AND_DIGITS, derived
from ..platform.world.settings import AccountConfig, Kind

if TYPE_CHECKING:
    from ..platform import Platform
    from ..platform.world.world import AccountState


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWish:
    """What the developer asks for. None leaves a declared account as it is."""

    name: str
    """Used when nothing else names the account."""
    chosen: str | None = None
    kind: Kind | None = None
    verified: bool | None = None


def choose(platform: Platform, wish: AccountWish) -> AccountState:
    """Find or make the account. Raises SetupError when the choice is open or names nothing."""
    account = _find(platform, wish)
    if account is None:
        config = AccountConfig(
            name=wish.chosen or wish.name,
            kind=wish.kind or "service",
            verified=True if wish.verified is None else wish.verified,
        )
        return accounts.create(platform.world, config)
    changes = {
        name: value for name, value in (("kind", wish.kind), ("verified", wish.verified)) if value is not None
    }
    return accounts.change(platform.world, account.appid, changes) if changes else account


def _find(platform: Platform, wish: AccountWish) -> AccountState | None:
    declared = platform.config.account
    names = [account.name for account in declared]
    wanted = wish.chosen or (names[0] if len(names) == 1 else wish.name)
    try:
        return platform.account(wanted)
    except KeyError:
        if not declared:
            return None
    listed = "、".join(names)
    raise SetupError(
        f"没有名为 {wanted} 的公众号" if wish.chosen else "配置文件里有几个公众号，不知道用哪一个",
        f"there is no account named {wanted}"
        if wish.chosen
        else "the configuration declares several accounts",
        fix_zh=f"用 --account 选择其中之一：{listed}",
        fix_en=f"choose one with --account: {', '.join(names)}",
    )


def server_settings(platform: Platform, account: AccountState, url: str) -> Wanted:
    """URL, Token and key to enter in the console: the declared ones, else derived ones and safe mode."""
    if account.token:
        return Wanted(url=url, token=account.token, aes_key=account.aes_key, encryption=account.encryption)

    def made(what: str, length: int) -> str:
        return derived(platform.config.seed, what, account.appid, length=length, alphabet=LETTERS_AND_DIGITS)

    mode: Encryption = "safe"
    return Wanted(
        url=url,
        token=made("token", facts.SERVER_TOKEN_LENGTH_MAX),
        aes_key=account.aes_key or made("aes_key", facts.AES_KEY_LENGTH),
        encryption=mode,
    )


def environment(account: AccountState, settings: Wanted, api_base: str, public_url: str) -> dict[str, str]:
    """What `OfficialAccount.from_env()` reads in the program."""
    return {
        "GONGZHONG_APPID": account.appid,
        "GONGZHONG_SECRET": account.secret,
        "GONGZHONG_TOKEN": settings.token,
        "GONGZHONG_AES_KEY": settings.aes_key,
        "GONGZHONG_ENCRYPTION": settings.encryption,
        "GONGZHONG_API_BASE": api_base,
        "GONGZHONG_PUBLIC_URL": public_url,
        "GONGZHONG_REPLAY_WINDOW": "off",  # the platform's clock can be moved, the program's cannot
    }


def trust_pages_of(platform: Platform, account: AccountState, authority: str) -> AccountState:
    """Let the program's pages use 网页授权 and JS-SDK, as the console's two domain settings do."""
    changes: dict[str, str | list[str]] = {"oauth_domain": authority, "js_domains": [authority]}
    return accounts.change(platform.world, account.appid, msgspec.to_builtins(changes))
