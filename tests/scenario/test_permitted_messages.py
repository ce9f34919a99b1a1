"""Messages that a person allowed: notices from the pop-up, one-time messages from the page, down to the phone."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.catalogue.templates import template_data
from gongzhong.errors import CallError
from gongzhong.messages import SubscribeMsgChange, SubscribeMsgPopup, SubscribeMsgSent
from gongzhong.platform.doors.guard import Guard
from gongzhong.platform.doors.http import Request, Response
from gongzhong.platform.doors.one_time import DECISION_PATH, PATH, OneTimeDoor
from gongzhong.platform.world import notices, people
from gongzhong.testing import Line, LocalPlatform

T = TypeVar("T")
BOOKING = "3101"


class Salon:
    """A service account that sends notices and notes the events about them."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        self.events: list[Any] = []
        self.oa = OfficialAccount(
            Account(appid="wx00000000000000aa", secret=Secret("s" * 32), token=Secret("tok123"))
        )
        for kind in (SubscribeMsgPopup, SubscribeMsgChange, SubscribeMsgSent):
            self.oa.on(kind)(self.note)
        self.state = platform.connect(self.oa, js_domains=["shop.test"])
        self.api = platform.async_client(self.oa).subscriptions
        self.alice = platform.person("alice")

    async def note(self, event: Any) -> None:
        self.events.append(event)

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        return self.platform.run(work)

    def code(self, work: Coroutine[Any, Any, Any]) -> int:
        with pytest.raises(CallError) as refused:
            self.platform.run(work)
        return refused.value.errcode

    def template(self, tid: str = BOOKING, kids: tuple[int, ...] = (1, 2)) -> str:
        return self.call(self.api.add(tid=tid, kidList=list(kids), sceneDesc="预约")).priTmplId

    def notice(self, template_id: str, **texts: str) -> Coroutine[Any, Any, Any]:
        openid = self.alice.openid(self.oa)
        data = template_data(**(texts or {"thing1": "剪发", "time2": "2026年3月1日 15:00"}))
        return self.api.send(touser=openid, template_id=template_id, data=data, page="http://shop.test/")

    @property
    def cards(self) -> list[Line]:
        return [line for line in self.alice.inbox if line.type == "template"]


@pytest.fixture
def salon(platform: LocalPlatform) -> Salon:
    return Salon(platform)


def test_one_permission_is_one_notice(salon: Salon) -> None:
    salon.alice.follows(salon.oa)
    template = salon.template()
    assert salon.code(salon.notice(template)) == 43101
    salon.alice.accepts(template)
    salon.alice.accepts(template)
    for _ in range(2):
        salon.call(salon.notice(template))
    assert salon.code(salon.notice(template)) == 43101
    assert [card.text for card in salon.cards] == [
        "预约成功通知\n预约项目：剪发\n预约时间：2026年3月1日 15:00"
    ] * 2
    assert "note" not in salon.cards[0].content
    popup = salon.events[0].subscribe_msg_popup_event.list[0]
    assert (popup.template_id, popup.accepted, popup.popup_scene) == (template, True, 1)
    sent = [event for event in salon.events if isinstance(event, SubscribeMsgSent)]
    assert [event.subscribe_msg_sent_event.list[0].error_code for event in sent] == [0, 0]


def test_no_follow_is_needed_and_the_notice_stands_elsewhere(salon: Salon) -> None:
    template = salon.template()
    salon.alice.accepts(template)
    salon.call(salon.notice(template))
    assert salon.cards[0].content["note"] == "服务通知"


def test_refusals(salon: Salon) -> None:
    template = salon.template()
    salon.alice.rejects(template)
    assert salon.code(salon.notice(template)) == 43101
    salon.alice.accepts(template)
    salon.alice.withdraws(template)
    assert salon.code(salon.notice(template)) == 43101
    changes = [event for event in salon.events if isinstance(event, SubscribeMsgChange)]
    assert [one.accepted for event in changes for one in event.subscribe_msg_change_event.list] == [False]


