"""Flask and its test client, with threads: before, inside and after a test with a platform; and a bounded end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, jsonify, request

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.messages import encode
from gongzhong.testing import LivePlatform, LocalPlatform
from gongzhong.testing.hanging import StillRunning
from gongzhong.wire import PushWriter

pytestmark = pytest.mark.heavy

ACCOUNT = Account(appid="wx0123456789abcdef", secret=Secret("s" * 32), token=Secret("tok123"))


class Program:
    """A Flask program as people write it: the account is a global name."""

    def __init__(self) -> None:
        self.oa = oa = OfficialAccount(ACCOUNT, customer_service=False)
        self.flask = flask = Flask(__name__)
        self._numbers = iter(range(1, 10_000))

        @oa.text("慢")
        async def late() -> str:
            await asyncio.sleep(2)
            return "好了"

        @oa.text("我是谁")
        def who(message: Text) -> str:
            return oa.blocking_api.users.get(openid=message.openid).openid

        @oa.text("网页")
        def page() -> str:
            return str(self.flask.test_client().get("/health").json["received"])

        @oa.default
        def echo(message: Text) -> str:
            return f"听到：{message.content}"

        @flask.route("/wechat", methods=["GET", "POST"])
        def callback() -> Any:
            answer = oa.handle_blocking(request.args, request.get_data(), request.method)
            return answer.body, answer.status, dict(answer.headers())

        @flask.get("/health")
        def health() -> Any:
            return jsonify(received=oa.counters["received"], undelivered=len(oa.undelivered))

    def post(self, content: str, openid: str = "o1") -> str:
        """One push through the framework's own test client."""
        number = next(self._numbers)
        message = Text(
            to_user_name="gh_1", from_user_name=openid, create_time=1, msg_id=number, content=content
        )
        query, body = PushWriter("tok123", "", ACCOUNT.appid, "plain").seal(
            encode(message), int(self.oa.clock.now()), str(number), openid
        )
        answer = self.flask.test_client().post(f"/wechat?{urlencode(query)}", data=body)
        assert answer.status_code == 200
        return answer.text

    def health(self) -> int:
        return int(self.flask.test_client().get("/health").json["received"])  # type: ignore[index]

    def many(self, content: str) -> list[str]:
        """Twenty pushes at once, each in a thread of its own."""
        with ThreadPoolExecutor(20) as threads:
            return list(threads.map(lambda number: self.post(content, f"o{number}"), range(20)))


@pytest.fixture
def program() -> Iterator[Program]:
    program = Program()
    yield program
    program.oa.close()


def test_flask_before_inside_and_after_a_test(program: Program) -> None:
    assert "听到：在吗" in program.post("在吗")
    assert all("听到：在吗" in answer for answer in program.many("在吗"))
    for _ in range(3):
        with LocalPlatform() as platform:
            platform.connect(program.oa)
            assert program.health() == 0
            alice = platform.person("alice")
            alice.follows(program.oa)
            assert "听到：在吗" in program.post("在吗")
            assert all("听到：在吗" in answer for answer in program.many("在吗"))
            assert all("好了" in answer for answer in program.many("慢"))
            assert alice.says("你好").text == "听到：你好"
            assert alice.says("我是谁").text == alice.openid()
            assert int(alice.says("网页").text) == program.health() == 45
        assert program.health() == 21  # what it counted before: nothing of the tests
        assert "听到：又来" in program.post("又来")
        program.oa.counters["received"] = 21


def test_people_act_while_threads_of_the_framework_ask(program: Program) -> None:
    stop, heard, problems = threading.Event(), [], []

    def ask(openid: str) -> None:
        try:
            while not stop.is_set():
                heard.append(program.post("在吗", openid))
        except BaseException as problem:
            problems.append(problem)

    with LocalPlatform() as platform:
        platform.connect(program.oa)
        alice = platform.person("alice")
        alice.follows(program.oa)
        threads = [threading.Thread(target=ask, args=(f"o{number}",), daemon=True) for number in range(4)]
        for thread in threads:
            thread.start()
        for number in range(30):
            assert alice.says(f"第{number}").text == f"听到：第{number}"
            assert alice.says("慢").text == "好了"
        stop.set()
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads) and problems == []
    assert heard and all("听到：在吗" in answer for answer in heard)


def test_the_same_over_a_port(program: Program) -> None:
    assert "听到：在吗" in program.post("在吗")
    with LivePlatform() as platform:
        platform.connect(program.oa, app=program.flask, path="/wechat")
        alice = platform.person("alice")
        alice.follows(program.oa)
        assert alice.says("你好").text == "听到：你好"
        assert alice.says("我是谁").text == alice.openid()
        assert all("听到：在吗" in answer for answer in program.many("在吗"))
    assert "听到：又来" in program.post("又来")
    assert program.health() == 2


Hang = Callable[[OfficialAccount], None]


def blocking(oa: OfficialAccount) -> None:
    @oa.text("挂")
    def hangs_in_a_thread() -> str:
        time.sleep(300)
        return ""


def stubborn(oa: OfficialAccount) -> None:
    @oa.text("挂")
    async def swallows_every_cancellation() -> str:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue


def stops_the_loop(oa: OfficialAccount) -> None:
    @oa.text("挂")
    async def blocks_the_loop() -> str:
        time.sleep(300)  # noqa: ASYNC251 (that is the fault)
        return ""


def ended(bed: Any, limit_s: float) -> StillRunning | None:
    began = time.monotonic()
    try:
        bed.close()
    except StillRunning as problem:
        return problem
    finally:
        assert time.monotonic() - began < limit_s
    return None


@pytest.mark.parametrize(("hang", "name"), [(blocking, ""), (stubborn, "swallows_every_cancellation")])
def test_a_handler_that_hangs_does_not_hang_the_end_of_a_test(
    hang: Hang, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gongzhong.testing.in_process.PATIENCE_S", 1.0)
    oa = OfficialAccount(ACCOUNT, customer_service=False)
    hang(oa)
    platform = LocalPlatform()
    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("挂")
    problem = ended(platform, 30)
    assert (name in problem.text() and "test_blocking_doors" in problem.text()) if problem else not name


def test_a_handler_that_stops_the_loop_ends_the_act_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gongzhong.testing.in_process.STEP_LIMIT_S", 1.0)
    oa = OfficialAccount(ACCOUNT, customer_service=False)
    stops_the_loop(oa)
    platform = LocalPlatform()
    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    with pytest.raises(StillRunning, match="blocks_the_loop"):
        alice.says("挂")
    assert ended(platform, 30) is not None


def test_a_handler_that_hangs_over_a_port_does_not_hang_the_end_of_a_test() -> None:
    oa = OfficialAccount(ACCOUNT, customer_service=False)
    stops_the_loop(oa)
    with LivePlatform() as platform:
        platform.connect(oa)
        alice = platform.person("alice")
        alice.follows(oa)
        threading.Thread(target=lambda: alice.says("挂"), daemon=True).start()
        time.sleep(0.5)
        problem = ended(platform, 60)
    assert problem is not None and "blocks_the_loop" in problem.text()
