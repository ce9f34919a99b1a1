"""Comparisons that a busy machine must not tip, and a table that everybody can read."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console


def test_contestants_take_turns_and_the_order_turns_around() -> None:
    from results import alternate

    order: list[str] = []

    def contestant(name: str) -> Callable[[], float]:
        def run() -> float:
            order.append(name)
            return float(len(order))

        return run

    given = alternate({"a": contestant("a"), "b": contestant("b")}, 3)
    assert "".join(order) == "abbaab"
    assert given == {"a": [1, 4, 5], "b": [2, 3, 6]}


@pytest.mark.parametrize(("at_least", "reached"), [(3.0, True), (3.1, False), (None, None)])
def test_a_ratio_is_the_median_within_rounds(at_least: float | None, reached: bool | None) -> None:
    from results import faster

    # The second round was disturbed for both, the third for one only.
    result = faster("calls", [300, 30, 90], "peer", [100, 10, 90], at_least)
    assert (result.ours, result.theirs, result.ratio, result.reached) == (90, 90, 3.0, reached)


def test_the_table_fits_a_terminal_and_says_what_was_missed() -> None:
    from results import PER_SECOND, Result, table

    shown = io.StringIO()
    missed = Result("回调 明文 plain serve", PER_SECOND, 14_000, "wechatpy", 2_800, 5.0, "≥ 7x", False)
    Console(file=shown, width=80).print(table([missed, Result("导入 import", "ms", 112.3)]))
    text = shown.getvalue()
    assert "…" not in text
    for word in ("14,000", "2,800", "wechatpy", "5.0x", "≥ 7x", "✗", "import, ms", "112"):
        assert word in text


def test_peers_are_locked_without_addresses() -> None:
    locks = sorted((Path(__file__).parents[3] / "benchmarks" / "peers").glob("*.lock"))
    assert [lock.stem for lock in locks] == ["wechatpy", "werobot"]
    for lock in locks:
        text = lock.read_text("utf-8")
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")
