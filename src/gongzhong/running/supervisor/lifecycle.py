"""What the supervisor does when: a record, and a decision that is a pure function.

    decide(record, event, now, rules) -> (record, acts)

A worker's phases:

    STARTING   imports the program, waits for the store     ends after start_s without a sign of life
    SERVING    takes requests                               ends after hang_s without a sign of life
    DRAINING   takes none, finishes what it has             ends after drain_s
    KILLED     was sent SIGKILL                             ends by itself

    from      Ready    Died                  Tick (time is over)  Stop      Stop, again  a newer one is ready
    STARTING  SERVING  gone, early death     KILLED, early death  DRAINING  –            –
    SERVING   –        gone; early death if  KILLED               DRAINING  –            DRAINING, if it is old
                       younger than steady_s
                       and not killed
    DRAINING  –        gone                  KILLED               –         KILLED       –
    KILLED    –        gone                  –                    –         –            –

The supervisor's modes:

    STARTING   not every worker has been ready yet
    RUNNING    every worker has been ready once
    RELOADING  workers of an older generation are being replaced, one after the other
    STOPPING   every worker drains
    ENDED      no worker is left; `status` is the exit status

    from       all ready  Reload     a new worker fails    no old one left  early deaths  Stop      no worker left
    STARTING   RUNNING    –          STOPPING, if it said  –                STOPPING      STOPPING  –
                                     why and none served
    RUNNING    –          RELOADING  –                     –                STOPPING      STOPPING  –
    RELOADING  –          RELOADING  RUNNING, old stay     RUNNING          STOPPING      STOPPING  –
    STOPPING   –          –          –                     –                –             –         ENDED

A worker that died is replaced at once if it had served for `steady_s`, or if it had served at all and somebody else
killed it (`Died.killed`): that says nothing about the program. More than `kills_per_minute` such kills count as early
deaths, too: memory is short. After an early death the replacement waits: first_pause_s, doubled with each round of
early deaths within a minute, up to longest_pause_s, times a random factor between 0.5 and 1.5. With
`deaths_per_minute` early deaths in a minute the supervisor gives up, unless some worker has served for `steady_s`: then
it goes on trying.

In a reload the new worker is ready before an old one drains: at least `workers` of them serve at any time, as long as
none dies.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

MINUTE_S: Final = 60.0
SAME_WISH_S: Final = 1.0
"""A second signal this soon is the same wish: wrappers pass on what the terminal has sent to all."""
GAVE_UP: Final = 1
"""The exit status after too many early deaths."""


class Phase(StrEnum):
    """What a worker does."""

    STARTING = "starting"
    SERVING = "serving"
    DRAINING = "draining"
    KILLED = "killed"


class Mode(StrEnum):
    """What the supervisor does."""

    STARTING = "starting"
    RUNNING = "running"
    RELOADING = "reloading"
    STOPPING = "stopping"
    ENDED = "ended"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """How many workers, and how long to wait for what. Times are in seconds."""

    workers: int
    start_s: float = 60.0
    hang_s: float = 30.0
    drain_s: float = 80.0
    """Longer than a worker gives its open requests and its handlers by itself."""
    steady_s: float = 10.0
    deaths_per_minute: int = 0
    """0: five for each worker."""
    kills_per_minute: int = 0
    """How many kills within a minute are followed by a start at once; 0: fifteen for each worker."""
    first_pause_s: float = 0.5
    longest_pause_s: float = 15.0

    @property
    def most_deaths(self) -> int:
        return self.deaths_per_minute or 5 * self.workers

    @property
    def most_kills(self) -> int:
        return self.kills_per_minute or 15 * self.workers


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """One worker. `since` is when its phase began, `heard` the last sign of life; both on the clock of `decide`."""

    number: int
    generation: int
    phase: Phase
    since: float
    heard: float


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the decision depends on."""

    mode: Mode = Mode.STARTING
    generation: int = 1
    """What new workers are given; a reload adds one."""
    oldest: int = 1
    """Workers of an older generation than this one are to be replaced."""
    last_number: int = 0
    workers: tuple[Worker, ...] = ()
    early: tuple[float, ...] = ()
    """When workers died early, within the last minute."""
    kills: tuple[float, ...] = ()
    """When workers that served were killed, within the last minute."""
    paused_until: float = 0.0
    served: bool = False
    """Whether any worker has ever been ready."""
    stop_at: float = 0.0
    """When the first Stop came."""
    status: int = 0

    def count(self, *phases: Phase) -> int:
        return sum(worker.phase in phases for worker in self.workers)

    def find(self, number: int) -> Worker | None:
        return next((worker for worker in self.workers if worker.number == number), None)


class Ready(msgspec.Struct, frozen=True):
    """A worker takes requests."""

    number: int


class Heard(msgspec.Struct, frozen=True):
    """A worker gave a sign of life."""

    number: int


class Died(msgspec.Struct, frozen=True):
    """A worker's process has ended. `failed` is the exit status that its error asks for, 0 if it said none; `killed`
    whether a signal that somebody sent ended it; `chance` is a random number between 0 and 1."""

    number: int
    failed: int = 0
    killed: bool = False
    chance: float = 0.5


