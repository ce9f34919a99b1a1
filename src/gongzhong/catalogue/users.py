"""Followers (用户管理): who they are, their remarks, the black list, and their OpenIDs after a migration."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from .. import facts
from .fields import OpenID, always, coded
from .model import EVERY_ACCOUNT, TEST, VERIFIED, Acknowledged, Call, Ok, PagedCall, Reply, Spec

Language = Annotated[Literal["zh_CN", "zh_TW", "en"], coded(invalid=40035)]


class OpenIDs(msgspec.Struct, kw_only=True, frozen=True):
    """The OpenIDs of one page."""

    openid: list[str] = []


NOBODY: Final = OpenIDs()


class OpenIDPage(Reply, kw_only=True, frozen=True):
    """One page of OpenIDs; the one after the last, for which WeChat sends no `data`, has an empty list. `total`
    counts all pages where it is given."""

    total: int | None = None
    count: int = always(0)
    data: OpenIDs = NOBODY
    next_openid: str | None = None

    @property
    def openids(self) -> list[str]:
        return self.data.openid

    def cursor(self, came_from: str) -> str | None:
        """Where the next page begins; None when this one is the last."""
        whole_list = not came_from and self.total is not None and len(self.openids) >= self.total
        moved = self.next_openid not in (None, "", came_from)
        return self.next_openid if self.openids and moved and not whole_list else None


class ListFollowers(PagedCall[OpenIDPage, str], kw_only=True, frozen=True):
    """List the OpenIDs of all followers (获取关注者列表), up to 10 000 a page, those after `next_openid`."""

    spec = Spec(
        "GET",
        "/cgi-bin/user/get",
        document="获取关注者列表",
        accounts=VERIFIED | TEST,
        daily=facts.FOLLOWER_LIST_DAILY,
        daily_test=facts.FOLLOWER_LIST_DAILY_TEST,
        errors=(
            *(-1, 40001, 40003, 40013, 41001, 42001, 45009, 48001, 50002, 61004, 61007, 61016),
            268487002,
        ),
    )
    next_openid: str = ""

    def items(self, page: OpenIDPage) -> list[str]:
        return page.openids

    def following(self, page: OpenIDPage) -> ListFollowers | None:
        cursor = page.cursor(self.next_openid)
        return None if cursor is None else ListFollowers(next_openid=cursor)


class Follower(Reply, kw_only=True, frozen=True):
    """One person. Who does not follow (`subscribe` 0) has only `openid`, and `unionid` where the account is
    bound.

    Nicknames, portraits and places are empty since the end of 2021; 网页授权 still gives the first two.
    """

    subscribe: int
    openid: str
    language: str | None = None
    subscribe_time: int | None = None
    unionid: str | None = None
    remark: str | None = None
    groupid: int | None = None
    tagid_list: list[int] | None = None
    subscribe_scene: str | None = None
    qr_scene: int | None = None
    qr_scene_str: str | None = None
    nickname: str | None = None
    headimgurl: str | None = None
    sex: int | None = None
    city: str | None = None
    province: str | None = None
    country: str | None = None

    @property
    def follows(self) -> bool:
        return self.subscribe == 1


class GetUser(Call[Follower], kw_only=True, frozen=True):
    """Read what WeChat tells about one person (获取用户基本信息)."""

    spec = Spec(
        "GET",
        "/cgi-bin/user/info",
        document="获取用户基本信息",
        accounts=VERIFIED | TEST,
        daily=facts.USER_INFO_DAILY,
        daily_test=facts.USER_INFO_DAILY_TEST,
        errors=(-1, 40001, 40003, 40013, 46004, 48001),
    )
    openid: OpenID
    lang: Language = "zh_CN"


class UserQuery(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Whom to read in a batch, and in which language."""

    openid: OpenID
    lang: Language = "zh_CN"


class FollowerList(Reply, kw_only=True, frozen=True):
    """Several people, in the order asked for."""

    user_info_list: list[Follower]


