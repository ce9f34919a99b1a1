"""A conversation that took place on the platform, kept as a test that plays it again.

What people do is noted with the place in the chat where they did it; what came of it is read from the chat and the
traffic when the test is written. Replayed is what people did: the program's own calls come from its handlers, as they
did the first time.
"""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from .python_source import STEP, WIDTH, Call, Files, assigned, called, columns, literal
from .traffic import Exchange, Traffic
from .world import accounts, agents, chats, media, menus, templates
from .world.agents import Agent
from .world.refusal import BadInput
from .world.templates import Template
from .world.world import AccountState, World

PAUSE_S = 30
"""A shorter wait between two acts is not part of the story."""
REST_S = 120
"""A test waits so long, in its own time, for what an act set in motion."""
STREAM_S = 2
"""Pieces of one answer follow each other more closely."""
LATE_S = 20
"""A program may answer an act so many seconds later; an answer that comes later still is not waited for."""
HEARD = ("account", "failure")
UNANSWERED = frozenset({"unfollows", "enters"})
"""Acts that programs rarely answer: nothing is waited for."""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One act: `verb` is a method of an actor, the arguments are its own."""

    time: float
    person: str
    verb: str
    arguments: Mapping[str, Any]
    seq: int
    """The last line of any chat before it."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What the program relied on that was there before the recording began."""

    menu: list[dict[str, Any]] | None
    templates: list[Template]
    files: list[media.File]
    agents: list[Agent]


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
        self._closing = False
        self._served = False

    def start(self, account: AccountState) -> None:
        """Begin anew; an earlier recording is dropped."""
        self.appid, self.running, self._closing = account.appid, True, False
        self._deeds, self._menu = [], menus.default(self._world, account)
        self._from = self._traffic.ended
        self._served = False

    def close(self) -> None:
        """Note no further acts; what comes of those that were noted still belongs to it.

        Raises BadInput when nothing was being recorded.
        """
        if not self.running:
            raise BadInput("没有正在进行的录制", "nothing is being recorded")
        self.running, self._closing = False, True

    def stop(self) -> None:
        """What happens from now on is not part of it. Raises BadInput when nothing was being recorded."""
        if self.running:
            self.close()
        if self._closing:
            self._closing = False
            self._until, self._last_line = self._traffic.ended, chats.last(self._world)

    def awaits_answers(self) -> bool:
        """Whether, before it is stopped, somebody's last act may still be answered."""
        last = {deed.person: deed for deed in self._deeds if deed.verb not in UNANSWERED}
        return self._closing and any(
            self._world.now() - deed.time < LATE_S
            and not any(
                _is_heard(line) for line in chats.read(self._world, self.appid, deed.person, deed.seq)
            )
            for deed in last.values()
        )

    def note(self, account: AccountState, person: str, verb: str, **arguments: Any) -> None:
        """Somebody did something; costs nothing unless it is recorded."""
        if account.appid != self.appid:
            return
        if self.running:
            self._deeds.append(
                Deed(
                    time=self._world.now(),
                    person=person,
                    verb=verb,
                    arguments=arguments,
                    seq=chats.last(self._world),
                )
            )
        elif self._closing:
            # What comes of this act must not be taken for an answer to one that was recorded.
            self.stop()

    def note_service(self, account: AccountState) -> None:
        """An agent did something at the desk: it is not recorded, and the test says so."""
        self._served = self._served or (self.running and account.appid == self.appid)

    @property
    def length(self) -> int:
        return len(self._deeds)

    def test_file(self, target: str) -> str:
        """The test as Python source; `target` is the program, `module:attribute`. Raises BadInput when empty."""
        if not self._deeds:
            raise BadInput("还没有录到任何操作", "nothing was recorded yet")
        account = accounts.get(self._world, self.appid)
        entries = self._entries()
        calls = None
        if entries is not None:
            made = [entry for entry in entries if entry.kind == "api"]
            calls = [entry for entry in made if not (entry.is_lookup or entry.is_by_hand)]
        setting = self._setting(account, entries or [])
        return Script(account, self._deeds, self._steps(), calls, setting, self._left_out(account)).source(
            target
        )

    def _left_out(self, account: AccountState) -> list[str]:
        """What happened or was there and is not written down."""
        remarks = []
        if self._served:
            remarks.append(
                "Not recorded: what agents did at the customer-service desk; replay it with platform.agent(…)."
            )
        if menus.conditional(self._world, account):
            remarks.append(
                "Not recorded: the personalised menus; add them with menu.add_conditional before the taps."
            )
        return remarks

    def _steps(self) -> list[list[dict[str, Any]]]:
        """For each deed the lines that came of it, on anybody's screen."""
        ends = [deed.seq for deed in self._deeds[1:]]
        ends.append(chats.last(self._world) if self.running or self._closing else self._last_line)
        people = sorted({deed.person for deed in self._deeds})
        lines = [item for person in people for item in chats.read(self._world, self.appid, person)]
        heard = [item for item in lines if _is_heard(item)]
        return [
            sorted(
                (item for item in heard if deed.seq < item["seq"] <= end),
                key=lambda item: int(item["seq"]),
            )
            for deed, end in zip(self._deeds, ends, strict=True)
        ]

    def _entries(self) -> list[Exchange] | None:
        """What went over the wire meanwhile; None when the log does not hold all of it any more."""
        entries = self._traffic.since(self._from, appid=self.appid)
        if self._traffic.first_order > self._from + 1:
            return None
        is_open = self.running or self._closing
        return [entry for entry in entries if is_open or entry.order <= self._until]

    def _setting(self, account: AccountState, entries: list[Exchange]) -> Setting:
        """What was there before and is named in what the program sent: its calls, and its answers to pushes."""
        sent, made = b"", b""
        for entry in entries:
            if entry.kind == "push":
                sent += entry.response_decrypted or entry.response_body
            elif entry.kind == "api":
                sent += entry.request_body + entry.url.encode()
                made += entry.response_body
        return Setting(
            menu=self._menu,
            templates=[
                one for one in templates.listing(self._world, account) if one.template_id.encode() in sent
            ],
            files=[
                file
                for file in media.named_in(self._world, account, sent)
                if file.media_id.encode() not in made
            ],
            agents=[one for one in agents.listing(self._world, account) if one.kf_account.encode() in sent],
        )


