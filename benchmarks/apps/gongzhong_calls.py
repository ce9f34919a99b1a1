"""Sends template messages with gongzhong and prints how long it took.

python gongzhong_calls.py PORT COUNT urllib3|asyncio|pyreqwest|pyreqwest-async
"""

import asyncio
import sys
import time

import uvloop
from credentials import APPID, TOKEN

from gongzhong import Account, AsyncClient, Client, Hosts, Secret
from gongzhong.client import AsyncTransport, Transport

PORT, COUNT, ROAD = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
IN_FLIGHT = 64
ACCOUNT = Account(appid=APPID, secret=Secret(TOKEN), hosts=Hosts.local(f"http://127.0.0.1:{PORT}"))
DATA = {"first": {"value": "您的订单已发货"}, "remark": {"value": "点击查看物流"}}


def blocking(transport: Transport | None) -> float:
    with Client(ACCOUNT, transport) as client:
        send = client.template.send
        send(touser="o0", template_id="T", data=DATA, url="https://example.com/0")
        began = time.perf_counter()
        for number in range(COUNT):
            send(touser=f"o{number}", template_id="T", data=DATA, url=f"https://example.com/{number}")
        return time.perf_counter() - began


async def awaiting(transport: AsyncTransport | None) -> float:
    async with AsyncClient(ACCOUNT, transport) as client:
        send = client.template.send
        numbers = iter(range(COUNT))

        async def worker() -> None:
            for number in numbers:
                await send(
                    touser=f"o{number}", template_id="T", data=DATA, url=f"https://example.com/{number}"
                )

        await send(touser="o0", template_id="T", data=DATA, url="https://example.com/0")
        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
        return time.perf_counter() - began


def main() -> float:
    if ROAD == "urllib3":
        return blocking(None)
    if ROAD == "asyncio":
        return uvloop.run(awaiting(None))
    from gongzhong.client.transports.pyreqwest_transport import PyreqwestAsyncTransport, PyreqwestTransport

    if ROAD == "pyreqwest":
        return blocking(PyreqwestTransport())

    async def with_own_transport() -> float:
        transport = PyreqwestAsyncTransport()
        try:
            return await awaiting(transport)
        finally:
            await transport.close()

    return uvloop.run(with_own_transport())


print(main())
