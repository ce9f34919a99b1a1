"""Gateways in front of a platform, spoken to over real sockets: in this process, or as processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

from gongzhong import Account, Clock
from gongzhong.database import read_url
from gongzhong.database.statements import Statements, open_database
from gongzhong.gateway import CallRecord, Gateway, GatewayApp, GatewayTables, Settings, make_key
from gongzhong.state import open_state
from gongzhong.store import migrate
from gongzhong.testing.live_platform import LivePlatform

START_S = 60
NO_WAY_AROUND = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Keeper:
    """The database of a gateway, from outside."""

    def __init__(self, address: str) -> None:
        self.address = address
        migrate.prepare(read_url(address))

    def key(
        self,
        name: str = "商城",
        accounts: Sequence[str] = ("*",),
        scopes: Sequence[str] = ("*",),
        **more: Any,
    ) -> str:
        """A new key's text."""
        key, text = make_key(name, accounts, scopes, now=Clock().now(), **more)
        self._ask(lambda tables: tables.add_key(key))
        return text.reveal()

    def revoke(self, text: str) -> None:
        assert self._ask(lambda tables: tables.revoke(text.split("_")[1], Clock().now()))

    def calls(self, **which: Any) -> list[CallRecord]:
        found: list[CallRecord] = self._ask(lambda tables: tables.calls(**which))
        return found

    def _ask(self, ask: Any) -> Any:
        async def answer() -> Any:
            tables = GatewayTables(Statements(open_database(read_url(self.address))))
            try:
                return await ask(tables)
            finally:
                await tables.close()

        return asyncio.run(answer())


def served(
    platform: LivePlatform, address: str, *accounts: Account, settings: Settings | None = None
) -> tuple[str, Gateway]:
    """A gateway in a thread of this process: its address without the AppID, and itself. It ends with the platform."""
    tables = GatewayTables(Statements(open_database(read_url(address))))
    settings = settings or Settings(keys_every_s=0.05, calls_every_s=0.05)
    gateway = Gateway(accounts or (platform.account,), tables, open_state(address), settings=settings)
    return platform.serve(GatewayApp(gateway)), gateway


@contextmanager
def process(
    address: str, account: Account, log: Path, *options: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`gongzhong gateway` as a process; what it logs goes to `log`."""
    env = {
        **os.environ,
        "GONGZHONG_APPID": account.appid,
        "GONGZHONG_SECRET": account.secret.reveal(),
        "GONGZHONG_API_BASE": account.hosts.api,
        "GONGZHONG_DATABASE": address,
    }
    with log.open("ab") as to:
        command = [sys.executable, "-m", "gongzhong", "gateway", "--port", "0", "--json", *options]
        running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=to)
    try:
        assert running.stdout is not None
        watchdog = threading.Timer(START_S, running.kill)
        watchdog.start()
        line = running.stdout.readline()
        watchdog.cancel()
        assert line, log.read_text("utf-8")
        yield f"{json.loads(line)['url']}/{account.appid}", running
    finally:
        running.kill()
        running.communicate()


def ask(
    url: str,
    query: Mapping[str, str] | None = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes, Mapping[str, str]]:
    """Status, body and headers of what comes back. A body makes it a POST."""
    target = f"{url}?{urlencode(query)}" if query else url
    request = urllib.request.Request(target, body, dict(headers or {}))
    try:
        with NO_WAY_AROUND.open(request, timeout=30) as answer:
            return answer.status, answer.read(), answer.headers
    except HTTPError as error:
        return error.code, error.read(), error.headers


def told(url: str, query: Mapping[str, str] | None = None, body: Any = None, **headers: str) -> Any:
    """The JSON that comes back; `body` goes out as JSON."""
    raw = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    return json.loads(ask(url, query, raw, headers)[1])


def fetched(url: str, key: str) -> str:
    """The access_token that a client gets for its key, as every SDK asks for it."""
    appid = url.rpartition("/")[2]
    query = {"grant_type": "client_credential", "appid": appid, "secret": key}
    answer = told(f"{url}/cgi-bin/token", query)
    assert "access_token" in answer, answer
    token: str = answer["access_token"]
    return token
