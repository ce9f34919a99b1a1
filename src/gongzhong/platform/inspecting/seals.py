"""How the signatures and the ciphertext of one attempt came about, with the real values; the Token stays hidden.

The values in between are read back from what went out, with the keys that the account has now: after a change of keys
there is nothing to show.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace

from ...errors import CallbackError, SetupError
from ...wire import matches
from ...wire.masking import masked
from ..debugging.pushes import Steps, steps_of
from ..traffic import KEPT_LETTERS, Exchange
from ..world.world import AccountState


def seal_of(account: AccountState, entry: Exchange) -> Steps | None:
    """The steps of an attempt or a verification; None when the account's keys are others now."""
    query = dict(parse_qsl(urlsplit(entry.url).query))
    signature = query.get("signature", "")
    if not matches(signature, account.token, query.get("timestamp", ""), query.get("nonce", "")):
        return None
    try:
        steps = steps_of(account, query, entry.request_body)
    except (CallbackError, SetupError, KeyError):
        return None
    return replace(
        steps,
        sorted=[_hidden(account, part) for part in steps.sorted],
        joined=_hidden(account, steps.joined),
        msg_sorted=[_hidden(account, part) for part in steps.msg_sorted],
        msg_joined=_hidden(account, steps.msg_joined),
    )


def _hidden(account: AccountState, text: str) -> str:
    return masked(text, [account.token], keep=KEPT_LETTERS)
