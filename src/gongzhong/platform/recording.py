"""A conversation that took place on the platform, kept as a test that plays it again.

What people do is noted with the place in the chat where they did it; what came of it is read from the chat and the
traffic when the test is written. Replayed is what people did: the program's own calls come from its handlers, as they
did the first time.
"""

from __future__ import annotations

import base64
import builtins
import keyword
import pprint
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from .traffic import Exchange, Traffic
from .world import accounts, chats, menus, templates
from .world.refusal import BadInput
from .world.templates import Template
from .world.world import AccountState, World

PAUSE_S = 30
"""A shorter wait between two acts is not part of the story."""
REST_S = 120
"""A test waits so long, in its own time, for what an act set in motion."""
STREAM_S = 2
"""Pieces of one answer follow each other more closely."""
EMBEDDED_BYTES = 48 * 1024
WIDTH = 100
HEARD = ("account", "failure")


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One act: `verb` is a method of an actor, the arguments are its own."""

    time: float
    person: str
    verb: str
    arguments: Mapping[str, Any]
    seq: int
    """The last line of any chat before it."""


class Recording:
    """Notes what people do with one account from `start` to `stop`."""

    def __init__(self, world: World, traffic: Traffic) -> None:
        self._world, self._traffic = world, traffic
        self.appid = ""
        self.running = False
        self._deeds: list[Deed] = []
        self._menu: list[dict[str, Any]] | None = None
        self._from = self._until = 0
        self._last_line = 0

    def start(self, account: AccountState) -> None:
        """Begin anew; an earlier recording is dropped."""
        self.appid, self.running = account.appid, True
        self._deeds, self._menu = [], menus.default(self._world, account)
        self._from = self._traffic.last

    def stop(self) -> None:
        """What happens from now on is not part of it. Raises BadInput when nothing was being recorded."""
        if not self.running:
            raise BadInput("没有正在进行的录制", "nothing is being recorded")
        self.running = False
        self._until, self._last_line = self._traffic.last, self._line()

    def note(self, account: AccountState, person: str, verb: str, **arguments: Any) -> None:
        """Somebody did something; costs nothing unless it is recorded."""
        if self.running and account.appid == self.appid:
            self._deeds.append(
                Deed(time=self._world.now(), person=person, verb=verb, arguments=arguments, seq=self._line())
            )

    @property
    def length(self) -> int:
        return len(self._deeds)

    def test_file(self, target: str) -> str:
        """The test as Python source; `target` is the program, `module:attribute`. Raises BadInput when empty."""
        if not self._deeds:
            raise BadInput("还没有录到任何操作", "nothing was recorded yet")
        account = accounts.get(self._world, self.appid)
        calls = self._calls()
        sent = b"".join(call.request_body for call in calls)
        used = [one for one in templates.listing(self._world, account) if one.template_id.encode() in sent]
        return Script(account, self._deeds, self._steps(), calls, self._menu, used).source(target)

    def _line(self) -> int:
        number: int = self._world.db.value("SELECT coalesce(max(seq), 0) FROM chat")
        return number

    def _steps(self) -> list[list[dict[str, Any]]]:
        """For each deed the lines that came of it, on anybody's screen."""
        ends = [deed.seq for deed in self._deeds[1:]]
        ends.append(self._line() if self.running else self._last_line)
        people = sorted({deed.person for deed in self._deeds})
        lines = [item for person in people for item in chats.read(self._world, self.appid, person)]
        heard = [item for item in lines if item["side"] in HEARD or item["type"] in HEARD]
        return [
            sorted(
                (item for item in heard if deed.seq < item["seq"] <= end),
                key=lambda item: int(item["seq"]),
            )
            for deed, end in zip(self._deeds, ends, strict=True)
        ]

    def _calls(self) -> list[Exchange]:
        """What the program asked of WeChat, without its tokens, which depend on what it still had."""
        return [
            entry
            for entry in self._traffic.everything(self._from, appid=self.appid)
            if entry.kind == "api"
            and "token" not in entry.title
            and (self.running or entry.seq <= self._until)
        ]


