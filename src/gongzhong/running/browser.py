"""Opening the phone page, where there is somebody to see it."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping


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
