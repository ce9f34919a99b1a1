"""The platform's API without sockets: requests exactly as given, byte by byte."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from gongzhong.clock import MovableClock
from gongzhong.platform.doors.api import ApiDoor
from gongzhong.platform.doors.http import Request, Response
from gongzhong.platform.traffic import Traffic
from gongzhong.platform.world import accounts, acts, chats, people, tokens
from gongzhong.platform.world.faults import Faults
from gongzhong.platform.world.settings import AccountConfig, Rules
from gongzhong.platform.world.world import World


class Door:
    """One world with a verified service account, and a follower named alice."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.world = World(clock=MovableClock(1_790_000_000.0, frozen=True), rules=rules)
        self.traffic = Traffic()
        self.api = ApiDoor(self.world, self.traffic, Faults(self.world))
        self.world.outgoing = lambda account, push: None
        self.account = accounts.create(self.world, AccountConfig(name="shop", secret="0f" * 16))
        people.create(self.world, "alice")
        acts.follow(self.world, self.account, "alice")
        self.openid = people.relation(self.world, self.account, "alice").openid
        self.token = tokens.stable(self.world, self.account, force=False)[0]

    def send(
        self,
        path: str,
        body: bytes | dict[str, Any] = b"",
        *,
        verb: str = "POST",
        content_type: str | None = "application/json",
        **query: Any,
    ) -> Response:
        """One request; a dict becomes JSON in raw UTF-8."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = {} if content_type is None else {"content-type": content_type}
        text = urlencode({"access_token": self.token, **query})
        return self.api.handle(Request(verb, path, text, headers, raw, "127.0.0.1"))

    def ask(self, path: str, body: bytes | dict[str, Any] = b"", **more: Any) -> dict[str, Any]:
        """The JSON that is answered."""
        response = self.send(path, body, **more)
        assert response.status == 200
        found: dict[str, Any] = json.loads(response.body)
        return found

    def upload(
        self,
        path: str,
        filename: str,
        content: bytes,
        *texts: tuple[str, str],
        name: str = "media",
        **query: Any,
    ) -> dict[str, Any]:
        """A file as a browser sends it."""
        parts = [
            f'--B\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in texts
        ]
        head = f'--B\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
        body = b"".join(parts) + head.encode() + content + b"\r\n--B--\r\n"
        return self.ask(path, body, content_type="multipart/form-data; boundary=B", **query)

    def shown(self) -> list[dict[str, Any]]:
        """What alice's phone shows."""
        return chats.read(self.world, self.account.appid, "alice")
