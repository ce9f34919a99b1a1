"""A magazine: an account with a cover picture and a way to publish, for the stories about articles."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest

from gongzhong import Account, CallError, OfficialAccount, Push, Secret
from gongzhong.catalogue.articles import Article
from gongzhong.catalogue.model import Upload
from gongzhong.catalogue.publishing import PublishStatus
from gongzhong.client import WireReply, WireRequest
from gongzhong.platform.world.world import AccountState
from gongzhong.testing import PNG, LocalPlatform
from gongzhong.testing.in_process import InProcessTransport


def refused(code: int) -> Any:
    """Expects a refusal with this return code."""
    return pytest.raises(CallError, check=lambda error: error.errcode == code)


class Magazine:
    """An editor's view of one account: what it stores, publishes and is told."""

    def __init__(self, platform: LocalPlatform, appid: str = "wx00000000000000aa", **settings: Any) -> None:
        self.platform = platform
        self.oa = OfficialAccount(Account(appid=appid, secret=Secret("s" * 32), token=Secret("tok123")))
        self.told: list[Push] = []
        self.oa.default(self.note)
        self.state: AccountState = platform.connect(self.oa, **settings)
        self.api = platform.client(self.oa)

    async def note(self, message: Push) -> None:
        self.told.append(message)

    def picture(self, type: Any = "image") -> str:
        return self.api.material.add(type=type, media=Upload(PNG, "cover.png")).media_id

    def article(self, **fields: Any) -> Article:
        usual: dict[str, Any] = {"title": "春天", "content": "<p>花开了</p>"}
        if fields.get("article_type") != "newspic":
            usual["thumb_media_id"] = fields.get("thumb_media_id") or self.picture()
        return Article(**{**usual, **fields})

    def draft(self, *articles: Article) -> str:
        return self.api.drafts.add(articles=list(articles) or [self.article()]).media_id

    def published(self, *articles: Article) -> PublishStatus:
        """Publish and wait; the job as it stands then."""
        job = self.api.publishing.submit(media_id=self.draft(*articles))
        self.platform.clock.advance(3)
        return self.api.publishing.status(publish_id=job.publish_id)

    def address(self, *articles: Article) -> str:
        """Publish and wait; the page of the first article."""
        detail = self.published(*articles).article_detail
        assert detail is not None
        return detail.item[0].article_url


class Browser:
    """A person's phone browser: opens pages of the platform with the phone's cookies."""

    def __init__(self, platform: LocalPlatform, person: str = "", appid: str = "") -> None:
        self.platform = platform
        cookies = f"gongzhong_person={quote(person)}; gongzhong_from_chat={appid}"
        self.headers = {"Cookie": cookies} if person else {}

    def opens(self, url: str, form: dict[str, str] | None = None) -> WireReply:
        """The answer of the page; with `form` that to sending it."""
        path, _, query = url.removeprefix("https://mp.weixin.qq.com").partition("?")
        request = WireRequest(
            method="GET" if form is None else "POST",
            url=f"http://platform{path}",
            query=dict(parse_qsl(query)),
            headers=self.headers,
            body=None if form is None else urlencode(form).encode(),
        )
        return self.platform.run(InProcessTransport(self.platform.server).send(request))

    def text(self, url: str) -> str:
        return self.opens(url).body.decode()


@pytest.fixture
def magazine(platform: LocalPlatform) -> Magazine:
    return Magazine(platform)
