"""Looking for other workers takes nothing from the event loop."""

from __future__ import annotations

import threading

import pytest

from gongzhong.app.workers import Workers

SAID = "服务器有多个进程"


def test_a_look_that_takes_long_blocks_nothing_and_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    began, may_end, looks = threading.Event(), threading.Event(), list[threading.Thread]()

    def slowly() -> list[int]:
        looks.append(threading.current_thread())
        began.set()
        may_end.wait(10)
        return [4711]

    found = Workers(beside=slowly)
    found.look()
    assert began.wait(10)
    assert SAID not in caplog.text  # it has returned, and the look goes on
    may_end.set()
    for look in looks:
        look.join(10)
    assert looks and threading.current_thread() not in looks
    found.say()
    found.look()
    assert (caplog.text.count(SAID), len(looks)) == (1, 1)


def test_nobody_looks_for_workers_of_a_shared_state() -> None:
    looks: list[int] = []
    Workers(lambda: True, lambda: looks.append(1) or [1]).look()  # type: ignore[func-returns-value]
    assert not any(thread.name == "gongzhong-workers" for thread in threading.enumerate())
    assert looks == []
