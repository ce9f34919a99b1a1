"""One person in several official accounts: joined by UnionID, within one Open Platform account, where it is turned on.

An account takes part when its configuration names the Open Platform account (开放平台账号) that it is bound to
(`open_platform`), and its program declares the field `unionid`. Before anything is joined WeChat is asked whether the
account is bound to it (获取开放平台账号). The blind index of a UnionID is made with a key of that Open Platform
account, so that the people of two of them never meet. When the field is deleted, or the setting removed, nobody is
joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from ..errors import CallError, SetupError
from .vault import Vault

if TYPE_CHECKING:
    from ..client import AsyncClient

UNIONID: Final = "unionid"
MARK_CHARACTERS: Final = 8
NOT_BOUND: Final = 89002
"""WeChat: the account is bound to no Open Platform account."""


class Joined(msgspec.Struct, frozen=True):
    """The same person in another official account: its AppID, and the OpenID there."""

    account: str
    openid: str


class Unions:
    """What joins the people of one account to those of others. `platform` is the AppID of the Open Platform account.

    Every method raises StateDown when database or key store cannot be reached.
    """

    def __init__(self, vault: Vault, platform: str) -> None:
        self._vault, self.platform = vault, platform
        self._checked = False

    async def check(self, api: AsyncClient) -> None:
        """Ask WeChat, once, whether the account is bound to this Open Platform account.

        Raises SetupError when it is not, and what the client raises.
        """
        if self._checked:
            return
        try:
            found = (await api.base.open_account()).open_appid
        except CallError as problem:
            if problem.errcode != NOT_BOUND:
                raise
            found = ""
        if found != self.platform:
            raise SetupError(
                f"{self._vault.account} 没有绑定开放平台账号 {self.platform}，不能用 UnionID 关联用户",
                f"{self._vault.account} is not bound to the Open Platform account {self.platform}: nobody is joined",
                fix_zh="更正 open_platform，或去掉它；gongzhong call base.open_account 显示绑定的账号",
                fix_en="correct open_platform, or remove it; `gongzhong call base.open_account` shows what is bound",
            )
        self._checked = True

    async def note(self, unionids: Mapping[int, str]) -> None:
        """Let people, by their numbers, be found by their UnionIDs, if the field `unionid` is stored of them."""
        keys, mark = await self._vault.keyring.joining(self.platform), await self.mark()
        lookups = {number: mark + keys.blind(UNIONID, unionid) for number, unionid in unionids.items()}
        await self._vault.tables.set_unions(self._vault.account, lookups)

    async def mark(self) -> str:
        """How the blind indexes of this Open Platform account begin: those of another one join nobody here."""
        keys = await self._vault.keyring.joining(self.platform)
        return keys.blind("platform", self.platform)[:MARK_CHARACTERS]

    async def end_others(self) -> int:
        """Forget the blind indexes of UnionIDs that are no longer stored, and those of another Open Platform account,
        to which the account was bound before; how many."""
        return await self._vault.tables.end_unions(self._vault.account, await self.mark())

    async def others(self, openid: str) -> list[Joined]:
        """The same person in other accounts that take part; nobody when the person has not agreed in both."""
        number = await self._vault.person(openid)
        if number is None:
            return []
        found = []
        for account, other in await self._vault.tables.joined(self._vault.account, number, await self.mark()):
            vault = Vault(account, self._vault.keyring, self._vault.tables, self._vault.clock)
            [theirs] = await vault.openids([other])
            if theirs is not None:
                found.append(Joined(account, theirs))
        return found
