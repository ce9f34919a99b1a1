"""Has a platform push texts to an app, signed and encrypted, 64 at a time; every one must be answered.

    python push_load.py --url http://127.0.0.1:8000/ --count 5000

The platform runs in this process, on the core that this process is given; the app is somewhere else. Prints one JSON
object: seconds and failures.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time

import uvloop
from credentials import APPID, KEY, TOKEN
from workload import text

from gongzhong.platform import AccountConfig, Platform, PlatformConfig

AT_ONCE = 64


async def run(url: str, count: int) -> dict[str, float]:
    declared = AccountConfig(
        name="bench",
        appid=APPID,
        original_id="gh_a1b2c3d4e5f6",
        token=TOKEN,
        aes_key=KEY,
        encryption="safe",
        url=url,
    )
    platform = Platform(PlatformConfig(account=[declared]))
    account = platform.account(APPID)
    numbers = iter(range(int(time.time()) * 1000, int(time.time()) * 1000 + count))
    failures = 0

    async def pusher() -> None:
        nonlocal failures
        for number in numbers:
            outcome = await platform.push(account, text(number))
            failures += outcome.verdict.kind != "replied"

    gc.collect()
    began = time.perf_counter()
    await asyncio.gather(*(pusher() for _ in range(AT_ONCE)))
    seconds = time.perf_counter() - began
    await platform.close()
    return {"seconds": seconds, "failures": failures}


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--url", required=True)
    options.add_argument("--count", type=int, default=5_000)
    chosen = options.parse_args()
    print(json.dumps(uvloop.run(run(chosen.url, chosen.count))))


if __name__ == "__main__":
    main()
