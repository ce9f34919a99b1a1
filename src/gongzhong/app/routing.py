"""Which handler a push belongs to: the first route that fits, in the order of registration; defaults last.

A `Router` collects routes; routers nest, and an included router's routes stand where it was included. Every
decorator gives the function back unchanged, so that a handler can carry several and be called in a test like
any function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from ..errors import SetupError
from ..messages import Click, Event, Push, Scan, Subscribe, Text
from .arguments import NAMES, Handler, as_handler
from .results import H

Match: TypeAlias = Callable[[Any], Mapping[str, str] | None]
"""Does this push fit? None: no. Otherwise the named groups, usually none."""

NO_GROUPS: Mapping[str, str] = {}


class Route(msgspec.Struct, frozen=True):
    """One registration: kinds of push, a closer look at one, and the handler."""

    accepts: tuple[type[Push], ...]
    match: Match
    handler: Handler
    default: bool = False


class Router:
    """A set of handlers that can be written in a module of its own and included."""

    def __init__(self) -> None:
        self._entries: list[Route | Router] = []
        self._includers: list[Router] = []
        self._candidates: dict[type[Push], tuple[Route, ...]] = {}

    def on(self, kind: type[Push], /, *more: type[Push]) -> Callable[[H], H]:
        """Handle every push of these classes, their subclasses included (`Message`, `Event`, `Push`)."""
        for item in (kind, *more):
            if not (isinstance(item, type) and issubclass(item, Push)):
                raise SetupError(
                    f"@on(…) 要的是消息或事件的类，而不是 {item!r}",
                    f"@on(…) takes classes of messages or events, not {item!r}",
                    fix_zh="例如 @oa.on(Subscribe)，注意类名后没有括号",
                    fix_en="for example @oa.on(Subscribe), without parentheses after the class",
                )
        return self._register((kind, *more), lambda push: NO_GROUPS)

    def text(self, pattern: str | re.Pattern[str]) -> Callable[[H], H]:
        """Handle texts that are exactly `pattern` or match it as a regular expression from start to end.

        Named groups become parameters. Raises SetupError for an illegal expression.
        """
        compiled = _compiled(pattern)
        literal = pattern if isinstance(pattern, str) else None

        def match(message: Text) -> Mapping[str, str] | None:
            found = compiled.fullmatch(message.content)
            if found is not None:
                return found.groupdict(default="")
            return NO_GROUPS if message.content == literal and not compiled.groupindex else None

        return self._register((Text,), match, compiled.groupindex)

    def click(self, key: str) -> Callable[[H], H]:
        """Handle taps on the menu button whose key this is (自定义菜单 click)."""
        return self._register((Click,), lambda event: NO_GROUPS if event.event_key == key else None)

    def scan(self, scene: str | int | None = None) -> Callable[[H], H]:
        """Handle scans of a parametric QR code: by a follower (`Scan`) or by somebody who follows through it
        (`Subscribe` with a scene). Without `scene`: of any of them."""
        wanted = None if scene is None else str(scene)

        def match(event: Scan | Subscribe) -> Mapping[str, str] | None:
            found = event.scene
            return NO_GROUPS if found is not None and wanted in (None, found) else None

        return self._register((Scan, Subscribe), match)

    def event(self, name: str) -> Callable[[H], H]:
        """Handle events by WeChat's name, also those that have no class here. Case does not matter."""
        wanted = name.lower()
        return self._register((Event,), lambda event: NO_GROUPS if event.event.lower() == wanted else None)

    def default(self, function: H) -> H:
        """Handle whatever no other route of the whole account took."""
        self._add(Route((Push,), lambda push: NO_GROUPS, as_handler(function), default=True))
        return function

    def include(self, router: Router) -> None:
        """Take in another router's routes, also those that it gets later."""
        if self in (router, *router.descendants()):
            raise SetupError("路由器不能包含自己", "a router cannot include itself")
        router._includers.append(self)
        self._add(router)

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

    def find(self, push: Push) -> tuple[Handler, Mapping[str, str]] | None:
        """The handler for a push and the named groups, or None when nobody wants it."""
        kind = type(push)
        candidates = self._candidates.get(kind)
        if candidates is None:
            fitting = [route for route in self.routes() if issubclass(kind, route.accepts)]
            candidates = tuple(sorted(fitting, key=lambda route: route.default))
            self._candidates[kind] = candidates
        for route in candidates:
            groups = route.match(push)
            if groups is not None:
                return route.handler, groups
        return None

    def _register(
        self, accepts: tuple[type[Push], ...], match: Match, groups: Mapping[str, int] | None = None
    ) -> Callable[[H], H]:
        def decorate(function: H) -> H:
            self._add(Route(accepts, match, as_handler(function, groups or ())))
            return function

        return decorate

    def _add(self, entry: Route | Router) -> None:
        self._entries.append(entry)
        self._forget()

    def _forget(self) -> None:
        self._candidates.clear()
        for includer in self._includers:
            includer._forget()


def _compiled(pattern: str | re.Pattern[str]) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as problem:
        raise SetupError(
            f"@text({pattern!r}) 不是合法的正则表达式：{problem}",
            f"@text({pattern!r}) is not a legal regular expression: {problem}",
            fix_zh="如果要匹配的就是这段文字，用 re.escape(…) 包起来",
            fix_en="if this very text is meant, wrap it in re.escape(…)",
        ) from None
    taken = sorted(NAMES & compiled.groupindex.keys())
    if taken:
        raise SetupError(
            f"@text 的命名分组 {taken[0]} 与固定的参数名冲突",
            f"the named group {taken[0]} of @text(…) hides the parameter of that name",
            fix_zh="给分组换一个名字",
            fix_en="give the group another name",
        )
    return compiled
