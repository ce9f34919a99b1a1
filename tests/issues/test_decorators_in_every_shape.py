"""A decorator works with or without parentheses, or is a SetupError at import that names the handler."""

from __future__ import annotations

import functools
import re
from typing import Any

import pytest

from gongzhong import Click, Image, Message, OfficialAccount, Push, Router, Scan, SetupError, Subscribe, Text
from gongzhong.app.arguments import as_handler
from gongzhong.testing import LocalPlatform

SHAPES = {
    "default": (lambda oa: oa.default, [Text, Image, Click, Scan]),
    "default()": (lambda oa: oa.default(), [Text, Image, Click, Scan]),
    "text": (lambda oa: oa.text, [Text]),
    "text()": (lambda oa: oa.text(), [Text]),
    "click": (lambda oa: oa.click, [Click]),
    "click()": (lambda oa: oa.click(), [Click]),
    "scan": (lambda oa: oa.scan, [Scan]),
    "scan()": (lambda oa: oa.scan(), [Scan]),
    "scan(scene=None)": (lambda oa: oa.scan(scene=None), [Scan]),
    "event": (lambda oa: oa.event, [Click, Scan]),
    "event()": (lambda oa: oa.event(), [Click, Scan]),
}
PUSHES: dict[type[Push], Push] = {
    Text: Text(to_user_name="gh", from_user_name="o", create_time=1, msg_id=1, content="什么"),
    Image: Image(to_user_name="gh", from_user_name="o", create_time=1, msg_id=2, media_id="m", pic_url="u"),
    Click: Click(to_user_name="gh", from_user_name="o", create_time=1, event="CLICK", event_key="K"),
    Scan: Scan(to_user_name="gh", from_user_name="o", create_time=1, event="SCAN", event_key="7", ticket="t"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_with_and_without_parentheses(shape: str) -> None:
    decorator, kinds = SHAPES[shape]
    router = Router()

    async def handler() -> None: ...

    assert decorator(router)(handler) is handler
    assert [kind for kind in PUSHES if router.find(PUSHES[kind])] == kinds


@pytest.mark.parametrize("decorate", [lambda oa: oa.on, lambda oa: oa.on()])
def test_on_without_classes_takes_them_from_the_annotation(decorate: Any) -> None:
    router = Router()

    async def handler(message: Text | Image) -> None: ...

    assert decorate(router)(handler) is handler
    assert [kind for kind in PUSHES if router.find(PUSHES[kind])] == [Text, Image]

    async def without(message) -> None: ...  # type: ignore[no-untyped-def]

    with pytest.raises(SetupError, match=r"without.*test_decorators_in_every_shape"):
        decorate(router)(without)


def fail(*_: object) -> None: ...


MISUSE = {
    "a class": lambda oa: oa.default(type("Handler", (), {})),
    "a class under text": lambda oa: oa.text("x")(type("Handler", (), {})),
    "a class of pushes, called by mistake": lambda oa: oa.default(Text),
    "no function": lambda oa: oa.default(3),
    "no function under click": lambda oa: oa.click("K")("text"),
    "a push, not its class": lambda oa: oa.on(PUSHES[Text]),
    "a name": lambda oa: oa.on("subscribe"),
    "None": lambda oa: oa.on(None),
    "a key that is no text": lambda oa: oa.click(3),
    "a scene that is none": lambda oa: oa.scan(3.5),
    "a scene that is a flag": lambda oa: oa.scan(True),
    "a name that is none": lambda oa: oa.event(Subscribe),
    "an illegal expression": lambda oa: oa.text("(天气"),
    "an expression of bytes": lambda oa: oa.text(re.compile(rb"x")),
    "bytes": lambda oa: oa.text(b"x"),
    "a group that hides a name": lambda oa: oa.text("(?P<dialogue>.)"),
    "a group that hides call_next": lambda oa: oa.text("(?P<call_next>.)"),
    "a built-in without a signature": lambda oa: oa.default(dict.update),
    "a class method before it is bound": lambda oa: oa.default(classmethod(fail)),
    "no router": lambda oa: oa.include("orders"),
    "itself": lambda oa: oa.include(oa),
    "no dialogue name": lambda oa: oa.dialogue(""),
    "no time": lambda oa: oa.dialogue("a", timeout_s=0),
    "no word": lambda oa: oa.dialogue("a", cancel=" "),
    "a dialogue twice": lambda oa: (oa.dialogue("a"), oa.dialogue("a")),
    "a step without a name": lambda oa: oa.dialogue("a").step(fail),
    "a middleware that is none": lambda oa: oa.middleware(3),
}


@pytest.mark.parametrize("misuse", MISUSE)
def test_misuse_is_an_error_at_import(misuse: str) -> None:
    oa = OfficialAccount.from_env()
    with pytest.raises(SetupError) as caught:
        MISUSE[misuse](oa)
    assert caught.value.zh != caught.value.en
    assert list(oa.routes()) == []


def two(first: Any, second: Any) -> str:
    router = Router()

    async def one() -> None: ...
    async def other() -> None: ...

    first(router)(one)
    before = list(router.routes())
    with pytest.raises(SetupError) as caught:
        second(router)(other)
    assert list(router.routes()) == before
    return caught.value.en


@pytest.mark.parametrize(
    "again",
    [
        lambda oa: oa.default,
        lambda oa: oa.text("天气"),
        lambda oa: oa.text(re.compile("天气", re.I)),
        lambda oa: oa.click("K"),
        lambda oa: oa.scan("7"),
        lambda oa: oa.event("subscribe"),
        lambda oa: oa.on(Subscribe),
    ],
)
def test_the_same_route_twice_names_both_handlers(again: Any) -> None:
    words = two(again, again)
    assert "one (" in words
    assert "other (" in words
    assert words.count("test_decorators_in_every_shape.py:") == 2


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (lambda oa: oa.on(Message), lambda oa: oa.on(Text)),
        (lambda oa: oa.text, lambda oa: oa.text("天气")),
        (lambda oa: oa.click, lambda oa: oa.click("K")),
        (lambda oa: oa.event, lambda oa: oa.on(Subscribe)),
        (lambda oa: oa.on(Text), lambda oa: oa.text("天气")),
    ],
)
def test_a_route_behind_one_that_takes_everything_is_refused_and_fine_before_it(
    wide: Any, narrow: Any
) -> None:
    assert "never" in two(wide, narrow)
    router = Router()
    narrow(router)(lambda: None)
    wide(router)(lambda: None)


