"""The state diagram of a claim in docs/app.md and the function that decides agree: every arrow, and no other."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import pytest

from gongzhong.app.claims import (
    Claim,
    ConnectionClosed,
    Delivered,
    Ended,
    Event,
    Failed,
    FirstResult,
    HandedOff,
    LaterResult,
    OwnerLost,
    Rules,
    Tick,
    Untaken,
    decide,
)
from gongzhong.app.pieces import Piece, size
from gongzhong.messages import Reply, TextReply

DOCS = Path(__file__).parents[3] / "docs"
RULES = Rules(placeholder=TextReply(content="等"), more="还有", deliveries=2)
SAID: list[Reply] = [TextReply(content="答"), Piece("一段")]
OLDER = TextReply(content="旧的")
MOST_BYTES = 9
Arrow = tuple[str, str, str]
"""Phase before, event, phase after."""


def drawn(page: str) -> dict[Arrow, set[str]]:
    """The arrows of the diagram with what is done on each: `RUNNING --> CLOSED: Tick / HandOver, SendNext`."""
    (diagram,) = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", (DOCS / page).read_text("utf-8"), re.S)
    arrows = {}
    for line in diagram.splitlines():
        before, after, event, acts = re.fullmatch(r" +(\S+) --> (\S+): (\w+) / (.+)", line).groups()  # type: ignore[union-attr]
        arrows[before, event, after] = set(acts.split(", ")) - {"–"}
    return arrows


def possible(claim: Claim) -> Iterator[Event]:
    """What may happen to a claim next."""
    if claim.deliveries < RULES.deliveries:
        yield Delivered()
    if not claim.deliveries:
        return
    yield from (Untaken(), OwnerLost())
    if claim.open:
        yield from (ConnectionClosed(True), ConnectionClosed(False))
        known = product((0.0, 4.6, 5.5, 8.0), (None, True, False), (0, 1), ((), (OLDER,)), (False, True))
        for now, may_send, holds_left, waiting, gone in known:
            yield Tick(claim.deliveries, 0.0, now, may_send, holds_left, waiting, gone)
    if claim.ended:
        return
    yield from (Failed(SAID[0]), Failed(None))
    if claim.first:
        yield from (*(LaterResult(reply) for reply in SAID), Ended())
    else:
        yield from (FirstResult(reply, ended) for reply in (*SAID, None) for ended in (True, False))
        if not claim.elsewhere:
            yield HandedOff()


@pytest.fixture(scope="module")
def reached() -> Mapping[Arrow, set[str]]:
    """Every arrow on which something is done or the phase changes, from all claims that can come about."""
    found: dict[Arrow, set[str]] = defaultdict(set)
    seen: set[str] = set()
    left = deque([Claim("k", "o"), Claim("k", "o", answerable=False)])
    left.append(Claim("k", "o", fetches=True, first=True, ended=True))
    while left:
        claim = left.popleft()
        before = claim.phase.name if claim.deliveries else "[*]"
        for event in possible(claim):
            after, acts = decide(claim, event, RULES)
            if acts or before != after.phase.name:
                found[before, type(event).__name__, after.phase.name] |= {type(act).__name__ for act in acts}
            after.out = 0
            if sum(map(size, after.replies)) <= MOST_BYTES and repr(after) not in seen:
                seen.add(repr(after))
                left.append(after)
    return found


@pytest.mark.parametrize("page", ["app.md", "app.zh-CN.md"])
def test_each_arrow_is_reached_and_none_is_missing(page: str, reached: Mapping[Arrow, set[str]]) -> None:
    assert drawn(page) == reached