class Tick(msgspec.Struct, frozen=True):
    """Time has passed."""


class Stop(msgspec.Struct, frozen=True):
    """SIGTERM or SIGINT."""


class Reload(msgspec.Struct, frozen=True):
    """SIGHUP."""


class Start(msgspec.Struct, frozen=True):
    """Start a process."""

    number: int


class Drain(msgspec.Struct, frozen=True):
    """Have a worker finish what it has. `others_serve`: others have the socket, so it gives it up at once."""

    number: int
    others_serve: bool


class Kill(msgspec.Struct, frozen=True):
    """Send SIGKILL. `hung`: first have it say where it hangs."""

    number: int
    hung: bool = False


class News(StrEnum):
    """What is worth a log line, and a word to systemd."""

    READY = "ready"
    DIED = "died"
    FAILED = "failed"
    HUNG = "hung"
    SLOW_START = "slow_start"
    SLOW_DRAIN = "slow_drain"
    RELOADING = "reloading"
    RELOADED = "reloaded"
    RELOAD_FAILED = "reload_failed"
    STOPPING = "stopping"
    GAVE_UP = "gave_up"


class Tell(msgspec.Struct, frozen=True):
    """Log the news about a worker (0: about all). `pause_s`: until it is replaced."""

    news: News
    number: int = 0
    pause_s: float = 0.0


class End(msgspec.Struct, frozen=True):
    """Nothing is left to do."""

    status: int


Event: TypeAlias = Ready | Heard | Died | Tick | Stop | Reload
Act: TypeAlias = Start | Drain | Kill | Tell | End


def decide(record: Record, event: Event, now: float, rules: Rules) -> tuple[Record, list[Act]]:
    """What follows from an event. `now` is on a clock that never goes back."""
    step = _Step(record, now, rules)
    if record.mode is not Mode.ENDED:
        step.take(event)
        step.go_on()
    return step.record, step.acts


def _of_last_minute(times: tuple[float, ...], now: float) -> tuple[float, ...]:
    return tuple(at for at in times if at > now - MINUTE_S)


