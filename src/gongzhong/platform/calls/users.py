"""Followers, tags and the blacklist (用户管理), as the platform answers them."""

from __future__ import annotations

import msgspec

from ...catalogue import tags as tags_calls
from ...catalogue import users as users_calls
from ...catalogue.model import Ok
from ...catalogue.users import OpenIDPage, OpenIDs
from ..world import followers, people, tags
from ..world.refusal import Refusal
from .registry import Caller, answers

NO_MIGRATION = 63183


def _page(openids: list[str], total: int | None) -> users_calls.OpenIDPage:
    """A page as WeChat writes it: the one after the last has no data and an empty cursor."""
    data = users_calls.OpenIDs(openid=openids) if openids else users_calls.NOBODY
    last = openids[-1] if openids else ""
    return users_calls.OpenIDPage(total=total, count=len(openids), data=data, next_openid=last)


@answers(users_calls.ListFollowers)
def list_followers(caller: Caller, call: users_calls.ListFollowers) -> users_calls.OpenIDPage:
    found = followers.page(caller.world, caller.account, call.next_openid)
    return _page(found, people.follower_count(caller.world, caller.account))


def _profile(caller: Caller, openid: str) -> users_calls.Follower:
    tie = people.by_openid(caller.world, caller.account, openid)
    return msgspec.convert(followers.profile(caller.world, caller.account, tie), users_calls.Follower)


@answers(users_calls.GetUser)
def get_user(caller: Caller, call: users_calls.GetUser) -> users_calls.Follower:
    return _profile(caller, call.openid)


@answers(users_calls.GetUsers)
def get_users(caller: Caller, call: users_calls.GetUsers) -> users_calls.FollowerList:
    return users_calls.FollowerList(user_info_list=[_profile(caller, one.openid) for one in call.user_list])


@answers(users_calls.SetRemark)
def set_remark(caller: Caller, call: users_calls.SetRemark) -> Ok:
    followers.remark(caller.world, caller.account, call.openid, call.remark)
    return Ok()


@answers(users_calls.ListBlocked)
def list_blocked(caller: Caller, call: users_calls.ListBlocked) -> users_calls.OpenIDPage:
    total, found = followers.blacklist_page(caller.world, caller.account, call.begin_openid)
    return _page(found, total)


@answers(users_calls.BlockUsers)
def block_users(caller: Caller, call: users_calls.BlockUsers) -> Ok:
    followers.block(caller.world, caller.account, call.openid_list, blocked=True)
    return Ok()


@answers(users_calls.UnblockUsers)
def unblock_users(caller: Caller, call: users_calls.UnblockUsers) -> Ok:
    followers.block(caller.world, caller.account, call.openid_list, blocked=False)
    return Ok()


@answers(users_calls.ConvertOpenIDs, constant=True)
def convert_openids(caller: Caller, call: users_calls.ConvertOpenIDs) -> users_calls.ConvertedOpenIDs:
    """No account here was ever migrated into another one."""
    raise Refusal(NO_MIGRATION)


@answers(tags_calls.CreateTag)
def create_tag(caller: Caller, call: tags_calls.CreateTag) -> tags_calls.TagCreated:
    new = tags.create(caller.world, caller.account, call.tag.name)
    return tags_calls.TagCreated(tag=tags_calls.Tag(id=new, name=call.tag.name))


@answers(tags_calls.GetTags)
def get_tags(caller: Caller, call: tags_calls.GetTags) -> tags_calls.TagList:
    listing = tags.listing(caller.world, caller.account)
    return tags_calls.TagList(tags=[tags_calls.Tag(id=id, name=name, count=n) for id, name, n in listing])


@answers(tags_calls.RenameTag)
def rename_tag(caller: Caller, call: tags_calls.RenameTag) -> Ok:
    tags.rename(caller.world, caller.account, call.tag.id, call.tag.name)
    return Ok()


@answers(tags_calls.DeleteTag)
def delete_tag(caller: Caller, call: tags_calls.DeleteTag) -> Ok:
    tags.delete(caller.world, caller.account, call.tag.id)
    return Ok()


@answers(tags_calls.ListTagged)
def list_tagged(caller: Caller, call: tags_calls.ListTagged) -> OpenIDPage:
    world = caller.world
    found = tags.carriers(world, caller.account, call.tagid, call.next_openid, world.rules.follower_page)
    data = OpenIDs(openid=found) if found else users_calls.NOBODY
    return OpenIDPage(count=len(found), data=data, next_openid=found[-1] if found else None)


@answers(tags_calls.TagUsers)
def tag_users(caller: Caller, call: tags_calls.TagUsers) -> Ok:
    tags.change(caller.world, caller.account, call.tagid, call.openid_list, put=True)
    return Ok()


@answers(tags_calls.UntagUsers)
def untag_users(caller: Caller, call: tags_calls.UntagUsers) -> Ok:
    tags.change(caller.world, caller.account, call.tagid, call.openid_list, put=False)
    return Ok()


@answers(tags_calls.GetTagsOfUser)
def get_tags_of_user(caller: Caller, call: tags_calls.GetTagsOfUser) -> tags_calls.TagIDs:
    tie = people.ours(caller.world, caller.account, call.openid)
    return tags_calls.TagIDs(tagid_list=tags.tags_of(caller.world, tie))
