"""Test pushes: as WeChat sends them, and with wrong signatures or in another mode.

The server handles them like real ones: a handler gets a text message of an OpenID that does not exist.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Literal

from ...account import Account, Encryption
from ...messages import Text, encode
from ...platform.delivery.receiver import Answered, Receiver, Unanswered
from ...wire import PushWriter
from ..callback import with_query

Manner = Literal["right", "forged", "other_msg_signature", "msg_signature_as_signature"]

OPENID = "oGongzhongDoctor_00000000000"
ORIGINAL_ID = "gh_0123456789ab"
CONTENT = "gongzhong doctor"


@dataclass(frozen=True, slots=True)
class Sent:
    """One push and what came back."""

    push: Text
    writer: PushWriter
    answer: Answered | None
    silence: str
    cost_s: float
    detail: str = ""

    @property
    def taken(self) -> bool:
        """Whether the server accepted the push: it answered 200."""
        return self.answer is not None and self.answer.status == 200

    @property
    def replied(self) -> bool:
        return self.taken and self.answer is not None and self.answer.body not in (b"", b"success")


class PushProbe:
    """Sends test pushes to one callback URL."""

    def __init__(self, account: Account, url: str, receiver: Receiver, *, patience_s: float) -> None:
        self.account, self.url = account, url
        self._receiver, self._patience_s = receiver, patience_s

    async def send(self, manner: Manner = "right", mode: Encryption | None = None) -> Sent:
        """Push one text, in the account's mode unless another is named."""
        account = self.account
        now = int(time.time())
        push = Text(
            to_user_name=ORIGINAL_ID,
            from_user_name=OPENID,
            create_time=now,
            msg_id=secrets.randbelow(2**62),
            content=CONTENT,
        )
        nonce = str(secrets.randbelow(9 * 10**9) + 10**9)
        token, key, mode = account.token.reveal(), account.aes_key.reveal(), mode or account.encryption
        writer = PushWriter(token, key, account.appid, mode)
        query, body = writer.seal(encode(push), now, nonce, OPENID)
        query = _in_manner(query, manner)
        started = time.perf_counter()
        answer, silence, detail = None, "", ""
        try:
            answer = await self._receiver.send(
                "POST",
                with_query(self.url, query),
                body,
                timeout_s=self._patience_s,
                connect_s=self._patience_s,
            )
        except Unanswered as problem:
            silence, detail = problem.kind, problem.detail
        return Sent(push, writer, answer, silence, time.perf_counter() - started, detail)


def _in_manner(query: dict[str, str], manner: Manner) -> dict[str, str]:
    def other(value: str) -> str:
        return value[::-1] if value[::-1] != value else "0" * len(value)

    changed = dict(query)
    if manner == "forged":
        changed["signature"] = other(query["signature"])
    if manner in ("forged", "other_msg_signature") and "msg_signature" in query:
        changed["msg_signature"] = other(query["msg_signature"])
    if manner == "msg_signature_as_signature":
        changed["signature"] = query["msg_signature"]
    return changed
