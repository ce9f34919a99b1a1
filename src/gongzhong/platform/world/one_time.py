"""One-time subscribe messages (一次性订阅消息): one confirmation on a page, one message."""

from __future__ import annotations

from typing import Any

from . import people
from .ids import TEMPLATE_ID_LENGTH, derived
from .notices import show
from .refusal import require
from .world import AccountState, World

NO_SUCH_TEMPLATE, NOT_ALLOWED = 40037, 43101


def template_id(world: World, account: AccountState) -> str:
    """The one template of the account, as its console shows it."""
    return derived(world.ids.seed, "one-time", account.appid, length=TEMPLATE_ID_LENGTH)


def allow(world: World, account: AccountState, openid: str, scene: int) -> None:
    """The person confirms; a second confirmation of the same scene adds nothing."""
    world.db.run(
        "INSERT OR IGNORE INTO one_time_allowance VALUES (?, ?, ?, ?)",
        account.appid,
        openid,
        template_id(world, account),
        str(scene),
    )


def send(world: World, account: AccountState, openid: str, template: str, scene: str, **card: Any) -> None:
    """Show the message and use up the permission. Refuses with 40037, 40003 and 43101."""
    require(template == template_id(world, account), NO_SUCH_TEMPLATE)
    tie = people.by_openid(world, account, openid)
    require(not tie.refuses, NOT_ALLOWED)
    spent = world.db.run(
        "DELETE FROM one_time_allowance WHERE appid = ? AND openid = ? AND template_id = ? AND scene = ?",
        account.appid,
        openid,
        template,
        str(int(scene)),
    )
    require(spent, NOT_ALLOWED)
    show(world, account, tie, **card)
