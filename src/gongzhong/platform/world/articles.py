"""Articles with a page of their own: published ones, and those that a mass send carried to its readers.

A publication is one or more articles under one `article_id`; statistics and comments know it by `msg_data_id`. Each
article has a page whose address never changes and which says so when the article is gone.

    from_draft(world, account, media_id, via)   publish or mass-send what is in the draft box
    create(world, account, articles, via)       the same for articles that come from elsewhere
    cards(world, publication)                   what a chat shows

Product cards inside articles (商品卡片).

There is no shop behind this platform: every well-formed id is a product.

Who read and who shared which article, when, and from where: what statistics are counted from.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from html import escape
from typing import Any, Final, Literal, get_args

import msgspec

from ...catalogue.articles import Article, StoredArticle
from . import article_text, drafts, media, people
from .ids import LETTERS_AND_DIGITS
from .refusal import Refusal, require
from .rendering import media_url
from .world import AccountState, World

Via = Literal["publish", "mass"]

NO_SUCH_ARTICLE: Final = 53600
HOST: Final = "https://mp.weixin.qq.com"
KEY_LENGTH: Final = 22
FIRST_MSG_DATA_ID: Final = 2_247_483_650
ARTICLE: Final = msgspec.json.Decoder(Article)


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    article_id: str
    appid: str
    msg_data_id: int
    via: Via
    created_at: int
    updated_at: int


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One article of a publication, as it stands on the web; `idx` counts from 1."""

    key: str
    article_id: str
    idx: int
    article: Article
    deleted: bool
    banned: bool
    comments_open: bool
    fans_only: bool

    @property
    def readable(self) -> bool:
        return not (self.deleted or self.banned)


def next_msg_data_id(world: World) -> int:
    """The number that statistics and comments know a publication by."""
    return world.db.next_number("msg_data", FIRST_MSG_DATA_ID)


def create(
    world: World,
    account: AccountState,
    articles: Sequence[Article],
    via: Via,
    *,
    msg_data_id: int | None = None,
    article_id: str = "",
    created_at: int = 0,
) -> Publication:
    """Store articles as one publication, each with a page of its own: under a new id and now, if not given."""
    now = created_at or world.seconds()
    made = Publication(
        article_id=article_id or world.ids.fresh(43),
        appid=account.appid,
        msg_data_id=msg_data_id or next_msg_data_id(world),
        via=via,
        created_at=now,
        updated_at=now,
    )
    with world.db.transaction():
        world.db.run("INSERT INTO publication VALUES (?, ?, ?, ?, ?, ?)", *msgspec.structs.astuple(made))
        for idx, article in enumerate(articles, 1):
            world.db.run(
                "INSERT INTO article (key, article_id, idx, document, comments_open, fans_only) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                world.ids.fresh(KEY_LENGTH, LETTERS_AND_DIGITS),
                made.article_id,
                idx,
                msgspec.json.encode(article).decode(),
                int(bool(article.need_open_comment)),
                int(bool(article.only_fans_can_comment)),
            )
    world.announce("state", {})
    return made


def from_draft(
    world: World, account: AccountState, media_id: str, via: Via, *, msg_data_id: int | None = None
) -> Publication:
    """Give the articles of a draft their pages; the draft leaves the box. Refuses with 40007."""
    draft = drafts.find(world, account, media_id)
    with world.db.transaction():
        drafts.delete(world, account, media_id)
        return create(world, account, draft.articles, via, msg_data_id=msg_data_id)


def _publication(row: sqlite3.Row | None, code: int) -> Publication:
    if row is None:
        raise Refusal(code)
    return Publication(**dict(row))


def find(world: World, account: AccountState, article_id: str) -> Publication:
    """The publication with this article_id. Refuses with 53600 when there is none."""
    row = world.db.one(
        "SELECT * FROM publication WHERE article_id = ? AND appid = ?", article_id, account.appid
    )
    return _publication(row, NO_SUCH_ARTICLE)


def exists(world: World, article_id: str) -> bool:
    """Whether some account has a publication with this article_id."""
    return bool(world.db.value("SELECT 1 FROM publication WHERE article_id = ?", article_id))


