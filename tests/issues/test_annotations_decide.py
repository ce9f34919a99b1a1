"""The annotation of the push decides which pushes a handler gets; one that cannot is refused at import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeVar, Union

import pytest

from gongzhong import (
    Click,
    Event,
    Image,
    Message,
    OfficialAccount,
    Push,
    Router,
    Scan,
    SetupError,
    Subscribe,
    Text,
    Unsubscribe,
    Voice,
)
from gongzhong.app.arguments import as_handler
from gongzhong.testing import LocalPlatform

if TYPE_CHECKING:
    from gongzhong import Location

Chat = Text | Voice
Any_ = TypeVar("Any_", bound=Message)


@pytest.mark.parametrize(
    ("annotation", "taken", "left"),
    [
        (Text, [Text], [Image, Click, Unsubscribe]),
        ("Text", [Text], [Image]),
        (Text | Image, [Text, Image], [Voice, Click]),
        ("Text | Image", [Text, Image], [Voice]),
        (Union[Text, "Image"], [Text, Image], [Voice]),
        (Annotated[Text, "what they wrote"], [Text], [Image]),
        ("Annotated[Text | Image, 'both']", [Text, Image], [Voice]),
        ("Chat", [Text, Voice], [Image]),
        (Any_, [Text, Image], [Click]),
        (Message, [Text, Image, Voice], [Click, Subscribe]),
        (Event, [Click, Subscribe], [Text]),
        (Push, [Text, Click], []),
        (Any, [Text, Click], []),
        (object, [Text, Click], []),
    ],
)
def test_what_an_annotation_admits(annotation: Any, taken: list[type[Push]], left: list[type[Push]]) -> None:
    async def handler(message: Any) -> None: ...

    handler.__annotations__["message"] = annotation
    found = as_handler(handler)
    assert [kind for kind in (*taken, *left) if found.takes(kind)] == taken


def test_without_an_annotation_everything_is_admitted() -> None:
    async def handler(message, push=None): ...  # type: ignore[no-untyped-def]

    assert as_handler(handler).takes(Click)


def test_every_annotated_name_of_the_push_counts() -> None:
    async def handler(message: Message, push: Text | Click) -> None: ...

    found = as_handler(handler)
    assert [kind for kind in (Text, Image, Click) if found.takes(kind)] == [Text]


def test_classes_of_a_function_around_are_found_although_annotations_are_texts() -> None:
    from gongzhong import ShortVideo

    router = Router()

    @router.on
    async def handler(message: ShortVideo) -> None: ...

    assert next(iter(router.routes())).kinds() == (ShortVideo,)


def test_what_one_handler_does_not_admit_goes_on_to_the_next(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env()

    @oa.default
    async def texts(message: Text) -> str:
        return f"字：{message.content}"

    @oa.default
    async def pictures(message: Image) -> str:
        return "图"

    @oa.text(".*不认识.*")
    async def never(message: Text) -> str:
        return "不认识"

    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("你好")
    assert alice.inbox[-1].text == "字：你好"
    alice.sends("image")
    assert alice.inbox[-1].text == "图"
    before = len(alice.screen)
    alice.sends("location", latitude=30.25, longitude=120.17, label="断桥")
    alice.unfollows()
    assert [line for line in alice.screen[before:] if line.side != "person" and line.type == "failure"] == []
    assert oa.counters["handler_errors"] == 0
    assert oa.counters["unhandled"] == 3  # follow, place, unfollow: as if the two handlers were not there


def refused(register: Any, function: Any) -> SetupError:
    with pytest.raises(SetupError) as caught:
        register(function)
    for lang in ("zh", "en"):
        text = caught.value.text(lang)  # type: ignore[arg-type]
        assert "test_annotations_decide.py:" in text, text
        assert function.__qualname__ in text
    return caught.value


CONTRADICTIONS = {
    "on": lambda oa: oa.on(Image),
    "one of several": lambda oa: oa.on(Text, Image),
    "click": lambda oa: oa.click("KEY"),
    "bare click": lambda oa: oa.click,
    "scan": lambda oa: oa.scan("shop"),
    "event": lambda oa: oa.event("subscribe"),
    "unknown event": lambda oa: oa.event("of_next_year"),
}


@pytest.mark.parametrize("register", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_an_annotation_that_contradicts_the_decorator_is_refused(register: Any) -> None:
    async def wrong(message: Text) -> str:
        return ""

    problem = refused(register(Router()), wrong)
    assert "Text" in problem.en


def test_an_annotation_may_narrow_the_decorator() -> None:
    router = Router()

    @router.on(Message)
    async def texts(message: Text) -> None: ...

    @router.scan
    async def followers(event: Scan) -> None: ...

    @router.event("subscribe")
    async def new(event: Subscribe) -> None: ...

    assert [route.kinds() for route in router.routes()] == [(Text,), (Scan,), (Subscribe,)]


@pytest.mark.parametrize("annotation", [str, int, dict, "Text()", "str", Optional[Text], list[Text], 3])  # noqa: UP045
def test_what_is_no_class_of_pushes_is_refused(annotation: Any) -> None:
    async def wrong(message: Any) -> None: ...

    wrong.__annotations__["message"] = annotation
    refused(Router().default, wrong)


@pytest.mark.parametrize("annotation", ["Txet", "Text |", "nothing.Text"])
def test_what_cannot_be_read_is_refused(annotation: str) -> None:
    async def wrong(message: Any) -> None: ...

    wrong.__annotations__["message"] = annotation
    refused(Router().default, wrong)


def test_a_class_imported_for_type_checkers_alone_is_refused_with_the_way_out() -> None:
    async def wrong(message: Location) -> None: ...

    assert "TYPE_CHECKING" in refused(Router().default, wrong).fix_en


def test_annotations_of_other_parameters_need_not_be_readable() -> None:
    async def fine(message: Text, api: NotImported, user: Location) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    assert as_handler(fine).parameters == ("message", "api", "user")
