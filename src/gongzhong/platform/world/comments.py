"""Comments under articles (留言管理): people write them, the account selects, answers and deletes them."""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from . import articles, people
from .acts import NotPossible
from .articles import Page
from .refusal import Refusal, require
from .world import AccountState, World

NO_PRIVILEGE, NO_SUCH_ARTICLE, LIMITED, FULL, WITHDRAWN = 88000, 88001, 88002, 88003, 88004
ANSWERED, WRONG_LENGTH, NO_SUCH_COMMENT, WRONG_COUNT = 88005, 88007, 88008, 88010
NOT_ANSWERED: Final = 88009
"""Of the global table; the page of 删除回复 lists 87009 here, under a meaning left over from elsewhere."""

ALL, ORDINARY, SELECTED = 0, 1, 2
COLUMNS: Final = "comment.*, (SELECT nickname FROM person WHERE name = comment.person) AS nickname"


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What one person wrote; `withdrawn` by that person, which leaves the account a trace of it."""

    id: int
    article: str
    openid: str
    person: str
    nickname: str
    content: str
    time: int
    selected: bool
    withdrawn: bool
    reply: str | None
    reply_time: int | None


def page_of(world: World, account: AccountState, msg_data_id: int, index: int) -> Page:
    """The article that a call names; refuses with 88000, 88001 or 88002."""
    require(account.comments, NO_PRIVILEGE)
    publication = articles.by_msg_data_id(world, account, msg_data_id, NO_SUCH_ARTICLE)
    found = articles.pages(world, publication)
    require(index < len(found) and not found[index].deleted, NO_SUCH_ARTICLE)
    require(not found[index].banned, LIMITED)
    return found[index]


def set_open(world: World, page: Page, *, is_open: bool) -> None:
    world.db.run("UPDATE article SET comments_open = ? WHERE key = ?", int(is_open), page.key)


def write(world: World, page: Page, person: str, content: str) -> Comment:
    """Somebody writes under an article. Raises NotPossible when the page has no place for it."""
    account = world.accounts[articles.of_page(world, page).appid]
    tie = people.relation(world, account, people.get(world, person).name)
    if not (page.readable and page.comments_open and account.comments):
        raise NotPossible("这篇文章没有开放留言", "this article does not take comments")
    if page.fans_only and not tie.subscribed:
        raise NotPossible("关注后才可以留言", "only followers may comment")
    if not content.strip() or len(content) > world.rules.comment_length:
        most = world.rules.comment_length
        raise NotPossible(f"留言须有 1 到 {most} 个字", f"a comment has 1 to {most} characters")
    number = world.db.insert(
        "INSERT INTO comment (article, openid, person, content, time) VALUES (?, ?, ?, ?, ?)",
        page.key,
        tie.openid,
        person,
        content.strip(),
        world.seconds(),
    )
    return _existing(world, page, number)


def withdraw(world: World, page: Page, person: str, number: int) -> None:
    """Somebody takes back what they wrote. Raises NotPossible for what others wrote."""
    gone = world.db.run(
        "UPDATE comment SET withdrawn = 1, selected = 0 WHERE id = ? AND article = ? AND person = ?",
        number,
        page.key,
        person,
    )
    if not gone:
        raise NotPossible("没有这条自己的留言", "there is no such comment of one's own")


def _comment(row: sqlite3.Row) -> Comment:
    values = dict(row)
    flags = {name: bool(values[name]) for name in ("selected", "withdrawn")}
    return Comment(**{**values, **flags, "nickname": values["nickname"] or ""})


def _existing(world: World, page: Page, number: int) -> Comment:
    row = world.db.one(f"SELECT {COLUMNS} FROM comment WHERE id = ? AND article = ?", number, page.key)
    if row is None:
        raise Refusal(NO_SUCH_COMMENT)
    return _comment(row)


def _standing(world: World, page: Page, number: int) -> Comment:
    found = _existing(world, page, number)
    require(not found.withdrawn, WITHDRAWN)
    return found


def listing(
    world: World, page: Page, kind: int = ALL, begin: int = 0, count: int | None = None
) -> tuple[int, list[Comment]]:
    """How many comments of a kind there are, and some of them, newest first. Refuses with 88010."""
    number = world.rules.comment_page if count is None else count
    require(0 < number <= world.rules.comment_page, WRONG_COUNT)
    where = "FROM comment WHERE article = ? AND withdrawn = 0 AND (? = 0 OR selected = ? - 1)"
    total: int = world.db.value(f"SELECT count(*) {where}", page.key, kind, kind)
    rows = world.db.all(
        f"SELECT {COLUMNS} {where} ORDER BY id DESC LIMIT ? OFFSET ?", page.key, kind, kind, number, begin
    )
    return total, [_comment(row) for row in rows]


def shown(world: World, page: Page, person: str | None) -> list[Comment]:
    """What the page shows to somebody: the selected comments, and their own."""
    rows = world.db.all(
        f"SELECT {COLUMNS} FROM comment WHERE article = ? AND withdrawn = 0 AND (selected = 1 OR person = ?) "
        "ORDER BY selected DESC, id DESC",
        page.key,
        person or "",
    )
    return [_comment(row) for row in rows]


def select(world: World, page: Page, number: int, *, selected: bool) -> None:
    """Mark a comment as selected (精选), or unmark it. Refuses with 88003, 88004 or 88008."""
    comment = _standing(world, page, number)
    if selected and not comment.selected:
        count = world.db.value("SELECT count(*) FROM comment WHERE article = ? AND selected = 1", page.key)
        require(count < world.rules.selected_comments, FULL)
    world.db.run("UPDATE comment SET selected = ? WHERE id = ?", int(selected), number)


def delete(world: World, page: Page, number: int) -> None:
    _existing(world, page, number)
    world.db.run("DELETE FROM comment WHERE id = ?", number)


def answer(world: World, page: Page, number: int, content: str) -> None:
    """The account answers, once. Refuses with 88005, 88007 or 88008."""
    comment = _existing(world, page, number)
    require(content.strip() and len(content) <= world.rules.comment_reply_length, WRONG_LENGTH)
    require(comment.reply is None, ANSWERED)
    world.db.run(
        "UPDATE comment SET reply = ?, reply_time = ? WHERE id = ?", content, world.seconds(), number
    )


def take_answer_back(world: World, page: Page, number: int) -> None:
    """Delete the account's answer. Refuses with 88008, or with 88009 when there is no answer."""
    comment = _existing(world, page, number)
    require(comment.reply is not None, NOT_ANSWERED)
    world.db.run("UPDATE comment SET reply = NULL, reply_time = NULL WHERE id = ?", number)
