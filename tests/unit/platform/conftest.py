"""A WeChat without sockets and without a loop: the world, the door of the API, and a clock that stands still."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from gongzhong.catalogue.files import upload_name
from gongzhong.clock import MovableClock
from gongzhong.messages import Push
from gongzhong.platform.doors.api import ApiDoor
from gongzhong.platform.doors.http import Request, Response
from gongzhong.platform.traffic import Traffic
from gongzhong.platform.world import accounts, acts, people, tokens
from gongzhong.platform.world.faults import Faults
from gongzhong.platform.world.settings import AccountConfig, Rules
from gongzhong.platform.world.world import AccountState, World

START = 1_714_500_000.0
"""Wednesday, 1 May 2024, 02:00 in China."""
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
JPG = b"\xff\xd8\xff\xe0" + bytes(32)
GIF = b"GIF89a" + bytes(32)
MP3 = b"ID3\x03" + bytes(32)
AMR = b"#!AMR\n" + bytes(32)
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(32)
SECRET = "0123456789abcdef0123456789abcdef"


class Bench:
    """One world and its API; `account` is a verified service account."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.clock = MovableClock(START, frozen=True)
        self.world = World(clock=self.clock, rules=rules)
        self.door = ApiDoor(self.world, Traffic(), Faults(self.world))
        self.pushes: list[Push] = []
        self.world.outgoing = lambda account, push: self.pushes.append(push)
        self.account = self.add("shop")
        self._tokens: dict[str, str] = {}

    def add(self, name: str, **settings: Any) -> AccountState:
        return accounts.create(self.world, AccountConfig(name=name, secret=SECRET, **settings))

    def person(self, name: str) -> str:
        people.create(self.world, name)
        return name

    def follower(self, name: str, account: AccountState | None = None) -> str:
        """The OpenID of somebody new who follows."""
        of = account or self.account
        acts.follow(self.world, of, self.person(name))
        return people.relation(self.world, of, name).openid

    def token(self, account: AccountState | None = None) -> str:
        """A token that is good now."""
        of = account or self.account
        held = self._tokens.get(of.appid)
        try:
            tokens.check(self.world, held)
        except Exception:
            held = self._tokens[of.appid] = tokens.stable(self.world, of, force=False)[0]
        assert held is not None
        return held

    def raw(
        self,
        method: str,
        path: str,
        query: dict[str, Any] | None = None,
        body: bytes = b"",
        content_type: str = "application/json",
        ip: str = "127.0.0.1",
    ) -> Response:
        """One request exactly as given."""
        text = urlencode(query or {})
        return self.door.handle(Request(method, path, text, {"content-type": content_type}, body, ip))

    def get(self, path: str, of: AccountState | None = None, **query: Any) -> dict[str, Any]:
        return self._answer(self.raw("GET", path, {"access_token": self.token(of), **query}))

    def post(self, path: str, body: Any = None, of: AccountState | None = None, **query: Any) -> Any:
        sent = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        return self._answer(self.raw("POST", path, {"access_token": self.token(of), **query}, sent))

    def upload(
        self, path: str, content: bytes, of: AccountState | None = None, filename: str = "", **query: Any
    ) -> dict[str, Any]:
        filename = filename or upload_name("file", content)[0]
        head = f'--B\r\nContent-Disposition: form-data; name="media"; filename="{filename}"\r\n\r\n'
        body = head.encode() + content + b"\r\n--B--\r\n"
        query = {"access_token": self.token(of), **query}
        return self._answer(self.raw("POST", path, query, body, "multipart/form-data; boundary=B"))

    def _answer(self, response: Response) -> dict[str, Any]:
        assert response.status == 200
        answer: dict[str, Any] = json.loads(response.body)
        return answer

    def code(self, answer: Any) -> int:
        """The return code of an answer; 0 when it has none."""
        return int(answer.get("errcode", 0))


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.world.close()
