"""Several gateway processes for one account: one token, keys and limits in common, no secret in what they write."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.servers import Postgres
from tests.sockets.gateways import Keeper, fetched, process, told

from gongzhong.testing.live_platform import LivePlatform

from .test_admin_address import get, value
from .test_supervisor import until

pytestmark = pytest.mark.heavy

ADDRESSES = "/cgi-bin/get_api_domain_ip"
UPLOADED = "a text of a user that must not be seen"


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'gateway.db'}"
        return
    server = Postgres(tmp_path / "postgres")
    server.start()
    yield server.url
    server.stop()


def test_two_processes_are_one_gateway(address: str, live_platform: LivePlatform, tmp_path: Path) -> None:
    live_platform.connect()
    account, keeper, log = live_platform.account, Keeper(address), tmp_path / "log"
    with ExitStack() as stack:
        fronts = [stack.enter_context(process(address, account, log))[0] for _ in range(2)]
        key, few = keeper.key(), keeper.key(daily=10)
        tokens = [fetched(front, key) for front in fronts]
        with ThreadPoolExecutor(8) as pool:
            ways = [(fronts[n % 2], tokens[n // 2 % 2]) for n in range(40)]
            told_all = list(
                pool.map(
                    lambda way: told(
                        f"{way[0]}/cgi-bin/user/info", {"access_token": way[1], "openid": UPLOADED}
                    ),
                    ways,
                )
            )
            assert {answer["errcode"] for answer in told_all} == {40003}
            limited = list(
                pool.map(
                    lambda n: told(f"{fronts[n % 2]}{ADDRESSES}", Authorization=f"Bearer {few}").get(
                        "errcode", 0
                    ),
                    range(16),
                )
            )
        assert sorted(limited) == [0] * 10 + [45009] * 6
        assert len([call for call in live_platform.calls if "stable_token" in call.url]) == 1
        recorded(keeper, 2 + 40 + 16)
    written = log.read_bytes()
    for secret in (
        key,
        few,
        *tokens,
        account.secret.reveal(),
        UPLOADED,
        live_platform.client().access_token(),
    ):
        assert secret.encode() not in written


def recorded(keeper: Keeper, number: int) -> None:
    ends = time.monotonic() + 20
    while len(keeper.calls(limit=1000)) < number:
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_the_admin_address_tells_of_calls_keys_tokens_and_what_is_out_of_reach(
    live_platform: LivePlatform, tmp_path: Path
) -> None:
    live_platform.connect()
    database = Postgres(tmp_path / "postgres")
    database.start()
    account, admin = live_platform.account, tmp_path / "admin.sock"
    keeper = Keeper(database.url)
    key = keeper.key()
    number = key.split("_")[1]
    with process(database.url, account, tmp_path / "log", "--admin", str(admin)) as (front, _):
        until(lambda: get(admin, "/readyz")[0] == 200)
        token = fetched(front, key)
        for openid in ("o1", "o2"):
            told(f"{front}/cgi-bin/user/info", {"access_token": token, "openid": openid})
        told(f"{front}{ADDRESSES}", {"access_token": token})
        told(f"{front}{ADDRESSES}", {"access_token": "wrong"})
        mine = {"account": account.appid, "key": number}
        until(lambda: value(admin, "gongzhong_gateway_calls_total") == 5)
        assert value(admin, "gongzhong_gateway_calls_total", **mine, result="40003") == 2
        assert value(admin, "gongzhong_gateway_calls_total", **mine, result="ok") == 2
        assert value(admin, "gongzhong_gateway_bytes_total", **mine, direction="sent") > 0
        assert value(admin, "gongzhong_gateway_call_seconds_count") == 5
        assert value(admin, "gongzhong_token_fetches_total", account=account.appid, result="ok") == 1
        assert value(admin, "gongzhong_worker_resident_bytes") > 10_000_000
        assert value(admin, "gongzhong_state_up") == 1
        shown = get(admin, "/metrics")[1]
        for secret in (key, token, account.secret.reveal(), '"o1"'):
            assert secret not in shown
        database.stop()
        until(lambda: get(admin, "/readyz")[0] == 503)
        until(lambda: "database" in get(admin, "/readyz")[1] and "state" in get(admin, "/readyz")[1])
        assert get(admin, "/healthz")[0] == 200
        database.start()
        until(lambda: get(admin, "/readyz")[0] == 200)
    database.stop()
