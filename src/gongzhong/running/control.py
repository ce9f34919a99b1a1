"""Asking a running platform over its control API, for commands in another terminal."""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from ..account import Account, Hosts, Secret
from ..errors import GongzhongError, NotReached, SetupError

DEFAULT_URL = "http://127.0.0.1:8700"
PATH_CHARACTERS = "/?=&"
PATIENCE_S = 60.0
"""A push that nobody answers takes three attempts of five seconds."""
UPLOAD_S = 600.0
JSON = {"content-type": "application/json"}


class Refused(GongzhongError):
    """The platform understood the request and refused it with the HTTP status `status`."""

    def __init__(self, zh: str, en: str, status: int) -> None:
        super().__init__(zh, en)
        self.status = status


def platform_url(given: str | None = None) -> str:
    """The address that was given, else that of GONGZHONG_API_BASE, else the usual one of this machine."""
    return (given or os.environ.get("GONGZHONG_API_BASE") or DEFAULT_URL).rstrip("/")


class Control:
    """The control API of one platform. Raises NotReached, or Refused with the platform's words."""

    def __init__(self, url: str | None = None) -> None:
        self.url = platform_url(url)

    def get(self, path: str) -> Any:
        return self._json(self._ask("GET", path))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._json(self._ask("POST", path, json.dumps(body, ensure_ascii=False).encode()))

    def delete(self, path: str) -> Any:
        return self._json(self._ask("DELETE", path))

    def text(self, path: str) -> str:
        """An answer that is not JSON."""
        return self._ask("GET", path).decode()

    def upload(self, path: str, pieces: Iterable[bytes], size: int) -> Any:
        """Send a body of `size` bytes piece by piece."""
        headers = {"content-type": "application/octet-stream", "content-length": str(size)}
        return self._json(self._ask("POST", path, pieces, headers, timeout_s=UPLOAD_S))

    def _json(self, content: bytes) -> Any:
        try:
            return json.loads(content)
        except ValueError:
            raise self._nobody() from None

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] = JSON,
        timeout_s: float = PATIENCE_S,
    ) -> bytes:
        url = f"{self.url}/_platform/{quote(path, safe=PATH_CHARACTERS)}"
        request = urllib.request.Request(url, body, dict(headers), method=method)
        # A proxy for the outside world must not be asked about an address of this machine.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=timeout_s) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as problem:
            raise _refusal(problem) from None
        except (OSError, ValueError, http.client.HTTPException):
            raise self._nobody() from None

    def _nobody(self) -> NotReached:
        return NotReached(
            f"{self.url} 上没有本地平台",
            f"there is no local platform at {self.url}",
            fix_zh="先运行 gongzhong dev 或 gongzhong platform，或用 --platform 指定地址",
            fix_en="start `gongzhong dev` or `gongzhong platform`, or give its address with --platform",
        )

    def account(self, name: str | None = None) -> dict[str, Any]:
        """An account by name or AppID; without a name that of GONGZHONG_APPID, else the only one. Raises SetupError."""
        accounts: list[dict[str, Any]] = self.get("state")["accounts"]
        mine = os.environ.get("GONGZHONG_APPID")
        if name is None and any(one["appid"] == mine for one in accounts):
            name = mine
        found = [one for one in accounts if name is None or name in (one["name"], one["appid"])]
        if len(found) == 1:
            return found[0]
        names = [one["name"] for one in accounts]
        raise SetupError(
            "平台上没有公众号"
            if not accounts
            else "需要指明是哪个公众号"
            if found
            else f"平台上没有公众号 {name}",
            "the platform has no account"
            if not accounts
            else "say which account"
            if found
            else f"no account {name}",
            fix_zh=f"用 --account 选择：{'、'.join(names)}" if names else "",
            fix_en=f"choose with --account: {', '.join(names)}" if names else "",
        )

    def revealed(self, name: str | None = None) -> dict[str, Any]:
        """The same with AppSecret, Token and EncodingAESKey in clear, which stand in no other answer."""
        found = self.account(name)
        return {**found, **self.post(f"accounts/{found['appid']}/credentials", {})}

    def credentials(self, name: str | None = None) -> Account:
        """An account of the platform, ready for a client."""
        found = self.revealed(name)
        return Account(
            appid=found["appid"],
            secret=Secret(found["secret"]),
            token=Secret(found["token"]),
            aes_key=Secret(found["aes_key"]),
            encryption=found["encryption"],
            hosts=Hosts.local(self.url),
        )


def _refusal(problem: urllib.error.HTTPError) -> Refused:
    try:
        words = json.loads(problem.read())["error"]
        return Refused(words["zh"], words["en"], problem.code)
    except (ValueError, KeyError, TypeError):
        shown = f"HTTP {problem.code}"
        return Refused(f"平台返回 {shown}", f"the platform answered {shown}", problem.code)
