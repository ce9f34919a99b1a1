"""Deliveries among several processes, in virtual time: what cannot be taken gets no answer, what is taken is kept."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any, cast

import msgspec
import pytest

from gongzhong import Text
from gongzhong.app import App, Services
from gongzhong.app.binding import Binding
from gongzhong.app.inbox import LATE, Inbox, KeptLate, read_answer, read_late, read_push
from gongzhong.app.outbox import Reason, Undelivered
from gongzhong.app.sender import SENDS_WITHIN_S
from gongzhong.app.shared_window import SharedWindow
from gongzhong.errors import StateDown
from gongzhong.messages import TextReply, dedup_key, encode
from gongzhong.sharing.members import Beat, Member
from gongzhong.sharing.node import Node
from gongzhong.sharing.person import PersonRecord, read, written
from gongzhong.state import MemoryState
from gongzhong.store import MemoryWork, NewWork
from gongzhong.testing.virtual_time import VirtualClock
from gongzhong.wire import PushWriter

from .conftest import AES_KEY, ALICE, APPID, START, TOKEN, FakeApi, account, text

pytestmark = pytest.mark.anyio


class Shared(MemoryState):
    """A state of several processes; while `down` holds, out of reach."""

    shared = True
    down = False

    async def _within(self, operation: Any) -> Any:
        if self.down:
            raise StateDown("断了", "down")
        return await super()._within(operation)


class Cluster:
    """Some processes of one program over one state and one table of work."""

    def __init__(self, processes: int, *, may_send: bool = True) -> None:
        clock = VirtualClock(asyncio.get_running_loop(), START)
        self.state, self.store, self.api = Shared(clock), MemoryWork(clock), FakeApi()
        self.api.may_send = may_send
        self.runs: list[str] = []
        app = App()

        @app.text()
        async def answer(message: Text) -> str:
            self.runs.append(message.content)
            await asyncio.sleep(float(message.content))
            return f"答{message.content}"

        self.app, self.clock = app, clock
        self.bindings = [self.bound() for _ in range(processes)]

    def bound(self, beat: Beat | None = None) -> Binding:
        """One more process."""
        api = cast(Any, self.api)
        return self.app.bind(
            account(), Services(clock=self.clock, api=api, state=self.state, store=self.store, beat=beat)
        )

    async def deliver(self, binding: Binding, push: Text) -> tuple[int, bytes, float]:
        """Status, body and how long it took; WeChat hangs up after five seconds."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        sealed = PushWriter(TOKEN, AES_KEY, APPID, "plain").seal(
            encode(push), int(self.clock.now()), str(began), push.openid
        )
        answer = await binding.handle(sealed.query, sealed.body, gone=lambda: loop.time() >= began + 5.0)
        return answer.status, answer.body, loop.time() - began

    async def close(self) -> None:
        for binding in self.bindings:
            await binding.shutdown(0.1)


async def test_what_cannot_be_taken_gets_no_answer_before_wechat_hangs_up() -> None:
    """An HTTP error might not be repeated; a timeout is."""
    cluster = Cluster(1)
    await cluster.bindings[0].ready()
    cluster.state.down = True
    push = text("0")
    status, _, took = await cluster.deliver(cluster.bindings[0], push)
    assert (status, cluster.runs) == (503, [])
    assert took >= 5.0
    cluster.state.down = False
    status, body, _ = await cluster.deliver(cluster.bindings[0], push)
    assert (status, cluster.runs) == (200, ["0"])
    assert "答0".encode() in body
    await cluster.close()


async def test_a_repeat_that_comes_to_another_process_joins_the_handler() -> None:
    cluster = Cluster(2, may_send=False)
    one, other = cluster.bindings
    push = text("7")
    first = asyncio.ensure_future(cluster.deliver(one, push))
    await asyncio.sleep(5)
    status, body, _ = await cluster.deliver(other, push)
    assert (status, cluster.runs) == (200, ["7"])
    assert "答7".encode() in body
    assert other.counters["passed_on"] == 1
    assert (one.counters["received"], other.counters["received"]) == (1, 1), (
        "each counts what WeChat sent to it"
    )
    await first
    await cluster.close()


