"""Control routes for articles: how publishing ends, what stands on the web, and what readers do with it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...world import articles, comments, publishing
from ...world.articles import Page
from .acts import account_of, person_of
from .route import Given, NotFound, Route


class PublishPlan(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How a publish job ends: `fail_idx` (from 1) names the refused articles of 2 and 4, all when empty."""

    status: publishing.Outcome
    fail_idx: list[Annotated[int, msgspec.Meta(ge=1)]] = []
    always: bool = False


class OfArticle(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An article by its address, or the key at the end of it."""

    url: str


class Reading(OfArticle, kw_only=True, forbid_unknown_fields=True):
    source: articles.ReadSource = "message"


class Sharing(OfArticle, kw_only=True, forbid_unknown_fields=True):
    to: articles.Target = "friend"


class Commenting(OfArticle, kw_only=True, forbid_unknown_fields=True):
    content: str


class Withdrawing(OfArticle, kw_only=True, forbid_unknown_fields=True):
    user_comment_id: int


class CommentView(msgspec.Struct, kw_only=True):
    """A comment as its article's page knows it."""

    user_comment_id: int
    person: str
    content: str
    selected: bool


class ArticleView(msgspec.Struct, kw_only=True):
    """An article on the web, with what readers did."""

    idx: int
    title: str
    url: str
    deleted: bool
    banned: bool
    comments_open: bool
    reads: int
    shares: int
    comments: list[CommentView]


class PublicationView(msgspec.Struct, kw_only=True):
    """Articles that were published or mass-sent together; times in unix seconds."""

    article_id: str
    msg_data_id: int
    via: articles.Via
    created_at: int
    updated_at: int
    articles: list[ArticleView]


class PublicationsView(msgspec.Struct, kw_only=True):
    """Everything that an account has had on the web, newest first."""

    publications: list[PublicationView]


class Commented(msgspec.Struct, kw_only=True):
    """The number that calls know the comment by."""

    user_comment_id: int


def _page(given: Given[Any], url: str) -> Page:
    found = articles.page(given.platform.world, url)
    if found is None:
        raise NotFound(f"没有这篇文章：{url}", f"no such article: {url}")
    return found


async def next_publish(given: Given[PublishPlan]) -> Any:
    """Choose how the account's next publish job ends, or with `always` every one."""
    account, body = account_of(given, given.path["appid"]), given.body
    publishing.plan(given.platform.world, account, body.status, body.fail_idx, always=body.always)
    return {}


async def account_articles(given: Given[None]) -> Any:
    """What the account has on the web, newest first, with what readers did."""
    world, account = given.platform.world, account_of(given, given.path["appid"])
    listed = [
        PublicationView(
            article_id=publication.article_id,
            msg_data_id=publication.msg_data_id,
            via=publication.via,
            created_at=publication.created_at,
            updated_at=publication.updated_at,
            articles=[_view(given, page) for page in articles.pages(world, publication)],
        )
        for publication in articles.everything(world, account)
    ]
    return PublicationsView(publications=listed)


def _view(given: Given[Any], page: Page) -> ArticleView:
    world = given.platform.world
    return ArticleView(
        idx=page.idx,
        title=page.article.title,
        url=articles.url_of(page),
        deleted=page.deleted,
        banned=page.banned,
        comments_open=page.comments_open,
        reads=articles.count_acts(world, page),
        shares=articles.count_acts(world, page, "share"),
        comments=[
            CommentView(user_comment_id=one.id, person=one.person, content=one.content, selected=one.selected)
            for one in comments.listing(world, page)[1]
        ],
    )


async def ban_article(given: Given[OfArticle]) -> Any:
    """Take an article off the web as WeChat's own moderation does."""
    world, page = given.platform.world, _page(given, given.body.url)
    articles.ban(world, articles.of_page(world, page), page.idx)
    return {}


async def read_article(given: Given[Reading]) -> Any:
    page = _page(given, given.body.url)
    articles.read_article(given.platform.world, page, person_of(given), given.body.source)
    return _view(given, page)


async def share_article(given: Given[Sharing]) -> Any:
    page = _page(given, given.body.url)
    articles.share_article(given.platform.world, page, person_of(given), given.body.to)
    return _view(given, page)


async def comment_on_article(given: Given[Commenting]) -> Any:
    page = _page(given, given.body.url)
    made = comments.write(given.platform.world, page, person_of(given), given.body.content)
    return Commented(user_comment_id=made.id)


async def withdraw_comment(given: Given[Withdrawing]) -> Any:
    """A person takes back their own comment."""
    page = _page(given, given.body.url)
    comments.withdraw(given.platform.world, page, person_of(given), given.body.user_comment_id)
    return {}


ROUTES: list[Route[Any, Any]] = [
    Route(verb="POST", path="/accounts/{appid}/next-publish", function=next_publish, body=PublishPlan),
    Route(verb="GET", path="/accounts/{appid}/articles", function=account_articles, answer=PublicationsView),
    Route(verb="POST", path="/articles/ban", function=ban_article, body=OfArticle),
    Route(verb="POST", path="/people/{name}/read", function=read_article, body=Reading, answer=ArticleView),
    Route(verb="POST", path="/people/{name}/share", function=share_article, body=Sharing, answer=ArticleView),
    Route(
        verb="POST",
        path="/people/{name}/comment",
        function=comment_on_article,
        body=Commenting,
        answer=Commented,
    ),
    Route(verb="POST", path="/people/{name}/withdraw-comment", function=withdraw_comment, body=Withdrawing),
]
