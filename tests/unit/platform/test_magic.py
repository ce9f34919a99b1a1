"""Identifiers that always meet the same refusal, and the page that lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.catalogue import codes
from gongzhong.errors import BusyError, CallError
from gongzhong.platform.world import faults
from gongzhong.platform.world.refusal import Refusal
from gongzhong.testing import LocalPlatform

PAGE = Path(__file__).parents[3] / "docs" / "magic-values.md"
VALUES = [
    (f"{prefix}{faults.MARK}{code}", code) for prefix, numbers in faults.COMMON.items() for code in numbers
]


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text("utf-8") == faults.document(), "run: python scripts/write_magic_values.py"


@pytest.mark.parametrize(("value", "code"), VALUES)
def test_each_listed_value_is_refused_with_its_code(value: str, code: int) -> None:
    for given in (value, f"{value}AAAAAAAA", f"{value}_x-9"):
        with pytest.raises(Refusal) as refused:
            faults.refuse(given)
        assert refused.value.code == code
    assert codes.lookup(code) is not None


@pytest.mark.parametrize(
    "value",
    ["", "oSIM", "oSIMabc", "SIM45015", "xoSIM45015", "oSIM999999999", "osim45015", "oSIMple", "你好"],
)
def test_everything_else_passes(value: str) -> None:
    faults.refuse(value)


def test_they_work_in_queries_bodies_lists_and_credentials(platform: LocalPlatform) -> None:
    oa = OfficialAccount(Account(appid="wx00000000000000d1", secret=Secret("s" * 32), token=Secret("tok123")))
    platform.connect(oa)
    client = platform.client(oa)
    for code, refused in {
        45015: lambda: client.customer.send_text(touser="oSIM45015AAAAAAAAAAAAAAAAAAA", content="hi"),
        43004: lambda: client.users.get(openid="oSIM43004AAAAAAAAAAAAAAAAAAA"),
        40003: lambda: client.users.get_many(openids=["oSIM40003"]),
        40037: lambda: client.template.send(touser="o1", template_id="templateSIM40037", data={}),
        40007: lambda: client.media.get(media_id="mediaSIM40007"),
    }.items():
        with pytest.raises(CallError) as error:
            refused()
        assert error.value.errcode == code
    stranger = Account(
        appid="wxSIM40164", secret=Secret("s" * 32), token=Secret("tok123"), hosts=oa.account.hosts
    )
    with pytest.raises(CallError) as error:
        platform.client(OfficialAccount(stranger)).menu.get()
    assert error.value.errcode == 40164
    with pytest.raises(BusyError):
        client.users.get(openid="oSIM-1AAAAAAAAAAAAAAAAAAAAA")


def test_a_message_about_them_is_an_ordinary_message(platform: LocalPlatform) -> None:
    oa = OfficialAccount(Account(appid="wx00000000000000d2", secret=Secret("s" * 32), token=Secret("tok123")))
    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows()
    platform.client(oa).customer.send_text(touser=alice.openid(), content="试试 oSIM45015 这个值")
    assert alice.inbox[-1].text == "试试 oSIM45015 这个值"
