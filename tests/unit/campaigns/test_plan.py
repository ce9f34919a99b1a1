"""When a campaign may send, and what its contents need."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzhong.campaigns.audience import Recipient, read_condition
from gongzhong.campaigns.campaigns import parts
from gongzhong.campaigns.contents import Broadcast, CustomerMessage, MassMessage, TemplateMessage
from gongzhong.campaigns.plan import CHINA, Plan, day_of, next_day, read_hours
from gongzhong.errors import ArgumentError, SetupError

CONTENT = TemplateMessage(template_id="t1", data={"thing1": "{book}"})


def china(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()


def test_it_waits_for_its_start_and_for_its_hours() -> None:
    plan = Plan(content=CONTENT, hours="09:00-21:00", start_at=china("2026-12-01T08:00"))
    assert plan.opens_at(china("2026-11-29T12:00")) == china("2026-12-01T09:00")
    assert plan.opens_at(china("2026-12-01T20:59:59")) == china("2026-12-01T20:59:59")
    assert plan.opens_at(china("2026-12-01T21:00")) == china("2026-12-02T09:00")


def test_hours_may_cross_midnight() -> None:
    plan = Plan(content=CONTENT, hours="21:30-02:00")
    for at in ("2026-12-01T23:00", "2026-12-02T01:59"):
        assert plan.opens_at(china(at)) == china(at)
    assert plan.opens_at(china("2026-12-02T02:00")) == china("2026-12-02T21:30")


def test_hours_are_those_of_the_accounts_zone() -> None:
    plan = Plan(content=CONTENT, hours="09:00-10:00", zone="America/New_York")
    now = datetime(2026, 12, 1, 0, 0, tzinfo=UTC).timestamp()
    opens = datetime(2026, 12, 1, 9, 0, tzinfo=ZoneInfo("America/New_York"))
    assert plan.opens_at(now) == opens.timestamp()


quick = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
times = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")


@quick
@given(
    st.floats(1.7e9, 2e9),
    times,
    times,
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Asia/Kathmandu"]),
)
def test_the_next_opening_is_open_and_within_a_day_or_so(
    now: float, opening: str, closing: str, zone: str
) -> None:
    if opening == closing:
        return
    plan = Plan(content=CONTENT, hours=f"{opening}-{closing}", zone=zone)
    opens = plan.opens_at(now)
    assert now <= opens <= now + timedelta(hours=26).total_seconds()
    assert plan.opens_at(opens) == opens


@pytest.mark.parametrize("text", ["9-21", "09:00-09:00", "24:00-02:00", "09:00-24:30", "09:00"])
def test_hours_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(SetupError, match=r"09:00-21:30"):
        read_hours(text)


def test_a_day_is_one_of_china() -> None:
    late = china("2026-12-01T23:59:59")
    assert (day_of(late), next_day(late)) == ("2026-12-01", china("2026-12-02T00:00"))
    assert day_of(next_day(late)) == "2026-12-02"


def test_contents_have_one_content_and_name_their_variables() -> None:
    assert CONTENT.variables() == {"book"}
    assert CustomerMessage(card={"title": "{a}", "url": "https://x.cn/{b}"}).variables() == {"a", "b"}
    for wrong in ({}, {"text": "a", "voice": "m"}):
        with pytest.raises(SetupError, match="其中一项"):
            MassMessage(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="book"):
        CONTENT.call([("o1", {})], "k")


def test_a_broadcast_names_all_or_a_tag_and_carries_its_id() -> None:
    everybody = Broadcast(text="好").call([], "key-0-0")
    tagged = Broadcast(text="好", tag=2).call([], "key-0-0")
    assert everybody.clientmsgid == tagged.clientmsgid == "key-0-0"  # type: ignore[attr-defined]
    assert (everybody.filter.is_to_all, tagged.filter.tag) == (True, 2)  # type: ignore[attr-defined]


@pytest.mark.anyio
@quick
@given(st.integers(0, 40), st.integers(3, 12), st.sampled_from([1, 2]))
async def test_parts_hold_everybody_once_and_none_is_too_small(count: int, size: int, least: int) -> None:
    everybody = [Recipient(f"o{n}", {}) for n in range(count)]
    found = [part async for part in parts(everybody, size, least)]
    assert [one for part in found for one in part] == everybody
    assert all(len(part) <= size for part in found)
    assert all(len(part) >= least for part in found) or count < least


@pytest.mark.parametrize(
    ("text", "stored", "holds"),
    [
        ("city=杭州", "杭州", True),
        ("city=杭州", None, False),
        ("city!=杭州", "北京", True),
        ("visits >= 3", 3, True),
        ("visits<3", "2.5", True),
        ("visits<3", "many", False),
        ("tagid_list=2", [1, 2], True),
        ("tagid_list!=2", [1, 2], False),
        ("remark~VIP", "老VIP客户", True),
        ("member=true", True, True),
    ],
)
def test_conditions_of_a_segment(text: str, stored: object, holds: bool) -> None:
    assert read_condition(text).holds(stored) is holds


@pytest.mark.parametrize("text", ["city", "=3", "visits>=many", ""])
def test_a_condition_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SetupError, match="看不懂"):
        read_condition(text)
