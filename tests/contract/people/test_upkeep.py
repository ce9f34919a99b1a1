"""What is done for people's data from time to time, with a clock that is moved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gongzhong import MovableClock
from gongzhong.catalogue.base import OpenAccount
from gongzhong.catalogue.users import Follower, FollowerList, OpenIDPage, OpenIDs
from gongzhong.errors import NotReached
from gongzhong.people import Audit, Collected, People, Purposes, Upkeep
from gongzhong.store.sql import SqlWork

from .conftest import Places
from .test_records import ALICE, BOB, SHOP

pytestmark = pytest.mark.anyio
DAY_S = 86400.0
OTHER = "wx00000000000000bb"


class Followers:
    """WeChat's side: followers with their tags and UnionIDs, and the Open Platform account of this official account."""

    def __init__(self, *openids: str, platform: str = "wxopen") -> None:
        self.tags = {openid: [1] for openid in openids}
        self.unionids: dict[str, str] = {}
        self.asked: list[str] = []
        self.hidden: set[str] = set()
        """Followers whom the list leaves out."""
        self.lists, self.reads, self.failing, self.platform = 0, 0, False, platform

    @property
    def api(self) -> Any:
        base = SimpleNamespace(open_account=self.open_account)
        return SimpleNamespace(users=self, base=base)

    async def open_account(self) -> OpenAccount:
        return OpenAccount(open_appid=self.platform)

    async def list(self, *, next_openid: str) -> OpenIDPage:
        self.lists += 1
        listed = [openid for openid in self.tags if openid not in self.hidden]
        return OpenIDPage(total=len(self.tags), count=len(self.tags), data=OpenIDs(openid=listed))

    async def get(self, *, openid: str) -> Follower:
        self.asked.append(openid)
        if openid in self.tags:
            return Follower(subscribe=1, openid=openid, tagid_list=self.tags[openid])
        return Follower(subscribe=0, openid=openid)

    async def get_many(self, *, openids: list[str]) -> FollowerList:
        if self.failing:
            raise NotReached("断线", "cut off")
        self.reads += len(openids)
        found = [
            Follower(subscribe=1, openid=one, tagid_list=self.tags[one], unionid=self.unionids.get(one))
            for one in openids
        ]
        return FollowerList(user_info_list=found)


def purposes(*, followers: bool = False) -> Purposes:
    declared = Purposes()
    declared.add(Collected(field="phone", purpose="送货", text_version="1", text="告知", keep_days=90))
    if followers:
        declared.add(Collected(field="tagid_list", purpose="通知", text_version="1", basis="service"))
        declared.add(Collected(field="unionid", purpose="会员互通", text_version="1", basis="service"))
        declared.add(Collected(field="subscribe", purpose="通知", text_version="1", basis="service"))
    return declared


def upkeep(people: People, followers: Followers | None = None, **options: Any) -> Upkeep:
    declared = purposes(followers=followers is not None)
    return people.upkeep(SHOP, declared, lambda: (followers or Followers()).api, **options)


async def test_retention_runs_by_itself_and_one_process_does_it(
    people: People, places: Places, clock: MovableClock
) -> None:
    records = people.records(SHOP, purposes())
    await records.consent(ALICE, ["phone"], how="chat")
    await records.store(ALICE, "phone", "1")
    other = places.open()
    first, second = upkeep(people), upkeep(other)
    assert "retention" in await first.step()
    assert await second.step() == []
    clock.advance(89 * DAY_S)
    await first.step()
    assert await records.read(ALICE, "phone") == "1"
    clock.advance(1 * DAY_S + 3600)
    done = [*await second.step(), *await first.step()]
    assert done.count("retention") == 1
    assert await records.read(ALICE, "phone") is None
    [entry] = [one for one in await Audit(people.vault(SHOP)).entries() if one.action == "retention"]
    assert entry.detail == {"deleted": {"phone": 1}}
    await other.close()


async def test_each_job_is_due_again_after_its_time(people: People, clock: MovableClock) -> None:
    mine = upkeep(people)
    assert sorted(await mine.step()) == ["erasures", "retention", "unions"]
    assert await mine.step() == []
    clock.advance(61)
    assert await mine.step() == ["erasures"]
    clock.advance(3600)
    assert sorted(await mine.step()) == ["erasures", "retention", "unions"]


