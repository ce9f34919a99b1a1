"""Which handler gets a push."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gongzhong.app import Router
from gongzhong.errors import SetupError
from gongzhong.messages import Click, Event, Message, Push, Scan, Subscribe, UnknownEvent

from .conftest import ALICE, ORIGINAL_ID, START, click, subscribe, text


def names(router: Router, *pushes: Push) -> list[str | None]:
    found = [router.find(push) for push in pushes]
    return [None if match is None else match[0].function.__name__ for match in found]


def scan(scene: str) -> Scan:
    return Scan(
        to_user_name=ORIGINAL_ID,
        from_user_name=ALICE,
        create_time=int(START),
        event="SCAN",
        event_key=scene,
        ticket="gQH",
    )


def test_the_first_route_that_fits_wins_and_defaults_come_last() -> None:
    router = Router()

    @router.default
    def rest() -> None: ...

    @router.text("帮助")
    def help_() -> None: ...

    @router.text(".*")
    def anything() -> None: ...

    assert names(router, text("帮助"), text("别的"), click("K")) == ["help_", "anything", "rest"]


def test_a_text_must_match_from_start_to_end() -> None:
    router = Router()

    @router.text(r"天气 (?P<city>.+)")
    def weather(city: str) -> None: ...

    assert names(router, text("天气 北京"), text("问天气 北京"), text("天气 ")) == ["weather", None, None]
    found = router.find(text("天气 北京"))
    assert found is not None
    assert found[1] == {"city": "北京"}


def test_a_group_that_took_no_part_is_an_empty_text() -> None:
    router = Router()

    @router.text(r"天气( (?P<city>.+))?")
    def weather(city: str) -> None: ...

    found = router.find(text("天气"))
    assert found is not None
    assert found[1] == {"city": ""}


@pytest.mark.parametrize("words", ["1+1", "怎么样?", "$5.00"])
def test_plain_words_fit_although_they_mean_something_as_a_pattern(words: str) -> None:
    router = Router()

    @router.text(words)
    def exact() -> None: ...

    assert names(router, text(words)) == ["exact"]


def test_a_compiled_pattern_keeps_its_flags() -> None:
    router = Router()

    @router.text(re.compile("hello", re.IGNORECASE))
    def hello() -> None: ...

    assert names(router, text("HELLO")) == ["hello"]


def test_an_illegal_pattern_is_an_error_at_once() -> None:
    with pytest.raises(SetupError, match="正则"):
        Router().text("(天气")


def test_a_group_cannot_take_the_name_of_something_else() -> None:
    with pytest.raises(SetupError, match="api"):
        Router().text("(?P<api>.*)")


def test_events_by_class_by_name_and_by_key() -> None:
    router = Router()

    @router.click("ORDER")
    def order() -> None: ...

    @router.on(Click)
    def any_click() -> None: ...

    @router.event("Brand_New_Event")
    def brand_new() -> None: ...

    @router.on(Event)
    def any_event() -> None: ...

    unknown = UnknownEvent(from_user_name=ALICE, event="brand_new_event")
    pushes = (click("ORDER"), click("OTHER"), unknown, subscribe(), text("?"))
    assert names(router, *pushes) == ["order", "any_click", "brand_new", "any_event", None]


def test_a_scene_is_the_same_for_followers_and_for_those_who_follow_by_it() -> None:
    router = Router()

    @router.scan("shop42")
    def shop() -> None: ...

    @router.scan(7)
    def seven() -> None: ...

    @router.scan()
    def any_scan() -> None: ...

    pushes = (scan("shop42"), subscribe("qrscene_shop42"), scan("7"), scan("x"), subscribe())
    assert names(router, *pushes) == ["shop", "shop", "seven", "any_scan", None]


def test_several_classes_and_their_bases() -> None:
    router = Router()

    @router.on(Subscribe, Scan)
    def came() -> None: ...

    @router.on(Message)
    def wrote() -> None: ...

    assert names(router, subscribe(), scan("1"), text("?"), click("K")) == ["came", "came", "wrote", None]


def test_routers_nest_where_they_were_included() -> None:
    outer, middle, inner = Router(), Router(), Router()

    @outer.text("一")
    def first() -> None: ...

    outer.include(middle)
    middle.include(inner)
    assert names(outer, text("二")) == [None]

    @inner.text("一|二")
    def second() -> None: ...

    @inner.default
    def inner_default() -> None: ...

    @outer.text("三|二")
    def third() -> None: ...

    assert names(outer, text("一"), text("二"), text("三"), text("四")) == [
        "first",
        "second",
        "third",
        "inner_default",
    ]


def test_a_router_cannot_contain_itself() -> None:
    outer, inner = Router(), Router()
    outer.include(inner)
    for router in (outer, inner):
        with pytest.raises(SetupError):
            inner.include(router)


def test_one_function_may_stand_on_several_routes() -> None:
    router = Router()

    @router.text("帮助")
    @router.click("HELP")
    def help_() -> str:
        return "…"

    assert names(router, text("帮助"), click("HELP")) == ["help_", "help_"]
    assert help_() == "…"


@pytest.mark.parametrize("kind", [Subscribe.__name__, 3, str])
def test_on_takes_classes_of_pushes_only(kind: Any) -> None:
    with pytest.raises(SetupError, match="on"):
        Router().on(kind)
