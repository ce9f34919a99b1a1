"""Many accounts of one app in one process, at /0, /1 and so on: ACCOUNTS says how many, STATE what they share, if it is
named. They share connections, and with them state, table of work and the process's lease."""

import os

from credentials import TOKEN

from gongzhong import Account, Accounts, App, Secret, Text
from gongzhong.app import Connections, Services

app = App()
services = Services(state=os.environ.get("STATE"), connections=Connections())


def account(number: int) -> Account:
    return Account(appid=f"wx{number:016x}", token=Secret(TOKEN))


accounts = Accounts(
    {f"/{number}": app.bind(account(number), services) for number in range(int(os.environ["ACCOUNTS"]))}
)


@app.on(Text)
async def echo(message: Text) -> str:
    return message.content
