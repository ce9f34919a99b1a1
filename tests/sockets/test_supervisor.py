"""`gongzhong serve --workers` as real processes: what happens when workers die, hang, are replaced or stopped."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.servers import called

from gongzhong.running.listening import PortInUse, free_port, require_free

from .served import ENV, Served, ask, push, rest_of, serving

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"), pytest.mark.heavy]

PROGRAM = '''
"""`pid` tells the process, `sleep 2` takes two seconds, `block 9` blocks the event loop; anything else is echoed."""
import asyncio, os, subprocess, time
from gongzhong import OfficialAccount, Text

VERSION = "old"
oa = OfficialAccount.from_env(customer_service=False)

@oa.text("pid")
async def pid(message: Text) -> str:
    return f"pid={os.getpid()} {VERSION}."

@oa.text("sleep (?P<seconds>.+)")
async def slow(message: Text, seconds: str) -> str:
    await asyncio.sleep(float(seconds))
    return f"slept {VERSION}"

@oa.text("block (?P<seconds>.+)")
async def block(message: Text, seconds: str) -> str:
    time.sleep(float(seconds))
    return "blocked"

@oa.text("leave (?P<seconds>.+)")
async def leave(message: Text, seconds: str) -> str:
    left = subprocess.Popen(["sleep", seconds], start_new_session=True)
    return f"pid={left.pid}."

@oa.on(Text)
async def echo(message: Text) -> str:
    return message.content

async def app(scope, receive, send):
    await oa.asgi(scope, receive, send)
'''
TARGETS = {"account": "served:oa", "asgi": "served:app"}
PATIENCE_S = 60.0


@contextmanager
def supervised(
    folder: Path,
    *options: str,
    target: str = "account",
    program: str = PROGRAM,
    state: str = "",
    port: int = 0,
) -> Iterator[Served]:
    """Two workers on SQLite, unless `options` and `state` say otherwise."""
    env = {"GONGZHONG_STATE": state or f"sqlite:///{folder / 'state.db'}"}
    workers = [] if "--workers" in options else ["--workers", "2"]
    with serving(
        TARGETS[target], *workers, *options, program=program, folder=folder, env=env, port=port
    ) as server:
        yield server


def until(reached: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    ends = time.monotonic() + patience_s
    while not reached():
        assert time.monotonic() < ends, "waited too long"
        time.sleep(0.05)


def in_use(port: int) -> bool:
    """Whether some process still has the port."""
    try:
        require_free("127.0.0.1", port)
    except PortInUse:
        return True
    return False


def children(pid: int) -> set[int]:
    """The living workers of a supervisor."""
    return family(pid) - {template(pid)}


def template(pid: int) -> int:
    """The process that a supervisor's workers are copies of; 0: there is none."""
    return next((one for one in family(pid) if called(one) == "gz-template"), 0)


