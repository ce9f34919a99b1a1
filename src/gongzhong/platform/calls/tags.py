"""Tags (用户标签管理), as the platform answers them."""

from __future__ import annotations

from ...catalogue import tags as catalogue
from ...catalogue.model import Ok
from ...catalogue.users import OpenIDPage, OpenIDs
from ..world import people, tags
from .registry import Caller, answers


@answers(catalogue.CreateTag)
def create_tag(caller: Caller, call: catalogue.CreateTag) -> catalogue.TagCreated:
    new = tags.create(caller.world, caller.account, call.tag.name)
    return catalogue.TagCreated(tag=catalogue.Tag(id=new, name=call.tag.name))


@answers(catalogue.GetTags)
def get_tags(caller: Caller, call: catalogue.GetTags) -> catalogue.TagList:
    listing = tags.listing(caller.world, caller.account)
    return catalogue.TagList(tags=[catalogue.Tag(id=id, name=name, count=n) for id, name, n in listing])


@answers(catalogue.RenameTag)
def rename_tag(caller: Caller, call: catalogue.RenameTag) -> Ok:
    tags.rename(caller.world, caller.account, call.tag.id, call.tag.name)
    return Ok()


@answers(catalogue.DeleteTag)
def delete_tag(caller: Caller, call: catalogue.DeleteTag) -> Ok:
    tags.delete(caller.world, caller.account, call.tag.id)
    return Ok()


@answers(catalogue.ListTagged)
def list_tagged(caller: Caller, call: catalogue.ListTagged) -> OpenIDPage:
    world = caller.world
    found = tags.carriers(world, caller.account, call.tagid, call.next_openid, world.rules.follower_page)
    data = OpenIDs(openid=found) if found else None
    return OpenIDPage(count=len(found), data=data, next_openid=found[-1] if found else None)


@answers(catalogue.TagUsers)
def tag_users(caller: Caller, call: catalogue.TagUsers) -> Ok:
    tags.change(caller.world, caller.account, call.tagid, call.openid_list, put=True)
    return Ok()


@answers(catalogue.UntagUsers)
def untag_users(caller: Caller, call: catalogue.UntagUsers) -> Ok:
    tags.change(caller.world, caller.account, call.tagid, call.openid_list, put=False)
    return Ok()


@answers(catalogue.GetTagsOfUser)
def get_tags_of_user(caller: Caller, call: catalogue.GetTagsOfUser) -> catalogue.TagIDs:
    tie = people.ours(caller.world, caller.account, call.openid)
    return catalogue.TagIDs(tagid_list=tags.tags_of(caller.world, tie))
