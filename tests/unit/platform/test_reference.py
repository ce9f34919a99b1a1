"""What the reference pages show: every code and push, with the calls that name it and the elements that it has."""

from __future__ import annotations

import pytest

from gongzhong.catalogue.codes import table
from gongzhong.catalogue.failures import explain
from gongzhong.catalogue.model import EVERY_ACCOUNT, TEST, VERIFIED, VERIFIED_SERVICE
from gongzhong.catalogue.registry import by_name
from gongzhong.client.transport import WireRequest
from gongzhong.messages import EVENTS, MESSAGES, Push, parse
from gongzhong.platform.coverage import coverage
from gongzhong.platform.reference import (
    NEEDS,
    PRODUCTS,
    accounts_of,
    call_page,
    call_rows,
    code_page,
    code_rows,
    push_page,
    push_rows,
)
from gongzhong.platform.triggers import CATALOGUE
from gongzhong.platform.world.refusal import BadInput
from gongzhong.testing import LocalPlatform
from gongzhong.testing.in_process import InProcessTransport
from gongzhong.wire import read_xml

from .conftest import Bench

CLASSES: dict[str, type[Push]] = {cls.__name__: cls for cls in (*MESSAGES.values(), *EVENTS.values())}


def test_every_endpoint_has_a_row_with_its_chapter() -> None:
    rows = {row.name: row for row in call_rows()}
    assert rows.keys() == {one.name for one in coverage().endpoints}
    menu = rows["CreateMenu"]
    assert (menu.chapter_zh, menu.platform, menu.kit) == ("自定义菜单", "behaviour", "typed")
    assert menu.accounts_zh == "已认证的订阅号、已认证的服务号、测试号"
    assert rows["CardCreate"].chapter_en == "Cards"


@pytest.mark.parametrize("name", [row.name for row in call_rows()])
def test_every_call_has_a_page(name: str) -> None:
    page = call_page(name, {})
    assert page.call.name == name
    assert (page.form is None) == (name == "OAuth")
    assert len({one.code for one in page.codes}) == len(page.codes)


def test_codes_of_a_call_name_the_parameters_that_they_are_about() -> None:
    codes = {one.code: one for one in call_page("CreateMenu", {}).codes}
    assert codes[40018].fields == ["button[].name"]
    assert codes[40018].given == "behaviour"


def test_an_unknown_call_is_refused() -> None:
    with pytest.raises(BadInput):
        call_page("Nothing", {})


def test_every_code_but_success_has_a_row() -> None:
    rows = {row.code: row for row in code_rows()}
    assert rows.keys() == {code for code, row in table().items() if row.category != "ok"}
    assert rows[45009].calls > 50
    assert all(row.zh and row.en for row in rows.values())


def test_a_code_is_explained_as_the_command_does_and_leads_to_calls() -> None:
    page = code_page(45015)
    assert page.explanation == explain(45015)
    assert page.explanation.fix_zh and page.explanation.fix_en
    naming = {call.name: call for call in page.calls}
    assert naming["SendCustomerMessage"].given == "behaviour"
    assert naming["SendCustomerMessage"].zh == "发送客服消息"


def test_a_code_means_what_it_means_to_the_call_that_it_answers() -> None:
    general, of_call = code_page(48001), code_page(48001, "SendNotice")
    assert "服务号" in of_call.explanation.cause_zh and "服务号" not in general.explanation.cause_zh


def test_a_code_that_no_table_has_says_so() -> None:
    page = code_page(123456789)
    assert (page.given, page.calls, page.explanation.category) == ("no", [], None)


def test_every_push_has_a_row_by_the_name_that_triggers_it() -> None:
    rows = {row.name: row for row in push_rows()}
    assert rows.keys() == CATALOGUE.keys()
    assert (rows["location"].kind, rows["LOCATION"].kind) == ("message", "event")
    assert rows["click"].answerable and not rows["view"].answerable
    assert "acts.follow" in rows["subscribe"].made_by


@pytest.mark.parametrize("name", [*NEEDS, *PRODUCTS])
def test_what_pushes_need_is_named_rightly(name: str) -> None:
    assert name in CLASSES
    assert not isinstance(NEEDS.get(name, ""), str) or name in PRODUCTS or by_name(str(NEEDS[name]))


def test_kinds_of_account() -> None:
    assert accounts_of(CLASSES["Text"]) == accounts_of(CLASSES["Subscribe"]) == EVERY_ACCOUNT
    assert accounts_of(CLASSES["Click"]) == VERIFIED | TEST
    assert accounts_of(CLASSES["TemplateSendJobFinish"]) == VERIFIED_SERVICE | TEST
    assert accounts_of(CLASSES["UserGetCard"]) == VERIFIED


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_push_shows_its_elements_and_an_example_that_has_them(bench: Bench, name: str) -> None:
    page = push_page(bench.world, bench.account, name)
    pushed = parse(read_xml(page.xml.encode()))
    assert type(pushed) is CATALOGUE[name].cls
    assert all(getattr(pushed, one.attribute) is not None for one in page.elements if one.required)
    assert push_page(bench.world, None, name).xml == ""


def test_elements_inside_elements(bench: Bench) -> None:
    elements = {one.name: one for one in push_page(bench.world, bench.account, "scancode_push").elements}
    inside = {one.name: one.kind for one in elements["ScanCodeInfo"].inside}
    assert inside == {"ScanType": "text", "ScanResult": "text"}


def test_an_unknown_push_is_refused(bench: Bench) -> None:
    with pytest.raises(BadInput):
        push_page(bench.world, bench.account, "nothing")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("calls", 200),
        ("calls/CreateMenu", 200),
        ("calls/nothing", 404),
        ("codes", 200),
        ("codes/-1", 200),
        ("codes/45009", 200),
        ("codes/x", 404),
        ("codes/12345678901234567890", 404),
        ("pushes", 200),
        ("pushes/LOCATION", 200),
        ("pushes/nothing", 404),
    ],
)
def test_the_routes_answer(platform: LocalPlatform, path: str, status: int) -> None:
    request = WireRequest(method="GET", url=f"http://127.0.0.1:8700/_platform/reference/{path}")
    assert platform.run(InProcessTransport(platform.server).send(request)).status == status
