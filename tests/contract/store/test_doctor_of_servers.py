"""The doctor asks real servers: PostgreSQL, also behind PgBouncer, and Redis."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis
from tests.servers import RedisServer

from gongzhong.config import read
from gongzhong.database import read_url
from gongzhong.running.doctor.redis_server import check_redis
from gongzhong.running.doctor.services import check_services
from gongzhong.state import open_state
from gongzhong.store import migrate

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("database", "state"), [("postgres", ""), ("pgbouncer", "redis")])
async def test_database_its_clock_and_state_are_found_in_good_health(
    database: str, state: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    migrate.upgrade(read_url(request.getfixturevalue("postgres").url))
    lines = [f'database = "{request.getfixturevalue(database).url}"']
    if state:
        lines.append(f'state = "{request.getfixturevalue(state).url}"')
    file = tmp_path / "gongzhong.toml"
    file.write_text("\n".join([*lines, "[serve]", "workers = 2", ""]), "utf-8")
    found = read(file, {})
    shared = open_state(found.state)
    try:
        findings = {one.check: one.status for one in await check_services(found, shared)}
    finally:
        await shared.close()
    good = ["database", "database.version", "database.clock", "state", "workers"]
    good += ["state.clock", "state.evictions"] if state else []
    assert {check: findings[check] for check in good} == dict.fromkeys(good, "ok")


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_redis_that_forgets_or_throws_away_is_a_warning(keeps: bool, tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis", keeps=keeps)
    server.start()
    try:
        assert await statuses(server.url) == {
            "state.appendonly": "ok" if keeps else "warning",
            "state.evictions": "ok",
            "state.clock": "ok",
        }
        client = Redis.from_url(server.url)
        await client.config_set("maxmemory", "100mb")
        await client.config_set("maxmemory-policy", "allkeys-lru")
        await client.aclose()
        assert (await statuses(server.url))["state.evictions"] == "warning"
    finally:
        server.stop()
    assert set(await statuses(server.url)) == {"state.redis"}


async def statuses(address: str) -> dict[str, str]:
    return {one.check: one.status for one in await check_redis(address)}
