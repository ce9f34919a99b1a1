"""Control routes for what an account holds: menus, templates, files, drafts, followers, tags, and what it may call."""

from __future__ import annotations

from typing import Any

import msgspec

from ....catalogue.registry import CALLS
from ...coverage import coverage
from ...world import articles, drafts, followers, media, menus, people, quotas, tags, templates
from ...world.media import Listed
from ...world.refusal import BadInput
from ...world.templates import Template
from ..api import may_call
from .acts import account_of
from .answers import MenuButtonView
from .route import Given, Route

PAGE, LARGEST_PAGE = 100, 1000


class ConditionalMenuView(msgspec.Struct, kw_only=True):
    """A personalised menu (个性化菜单) and whom it is for."""

    menuid: int
    button: list[MenuButtonView]
    matchrule: dict[str, Any]


class MenusView(msgspec.Struct, kw_only=True):
    """The menu that everybody sees, empty without one, and the personalised ones in the order they are tried in."""

    button: list[MenuButtonView]
    conditional: list[ConditionalMenuView]


class TemplatesView(msgspec.Struct, kw_only=True):
    templates: list[Template]


class FilesView(msgspec.Struct, kw_only=True):
    """The latest first; `next` is the `before` of the next page, null at the end."""

    files: list[Listed]
    next: int | None


class DraftView(msgspec.Struct, kw_only=True):
    """A draft; `previews` are the addresses of its articles' pages."""

    media_id: str
    titles: list[str]
    previews: list[str]
    created_at: int
    updated_at: int


class DraftsView(msgspec.Struct, kw_only=True):
    """The latest first, `total` in all."""

    drafts: list[DraftView]
    total: int


class FollowerView(msgspec.Struct, kw_only=True):
    """What an account may know of a follower; `person` is null for followers without a phone here."""

    openid: str
    person: str | None
    nickname: str
    headimgurl: str
    unionid: str | None
    subscribe_time: int
    subscribe_scene: str
    qr_scene: int
    qr_scene_str: str
    remark: str
    blacklisted: bool
    tags: list[int]


class FollowersView(msgspec.Struct, kw_only=True):
    """In the order of following; `total` counts all followers, `next` is the `after` of the next page."""

    followers: list[FollowerView]
    total: int
    next: int | None


class TagView(msgspec.Struct, kw_only=True):
    id: int
    name: str
    count: int


class TagsView(msgspec.Struct, kw_only=True):
    tags: list[TagView]


class RightView(msgspec.Struct, kw_only=True):
    """A call: whether this kind of account has it, its quota of a day (null: none published), calls of today."""

    path: str
    zh: str
    en: str
    group: str
    allowed: bool
    daily: int | None
    used: int


class RightsView(msgspec.Struct, kw_only=True):
    calls: list[RightView]


async def all_menus(given: Given[None]) -> MenusView:
    """默认菜单和个性化菜单 / the menu, and the personalised ones"""
    world, account = given.platform.world, account_of(given, given.path["appid"])
    found = {
        "button": menus.default(world, account) or [],
        "conditional": [
            {"menuid": menuid, "button": button, "matchrule": rule}
            for menuid, button, rule in menus.conditional(world, account)
        ],
    }
    return msgspec.convert(found, MenusView)


async def all_templates(given: Given[None]) -> TemplatesView:
    """模板消息的模板 / templates of template messages"""
    return TemplatesView(
        templates=templates.listing(given.platform.world, account_of(given, given.path["appid"]))
    )


async def files(given: Given[None]) -> FilesView:
    """上传的素材，永久和临时 / uploaded files, permanent and temporary"""
    account, limit = account_of(given, given.path["appid"]), _limit(given)
    before = given.number("before") or None
    found = media.listing(
        given.platform.world, account, kind=given.query.get("kind", ""), before=before, limit=limit
    )
    return FilesView(files=found, next=found[-1].id if len(found) == limit else None)


