"""Followers and the black list (用户管理), as the platform answers them."""

from __future__ import annotations

import msgspec

from ...catalogue import users as catalogue
from ...catalogue.model import Ok
from ..world import followers, people
from ..world.refusal import Refusal
from .registry import Caller, answers

NO_MIGRATION = 63183


def _page(openids: list[str], total: int | None) -> catalogue.OpenIDPage:
    """A page as WeChat writes it: the one after the last has no data and an empty cursor."""
    data = catalogue.OpenIDs(openid=openids) if openids else None
    last = openids[-1] if openids else ""
    return catalogue.OpenIDPage(total=total, count=len(openids), data=data, next_openid=last)


@answers(catalogue.ListFollowers)
def list_followers(caller: Caller, call: catalogue.ListFollowers) -> catalogue.OpenIDPage:
    found = followers.page(caller.world, caller.account, call.next_openid)
    return _page(found, people.follower_count(caller.world, caller.account))


def _profile(caller: Caller, openid: str) -> catalogue.Follower:
    tie = people.by_openid(caller.world, caller.account, openid)
    return msgspec.convert(followers.profile(caller.world, caller.account, tie), catalogue.Follower)


@answers(catalogue.GetUser)
def get_user(caller: Caller, call: catalogue.GetUser) -> catalogue.Follower:
    return _profile(caller, call.openid)


@answers(catalogue.GetUsers)
def get_users(caller: Caller, call: catalogue.GetUsers) -> catalogue.FollowerList:
    return catalogue.FollowerList(user_info_list=[_profile(caller, one.openid) for one in call.user_list])


@answers(catalogue.SetRemark)
def set_remark(caller: Caller, call: catalogue.SetRemark) -> Ok:
    followers.remark(caller.world, caller.account, call.openid, call.remark)
    return Ok()


@answers(catalogue.ListBlocked)
def list_blocked(caller: Caller, call: catalogue.ListBlocked) -> catalogue.OpenIDPage:
    total, found = followers.blacklist_page(caller.world, caller.account, call.begin_openid)
    return _page(found, total)


@answers(catalogue.BlockUsers)
def block_users(caller: Caller, call: catalogue.BlockUsers) -> Ok:
    followers.block(caller.world, caller.account, call.openid_list, blocked=True)
    return Ok()


@answers(catalogue.UnblockUsers)
def unblock_users(caller: Caller, call: catalogue.UnblockUsers) -> Ok:
    followers.block(caller.world, caller.account, call.openid_list, blocked=False)
    return Ok()


@answers(catalogue.ConvertOpenIDs)
def convert_openids(caller: Caller, call: catalogue.ConvertOpenIDs) -> catalogue.ConvertedOpenIDs:
    """No account here was ever migrated into another one."""
    raise Refusal(NO_MIGRATION)