def family(pid: int) -> set[int]:
    """The living processes that are this one's children."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.add(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def who(server: Served, number: int) -> bytes:
    """Which worker answers."""
    return ask(server.port, push("pid", number)).rpartition(b"pid=")[2].partition(b".")[0]


@pytest.mark.parametrize("target", TARGETS)
def test_every_worker_answers_and_a_stop_is_clean(target: str, tmp_path: Path) -> None:
    with supervised(tmp_path, target=target) as server:
        assert server.ready["workers"] == 2
        workers = children(server.process.pid)
        assert len(workers) == 2
        seen = {int(who(server, number).split()[0]) for number in range(20)}
        assert seen <= workers
        server.terminate()
        assert server.ended() == 0
        assert not any(alive(pid) for pid in workers)
        with socket.socket() as trial:
            assert trial.connect_ex(("127.0.0.1", server.port)) != 0


def test_a_killed_worker_is_replaced_and_every_push_is_answered(tmp_path: Path) -> None:
    answers: list[bytes] = []

    def asks(first: int) -> None:
        """As WeChat does: three attempts."""
        for number in range(first, first + 40):
            for attempt in range(3):
                with suppress(OSError):
                    if answer := ask(server.port, push(f"hello{number}", number)):
                        answers.append(answer)
                        break
                assert attempt < 2, "no answer in three attempts"

    with supervised(tmp_path) as server:
        before = children(server.process.pid)
        threads = [threading.Thread(target=asks, args=(100 * n,)) for n in range(1, 5)]
        for thread in threads:
            thread.start()
        os.kill(min(before), signal.SIGKILL)
        for thread in threads:
            thread.join()
        assert len(answers) == 160
        assert all(b"hello" in answer for answer in answers)
        until(lambda: len(children(server.process.pid) - {min(before)}) == 2)
        until(lambda: "结束了（状态 -9）" in server.said)


def test_workers_are_copies_of_a_process_that_may_end_without_harm(tmp_path: Path) -> None:
    with supervised(tmp_path) as server:
        first, before = template(server.process.pid), children(server.process.pid)
        assert first
        assert {called(pid) for pid in before} == {"gz-worker"}
        os.kill(first, signal.SIGKILL)
        until(lambda: not alive(first))
        assert children(server.process.pid) == before
        for number, victim in enumerate(sorted(before)):
            os.kill(victim, signal.SIGKILL)
            until(lambda victim=victim: len(children(server.process.pid) - {victim}) == 2)  # type: ignore[misc]
            assert b"hello" in ask(server.port, push("hello", number))
        # A new template counts as any child until it has loaded and gets its name.
        until(lambda: template(server.process.pid) not in (0, first))
        until(lambda: len(children(server.process.pid)) == 2)
        last = children(server.process.pid) | {template(server.process.pid)}
        server.process.kill()
        server.ended()
        until(lambda: not any(alive(pid) for pid in last))


def test_a_reload_makes_workers_of_a_new_template(tmp_path: Path) -> None:
    with supervised(tmp_path) as server:
        first = template(server.process.pid)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: "已换成新的工作进程" in server.said)
        until(lambda: not alive(first))
        assert template(server.process.pid) not in (0, first)


def test_what_a_dead_worker_has_started_leaves_no_zombie(tmp_path: Path) -> None:
    with supervised(tmp_path) as server:
        left = int(ask(server.port, push("leave 3", 1)).rpartition(b"pid=")[2].partition(b".")[0])
        for victim in children(server.process.pid):
            os.kill(victim, signal.SIGKILL)
        until(lambda: left in family(server.process.pid))
        until(lambda: not Path(f"/proc/{left}").exists())
        assert b"hello" in ask(server.port, push("hello", 2))


def test_a_worker_that_was_stopped_is_replaced(tmp_path: Path) -> None:
    with supervised(tmp_path, "--hang-after", "3") as server:
        before = children(server.process.pid)
        os.kill(min(before), signal.SIGSTOP)
        until(lambda: not alive(min(before)))
        until(lambda: len(children(server.process.pid)) == 2)
        assert "没有反应" in server.said
        assert b"hello" in ask(server.port, push("hello"))


def test_a_worker_whose_event_loop_is_blocked_says_where_and_is_replaced(tmp_path: Path) -> None:
    with supervised(tmp_path, "--hang-after", "3") as server:
        before = children(server.process.pid)
        blocked = socket.create_connection(("127.0.0.1", server.port))
        blocked.sendall(push("block 600"))
        until(lambda: any(not alive(pid) for pid in before))
        with suppress(OSError):
            assert rest_of(blocked) == b""
        blocked.close()
        assert "in block" in server.said
        until(lambda: len(children(server.process.pid)) == 2)
        assert b"hello" in ask(server.port, push("hello", 2))


def test_hangup_replaces_the_program_without_a_gap(tmp_path: Path) -> None:
    with supervised(tmp_path) as server:
        slow: list[bytes] = []
        thread = threading.Thread(target=lambda: slow.append(ask(server.port, push("sleep 3", 9_999_999))))
        thread.start()
        time.sleep(0.5)
        (tmp_path / "served.py").write_text(PROGRAM.replace('"old"', '"newer"'), "utf-8")
        server.process.send_signal(signal.SIGHUP)
        number = 0
        while "已换成新的工作进程" not in server.said:
            number += 1
            assert b"pid=" in ask(server.port, push("pid", number)), "nobody served for a moment"
        assert all(who(server, 10_000 + one).endswith(b" newer") for one in range(10))
        thread.join()
        assert b"slept" in slow[0]
        until(lambda: len(children(server.process.pid)) == 2)


def test_one_worker_may_be_supervised_too(tmp_path: Path) -> None:
    with supervised(tmp_path, "--workers", "1", "--supervised") as server:
        [first] = children(server.process.pid)
        assert int(who(server, 1).split()[0]) == first
        os.kill(first, signal.SIGKILL)
        until(lambda: first not in children(server.process.pid) and len(children(server.process.pid)) == 1)
        assert b"hello" in ask(server.port, push("hello", 2)), "the port stayed open"
        (tmp_path / "served.py").write_text(PROGRAM.replace('"old"', '"newer"'), "utf-8")
        server.process.send_signal(signal.SIGHUP)
        until(lambda: "已换成新的工作进程" in server.said)
        assert who(server, 3).endswith(b" newer")
        server.terminate()
        assert server.ended() == 0


def test_one_supervised_worker_over_memory_is_refused(tmp_path: Path) -> None:
    status, said = run(tmp_path, "--workers", "1", "--supervised", "--port", "0")
    assert status == 3
    assert "GONGZHONG_STATE" in said


def test_a_program_that_fails_at_import_leaves_the_old_workers_running(tmp_path: Path) -> None:
    with supervised(tmp_path) as server:
        before = children(server.process.pid)
        (tmp_path / "served.py").write_text("import nothing_of_that_name\n", "utf-8")
        server.process.send_signal(signal.SIGHUP)
        until(lambda: "原来的工作进程继续服务" in server.said)
        assert "nothing_of_that_name" in server.said
        assert children(server.process.pid) == before
        assert who(server, 1).endswith(b" old")


def test_nobody_is_left_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    port = free_port()
    with supervised(tmp_path, port=port) as server:
        workers = children(server.process.pid)
        os.kill(min(workers), signal.SIGSTOP)
        server.process.kill()
        server.ended()
        until(lambda: not any(alive(pid) for pid in workers))
        # The main thread of a killed process may be gone before the others, which still hold its sockets.
        until(lambda: not in_use(port))


def test_slow_handlers_finish_before_the_end(tmp_path: Path) -> None:
    with supervised(tmp_path) as server:
        answers: list[bytes] = []
        threads = [
            threading.Thread(target=lambda n=n: answers.append(ask(server.port, push("sleep 2", n))))
            for n in range(6)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.7)
        server.terminate()
        for thread in threads:
            thread.join()
        assert [b"slept" in answer for answer in answers] == [True] * 6
        assert server.ended() == 0


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with supervised(tmp_path) as server:
        waiting = socket.create_connection(("127.0.0.1", server.port))
        waiting.sendall(push("sleep 4", 1))
        time.sleep(0.5)
        server.terminate()
        time.sleep(1.2)
        server.terminate()
        server.ended(10)
        waiting.close()


@pytest.mark.parametrize("target", TARGETS)
def test_a_unix_socket(target: str, tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    with supervised(tmp_path, "--unix-socket", str(path), target=target) as server:
        assert server.ready["url"] == f"unix:{path}"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(push("hello"))
            assert b"hello" in rest_of(connection)
        server.terminate()
        assert server.ended() == 0
        assert not path.exists()


def run(
    folder: Path, *options: str, program: str = PROGRAM, env: dict[str, str] | None = None
) -> tuple[int, str]:
    """The exit status of a server that does not start, and what it says."""
    import subprocess

    (folder / "served.py").write_text(program, "utf-8")
    workers = [] if "--workers" in options else ["--workers", "2"]
    ended = subprocess.run(
        [sys.executable, "-m", "gongzhong", "serve", "served:oa", *workers, *options],
        cwd=folder,
        env={**os.environ, **ENV, **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return ended.returncode, ended.stderr


def test_state_in_memory_is_refused(tmp_path: Path) -> None:
    status, said = run(tmp_path, "--port", "0")
    assert status == 3
    assert "GONGZHONG_STATE" in said


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, said = run(tmp_path, "--port", str(taken.getsockname()[1]))
    assert status == 3
    assert "已被占用" in said


def test_a_program_that_cannot_be_imported_ends_the_start(tmp_path: Path) -> None:
    status, said = run(tmp_path, "--port", "0", program="import nothing_of_that_name\n")
    assert status == 3
    assert "nothing_of_that_name" in said


def test_workers_that_end_again_and_again_end_the_supervisor(tmp_path: Path) -> None:
    program = PROGRAM + "\nimport threading\nthreading.Timer(0.2, os._exit, (7,)).start()\n"
    env = {"GONGZHONG_STATE": f"sqlite:///{tmp_path / 's.db'}"}
    status, said = run(tmp_path, "--port", "0", "--restarts", "3", program=program, env=env)
    assert status == 1
    assert "不再重试" in said


def test_two_supervisors_share_one_sqlite(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    state = f"sqlite:///{tmp_path / 'state.db'}"
    with (
        supervised(tmp_path / "a", state=state) as one,
        supervised(tmp_path / "b", state=state) as other,
    ):
        for number in range(10):
            assert b"hello" in ask((one, other)[number % 2].port, push("hello", number))
        one.terminate()
        assert one.ended() == 0
        assert b"hello" in ask(other.port, push("hello", 77))
