"""Followers from CSV: every column, every mistake, in pieces of any size."""

from __future__ import annotations

import pytest

from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig
from gongzhong.platform.followers_file import COLUMNS, Import, Report
from gongzhong.platform.world import followers, people, tags
from gongzhong.platform.world.people import Relation
from gongzhong.platform.world.refusal import BadInput
from gongzhong.platform.world.settings import Kind
from gongzhong.platform.world.world import AccountState

NOW = 1_700_000_000


class Bed:
    def __init__(self, kind: Kind = "service") -> None:
        config = PlatformConfig(
            start=NOW, account=[AccountConfig(name="demo", kind=kind)], person=[PersonConfig(name="alice")]
        )
        self.platform = Platform(config)
        self.world = self.platform.world

    @property
    def account(self) -> AccountState:
        return self.platform.account("demo")

    def take(self, text: str, piece: int = 1_000_000) -> Report:
        work, content = Import(self.world, self.account), text.encode()
        for start in range(0, len(content), piece):
            work.feed(content[start : start + piece])
        return work.finish()

    def tie(self, openid: str) -> Relation:
        return people.by_openid(self.world, self.account, openid)


@pytest.fixture
def bed() -> Bed:
    return Bed()


FULL = """openid,person,subscribed,subscribe_time,scene,remark,tags,blacklisted,refuses
o1,小明,1,1600000000,vip,"老客户, 常来",星标客户|上海,0,1
o2,,0,2023-01-02T03:04:05+08:00,42,,上海,1,0
o3
"""


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_every_column_arrives_however_the_file_is_cut(bed: Bed, piece: int) -> None:
    report = bed.take(FULL, piece)
    assert (report.rows, report.added, report.changed, report.refused) == (3, 3, 0, 0)
    first, second, third = bed.tie("o1"), bed.tie("o2"), bed.tie("o3")
    assert (first.person, first.remark, first.subscribe_time) == ("小明", "老客户, 常来", 1_600_000_000)
    assert (first.subscribe_scene, first.qr_scene_str, first.refuses) == ("ADD_SCENE_QR_CODE", "vip", True)
    assert (second.subscribed, second.subscribe_time, second.qr_scene, second.blacklisted) == (
        False,
        1_672_599_845,
        42,
        True,
    )
    assert (third.subscribed, third.subscribe_time) == (True, NOW)
    names = {id: (name, count) for id, name, count in tags.listing(bed.world, bed.account)}
    assert sorted(names.values())[:2] == [("上海", 2), ("星标客户", 1)]
    assert people.get(bed.world, "小明").nickname == "小明"


def test_followers_are_listed_in_the_order_of_the_file(bed: Bed) -> None:
    openids = [f"o{number:05d}" for number in (3, 1, 2)]
    bed.take("openid\n" + "\n".join(openids))
    assert followers.page(bed.world, bed.account, "") == openids


def test_a_second_import_changes_what_it_names_and_keeps_the_rest(bed: Bed) -> None:
    bed.take(FULL)
    report = bed.take("openid,remark\no1,新备注\no4,新人\n")
    assert (report.added, report.changed) == (1, 1)
    tie = bed.tie("o1")
    assert (tie.remark, tie.person, tie.qr_scene_str) == ("新备注", "小明", "vip")
    assert bed.take("openid\no1\n").changed == 1


def test_bad_rows_are_named_and_the_others_come_in(bed: Bed) -> None:
    report = bed.take(
        "openid,person,subscribed,subscribe_time,remark,tags\n"
        "o1,alice,,,,\n"
        "有空格 的,,,,,\n"
        "o2,alice,,,,\n"
        "o3,,maybe,,,\n"
        "o4,,,yesterday,,\n"
        f"o5,,,,{'长' * 31},\n"
        f"o6,,,,,{'|'.join(map(str, range(21)))}\n"
        "o7,,,,,,too many cells\n"
        "\n"
        "o8,,,,,\n"
    )
    assert (report.rows, report.added, report.refused) == (9, 2, 7)
    assert [problem.line for problem in report.problems] == [3, 4, 5, 6, 7, 8, 9]
    assert all(problem.zh and problem.en for problem in report.problems)
    assert {bed.tie("o1").person, bed.tie("o8").person} == {"alice", None}


def test_a_follower_may_come_twice_in_one_file(bed: Bed) -> None:
    report = bed.take("openid,remark,tags\no1,一,甲\no2,,甲|乙\no1,二,乙\n")
    assert (report.added, report.changed) == (2, 1)
    assert bed.tie("o1").remark == "二"
    assert [tags.tags_of(bed.world, bed.tie(name)) for name in ("o1", "o2")] == [[101, 100], [101, 100]]
    bed.take("openid,tags\no1,丙\n")
    assert tags.tags_of(bed.world, bed.tie("o1"))[0] == 102


def test_only_the_first_problems_are_told(bed: Bed) -> None:
    report = bed.take("openid\n" + "不行\n" * 50)
    assert (report.refused, len(report.problems)) == (50, 20)


def test_limits_of_the_account_hold(bed: Bed) -> None:
    report = bed.take("openid,tags\n" + "".join(f"o{n},tag{n}\n" for n in range(101)))
    assert report.refused == 1
    assert bed.take(f"openid,tags\no1,{'长' * 31}\n").refused == 1
    testing = Bed("test")
    report = testing.take("openid\n" + "".join(f"o{n}\n" for n in range(102)))
    assert (report.added, report.refused) == (100, 2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"nickname\n", "nickname"),
        (b"remark\no1\n", "openid"),
        (b"openid,openid\n", "openid"),
        ("openid\n备注".encode("gbk"), "UTF-8"),
        (b'openid,remark\no1,"' + b"x" * 200_000, "quotes"),
    ],
)
def test_what_is_not_such_a_file_is_refused(bed: Bed, content: bytes, words: str) -> None:
    work = Import(bed.world, bed.account)
    with pytest.raises(BadInput) as refused:
        for start in range(0, len(content) or 1, 50_000):
            work.feed(content[start : start + 50_000])
        work.finish()
    assert words in refused.value.en
    assert people.follower_count(bed.world, bed.account) == 0


def test_a_byte_order_mark_and_windows_line_ends_are_fine(bed: Bed) -> None:
    assert bed.take("\ufeffopenid,remark\r\no1,甲\r\n").added == 1
    assert bed.tie("o1").remark == "甲"


def test_the_columns_are_documented() -> None:
    from gongzhong.platform import followers_file

    documented = (followers_file.__doc__ or "").split("\n\n")[2]
    assert {name.strip() for name in documented.split(",")} == set(COLUMNS)
