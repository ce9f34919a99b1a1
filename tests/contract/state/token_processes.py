"""Many processes that call for one account: `python token_processes.py STATE API_BASE PROCESSES SECONDS`.

All begin at the same moment, every other one with the awaiting client, and call until the time is over, once at least.
Prints one JSON object: how many calls went well, and the errors by their name and return code.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import os
import sys
import time

# What is imported here is not imported by every process anew.
import gongzhong.client.transports.aiohttp_transport
import gongzhong.client.transports.urllib3_transport
import gongzhong.state.postgres
import gongzhong.state.redis  # noqa: F401
from gongzhong import Account, AsyncClient, Client, GongzhongError, Hosts, Secret
from gongzhong.catalogue.customer_messages import text_message
from gongzhong.client.tokens import Tokens
from gongzhong.state import State, open_state
from gongzhong.state.tokens import StateTokenStore

PAUSE_S = 0.02
PATIENCE_S = 9


def outcome(error: GongzhongError | None) -> str:
    return "ok" if error is None else f"{type(error).__name__} {getattr(error, 'errcode', '')}".strip()


def blocking(account: Account, state: State, seconds: float) -> list[str]:
    outcomes: list[str] = []
    with Client(account, tokens=Tokens(StateTokenStore(state))) as client:
        end = time.monotonic() + seconds
        while not outcomes or time.monotonic() < end:
            try:
                client.perform(text_message(touser="o1", content="x"))
            except GongzhongError as error:
                outcomes.append(outcome(error))
            else:
                outcomes.append("ok")
            time.sleep(PAUSE_S if seconds else 0)
    return outcomes


async def awaiting(account: Account, state: State, seconds: float) -> list[str]:
    outcomes: list[str] = []
    async with AsyncClient(account, tokens=Tokens(StateTokenStore(state))) as client:
        end = time.monotonic() + seconds
        while not outcomes or time.monotonic() < end:
            try:
                await client.perform(text_message(touser="o1", content="x"))
            except GongzhongError as error:
                outcomes.append(outcome(error))
            else:
                outcomes.append("ok")
            await asyncio.sleep(PAUSE_S if seconds else 0)
    return outcomes


def child(number: int, begin: int, report: int, state: str, api: str, seconds: float) -> None:
    account = Account(appid="wx0123456789abcdef", secret=Secret("s" * 32), hosts=Hosts.local(api))
    shared = open_state(state, answer_within_s=PATIENCE_S)  # fifty processes on few cores are no outage
    os.read(begin, 1)
    made = (
        blocking(account, shared, seconds) if number % 2 else asyncio.run(awaiting(account, shared, seconds))
    )
    os.write(report, (json.dumps(collections.Counter(made)) + "\n").encode())


def main() -> None:
    state, api, processes, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    (begin, go), (reports, report) = os.pipe(), os.pipe()
    for number in range(processes):
        if os.fork() == 0:
            os.close(go)
            with contextlib.suppress(BaseException):
                child(number, begin, report, state, api, seconds)
            os._exit(0)
    os.close(report)
    time.sleep(0.2)
    os.close(go)
    total: collections.Counter[str] = collections.Counter()
    with os.fdopen(reports) as lines:
        for line in lines:
            total.update(json.loads(line))
            total["processes"] += 1
    json.dump(total, sys.stdout)


if __name__ == "__main__":
    main()