async def test_a_message_is_in_the_inbox_before_wechat_is_told_that_it_was_taken() -> None:
    cluster = Cluster(1)
    [binding] = cluster.bindings
    status, body, _ = await cluster.deliver(binding, text("20"))
    assert (status, body) == (200, b"success")
    [row] = await cluster.store.show()
    assert (row.kind, row.stage) == ("push", "running")
    await asyncio.sleep(20)
    assert cluster.api.texts == ["答20"]
    assert await cluster.store.show() == []
    await cluster.close()


async def test_an_answer_that_waits_is_given_by_another_process() -> None:
    cluster = Cluster(2, may_send=False)
    one, other = cluster.bindings
    push = text("20")
    for _ in range(3):
        await cluster.deliver(one, push)
    await asyncio.sleep(10)
    [row] = await cluster.store.show()
    assert row.kind == "answer"
    _, body, _ = await cluster.deliver(other, text("0"))
    assert "答20".encode() in body
    assert "答0".encode() in body
    await asyncio.sleep(1)
    assert await cluster.store.show() == []
    await cluster.close()


async def test_what_a_stop_cuts_off_is_begun_anew_by_another_process() -> None:
    cluster = Cluster(2)
    one, other = cluster.bindings
    await other.ready()
    await cluster.deliver(one, text("20"))
    await one.shutdown(1.0)
    await asyncio.sleep(30)
    assert cluster.runs == ["20", "20"]
    assert cluster.api.texts == ["答20"]
    await cluster.close()


async def test_rows_of_every_kind_can_be_put_back() -> None:
    cluster = Cluster(1)
    inbox, push = Inbox(cluster.store, APPID), text("问")
    reply = TextReply(content="另答")
    waiting = Undelivered(openid=ALICE, reply=reply, reason=Reason("quota"), since=START, key="k")
    assert await inbox.add_late(ALICE, "k", [reply], "name")
    assert await inbox.settle([], [waiting])
    assert await inbox.keep(push, dedup_key(push), False, False, "me")
    await inbox.put_back(await inbox.load(ALICE, "me"))
    answer, message, late = await inbox.load(ALICE, "other")
    assert read_answer(answer) == waiting
    assert read_push(message)[0] == push
    assert read_push(message)[1].accepted, "else its answer would wait for a delivery that never comes"
    assert read_late(late) == ("k", [reply])
    await cluster.close()


async def left_by_a_dead_process(cluster: Cluster, push: Text) -> None:
    """What a process leaves that died two seconds after it had begun a message: nobody was told anything."""
    inbox = Inbox(cluster.store, APPID)
    assert await inbox.keep(push, dedup_key(push), False, False, "dead")
    record = written(PersonRecord(owner="dead"))
    await cluster.state.put(f"person|{APPID}|{push.openid}", record, replaces=0, ttl_s=60.0)


async def test_a_slow_handlers_message_is_in_the_inbox_before_wechat_has_an_answer() -> None:
    cluster = Cluster(1)
    [binding] = cluster.bindings
    answer = asyncio.ensure_future(cluster.deliver(binding, text("3")))
    await asyncio.sleep(0.9)
    assert await cluster.store.show() == []
    await asyncio.sleep(0.3)
    [row] = await cluster.store.show()
    assert (row.kind, row.stage) == ("push", "running")
    _, body, _ = await answer
    assert "答3".encode() in body
    await asyncio.sleep(1)
    assert await cluster.store.show() == []
    assert cluster.runs == ["3"]
    await cluster.close()


async def test_a_delivery_takes_the_answer_of_a_message_whose_process_died() -> None:
    cluster = Cluster(1, may_send=False)
    push = text("2")
    await left_by_a_dead_process(cluster, push)
    _, body, took = await cluster.deliver(cluster.bindings[0], push)
    assert "答2".encode() in body
    assert took < 3.0
    await asyncio.sleep(30)
    assert (cluster.runs, await cluster.store.show()) == (["2"], [])
    await cluster.close()


