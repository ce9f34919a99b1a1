"""Asking a running platform over its control API, for commands in another terminal."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from ..account import Account, Hosts, Secret
from ..errors import GongzhongError, NotReached, SetupError

DEFAULT_URL = "http://127.0.0.1:8700"
PATH_CHARACTERS = "/?=&"
PATIENCE_S = 60.0
"""A push that nobody answers takes three attempts of five seconds."""


class Refused(GongzhongError):
    """The platform understood the request and refused it."""


def platform_url(given: str | None = None) -> str:
    """The address that was given, else that of GONGZHONG_API_BASE, else the usual one of this machine."""
    return (given or os.environ.get("GONGZHONG_API_BASE") or DEFAULT_URL).rstrip("/")


class Control:
    """The control API of one platform. Raises NotReached, or Refused with the platform's words."""

    def __init__(self, url: str | None = None) -> None:
        self.url = platform_url(url)

    def get(self, path: str) -> Any:
        return self._ask(path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask(path, json.dumps(body, ensure_ascii=False).encode())

    def _ask(self, path: str, body: bytes | None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/_platform/{quote(path, safe=PATH_CHARACTERS)}",
            body,
            {"content-type": "application/json"},
        )
        # A proxy for the outside world must not be asked about an address of this machine.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=PATIENCE_S) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as problem:
            raise _refusal(problem) from None
        except (OSError, ValueError):
            raise NotReached(
                f"{self.url} 上没有本地平台",
                f"there is no local platform at {self.url}",
                fix_zh="先运行 gongzhong dev 或 gongzhong platform，或用 --platform 指定地址",
                fix_en="start `gongzhong dev` or `gongzhong platform`, or give its address with --platform",
            ) from None

    def account(self, name: str | None = None) -> dict[str, Any]:
        """An account by name or AppID; without a name the only one. Raises SetupError."""
        accounts: list[dict[str, Any]] = self.get("state")["accounts"]
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

    def credentials(self, name: str | None = None) -> Account:
        """An account of the platform, ready for a client."""
        found = self.account(name)
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
        return Refused(words["zh"], words["en"])
    except (ValueError, KeyError, TypeError):
        return Refused(f"平台返回 HTTP {problem.code}", f"the platform answered HTTP {problem.code}")
