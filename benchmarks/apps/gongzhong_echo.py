"""The account of the measurements, written with gongzhong: says back what it is told.

MODE is the encryption; STATE and DATABASE are where workers share what they know, nowhere by default.
"""

import os
from typing import cast

from credentials import APPID, KEY, TOKEN

from gongzhong import Account, App, Secret, Text
from gongzhong.account import Encryption
from gongzhong.app import Services

mode = cast(Encryption, os.environ["MODE"])
app = App()
account = Account(appid=APPID, token=Secret(TOKEN), aes_key=Secret(KEY), encryption=mode)
oa = app.bind(account, Services(state=os.environ.get("STATE"), store=os.environ.get("DATABASE")))
asgi = oa.asgi
rsgi = oa.rsgi


@app.on(Text)
async def echo(message: Text) -> str:
    return message.content