def test_a_long_term_template_stays_allowed(salon: Salon) -> None:
    template = salon.template("3301", (1, 2))
    salon.alice.accepts(template)
    for _ in range(3):
        salon.call(salon.notice(template, thing1="一号线", time2="08:15"))
    assert len(salon.cards) == 3
    salon.alice.withdraws(template)
    assert salon.code(salon.notice(template, thing1="一号线", time2="08:15")) == 43101


def test_values_are_checked_by_their_type(salon: Salon) -> None:
    template = salon.template(BOOKING, (1, 6))
    salon.alice.accepts(template)
    with pytest.raises(CallError) as refused:
        salon.call(salon.notice(template, thing1="长" * 21, phrase6="已确认"))
    assert (refused.value.errcode, "thing1" in refused.value.errmsg) == (47003, True)
    assert salon.code(salon.notice(template, thing1="剪发", phrase6="也许吧")) == 47003
    assert salon.code(salon.notice(template, thing1="剪发")) == 47003
    odd = salon.api.send(
        touser="o", template_id=template, data=template_data(thing1="剪发"), page="pages/index"
    )
    assert salon.code(odd) == 41030
    salon.call(salon.notice(template, thing1="剪发", phrase6="已确认"))


def test_the_library_and_the_templates_in_use(salon: Salon) -> None:
    categories = salon.call(salon.api.categories()).data
    ids = ",".join(str(one.id) for one in categories)
    page = salon.call(salon.api.titles(ids=ids, start=1, limit=2))
    assert (page.count, len(page.data)) == (5, 2)
    keywords = salon.call(salon.api.keywords(tid=BOOKING))
    assert keywords.count == len(keywords.data) == 6
    template = salon.template(BOOKING, (6, 1))
    (mine,) = salon.call(salon.api.list()).data
    assert mine.content == "预约状态:{{phrase6.DATA}}\n预约项目:{{thing1.DATA}}\n"
    assert mine.keywordEnumValueList[0].enumValueList == ["已确认", "已取消", "待确认"]
    salon.alice.accepts(template)
    salon.call(salon.api.delete(priTmplId=template))
    assert salon.code(salon.notice(template)) == 40037
    assert salon.call(salon.api.list()).data == []


def test_titles_are_walked_page_by_page(salon: Salon) -> None:
    async def every() -> list[str]:
        return [title.title async for title in salon.api.walk_titles(category_ids=[612, 613, 616])]

    assert len(salon.call(every())) == 5


@pytest.mark.parametrize(
    ("tid", "kids", "code"),
    [
        ("9", [1, 2], 200014),
        ("abc", [1, 2], 200014),
        ("3202", [1, 2], 200013),
        (BOOKING, [1, 99], 200020),
        (BOOKING, [1, 1], 200020),
        (BOOKING, [1], 200020),
    ],
)
def test_templates_that_cannot_be_taken(salon: Salon, tid: str, kids: list[int], code: int) -> None:
    assert salon.code(salon.api.add(tid=tid, kidList=kids)) == code


def test_the_same_template_twice_and_too_many(salon: Salon) -> None:
    salon.template()
    assert salon.code(salon.api.add(tid=BOOKING, kidList=[2, 1])) == 200022
    assert salon.code(salon.api.add(tid=BOOKING, kidList=[1, 3], sceneDesc="长" * 16)) == 200021
    salon.platform.world.rules = salon.platform.world.rules.__class__(notice_templates=1)
    assert salon.code(salon.api.add(tid=BOOKING, kidList=[1, 3])) == 200012


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"ids": "1", "start": 0}, 200019),
        ({"ids": "a,b", "start": 0}, 200019),
        ({"ids": "612", "start": -1}, 200016),
        ({"ids": "612", "limit": 31}, 200017),
    ],
)
def test_queries_of_the_library_that_are_refused(salon: Salon, query: dict[str, Any], code: int) -> None:
    assert salon.code(salon.api.titles(**query)) == code


