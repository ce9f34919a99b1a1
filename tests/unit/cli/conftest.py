"""A platform in another process, as it is when somebody uses the commands."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

OPENID_OF_MING = "oMing00000000000000000000000"
CONFIG = """
[[account]]
name = "商城"

[[person]]
name = "小明"
accounts = { "商城" = { follows = true, openid = "oMing00000000000000000000000" } }
"""


class RunningPlatform(NamedTuple):
    url: str
    appid: str
    secret: str


def start_platform(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, object]]:
    """Start `gongzhong platform --json` and read where it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gongzhong", "platform", "--port", "0", "--json", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            break
    return process, json.loads("".join(lines))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """One for each module: what the tests of another one made (people, faults, snapshots) is not there."""
    file = tmp_path_factory.mktemp("platform") / "wechat.toml"
    Path(file).write_text(CONFIG, "utf-8")
    process, told = start_platform("--config", str(file))
    (account,) = told["accounts"]  # type: ignore[misc]
    yield RunningPlatform(str(told["url"]), account["appid"], account["secret"])
    process.send_signal(signal.SIGTERM)
    process.wait(30)
