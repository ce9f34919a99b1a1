"""`gongzhong token`: the access_token of an account, shown only as far as needed."""

from __future__ import annotations

from typing import Annotated

from .options import AccountName, AsJson, PlatformUrl, account_for, flag
from .words import print_json, print_plain, say

SHOWN = 8


def token(
    *,
    refresh: Annotated[
        bool,
        flag("强制刷新（每天最多 20 次）", "force a new one (20 times a day)"),
    ] = False,
    show: Annotated[bool, flag("显示完整的令牌", "show all of it")] = False,
    account: AccountName = None,
    platform: PlatformUrl = None,
    json: AsJson = False,
) -> None:
    from ..catalogue.base import GetStableToken
    from ..client import Client

    with Client(account_for(platform, account)) as client:
        answer = client.perform(GetStableToken(force_refresh=refresh))
    value = answer.access_token if show else f"{answer.access_token[:SHOWN]}…"
    if json:
        print_json({"access_token": value, "expires_in": answer.expires_in, "appid": client.account.appid})
    elif show:
        print_plain(value)
    else:
        minutes = answer.expires_in // 60
        print_plain(
            say(
                f"{value}（还有 {minutes} 分钟；--show 显示全部）",
                f"{value} ({minutes} minutes left; --show for all)",
            )
        )
