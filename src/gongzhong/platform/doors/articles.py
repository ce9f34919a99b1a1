"""mp.weixin.qq.com: the pages of articles, and the pictures inside them.

/s/KEY            an article that was published or mass-sent
/s?tempkey=…      the preview of one in the draft box
/s/KEY/comment    what the form under an article sends
/mmbiz…/ID/0      a picture, as mmbiz.qpic.cn shows it

Who reads is known from the cookie of the phone's browser; each reading is recorded for the statistics.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from ..traffic import Exchange, Traffic, Verdict
from ..world import articles, comments, drafts, media, people
from ..world.acts import NotPossible
from ..world.articles import Page
from ..world.world import AccountState, World
from .article_pages import Shown, article_page, gone_page
from .asking import FROM_CHAT_COOKIE, PAGE, cookie_of, person_of
from .guard import PAGE_HEADERS, Forbidden, Guard
from .http import Request, Response

PREVIEW: Final = "/s"
ARTICLE: Final = re.compile(r"/s/([A-Za-z0-9]+)(/comment)?")
PICTURE: Final = re.compile(r"/mmbiz\w*/([\w-]+)/\d+")
POLICY: Final = {
    "content-security-policy": "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
    "form-action 'self'",
    **PAGE_HEADERS,
}
READ: Final = Verdict(True, "ok", "成功", "ok")


class ArticleDoor:
    """Shows articles to readers and takes what they write."""

    def __init__(self, world: World, traffic: Traffic, guard: Guard) -> None:
        self.world, self.traffic, self._guard = world, traffic, guard

    def knows(self, path: str) -> bool:
        return path == PREVIEW or bool(ARTICLE.fullmatch(path) or PICTURE.fullmatch(path))

    def handle(self, request: Request) -> Response:
        picture = PICTURE.fullmatch(request.path)
        if picture:
            return self._picture(picture[1])
        entry = Exchange(
            kind="web",
            appid="",
            title="图文消息",
            method=request.method,
            url=request.url,
            time=self.world.now(),
            person=person_of(request),
        )
        response = self._framed(self._article(request, entry))
        entry.status, entry.response_headers = response.status, dict(response.headers)
        self.traffic.record(entry)
        return response

    def _framed(self, response: Response) -> Response:
        """Only the phone shows an article in a frame."""
        policy = f"{POLICY['content-security-policy']}; frame-ancestors {self._guard.frame_ancestors()}"
        headers = {**response.headers, "content-security-policy": policy}
        return msgspec.structs.replace(response, headers=headers)

    def _picture(self, media_id: str) -> Response:
        file = media.serve(self.world, media_id)
        if file is None or not file.content_type.startswith("image/"):
            return Response(404, b"", PAGE)
        return Response(200, file.content, file.content_type, {"x-content-type-options": "nosniff"})

    def _article(self, request: Request, entry: Exchange) -> Response:
        found = ARTICLE.fullmatch(request.path)
        if found is None:
            return self._preview(request, entry)
        page = articles.page(self.world, found[1])
        if page is None:
            return _gone(entry)
        account = self.world.accounts[articles.of_page(self.world, page).appid]
        entry.appid = account.appid
        if not page.readable:
            return _gone(entry, banned=page.banned)
        reader = self._reader(request)
        if found[2]:
            return self._comment(request, page, reader)
        if reader is not None:
            articles.read_article(self.world, page, reader, source_of(request, account))
        entry.verdict = READ
        return _shown(self._of(account, page, reader))

    def _preview(self, request: Request, entry: Exchange) -> Response:
        """An article of the draft box: nobody is counted, nothing can be written."""
        found = drafts.by_preview(self.world, request.query.get("tempkey", ""))
        if found is None:
            return _gone(entry)
        appid, draft = found
        account = self.world.accounts[appid]
        entry.appid = appid
        index = int(request.query.get("idx", "1") if request.query.get("idx", "1").isdecimal() else 0) - 1
        if not 0 <= index < len(draft.articles):
            return _gone(entry)
        entry.verdict = READ
        article = draft.articles[index]
        return _shown(
            Shown(account=account, article=article, text=articles.shown_text(article), time=draft.updated_at)
        )

    def _comment(self, request: Request, page: Page, reader: str | None) -> Response:
        content = dict(parse_qsl(request.body.decode("utf-8", "replace"))).get("content", "")
        account = self.world.accounts[articles.of_page(self.world, page).appid]
        problem: tuple[str, str] | None = None
        if request.method != "POST" or reader is None:
            problem = "请在微信客户端留言", "comment from the phone: choose a person there first"
        else:
            try:
                self._guard.check_host(request.headers, wechat=True)
                self._guard.check_site(request.headers)
                comments.write(self.world, page, reader, content)
            except (NotPossible, Forbidden) as refused:
                problem = refused.zh, refused.en
        if problem is None:
            return Response(
                303, b"", PAGE, {"location": f"/s/{page.key}#comments", "cache-control": "no-store"}
            )
        return _shown(self._of(account, page, reader, problem))

    def _of(
        self, account: AccountState, page: Page, reader: str | None, problem: tuple[str, str] | None = None
    ) -> Shown:
        publication = articles.of_page(self.world, page)
        can_write = page.comments_open and account.comments
        return Shown(
            account=account,
            article=page.article,
            text=articles.shown_text(page.article),
            time=publication.created_at,
            reads=articles.count_acts(self.world, page),
            comments=comments.shown(self.world, page, reader) if account.comments else [],
            form=f"/s/{page.key}/comment" if can_write and reader is not None else None,
            problem=problem,
        )

    def _reader(self, request: Request) -> str | None:
        name = person_of(request)
        try:
            return None if name is None else people.get(self.world, name).name
        except KeyError:
            return None


def source_of(request: Request, account: AccountState) -> articles.ReadSource:
    """Where a reader came from: the link says so if it was shared, else the phone does."""
    named = articles.SOURCE_OF_QUERY.get(request.query.get("from", ""))
    if named is not None:
        return named
    return "message" if cookie_of(request, FROM_CHAT_COOKIE) == account.appid else "other"


def _shown(shown: Shown) -> Response:
    return Response(200, article_page(shown), PAGE, {**POLICY, "cache-control": "no-store"})


def _gone(entry: Exchange, *, banned: bool = False) -> Response:
    zh, en = (
        ("该内容因违规已被删除", "removed for breaking the rules")
        if banned
        else ("该内容已被发布者删除", "deleted")
    )
    entry.verdict = Verdict(False, "gone", zh, en)
    return Response(200, gone_page(banned=banned), PAGE, POLICY)
