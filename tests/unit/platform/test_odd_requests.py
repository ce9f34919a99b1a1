"""Requests that generated tests once broke the platform with: refused in WeChat's way, never a crash."""

from __future__ import annotations

import pytest

from gongzhong.catalogue.comments import ListComments
from gongzhong.catalogue.fields import INVALID, check
from gongzhong.catalogue.lenient import build
from gongzhong.catalogue.tags import delete_tag
from gongzhong.platform.doors.open import same_host


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_numbers_have_64_bits(number: int) -> None:
    found = check(delete_tag(id=number))
    assert found is not None
    assert (found.path, found.code) == ("tag.id", INVALID)
    assert check(delete_tag(id=2**63 - 1)) is None


def test_a_declared_limit_stays() -> None:
    call = build({"msg_data_id": 1, "index": 0, "begin": 0, "count": 10**9, "type": 0}, ListComments)
    found = check(call)
    assert found is not None
    assert found.path == "count"
    assert str(10**9) not in found.en


@pytest.mark.parametrize("address", ["http://[", "http://[::1", "//a.test/"])
def test_addresses_that_are_none_belong_to_no_domain(address: str) -> None:
    assert not same_host(address, "a.test")
    assert same_host("https://a.test/x", "a.test")
