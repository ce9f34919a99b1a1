"""Which handler a push belongs to: the first route that fits, in the order of registration; defaults last.

A `Router` collects routes; routers nest, and an included router's routes stand where it was included. A route fits
when its decorator and the annotation of its handler both admit the push. Every decorator gives the function back
unchanged, so that a handler can carry several and be called in a test like any function; each works with and without
parentheses where it can mean something without arguments.

Whatever could never be called is a SetupError when it is registered: a class or an object that is no function, an
annotation that contradicts the decorator, a route that an earlier one hides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, overload

from ..errors import SetupError
from ..messages import EVENTS, Click, Event, Push, Scan, Subscribe, Text, UnknownEvent
from .arguments import Handler, Kinds, as_handler
from .dialogues import CANCEL, CANCEL_TEXT, TIMEOUT_S, Dialogue
from .results import H
from .routes import (
    NO_GROUPS,
    Match,
    Route,
    anything,
    check_annotations,
    check_reachable,
    text_match,
)


class Router:
    """A set of handlers that can be written in a module of its own and included."""

    def __init__(self) -> None:
        self._entries: list[Route | Router] = []
        self._includers: list[Router] = []
        self._candidates: dict[type[Push], tuple[Route, ...]] = {}
        self._own_dialogues: dict[str, Dialogue] = {}
        self._dialogues: dict[str, Dialogue] | None = None

    @overload
    def on(self, kind: H, /) -> H: ...
    @overload
    def on(self, *kinds: type[Push]) -> Callable[[H], H]: ...
    def on(self, *kinds: Any) -> Any:
        """Handle every push of these classes, their subclasses included (`Message`, `Event`, `Push`).

        Without classes the annotation of the handler says which. Raises SetupError for anything but classes.
        """
        if len(kinds) == 1 and _is_function(kinds[0]):
            return self._register((), anything, "on")(kinds[0])
        for item in kinds:
            if not (isinstance(item, type) and issubclass(item, Push)):
                raise _no_class(item)
        shown = ", ".join(kind.__name__ for kind in kinds)
        return self._register(kinds, anything, f"on({shown})", every=True)

    @overload
    def text(self, pattern: H, /) -> H: ...
    @overload
    def text(self, pattern: str | re.Pattern[str] | None = None) -> Callable[[H], H]: ...
    def text(self, pattern: Any = None) -> Any:
        """Handle texts that are exactly `pattern` or match it as a regular expression from start to end.

        Named groups become parameters. Without a pattern: every text. Raises SetupError for an illegal expression.
        """
        if pattern is None or _is_function(pattern):
            return _applied(self._register((Text,), anything, "text"), pattern)
        match, groups = text_match(pattern)
        return self._register((Text,), match, f"text({pattern!r})", groups)

    @overload
    def click(self, key: H, /) -> H: ...
    @overload
    def click(self, key: str | None = None) -> Callable[[H], H]: ...
    def click(self, key: Any = None) -> Any:
        """Handle taps on the menu button whose key this is (自定义菜单 click). Without a key: on any of them."""
        if key is None or _is_function(key):
            return _applied(self._register((Click,), anything, "click"), key)
        wanted = _word("click", key)
        return self._register(
            (Click,), lambda event: NO_GROUPS if event.event_key == wanted else None, f"click({wanted!r})"
        )

    @overload
    def scan(self, scene: H, /) -> H: ...
    @overload
    def scan(self, scene: str | int | None = None) -> Callable[[H], H]: ...
    def scan(self, scene: Any = None) -> Any:
        """Handle scans of a parametric QR code: by a follower (`Scan`) or by somebody who follows through it
        (`Subscribe` with a scene). Without `scene`: of any of them."""
        any_scene = scene is None or _is_function(scene)
        wanted = None if any_scene else _word("scan", str(scene) if type(scene) is int else scene)

        def match(event: Scan | Subscribe) -> Mapping[str, str] | None:
            found = event.scene
            return NO_GROUPS if found is not None and wanted in (None, found) else None

        label = "scan" if any_scene else f"scan({wanted!r})"
        decorate = self._register((Scan, Subscribe), match, label)
        return _applied(decorate, scene) if any_scene else decorate

    @overload
    def event(self, name: H, /) -> H: ...
    @overload
    def event(self, name: str | None = None) -> Callable[[H], H]: ...
    def event(self, name: Any = None) -> Any:
        """Handle events by WeChat's name, also those that have no class here. Case does not matter.

        Without a name: every event."""
        if name is None or _is_function(name):
            return _applied(self._register((Event,), anything, "event"), name)
        wanted = _word("event", name).lower()
        return self._register(
            (EVENTS.get(wanted, UnknownEvent), UnknownEvent),
            lambda event: NO_GROUPS if event.event.lower() == wanted else None,
            f"event({wanted!r})",
        )

    @overload
    def default(self, function: H, /) -> H: ...
    @overload
    def default(self) -> Callable[[H], H]: ...
    def default(self, function: Any = None) -> Any:
        """Handle whatever no other route of the whole account took, as far as the annotation admits it."""
        return _applied(self._register((Push,), anything, "default", default=True), function)

    def dialogue(
        self,
        name: str,
        *,
        timeout_s: float = TIMEOUT_S,
        cancel: str | tuple[str, ...] | None = CANCEL,
        cancel_text: str = CANCEL_TEXT,
        timeout_text: str = "",
    ) -> Dialogue:
        """A conversation of several steps, in which the person's last step decides who gets the next message.

        `name` is kept with each person's place, so keep it when the program changes. After `timeout_s` seconds
        without an answer the dialogue is over: `timeout_text` (none by default) then stands before the answer to the
        next message. A message that is one of the words `cancel` ends it with `cancel_text`; None: no such word.
        Raises SetupError for a name that exists, and for times and words that make no sense.
        """
        made = Dialogue(
            name, timeout_s=timeout_s, cancel=cancel, cancel_text=cancel_text, timeout_text=timeout_text
        )
        for root in self._roots():
            if name in root.dialogues():
                raise _dialogue_twice(name)
        self._own_dialogues[name] = made
        self._forget()
        return made

    def include(self, router: Router) -> None:
        """Take in another router's routes and dialogues, also those that it gets later."""
        if not isinstance(router, Router):
            raise SetupError(
                f"include 要的是 Router，而不是 {type(router).__name__}",
                f"include takes a Router, not {type(router).__name__}",
            )
        if self in (router, *router.descendants()):
            raise SetupError("路由器不能包含自己", "a router cannot include itself")
        if any(router in (root, *root.descendants()) for root in self._roots()):
            raise SetupError(
                "这个路由器已经包含过了", "this router is included already", fix_zh="只写一次 include"
            )
        for name in router.dialogues():
            if any(name in root.dialogues() for root in self._roots()):
                raise _dialogue_twice(name)
        router._includers.append(self)
        try:
            self._add(router)
        except SetupError:
            router._includers.remove(self)
            raise

    def descendants(self) -> Iterator[Router]:
        for entry in self._entries:
            if isinstance(entry, Router):
                yield entry
                yield from entry.descendants()

    def routes(self) -> Iterator[Route]:
        """Every route in order, nested ones at their place."""
        for entry in self._entries:
            if isinstance(entry, Router):
                yield from entry.routes()
            else:
                yield entry

    def dialogues(self) -> Mapping[str, Dialogue]:
        """Every dialogue by name, those of included routers too."""
        if self._dialogues is None:
            self._dialogues = dict(self._own_dialogues)
            for router in self.descendants():
                self._dialogues |= router._own_dialogues
        return self._dialogues

    def find(self, push: Push) -> tuple[Handler, Mapping[str, str]] | None:
        """The handler for a push and the named groups, or None when nobody wants it."""
        kind = type(push)
        candidates = self._candidates.get(kind)
        if candidates is None:
            fitting = [route for route in self.routes() if route.takes(kind)]
            candidates = tuple(sorted(fitting, key=lambda route: route.default))
            self._candidates[kind] = candidates
        for route in candidates:
            match = route.match
            groups = NO_GROUPS if match is anything else match(push)
            if groups is not None:
                return route.handler, groups
        return None

    def _register(
        self,
        accepts: Kinds,
        match: Match,
        label: str,
        groups: Mapping[str, int] | None = None,
        *,
        default: bool = False,
        every: bool = False,
    ) -> Callable[[H], H]:
        """The decorator that adds a route. `every`: each of these classes was named, so each must be possible.
        Without classes the annotation says which."""

        def decorate(function: H) -> H:
            handler = as_handler(function, groups or ())
            kinds = accepts or _annotated(handler)
            check_annotations(handler, kinds, label, every=every)
            self._add(Route(kinds, match, handler, label, default=default))
            return function

        return decorate

    def _add(self, entry: Route | Router) -> None:
        self._entries.append(entry)
        try:
            added = {id(route) for route in ([entry] if isinstance(entry, Route) else entry.routes())}
            for root in self._roots():
                check_reachable(list(root.routes()), added)
        except SetupError:
            self._entries.remove(entry)
            raise
        self._forget()

    def _roots(self) -> Iterator[Router]:
        """The routers that nobody includes, among them this one's."""
        if not self._includers:
            yield self
        for includer in self._includers:
            yield from includer._roots()

    def _forget(self) -> None:
        self._candidates.clear()
        self._dialogues = None
        for includer in self._includers:
            includer._forget()


