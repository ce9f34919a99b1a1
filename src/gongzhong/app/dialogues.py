"""Conversations of several steps: a person's place in a dialogue decides which handler gets the next message.

    signup = oa.dialogue("signup", timeout_s=600, cancel="取消")

    @oa.text("报名")
    async def begin() -> Move:
        return signup.start("name", "怎么称呼您？")

    @signup.step("name")
    async def name(message: Text, dialogue: DialogueState) -> Move:
        dialogue["name"] = message.content
        return dialogue.go("age", "几岁？")

    @signup.step("age", r"\\d+")
    async def age(message: Text, dialogue: DialogueState) -> Move:
        return dialogue.finish(f"{dialogue['name']}，{message.content} 岁，已登记。")

A place is {dialogue, step, data, until}; it is stored in the person's session, so it survives a restart and is seen by
every process as far as the session store does. What one push does to it:

    place        push                                        goes to                      new place
    none         any                                         general routes               as they say
    any          after `until`                               general routes               none
    of a dialogue or step that no longer exists              general routes               none
    in a step    a cancel word                               the answer `cancel_text`     none
    in a step    what a handler of the step takes            that handler                 as it says, see below
    in a step    anything else (another type, an event)      general routes               the same, unless they say

    the step's handler returns                               new place
    `dialogue.go("next", …)`                                 the next step, `until` begins anew
    a text, a reply, None                                    the same step, its data kept, `until` begins anew
    `dialogue.finish(…)`                                     none
    `other.start("step", …)`                                 the other dialogue
    an exception                                             unchanged, its data too
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import msgspec

from ..errors import HandlerError, SetupError
from ..messages import Message, Push, Text
from .arguments import DIALOGUE, Handler, as_handler, meant
from .results import H, Move, Result
from .routes import Match, Route, anything, check_annotations, check_reachable, text_match
from .sessions import Place, as_json

TIMEOUT_S = 600.0
"""How long a person may take for one answer by default, in seconds."""
CANCEL = "取消"
CANCEL_TEXT = "已取消。"


class Dialogue:
    """The steps of one dialogue, made with `oa.dialogue(name)` or `router.dialogue(name)`."""

    def __init__(
        self,
        name: str,
        *,
        timeout_s: float,
        cancel: str | tuple[str, ...] | None,
        cancel_text: str,
        timeout_text: str,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise SetupError(
                "对话要有名字",
                "a dialogue needs a name",
                fix_zh='例如 oa.dialogue("signup")',
                fix_en='for example oa.dialogue("signup")',
            )
        if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float) or not 0 < timeout_s < 1e9:
            raise SetupError(
                f"对话 {name} 的 timeout_s 要大于 0 秒，不能是 {timeout_s!r}",
                f"timeout_s of the dialogue {name} must be more than 0 seconds, not {timeout_s!r}",
            )
        words = (cancel,) if isinstance(cancel, str) else tuple(cancel or ())
        if not all(isinstance(word, str) and word.strip() for word in words):
            raise SetupError(
                f"对话 {name} 的 cancel 要的是不为空的文字",
                f"cancel of the dialogue {name} takes texts that are not empty",
                fix_zh="不要取消用语就写 cancel=None",
                fix_en="write cancel=None for no such word",
            )
        self.name: str = name
        self.timeout_s = float(timeout_s)
        self.cancel = tuple(word.strip() for word in words)
        self.cancel_text, self.timeout_text = cancel_text, timeout_text
        self._steps: dict[str, list[Route]] = {}

    def step(self, name: str, pattern: Any = None) -> Callable[[H], H]:
        """Handle the answer in this step: any message, or what the annotation of the handler says; with `pattern` the
        texts that match it (as in `oa.text`). Several handlers of one step are tried in their order.

        The handler may ask for `dialogue`, a `DialogueState`. Raises SetupError as the decorators of a router do.
        """
        if not isinstance(name, str) or not name:
            raise SetupError(
                f"@step 要写步骤的名字（对话 {self.name}）",
                f"@step needs the name of the step (dialogue {self.name})",
                fix_zh='例如 @dialogue.step("name")',
                fix_en='for example @dialogue.step("name")',
            )
        match: Match = anything
        groups: Mapping[str, int] = {}
        label = f"step({name!r})" if pattern is None else f"step({name!r}, {pattern!r})"
        if pattern is not None:
            match, groups = text_match(pattern)

        def decorate(function: H) -> H:
            handler = as_handler(function, groups, also=(DIALOGUE,))
            kinds = (Text,) if pattern is not None else (Push,) if handler.annotated else (Message,)
            check_annotations(handler, kinds, label)
            route = Route(kinds, match, handler, label)
            check_reachable([*self._steps.get(name, ()), route], {id(route)})
            self._steps.setdefault(name, []).append(route)
            return function

        return decorate

    def start(self, step: str, reply: Result = None, *, data: Mapping[str, Any] | None = None) -> Move:
        """For any handler to return: the person gets `reply` and is in this step from now on, with `data` known.

        Raises HandlerError for a step that does not exist.
        """
        self._check_step(step)
        return Move(self, step, reply, dict(data or {}))

    def finish(self, reply: Result = None) -> Move:
        """For any handler to return: the person gets `reply` and is in no dialogue from now on."""
        return Move(self, None, reply, {})

    def find(self, step: str, push: Push) -> tuple[Handler, Mapping[str, str]] | None:
        """The handler of this step that takes the push, and the named groups; None: none does."""
        for route in self._steps.get(step, ()):
            if route.takes(type(push)) and (groups := route.match(push)) is not None:
                return route.handler, groups
        return None

    def has(self, step: str) -> bool:
        return step in self._steps

    def cancels(self, push: Push) -> bool:
        """Whether this is the word with which the person ends the dialogue."""
        return isinstance(push, Text) and push.content.strip() in self.cancel

    def _check_step(self, step: str) -> None:
        if step in self._steps:
            return
        known = ", ".join(self._steps) or "-"
        raise HandlerError(
            f"对话 {self.name} 没有步骤 {step!r}",
            f"the dialogue {self.name} has no step {step!r}",
            fix_zh=f"{meant(str(step), self._steps, chinese=True)}已有的步骤：{known}",
            fix_en=f"{meant(str(step), self._steps, chinese=False)}its steps: {known}",
        )

    def __repr__(self) -> str:
        return f"Dialogue({self.name!r}, steps={list(self._steps)})"


class DialogueState(dict[str, Any]):
    """The parameter `dialogue` of a step: a dict of what the person said so far, and the ways on.

    It lives as long as the dialogue. Values must be JSON, as in a session. What a step that fails wrote is dropped.
    """

    def __init__(self, dialogue: Dialogue, step: str, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.dialogue, self.step = dialogue, step

    def go(self, step: str, reply: Result = None) -> Move:
        """For the step to return: on to another step (or back to one), with an answer to the person.

        Raises HandlerError for a step that does not exist.
        """
        self.dialogue._check_step(step)
        return Move(self.dialogue, step, reply, self)

    def finish(self, reply: Result = None) -> Move:
        """For the step to return: the dialogue is over."""
        return self.dialogue.finish(reply)

    def stay(self) -> Move:
        """The same step again: what any other result means."""
        return Move(self.dialogue, self.step, None, self)


def place_after(move: Move, now: float) -> Place | None:
    """Where a person is after a move. Raises HandlerError for data that is not JSON, naming its key."""
    if move.step is None:
        return None
    data = {key: as_json(f"dialogue[{key!r}]", value) for key, value in move.data.items()}
    timeout_s = move.dialogue.timeout_s
    return Place(move.dialogue.name, move.step, data, now + timeout_s, timeout_s)


class Outcome(Enum):
    """What a person's place means for a push."""

    GENERAL = "general"  # general routes; the place stays
    STEP = "step"  # a handler of the step
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    UNKNOWN = "unknown"  # the program has no such dialogue or step any more


class Decision(msgspec.Struct, frozen=True):
    """Which handler a push belongs to, as far as dialogues have a say."""

    outcome: Outcome
    dialogue: Dialogue | None = None
    handler: Handler | None = None
    groups: Mapping[str, str] = {}


def decide(place: Place | None, dialogues: Mapping[str, Dialogue], push: Push, now: float) -> Decision:
    """Read the first table above. A pure function: nothing is changed."""
    if place is None:
        return Decision(Outcome.GENERAL)
    dialogue = dialogues.get(place.dialogue)
    if now >= place.until:
        return Decision(Outcome.TIMED_OUT, dialogue)
    if dialogue is None or not dialogue.has(place.step):
        return Decision(Outcome.UNKNOWN)
    if dialogue.cancels(push):
        return Decision(Outcome.CANCELLED, dialogue)
    found = dialogue.find(place.step, push)
    if found is None:
        return Decision(Outcome.GENERAL)
    return Decision(Outcome.STEP, dialogue, *found)
