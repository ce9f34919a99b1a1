"""Answers from elsewhere: `oa.late(message)`, in virtual time, in one process and among several."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from gongzhong import Text
from gongzhong.app import (
    Accounts,
    App,
    BadTicket,
    Binding,
    Late,
    OfficialAccount,
    Piece,
    Services,
    shared_window,
)
from gongzhong.app.late import Expected
from gongzhong.errors import HandlerError, SetupError, StateDown
from gongzhong.messages import Article, ImageReply, NewsReply, TextReply, TransferReply
from gongzhong.store import MemoryWork
from gongzhong.testing.virtual_time import VirtualClock

from .conftest import ALICE, START, FakeApi, Make, WeChat, account, click, text
from .test_shared_window import Cluster, Shared

pytestmark = pytest.mark.anyio


def handing_off(wechat: WeChat) -> list[str]:
    """Let every text be answered from elsewhere; gives the tickets."""
    tickets: list[str] = []

    @wechat.oa.text()
    def ask(message: Text, oa: OfficialAccount) -> None:
        tickets.append(oa.late(message).ticket)

    return tickets


async def said(wechat: WeChat, content: str, after_s: float) -> asyncio.Task[str | None]:
    """The task that says something to the account, after so many seconds."""
    task = asyncio.ensure_future(wechat.say(content))
    await asyncio.sleep(after_s)
    return task


async def test_an_open_delivery_is_answered(make: Make) -> None:
    wechat = make()
    tickets = handing_off(wechat)
    task = await said(wechat, "问", 2)
    assert await wechat.oa.late(tickets[0]).reply("答")
    assert await task == "答"
    assert wechat.api.sent == []
    assert wechat.oa.counters["handed_off"] == wechat.oa.counters["elsewhere"] == 1
    assert not wechat.oa.busy


async def test_a_handler_that_cannot_wait_may_hand_off(make: Make) -> None:
    wechat, tickets = make(), list[str]()

    @wechat.oa.text()
    async def ask(message: Text, oa: OfficialAccount) -> None:
        tickets.append(oa.late(message).ticket)

    task = await said(wechat, "问", 1)
    await wechat.oa.late(tickets[0]).reply("答")
    assert await task == "答"


async def test_a_delivery_of_later_is_answered_where_nothing_else_may_be_sent(make: Make) -> None:
    wechat = make(may_send=False)
    tickets = handing_off(wechat)
    task = await said(wechat, "问", 8)
    await wechat.oa.late(tickets[0]).reply("答")
    assert await task == "答"
    assert len(tickets) == 1, "WeChat's repeats join"


async def test_after_the_window_customer_service_messages_follow(make: Make) -> None:
    wechat = make()
    tickets = handing_off(wechat)
    assert await wechat.say("问") is None
    await asyncio.sleep(3600)
    await wechat.oa.late(tickets[0]).reply("答", "还有")
    await asyncio.sleep(5)
    assert wechat.api.texts == ["答", "还有"]
    assert wechat.oa.binding.allowance.left(ALICE, wechat.oa.clock.now()) == 3


async def test_without_permission_the_answer_waits_and_is_fetched(make: Make) -> None:
    wechat = make(may_send=False)
    tickets = handing_off(wechat)
    placeholder = await wechat.say("问")
    assert placeholder is not None and "继续" in placeholder
    assert await wechat.say("继续") == placeholder, "too early says so"
    await asyncio.sleep(100)
    await wechat.oa.late(tickets[0]).reply("答")
    await asyncio.sleep(2)
    assert await wechat.say("继续") == "答"
    assert len(tickets) == 1, "a message that only fetches is no new question"


async def test_a_fetch_that_waits_gets_the_answer_when_it_comes(make: Make) -> None:
    wechat = make(may_send=False)
    tickets = handing_off(wechat)
    await wechat.say("问")
    task = await said(wechat, "继续", 2)
    await wechat.oa.late(tickets[0]).reply("答")
    assert await task == "答"


async def test_without_anything_expected_the_word_is_a_question(make: Make) -> None:
    wechat = make(may_send=False)
    tickets = handing_off(wechat)
    await wechat.say("问")
    await wechat.oa.late(tickets[0]).reply("答")
    assert await wechat.say("继续") == "答"
    await wechat.say("继续")
    assert len(tickets) == 2


async def test_what_the_handler_says_itself_goes_first(make: Make) -> None:
    wechat, tickets = make(), list[str]()

    @wechat.oa.text()
    async def ask(message: Text, oa: OfficialAccount) -> str:
        tickets.append(oa.late(message).ticket)
        return "请稍候"

    assert await wechat.say("问") == "请稍候"
    await wechat.oa.late(tickets[0]).reply("答")
    await asyncio.sleep(1)
    assert wechat.api.texts == ["答"]


async def test_an_answer_may_come_before_the_handler_ends(make: Make) -> None:
    wechat = make()

    @wechat.oa.text()
    async def ask(message: Text, oa: OfficialAccount) -> None:
        await oa.late(message).reply("答")
        await asyncio.sleep(1)

    assert await wechat.say("问") == "答"
    assert wechat.api.sent == []


@pytest.mark.parametrize("after_s", [20.0, 300.0], ids=["soon", "when the push is forgotten"])
async def test_a_task_that_the_handler_started_answers_when_it_likes(make: Make, after_s: float) -> None:
    """It knows the push as its handler's, although that has ended."""
    wechat, taken = make(), list[bool]()

    async def job(message: Text, oa: OfficialAccount) -> None:
        await asyncio.sleep(after_s)
        taken.append(await oa.late(message).reply("答"))

    @wechat.oa.text("问")
    async def ask(message: Text, oa: OfficialAccount) -> str:
        jobs.append(asyncio.create_task(job(message, oa)))
        return "请稍候"

    jobs: list[asyncio.Task[None]] = []
    assert await wechat.say("问") == "请稍候"
    for number in range(6):
        await asyncio.sleep(after_s / 5)
        await wechat.say("别的", user=f"oBob{number}")
    await asyncio.sleep(5)
    assert (taken, wechat.api.texts) == ([True], ["答"])
    assert wechat.oa.binding.window.elsewhere.early == {}


