"""The development loop on a terminal: where everything is, then one line for each push and call; and the browser."""

from __future__ import annotations

import os
import sys
import threading
import time
import webbrowser
from collections.abc import Mapping
from typing import Any

from rich.text import Text

from ..running.dev import Running
from .words import err, out, say

ARROWS = {"push": "→", "verify": "→", "api": "←", "web": "←"}
"""Which way: from the platform to the program, or the other way round."""


class Terminal:
    """Shows a session of development."""

    def __init__(self, *, opens: bool) -> None:
        self._opens = opens

    def ready(self, running: Running) -> None:
        rows = (
            (say("手机页面", "Phone"), running.phone_url),
            (say("你的程序", "Your program"), running.app_url),
            (say("回调地址", "Callback URL"), running.callback_url or say("未配置", "not configured")),
            (say("公众号", "Account"), f"{running.account}  {running.appid}"),
        )
        out().print()
        width = max(Text(label).cell_len for label, _ in rows) + 4
        for label, value in rows:
            line = Text(f"  {label}", style="dim")
            line.append(" " * (width - line.cell_len + 2))
            out().print(line.append(value, style="bold"))
        out().print(Text(say("  按 Ctrl-C 停止", "  Ctrl-C stops"), style="dim"))
        out().print()
        if self._opens:
            threading.Thread(target=open_page, args=(running.phone_url,), daemon=True).start()

    def exchange(self, entry: dict[str, Any]) -> None:
        out().print(traffic_line(entry))

    def note(self, zh: str, en: str) -> None:
        err().print(Text(say(zh, en), style="dim"))

    def warn(self, zh: str, en: str) -> None:
        err().print(Text(say(zh, en), style="yellow"))


def traffic_line(entry: dict[str, Any]) -> Text:
    """One exchange: time, direction, title, who, verdict, milliseconds, number to resend it by."""
    verdict = entry["verdict"]
    moment = time.strftime("%H:%M:%S", time.localtime(entry["time"]))
    who = f" {entry['person']}" if entry.get("person") else ""
    attempt = f" ({entry['attempt']}/{entry['of']})" if (entry.get("attempt") or 1) > 1 else ""
    line = Text(f"{moment} {ARROWS[entry['kind']]} ")
    line.append(f"{entry['title']}{who}{attempt}", style="bold")
    line.append(f"  {say(verdict['zh'], verdict['en'])}", style="green" if verdict["ok"] else "red")
    return line.append(f"  {entry['cost_ms']:.0f} ms  #{entry['seq']}", style="dim")


def somebody_looks(env: Mapping[str, str] | None = None, platform: str = sys.platform) -> bool:
    """Whether a browser can appear: not in CI, not over a bare terminal."""
    env = os.environ if env is None else env
    if env.get("CI"):
        return False
    if platform in ("darwin", "win32"):
        return not env.get("SSH_CONNECTION")
    return bool(env.get("DISPLAY") or env.get("WAYLAND_DISPLAY"))


def open_page(url: str) -> None:
    """Show a page in the default browser; without one nothing happens."""
    try:
        webbrowser.open(url)
    except webbrowser.Error:
        return
