"""A file of followers that is damaged anywhere changes nothing; what stands in its cells is bounded."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from gongzhong.client import WireReply, WireRequest
from gongzhong.platform import AccountConfig, PlatformConfig
from gongzhong.platform.followers_file import Import
from gongzhong.platform.world.refusal import BadInput
from gongzhong.running import followers
from gongzhong.running.platform_server import open_platform
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
        Import(shop.world, shop.world.accounts["wx1"]).feed(b"openid,remark\na," + b"x" * 200_000 + b"\n")
    shop.close()


def test_the_row_with_nul_is_named(shop: LocalPlatform) -> None:
    with pytest.raises(BadInput, match=r"3.*U\+0000"):
        Import(shop.world, shop.world.accounts["wx1"]).feed(b"openid,remark\na,b\nc,d\0e\n")
    shop.close()


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("openid", "not one"),
        ("subscribed", "maybe"),
        ("subscribe_time", "yesterday"),
        ("remark", "x" * 31),
        ("tags", "x" * 31),
        ("blacklisted", "2"),
        ("refuses", "?"),
        ("person", "taken"),
    ],
)
def test_a_mistake_names_its_column(shop: LocalPlatform, column: str, cell: str) -> None:
    heading = "openid" if column == "openid" else f"openid,{column}"
    row = cell if column == "openid" else f"a,{cell}"
    first = "first,taken" if column == "person" else "first"
    work = Import(shop.world, shop.world.accounts["wx1"])
    work.feed(f"{heading}\n{first}\n{row}\n".encode())
    report = work.finish()
    assert [(problem.line, problem.column) for problem in report.problems] == [(3, column)]
    assert (report.added, report.refused) == (1, 1)
    shop.close()


def test_a_data_directory_is_left_alone_by_a_damaged_file(tmp_path: Path) -> None:
    file = tmp_path / "followers.csv"
    file.write_bytes(DAMAGED["quotes"])
    with pytest.raises(followers.WrongFile):
        followers.store(file, "shop", tmp_path / "data", lambda *told: None)
    platform = open_platform(PlatformConfig(), tmp_path / "data")
    assert platform.world.accounts == {}
    assert platform.world.db.value("SELECT count(*) FROM relation") == 0
    platform.world.close()


def test_progress_is_told_and_others_are_served_meanwhile(shop: LocalPlatform) -> None:
    transport = InProcessTransport(shop.server)
    path = "http://127.0.0.1:8700/_platform/accounts/wx1/followers"

    async def both() -> tuple[WireReply, list[dict[str, int]]]:
        upload = WireRequest(
            method="POST", url=path, headers={"content-type": "text/csv"}, body=ROWS, timeout_s=60
        )
        work = asyncio.ensure_future(transport.send(upload))
        told: list[dict[str, int]] = []
        while not work.done():
            reply = await transport.send(
                WireRequest(method="GET", url=path, headers={"content-type": "application/json"})
            )
            told.append(json.loads(reply.body))
            await asyncio.sleep(0)
        return await work, told

    reply, told = shop.run(both())
    assert json.loads(reply.body)["added"] == 12_000
    rows = [(one["rows"], one["of"]) for one in told if one["running"]]
    stored = [row for row, of in rows if of == 12_000]
    assert len(stored) > 1 and stored == sorted(stored)
    assert json.loads(reply.body)["refused"] == 0
    shop.close()
