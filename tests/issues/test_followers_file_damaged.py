"""A file of followers that is damaged anywhere changes nothing; what stands in its cells is bounded."""

from __future__ import annotations

import pytest

from gongzhong.client import WireRequest
from gongzhong.platform import AccountConfig, PlatformConfig
from gongzhong.platform.followers_file import Import, check
from gongzhong.platform.world.refusal import BadInput
from gongzhong.testing import LocalPlatform
from gongzhong.testing.in_process import InProcessTransport

ROWS = b"openid,remark\n" + b"".join(b"follower-%06d,x\n" % number for number in range(12_000))
DAMAGED = {
    "not UTF-8": ROWS + b"last,\xff\xfe\n",
    "half a character": ROWS + "last,爱".encode()[:-1],
    "quotes": ROWS + b'last,"never closed',
}


@pytest.fixture
def shop() -> LocalPlatform:
    return LocalPlatform(PlatformConfig(account=[AccountConfig(name="shop", appid="wx1")]))


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_file_changes_nothing(shop: LocalPlatform, kind: str) -> None:
    request = WireRequest(
        method="POST",
        url="http://127.0.0.1:8700/_platform/accounts/wx1/followers",
        headers={"content-type": "text/csv"},
        body=DAMAGED[kind],
        timeout_s=60,
    )
    reply = shop.run(InProcessTransport(shop.server).send(request))
    assert reply.status == 400
    assert b"error" in reply.body
    assert shop.world.db.value("SELECT count(*) FROM relation") == 0
    shop.close()


@pytest.mark.parametrize(
    "time", ["9" * 5000, "99999999999", "0001-01-01", "9999-12-31T23:59:59", "-1", "\u0661"]
)
def test_a_time_that_cannot_be_is_refused_with_its_line(shop: LocalPlatform, time: str) -> None:
    work = Import(shop.world, shop.world.accounts["wx1"])
    work.feed(f"openid,subscribe_time\na,{time}\nb,1700000000\n".encode())
    report = work.finish()
    assert (report.added, report.refused, report.problems[0].line) == (1, 1, 2)
    shop.close()


def test_a_cell_that_is_too_long_is_named(shop: LocalPlatform) -> None:
    with pytest.raises(BadInput, match="2"):
        check(shop.world, shop.world.accounts["wx1"], [b"openid,remark\na," + b"x" * 200_000 + b"\n"])
    shop.close()
