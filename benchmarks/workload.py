"""The pushes that everybody is measured with: short texts, no two alike, signed as WeChat signs them."""

from __future__ import annotations

import time
from hashlib import blake2b

from credentials import APPID, KEY, TOKEN

from gongzhong.account import Encryption
from gongzhong.messages import Text, encode
from gongzhong.wire import PushWriter, SealedPush

NOW = 1_700_000_000


def openid(number: int, scattered: bool = False) -> str:
    """The OpenID of a person; `scattered`: in no order, as at WeChat."""
    if scattered:
        return f"o{blake2b(str(number).encode(), digest_size=14).hexdigest()[:27]}"
    return f"oABCD1234efgh5678ijkl{number:07d}"


def text(number: int, people: int | None = None, scattered: bool = False) -> Text:
    """Message `number`; so many people write in turn, by default everybody once."""
    person = number if people is None else number % people
    return Text(
        to_user_name="gh_a1b2c3d4e5f6",
        from_user_name=openid(person, scattered),
        create_time=NOW + number,
        content=f"第 {number} 号订单到哪里了？ where is my order",
        msg_id=24261840000000001 + number,
    )


def pushes(
    mode: Encryption, first: int, count: int, people: int | None = None, scattered: bool = False
) -> list[SealedPush]:
    """Pushes number `first` to `first + count - 1`, sealed as the mode asks."""
    writer, now = PushWriter(TOKEN, KEY, APPID, mode), int(time.time())
    texts = ((number, text(number, people, scattered)) for number in range(first, first + count))
    return [writer.seal(encode(said), now, str(10**9 + number), said.openid) for number, said in texts]
