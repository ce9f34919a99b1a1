"""What people take back (授权用户信息变更): single data, a cleaned profile, the whole WeChat account.

The account to which the person had given web authorization is told by an event that comes from WeChat's own push
account; the person stands in OpenID. Web tokens end where the authorization ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ...messages import UserAuthorizationCancellation, UserAuthorizationRevoke, UserInfoModified
from . import people, sessions, statistics
from .refusal import BadInput
from .world import AccountState, World

PUSH_ACCOUNT: Final = "mphelper"
"""Sender of the events; the pages only say that it is not the person (unverified)."""
REVOCABLE: Final = ("201", "202", "203", "204", "205", "206", "207")
CLEANED_NICKNAME: Final = "微信用户"


def authorised(world: World, person: str, since: float = 0.0) -> list[tuple[AccountState, people.Relation]]:
    """The accounts that the person gave a web authorization to, not before `since` (unix seconds)."""
    found = []
    for account in world.accounts.values():
        row = world.db.one("SELECT 1 FROM relation WHERE appid = ? AND person = ?", account.appid, person)
        if row is None:
            continue
        tie = people.relation(world, account, person)
        given = world.db.value(
            "SELECT max(time) FROM consent WHERE appid = ? AND openid = ?", account.appid, tie.openid
        )
        if given is not None and given >= since:
            found.append((account, tie))
    return found


def _about(world: World, account: AccountState, tie: people.Relation) -> dict[str, Any]:
    return {
        "to_user_name": account.original_id,
        "from_user_name": PUSH_ACCOUNT,
        "create_time": world.seconds(),
        "open_id": tie.openid,
        "union_id": people.unionid(world, account, tie),
        "app_id": account.appid,
    }


def _end_tokens(world: World, account: AccountState, openid: str) -> None:
    world.db.run(
        "INSERT OR IGNORE INTO revoked_web_token SELECT refresh_token FROM web_token WHERE appid = ? AND openid = ?",
        account.appid,
        openid,
    )
    world.db.run("DELETE FROM consent WHERE appid = ? AND openid = ?", account.appid, openid)


def token_ended(world: World, refresh_token: str) -> bool:
    """Whether the person has ended a web token (42007)."""
    found = world.db.value("SELECT 1 FROM revoked_web_token WHERE refresh_token = ?", refresh_token)
    return found is not None


def withdraw(world: World, account: AccountState, person: str, items: Sequence[str]) -> bool:
    """Take back some of what was authorised, by the codes of RevokeInfo; False when nothing was authorised.

    Raises BadInput for codes that official accounts do not have.
    """
    unknown = [item for item in items if item not in REVOCABLE]
    if unknown or not items:
        known = ", ".join(REVOCABLE)
        raise BadInput(f"只能撤回 {known}", f"only {known} can be taken back")
    for granted, tie in authorised(world, person):
        if granted.appid == account.appid:
            _end_tokens(world, account, tie.openid)
            push = UserAuthorizationRevoke(revoke_info=",".join(items), **_about(world, account, tie))
            world.outgoing(account, push)
            return True
    return False


def clean_profile(world: World, person: str) -> None:
    """WeChat removes a nickname and picture that break its rules; whoever was authorised within 30 days is told."""
    people.get(world, person)
    world.db.run("UPDATE person SET nickname = ?, headimgurl = '' WHERE name = ?", CLEANED_NICKNAME, person)
    for account, tie in authorised(world, person, world.now() - world.rules.profile_cleaned_told_s):
        world.outgoing(account, UserInfoModified(**_about(world, account, tie)))
    world.announce("state", {})


def close(world: World, person: str) -> None:
    """The person closes the WeChat account: no follower any more, anywhere, and no way back.

    No unsubscribe event is pushed: the pages name only the cancellation.
    """
    people.get(world, person)
    told = authorised(world, person)
    for account in world.accounts.values():
        row = world.db.one("SELECT 1 FROM relation WHERE appid = ? AND person = ?", account.appid, person)
        if row is None:
            continue
        tie = people.relation(world, account, person)
        if tie.subscribed:
            people.unfollow(world, account, person)
            statistics.unfollowed(world, account, tie.subscribe_scene)
        sessions.leave(world, account, tie.openid)
        _end_tokens(world, account, tie.openid)
    world.db.run("UPDATE person SET closed = 1 WHERE name = ?", person)
    for account, tie in told:
        world.outgoing(account, UserAuthorizationCancellation(**_about(world, account, tie)))
    world.announce("state", {})