class Script:
    """Writes the test down."""

    def __init__(
        self,
        account: AccountState,
        deeds: list[Deed],
        steps: list[list[dict[str, Any]]],
        calls: list[Exchange],
        menu: list[dict[str, Any]] | None,
        templates: list[Template],
    ) -> None:
        self._account, self._deeds, self._steps, self._calls, self._menu = account, deeds, steps, calls, menu
        self._templates = templates
        self._names = _variables(dict.fromkeys(deed.person for deed in deeds))

    def source(self, target: str) -> str:
        body = "\n".join(f"    {line}" if line else "" for line in self._body())
        head = [
            '"""Recorded on the local platform."""',
            "",
            *self._imports(target),
        ]
        return "\n".join([*head, "", "", f"def test_recorded_conversation(platform):\n{body}", ""])

    def _imports(self, target: str) -> Iterator[str]:
        module, colon, attribute = target.rpartition(":")
        is_module = all(_is_plain(part) for part in module.split("."))
        if not colon or not _is_plain(attribute) or not (is_module or module.endswith(".py")):
            raise BadInput(f"写成 模块:对象，而不是 {target}", f"write module:attribute, not {target}")
        if any("file" in deed.arguments for deed in self._deeds):
            yield "from base64 import b64decode\n"
        if module.endswith(".py"):
            yield "from runpy import run_path\n"
        if any("answer" in deed.arguments for deed in self._deeds):
            yield "from gongzhong.testing import Answer\n"
        if module.endswith(".py"):
            yield f"oa = run_path({module!r})[{attribute!r}]"
        else:
            yield f"from {module} import {attribute}" + ("" if attribute == "oa" else " as oa")

    def _body(self) -> Iterator[str]:
        account = self._account
        yield f"platform.connect(oa, name={account.name!r}, kind={account.kind!r}, verified={account.verified})"
        for person, name in self._names.items():
            yield f"{name} = platform.person({person!r})"
            first = next(deed for deed in self._deeds if deed.person == person)
            if first.verb not in ("follows", "scans"):
                yield f"{name}.follows(oa)"
        if self._menu and any(deed.verb == "taps" for deed in self._deeds):
            yield f"platform.menu({_literal(self._menu)})"
        for one in self._templates:
            yield f"platform.template({one.template_id!r}, {one.title!r}, {one.content!r})"
        yield "before = len(platform.calls)"
        last = self._deeds[0].time
        for deeds, lines in self._groups():
            yield ""
            for deed in deeds:
                if deed.time - last > PAUSE_S:
                    yield f"platform.clock.advance(seconds={round(deed.time - last)})"
                last = deed.time
                yield self._act(deed)
            late = max((line["time"] for line in lines), default=last) - last
            if late > PAUSE_S:
                yield f"platform.clock.advance(seconds={round(late)})"
                last += late
            yield from self._expectations(deeds, lines)
        yield ""
        made = [(call.title, call.errcode) for call in self._calls]
        yield 'made = [call for call in platform.calls[before:] if "token" not in call.title]'
        if any(len(deeds) > 1 for deeds, _ in self._groups()):
            yield f"assert sorted((call.title, call.errcode) for call in made) == {_literal(sorted(made))}"
        else:
            yield f"assert [(call.title, call.errcode) for call in made] == {_literal(made)}"

    def _groups(self) -> list[tuple[list[Deed], list[dict[str, Any]]]]:
        """Acts with what came of them: one by one, or together where an answer may belong to an earlier act.

        A test lets each act come to rest before the next one, so an answer that was late comes earlier there.
        """
        groups: list[tuple[list[Deed], list[dict[str, Any]]]] = []
        for deed, lines in zip(self._deeds, self._steps, strict=True):
            late = any(line["via"] != "passive" for line in lines)
            if (
                groups
                and late
                and deed.time - groups[-1][0][-1].time < REST_S
                and _unfinished(groups[-1][1], deed)
            ):
                groups[-1][0].append(deed)
                groups[-1][1].extend(lines)
            else:
                groups.append(([deed], [*lines]))
        return groups

    def _act(self, deed: Deed) -> str:
        actor, values = self._names[deed.person], dict(deed.arguments)
        if deed.verb == "scans":
            return f"{actor}.scans(platform.code(platform.account_of(oa), {values['scene']!r}))"
        words = [repr(word) for word in values.pop("words", ())]
        file = values.pop("file", b"")
        if file and len(file) <= EMBEDDED_BYTES:
            words.append(f"file=b64decode({base64.b64encode(file).decode()!r})")
        answer = values.pop("answer", None)
        if answer:
            given = ", ".join(f"{name}={value!r}" for name, value in answer.items())
            words.append(f"answer=Answer({given})")
        words += [f"{name}={value!r}" for name, value in values.items()]
        return f"{actor}.{deed.verb}({', '.join(words)})"

    def _expectations(self, deeds: list[Deed], lines: list[dict[str, Any]]) -> Iterator[str]:
        for person, name in self._names.items():
            own = [line for line in lines if line["person"] == person]
            heard = [(line["type"], chats.spoken(line)) for line in own if line["side"] == "account"]
            if len(heard) == 1:
                attribute, value = ("text", heard[0][1]) if heard[0][1] else ("type", heard[0][0])
                yield f"assert {name}.inbox[-1].{attribute} == {value!r}"
            elif heard:
                said = f"[(line.type, line.text) for line in {name}.inbox[-{len(heard)}:]]"
                if len(deeds) > 1:
                    said, heard = f"sorted({said})", sorted(heard)
                yield f"assert {said} == {_literal(heard)}"
            elif any(person == deed.person for deed in deeds) and any(
                line["type"] == "failure" for line in own
            ):
                yield f'assert {name}.screen[-1].type == "failure"'


def _unfinished(lines: list[dict[str, Any]], deed: Deed) -> bool:
    """Whether answers to an earlier act may still have been on their way when this one was done."""
    return not lines or deed.time - max(line["time"] for line in lines) < STREAM_S


def _literal(value: Any) -> str:
    """Data as source, over several lines where it is long, indented for a function's body."""
    return pprint.pformat(value, width=WIDTH, sort_dicts=False).replace("\n", "\n    ")


RESERVED = frozenset(
    {
        "platform",
        "oa",
        "made",
        "before",
        "call",
        "line",
        "menus",
        "Answer",
        "b64decode",
        "resolve",
        "annotations",
    }
)


def _variables(people: Iterable[str]) -> dict[str, str]:
    """A variable for each person: the own name where Python takes it as it is, else `person_1` and so on.

    Nothing of a name that is not a plain identifier reaches the source.
    """
    names: dict[str, str] = {}
    for number, person in enumerate(people, 1):
        usable = _is_plain(person) and person not in RESERVED and person not in dir(builtins)
        names[person] = person if usable and not person.startswith("person_") else f"person_{number}"
    return names


def _is_plain(name: str) -> bool:
    """Whether Python reads the word as an identifier that is written exactly so (PEP 3131 normalises to NFKC)."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and not keyword.issoftkeyword(name)
        and unicodedata.is_normalized("NFKC", name)
    )
