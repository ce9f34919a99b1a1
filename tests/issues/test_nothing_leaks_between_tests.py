"""One pytest process, many tests, one account at module level: each test finds it as new."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[2]

TESTS = """
import asyncio

import pytest

import pytest

from gongzhong import Account, OfficialAccount, Secret, Session, Text

ACCOUNT = Account(appid="wx0123456789abcdef", secret=Secret("s" * 32), token=Secret("tok123"))
oa = OfficialAccount(ACCOUNT)


@oa.text("慢")
async def slow(message: Text) -> str:
    await asyncio.sleep(7)
    return "好了"


@oa.text("数")
async def count(session: Session) -> str:
    session["n"] = session.get("n", 0) + 1
    return str(session["n"])


@oa.text("等")
async def very_slow() -> str:
    await asyncio.sleep(60)
    return "很久以后"


@pytest.mark.parametrize("number", range(30))
def test_each_is_the_first(platform, number):
    platform.connect(oa, kind="subscription", verified=False)
    assert dict(oa.counters) == {} and oa.undelivered == []
    alice = platform.person("alice")
    alice.follows(oa)
    assert alice.says("慢").text == "好了"  # not a placeholder: the holds of other tests do not count
    assert oa.counters["held"] == 1 and oa.counters["placeholder"] == 0
    assert alice.says("数").text == "1"
    assert "继续" in alice.says("等").text
    platform.clock.advance(minutes=2)
    assert [kept.reason.value for kept in oa.undelivered] == ["slow"]
    assert [line.text for line in alice.inbox][-1] != "很久以后"


@pytest.mark.parametrize("number", range(8))
def test_the_allowance_of_one_test_is_not_that_of_another(platform, number):
    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    for _ in range(5):
        assert alice.says("等").text == "很久以后"
    assert oa.counters["customer"] == 5
"""


def test_thirty_tests_in_a_row_each_find_a_new_account(tmp_path: Path) -> None:
    (tmp_path / "test_each.py").write_text(TESTS, "utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GONGZHONG_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_each.py"],
        cwd=tmp_path,
        env={**kept, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "38 passed" in done.stdout
