"""Log lines carry what happened and no secret."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from gongzhong.running.logs import masked

SCRIPT = """
import logging
from gongzhong.running.logs import log_to_stderr
log_to_stderr(as_json={as_json})
log = logging.getLogger("gongzhong.app")
log.info("取 %s", "https://api/x?access_token=SECRET1&a=1", extra={{"appid": "wx1"}})
try:
    raise ValueError('{{"secret": "SECRET2"}}')
except ValueError:
    log.exception("坏了")
logging.getLogger("other").debug("quiet")
"""


def lines(as_json: bool) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(as_json=as_json)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "SECRET" not in done.stderr
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_lines_for_collectors() -> None:
    first, second = (msgspec.json.decode(line) for line in lines(as_json=True))
    assert first["event"] == "取 https://api/x?access_token=***&a=1"
    assert (first["level"], first["logger"], first["appid"]) == ("info", "gongzhong.app", "wx1")
    assert "ValueError" in second["exception"]


def test_lines_for_people() -> None:
    text = "\n".join(lines(as_json=False))
    assert "取 https://api/x?access_token=***&a=1" in text
    assert "ValueError" in text
    assert "quiet" not in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a?secret=abc&b=1", "a?secret=***&b=1"),
        ("{'access_token': 'abc'}", "{'access_token': '***'}"),
        ('{"ticket":"abc"}', '{"ticket":"***"}'),
        ('"{\\"appsecret\\":\\"abc\\"}"', '"{\\"appsecret\\":\\"***\\"}"'),
        ("grant_type=client_credential", "grant_type=client_credential"),
    ],
)
def test_masking(text: str, expected: str) -> None:
    assert masked(text) == expected
