"""Rules of the calls on customer service, statistics and advertising that the declarations themselves hold."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.catalogue import customer_service, publisher
from gongzhong.catalogue.encoding import decode, encode
from gongzhong.catalogue.failures import failure, head_of
from gongzhong.catalogue.fields import check
from gongzhong.catalogue.model import Call, Upload
from gongzhong.catalogue.publisher import GetSettlements, GetSlotStatistics
from gongzhong.catalogue.registry import by_path
from gongzhong.catalogue.statistics import GetFollowerChanges, broken_range
from gongzhong.errors import ParameterError, PermissionDenied, QuotaError


def code(call: Call[Any]) -> int:
    found = check(call)
    return 0 if found is None else found.code


@pytest.mark.parametrize(
    ("kf_account", "expected"),
    [
        ("anna@shop", 0),
        ("a_1@gh_0123456789ab", 0),
        ("@shop", 65404),
        ("anna", 65404),
        ("安娜@shop", 65404),
        ("a" * 11 + "@shop", 65404),
        ("anna@" + "x" * 26, 65404),
    ],
)
def test_names_of_agents(kf_account: str, expected: int) -> None:
    assert code(customer_service.AddAgent(kf_account=kf_account, nickname="客服")) == expected


@pytest.mark.parametrize(("nickname", "expected"), [("客" * 16, 0), ("客" * 17, 65403), ("", 65403)])
def test_nicknames(nickname: str, expected: int) -> None:
    assert code(customer_service.UpdateAgent(kf_account="anna@shop", nickname=nickname)) == expected


def test_portraits_have_a_size() -> None:
    portrait = customer_service.UploadAgentPortrait(
        kf_account="anna@shop", media=Upload(b"x" * (5 * 1024 * 1024))
    )
    assert code(portrait) == 0
    larger = customer_service.UploadAgentPortrait(
        kf_account="anna@shop", media=Upload(b"x" * (5 * 1024 * 1024 + 1))
    )
    assert code(larger) == 40009


def test_an_agent_is_deleted_in_either_way() -> None:
    wanted = customer_service.DeleteAgent(kf_account="anna@shop")
    assert decode(customer_service.DeleteAgent, {}, encode(wanted).body or b"") == wanted  # type: ignore[arg-type]
    assert decode(customer_service.DeleteAgent, {"kf_account": "anna@shop", "access_token": "T"}) == wanted
    assert by_path("/customservice/kfaccount/del", "GET") is customer_service.DeleteAgent


@pytest.mark.parametrize(
    ("start", "end", "number", "expected"),
    [
        (0, 86_400, 10_000, 0),
        (0, 86_401, 1, 65417),
        (1, 0, 1, 65416),
        (0, 1, 10_001, 65416),
        (0, 1, 0, 65416),
    ],
)
def test_periods_of_records(start: int, end: int, number: int, expected: int) -> None:
    assert code(customer_service.GetRecords(starttime=start, endtime=end, number=number)) == expected


def test_records_go_on_while_pages_are_full() -> None:
    call = customer_service.GetRecords(starttime=0, endtime=9, number=1)
    line = customer_service.Record(openid="o", opercode=2002, text="好", time=1, worker="anna@shop")
    following = call.following(customer_service.RecordPage(recordlist=[line], number=1, msgid=8))
    assert following == customer_service.GetRecords(starttime=0, endtime=9, number=1, msgid=8)
    assert following.items(customer_service.RecordPage(recordlist=[line], number=1, msgid=8)) == [line]
    assert following.following(customer_service.RecordPage(recordlist=[], number=0, msgid=8)) is None
    assert following.following(customer_service.RecordPage(recordlist=[line], number=1, msgid=8)) is None


@pytest.mark.parametrize(
    ("begin", "end", "span", "expected"),
    [
        ("2026-11-01", "2026-11-07", 7, None),
        ("2026-11-01", "2026-11-08", 7, 61501),
        ("2026-11-02", "2026-11-01", 7, 61501),
        ("2026-11-31", "2026-12-01", 7, 61500),
        ("2020-01-01", "2026-12-01", None, None),
    ],
)
def test_spans(begin: str, end: str, span: int | None, expected: int | None) -> None:
    found = broken_range(begin, end, span)
    assert (found and found.code) == expected


def test_dates_have_a_form() -> None:
    assert code(GetFollowerChanges(begin_date="2026-1-1", end_date="2026-01-01")) == 61500
    assert code(GetFollowerChanges(begin_date="2026-01-01", end_date="2026-01-01")) == 0


def test_calls_of_one_address_are_told_apart_by_their_action() -> None:
    call = GetSlotStatistics(start_date="2026-01-01", end_date="2026-01-02")
    assert encode(call).query["action"] == "publisher_adpos_general"
    assert call.spec.address == "/publisher/stat"
    assert by_path("/publisher/stat", "GET", "publisher_adpos_general") is GetSlotStatistics
    assert by_path("/publisher/stat", "GET", "publisher_settlement") is GetSettlements
    assert by_path("/publisher/stat", "GET", "nonsense") is None


def test_a_return_code_is_found_wherever_it_stands() -> None:
    assert head_of({"list": []}) == (0, "")
    assert head_of({"errcode": "40001", "errmsg": "invalid"}) == (40001, "invalid")
    assert head_of({"base_resp": {"ret": 2009, "err_msg": "no"}}) == (2009, "no")
    assert head_of({"base_resp": {"ret": 0, "err_msg": "ok"}, "list": []}) == (0, "")


def test_codes_mean_what_their_own_page_says() -> None:
    wrong_day = {"base_resp": {"ret": 45011, "err_msg": "invalid date"}}
    assert isinstance(failure(GetSlotStatistics, wrong_day), ParameterError)
    assert "日期不合法" in failure(GetSlotStatistics, wrong_day).zh
    assert isinstance(failure(GetSlotStatistics, {"base_resp": {"ret": 2009}}), PermissionDenied)
    assert isinstance(failure(GetFollowerChanges, {"errcode": 45011}), QuotaError)


def test_pages_of_advertising_end_with_the_total() -> None:
    call = GetSlotStatistics(start_date="2026-01-01", end_date="2026-01-02", page_size=1)
    row = publisher.SlotDay(ad_slot="SLOT_ID_BIZ_BOTTOM", date="2026-01-01")
    following = call.following(publisher.SlotStatistics(rows=[row], total_num=2))
    assert following is not None
    assert following.page == 2
    assert following.following(publisher.SlotStatistics(rows=[row], total_num=2)) is None
    assert call.following(publisher.SlotStatistics(rows=[], total_num=2)) is None
