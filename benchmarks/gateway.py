"""The gateway: how many calls pass through one core, beside the same calls made straight to WeChat's API.

    python benchmarks/gateway.py [--quick] [--json]

64 connections send template messages; `api_server.py`, which answers at once, and the sender share one core, the
gateway has the other. What counts is the gateway's processor time: the machine may be busy with other things. Its
database is SQLite; every call is recorded. One line measures a key with limits, which are counted in the shared state.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from credentials import APPID
from results import PER_SECOND, Progress, Result, run_alone

from gongzhong.database import read_url
from gongzhong.database.statements import Statements, open_database
from gongzhong.gateway import GatewayTables, make_key
from gongzhong.running.listening import free_port
from gongzhong.store import migrate
from servers import BENCHMARKS, Failed, cores, cpu_s, output_of, served

AT_LEAST = 3_000
"""Calls a second on one core."""
CALLS = 10_000
SECRET = "0123456789abcdef0123456789abcdef"


def keys(address: str) -> dict[str, str]:
    """A database with two keys: one without limits, one whose limits are counted."""
    url = read_url(address)
    migrate.prepare(url)

    async def make() -> dict[str, str]:
        tables = GatewayTables(Statements(open_database(url)))
        found = {}
        for name, limit in (("free", 0), ("limited", 10_000_000)):
            key, text = make_key(name, ["*"], ["*"], per_minute=limit, daily=limit, now=0.0)
            await tables.add_key(key)
            found[name] = text.reveal()
        await tables.close()
        return found

    return asyncio.run(make())


def send(port: int, base: str, secret: str, count: int) -> float:
    """Send template messages; gives calls a second."""
    command: list[str | Path] = [sys.executable, BENCHMARKS / "api_load.py", "--port", str(port)]
    command += ["--base", base, "--appid", APPID, "--secret", secret, "--template", "T", "--openid", "o1"]
    said = json.loads(output_of([*command, "--count", str(count)], cores().sender))
    if said["failures"]:
        raise Failed(f"{said['failures']} of {count} calls were not answered as they should be")
    return float(count / said["seconds"])


def measure(quick: bool, progress: Progress) -> list[Result]:
    """Calls a second of processor time without and with limits, and the rate beside that of direct calls."""
    count, rounds = (CALLS // 5, 2) if quick else (CALLS, 5)
    weixin, port = free_port(), free_port()
    rates: dict[str, list[float]] = {"free": [], "limited": [], "straight": [], "through": []}
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{folder}/gateway.db"
        made = keys(address)
        env = {"GONGZHONG_APPID": APPID, "GONGZHONG_SECRET": SECRET, "GONGZHONG_DATABASE": address}
        env["GONGZHONG_API_BASE"] = f"http://127.0.0.1:{weixin}"
        command = [sys.executable, "-m", "gongzhong", "gateway", "--port", str(port)]
        weixin_command = [sys.executable, BENCHMARKS / "api_server.py", str(weixin)]
        with (
            served(weixin_command, weixin, core=cores().sender),
            served(command, port, core=cores().server, env=env) as gateway,
        ):
            send(port, f"/{APPID}", made["free"], 500)
            for turn in range(rounds):
                progress(f"网关 gateway {turn + 1}")
                for name, key in made.items():
                    before = cpu_s(gateway)
                    rate = send(port, f"/{APPID}", key, count)
                    rates[name].append(count / (cpu_s(gateway) - before))
                    if name == "free":
                        rates["through"].append(rate)
                rates["straight"].append(send(weixin, "", SECRET, count))
    ratio = median(a / b for a, b in zip(rates["through"], rates["straight"], strict=True))
    free, limited = median(rates["free"]), median(rates["limited"])
    return [
        Result("网关 gateway, 1 core", PER_SECOND, free, target="≥ 3,000/s", reached=free >= AT_LEAST),
        Result("有次数限制 with limits", PER_SECOND, limited),
        Result(
            "经过网关 through it",
            PER_SECOND,
            median(rates["through"]),
            "straight",
            median(rates["straight"]),
            ratio,
        ),
    ]


if __name__ == "__main__":
    run_alone(measure, __doc__)