async def test_a_handler_that_fails_says_so_beside_the_answer(make: Make) -> None:
    wechat = make(failure_text="出错")

    @wechat.oa.text()
    async def ask(message: Text, oa: OfficialAccount) -> None:
        await oa.late(message).reply("答")
        raise ValueError

    assert await wechat.say("问") == "答\n\n出错"


async def test_a_stream_goes_on_with_what_comes_later(make: Make) -> None:
    wechat, tickets = make(), list[str]()

    @wechat.oa.text()
    async def ask(message: Text, oa: OfficialAccount) -> AsyncIterator[str]:
        tickets.append(oa.late(message).ticket)
        yield "一"

    assert await wechat.say("问") == "一"
    await wechat.oa.late(tickets[0]).reply("二")
    await asyncio.sleep(1)
    assert wechat.api.texts == ["二"]


async def test_a_delivery_that_nobody_reads_any_more_ends(make: Make) -> None:
    """WeChat delivers once and hangs up: the claim must not stay for ever."""
    wechat = make(may_send=False)
    tickets = handing_off(wechat)
    with pytest.raises(TimeoutError):
        await wechat.push(text("问"), deliveries=1)
    await asyncio.sleep(60)
    assert wechat.oa.binding.claims.runs() == []
    await wechat.oa.late(tickets[0]).reply("答")
    assert "答" in (await wechat.say("继续") or "")


async def test_one_name_is_taken_once(make: Make) -> None:
    wechat = make()
    tickets = handing_off(wechat)
    await wechat.say("问")
    late = wechat.oa.late(tickets[0])
    assert [await late.reply("答", name="a"), await late.reply("答", name="a")] == [True, False]
    assert await late.reply("再答", name="b")
    await asyncio.sleep(3)
    assert wechat.api.texts == ["答", "再答"]


async def test_a_click_is_answered_too_and_what_cannot_be_is_sent(make: Make) -> None:
    wechat, tickets = make(), list[str]()

    @wechat.oa.default
    def ask(push: Any, oa: OfficialAccount) -> None:
        tickets.append(oa.late(push).ticket)

    task = asyncio.ensure_future(wechat.push(click("按")))
    await asyncio.sleep(1)
    assert wechat.oa.late(tickets[0]).kind == "Click"
    await wechat.oa.late(tickets[0]).reply(ImageReply(media_id="m"))
    assert await task == ImageReply(media_id="m")


@pytest.mark.parametrize("wrong", ["", "abc", "{}", "[1,2]", '["a","","k","t","m"]', "[" * 5000])
async def test_a_text_that_is_no_ticket(make: Make, wrong: str) -> None:
    with pytest.raises(BadTicket):
        make().oa.late(wrong)


