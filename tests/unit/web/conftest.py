"""WeChat's answers for web tests: a transport that knows the few calls a page needs, and counts them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest

from gongzhong.account import Account, Secret
from gongzhong.client.transport import WireReply, WireRequest

SNS_TOKEN: dict[str, Any] = {
    "access_token": "88_web",
    "expires_in": 7200,
    "refresh_token": "88_ref",
    "openid": "oABC",
    "scope": "snsapi_userinfo",
}


class WeChat:
    """Answers by path; a path with several answers gives them in turn and repeats the last."""

    def __init__(self) -> None:
        self.requests: list[WireRequest] = []
        self.answers: dict[str, list[dict[str, Any]]] = {
            "/sns/oauth2/access_token": [SNS_TOKEN, {"errcode": 40163, "errmsg": "code been used"}],
            "/cgi-bin/stable_token": [{"access_token": "base-token", "expires_in": 7200}],
            "/cgi-bin/ticket/getticket": [
                {"errcode": 0, "errmsg": "ok", "ticket": "the-ticket", "expires_in": 7200}
            ],
        }
        self._lock = threading.Lock()

    def answer(self, request: WireRequest) -> WireReply:
        with self._lock:
            self.requests.append(request)
            answers = self.answers[urlsplit(request.url).path]
            chosen = answers.pop(0) if len(answers) > 1 else answers[0]
        return WireReply(200, {"content-type": "application/json"}, json.dumps(chosen).encode())

    def count(self) -> Counter[str]:
        return Counter(urlsplit(request.url).path for request in self.requests)


class ThreadTransport:
    """A blocking transport that can be held back, so that a second thread arrives meanwhile."""

    def __init__(self, wechat: WeChat) -> None:
        self.wechat = wechat
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def send(self, request: WireRequest, /) -> WireReply:
        self.asked.set()
        assert self.may_answer.wait(10)
        return self.wechat.answer(request)

    def close(self) -> None:
        self.may_answer.set()


class TaskTransport:
    """The same for tasks."""

    def __init__(self, wechat: WeChat) -> None:
        self.wechat = wechat
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def send(self, request: WireRequest, /) -> WireReply:
        self.asked.set()
        await self.may_answer.wait()
        return self.wechat.answer(request)

    async def close(self) -> None:
        self.may_answer.set()


@pytest.fixture
def account() -> Account:
    return Account(appid="wx0000000000000001", secret=Secret("app-secret-of-the-tests"))


@pytest.fixture
def wechat() -> WeChat:
    return WeChat()
