"""The verdict on each message of a run, from what its person saw and from what the program under test wrote down.

    seen      lines of the person's chat in the platform: the answers to each message, in order, with their times
    starts    each start of a handler: process, time, message (the program appends them to a file)
    said      each return of a handler
    fates     which processes were killed, or stopped from when to when

Per message: `lost` was never seen; `doubled` was seen more than once; `reordered` was said before another message of
the same person, by more than the tolerance, and seen after it; `late` was begun more than `late_s` after it was
written, or seen more than `late_s` after its handler had returned for the last time (on an account without
customer-service messages: after its person's next message then). A second start is `unfounded` unless the process of
the start before it was killed meanwhile, or stopped for longer than a lease lasts without being renewed. A message may
have several verdicts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from gongzhong.sharing.members import Beat

from .plan import Message, Plan

TOLERANCE_S: Final = 1.5
"""Two answers said within so long of each other may arrive in any order: they are on two connections."""
SILENT_S: Final = Beat().lease_s - Beat().margin_s - Beat().every_s
"""A process that is stopped for so long may count as dead: its last renewal may have been `every_s` before."""


@dataclass(frozen=True)
class Seen:
    """One answer in a person's chat; `place` is the number of its line, `part` which answer of the line it is."""

    person: str
    text: str
    at: float
    place: int
    part: int
    via: str


@dataclass(frozen=True)
class Step:
    """The start or the end of a handler; `at` in unix seconds."""

    pid: int
    at: float
    text: str


@dataclass(frozen=True)
class Fate:
    """A process was killed at `since`, or stopped from then `until`."""

    pid: int
    since: float
    until: float | None = None

    def excuses(self, start: float, again: float) -> bool:
        """Whether it lets others take over between these two starts."""
        if self.until is None:
            return self.since < again
        return self.until > start and min(self.until, again) - self.since >= SILENT_S


@dataclass
class Report:
    """What came of a run. Lists hold the texts of messages."""

    plan: Plan
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    unfounded: list[str] = field(default_factory=list)
    excused: set[str] = field(default_factory=set)
    """Messages whose process was killed or stopped while it had them."""
    put_aside: int = 0
    """Messages whose processes died five times, which an operator let be tried again when the faults were over."""
    again: int = 0
    """Starts after the first one."""
    delays_s: list[float] = field(default_factory=list)
    """From the moment at which a handler could be done at the earliest until its answer was seen."""
    roads: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    """How often WeChat told a person that the service is out of order."""
    asked: int = 0
    """How often people asked for an answer with 继续."""
    alarms: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    took_s: float = 0.0
    lag_s: float = 0.0
    """How late WeChat's own event loop was at the most. Where that is seconds, WeChat gave up on pushes that were
    answered in time: the machine was too busy, and nothing can be said about the program."""
    stories: dict[str, str] = field(default_factory=dict)
    """What happened to each message with a verdict."""

    def table(self, title: str) -> str:
        """All of it in lines, for the log of a run."""
        delays = sorted(self.delays_s) or [0.0]
        quantiles = [delays[min(len(delays) - 1, int(len(delays) * share))] for share in (0.5, 0.99, 1.0)]
        rows = {
            "seed": self.plan.seed,
            "messages": f"{len(self.plan.messages)} of {self.plan.size.people} people",
            "lost": len(self.lost),
            "doubled": f"{len(self.doubled)}, without a reason {len(self.doubled_without_reason)}",
            "reordered": f"{len(self.reordered)}, without a reason {len(self.reordered_without_reason)}",
            "late": len(self.late),
            "handlers begun again": f"{self.again}, without a reason {len(self.unfounded)}",
            "put aside, replayed": self.put_aside,
            "delay p50/p99/max": " / ".join(f"{delay:.1f} s" for delay in quantiles),
            "roads": _counted(self.roads),
            "faults": _counted(self.faults),
            "asked with 继续": self.asked,
            "WeChat's failure lines": self.failures,
            "WeChat's alarms": self.alarms,
            "took": f"{self.took_s:.0f} s",
            "WeChat late by": f"{self.lag_s:.1f} s at the most",
        }
        width = max(map(len, rows))
        lines = [title, *(f"  {name:<{width}}  {value}" for name, value in rows.items())]
        return "\n".join([*lines, *(f"  {text}: {story}" for text, story in self.stories.items())])

    @property
    def doubled_without_reason(self) -> list[str]:
        """Shown twice although the process that had them lived: docs/production.md allows only the other case."""
        return [text for text in self.doubled if text not in self.excused]

    @property
    def reordered_without_reason(self) -> list[str]:
        return [text for text in self.reordered if text not in self.excused]


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def judge(
    plan: Plan,
    wrote: dict[str, float],
    seen: Sequence[Seen],
    starts: Iterable[Step],
    said: Iterable[Step],
    fates: Sequence[Fate],
    *,
    late_s: float,
    chances: dict[str, list[float]] | None = None,
) -> Report:
    """The report. `wrote` says when each message was written, in unix seconds as all times. `chances`: when each person
    wrote anything, where a late answer can only be shown then."""
    report = Report(plan)
    began, ended, shown = _by_text(starts), _by_text(said), defaultdict[str, list[Seen]](list)
    for line in seen:
        shown[line.text].append(line)
        report.roads[line.via] += 1
    for message in plan.messages:
        _judge_starts(report, began[message.text], shown[message.text], fates)
        at = wrote[message.text], began[message.text], ended[message.text]
        times = None if chances is None else chances[message.person]
        _judge_seen(report, message, *at, shown[message.text], late_s, times)
    for person in plan.people:
        texts = [message.text for message in plan.of(person)]
        report.reordered += _overtaken(
            [(shown[text][0], ended[text]) for text in texts if shown[text] and ended[text]]
        )
    for text in sorted({*report.lost, *report.doubled, *report.reordered, *report.late, *report.unfounded}):
        report.stories[text] = _story(wrote[text], began[text], ended[text], shown[text], fates)
    return report