async def test_wrong_accounts_and_processes_are_refused(make: Make) -> None:
    wechat, tickets = make(), []
    tickets = handing_off(wechat)
    task = await said(wechat, "问", 1)
    with pytest.raises(SetupError, match="GONGZHONG_DATABASE"):
        await make().oa.late(tickets[0]).reply("答")
    with pytest.raises(SetupError):
        wechat.oa.late(tickets[0].replace(wechat.oa.account.appid, "wx1111111111111111"))
    accounts = Accounts({"/a": wechat.oa})
    with pytest.raises(SetupError):
        accounts.late(tickets[0].replace(wechat.oa.account.appid, "wx1111111111111111"))
    await accounts.late(tickets[0]).reply("答")
    assert await task == "答"


@pytest.mark.parametrize("wrong", [None, 3, TextReply(content="")])
async def test_what_is_no_reply_is_refused(make: Make, wrong: Any) -> None:
    with pytest.raises(HandlerError):
        await make().oa.late(text("问")).reply(wrong)


async def test_nothing_is_said_of_the_person_in_the_repr(make: Make) -> None:
    assert ALICE not in repr(make().oa.late(text("问")))
    assert not await make().oa.late(text("问")).reply("")


async def test_a_thread_answers(make: Make) -> None:
    wechat = make()
    tickets = handing_off(wechat)
    task = await said(wechat, "问", 1)
    taken: list[bool] = []
    thread = threading.Thread(
        target=lambda: taken.append(wechat.oa.late(tickets[0]).reply_blocking("答")), daemon=True
    )
    thread.start()
    assert await task == "答"
    thread.join(5)
    assert taken == [True]


def test_who_was_told_to_ask_is_forgotten_in_time() -> None:
    expected = Expected(most=2)
    for number in range(3):
        expected.add(f"o{number}", "k", 0.0)
    assert [expected.any(f"o{number}", 1.0) for number in range(3)] == [False, True, True]
    assert not expected.any("o1", 25 * 3600.0)
    expected.came("o1", "other")
    assert expected.any("o1", 1.0)
    expected.came("o1", "k")
    assert not expected.any("o1", 1.0)


class Elsewhere(Cluster):
    """Processes that serve, and one more that only answers."""

    def __init__(self, processes: int = 2, *, may_send: bool = True) -> None:
        super().__init__(processes, may_send=may_send)
        self.tickets: list[str] = []
        app = App()

        @app.text()
        async def ask(message: Text, oa: Binding) -> None:
            self.tickets.append(oa.late(message).ticket)

        services = Services(clock=self.clock, api=cast(Any, self.api), state=self.state, store=self.store)
        self.bindings = [app.bind(account(), services) for _ in range(processes)]
        self.worker = app.bind(account(), services)

    def late(self, number: int = 0) -> Late:
        return self.worker.late(self.tickets[number])

    async def close(self) -> None:
        await super().close()
        await self.worker.shutdown(0.1)


async def test_another_process_answers_the_open_delivery() -> None:
    cluster = Elsewhere()
    one, other = cluster.bindings
    await other.ready()
    task = asyncio.ensure_future(cluster.deliver(one, text("问")))
    await asyncio.sleep(2)
    assert await cluster.late().reply("答")
    status, body, took = await task
    assert (status, "答".encode() in body) == (200, True)
    assert took < 2.5, "the process that has the person is told at once"
    await asyncio.sleep(1)
    assert await cluster.store.show() == []
    assert cluster.api.sent == []
    await cluster.close()


async def test_another_process_answers_long_after_the_window() -> None:
    cluster = Elsewhere()
    for binding in cluster.bindings:
        await binding.ready()
    _, body, _ = await cluster.deliver(cluster.bindings[0], text("问"))
    assert body == b"success"
    await asyncio.sleep(600)
    await cluster.late().reply("答", name="a")
    assert not await cluster.late().reply("答", name="a")
    await asyncio.sleep(10)
    assert cluster.api.texts == ["答"]
    assert not await cluster.late().reply("答", name="a")
    assert await cluster.store.show() == []
    await cluster.close()


async def test_nobody_serves_at_the_moment_and_nothing_is_lost() -> None:
    cluster = Elsewhere(1)
    await cluster.deliver(cluster.bindings[0], text("问"))
    await cluster.bindings[0].shutdown(1.0)
    await cluster.late().reply("答")
    await asyncio.sleep(600)
    [row] = await cluster.store.show()
    assert (row.kind, row.line) == ("late", ALICE)
    await cluster.bindings[0].ready()
    await asyncio.sleep(10)
    assert cluster.api.texts == ["答"]
    assert await cluster.store.show() == []
    await cluster.close()


