"""A shop with one account, for the stories about credentials, counts, menus and messages.

Its platform starts on a Monday morning in China, so that midnights and months are where the test expects them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import urlencode

import msgspec

from gongzhong import Account, OfficialAccount, Push, Secret
from gongzhong.client import WireRequest
from gongzhong.platform import PlatformConfig
from gongzhong.platform.world.settings import Rules
from gongzhong.testing import Actor, LocalPlatform
from gongzhong.testing.in_process import InProcessTransport

MONDAY = datetime.datetime(2026, 11, 2, 10, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
SECRET = "s" * 32
FORM = "application/x-www-form-urlencoded"


class Shop:
    """What the owner of one account has: its client, what it was told, and the bare wire."""

    def __init__(self, platform: LocalPlatform, appid: str = "wx00000000000000aa", **settings: Any) -> None:
        self.platform = platform
        self.oa = OfficialAccount(Account(appid=appid, secret=Secret(SECRET), token=Secret("tok123")))
        self.told: list[Push] = []
        self.oa.default(self.note)
        self.state = platform.connect(self.oa, **settings)
        self.api = platform.client(self.oa)

    async def note(self, message: Push) -> None:
        self.told.append(message)

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        json: Any = None,
        form: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """The platform's answer to a request made by hand."""
        body = None if json is None else msgspec.json.encode(json)
        request = WireRequest(
            method=method,
            url=f"http://platform{path}",
            query=query or {},
            headers={"Content-Type": FORM} if form is not None else {},
            body=urlencode(form).encode() if form is not None else body,
        )
        reply = self.platform.run(InProcessTransport(self.platform.server).send(request))
        answer: dict[str, Any] = msgspec.json.decode(reply.body)
        return answer

    def code(self, method: str, path: str, **request: Any) -> int:
        """The return code of such an answer; 0 where there is none."""
        code: int = self.ask(method, path, **request).get("errcode", 0)
        return code

    def call(self, path: str, json: Any) -> int:
        """The return code of a POST with this account's token."""
        return self.code("POST", path, query={"access_token": self.api.access_token()}, json=json)

    def accepts(self, token: str) -> int:
        """What a call with this token is answered: 0 while the token lives."""
        return self.code("GET", "/cgi-bin/get_api_domain_ip", query={"access_token": token})

    def refuses(self, person: Actor) -> None:
        """This person turned the account's messages off."""
        self.platform.world.db.run("UPDATE relation SET refuses = 1 WHERE openid = ?", person.openid(self.oa))

    @classmethod
    @contextmanager
    def opened(cls, rules: Rules | None = None, **settings: Any) -> Iterator[Self]:
        """One on a platform of its own; `settings` are those of the account."""
        platform = LocalPlatform(PlatformConfig(start=MONDAY.timestamp(), rules=rules or Rules()))
        try:
            yield cls(platform, **settings)
        finally:
            platform.close()