def _story(
    wrote_at: float,
    starts: Sequence[Step],
    said: Sequence[Step],
    seen: Sequence[Seen],
    fates: Sequence[Fate],
) -> str:
    """What happened to a message, in seconds from its writing."""
    pids = {step.pid for step in starts}
    events = [(step.at, f"start {step.pid}") for step in starts]
    events += [(step.at, f"said {step.pid}") for step in said]
    events += [(line.at, f"seen ({line.via}, line {line.place})") for line in seen]
    for fate in fates:
        if fate.pid in pids:
            what = "killed" if fate.until is None else f"stopped for {fate.until - fate.since:.0f} s"
            events.append((fate.since, f"{what} {fate.pid}"))
    return ", ".join(f"{at - wrote_at:+.1f} {what}" for at, what in sorted(events)) or "never begun"


def _by_text(steps: Iterable[Step]) -> dict[str, list[Step]]:
    found = defaultdict[str, list[Step]](list)
    for step in sorted(steps, key=lambda step: step.at):
        found[step.text].append(step)
    return found


def _judge_starts(
    report: Report, starts: Sequence[Step], seen: Sequence[Seen], fates: Sequence[Fate]
) -> None:
    over = max((line.at for line in seen), default=float("inf"))
    for number, step in enumerate(starts):
        again = starts[number + 1].at if number + 1 < len(starts) else over
        excused = any(fate.pid == step.pid and fate.excuses(step.at, again) for fate in fates)
        if excused:
            report.excused.add(step.text)
        if number + 1 < len(starts):
            report.again += 1
            if not excused:
                report.unfounded.append(step.text)


def _judge_seen(
    report: Report,
    message: Message,
    wrote_at: float,
    starts: Sequence[Step],
    said: Sequence[Step],
    seen: Sequence[Seen],
    late_s: float,
    chances: Sequence[float] | None,
) -> None:
    if not seen:
        report.lost.append(message.text)
        return
    if len(seen) > 1:
        report.doubled.append(message.text)
    report.delays_s.append(seen[0].at - wrote_at - message.takes_s)
    said_at = max((step.at for step in said if step.at <= seen[0].at), default=wrote_at + message.takes_s)
    if chances is not None:
        said_at = next((at for at in chances if at > said_at), said_at)
    begun_at = min((step.at for step in starts), default=wrote_at)
    if begun_at > wrote_at + late_s or seen[0].at > said_at + late_s:
        report.late.append(message.text)


def _overtaken(answers: Sequence[tuple[Seen, Sequence[Step]]]) -> list[str]:
    """The answers that were said, each time, before another one that the person saw earlier."""
    found = []
    for one, said in answers:
        for other, said_other in answers:
            before = said[-1].at + TOLERANCE_S < said_other[0].at
            if before and (other.place, other.part) < (one.place, one.part):
                found.append(one.text)
                break
    return found
