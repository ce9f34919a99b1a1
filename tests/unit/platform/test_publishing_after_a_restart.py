"""A job that was submitted before the platform went down ends after it has come up again."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongzhong.catalogue.articles import Article
from gongzhong.clock import MovableClock
from gongzhong.platform import AccountConfig, Platform, PlatformConfig
from gongzhong.platform.doors.http import Scope
from gongzhong.platform.doors.server import Server
from gongzhong.platform.world import articles, drafts, materials, publishing
from gongzhong.testing import PNG

pytestmark = pytest.mark.anyio
CONFIG = PlatformConfig(account=[AccountConfig(name="demo")])


async def start(platform: Platform) -> None:
    """What a server does first."""
    told: list[str] = []

    async def receive() -> Scope:
        return {"type": "lifespan.shutdown" if told else "lifespan.startup"}

    async def send(message: Scope) -> None:
        told.append(message["type"])

    await Server(platform)({"type": "lifespan"}, receive, send)
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_the_job_ends_after_the_restart(tmp_path: Path) -> None:
    before = Platform(CONFIG, tmp_path, clock=MovableClock(1_800_000_000, frozen=True))
    account = before.account("demo")
    cover = materials.add(before.world, account, "image", PNG, name="a.png").media_id
    draft = drafts.add(before.world, account, [Article(title="一", content="二", thumb_media_id=cover)])
    job = publishing.submit(before.world, account, draft.media_id)
    await before.close()
    after = Platform(CONFIG, tmp_path, clock=MovableClock(1_800_000_060, frozen=True))
    world, pages = after.world, []
    after.world.outgoing = lambda _, push: pages.extend(
        articles.pages(world, articles.everything(world, account)[0])
    )
    assert publishing.find(world, account, job.publish_id).status == publishing.UNDER_WAY
    await start(after)
    assert [page.article.title for page in pages] == ["一"]