def _is_heard(line: Mapping[str, Any]) -> bool:
    """Whether a line of a chat is one that the program, or its failure, brought."""
    return line["side"] in HEARD or line["type"] in HEARD


class Script:
    """Writes the test down. `calls` None: they are not known, so nothing is said of them."""

    def __init__(
        self,
        account: AccountState,
        deeds: list[Deed],
        steps: list[list[dict[str, Any]]],
        calls: list[Exchange] | None,
        setting: Setting,
        remarks: list[str],
    ) -> None:
        self._account, self._deeds, self._steps, self._calls = account, deeds, steps, calls
        self._setting = setting
        self._names = _variables(dict.fromkeys(deed.person for deed in deeds))
        self._files = Files()
        self._remarks = [*remarks]

    def source(self, target: str) -> str:
        body = [f"    {line}" if line else "" for line in self._body()]
        if self._calls is None:
            self._remarks.append("The traffic log was too small to hold all calls: none is compared.")
        parts = ['"""Recorded on the local platform."""', *(f"# {remark}" for remark in self._remarks), ""]
        parts += self._imports(target)
        if self._files.names:
            parts += ["", *self._files.source()]
        return "\n".join([*parts, "", "", "def test_recorded_conversation(platform):", *body, ""])

    def _imports(self, target: str) -> Iterator[str]:
        module, colon, attribute = target.rpartition(":")
        is_module = all(_is_plain(part) for part in module.split("."))
        if not colon or not _is_plain(attribute) or not (is_module or module.endswith(".py")):
            raise BadInput(f"写成 模块:对象，而不是 {target}", f"write module:attribute, not {target}")
        if self._files.names:
            yield from ("from base64 import b64decode", "")
        answers = any("answer" in deed.arguments for deed in self._deeds)
        yield "from gongzhong.testing import " + ("Answer, load_account" if answers else "load_account")
        yield ""
        yield f"oa = load_account({literal(target)}, near=__file__)"

    def _body(self) -> Iterator[str]:
        yield from self._scenery()
        yield "before = len(platform.calls)"
        last = self._deeds[0].time
        for deeds, lines in self._groups():
            yield ""
            for deed in deeds:
                if deed.time - last > PAUSE_S:
                    yield f"platform.clock.advance(seconds={round(deed.time - last)})"
                last = deed.time
                yield from self._act(deed)
            late = max((line["time"] for line in lines), default=last) - last
            if late > PAUSE_S:
                yield f"platform.clock.advance(seconds={round(late)})"
                last += late
            yield from self._expectations(deeds, lines)
        yield ""
        yield from self._calls_made()

    def _scenery(self) -> Iterator[str]:
        """The account, the people, and what the program relies on."""
        account, setting = self._account, self._setting
        options: dict[str, Any] = {
            "name": account.name,
            "kind": account.kind,
            "verified": account.verified,
        }
        if setting.agents:
            options["wechat_id"] = account.wechat_id
        yield from called("platform.connect", Call("oa"), **options)
        for person, name in self._names.items():
            yield from called("platform.person", person, before=f"{name} = ")
            first = next(deed for deed in self._deeds if deed.person == person)
            if first.verb not in ("follows", "scans"):
                yield f"{name}.follows(oa)"
        if setting.menu and any(deed.verb == "taps" for deed in self._deeds):
            yield from called("platform.menu", setting.menu)
        for template in setting.templates:
            yield from called("platform.template", template.template_id, template.title, template.content)
        for file in setting.files:
            content = self._files.name(file.content)
            if content is None:
                self._remarks.append(
                    f"Not kept, as it is too long: the file {file.media_id}; replaying fails."
                )
                continue
            details: dict[str, Any] = {} if file.permanent else {"permanent": False}
            words = {"title": file.title, "description": file.description}
            details |= {name: word for name, word in words.items() if word}
            yield from called("platform.file", file.media_id, file.kind, Call(content), **details)
        for agent in setting.agents:
            prefix = agent.kf_account.partition("@")[0]
            worker: dict[str, Any] = {"worker": agent.kf_wx} if agent.kf_wx else {}
            yield from called("platform.agent", prefix, agent.nickname, **worker)

    def _calls_made(self) -> Iterator[str]:
        """What the program asked of WeChat, without what the kit asked by itself."""
        if self._calls is None:
            return
        made = [(call.title, call.errcode) for call in self._calls]
        calls = (
            "made = [(call.title, call.errcode) for call in platform.calls[before:] if not call.is_lookup]"
        )
        yield calls
        if any(len(deeds) > 1 for deeds, _ in self._groups()):
            yield from assigned("expected", sorted(made, key=str))
            yield "assert sorted(made, key=str) == expected"
        else:
            yield from assigned("expected", made)
            yield "assert made == expected"

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

    def _act(self, deed: Deed) -> list[str]:
        """The deed as a call of the actor's method."""
        values = dict(deed.arguments)
        if deed.verb == "scans":
            scene = literal(values["scene"])
            code = f"platform.code(platform.account_of(oa), {scene})"
            return called(f"{self._names[deed.person]}.scans", Call(code))
        words = values.pop("words", ())
        if "file" in values:
            name = self._file(deed, values.pop("file"))
            if name is not None:
                values["file"] = name
        answer = values.pop("answer", None)
        if answer:
            inside = {name: self._answered(deed, value) for name, value in answer.items()}
            given = ", ".join(f"{name}={literal(value)}" for name, value in inside.items())
            values["answer"] = Call(f"Answer({given})")
        return called(f"{self._names[deed.person]}.{deed.verb}", *words, **values)

    def _answered(self, deed: Deed, value: Any) -> Any:
        """A field of what somebody gave to a menu button; files become names of constants."""
        if not isinstance(value, list):
            return value
        return [name for file in value if (name := self._file(deed, file)) is not None]

    def _file(self, deed: Deed, content: bytes) -> Call | None:
        name = self._files.name(content)
        if name is None:
            self._remarks.append(
                f"Not kept, as it is too long: a file of {len(content)} bytes ({deed.verb})."
            )
        return None if name is None else Call(name)

    def _expectations(self, deeds: list[Deed], lines: list[dict[str, Any]]) -> Iterator[str]:
        for person, name in self._names.items():
            own = [line for line in lines if line["person"] == person]
            heard = [(line["type"], chats.spoken(line)) for line in own if line["side"] == "account"]
            if len(heard) == 1:
                attribute, value = ("text", heard[0][1]) if heard[0][1] else ("type", heard[0][0])
                yield from _compared(f"{name}.inbox[-1].{attribute}", value)
            elif heard:
                said = f"[(line.type, line.text) for line in {name}.inbox[-{len(heard)}:]]"
                if len(deeds) > 1:
                    said, heard = f"sorted({said})", sorted(heard)
                yield from assigned("expected", heard)
                yield f"assert {said} == expected"
            elif any(person == deed.person for deed in deeds) and any(
                line["type"] == "failure" for line in own
            ):
                yield f'assert {name}.screen[-1].type == "failure"'


def _unfinished(lines: list[dict[str, Any]], deed: Deed) -> bool:
    """Whether answers to an earlier act may still have been on their way when this one was done."""
    return not lines or deed.time - max(line["time"] for line in lines) < STREAM_S


def _compared(what: str, value: str) -> list[str]:
    """An assertion on one line, or with its value assigned first where it is long."""
    line = f"assert {what} == {literal(value)}"
    return (
        [line]
        if columns(line) + STEP <= WIDTH
        else [*assigned("expected", value), f"assert {what} == expected"]
    )


RESERVED = frozenset(
    {
        "platform",
        "oa",
        "made",
        "before",
        "expected",
        "call",
        "line",
        "Answer",
        "b64decode",
        "load_account",
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
        names[person] = (
            person if usable and not person.startswith(("person_", "FILE_")) else f"person_{number}"
        )
    return names


def _is_plain(name: str) -> bool:
    """Whether Python reads the word as an identifier that is written exactly so (PEP 3131 normalises to NFKC)."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and not keyword.issoftkeyword(name)
        and unicodedata.is_normalized("NFKC", name)
    )
