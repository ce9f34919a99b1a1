"""The account of the measurements, written with gongzhong: says back what it is told."""

import os
from typing import cast

from credentials import APPID, KEY, TOKEN

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.account import Encryption

mode = cast(Encryption, os.environ["MODE"])
oa = OfficialAccount(Account(appid=APPID, token=Secret(TOKEN), aes_key=Secret(KEY), encryption=mode))
asgi = oa.asgi
rsgi = oa.rsgi


@oa.on(Text)
async def echo(message: Text) -> str:
    return message.content
