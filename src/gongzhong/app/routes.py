"""One route: which pushes it takes, how its text pattern is matched, and whether it can be reached at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from ..errors import SetupError
from ..messages import Push, Text
from .arguments import RESERVED, Handler, Kinds

Match: TypeAlias = Callable[[Any], Mapping[str, str] | None]
"""Does this push fit? None: no. Otherwise the named groups, usually none."""

NO_GROUPS: Mapping[str, str] = {}


def anything(push: Push) -> Mapping[str, str]:
    """Match every push of the route's classes."""
    return NO_GROUPS


class Route(msgspec.Struct, frozen=True):
    """One registration: kinds of push, a closer look at one, and the handler."""

    accepts: Kinds
    match: Match
    handler: Handler
    label: str
    """The decorator as it was written, `text('天气')`: two routes that look the same are the same."""
    default: bool = False

    def takes(self, kind: type[Push]) -> bool:
        """Whether pushes of this class may come here."""
        return issubclass(kind, self.accepts) and self.handler.takes(kind)

    def kinds(self) -> Kinds:
        """The classes that both the decorator and the annotations admit."""
        kinds = self.accepts
        for annotated in self.handler.annotated:
            kinds = common(kinds, annotated)
        return kinds

    def hides(self, later: Route) -> bool:
        """Whether a later route can never be reached because of this one."""
        if self.default is not later.default or not (self.match is anything or self.label == later.label):
            return False
        return all(issubclass(kind, self.kinds()) for kind in later.kinds())


def common(some: Kinds, others: Kinds) -> Kinds:
    """The classes that both admit."""
    found = [
        a if issubclass(a, b) else b for a in some for b in others if issubclass(a, b) or issubclass(b, a)
    ]
    return tuple(dict.fromkeys(found))


def check_annotations(handler: Handler, kinds: Kinds, label: str, *, every: bool = False) -> None:
    """Raise SetupError when the annotations admit none of these classes; with `every`, when not each of them."""
    for annotated in handler.annotated:
        missing = [kind for kind in kinds if not common((kind,), annotated)]
        if not missing or (len(missing) < len(kinds) and not every):
            continue
        written = " | ".join(kind.__name__ for kind in annotated)
        wanted = "、".join(kind.__name__ for kind in missing)
        raise SetupError(
            f"处理函数 {handler.name} 的注解是 {written}，但 @{label} 接收的是 {wanted}，永远不会被调用",
            f"the handler {handler.name} is annotated with {written}, but @{label} is for "
            f"{', '.join(kind.__name__ for kind in missing)}: it would never be called",
            fix_zh="让注解与装饰器一致，或换一个装饰器",
            fix_en="let the annotation and the decorator agree",
        )


def text_match(pattern: str | re.Pattern[str]) -> tuple[Match, Mapping[str, int]]:
    """How `pattern` is matched against a text, and its named groups. Raises SetupError for an illegal one."""
    compiled = _compiled(pattern)
    literal = pattern if isinstance(pattern, str) else None

    def match(message: Text) -> Mapping[str, str] | None:
        found = compiled.fullmatch(message.content)
        if found is not None:
            return found.groupdict(default="")
        return NO_GROUPS if message.content == literal and not compiled.groupindex else None

    return match, compiled.groupindex


def check_reachable(routes: Sequence[Route], added: set[int]) -> None:
    """Raise SetupError when, among routes in their order, an earlier one hides a later one.

    Only pairs with a member of `added` (ids of routes) are looked at: the others were before."""
    for number, later in enumerate(routes):
        for earlier in routes[:number]:
            if (id(earlier) in added or id(later) in added) and earlier.hides(later):
                raise SetupError(
                    f"@{later.label} 的处理函数 {later.handler.name} 永远不会被调用："
                    f"它前面的 @{earlier.label} {earlier.handler.name} 已经全部接收",
                    f"the handler {later.handler.name} under @{later.label} can never be called: "
                    f"@{earlier.label} {earlier.handler.name} before it takes all of that",
                    fix_zh="去掉其中一个，或把更具体的放在前面",
                    fix_en="take one of them out, or put the more specific one first",
                )


def _compiled(pattern: object) -> re.Pattern[str]:
    if not isinstance(pattern, str) and not (
        isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str)
    ):
        raise SetupError(
            f"@text(…) 要的是文字或 str 的正则表达式，而不是 {pattern!r}",
            f"@text(…) takes a text or a regular expression of str, not {pattern!r}",
        )
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as problem:
        raise SetupError(
            f"@text({pattern!r}) 不是合法的正则表达式：{problem}",
            f"@text({pattern!r}) is not a legal regular expression: {problem}",
            fix_zh="如果要匹配的就是这段文字，用 re.escape(…) 包起来",
            fix_en="if this very text is meant, wrap it in re.escape(…)",
        ) from None
    taken = sorted(RESERVED & compiled.groupindex.keys())
    if taken:
        raise SetupError(
            f"@text 的命名分组 {taken[0]} 与固定的参数名冲突",
            f"the named group {taken[0]} of @text(…) hides the parameter of that name",
            fix_zh="给分组换一个名字",
            fix_en="give the group another name",
        )
    return compiled