def by_msg_data_id(
    world: World, account: AccountState, msg_data_id: int, code: int = NO_SUCH_ARTICLE
) -> Publication:
    """The publication with this msg_data_id. Refuses with `code` when there is none."""
    row = world.db.one(
        "SELECT * FROM publication WHERE msg_data_id = ? AND appid = ?", msg_data_id, account.appid
    )
    return _publication(row, code)


def of_page(world: World, page: Page) -> Publication:
    row = world.db.one("SELECT * FROM publication WHERE article_id = ?", page.article_id)
    return _publication(row, NO_SUCH_ARTICLE)


def _page(row: sqlite3.Row) -> Page:
    values: dict[str, Any] = dict(row)
    for flag in ("deleted", "banned", "comments_open", "fans_only"):
        values[flag] = bool(values[flag])
    return Page(article=ARTICLE.decode(values.pop("document")), **values)


def pages(world: World, publication: Publication) -> list[Page]:
    rows = world.db.all("SELECT * FROM article WHERE article_id = ? ORDER BY idx", publication.article_id)
    return [_page(row) for row in rows]


def page(world: World, key: str) -> Page | None:
    """The article at an address: the key alone, or the whole URL."""
    row = world.db.one("SELECT * FROM article WHERE key = ?", key.partition("?")[0].rpartition("/")[2])
    return None if row is None else _page(row)


def url_of(page: Page) -> str:
    """The address of an article; it stays the same after the article was deleted."""
    return f"{HOST}/s/{page.key}"


def preview_url(draft: drafts.Draft, index: int) -> str:
    """The temporary address of an article in the draft box; `index` counts from 0."""
    return f"{HOST}/s?tempkey={draft.preview}&idx={index + 1}"


def card(world: World, page: Page) -> dict[str, Any]:
    """What a chat shows of an article."""
    return _card(page.article, url_of(page))


def cards(world: World, publication: Publication) -> list[dict[str, Any]]:
    """The `articles` of a chat line of type news."""
    return [card(world, page) for page in pages(world, publication)]


def draft_cards(draft: drafts.Draft) -> list[dict[str, Any]]:
    """The same for a draft that is sent to one person, with preview links."""
    return [_card(article, preview_url(draft, index)) for index, article in enumerate(draft.articles)]


def _card(article: Article, url: str) -> dict[str, Any]:
    picture = media_url(cover_of(article))
    return {"title": article.title, "description": article.digest or "", "url": url, "picurl": picture}


def cover_of(article: Article) -> str:
    """Media id of the cover: of a picture message its first picture."""
    if article.thumb_media_id or article.image_info is None:
        return article.thumb_media_id or ""
    return article.image_info.image_list[0].image_media_id


def stored(
    world: World, article: Article, url: str, *, with_content: bool = True, deleted: bool | None = None
) -> StoredArticle:
    """An article as the API answers it."""
    return StoredArticle(
        title=article.title,
        author=article.author or "",
        digest=article.digest or "",
        content=article.content if with_content else None,
        content_source_url=article.content_source_url or "",
        thumb_media_id=article.thumb_media_id or "",
        thumb_url=media.picture_address(world, cover_of(article)),
        show_cover_pic=article.show_cover_pic or 0,
        need_open_comment=article.need_open_comment or 0,
        only_fans_can_comment=article.only_fans_can_comment or 0,
        url=url,
        article_type=article.article_type or "news",
        image_info=article.image_info,
        cover_info=article.cover_info,
        product_info=article.product_info,
        is_deleted=deleted,
    )


def listing(
    world: World, account: AccountState, offset: int, count: int, via: Via = "publish"
) -> tuple[int, list[Publication]]:
    """How many publications still have an article, and some of them, newest first."""
    alive = (
        "FROM publication WHERE appid = ? AND via = ? AND EXISTS (SELECT 1 FROM article "
        "WHERE article.article_id = publication.article_id AND deleted = 0)"
    )
    total: int = world.db.value(f"SELECT count(*) {alive}", account.appid, via)
    rows = world.db.all(
        f"SELECT * {alive} ORDER BY created_at DESC, rowid DESC LIMIT ? OFFSET ?",
        account.appid,
        via,
        count,
        offset,
    )
    return total, [Publication(**dict(row)) for row in rows]