def visit(salon: Salon, *, decision: str = "", person: str = "alice", **changes: str) -> Response:
    """Open the confirm page as a person, or answer it."""
    query = {
        "action": "get_confirm",
        "appid": salon.state.appid,
        "scene": "1000",
        "template_id": notices.one_time_template_id(salon.platform.world, salon.state),
        "redirect_url": "http://shop.test/back?a=1#top",
        "reserved": "test",
        **changes,
    }
    request = Request(
        "POST" if decision else "GET",
        DECISION_PATH if decision else PATH,
        "&".join(f"{name}={value.replace('&', '%26').replace('#', '%23')}" for name, value in query.items()),
        {"cookie": f"gongzhong_person={person}"},
        f"decision={decision}".encode(),
        "127.0.0.1",
    )
    return OneTimeDoor(salon.platform.world, salon.platform.platform.traffic, Guard()).handle(request)


def test_a_one_time_message_from_the_page_to_the_phone(salon: Salon) -> None:
    people.create(salon.platform.world, "alice")
    assert "one-time-confirm" in visit(salon).body.decode()
    answer = visit(salon, decision="allow")
    target = urlsplit(answer.headers["location"])
    told = {name: values[0] for name, values in parse_qs(target.query).items()}
    assert (answer.status, target.fragment) == (302, "top")
    assert told == {
        "a": "1",
        "openid": salon.alice.openid(salon.oa),
        "template_id": notices.one_time_template_id(salon.platform.world, salon.state),
        "action": "confirm",
        "scene": "1000",
        "reserved": "test",
    }
    wanted: dict[str, Any] = {"openid": told["openid"], "template_id": told["template_id"], "title": "取号"}
    assert salon.code(salon.api.send_one_time_text(scene=7, content="到您了", **wanted)) == 43101
    salon.call(salon.api.send_one_time_text(scene=1000, content="到您了", **wanted))
    assert salon.code(salon.api.send_one_time_text(scene=1000, content="到您了", **wanted)) == 43101
    (card,) = salon.cards
    assert (card.content["title"], card.content["lines"][0]["value"]) == ("取号", "到您了")
    assert card.content["note"] == "服务通知"


def test_cancelling_gives_nothing_away(salon: Salon) -> None:
    people.create(salon.platform.world, "alice")
    told = parse_qs(urlsplit(visit(salon, decision="deny").headers["location"]).query)
    assert told["action"] == ["cancel"] and "openid" not in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"person": "nobody"}, "微信客户端"),
        ({"appid": "wx1"}, "appid"),
        ({"action": "x"}, "get_confirm"),
        ({"template_id": "x"}, "template_id"),
        ({"scene": "10001"}, "10000"),
        ({"redirect_url": "http://elsewhere.test/"}, "redirect_url"),
        ({"reserved": "a-b"}, "reserved"),
    ],
)
def test_the_page_says_what_is_wrong(salon: Salon, changes: dict[str, Any], words: str) -> None:
    people.create(salon.platform.world, "alice")
    assert words in visit(salon, **changes).body.decode()
    assert not salon.platform.traffic[-1].verdict.ok


def test_limits_of_a_one_time_message(salon: Salon) -> None:
    template = salon.alice.confirms_once(5)
    openid = salon.alice.openid(salon.oa)
    sent: dict[str, Any] = {"openid": openid, "template_id": template, "scene": 5}
    assert salon.code(salon.api.send_one_time_text(title="长" * 16, content="x", **sent)) == 40062
    assert salon.code(salon.api.send_one_time_text(title="x", content="长" * 201, **sent)) == 47003
    other = {**sent, "template_id": "other"}
    assert salon.code(salon.api.send_one_time_text(title="x", content="x", **other)) == 40037
    salon.call(salon.api.send_one_time_text(title="x", content="x", **sent))