class _Step:
    """One decision while it is being made."""

    def __init__(self, record: Record, now: float, rules: Rules) -> None:
        self.record, self.now, self.rules = record, now, rules
        self.acts: list[Act] = []

    def take(self, event: Event) -> None:
        """Write into the record what the event says."""
        match event:
            case Ready(number):
                self._ready(number)
            case Heard(number):
                self._change(number, lambda worker: msgspec.structs.replace(worker, heard=self.now))
            case Died():
                self._died(event)
            case Tick():
                self._look_at_the_clock()
            case Stop():
                self._stop()
            case Reload():
                self._reload()

    def go_on(self) -> None:
        """Start, drain and end what the record now asks for."""
        if self.record.mode is Mode.STOPPING:
            for worker in self.record.workers:
                if worker.phase in (Phase.STARTING, Phase.SERVING):
                    self._drain(worker, others_serve=False)
            if not self.record.workers:
                self._set(mode=Mode.ENDED)
                self.acts.append(End(self.record.status))
            return
        self._replace_old()
        self._start_missing()

    def _ready(self, number: int) -> None:
        worker = self.record.find(number)
        if worker is None or worker.phase is not Phase.STARTING:
            return
        self._enter(number, Phase.SERVING)
        self._set(served=True)
        if self.record.mode is Mode.STARTING and self.record.count(Phase.SERVING) >= self.rules.workers:
            self._set(mode=Mode.RUNNING)
            self.acts.append(Tell(News.READY))

    def _died(self, event: Died) -> None:
        worker, record = self.record.find(event.number), self.record
        if worker is None:
            return
        self._set(workers=tuple(one for one in record.workers if one is not worker))
        if record.mode is Mode.STOPPING or worker.phase in (Phase.DRAINING, Phase.KILLED):
            return
        news = News.FAILED if event.failed else News.DIED
        if worker.phase is Phase.STARTING and self._in_vain(worker):
            self.acts.append(Tell(news, worker.number))
            self._keep_old()
        elif worker.phase is Phase.STARTING and event.failed and not record.served:
            self._set(mode=Mode.STOPPING, status=event.failed)
            self.acts.append(Tell(news, worker.number))
        elif worker.phase is Phase.STARTING or not self._excused(worker, event.killed):
            self._died_early(worker, news, event.chance)
        else:
            self.acts.append(Tell(news, worker.number))

    def _excused(self, worker: Worker, killed: bool) -> bool:
        """Whether the death of one that served says nothing about the program."""
        if killed:
            self._set(kills=(*_of_last_minute(self.record.kills, self.now), self.now))
        killed = killed and len(self.record.kills) <= self.rules.most_kills
        return killed or self.now - worker.since >= self.rules.steady_s

    def _died_early(self, worker: Worker, news: News, chance: float) -> None:
        rules, now = self.rules, self.now
        early = (*_of_last_minute(self.record.early, now), now)
        rounds = (len(early) - 1) // rules.workers
        pause_s = min(rules.longest_pause_s, rules.first_pause_s * 2**rounds) * (0.5 + chance)
        self._set(early=early, paused_until=max(self.record.paused_until, now + pause_s))
        self.acts.append(Tell(news, worker.number, pause_s))
        steady = any(
            one.phase is Phase.SERVING and now - one.since >= rules.steady_s for one in self.record.workers
        )
        if len(early) >= rules.most_deaths and not steady:
            self._set(mode=Mode.STOPPING, status=GAVE_UP)
            self.acts.append(Tell(News.GAVE_UP))

    def _in_vain(self, worker: Worker) -> bool:
        """Whether a worker that failed was to replace one that still serves."""
        serving = [one.generation for one in self.record.workers if one.phase is Phase.SERVING]
        reloading = self.record.mode is Mode.RELOADING
        return reloading and min(serving, default=worker.generation) < worker.generation

    def _keep_old(self) -> None:
        """Give the reload up: who serves now goes on."""
        serving = [one.generation for one in self.record.workers if one.phase is Phase.SERVING]
        self._set(mode=Mode.RUNNING, oldest=min(serving))
        self.acts.append(Tell(News.RELOAD_FAILED))

    def _look_at_the_clock(self) -> None:
        rules = self.rules
        for worker in self.record.workers:
            silent_s, spent_s = self.now - worker.heard, self.now - worker.since
            if worker.phase is Phase.STARTING and silent_s > rules.start_s:
                self._kill(worker, News.SLOW_START)
                if self._in_vain(worker):
                    self.acts.append(Tell(News.SLOW_START, worker.number))
                    self._keep_old()
                else:
                    self._died_early(worker, News.SLOW_START, 0.5)
            elif worker.phase is Phase.SERVING and silent_s > rules.hang_s:
                self._kill(worker, News.HUNG)
            elif worker.phase is Phase.DRAINING and spent_s > rules.drain_s:
                self._kill(worker, News.SLOW_DRAIN)

    def _stop(self) -> None:
        if self.record.mode is not Mode.STOPPING:
            self._set(mode=Mode.STOPPING, stop_at=self.now)
            self.acts.append(Tell(News.STOPPING))
        elif self.now - self.record.stop_at >= SAME_WISH_S:
            for worker in self.record.workers:
                if worker.phase is not Phase.KILLED:
                    self._enter(worker.number, Phase.KILLED)
                    self.acts.append(Kill(worker.number))

    def _reload(self) -> None:
        if self.record.mode not in (Mode.RUNNING, Mode.RELOADING):
            return
        newest = self.record.generation + 1
        self._set(mode=Mode.RELOADING, generation=newest, oldest=newest, early=(), paused_until=self.now)
        self.acts.append(Tell(News.RELOADING))

    def _start_missing(self) -> None:
        record = self.record
        if self.now < record.paused_until:
            return
        living = record.count(Phase.STARTING, Phase.SERVING)
        wanted = self.rules.workers
        if living == wanted and self._old() and not record.count(Phase.STARTING):
            wanted += 1
        for _ in range(wanted - living):
            number = self.record.last_number + 1
            new = Worker(
                number=number,
                generation=record.generation,
                phase=Phase.STARTING,
                since=self.now,
                heard=self.now,
            )
            self._set(last_number=number, workers=(*self.record.workers, new))
            self.acts.append(Start(number))

    def _replace_old(self) -> None:
        surplus = self.record.count(Phase.SERVING) - self.rules.workers
        for worker in self._old()[: max(0, surplus)]:
            self._drain(worker, others_serve=True)
        if self.record.mode is Mode.RELOADING and not self._old():
            self._set(mode=Mode.RUNNING)
            self.acts.append(Tell(News.RELOADED))

    def _old(self) -> list[Worker]:
        """Workers of an older generation that serve or will."""
        return [
            worker
            for worker in self.record.workers
            if worker.generation < self.record.oldest and worker.phase in (Phase.SERVING, Phase.STARTING)
        ]

    def _drain(self, worker: Worker, *, others_serve: bool) -> None:
        self._enter(worker.number, Phase.DRAINING)
        self.acts.append(Drain(worker.number, others_serve))

    def _kill(self, worker: Worker, why: News) -> None:
        self._enter(worker.number, Phase.KILLED)
        if why is not News.SLOW_START:
            self.acts.append(Tell(why, worker.number))
        self.acts.append(Kill(worker.number, why in (News.HUNG, News.SLOW_START)))

    def _enter(self, number: int, phase: Phase) -> None:
        self._change(
            number,
            lambda worker: msgspec.structs.replace(worker, phase=phase, since=self.now, heard=self.now),
        )

    def _change(self, number: int, changed: Callable[[Worker], Worker]) -> None:
        self._set(workers=tuple(changed(one) if one.number == number else one for one in self.record.workers))

    def _set(self, **fields: object) -> None:
        self.record = msgspec.structs.replace(self.record, **fields)
