"""docs/coverage.md is what the code says today."""

from __future__ import annotations

from pathlib import Path

from gongzhong.cli.coverage import coverage as command
from gongzhong.cli.outcome import DONE, FAILED
from gongzhong.running.coverage import SIGNS, measure, methods, page, summary

PAGE = Path(__file__).parents[3] / "docs" / "coverage.md"


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text("utf-8") == page(measure()), "run: python -m tests.contract.record_coverage"


def test_numbers_add_up() -> None:
    counted = summary(measure())
    assert counted["typed"] + counted["listed"] == counted["endpoints"]
    assert sum(counted[state] for state in SIGNS) == counted["endpoints"]


def test_the_clients_own_method_is_named() -> None:
    names = methods()
    assert names["SendCustomerMessage"] == "customer.send"
    assert names["ListFollowers"] == "users.list"
    assert names["CreateTag"] == "tags.create"


def test_the_command_writes_and_checks(tmp_path: Path) -> None:
    written = tmp_path / "coverage.md"
    assert command(check=written) == FAILED
    assert command(write=written) == DONE
    assert command(check=written) == DONE
    written.write_text("old", "utf-8")
    assert command(check=written) == FAILED