class GetUsers(Call[FollowerList], kw_only=True, frozen=True):
    """Read what WeChat tells about up to 100 people (批量获取用户基本信息)."""

    spec = Spec(
        "POST",
        "/cgi-bin/user/info/batchget",
        document="批量获取用户基本信息",
        accounts=VERIFIED | TEST,
        errors=(-1, 40001, 40003, 40013, 40032),
    )
    user_list: Annotated[
        list[UserQuery], coded(invalid=40032, missing=40032, min_length=1, max_length=facts.USER_BATCH)
    ]


def get_users(*, openids: list[str], lang: Literal["zh_CN", "zh_TW", "en"] = "zh_CN") -> GetUsers:
    """Read what WeChat tells about up to 100 people (批量获取用户基本信息)."""
    return GetUsers(user_list=[UserQuery(openid=openid, lang=lang) for openid in openids])


class SetRemark(Call[Ok], kw_only=True, frozen=True):
    """Give a follower a remark name of at most 30 characters (设置用户备注名); an empty one removes it."""

    spec = Spec(
        "POST",
        "/cgi-bin/user/info/updateremark",
        document="设置用户备注名",
        accounts=VERIFIED | TEST,
        daily=facts.REMARK_DAILY,
        errors=(40003, 40013, 40092, 43002, 43004, 44002, 45009, 47001, 48001, 61016),
    )
    openid: OpenID
    remark: Annotated[str, coded(invalid=40092, missing=40092, max_length=facts.REMARK_LENGTH)]


class ListBlocked(PagedCall[OpenIDPage, str], kw_only=True, frozen=True):
    """List the OpenIDs on the black list (获取黑名单列表), up to 1 000 a page, those after `begin_openid`."""

    spec = Spec(
        "POST",
        "/cgi-bin/tags/members/getblacklist",
        document="获取黑名单列表",
        accounts=VERIFIED | TEST,
        errors=(-1, 40003, 49003),
    )
    begin_openid: str = always("")

    def items(self, page: OpenIDPage) -> list[str]:
        return page.openids

    def following(self, page: OpenIDPage) -> ListBlocked | None:
        cursor = page.cursor(self.begin_openid)
        return None if cursor is None else ListBlocked(begin_openid=cursor)


BlockBatch = Annotated[
    list[OpenID], coded(invalid=40032, missing=40032, min_length=1, max_length=facts.BLACKLIST_BATCH)
]


class BlockUsers(Call[Ok], kw_only=True, frozen=True):
    """Put up to 20 people on the black list (拉黑用户)."""

    spec = Spec(
        "POST",
        "/cgi-bin/tags/members/batchblacklist",
        document="拉黑用户",
        accounts=VERIFIED | TEST,
        errors=(-1, 40003, 40032, 49003, 50002, 61016, 268487001),
    )
    openid_list: BlockBatch


class UnblockUsers(Call[Ok], kw_only=True, frozen=True):
    """Take up to 20 people off the black list (取消拉黑用户)."""

    spec = Spec(
        "POST",
        "/cgi-bin/tags/members/batchunblacklist",
        document="取消拉黑用户",
        accounts=VERIFIED | TEST,
        errors=(-1, 40003, 40032, 49003),
    )
    openid_list: BlockBatch


class ConvertedOpenID(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One OpenID before and after; without `new_openid`, `err_msg` says why."""

    ori_openid: str
    new_openid: str | None = None
    err_msg: str = always("ok")


class ConvertedOpenIDs(Acknowledged, kw_only=True, frozen=True):
    """The OpenIDs before and after."""

    result_list: list[ConvertedOpenID]


class ConvertOpenIDs(Call[ConvertedOpenIDs], kw_only=True, frozen=True):
    """Translate up to 100 OpenIDs of a migrated account (openid转换), within 15 days after the migration.

    `from_appid` is the old account's original id (`gh_…`), whatever its name says.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/changeopenid",
        document="openid转换",
        accounts=EVERY_ACCOUNT,
        errors=(40001, 63178, 63182, 63183),
    )
    from_appid: Annotated[str, coded(invalid=63178, missing=63178, min_length=1)]
    openid_list: Annotated[
        list[str],
        coded(invalid=63182, missing=63182, min_length=1, max_length=facts.OPENID_CONVERSION_BATCH),
    ]
