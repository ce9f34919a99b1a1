"""What the API says about the credentials, passed on with the fix."""

from __future__ import annotations

import msgspec
import pytest

from gongzhong import Account, Secret
from gongzhong.errors import NotReached
from gongzhong.platform import Platform
from gongzhong.platform.world import accounts
from gongzhong.running.doctor import diagnose
from gongzhong.running.doctor.credentials import check_credentials

from .conftest import Wechat

pytestmark = pytest.mark.anyio


async def test_right_credentials_and_what_a_service_account_may_do(patient: Account, wechat: Wechat) -> None:
    first, *permissions = await check_credentials(patient, wechat)
    assert (first.check, first.status) == ("credentials", "ok")
    assert {one.status for one in permissions} == {"ok"}
    menu = next(one for one in permissions if one.check == "permission.cgi-bin/menu/create")
    assert "1000" in menu.en


async def test_calls_that_the_account_may_not_make_are_notes(
    platform: Platform, patient: Account, wechat: Wechat
) -> None:
    accounts.change(platform.world, patient.appid, {"kind": "subscription", "verified": False})
    _, *permissions = await check_credentials(patient, wechat)
    templates = next(one for one in permissions if "template" in one.check)
    assert templates.status == "note"
    assert "not open" in templates.en


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"secret": Secret("0" * 32)}, "credentials.40125"),
        ({"appid": "wx0000000000000000"}, "credentials.40013"),
    ],
)
async def test_refused_credentials_carry_the_code(
    change: dict[str, object], check: str, patient: Account, wechat: Wechat
) -> None:
    (found,) = await check_credentials(msgspec.structs.replace(patient, **change), wechat)
    assert (found.check, found.status) == (check, "wrong")
    assert found.fix_zh and found.fix_en


async def test_the_address_to_allow_is_named(platform: Platform, patient: Account, wechat: Wechat) -> None:
    accounts.change(platform.world, patient.appid, {"ip_allow_list": ["1.2.3.4"]})
    (found,) = await check_credentials(patient, wechat)
    assert found.check == "credentials.40164"
    assert "10.9.8.7" in found.fix_zh


async def test_an_unreachable_api_is_not_the_credentials_fault(patient: Account) -> None:
    class Cut:
        async def send(self, request: object, /) -> None:
            raise NotReached("断网", "no network")

        async def close(self) -> None:
            return

    (found,) = await check_credentials(patient, Cut())  # type: ignore[arg-type]
    assert (found.check, found.status, found.en) == ("credentials", "wrong", "no network")


async def test_without_url_and_secret_both_parts_are_skipped(patient: Account) -> None:
    findings = await diagnose(msgspec.structs.replace(patient, secret=Secret("")))
    assert [(one.check, one.status) for one in findings] == [
        ("settings", "ok"),
        ("url", "skipped"),
        ("credentials", "skipped"),
    ]


async def test_a_url_without_a_token_cannot_be_checked(patient: Account, wechat: Wechat, url: str) -> None:
    findings = await diagnose(msgspec.structs.replace(patient, token=Secret("")), url, transport=wechat)
    assert [one.check for one in findings if one.status == "wrong"] == ["token"]
