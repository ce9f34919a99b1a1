"""Many accounts of one app in one process, at /0, /1 and so on: ACCOUNTS says how many, STATE what they share, if it is
named. State and table of work are opened once for all."""

import os

from credentials import TOKEN

from gongzhong import Account, Accounts, App, Secret, Text
from gongzhong.app import Services
from gongzhong.database import read_url
from gongzhong.state import open_state
from gongzhong.store import migrate, open_store

app = App()
address = os.environ.get("STATE")
services = Services()
if address is not None:
    migrate.prepare(read_url(address))
    services = Services(state=open_state(address), store=open_store(read_url(address)))


def account(number: int) -> Account:
    return Account(appid=f"wx{number:016x}", token=Secret(TOKEN))


accounts = Accounts(
    {f"/{number}": app.bind(account(number), services) for number in range(int(os.environ["ACCOUNTS"]))}
)


@app.on(Text)
async def echo(message: Text) -> str:
    return message.content
