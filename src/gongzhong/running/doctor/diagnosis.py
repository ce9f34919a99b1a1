"""One account: its settings, callback URL, pushes, credentials and permissions."""

from __future__ import annotations

from ...account import Account
from ...client.transport import AsyncTransport
from ...platform.delivery.receiver import HttpReceiver, Receiver
from ...platform.world.settings import Rules
from ...state import State
from .credentials import check_credentials
from .delivery import check_pushes
from .finding import Finding, healthy
from .reaching import check_reaching
from .settings import check_settings, check_url, is_real, no_token, no_url
from .shared_token import check_shared_token
from .verification import CHECK as VERIFICATION
from .verification import check_verification

PATIENCE_S = 12.0
"""How long the doctor waits for an answer, in seconds: longer than WeChat, to tell slow from dead."""


async def diagnose(
    account: Account,
    url: str | None = None,
    *,
    receiver: Receiver | None = None,
    transport: AsyncTransport | None = None,
    limit_s: float = Rules().answer_timeout_s,
    patience_s: float = PATIENCE_S,
    state: State | None = None,
) -> list[Finding]:
    """Check settings, callback URL, pushes, credentials and permissions of one account.

    The server gets up to fourteen verification requests (two when all is well) and up to five test texts of a person
    who does not exist; the API gets reading calls only. `state` is what the account's programs share.
    Raises nothing for what it finds.
    """
    found = check_settings(account)
    settings_hold = healthy(found)
    if url is None:
        found.append(no_url())
    else:
        receiver, mine = receiver or HttpReceiver(), receiver is None
        try:
            found += await _check_server(account, url, receiver, limit_s, patience_s, pushes=settings_hold)
        finally:
            if mine:
                await receiver.close()
    found += await check_credentials(account, transport)
    return found if state is None else found + await check_shared_token(account, state)


async def _check_server(
    account: Account, url: str, receiver: Receiver, limit_s: float, patience_s: float, *, pushes: bool
) -> list[Finding]:
    form, parts = check_url(account, url)
    found = [form]
    if parts is None:
        return found
    found += await check_reaching(parts, patience_s=patience_s, real=is_real(account))
    if not healthy(found[1:]):
        return found
    if not account.token:
        return [*found, no_token()]
    asked = await check_verification(account, url, receiver, limit_s=limit_s, patience_s=patience_s)
    found += asked
    if pushes:
        fits = any(finding.check == VERIFICATION and finding.status == "ok" for finding in asked)
        found += await check_pushes(
            account, url, receiver, limit_s=limit_s, patience_s=patience_s, token_fits=fits
        )
    return found
