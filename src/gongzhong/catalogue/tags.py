"""Tags (用户标签管理): making them, putting them on followers, finding who carries them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .. import facts
from .fields import OpenID, always, coded
from .model import TEST, VERIFIED, Call, Ok, PagedCall, Repeat, Reply, Spec
from .users import OpenIDPage

TagName = Annotated[str, coded(invalid=45158, missing=45157, max_length=facts.TAG_NAME_LENGTH)]
TagID = Annotated[int, coded(invalid=45159, missing=45159, ge=0)]
TagBatch = Annotated[
    list[OpenID], coded(invalid=40032, missing=40032, min_length=1, max_length=facts.TAG_BATCH)
]
_MISSING_TAG = 45157
_BATCH_ERRORS = (-1, 40003, 40032, 45058, 45059, 45159, 45169, 45171, 49003, 50005, 61007, 61016)


class NamedTag(msgspec.Struct, kw_only=True, frozen=True):
    """The name of a tag to be."""

    name: TagName


class TagReference(msgspec.Struct, kw_only=True, frozen=True):
    """A tag by its id."""

    id: TagID


class RenamedTag(msgspec.Struct, kw_only=True, frozen=True):
    """A tag and its new name."""

    id: TagID
    name: TagName


class Tag(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A tag; `count` says how many followers carry it, where the answer tells."""

    id: int
    name: str = always("")
    count: int | None = None


class TagCreated(Reply, kw_only=True, frozen=True):
    """The new tag."""

    tag: Tag


class TagList(Reply, kw_only=True, frozen=True):
    """All tags of the account, the system's included."""

    tags: list[Tag]


class CreateTag(Call[TagCreated], kw_only=True, frozen=True):
    """Make a tag (创建标签), up to 100 in an account."""

    spec = Spec(
        "POST",
        "/cgi-bin/tags/create",
        document="创建标签",
        accounts=VERIFIED | TEST,
        daily=facts.TAG_EDIT_DAILY,
        daily_test=facts.TAG_EDIT_DAILY_TEST,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 45056, 45157, 45158),
    )
    tag: Annotated[NamedTag, coded(invalid=_MISSING_TAG, missing=_MISSING_TAG)]


class GetTags(Call[TagList], kw_only=True, frozen=True):
    """List all tags with their numbers of followers (获取标签)."""

    spec = Spec(
        "GET",
        "/cgi-bin/tags/get",
        document="获取标签",
        accounts=VERIFIED | TEST,
        daily=facts.TAG_EDIT_DAILY,
        daily_test=facts.TAG_EDIT_DAILY_TEST,
        errors=(-1, 40001),
    )


class RenameTag(Call[Ok], kw_only=True, frozen=True):
    """Give a tag another name (编辑标签); the system's tags 0, 1 and 2 keep theirs."""

    spec = Spec(
        "POST",
        "/cgi-bin/tags/update",
        document="编辑标签",
        accounts=VERIFIED | TEST,
        daily=facts.TAG_EDIT_DAILY,
        daily_test=facts.TAG_EDIT_DAILY_TEST,
        errors=(-1, 45058, 45157, 45158, 45159),
    )
    tag: Annotated[RenamedTag, coded(invalid=_MISSING_TAG, missing=_MISSING_TAG)]


class DeleteTag(Call[Ok], kw_only=True, frozen=True):
    """Delete a tag (删除标签); refused while more than 100 000 followers carry it."""

    spec = Spec(
        "POST",
        "/cgi-bin/tags/delete",
        document="删除标签",
        accounts=VERIFIED | TEST,
        daily=facts.TAG_EDIT_DAILY,
        daily_test=facts.TAG_EDIT_DAILY_TEST,
        errors=(-1, 45057, 45058, 45159),
    )
    tag: Annotated[TagReference, coded(invalid=45159, missing=45159)]


class ListTagged(PagedCall[OpenIDPage, str], kw_only=True, frozen=True):
    """List the OpenIDs of those who carry a tag (获取标签下粉丝列表), those after `next_openid`."""

    spec = Spec(
        "POST",
        "/cgi-bin/user/tag/get",
        document="获取标签下粉丝列表",
        forms=True,
        older_verb="GET",
        accounts=VERIFIED | TEST,
        errors=(-1, 40003, 45159),
    )
    tagid: TagID
    next_openid: str = always("")

    def items(self, page: OpenIDPage) -> list[str]:
        return page.openids

    def following(self, page: OpenIDPage) -> ListTagged | None:
        cursor = page.cursor(self.next_openid)
        return None if cursor is None else msgspec.structs.replace(self, next_openid=cursor)


class TagUsers(Call[Ok], kw_only=True, frozen=True):
    """Put a tag on up to 50 followers (批量为用户打标签); each may carry 20."""

    spec = Spec(
        "POST",
        "/cgi-bin/tags/members/batchtagging",
        document="批量为用户打标签",
        accounts=VERIFIED | TEST,
        daily=facts.TAG_USERS_DAILY,
        daily_test=facts.TAG_USERS_DAILY_TEST,
        errors=_BATCH_ERRORS,
    )
    openid_list: TagBatch
    tagid: TagID


class UntagUsers(Call[Ok], kw_only=True, frozen=True):
    """Take a tag off up to 50 followers (批量为用户取消标签)."""

    spec = Spec(
        "POST",
        "/cgi-bin/tags/members/batchuntagging",
        document="批量为用户取消标签",
        accounts=VERIFIED | TEST,
        daily=facts.TAG_USERS_DAILY,
        daily_test=facts.TAG_USERS_DAILY_TEST,
        errors=_BATCH_ERRORS,
    )
    openid_list: TagBatch
    tagid: TagID


class TagIDs(Reply, kw_only=True, frozen=True):
    """Ids of tags."""

    tagid_list: list[int]


class GetTagsOfUser(Call[TagIDs], kw_only=True, frozen=True):
    """Read which tags a follower carries (获取用户的标签列表)."""

    spec = Spec(
        "POST",
        "/cgi-bin/tags/getidlist",
        document="获取用户的标签列表",
        accounts=VERIFIED | TEST,
        errors=(-1, 40003, 49003),
    )
    openid: OpenID


def create_tag(*, name: str) -> CreateTag:
    """Make a tag (创建标签), up to 100 in an account."""
    return CreateTag(tag=NamedTag(name=name))


def rename_tag(*, id: int, name: str) -> RenameTag:
    """Give a tag another name (编辑标签); the system's tags 0, 1 and 2 keep theirs."""
    return RenameTag(tag=RenamedTag(id=id, name=name))


def delete_tag(*, id: int) -> DeleteTag:
    """Delete a tag (删除标签); refused while more than 100 000 followers carry it."""
    return DeleteTag(tag=TagReference(id=id))
