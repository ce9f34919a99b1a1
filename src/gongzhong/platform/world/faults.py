"""Faults that a tester orders between an account and WeChat, and identifiers that are always refused.

A fault names an account (or all), a call or a kind of push (or all), what goes wrong and how often. Whether it strikes
is drawn from its own seed, one draw after another, so the same test meets the same trouble on every run.

    api    errcode    the call is refused with a return code            delay       the answer comes late
           status     a page of a broken gateway (HTTP 5xx)             drop        the connection breaks, no answer
    push   delay      it arrives late                                   duplicate   it arrives twice
           reorder    the next one overtakes it                         drop        the first attempt is lost

An identifier such as `oSIM45015` in place of an OpenID is refused with 45015 wherever an OpenID goes: a test needs no
state to see an error. Whatever follows the code is free, to give the identifier its usual length.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from ...catalogue import codes, registry
from ...catalogue.model import Call
from ...messages import EVENTS, MESSAGES
from .refusal import BadInput, Refusal
from .world import World

Side = Literal["api", "push"]
Kind = Literal["errcode", "status", "delay", "drop", "duplicate", "reorder"]
KINDS: dict[Side, tuple[Kind, ...]] = {
    "api": ("errcode", "status", "delay", "drop"),
    "push": ("delay", "drop", "duplicate", "reorder"),
}
LONGEST_DELAY_S = 600.0
BUSY = -1
BAD_GATEWAY = 502
EVENT_PREFIX = "event:"
COLUMNS = (
    "id, side, appid, target, kind, rate, seed, errcode, status, delay_s, carried_out, times, draws, hits"
)


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault as it is ordered. An empty `appid` or `target` means all of them."""

    side: Side
    kind: Kind
    appid: str = ""
    target: str = ""
    """Path (`/cgi-bin/user/info`) or class of a call; type of a message (`text`) or name of an event (`CLICK`)."""
    rate: float = 1.0
    """How many of all that match are struck, 0 to 1."""
    seed: int = 1
    errcode: int = BUSY
    status: int = BAD_GATEWAY
    delay_s: float = 1.0
    """For `delay`; for `reorder` the longest that a push waits to be overtaken."""
    carried_out: bool | None = None
    """Whether WeChat does what was asked before it goes wrong; by default only when the connection drops."""
    times: int | None = None
    """Strikes at most so often; None is for ever."""


class Fault(msgspec.Struct, kw_only=True):
    """A fault in force, and how often it has struck."""

    id: int
    side: Side
    appid: str
    target: str
    kind: Kind
    rate: float
    seed: int
    errcode: int
    status: int
    delay_s: float
    carried_out: bool
    times: int | None
    draws: int = 0
    hits: int = 0

    def concerns(self, side: Side, appid: str, target: str) -> bool:
        return (
            self.side == side
            and self.appid in ("", appid)
            and self.target in ("", target)
            and (self.times is None or self.hits < self.times)
        )

    def draw(self) -> bool:
        """The next draw: the same sequence for the same seed."""
        self.draws += 1
        digest = hashlib.blake2b(f"{self.seed}/{self.draws}".encode(), digest_size=8).digest()
        struck = int.from_bytes(digest) / 2**64 < self.rate
        self.hits += struck
        return struck