async def test_an_erasure_whose_process_died_is_ended(
    people: People, places: Places, clock: MovableClock
) -> None:
    """The keys are destroyed, and nothing more happened: as when the process is killed at that moment."""
    records = people.records(SHOP, purposes())
    for openid in (ALICE, BOB):
        await records.consent(openid, ["phone"], how="chat")
        await records.store(openid, "phone", "1")
    [number] = await people.vault(SHOP).find([ALICE])
    assert number is not None
    erasure = people.erasure(SHOP)

    class Died(Exception):
        pass

    async def die(*_: object, **__: object) -> None:
        raise Died

    erasure._tables = SimpleNamespace(fields=people.tables.fields, erase=die)  # type: ignore[assignment]
    with pytest.raises(Died):
        await erasure.person(ALICE, reason="request", by="小王")
    assert await people.tables.fields(SHOP, number), "the rows are still there"
    other = places.open()
    theirs = upkeep(other)
    await theirs.step()
    assert await people.tables.fields(SHOP, number), "it may be under way in the other process"
    clock.advance(61)
    await theirs.step()
    assert await people.tables.fields(SHOP, number) == []
    assert await other.records(SHOP, purposes()).read(BOB, "phone") == "1"
    trail = await Audit(other.vault(SHOP)).entries()
    assert (trail[-1].number, trail[-1].action, trail[-1].by) == (number, "erase", "小王")
    assert (await Audit(other.vault(SHOP)).verify()).whole
    assert await other.erasure(SHOP).complete(0) == [], "once"
    await other.close()


async def test_the_directory_is_read_every_day_and_goes_on_after_an_error(
    people: People, clock: MovableClock
) -> None:
    followers = Followers(ALICE, BOB)
    mine = upkeep(people, followers)
    records = people.records(SHOP, purposes(followers=True))
    followers.failing = True
    with pytest.raises(NotReached):
        await mine.step()
    followers.failing = False
    assert await mine.step() == [], "not at once"
    clock.advance(301)
    assert "directory" in await mine.step()
    assert await records.read(ALICE, "tagid_list") == [1]
    followers.tags[ALICE] = [1, 2]
    clock.advance(23 * 3600)
    assert "directory" not in await mine.step()
    clock.advance(3600)
    assert "directory" in await mine.step()
    assert await records.read(ALICE, "tagid_list") == [1, 2]


async def test_who_was_noted_is_read_by_whoever_comes_first(
    people: People, places: Places, clock: MovableClock
) -> None:
    followers = Followers(ALICE, BOB)
    mine = upkeep(people, followers)
    await mine.step()
    followers.tags[BOB] = [7]
    followers.reads = 0
    directory = people.directory(SHOP, purposes(followers=True), followers.api)
    await directory.note([BOB, BOB])
    other = places.open()
    followers.failing = True
    with pytest.raises(NotReached):
        await upkeep(other, followers).step()
    followers.failing = False
    clock.advance(61)
    await upkeep(other, followers).step()
    records = people.records(SHOP, purposes(followers=True))
    assert (followers.reads, await records.read(BOB, "tagid_list")) == (1, [7])
    assert await mine.step() == []
    assert await SqlWork(people.tables.database, clock).show(SHOP, "follower") == []
    await other.close()


async def test_of_who_left_and_is_kept_it_is_noted(people: People, clock: MovableClock) -> None:
    followers = Followers(ALICE)
    await upkeep(people, followers).step()
    records = people.records(SHOP, purposes(followers=True))
    assert await records.read(ALICE, "subscribe") == 1
    await people.directory(SHOP, purposes(followers=True), followers.api).left(ALICE)
    assert await records.read(ALICE, "subscribe") == 0


CAROL, VISITOR = "oCarol0000000000000000000003", "oVisitor00000000000000000004"


async def people_of_whom_one_left(people: People, followers: Followers) -> None:
    """Alice stays, Bob leaves and his push is missed, the list leaves Carol out; a visitor of a page never followed."""
    records = people.records(SHOP, purposes(followers=True))
    await people.directory(SHOP, purposes(followers=True), followers.api).sync()
    for openid in (ALICE, BOB, VISITOR):
        await records.consent(openid, ["phone"], how="web")
        await records.store(openid, "phone", "1")
    await records.store(VISITOR, "unionid", "uVisitor")
    del followers.tags[BOB]
    followers.hidden.add(CAROL)


async def test_whose_unsubscribing_was_missed_is_erased_after_the_next_full_reading(
    people: People, clock: MovableClock
) -> None:
    followers = Followers(ALICE, BOB, CAROL)
    await people_of_whom_one_left(people, followers)
    erasure = people.erasure(SHOP)

    async def erase(openid: str) -> None:
        await erasure.person(openid, reason="unsubscribe", by="directory")

    clock.advance(DAY_S)
    await upkeep(people, followers, unsubscribed=erase).step()
    assert sorted(followers.asked) == [BOB, CAROL], (
        "only who was in an earlier list, and WeChat is asked first"
    )
    [certificate] = await erasure.certificates()
    assert (certificate.reason, certificate.fields) == (
        "unsubscribe",
        ["phone", "subscribe", "tagid_list"],
    )
    assert await people.vault(SHOP).find([BOB]) == [None]
    records = people.records(SHOP, purposes(followers=True))
    assert await records.read(ALICE, "phone") == await records.read(VISITOR, "phone") == "1"
    assert await records.read(CAROL, "subscribe") == 1
    [*_, entry] = [one for one in await Audit(people.vault(SHOP)).entries() if one.action == "sync"]
    assert entry.detail == {"people": 1, "left": 1}


