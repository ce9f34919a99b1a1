"""Where a browser may appear."""

from __future__ import annotations

import pytest

from gongzhong.cli.screen import somebody_looks


@pytest.mark.parametrize(
    ("env", "platform", "looks"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({"DISPLAY": ":0", "CI": "true"}, "linux", False),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "a"}, "darwin", False),
        ({"CI": "1"}, "win32", False),
    ],
)
def test_somebody_looks(env: dict[str, str], platform: str, looks: bool) -> None:
    assert somebody_looks(env, platform) is looks