async def all_drafts(given: Given[None]) -> DraftsView:
    """草稿箱 / drafts"""
    world, account = given.platform.world, account_of(given, given.path["appid"])
    total, found = drafts.page(world, account, given.number("offset"), _limit(given))
    return DraftsView(drafts=[_draft(draft) for draft in found], total=total)


def _draft(draft: drafts.Draft) -> DraftView:
    return DraftView(
        media_id=draft.media_id,
        titles=[article.title for article in draft.articles],
        previews=[articles.preview_url(draft, index) for index in range(len(draft.articles))],
        created_at=draft.created_at,
        updated_at=draft.updated_at,
    )


async def search_followers(given: Given[None]) -> FollowersView:
    """关注者，可按文字和标签查找 / followers, by text and tag"""
    world, account, limit = given.platform.world, account_of(given, given.path["appid"]), _limit(given)
    tag = given.number("tag") if given.query.get("tag") else None
    found = followers.search(
        world, account, text=given.query.get("q", ""), tag=tag, after=given.number("after"), limit=limit
    )
    return FollowersView(
        followers=[_follower(given, account.appid, tie) for tie in found],
        total=people.follower_count(world, account),
        next=found[-1].id if len(found) == limit else None,
    )


def _follower(given: Given[None], appid: str, tie: people.Relation) -> FollowerView:
    world = given.platform.world
    person = people.get(world, tie.person) if tie.person else None
    return FollowerView(
        openid=tie.openid,
        person=tie.person,
        nickname=person.nickname if person else "",
        headimgurl=person.headimgurl if person else "",
        unionid=people.unionid(world, world.accounts[appid], tie),
        subscribe_time=tie.subscribe_time,
        subscribe_scene=tie.subscribe_scene,
        qr_scene=tie.qr_scene,
        qr_scene_str=tie.qr_scene_str,
        remark=tie.remark,
        blacklisted=bool(tie.blacklisted),
        tags=tags.tags_of(world, tie),
    )


async def all_tags(given: Given[None]) -> TagsView:
    """标签和人数 / tags, and how many carry each"""
    found = tags.listing(given.platform.world, account_of(given, given.path["appid"]))
    return TagsView(tags=[TagView(id=id, name=name, count=count) for id, name, count in found])


async def rights(given: Given[None]) -> RightsView:
    """接口权限和额度 / which calls the account has, and their quotas"""
    world, account = given.platform.world, account_of(given, given.path["appid"])
    used, known = quotas.of_today(world, account), {one.path: one for one in coverage().endpoints}
    return RightsView(
        calls=[
            RightView(
                path=call.spec.path,
                zh=known[call.spec.path].zh,
                en=known[call.spec.path].en,
                group=known[call.spec.path].group,
                allowed=may_call(account, call.spec),
                daily=quotas.grown(world, account, call.spec),
                used=used.get(call.spec.path, 0),
            )
            for call in CALLS
        ]
    )


def _limit(given: Given[None]) -> int:
    limit = given.number("limit", PAGE)
    if not 1 <= limit <= LARGEST_PAGE:
        raise BadInput(f"limit 在 1 到 {LARGEST_PAGE} 之间", f"limit lies between 1 and {LARGEST_PAGE}")
    return limit


OF = "/accounts/{appid}"
ROUTES: list[Route[Any, Any]] = [
    Route(verb="GET", path=f"{OF}/menus", function=all_menus, answer=MenusView),
    Route(verb="GET", path=f"{OF}/templates", function=all_templates, answer=TemplatesView),
    Route(
        verb="GET", path=f"{OF}/files", function=files, query=("kind", "before", "limit"), answer=FilesView
    ),
    Route(verb="GET", path=f"{OF}/drafts", function=all_drafts, query=("offset", "limit"), answer=DraftsView),
    Route(
        verb="GET",
        path=f"{OF}/people",
        function=search_followers,
        query=("q", "tag", "after", "limit"),
        answer=FollowersView,
    ),
    Route(verb="GET", path=f"{OF}/tags", function=all_tags, answer=TagsView),
    Route(verb="GET", path=f"{OF}/rights", function=rights, answer=RightsView),
]
