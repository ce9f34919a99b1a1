"""Another program that has tokens made for the same account is noticed and named, in all who share the record."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from gongzhong import facts
from gongzhong.account import Secret
from gongzhong.client import TokenPolicy, TokenRecord, Tokens
from gongzhong.running.doctor.shared_token import check_shared_token
from gongzhong.state import MemoryState
from gongzhong.state.tokens import named, read, written

OWNER = "http://wx.test|wx0123456789abcdef|access_token"


def displace(world: Any) -> None:
    """Somebody else has a token made; the next call finds out."""
    world.weixin.new_token()
    world.clock.advance(minutes=5)


@pytest.mark.parametrize("kind", ["plain", "stable"])
def test_the_third_time_within_an_hour_is_told(
    world: Any, caplog: pytest.LogCaptureFixture, kind: Any
) -> None:
    tokens = Tokens(clock=world.clock, policy=TokenPolicy(kind=kind))
    client = world.client(tokens)
    call(client)
    for times in (1, 2, 3):
        assert "although it was new" not in caplog.text
        displace(world)
        with caplog.at_level(logging.ERROR, "gongzhong.client"):
            call(client)
        assert tokens.displaced() == {OWNER: times}
    assert "access_token of wx0123456789abcdef was refused 3 times" in caplog.text
    assert ("/cgi-bin/token" in caplog.text) == (kind == "plain")
    assert "t0ken" not in caplog.text
    world.clock.advance(hours=1, seconds=1)
    assert tokens.displaced() == {}


def call(client: Any) -> None:
    client.base.clear_quota()


def test_an_end_at_its_time_and_a_renewal_are_nobodys_doing(world: Any) -> None:
    client = world.client()
    call(client)
    for _ in range(4):
        world.clock.advance(seconds=7200 - facts.TOKEN_OVERLAP_S + 30)
        world.weixin.new_token()  # its time had come, as ours had
        call(client)
    assert world.tokens.displaced() == {}


def test_the_record_carries_it_to_other_processes() -> None:
    record = TokenRecord(
        value=Secret("88_abc"), generation=4, fetched_at=1.0, expires_at=7201.0, displaced=(1.0, 2.0)
    )
    assert read(written(record)) == record
    old = b'{"value":"88_abc","generation":4,"fetched_at":1.0,"expires_at":7201.0}'
    found = read(old)
    assert found is not None
    assert found.displaced == ()


@pytest.mark.anyio
@pytest.mark.parametrize(("times", "status"), [(None, None), (0, "ok"), (1, "warning"), (3, "wrong")])
async def test_the_doctor_reads_it(world: Any, times: int | None, status: str | None) -> None:
    state, now = MemoryState(), time.time()
    if times is not None:
        record = TokenRecord(
            value=Secret("88_abc"),
            generation=4,
            fetched_at=now,
            expires_at=now + 7200,
            displaced=tuple(now - 60 * n for n in range(times)),
        )
        await state.put(named(OWNER), written(record), replaces=0, ttl_s=60)
    findings = await check_shared_token(world.account, state)
    assert [finding.status for finding in findings] == ([] if status is None else [status])