@pytest.mark.parametrize("may_send", [True, False])
async def test_a_message_whose_process_died_is_answered_without_another_delivery(may_send: bool) -> None:
    """WeChat's three deliveries may all have come to processes that died."""
    cluster = Cluster(1, may_send=may_send)
    push = text("2")
    await left_by_a_dead_process(cluster, push)
    await cluster.bindings[0].ready()
    await asyncio.sleep(40)
    assert cluster.runs == ["2"]
    if may_send:
        assert cluster.api.texts == ["答2"]
    else:
        _, body, _ = await cluster.deliver(cluster.bindings[0], text("继续"))
        assert "答2".encode() in body
        assert cluster.runs == ["2"]
    await cluster.close()


def living_process() -> tuple[subprocess.Popen[str], str]:
    """A process that waits, and the name by which others know it."""
    code = "from gongzhong.sharing.processes import named; print(named(), flush=True); input()"
    pipe = subprocess.PIPE
    child = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True)
    assert child.stdout is not None
    return child, child.stdout.readline().strip()


async def test_a_process_of_this_machine_that_has_ended_is_not_waited_for() -> None:
    cluster = Cluster(1)
    [binding] = cluster.bindings
    child, name = living_process()
    assert await cluster.state.lease(f"worker|{name}", name, 3600.0)
    record = written(PersonRecord(owner=name))
    for person in (ALICE, "oBob"):
        await cluster.state.put(f"person|{APPID}|{person}", record, replaces=0, ttl_s=60.0)
    status, body, _ = await cluster.deliver(binding, text("0"))
    assert (status, body, cluster.runs) == (200, b"success", []), "it lives, and the message is kept for it"
    child.kill()
    child.communicate()
    _, body, took = await cluster.deliver(binding, text("0.0", user="oBob"))
    assert "答0.0".encode() in body
    assert took < 0.1
    await cluster.deliver(binding, text("0.00"))
    assert cluster.runs == ["0.0", "0", "0.00"], "what was kept is begun by whoever takes the person"
    await cluster.close()


@pytest.mark.parametrize("together", [True, False])
async def test_rows_of_a_stranger_are_looked_for_only_where_a_record_may_have_been_lost(
    together: bool,
) -> None:
    """In one database record and rows are lost together."""
    cluster = Cluster(1)
    [binding] = cluster.bindings
    window = SharedWindow(binding, Node(cluster.state), cluster.state, cluster.store, together=together)
    vars(binding)["shared"] = binding.window.shared = window
    vars(binding).pop("_reception")  # made with the binding, around the window that it had
    looked: list[str] = []
    occupied = cluster.store.occupied

    async def watched(appid: str, kinds: Any, lines: Any) -> set[str]:
        looked.extend(lines)
        return await occupied(appid, kinds, lines)

    cluster.store.occupied = watched  # type: ignore[method-assign]
    pushes = [text("0"), text("0", user="another")]
    for push in pushes:
        assert (await cluster.deliver(binding, push))[0] == 200
    assert cluster.runs == ["0", "0"]
    assert looked == ([] if together else [push.openid for push in pushes])
    await cluster.close()


async def test_a_row_that_arrives_after_another_process_has_answered_begins_nothing() -> None:
    """A process that is cut off from the database may have sent the row before; it arrives when the cable is back."""
    cluster = Cluster(2)
    one, other = cluster.bindings
    push = text("0")
    await cluster.deliver(one, push)
    await one.shutdown(0.1)
    assert await Inbox(cluster.store, APPID).keep(push, dedup_key(push), False, False, "cut off")
    await other.ready()
    await asyncio.sleep(40)
    assert (cluster.runs, await cluster.store.show()) == (["0"], [])
    await cluster.close()


async def test_a_row_that_is_kept_while_others_are_loaded_is_settled() -> None:
    """Else it would stay held for ever, and be handled anew by the next process."""
    cluster = Cluster(1)
    [binding] = cluster.bindings
    take_line, taken = cluster.store.take_line, asyncio.Event()

    async def slow(*given: Any) -> Any:
        rows = await take_line(*given)
        taken.set()
        await asyncio.sleep(0.5)
        return rows

    cluster.store.take_line = slow  # type: ignore[method-assign]
    answer = asyncio.ensure_future(cluster.deliver(binding, text("3")))
    await asyncio.sleep(0.9)
    assert binding.shared is not None
    await binding.shared.answered_elsewhere(ALICE, "another", [TextReply(content="另答")], "")
    await taken.wait()
    assert [row.kind for row in await cluster.store.show()] == ["late"]
    await asyncio.sleep(0.3)
    assert [row.kind for row in await cluster.store.show()] == ["late", "push"], "kept meanwhile"
    _, body, _ = await answer
    assert "答3".encode() in body
    await asyncio.sleep(10)
    assert (cluster.runs, await cluster.store.show()) == (["3"], [])
    await cluster.close()


