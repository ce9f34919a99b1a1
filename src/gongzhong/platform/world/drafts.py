"""The draft box (草稿箱): articles under their rules, until they are published, mass-sent or deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from ...catalogue.articles import Article
from . import article_text, media
from .refusal import Refusal, require
from .world import AccountState, World

WRONG_ID, WRONG_INDEX, TOO_MANY, WRONG_CONTENT, LONG_DIGEST = 40007, 40114, 45008, 45166, 45004
LONG_TITLE, LONG_AUTHOR, LONG_CONTENT = 45003, 45110, 45002
NO_COMMENTS, WRONG_PRODUCT, BAD_CROP = 88000, 53405, 53402
CROP_FAILED = "封面裁剪失败,请检查裁剪参数后重试"
PRODUCT_TAG = "<mp-common-product"
COLUMNS = "media_id, articles, preview, created_at, updated_at"
ARTICLES = msgspec.json.Decoder(list[Article])


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    media_id: str
    articles: list[Article]
    preview: str
    """Key of the temporary link under which its pages can be seen."""
    created_at: int
    updated_at: int


def add(
    world: World,
    account: AccountState,
    articles: Sequence[Article],
    *,
    listed: bool = True,
    media_id: str = "",
) -> Draft:
    """Put articles into the box, under a new id unless one is given. Those that are not `listed` have an id, but no
    list shows them.

    Refuses with the code of the rule that an article breaks.
    """
    kept = all_accepted(world, account, articles)
    now = world.seconds()
    draft = Draft(
        media_id=media_id or world.ids.media_id(),
        articles=kept,
        preview=world.ids.fresh(40),
        created_at=now,
        updated_at=now,
    )
    world.db.run(
        "INSERT INTO draft VALUES (?, ?, ?, ?, ?, ?, ?)",
        draft.media_id,
        account.appid,
        msgspec.json.encode(kept).decode(),
        draft.preview,
        int(listed),
        now,
        now,
    )
    return draft


def units(text: str) -> int:
    """The length as WeChat counts it: half-width units, one for ASCII, two for every other character."""
    return len(text) + sum(not letter.isascii() for letter in text)


def all_accepted(world: World, account: AccountState, articles: Sequence[Article]) -> list[Article]:
    """The articles of one draft as they are kept. Refuses with the code of the rule that one of them breaks."""
    require(len(articles) <= world.rules.draft_articles, TOO_MANY)
    return [accepted(world, account, article, alone=len(articles) == 1) for article in articles]


def accepted(world: World, account: AccountState, article: Article, *, alone: bool) -> Article:
    """The article as it is kept: cleaned, with a digest. Refuses what the draft page refuses."""
    rules = world.rules
    require(units(article.title) <= rules.title_units, LONG_TITLE)
    require(units(article.author or "") <= rules.author_units, LONG_AUTHOR, "author size out of limit")
    require(units(article.digest or "") <= rules.digest_units, LONG_DIGEST)
    require(not rules.content_length or len(article.content) < rules.content_length, LONG_CONTENT)
    require(account.comments or not (article.need_open_comment or article.only_fans_can_comment), NO_COMMENTS)
    _crops(article)
    _pictures(world, account, article)
    _products(world, account, article)
    content = article_text.cleaned(article.content, lambda address: _own(world, account, address))
    require(content.strip(), WRONG_CONTENT)
    digest = article.digest or (article_text.digest_of(content) if alone else "")
    return msgspec.structs.replace(article, content=content, digest=digest)


def _crops(article: Article) -> None:
    """Each cut of the cover begins left of and above its end (developers' reports; no page lists the code)."""
    cuts = [cut.split("_") for cut in (article.pic_crop_235_1, article.pic_crop_1_1) if cut]
    if article.cover_info is not None:
        cuts += [[cut.x1, cut.y1, cut.x2, cut.y2] for cut in article.cover_info.crop_percent_list]
    for x1, y1, x2, y2 in cuts:
        require(float(x1) < float(x2) and float(y1) < float(y2), BAD_CROP, CROP_FAILED)


def _pictures(world: World, account: AccountState, article: Article) -> None:
    wanted = [article.thumb_media_id] if article.thumb_media_id else []
    if article.image_info is not None:
        wanted += [picture.image_media_id for picture in article.image_info.image_list]
    for media_id in wanted:
        file = media.find(world, account, media_id, permanent=True)
        require(file.kind in ("image", "thumb"), WRONG_ID)


def _products(world: World, account: AccountState, article: Article) -> None:
    require(article.content.count(PRODUCT_TAG) <= world.rules.article_products, WRONG_PRODUCT)
    footer = article.product_info.footer_product_info if article.product_info else None
    if footer is not None:
        known = world.db.value(
            "SELECT 1 FROM product_card WHERE appid = ? AND product_key = ?",
            account.appid,
            footer.product_key,
        )
        require(known, WRONG_PRODUCT)


def _own(world: World, account: AccountState, address: str) -> bool:
    media_id = article_text.picture_id(address)
    if media_id is None:
        return False
    return bool(
        world.db.value(
            "SELECT 1 FROM media WHERE media_id = ? AND appid = ? AND permanent = 1", media_id, account.appid
        )
    )


def _draft(row: sqlite3.Row) -> Draft:
    return Draft(**{**dict(row), "articles": ARTICLES.decode(row["articles"])})


def find(world: World, account: AccountState, media_id: str) -> Draft:
    """The draft with this media_id. Refuses with 40007 when there is none."""
    row = world.db.one(
        f"SELECT {COLUMNS} FROM draft WHERE media_id = ? AND appid = ?", media_id, account.appid
    )
    if row is None:
        raise Refusal(WRONG_ID)
    return _draft(row)


def exists(world: World, account: AccountState, media_id: str) -> bool:
    return bool(
        world.db.value("SELECT 1 FROM draft WHERE media_id = ? AND appid = ?", media_id, account.appid)
    )


def by_preview(world: World, preview: str) -> tuple[str, Draft] | None:
    """AppID and draft behind a preview link."""
    row = world.db.one(f"SELECT appid, {COLUMNS} FROM draft WHERE preview = ?", preview)
    if row is None:
        return None
    values = dict(row)
    appid = values.pop("appid")
    return appid, Draft(**{**values, "articles": ARTICLES.decode(values["articles"])})


def update(world: World, account: AccountState, media_id: str, index: int, article: Article) -> None:
    """Replace one article; `index` counts from 0. Refuses with 40007, 40114, or the rule that is broken."""
    draft = find(world, account, media_id)
    require(0 <= index < len(draft.articles), WRONG_INDEX)
    alone = len(draft.articles) == 1
    articles = [*draft.articles]
    articles[index] = accepted(world, account, article, alone=alone)
    world.db.run(
        "UPDATE draft SET articles = ?, updated_at = ? WHERE media_id = ?",
        msgspec.json.encode(articles).decode(),
        world.seconds(),
        media_id,
    )


def delete(world: World, account: AccountState, media_id: str) -> None:
    """Delete a draft. Refuses with 40007 when there is none."""
    gone = world.db.run("DELETE FROM draft WHERE media_id = ? AND appid = ?", media_id, account.appid)
    require(gone, WRONG_ID)


def count(world: World, account: AccountState) -> int:
    number: int = world.db.value("SELECT count(*) FROM draft WHERE appid = ? AND listed = 1", account.appid)
    return number


def page(world: World, account: AccountState, offset: int, number: int) -> tuple[int, list[Draft]]:
    """How many drafts there are, and some of them, newest first."""
    rows = world.db.all(
        f"SELECT {COLUMNS} FROM draft WHERE appid = ? AND listed = 1 "
        "ORDER BY updated_at DESC, rowid DESC LIMIT ? OFFSET ?",
        account.appid,
        number,
        offset,
    )
    return count(world, account), [_draft(row) for row in rows]


def using(world: World, account: AccountState, media_id: str) -> bool:
    """Whether a draft needs this picture."""
    documents = world.db.column("SELECT articles FROM draft WHERE appid = ?", account.appid)
    return any(media_id in document for document in documents)
