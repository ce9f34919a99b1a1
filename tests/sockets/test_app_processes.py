"""The account under servers that fork, patch the standard library or run one event loop per request."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.messages import encode
from gongzhong.testing import LocalPlatform
from gongzhong.wire import PushWriter

pytestmark = pytest.mark.heavy

ACCOUNT = Account(appid="wx0123456789abcdef", secret=Secret("s" * 32), token=Secret("tok123"))


def official_account(**options: Any) -> OfficialAccount:
    oa = OfficialAccount(ACCOUNT, customer_service=False, **options)

    @oa.text("慢")
    async def late() -> str:
        await asyncio.sleep(1.5)
        return "好了"

    @oa.default
    def echo(message: Text) -> str:
        return f"听到：{message.content}"

    return oa


def push(content: str, number: int, now: float | None = None) -> tuple[dict[str, str], bytes]:
    message = Text(
        to_user_name="gh_1", from_user_name=f"o{number}", create_time=1, msg_id=number, content=content
    )
    stamp = int(time.time() if now is None else now)
    return PushWriter("tok123", "", ACCOUNT.appid, "plain").seal(encode(message), stamp, str(number), "o1")


def ask(oa: OfficialAccount, number: int) -> str:
    return oa.handle_blocking(*push("在吗", number)).body.decode()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_that_was_forked_after_the_first_request_answers() -> None:
    oa = official_account()
    assert "听到：在吗" in ask(oa, 1)
    child = os.fork()
    if child == 0:
        signal.alarm(15)
        os._exit(0 if "听到：在吗" in ask(oa, 2) else 3)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert "听到：在吗" in ask(oa, 3)
    oa.close()


GEVENT = """
from gevent import monkey
monkey.patch_all()
import gevent, sys
sys.path.insert(0, {here!r})
from test_app_processes import ask, official_account
oa = official_account()
jobs = [gevent.spawn(ask, oa, number) for number in range(1, 21)]
gevent.joinall(jobs, timeout=20)
assert all(job.value and "听到" in job.value for job in jobs), [job.value for job in jobs]
"""


def test_every_greenlet_is_answered_under_gevent() -> None:
    pytest.importorskip("gevent")
    code = GEVENT.format(here=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_one_loop_per_request_answers_every_request() -> None:
    oa = official_account(window=0.5)

    async def handled(content: str, number: int) -> str:
        return (await oa.handle(*push(content, number))).body.decode()

    answers = [asyncio.run(asyncio.wait_for(handled("在吗", number), 10)) for number in range(1, 6)]
    assert all("听到：在吗" in answer for answer in answers)
    oa.close()


def test_loops_that_end_while_others_wait_for_them_leave_nobody_waiting() -> None:
    oa = official_account(window=4.0)
    answers: dict[int, str] = {}

    def request(number: int, content: str, patience_s: float) -> None:
        async def handled() -> None:
            answers[number] = (await oa.handle(*push(content, number))).body.decode()

        try:
            asyncio.run(asyncio.wait_for(handled(), patience_s))
        except TimeoutError:
            answers[number] = "gave up"

    first = threading.Thread(target=request, args=(1, "慢", 0.5))
    first.start()
    time.sleep(0.2)
    others = [threading.Thread(target=request, args=(number, "慢", 15)) for number in range(2, 6)]
    for thread in others:
        thread.start()
    for thread in (first, *others):
        thread.join(30)
    assert answers[1] == "gave up"
    assert all("好了" in answers[number] for number in range(2, 6)), answers
    oa.close()


def through_wsgi(oa: OfficialAccount, number: int) -> str:
    import io

    query, body = push("在吗", number, oa.clock.now())
    environ = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": urlencode(query),
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
    }
    return b"".join(oa.wsgi(environ, lambda *_: None)).decode()


def test_a_blocking_door_before_and_inside_a_test_with_the_platform() -> None:
    oa = official_account()
    assert "听到" in through_wsgi(oa, 1)
    for number in (2, 3):
        local = LocalPlatform()
        local.connect(oa)
        alice = local.person("alice")
        alice.follows(oa)
        assert "听到" in through_wsgi(oa, number)
        alice.says("你好")
        assert alice.inbox[-1].text == "听到：你好"
        alice.says("慢")
        assert alice.inbox[-1].text == "好了"
        local.close()
    assert "听到" in through_wsgi(oa, 4)
    oa.close()


def test_a_plain_handler_that_hangs_does_not_stop_the_test_for_ever() -> None:
    oa = OfficialAccount(ACCOUNT, drain_s=1.0)
    release = threading.Event()

    @oa.default
    def hang(message: Text) -> str:
        release.wait(120)
        return "?"

    began = time.monotonic()
    local = LocalPlatform()
    local.connect(oa)
    alice = local.person("alice")
    alice.follows(oa)
    alice.says("挂")
    local.close()
    release.set()
    assert time.monotonic() - began < 60


def test_the_process_ends_although_a_plain_handler_hangs() -> None:
    code = (
        "import sys, threading, time\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_app_processes import ACCOUNT, OfficialAccount, push\n"
        "oa = OfficialAccount(ACCOUNT, customer_service=True, window=0.5, drain_s=0.5)\n"
        "@oa.default\n"
        "def hang(): time.sleep(600)\n"
        "print(oa.handle_blocking(*push('x', 1)).body)\n"
        "oa.close()\n"
        "print([(item.reason.value, item.reply) for item in oa.undelivered])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout.splitlines() == ["b'success'", "[('shutdown', None)]"]


def test_several_processes_over_one_memory_are_named(caplog: pytest.LogCaptureFixture) -> None:
    import io

    oa = official_account()
    for number in (1, 2):
        query, body = push("在吗", number)
        environ = {
            "REQUEST_METHOD": "POST",
            "QUERY_STRING": urlencode(query),
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.multiprocess": True,
        }
        oa.wsgi(environ, lambda *_: None)
    oa.close()
    assert caplog.text.count("服务器有多个进程") == 1
