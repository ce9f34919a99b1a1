"""Dialogues: a person's place decides which handler gets the next message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gongzhong import (
    Article,
    Click,
    Dialogue,
    DialogueState,
    Event,
    HandlerError,
    Image,
    Message,
    Move,
    NewsReply,
    OfficialAccount,
    Router,
    Session,
    Text,
)
from gongzhong.app import MemorySessionStore
from gongzhong.app.dialogues import Outcome, decide
from gongzhong.app.sessions import Place
from gongzhong.messages import encode
from gongzhong.platform.world import menus
from gongzhong.testing import LocalPlatform
from gongzhong.testing.actors import Actor
from gongzhong.wire import PushWriter


class Shop:
    """An account with a form of three steps, and somebody who fills it in."""

    def __init__(self, platform: LocalPlatform, store: Any = None, **options: Any) -> None:
        self.oa = OfficialAccount.from_env(sessions=store)
        self.form = self.oa.dialogue("signup", **options)
        self.done: list[dict[str, Any]] = []
        self._routes(self.form)
        self.platform = platform
        platform.connect(self.oa)
        self.alice = self.follower("alice")

    def _routes(self, form: Dialogue) -> None:
        @self.oa.text("报名")
        async def begin() -> Move:
            return form.start("name", "怎么称呼您？", data={"from": "menu"})

        @form.step("name")
        async def name(message: Text, dialogue: DialogueState) -> Move | str:
            if message.content == "坏":
                dialogue["name"] = "不该留下"
                raise RuntimeError
            if len(message.content) > 10:
                return "太长了，再说一次？"
            dialogue["name"] = message.content
            return dialogue.go("age", "几岁？")

        @form.step("age", r"(?P<years>\d+)岁?")
        def age(dialogue: DialogueState, years: str) -> Move:
            dialogue["age"] = int(years)
            return dialogue.go("photo", "发一张照片吧。")

        @form.step("age")
        async def no_number(message: Text, dialogue: DialogueState) -> Move | str:
            return dialogue.go("name", "怎么称呼您？") if message.content == "上一步" else "请填数字。"

        @form.step("photo")
        async def photo(message: Image, dialogue: DialogueState) -> Move:
            self.done.append(dict(dialogue))
            return dialogue.finish(f"{dialogue['name']}，已登记。")

        @self.oa.text("帮助")
        async def help_() -> str:
            return "这是帮助"

        @self.oa.default
        async def echo(message: Message) -> str:
            return f"闲聊：{getattr(message, 'content', message.msg_type)}"

    def follower(self, name: str) -> Actor:
        actor = self.platform.person(name)
        actor.follows(self.oa)
        return actor

    def say(self, *words: str, actor: Actor | None = None) -> list[str]:
        actor, answers = actor or self.alice, []
        for word in words:
            before = len(actor.inbox)
            actor.says(word)
            answers.append("|".join(line.text for line in actor.inbox[before:]))
        return answers


@pytest.fixture
def shop(platform: LocalPlatform) -> Shop:
    return Shop(platform)


def test_a_form_of_three_steps(shop: Shop) -> None:
    assert shop.say("报名", "小王", "十八", "18岁") == [
        "怎么称呼您？",
        "几岁？",
        "请填数字。",
        "发一张照片吧。",
    ]
    shop.alice.sends("image")
    assert shop.alice.inbox[-1].text == "小王，已登记。"
    assert shop.done == [{"from": "menu", "name": "小王", "age": 18}]
    assert shop.say("小王") == ["闲聊：小王"]


def test_steps_may_go_back_and_stay(shop: Shop) -> None:
    assert shop.say("报名", "一二三四五六七八九十十一", "小王", "上一步", "小李", "20")[1:] == [
        "太长了，再说一次？",
        "几岁？",
        "怎么称呼您？",
        "几岁？",
        "发一张照片吧。",
    ]


def test_each_person_has_a_place_of_their_own(shop: Shop) -> None:
    bob = shop.follower("bob")
    assert shop.say("报名") == ["怎么称呼您？"]
    assert shop.say("小李", actor=bob) == ["闲聊：小李"]
    assert shop.say("小王") == ["几岁？"]


def test_what_the_step_does_not_take_goes_to_the_general_routes_and_the_place_stays(shop: Shop) -> None:
    shop.say("报名", "小王", "18")
    assert shop.say("帮助", "你好") == ["这是帮助", "闲聊：你好"]
    shop.alice.sends("location", latitude=30.25, longitude=120.17, label="断桥")
    assert shop.alice.inbox[-1].text == "闲聊：location"
    shop.alice.sends("image")
    assert len(shop.done) == 1


def test_the_step_comes_before_the_general_routes(shop: Shop) -> None:
    assert shop.say("报名", "帮助", "帮助") == ["怎么称呼您？", "几岁？", "请填数字。"]


def test_the_word_that_cancels(shop: Shop) -> None:
    assert shop.say("取消") == ["闲聊：取消"]
    assert shop.say("报名", " 取消 ", "取消") == ["怎么称呼您？", "已取消。", "闲聊：取消"]


def test_other_words_or_none(platform: LocalPlatform) -> None:
    shop = Shop(platform, cancel=("退出", "算了"), cancel_text="好，不报了。")
    assert shop.say("报名", "算了", "报名", "取消")[1::2] == ["好，不报了。", "几岁？"]


def test_no_word_at_all(platform: LocalPlatform) -> None:
    assert Shop(platform, cancel=None).say("报名", "取消") == ["怎么称呼您？", "几岁？"]


def test_time_runs_out_and_each_answer_begins_it_anew(shop: Shop) -> None:
    shop.say("报名")
    shop.platform.clock.advance(seconds=590)
    assert shop.say("小王") == ["几岁？"]
    shop.platform.clock.advance(seconds=590)
    assert shop.say("什么") == ["请填数字。"]
    shop.platform.clock.advance(seconds=601)
    assert shop.say("18", "18") == ["闲聊：18", "闲聊：18"]


def test_a_text_about_the_time_stands_before_the_answer_once(platform: LocalPlatform) -> None:
    shop = Shop(platform, timeout_s=60, timeout_text="报名超时了。")
    shop.say("报名")
    platform.clock.advance(seconds=61)
    assert shop.say("你好", "你好") == ["报名超时了。\n\n闲聊：你好", "闲聊：你好"]


def test_it_stands_alone_before_an_answer_that_is_no_text(platform: LocalPlatform) -> None:
    shop = Shop(platform, timeout_s=60, timeout_text="报名超时了。")

    @shop.oa.text("新闻.*")
    async def news() -> NewsReply:
        return NewsReply(articles=[Article(title="今天", url="https://a.example")])

    shop.say("报名")
    platform.clock.advance(seconds=61)
    before = len(shop.alice.inbox)
    shop.alice.says("新闻")
    assert [line.type for line in shop.alice.inbox[before:]] == ["text", "news"]


def test_a_dialogue_may_last_longer_than_sessions(platform: LocalPlatform) -> None:
    shop = Shop(platform, timeout_s=3 * 24 * 3600)
    shop.say("报名")
    platform.clock.advance(days=2)
    assert shop.say("小王") == ["几岁？"]


def test_a_step_that_fails_changes_nothing(shop: Shop) -> None:
    shop.say("报名")
    shop.say("坏")
    assert shop.oa.counters["handler_errors"] == 1
    assert shop.say("小王") == ["几岁？"]


class Shared(MemorySessionStore):
    """A store without compare-and-swap, as a program's own may be."""

    swap = None  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [MemorySessionStore, Shared])