async def test_the_answer_waits_for_the_person_wherever_they_come_next() -> None:
    cluster = Elsewhere(may_send=False)
    one, other = cluster.bindings
    await other.ready()
    push = text("问")
    for _ in range(3):
        _, body, _ = await cluster.deliver(one, push)
    assert "继续".encode() in body
    await asyncio.sleep(60)
    _, body, _ = await cluster.deliver(other, text("继续"))
    assert len(cluster.tickets) == 1, "also another process knows that an answer is expected"
    await cluster.late().reply("答")
    await asyncio.sleep(60)
    _, body, _ = await cluster.deliver(one, text("继续"))
    assert "答".encode() in body
    assert len(cluster.tickets) == 1
    await cluster.close()


async def test_a_process_dies_with_the_answer_and_another_one_gives_it() -> None:
    cluster = Elsewhere()
    one, other = cluster.bindings
    await cluster.deliver(one, text("问"))
    await asyncio.sleep(60)
    cluster.api.failures = [None]
    await cluster.late().reply("答")
    assert one.shared is not None
    while not (await cluster.store.show())[0].holder:  # noqa: ASYNC110  # the store tells nobody
        await asyncio.sleep(0.01)
    for task in [*one.shared._tasks, *one.shared.node._tasks]:  # as a killed process: no lease, no sender
        task.cancel()
    for line in one.outbox.lines():
        assert line.sending is not None
        line.sending.cancel()
    await other.ready()
    await asyncio.sleep(120)
    assert cluster.api.texts == ["答"]
    assert await cluster.store.show() == []
    await cluster.close()


async def test_the_row_stays_until_the_answer_surely_went_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer comes between two deliveries: if the process died now, another one must find it."""

    async def rows_left() -> int:
        cluster = Elsewhere(may_send=False)
        push = text("问")
        await cluster.deliver(cluster.bindings[0], push)
        await cluster.late().reply("答")
        await asyncio.sleep(2)
        left = len(await cluster.store.show(kind="late"))
        _, body, _ = await cluster.deliver(cluster.bindings[0], push)
        assert "答".encode() in body
        await asyncio.sleep(2)
        assert await cluster.store.show() == []
        await cluster.close()
        return left

    assert await rows_left() == 1
    monkeypatch.setattr(shared_window, "claim_of", lambda row: row.key)
    assert await rows_left() == 0, "a planted fault shows"


async def test_a_state_that_is_down_is_the_callers_to_know() -> None:
    cluster = Elsewhere(1)
    await cluster.deliver(cluster.bindings[0], text("问"))
    cluster.state.down = True
    with pytest.raises(StateDown):
        await cluster.late().reply("答", name="a")
    cluster.state.down = False
    assert await cluster.late().reply("答", name="a")
    await asyncio.sleep(10)
    assert cluster.api.texts == ["答"]
    await cluster.close()


async def test_who_gives_an_answer_again_after_an_outage_gives_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The state goes down when the answer is in the database already, and the person gets it before the next try."""
    cluster = Elsewhere(1)
    await cluster.deliver(cluster.bindings[0], text("问"))
    await asyncio.sleep(10)
    add = cluster.store.add

    async def last(*given: Any, **options: Any) -> Any:
        made = await add(*given, **options)
        cluster.state.down = True
        return made

    with monkeypatch.context() as planted:
        planted.setattr(cluster.store, "add", last)
        with pytest.raises(StateDown):
            await cluster.late().reply("答", name="a")
    cluster.state.down = False
    await asyncio.sleep(30)
    assert (cluster.api.texts, await cluster.store.show()) == (["答"], [])
    assert not await cluster.late().reply("答", name="a")
    await asyncio.sleep(30)
    assert cluster.api.texts == ["答"]
    await cluster.close()


async def test_an_inbox_in_memory_is_no_way_to_another_process() -> None:
    clock = VirtualClock(asyncio.get_running_loop(), START)
    services = Services(clock=clock, api=cast(Any, FakeApi()), state=Shared(clock))
    worker = App().bind(account(), services)
    assert isinstance(worker.store, MemoryWork)
    with pytest.raises(SetupError, match="GONGZHONG_DATABASE"):
        await worker.late(text("问")).reply("答")
    await worker.shutdown()


async def test_every_kind_of_reply_comes_through_the_inbox() -> None:
    cluster = Elsewhere()
    await cluster.deliver(cluster.bindings[0], text("问"))
    news = NewsReply(articles=(Article(title="题", description="", pic_url="", url="https://a.example/"),))
    await cluster.late().reply(Piece(content="一"), ImageReply(media_id="m"), list(news.articles))
    await asyncio.sleep(30)
    assert [call.msgtype for call in cluster.api.sent] == ["text", "image", "news"]
    await cluster.late().reply(TransferReply())
    await asyncio.sleep(30)
    assert await cluster.store.show() != [], "a reply without another form waits for the next message"
    await cluster.close()
