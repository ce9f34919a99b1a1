"""The examples for web frameworks: signed pushes through each framework's own test client."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
from django.test import Client as DjangoClient
from django.test import override_settings
from starlette.testclient import TestClient

from gongzhong.app import OfficialAccount
from gongzhong.wire import read_xml

from .conftest import APPID, SECRET, TOKEN, FakeApi, WeChat, subscribe, text

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"APPID": APPID, "SECRET": SECRET, "TOKEN": TOKEN}.items():
        monkeypatch.setenv(f"GONGZHONG_{name}", value)


@contextmanager
def example(name: str) -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        yield module
        module.oa.close()
    finally:
        del sys.modules[name]


def answers(oa: OfficialAccount, post: Any) -> list[str]:
    """What the example says to a new follower and to a text; and that it refuses what is not signed."""
    wechat = WeChat(oa, cast(FakeApi, None))
    said = []
    for push in (subscribe(), text("你好")):
        sealed = wechat.seal(push)
        status, body = post(sealed.query, sealed.body)
        assert status == 200
        said.append(str(read_xml(body)["Content"]))
    status, body = post({}, sealed.body)
    assert status == 403
    return said


EXPECTED = ["欢迎关注！", "你说：你好"]


def test_fastapi() -> None:
    with example("fastapi_app") as module, TestClient(module.app) as client:

        def post(query: dict[str, str], body: bytes) -> tuple[int, bytes]:
            response = client.post("/wechat", params=query, content=body)
            return response.status_code, response.content

        assert answers(module.oa, post) == EXPECTED
        assert client.get("/health").json() == {"received": 2, "undelivered": 0}
        assert client.put("/wechat").status_code == 405


def test_flask() -> None:
    with example("flask_app") as module:
        client = module.app.test_client()

        def post(query: dict[str, str], body: bytes) -> tuple[int, bytes]:
            response = client.post("/wechat", query_string=query, data=body)
            return response.status_code, response.data

        assert answers(module.oa, post) == EXPECTED
        assert client.get("/health").json == {"received": 2, "undelivered": 0}


def test_django() -> None:
    # Another test may have configured Django first.
    with example("django_app") as module, override_settings(ROOT_URLCONF="django_app", ALLOWED_HOSTS=["*"]):
        client = DjangoClient(enforce_csrf_checks=True)

        def post(query: dict[str, str], body: bytes) -> tuple[int, bytes]:
            response = client.generic("POST", "/wechat", body, "text/xml", query_params=query)
            return response.status_code, response.content

        assert answers(module.oa, post) == EXPECTED
        assert client.get("/health").json() == {"received": 2, "undelivered": 0}
