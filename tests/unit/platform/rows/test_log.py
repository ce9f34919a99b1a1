"""The log in memory and on disk: pages by cursor, what a restart keeps, and numbers that are never given twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongzhong.platform import AccountConfig, Platform, PlatformConfig
from gongzhong.platform.rows.file import GAP
from gongzhong.platform.rows.filter import Matcher, parse
from gongzhong.platform.rows.words import Names
from gongzhong.platform.traffic import Delivery, Exchange, TrafficLimits, Verdict

pytestmark = pytest.mark.anyio
LIMITS = TrafficLimits(entries=50)


def opened(data: Path | str) -> Platform:
    return Platform(PlatformConfig(account=[AccountConfig(name="花店")], traffic=LIMITS), data)


def record(platform: Platform, count: int, text: str = "x") -> None:
    for number in range(count):
        entry = Exchange(kind="api", appid="wx", title="t", method="GET", url=f"/{number}", errcode=0)
        entry.request_body = f'{{"n":"{text}{number}"}}'.encode()
        platform.traffic.record(entry)


def matcher(platform: Platform, text: str = "") -> Matcher:
    return Matcher(parse(text), Names(platform.world))


async def everything(platform: Platform, text: str = "", limit: int = 7) -> list[int]:
    """The numbers that all pages hold, one page after another."""
    numbers: list[int] = []
    before = 0
    while True:
        found = await platform.rows.search(matcher(platform, text), before=before, limit=limit)
        numbers += [row.number for row in found.rows]
        if not found.more:
            return numbers
        assert found.older >= 0
        before = found.before


async def test_pages_hold_each_row_once_newest_first() -> None:
    platform = opened(":memory:")
    record(platform, 40)
    assert await everything(platform) == list(range(40, 0, -1))
    assert await everything(platform, "x1") == [*range(20, 10, -1), 2]
    newer = await platform.rows.search(matcher(platform), after=35, limit=100)
    assert [row.number for row in newer.rows] == [40, 39, 38, 37, 36]
    assert not newer.more
    assert [row.number for row in platform.rows.among(matcher(platform, "x1"), [1, 2, 11, 99])] == [2, 11]
    await platform.close()


async def test_what_memory_gave_up_is_found_on_disk(tmp_path: Path) -> None:
    platform = opened(tmp_path)
    record(platform, 200)
    await platform.close()
    platform = opened(tmp_path)
    record(platform, 100)
    assert len(platform.traffic) == 50
    platform._row_file.close(platform.traffic.newest_number)  # type: ignore[union-attr]
    assert await everything(platform, limit=90) == list(range(300, 0, -1))
    assert await everything(platform, "x150") == [151]


async def test_a_restart_keeps_rows_names_and_numbers(tmp_path: Path) -> None:
    platform = opened(tmp_path)
    log = platform.rows.log
    push = Delivery(appid="wx", title="text", person="小明", openid="o", key="k", body=b"<xml></xml>")
    platform.traffic.begin(push, lines=[5])
    platform.traffic.finish(push, Verdict(True, "replied", "已回复", "replied"))
    for _ in range(2):
        attempt = Exchange(
            kind="push", appid="wx", title="text", method="POST", url="/", request_headers={"a": "b"}
        )
        platform.traffic.record(attempt, push)
    waits = platform.traffic.begin(Delivery(appid="wx", title="text", openid="o"))
    await platform.close()

    platform = opened(tmp_path)
    assert platform.rows.log == log
    assert await everything(platform) == [waits.number, push.number]
    kept = platform.rows.find(push.number)
    assert isinstance(kept, Delivery)
    assert (kept.person, kept.lines, len(kept.attempts)) == ("小明", [5], 2)
    assert platform.rows.find(push.attempts[1].seq) == kept
    assert platform.rows.exchange(push.attempts[1].seq) == push.attempts[1]
    assert platform.rows.of_lines([5, 6]) == {5: push.number}
    cut_off = platform.rows.find(waits.number)
    assert cut_off.verdict is not None
    assert cut_off.verdict.kind == "cut_off"
    record(platform, 1)
    assert platform.traffic.newest_number == 4
    await platform.close()


async def test_a_killed_platform_gives_no_number_twice(tmp_path: Path) -> None:
    platform = opened(tmp_path)
    record(platform, 3)
    file = platform._row_file
    assert file is not None
    file._over = True  # as if it had been killed: nothing is written any more
    file._wake.set()
    file._thread.join()
    platform.world.close()

    platform = opened(tmp_path)
    record(platform, 1)
    assert platform.traffic.newest_number > GAP
    await platform.close()


async def test_a_reset_empties_the_file_too(tmp_path: Path) -> None:
    platform = opened(tmp_path)
    record(platform, 3)
    platform.reset()
    record(platform, 1)
    await platform.close()
    platform = opened(tmp_path)
    assert await everything(platform) == [4]
    await platform.close()


async def test_the_file_is_bounded(tmp_path: Path) -> None:
    config = PlatformConfig(traffic=TrafficLimits(entries=10, on_disk=100))
    platform = Platform(config, tmp_path)
    record(platform, 250)
    await platform.close()
    platform = Platform(config, tmp_path)
    assert await everything(platform, limit=500) == list(range(250, 150, -1))
    await platform.close()


async def test_a_file_of_another_form_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "traffic.sqlite3").write_bytes(b"")
    platform = opened(tmp_path)
    record(platform, 1)
    await platform.close()
    platform = opened(tmp_path)
    assert await everything(platform) == [1]
    await platform.close()


async def test_a_full_disk_loses_rows_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    platform = opened(tmp_path)
    file = platform._row_file
    assert file is not None
    file._over = True  # from here on the test writes in place of the thread
    file._wake.set()
    file._thread.join()
    pages = file._connection.execute("PRAGMA page_count").fetchone()[0]
    file._connection.execute(f"PRAGMA max_page_count = {pages}")
    record(platform, 2_000)
    file._write_if_possible()
    assert "full" in caplog.text
    file._connection.execute("PRAGMA max_page_count = 1000000")
    record(platform, 1)
    await platform.close()
    platform = opened(tmp_path)
    assert (await everything(platform))[0] == 2_001
    await platform.close()