def everything(world: World, account: AccountState) -> list[Publication]:
    """Every publication of an account, newest first, mass-sent and deleted ones included."""
    rows = world.db.all(
        "SELECT * FROM publication WHERE appid = ? ORDER BY created_at DESC, rowid DESC", account.appid
    )
    return [Publication(**dict(row)) for row in rows]


def delete(world: World, publication: Publication, idx: int = 0) -> None:
    """Take one article (from 1) or all (0) off the web; refuses with 53600 when there is none."""
    _mark(world, publication, idx, "deleted")


def ban(world: World, publication: Publication, idx: int = 0) -> None:
    """Take articles off the web as WeChat's own moderation does."""
    _mark(world, publication, idx, "banned")


def _mark(world: World, publication: Publication, idx: int, flag: Literal["deleted", "banned"]) -> None:
    marked = world.db.run(
        f"UPDATE article SET {flag} = 1 WHERE article_id = ? AND (? = 0 OR idx = ?)",
        publication.article_id,
        idx,
        idx,
    )
    require(marked, NO_SUCH_ARTICLE)
    world.db.run(
        "UPDATE publication SET updated_at = ? WHERE article_id = ?", world.seconds(), publication.article_id
    )


def shown_text(article: Article) -> str:
    """The body for a browser of this machine."""
    return article_text.local_pictures(article.content)


WRONG_PRODUCT, WRONG_CARD = 10170001, 10170003
LARGE_CARD, SMALL_CARD, TEXT_CARD, BAR_CARD = range(4)
PRODUCT_CARDS: Final = {
    "news": (LARGE_CARD, SMALL_CARD, TEXT_CARD),
    "newspic": (SMALL_CARD, TEXT_CARD, BAR_CARD),
}


def product_card(
    world: World, account: AccountState, product_id: str, article_type: str, card_type: int
) -> tuple[str | None, str | None]:
    """Key and DOM of a card; each is given only where that kind of card needs it.

    Refuses with 10170001 for what is no number, with 10170003 for a card that the article can't show.
    """
    require(product_id.isdecimal(), WRONG_PRODUCT)
    require(card_type in PRODUCT_CARDS[article_type], WRONG_CARD)
    key = f"{account.appid}_{product_id}_{card_type}"
    world.db.run("INSERT OR IGNORE INTO product_card VALUES (?, ?, ?)", account.appid, key, product_id)
    if card_type == BAR_CARD:
        return key, None
    shown = (
        f'<mp-common-product data-productkey="{escape(key)}" data-cardtype="{card_type}"></mp-common-product>'
    )
    return None, shown


ReadSource = Literal["message", "chat", "moments", "profile", "recommended", "search", "other"]
"""Where a reader came from: 公众号消息, 聊天会话, 朋友圈, 公众号主页, 推荐, 搜一搜, 其他."""
READ_SOURCES: Final[frozenset[str]] = frozenset(get_args(ReadSource))

Target = Literal["friend", "moments", "other"]
"""Where a share goes: 好友, 朋友圈, 其他."""

# How links that were shared from WeChat say where they were opened.
SOURCE_OF_QUERY: Final[dict[str, ReadSource]] = {
    "singlemessage": "chat",
    "groupmessage": "chat",
    "timeline": "moments",
    "search": "search",
}


def read_article(world: World, page: Page, person: str, source: ReadSource) -> None:
    """Record that a person opened an article."""
    if page.readable:
        _record(world, page, person, "read", source)


def share_article(world: World, page: Page, person: str, target: Target) -> None:
    """Record that a person shared an article."""
    if page.readable:
        _record(world, page, person, "share", target)


def _record(world: World, page: Page, person: str, act: str, source: str) -> None:
    publication = of_page(world, page)
    tie = people.relation(world, world.accounts[publication.appid], person)
    world.db.run(
        "INSERT INTO read_event (appid, article, msg_data_id, idx, openid, act, source, time) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        publication.appid,
        page.key,
        publication.msg_data_id,
        page.idx,
        tie.openid,
        act,
        source,
        world.now(),
    )


def count_acts(world: World, page: Page, act: Literal["read", "share"] = "read") -> int:
    """How often an article was read or shared."""
    number: int = world.db.value(
        "SELECT count(*) FROM read_event WHERE article = ? AND act = ?", page.key, act
    )
    return number