class Faults:
    """Every fault in force: in memory because each call asks, in the tables because a restart changes nothing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._faults: list[Fault] = []
        self.reload()

    def reload(self) -> None:
        """Read the tables again, after they were exchanged."""
        rows = self._world.db.all(f"SELECT {COLUMNS} FROM fault ORDER BY id")
        self._faults = [msgspec.convert({**row}, Fault, strict=False) for row in rows]

    def strike(self, side: Side, appid: str, target: str) -> Fault | None:
        """The fault that strikes here and now, if any; the oldest one first."""
        for fault in self._faults:
            if fault.concerns(side, appid, target):
                struck = fault.draw()
                self._world.db.run(
                    "UPDATE fault SET draws = ?, hits = ? WHERE id = ?", fault.draws, fault.hits, fault.id
                )
                if struck:
                    return fault
        return None

    def order(self, order: Order) -> Fault:
        """Put a fault into force. Raises BadInput that says what is wrong with it."""
        target = _checked(order)
        carried_out = order.kind == "drop" if order.carried_out is None else order.carried_out
        values: dict[str, Any] = msgspec.structs.asdict(order)
        values |= {"target": target, "carried_out": carried_out, "draws": 0, "hits": 0}
        names = COLUMNS.split(", ")[1:]
        places = ", ".join("?" * len(names))
        number = self._world.db.insert(
            f"INSERT INTO fault ({', '.join(names)}) VALUES ({places})", *(values[name] for name in names)
        )
        fault = Fault(id=number, **values)
        self._faults.append(fault)
        self._world.announce("state", {})
        return fault

    def lift(self, number: int | None = None) -> int:
        """End one fault, or all of them; returns how many that were."""
        gone = [fault for fault in self._faults if number in (None, fault.id)]
        for fault in gone:
            self._world.db.run("DELETE FROM fault WHERE id = ?", fault.id)
        self._faults = [fault for fault in self._faults if fault not in gone]
        self._world.announce("state", {})
        return len(gone)

    def listing(self) -> list[Fault]:
        return list(self._faults)


def _checked(order: Order) -> str:
    """The target as the doors spell it."""
    if order.kind not in KINDS[order.side]:
        allowed = ", ".join(KINDS[order.side])
        raise BadInput(
            f"{order.side} 只能是 {allowed}，不能是 {order.kind}",
            f"{order.side} can have {allowed}, not {order.kind}",
        )
    if not 0 <= order.rate <= 1:
        raise BadInput("rate 在 0 到 1 之间", "rate lies between 0 and 1")
    if not 0 <= order.delay_s <= LONGEST_DELAY_S:
        raise BadInput(
            f"delay_s 在 0 到 {LONGEST_DELAY_S:g} 秒之间",
            f"delay_s lies between 0 and {LONGEST_DELAY_S:g} seconds",
        )
    target = _target(order) if order.target else ""
    if order.kind == "errcode" and not _is_code(order.errcode, target):
        raise BadInput(f"没有返回码 {order.errcode}", f"there is no return code {order.errcode}")
    if order.kind == "status" and not 500 <= order.status <= 599:
        raise BadInput("status 只能是 500 到 599", "status must be 500 to 599")
    if order.times is not None and order.times < 1:
        raise BadInput("times 至少为 1", "times must be at least 1")
    return target


def _is_code(code: int, path: str) -> bool:
    """Whether a refusal has this code: one of the global table, or one that means something to the target only."""
    own = (call.spec.codes for call in registry.CALLS if path in ("", call.spec.path))
    return code != 0 and (codes.lookup(code) is not None or any(code in one for one in own))


def _target(order: Order) -> str:
    if order.side == "api":
        known = registry.by_name(order.target) or registry.by_name(f"cgi-bin/{order.target.strip('/')}")
        if known is None:
            raise BadInput(f"没有这个接口：{order.target}", f"there is no such call: {order.target}")
        return known.spec.path
    name = order.target.lower().removeprefix(EVENT_PREFIX)
    if name in MESSAGES:
        return name
    if name in EVENTS:
        return EVENT_PREFIX + name
    raise BadInput(f"没有这种推送：{order.target}", f"no such push: {order.target}")


MARK = "SIM"
PATTERN = re.compile(r"(?:o|wx|media|template)SIM(-?\d+)(?:[^\d].*)?", re.DOTALL)

COMMON: Mapping[str, tuple[int, ...]] = {
    "wx": (-1, 40013, 40125, 40164, 40243, 45009, 45011, 48001, 48004, 50004, 50007, 89503, 89506, 89507),
    "o": (-1, 40003, 43004, 43019, 43101, 45009, 45011, 45015, 45047, 48001, 48003, 48004, 50002),
    "media": (-1, 40004, 40006, 40007, 40008, 40009, 45001, 45009, 45028, 48001),
    "template": (-1, 40037, 40246, 43116, 45009, 45026, 45027, 47003, 48001),
}
"""Which codes are worth a try with which kind of identifier; every other code of the table works as well."""


def refuse(value: str) -> None:
    """Raises the Refusal that such an identifier names; every other text passes."""
    if MARK in value and (found := PATTERN.fullmatch(value)) and codes.lookup(int(found[1])):
        raise Refusal(int(found[1]))


def refuse_call(call: Call[Any], request_body: bytes, query_string: str) -> None:
    """The same for every text in a call; a request without the mark costs one look."""
    if MARK.encode() in request_body or MARK in query_string:
        for text in _texts(call):
            refuse(text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, msgspec.Struct):
        yield from _texts([getattr(value, name) for name in value.__struct_fields__])


def document() -> str:
    """The page that lists them (docs/magic-values.md)."""
    names = {"wx": "AppID", "o": "OpenID", "media": "media_id", "template": "template_id"}
    lines = [
        "# Magic values",
        "",
        "An identifier made of a prefix, `SIM` and a return code is refused by the platform with that code, in every",
        "call and for every account, without preparation. What follows the code is free: `oSIM45015AAAAAAAAAAAAAA`.",
        "Any code of the table of return codes works; these are the usual ones.",
        "",
        "For errors that come by chance, late answers and broken connections see faults in [platform.md](platform.md).",
    ]
    for prefix, numbers in COMMON.items():
        lines += ["", f"## {names[prefix]}", "", "| value | errmsg | 含义 |", "|---|---|---|"]
        for number in numbers:
            row = codes.table()[number]
            lines.append(f"| `{prefix}{MARK}{number}` | {row.en} | {row.zh} |")
    return "\n".join(lines) + "\n"