def test_another_process_with_the_same_store_goes_on_where_the_first_was(kind: Any) -> None:
    store = kind()
    for steps in (["报名", "小王"], ["18"]):
        platform = LocalPlatform()
        shop = Shop(platform, store)
        answers = shop.say(*steps)
        platform.close()
    assert answers == ["发一张照片吧。"]


def test_a_step_that_the_program_no_longer_has_ends_the_dialogue(platform: LocalPlatform) -> None:
    shop = Shop(platform)
    shop.say("报名")
    shop.form._steps.clear()
    assert shop.say("小王", "小王") == ["闲聊：小王", "闲聊：小王"]


def test_steps_of_one_person_run_one_after_another(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env(customer_service=True)
    form = oa.dialogue("slow")
    running = most = 0
    numbers: list[int] = []

    @oa.text("开始")
    async def begin() -> Move:
        return form.start("count", "数吧", data={"n": 0})

    @form.step("count")
    async def count(dialogue: DialogueState) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(2)
        dialogue["n"] += 1
        numbers.append(dialogue["n"])
        running -= 1
        return str(dialogue["n"])

    platform.connect(oa)
    account = oa.account
    writer = PushWriter(account.token.reveal(), account.aes_key.reveal(), account.appid, account.encryption)

    async def say(*words: str) -> None:
        """All at once, as a person who does not wait for answers."""
        waiting, now = [], int(platform.clock.now())
        for number, word in enumerate(words, 1):
            push = Text(
                to_user_name="gh_1", from_user_name="oA", create_time=now, msg_id=number, content=word
            )
            sealed = writer.seal(encode(push), now, f"n{number}{word}", "oA")
            waiting.append(oa.handle(sealed.query, sealed.body))
        await asyncio.gather(*waiting)

    platform.run(say("开始"))
    platform.run(say("开始", "一", "二", "三"))
    assert (most, numbers) == (1, [1, 2, 3])


def test_streams_may_be_steps_and_may_start_dialogues(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env(customer_service=True)
    form = oa.dialogue("stream")

    @oa.text("开始")
    async def begin() -> AsyncIterator[str | Move]:
        yield "先说明一下。"
        yield form.start("one", "第一题？")

    @form.step("one")
    async def one(message: Text, dialogue: DialogueState) -> AsyncIterator[str | Move]:
        dialogue["one"] = message.content
        yield "记下了。"
        yield dialogue.go("two", "第二题？")

    @form.step("two")
    async def two(message: Text, dialogue: DialogueState) -> AsyncIterator[str]:
        dialogue["two"] = dialogue.get("two", "") + message.content
        yield f"{dialogue['one']}{dialogue['two']}"

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    for word, answers in (
        ("开始", ["先说明一下。", "第一题？"]),
        ("甲", ["记下了。", "第二题？"]),
        ("乙", ["甲乙"]),
        ("丙", ["甲乙丙"]),
    ):
        before = len(alice.inbox)
        alice.says(word)
        assert [line.text for line in alice.inbox[before:]] == answers


def test_a_router_brings_its_dialogues_and_events_may_be_answers(platform: LocalPlatform) -> None:
    router = Router()
    form = router.dialogue("choose")

    @router.text("选")
    def begin(session: Session) -> Move:
        session["asked"] = True
        return form.start("which", "点菜单")

    @form.step("which")
    def which(event: Click, dialogue: DialogueState, session: Session) -> Move:
        return dialogue.finish(f"{event.event_key} {session['asked']}")

    @router.default
    def rest(push: Message | Event) -> str:
        return "其他"

    oa = OfficialAccount.from_env()
    oa.include(router)
    platform.connect(oa)
    button = {"type": "click", "name": "红", "key": "RED"}
    menus.set_default(platform.world, platform.account_of(oa), [button])
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("选")
    alice.says("红")
    assert alice.inbox[-1].text == "其他"
    alice.taps("红")
    assert alice.inbox[-1].text == "RED True"


def test_a_misspelt_step_says_which_there_are(shop: Shop) -> None:
    with pytest.raises(HandlerError) as caught:
        shop.form.start("nmae")
    for part in ("signup", "nmae", "did you mean name?", "name, age, photo"):
        assert part in caught.value.text("en")


def test_data_that_cannot_be_stored_names_the_key_and_keeps_the_place(
    platform: LocalPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    oa = OfficialAccount.from_env(failure_text="坏了")
    form = oa.dialogue("f")

    @oa.text("开始")
    async def begin() -> Move:
        return form.start("one", "？")

    @form.step("one")
    async def one(message: Text, dialogue: DialogueState) -> str:
        dialogue["thing"] = object() if message.content == "坏" else message.content
        return str(len(dialogue))

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    for word in ("开始", "坏", "行"):
        alice.says(word)
    assert [line.text for line in alice.inbox] == ["？", "坏了", "1"]
    assert "dialogue['thing']" in caplog.text


PLACE = Place("signup", "age", {}, 100.0, 60.0)


@pytest.mark.parametrize(
    ("place", "content", "now", "outcome"),
    [
        (None, "18", 0, Outcome.GENERAL),
        (PLACE, "18", 99, Outcome.STEP),
        (PLACE, "18", 100, Outcome.TIMED_OUT),
        (PLACE, "取消", 99, Outcome.CANCELLED),
        (PLACE, "取消", 100, Outcome.TIMED_OUT),
        (Place("signup", "gone", {}, 100.0, 60.0), "18", 99, Outcome.UNKNOWN),
        (Place("gone", "age", {}, 100.0, 60.0), "18", 99, Outcome.UNKNOWN),
        (Place("gone", "age", {}, 100.0, 60.0), "18", 100, Outcome.TIMED_OUT),
        (Place("signup", "photo", {}, 100.0, 60.0), "18", 99, Outcome.GENERAL),
    ],
)
def test_the_table(shop: Shop, place: Place | None, content: str, now: float, outcome: Outcome) -> None:
    push = Text(to_user_name="gh", from_user_name="o", create_time=1, msg_id=1, content=content)
    assert decide(place, shop.oa.dialogues(), push, now).outcome is outcome