def _is_function(given: object) -> bool:
    return callable(given) and not isinstance(given, type)


def _applied(decorate: Callable[[Any], Any], function: Any) -> Any:
    """A decorator was written without parentheses: it got the function. With them: give the decorator."""
    return decorate if function is None else decorate(function)


def _annotated(handler: Handler) -> Kinds:
    if handler.annotated:
        return handler.annotated[0]
    raise SetupError(
        f"处理函数 {handler.name} 前的 @on 没有说是哪些消息或事件",
        f"@on above the handler {handler.name} does not say which messages or events",
        fix_zh="写成 @oa.on(Subscribe)，或给参数写注解：event: Subscribe；什么都接收用 @oa.default",
        fix_en="write @oa.on(Subscribe), or annotate the parameter, event: Subscribe; for everything use @oa.default",
    )


def _no_class(item: object) -> SetupError:
    fix_zh, fix_en = (
        "例如 @oa.on(Subscribe)，注意类名后没有括号",
        "for example @oa.on(Subscribe), without parentheses",
    )
    if isinstance(item, str):
        fix_zh, fix_en = f"按名字用 @oa.event({item!r})", f"by name it is @oa.event({item!r})"
    return SetupError(
        f"@on(…) 要的是消息或事件的类，而不是 {item!r}",
        f"@on(…) takes classes of messages or events, not {item!r}",
        fix_zh=fix_zh,
        fix_en=fix_en,
    )


def _word(decorator: str, given: object) -> str:
    if isinstance(given, str):
        return given
    raise SetupError(
        f"@{decorator}(…) 要的是文字，而不是 {given!r}",
        f"@{decorator}(…) takes a text, not {given!r}",
        fix_zh=f'例如 @oa.{decorator}("…")',
        fix_en=f'for example @oa.{decorator}("…")',
    )


def _dialogue_twice(name: str) -> SetupError:
    return SetupError(
        f"已经有名为 {name} 的对话", f"there is a dialogue named {name} already", fix_zh="换一个名字"
    )
