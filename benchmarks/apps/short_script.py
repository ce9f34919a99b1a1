"""A script as people write them: 64 calls at once, then the end: python short_script.py PORT asyncio|pyreqwest"""

import asyncio
import sys

from credentials import APPID, TOKEN

from gongzhong import Account, AsyncClient, Hosts, Secret
from gongzhong.client import AsyncTransport

PORT, ROAD = int(sys.argv[1]), sys.argv[2]
ACCOUNT = Account(appid=APPID, secret=Secret(TOKEN), hosts=Hosts.local(f"http://127.0.0.1:{PORT}"))


def transport() -> AsyncTransport:
    if ROAD == "asyncio":
        from gongzhong.client.transports.asyncio_transport import AsyncioTransport

        return AsyncioTransport()
    from gongzhong.client.transports.pyreqwest_transport import PyreqwestAsyncTransport

    return PyreqwestAsyncTransport()


async def main() -> None:
    road = transport()
    async with AsyncClient(ACCOUNT, road) as client:
        calls = (client.template.send(touser=f"o{n}", template_id="T", data={}) for n in range(64))
        await asyncio.gather(*calls)
    await road.close()


asyncio.run(main())
