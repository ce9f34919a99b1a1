"""What the doctor sees in the settings alone."""

from __future__ import annotations

import msgspec
import pytest

from gongzhong import Account, Hosts, Secret
from gongzhong.running.doctor.settings import check_settings, check_url


def test_settings_in_form_are_one_line(patient: Account) -> None:
    assert [(one.check, one.status) for one in check_settings(patient)] == [("settings", "ok")]


@pytest.mark.parametrize(
    ("field", "value", "check"),
    [
        ("appid", "wx123", "appid"),
        ("appid", "gh_0123456789ab", "appid"),
        ("secret", Secret("short"), "secret"),
        ("token", Secret("a b"), "token"),
        ("token", Secret("ab"), "token"),
        ("aes_key", Secret("x" * 42), "aes_key"),
        ("aes_key", Secret(""), "aes_key"),
    ],
)
def test_a_value_out_of_form_is_named_and_not_shown(
    field: str, value: str | Secret, check: str, patient: Account
) -> None:
    (found,) = check_settings(msgspec.structs.replace(patient, **{field: value}))
    assert (found.check, found.status) == (check, "wrong")
    if isinstance(value, Secret) and value:
        assert value.reveal() not in found.zh + found.en


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://example.com/wechat", "ok"),
        ("http://example.com:80/", "ok"),
        ("https://example.com:443/", "ok"),
        ("http://example.com:8000/", "wrong"),
        ("http://127.0.0.1/", "wrong"),
        ("http://192.168.1.5/", "wrong"),
        ("http://localhost/", "wrong"),
        ("example.com/wechat", "wrong"),
        ("ftp://example.com/", "wrong"),
        ("http://example.com:port/", "wrong"),
    ],
)
def test_what_wechat_itself_can_reach(url: str, status: str, patient: Account) -> None:
    real = msgspec.structs.replace(patient, hosts=Hosts())
    assert check_url(real, url)[0].status == status


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://localhost:3000/wechat"])
def test_a_local_platform_reaches_every_port(url: str, patient: Account) -> None:
    found, parts = check_url(patient, url)
    assert found.status == "ok"
    assert parts is not None