def test_defaults_for_different_kinds_stand_beside_each_other() -> None:
    router = Router()

    @router.default
    async def texts(message: Text) -> None: ...

    @router.default
    async def rest(push: Push) -> None: ...

    with pytest.raises(SetupError, match="rest"):

        @router.default
        async def pictures(message: Image) -> None: ...


def test_included_routers_are_looked_at_too_whatever_the_order() -> None:
    outer, inner = Router(), Router()
    outer.include(inner)
    outer.text("天气")(lambda: None)
    with pytest.raises(SetupError):
        inner.on(Text)(lambda: None)
    late = Router()
    late.text("天气")(lambda: None)
    with pytest.raises(SetupError):
        outer.include(late)
    with pytest.raises(SetupError, match="包含过"):
        outer.include(inner)
    late.text("别的")(lambda: None)  # A router that was refused stays usable.


@pytest.mark.parametrize(
    ("name", "meant"), [("mesage", "message"), ("sesion", "session"), ("account_", "account"), ("ap", "api")]
)
def test_a_misspelt_parameter_names_the_one_that_is_meant(name: str, meant: str) -> None:
    namespace: dict[str, Any] = {}
    exec(f"async def handler({name}): ...", namespace)
    with pytest.raises(SetupError) as caught:
        as_handler(namespace["handler"])
    assert f"did you mean {meant}?" in caught.value.text("en")
    assert f"是不是想写 {meant}？" in caught.value.text("zh")


def test_names_of_dialogues_and_middleware_say_where_they_exist() -> None:
    async def outside(message: Text, dialogue: Any) -> None: ...
    async def handler(message: Text, call_next: Any) -> None: ...

    with pytest.raises(SetupError, match=r"step of a dialogue|对话的步骤"):
        as_handler(outside)
    with pytest.raises(SetupError, match=r"middleware|中间件"):
        as_handler(handler)


def test_methods_and_partials_are_named_by_what_they_call() -> None:
    class Shop:
        async def order(self, message: Text, wrong: int) -> None: ...

    for function in (Shop().order, functools.partial(Shop.order, Shop())):
        with pytest.raises(SetupError, match=r"order \(.*test_decorators_in_every_shape\.py:\d+\)"):
            as_handler(function)


def test_a_bare_scan_answers(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env()

    @oa.scan
    async def scanned(event: Subscribe | Scan) -> str:
        return f"码 {event.scene}"

    alice = platform.person("alice")
    alice.follows(oa, scene="shop")
    assert alice.inbox[-1].text == "码 shop"
