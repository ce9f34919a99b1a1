"""Reading all followers: pages, an error in between, another process that goes on, people who left."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gongzhong import MovableClock
from gongzhong.catalogue.users import Follower, FollowerList, OpenIDPage, OpenIDs
from gongzhong.errors import NotReached
from gongzhong.people import Collected, Directory, People, Progress, Purposes
from gongzhong.store.sql import SqlWork

from .test_records import SHOP

pytestmark = pytest.mark.anyio
OPENIDS = [f"oFollower{number:019d}" for number in range(250)]


class Users:
    """WeChat's list in pages of 120, with calls that fail and people who left after the list was made."""

    def __init__(self, fail_at: int = 0, gone: str = "") -> None:
        self.calls, self.fail_at, self.gone = 0, fail_at, gone
        self.pages: list[str] = []

    async def list(self, *, next_openid: str) -> OpenIDPage:
        self.pages.append(next_openid)
        start = OPENIDS.index(next_openid) + 1 if next_openid else 0
        part = OPENIDS[start : start + 120]
        following = part[-1] if part else ""
        return OpenIDPage(total=250, count=len(part), data=OpenIDs(openid=part), next_openid=following)

    async def get_many(self, *, openids: list[str]) -> FollowerList:
        self.calls += 1
        if self.calls == self.fail_at:
            raise NotReached("断线", "cut off")
        known = [
            Follower(
                subscribe=0 if openid == self.gone else 1, openid=openid, tagid_list=[2], language="zh_CN"
            )
            for openid in openids
        ]
        return FollowerList(user_info_list=known)


def directory(people: People, users: Users, clock: MovableClock, holder: str) -> Directory:
    purposes = Purposes()
    purposes.add(Collected(field="tagid_list", purpose="发送通知", text_version="1", basis="service"))
    purposes.add(Collected(field="language", purpose="称呼", text_version="1"))
    api: Any = SimpleNamespace(users=users)
    return Directory(people.records(SHOP, purposes), api, SqlWork(people.tables.database, clock), holder)


async def test_another_process_goes_on_where_an_error_stopped_it(people: People, clock: MovableClock) -> None:
    users = Users(fail_at=4, gone=OPENIDS[7])
    seen: list[int] = []
    with pytest.raises(NotReached):
        await directory(people, users, clock, "a").sync(lambda progress: seen.append(progress.done))
    assert seen == [120]
    progress = await directory(people, users, clock, "b").sync()
    assert progress == Progress(done=250, total=250, next_openid=OPENIDS[-1], ended=True)
    assert users.pages == ["", OPENIDS[119], OPENIDS[119], OPENIDS[239], OPENIDS[249]]
    records = people.records(SHOP, Purposes())
    assert await records.all(OPENIDS[249]) == {"tagid_list": [2]}, "nobody agreed to the language"
    assert await records.all(OPENIDS[7]) == {}, "who left meanwhile is not stored"
    numbers = await people.vault(SHOP).find(OPENIDS)
    assert len(set(numbers)) == 250
    assert await SqlWork(people.tables.database, clock).show(SHOP) == []


async def test_one_process_at_a_time_reads(people: People, clock: MovableClock) -> None:
    users = Users()
    other = directory(people, users, clock, "b")

    async def while_reading(*, next_openid: str) -> OpenIDPage:
        assert not (await other.sync()).ended
        users.list = listed  # type: ignore[method-assign]
        return await listed(next_openid=next_openid)

    listed = users.list
    users.list = while_reading  # type: ignore[method-assign]
    assert (await directory(people, users, clock, "a").sync()).done == 250
