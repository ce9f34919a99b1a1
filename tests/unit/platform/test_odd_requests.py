"""Requests that generated tests once broke the platform with: refused in WeChat's way, never a crash."""

from __future__ import annotations

import pytest

from gongzhong.catalogue.drafts import ListDrafts
from gongzhong.catalogue.fields import check
from gongzhong.catalogue.tags import delete_tag
from gongzhong.platform.world.domains import covers


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_numbers_have_64_bits(number: int) -> None:
    found = check(delete_tag(id=number))
    assert found is not None
    assert (found.path, found.code) == ("tag.id", 45159)
    assert check(delete_tag(id=2**63 - 1)) is None


def test_a_declared_limit_stays() -> None:
    found = check(ListDrafts(offset=0, count=21))
    assert found is not None
    assert (found.path, found.en) == ("count", "count: at most 20")


@pytest.mark.parametrize("address", ["http://[", "http://[::1", "//a.test/"])
def test_addresses_that_are_none_belong_to_no_domain(address: str) -> None:
    assert not covers(["a.test"], address, any_port=False)
    assert covers(["a.test"], "https://a.test/x", any_port=False)