async def test_whose_unsubscribing_was_missed_and_is_kept_is_noted_once(
    people: People, clock: MovableClock
) -> None:
    followers = Followers(ALICE, BOB, CAROL)
    await people_of_whom_one_left(people, followers)
    mine = upkeep(people, followers)
    clock.advance(DAY_S)
    await mine.step()
    records = people.records(SHOP, purposes(followers=True))
    assert [await records.read(who, "subscribe") for who in (ALICE, BOB, CAROL)] == [1, 0, 1]
    assert await records.read(BOB, "phone") == "1"
    clock.advance(DAY_S + 1)
    followers.asked.clear()
    await mine.step()
    assert followers.asked == [CAROL], "of Bob it is known"


async def joined(people: People, platform: str = "wxopen") -> tuple[Followers, Followers]:
    """Alice follows two accounts, under two OpenIDs; the second is of the Open Platform account `platform`."""
    first, second = Followers(ALICE, BOB), Followers("oAliceThere", platform=platform)
    first.unionids, second.unionids = {ALICE: "uAlice", BOB: "uBob"}, {"oAliceThere": "uAlice"}
    declared = purposes(followers=True)
    await people.directory(SHOP, declared, first.api, open_platform="wxopen").sync()
    await people.directory(OTHER, declared, second.api, open_platform=platform).sync()
    return first, second


async def test_people_are_joined_within_one_open_platform_account(people: People) -> None:
    await joined(people)
    here, there = people.unions(SHOP, "wxopen"), people.unions(OTHER, "wxopen")
    assert [(one.account, one.openid) for one in await here.others(ALICE)] == [(OTHER, "oAliceThere")]
    assert [(one.account, one.openid) for one in await there.others("oAliceThere")] == [(SHOP, ALICE)]
    assert await here.others(BOB) == []
    assert await here.others("oNobody") == []


async def test_people_of_two_open_platform_accounts_never_meet(people: People) -> None:
    await joined(people, platform="wxanother")
    assert await people.unions(SHOP, "wxopen").others(ALICE) == []
    assert await people.unions(OTHER, "wxanother").others("oAliceThere") == []


async def test_an_account_that_moves_to_another_open_platform_account_is_joined_there_only(
    people: People,
) -> None:
    await joined(people)
    moved = people.unions(OTHER, "wxanother")
    assert await moved.others("oAliceThere") == []
    assert await moved.end_others() == 1, "by itself, every hour"
    assert await people.unions(SHOP, "wxopen").others(ALICE) == []
    assert await people.unions(SHOP, "wxopen").end_others() == 0


async def test_an_account_that_is_not_bound_joins_nobody(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    followers = Followers(ALICE, platform="wxelse")
    followers.unionids = {ALICE: "uAlice"}
    declared = purposes(followers=True)
    await people.directory(SHOP, declared, followers.api, open_platform="wxopen").sync()
    assert "wxopen" in caplog.text and "uAlice" not in caplog.text
    second = Followers("oAliceThere")
    second.unionids = {"oAliceThere": "uAlice"}
    await people.directory(OTHER, declared, second.api, open_platform="wxopen").sync()
    assert await people.unions(OTHER, "wxopen").others("oAliceThere") == []


async def test_without_the_setting_no_unionid_is_stored_and_old_joins_end(
    people: People, clock: MovableClock
) -> None:
    first, _ = await joined(people)
    assert await people.records(SHOP, purposes(followers=True)).read(ALICE, "unionid") == "uAlice"
    await upkeep(people, first).step()
    assert await people.unions(SHOP, "wxopen").others(ALICE) == []
    assert await people.unions(OTHER, "wxopen").others("oAliceThere") == []
    await people.directory("wx00000000000000cc", purposes(followers=True), first.api).sync()
    assert await people.records("wx00000000000000cc", purposes(followers=True)).read(ALICE, "unionid") is None


async def test_whoever_withdraws_the_unionid_is_not_joined_from_that_moment(people: People) -> None:
    await joined(people)
    await people.records(SHOP, purposes(followers=True)).withdraw(ALICE, ["unionid"])
    assert await people.unions(SHOP, "wxopen").others(ALICE) == []
    assert await people.unions(OTHER, "wxopen").others("oAliceThere") == []