async def row_of_another_version(cluster: Cluster, user: str) -> None:
    """An answer from elsewhere of a kind that this version does not know."""
    kept = KeptLate("one", [("SongReply", {"content": "歌"})])
    row = NewWork(kind=LATE, data=msgspec.msgpack.encode(kept), line=user, key="one#a")
    await cluster.store.add(APPID, [row])


async def test_a_row_that_cannot_be_read_becomes_a_dead_letter_and_the_others_go_on() -> None:
    """As in an upgrade, process by process: a newer version can read it later."""
    cluster = Cluster(1)
    await row_of_another_version(cluster, ALICE)
    assert await Inbox(cluster.store, APPID).add_late(ALICE, "two", [TextReply(content="另答")], "")
    await cluster.bindings[0].ready()
    await asyncio.sleep(30)
    assert cluster.api.texts == ["另答"]
    [row] = await cluster.store.show()
    assert (row.kind, row.stage, row.reason, row.key) == ("late", "dead", "unreadable", "one#a")
    _, body, _ = await cluster.deliver(cluster.bindings[0], text("0"))
    assert "答0".encode() in body
    await cluster.close()


async def test_whoever_cannot_be_taken_up_holds_up_nobody_else_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster, another = Cluster(1), "oBob000000000000000000000001"
    [binding] = cluster.bindings
    inbox = Inbox(cluster.store, APPID)
    for openid in (ALICE, another):
        assert await inbox.add_late(openid, "k", [TextReply(content=openid)], "")
    come = binding.window.come

    def failing(openid: str, *rest: Any) -> None:
        if openid == ALICE:
            raise RuntimeError
        come(openid, *rest)

    with monkeypatch.context() as planted:
        planted.setattr(binding.window, "come", failing)
        deliveries = [cluster.deliver(binding, text("0", user=openid)) for openid in (ALICE, another)]
        (refused, _, _), (accepted, body, _) = await asyncio.gather(*deliveries)
        assert (refused, accepted) == (503, 200)
        assert another.encode() in body
        await asyncio.sleep(60)
        assert [row.line for row in await cluster.store.show()] == [ALICE]
    await asyncio.sleep(60)
    assert (cluster.api.texts, await cluster.store.show()) == ([ALICE], [])
    await cluster.close()


class Shout(TextReply, frozen=True):
    """A program's own kind of text."""

    loudness: set[int] | None = None


async def test_a_programs_own_kind_of_reply_waits_as_the_kind_that_it_is_made_from() -> None:
    cluster = Cluster(1, may_send=False)
    inbox = Inbox(cluster.store, APPID)
    assert await inbox.add_late(ALICE, "k", [Shout(content="喊", loudness={3})], "")
    [row] = await cluster.store.show()
    assert read_late(row) == ("k", [TextReply(content="喊")])
    await cluster.bindings[0].ready()
    await asyncio.sleep(30)
    [row] = await cluster.store.show()
    assert read_answer(row).reply == TextReply(content="喊")
    _, body, _ = await cluster.deliver(cluster.bindings[0], text("0"))
    assert "喊".encode() in body
    await cluster.close()


@pytest.mark.parametrize("busy", [False, True], ids=["laid down meanwhile", "busy all the time"])
async def test_a_recorded_push_is_never_handled_again(busy: bool) -> None:
    """A stranger who recorded it sends it again, within the ten minutes in which its timestamp is accepted."""
    cluster = Cluster(1)
    [binding] = cluster.bindings
    if busy:
        await cluster.deliver(binding, text("500"))
    push = text("0")
    sealed = PushWriter(TOKEN, AES_KEY, APPID, "plain").seal(
        encode(push), int(cluster.clock.now()), "nonce", push.openid
    )
    assert (await binding.handle(sealed.query, sealed.body)).status == 200
    await asyncio.sleep(10)
    assert (await binding.handle(sealed.query, sealed.body)).status == 200, "WeChat's own repeat"
    for number in range(5):
        await asyncio.sleep(40)
        await cluster.deliver(binding, text("0.1", user=f"oBob{number}"))
    again = await binding.handle(sealed.query, sealed.body)
    assert again.status == (403 if busy else 200), "the answer is kept with whoever was laid down"
    assert cluster.runs.count("0") == 1
    await cluster.close()


