"""The local platform under load: a million followers, template messages, encrypted pushes.

    python benchmarks/local_platform.py [--quick] [--json]

The platform always has the first core. A million followers come in from CSV over HTTP and are walked through by our
client from the second; template messages come from 64 connections on the second; pushes go to an app that
`gongzhong serve` runs on the second. (Not called platform.py: Python has a module of that name.)
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from results import Progress, Result, run_alone

from gongzhong import Account, Client
from gongzhong.running import followers
from gongzhong.running.control import Control
from gongzhong.running.listening import free_port
from servers import BENCHMARKS, cores, output_of, served

FOLLOWERS, FEW = 1_000_000, 50_000
SENDS, PUSHES = 20_000, 6_000
IMPORT_S, WALK_S, RESIDENT_MB = 60.0, 15.0, 1024.0
SENDS_A_SECOND, PUSHES_A_SECOND = 4_000.0, 1_500.0

OPENID, TEMPLATE = "oBENCHbenchBENCHbenchBENCHbe", "BENCH-template"
TEST_BED = f"""
[[account]]
name = "bench"
call_limits = {{ "/cgi-bin/message/template/send" = 100000000 }}

[[person]]
name = "alice"
accounts = {{ bench = {{ follows = true, openid = "{OPENID}" }} }}

[[template]]
account = "bench"
title = "订单通知"
template_id = "{TEMPLATE}"
content = "商品:{{{{thing1.DATA}}}}\\n金额:{{{{amount2.DATA}}}}"
"""


class Bed(NamedTuple):
    """A running platform: where, which process, and its account."""

    port: int
    process: int
    account: Account


@contextmanager
def platform(folder: Path) -> Iterator[Bed]:
    file, port = folder / "bench.toml", free_port()
    file.write_text(TEST_BED, "utf-8")
    command = [sys.executable, "-m", "gongzhong", "platform", "--port", str(port), "--config", file]
    with served(command, port, core=cores().server) as process:
        yield Bed(port, process, Control(f"http://127.0.0.1:{port}").credentials("bench"))


def write_followers(file: Path, count: int) -> None:
    """Every follower has a remark and comes from somewhere; every tenth carries tags."""
    with file.open("w", encoding="utf-8") as out:
        out.write("openid,remark,tags,subscribe_time,scene\n")
        for number in range(count):
            # Not in order: real OpenIDs are not either.
            name = number * 7_368_787 % 1_000_000_007
            tags = "" if number % 10 else "老客户|上海"
            out.write(f"oBENCH{name:022d},第{number}位,{tags},{1_600_000_000 + number},shop{number % 100}\n")


def peak_mb(process: int) -> float:
    """The most memory that a process has had resident."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _at_most(what: str, unit: str, value: float, limit: float) -> Result:
    return Result(what, unit, value, target=f"≤ {limit:g}", reached=value <= limit)


def _at_least(what: str, unit: str, value: float, limit: float) -> Result:
    return Result(what, unit, value, target=f"≥ {limit:g}", reached=value >= limit)


def crowd(bed: Bed, folder: Path, count: int) -> list[Result]:
    """Import and walk. Raises RuntimeError when somebody is missing."""
    file = folder / "followers.csv"
    write_followers(file, count)
    began = time.perf_counter()
    report = followers.send(
        file, "bench", Control(f"http://127.0.0.1:{bed.port}"), lambda what, done, size: None
    )
    imported = time.perf_counter() - began
    began = time.perf_counter()
    with Client(bed.account) as client:
        seen = sum(1 for _ in client.users.walk())
    walked = time.perf_counter() - began
    if (report["added"], seen) != (count, count + 1):
        raise RuntimeError(f"{report['added']} imported and {seen} seen of {count}")
    return [
        _at_most(f"导入 import {count:,}", "s", imported, IMPORT_S),
        _at_most(f"遍历 walk {count:,}", "s", walked, WALK_S),
        _at_most("平台内存 memory", "MB", peak_mb(bed.process), RESIDENT_MB),
    ]


def sends(bed: Bed, count: int) -> Result:
    """Template messages accepted a second. Raises RuntimeError when one was not."""
    account = bed.account
    names = {
        "appid": account.appid,
        "secret": account.secret.reveal(),
        "template": TEMPLATE,
        "openid": OPENID,
    }
    words = [word for name, value in names.items() for word in (f"--{name}", value)]
    command = [sys.executable, BENCHMARKS / "api_load.py", "--port", str(bed.port), *words]
    answer = json.loads(output_of([*command, "--count", str(count)], cores().sender))
    if answer["failures"]:
        raise RuntimeError(f"{answer['failures']:.0f} template messages were refused")
    return _at_least("模板消息 template sends", "条/s", count / answer["seconds"], SENDS_A_SECOND)


def pushes(count: int) -> Result:
    """Pushes answered a second. Raises RuntimeError when one was not."""
    port = free_port()
    command = [sys.executable, "-m", "gongzhong", "serve", "gongzhong_echo.py:oa", "--port", str(port)]
    with served(command, port, core=cores().sender, env={"MODE": "safe"}):
        load = [sys.executable, BENCHMARKS / "push_load.py", "--url", f"http://127.0.0.1:{port}/"]
        answer = json.loads(output_of([*load, "--count", str(count)], cores().server))
    if answer["failures"]:
        raise RuntimeError(f"{answer['failures']:.0f} pushes were not answered")
    return _at_least("安全模式推送 encrypted pushes", "条/s", count / answer["seconds"], PUSHES_A_SECOND)


def measure(quick: bool, progress: Progress) -> list[Result]:
    """All four."""
    with TemporaryDirectory() as name, platform(Path(name)) as bed:
        progress("模板消息 / template sends")
        sent = sends(bed, SENDS // 4 if quick else SENDS)
        progress("导入关注者 / followers")
        many = crowd(bed, Path(name), FEW if quick else FOLLOWERS)
    progress("推送 / pushes")
    return [*many, sent, pushes(PUSHES // 3 if quick else PUSHES)]


if __name__ == "__main__":
    run_alone(measure, __doc__)
