"""A web framework's own event loop inside a test: requests, calls and the lifespan reach the platform."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.messages import encode
from gongzhong.testing import LocalPlatform
from gongzhong.wire import PushWriter

ACCOUNT = Account(appid="wx0123456789abcdef", secret=Secret("s" * 32), token=Secret("tok123"))


@pytest.fixture
def oa() -> OfficialAccount:
    oa = OfficialAccount(ACCOUNT, customer_service=False)

    @oa.text("慢")
    async def late() -> str:
        await asyncio.sleep(12)
        return "好了"

    @oa.default
    async def echo(message: Text) -> str:
        return f"听到：{message.content}"

    return oa


@pytest.fixture
def app(oa: OfficialAccount) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: object) -> Any:
        async with oa.lifespan():
            yield

    app = FastAPI(lifespan=lifespan)
    app.mount("/wechat", oa.asgi)

    @app.get("/name")
    async def name(openid: str) -> str:
        return (await oa.api.users.get(openid=openid)).openid

    return app


@pytest.fixture
def client(platform: LocalPlatform, oa: OfficialAccount, app: FastAPI) -> Iterator[TestClient]:
    platform.connect(oa, kind="subscription", verified=False)
    with TestClient(app) as client:
        yield client


def push(oa: OfficialAccount, content: str, number: int) -> tuple[str, bytes]:
    message = Text(to_user_name="gh_1", from_user_name="o1", create_time=1, msg_id=number, content=content)
    query, body = PushWriter("tok123", "", ACCOUNT.appid, "plain").seal(
        encode(message), int(oa.clock.now()), str(number), "o1"
    )
    return f"/wechat?{urlencode(query)}", body


def test_requests_through_the_framework_run_in_the_time_of_the_platform(
    platform: LocalPlatform, oa: OfficialAccount, client: TestClient
) -> None:
    alice = platform.person("alice")
    alice.follows(oa)
    url, body = push(oa, "在吗", 1)
    assert "听到：在吗" in client.post(url, content=body).text
    began = time.monotonic()
    url, body = push(oa, "慢", 2)
    assert (
        client.post(url, content=body).text == "success"
    )  # held for WeChat's next delivery, which nobody makes
    assert oa.counters["held"] == 1
    assert time.monotonic() - began < 4  # twelve seconds of the platform's
    assert alice.says("你好").text == "听到：你好"
    assert oa.counters["received"] == 4


def test_calls_from_the_frameworks_loop_reach_the_platform(
    platform: LocalPlatform, oa: OfficialAccount, app: FastAPI
) -> None:
    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    with TestClient(app) as client:
        assert client.get("/name", params={"openid": alice.openid()}).json() == alice.openid()
        assert alice.says("你好").text == "听到：你好"
    assert alice.says("还在吗").text == "听到：还在吗"  # after the lifespan's shutdown, too