@pytest.mark.parametrize("busy", [False, True], ids=["laid down", "another process has them"])
async def test_an_erasure_removes_what_was_said_from_the_shared_state(busy: bool) -> None:
    cluster = Cluster(2)
    one, other = cluster.bindings
    assert one.shared is not None and other.shared is not None
    if busy:
        await cluster.deliver(one, text("30"))
    push, key = text("0"), f"person|{APPID}|{ALICE}"
    _, body, _ = await cluster.deliver(one, push)
    assert "答0".encode() in body
    await asyncio.sleep(5)
    before = await cluster.state.get(key)
    assert before is not None
    assert ("答0".encode() in before.data) is not busy
    await other.shared.forget(ALICE)
    after = await cluster.state.get(key)
    assert after is not None and after.expires_at == pytest.approx(before.expires_at)
    await asyncio.sleep(40)
    assert cluster.api.texts == ["答30"] * busy
    after = await cluster.state.get(key)
    assert after is not None and read(after.data).owner == ""
    assert "答".encode() not in after.data
    await one.shutdown(0.1)
    status, body, _ = await cluster.deliver(other, push)
    assert (status, body, cluster.runs.count("0")) == (200, b"success", 1)
    await cluster.close()


async def test_an_answer_that_wechat_may_not_have_got_is_in_the_inbox() -> None:
    """It may have been WeChat's last delivery, and this process may die before the answer goes another way."""
    cluster = Cluster(1)
    [one] = cluster.bindings
    push = text("0.2")
    began = asyncio.get_running_loop().time()
    sealed = PushWriter(TOKEN, AES_KEY, APPID, "plain").seal(
        encode(push), int(cluster.clock.now()), str(began), push.openid
    )
    await one.handle(sealed.query, sealed.body, gone=lambda: bool(cluster.runs))
    await asyncio.sleep(1)
    [row] = await cluster.store.show()
    assert (row.kind, row.stage) == ("push", "running")
    await asyncio.sleep(15)
    assert (cluster.runs, cluster.api.texts) == (["0.2"], ["答0.2"])
    assert await cluster.store.show() == []
    await cluster.close()


@pytest.mark.parametrize("trusts", [False, True], ids=["as it is", "trusting its lease for ever"])
async def test_a_process_that_was_silent_sends_nothing(trusts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process has begun the message anew; the planted fault shows what would happen otherwise."""
    if trusts:
        monkeypatch.setattr(Member, "sure_s", 1_000.0)
    cluster = Cluster(1)
    [other], silent = cluster.bindings, cluster.bound(Beat(every_s=1_000.0))
    push = text("12")
    assert (await cluster.deliver(silent, push))[1] == b"success"
    await asyncio.sleep(4.5)
    await cluster.deliver(other, push)
    assert cluster.runs == ["12", "12"]
    await asyncio.sleep(30)
    assert cluster.api.texts == ["答12"] * (2 if trusts else 1)
    await silent.shutdown(0.1)
    await cluster.close()


async def test_a_message_that_wechat_does_not_answer_is_given_up_before_the_lease_is_over() -> None:
    """Then another process may send it."""
    cluster = Cluster(1)
    [binding] = cluster.bindings
    loop, given_up = asyncio.get_running_loop(), list[float]()
    began = loop.time()

    async def never(call: object) -> None:
        try:
            await asyncio.sleep(1_000)
        finally:
            given_up.append(loop.time() - began)

    cluster.api.perform = never  # type: ignore[assignment]
    await cluster.deliver(binding, text("5"))
    await asyncio.sleep(30)
    [after_s] = given_up
    assert 5.0 + SENDS_WITHIN_S <= after_s < 5.0 + Beat().lease_s
    assert [item.reason for item in binding.outbox.undelivered()] == ["in_doubt"]
    await cluster.close()
