"""Numbers of WeChat's rules stand once, in `gongzhong/facts.py`, each with its source and grade."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from gongzhong import facts
from gongzhong.catalogue import codes

SOURCE = Path(__file__).parents[2] / "src" / "gongzhong"
FACTS = SOURCE / "facts.py"
KIT = {"account.py", "wire", "messages", "catalogue", "client", "app", "web"}
GRADES = ("confirmed", "recalled", "older", "measured", "conflicting", "report")
WORDS_OF_MEASURE = {"s", "max", "min", "most", "bytes", "length", "daily", "per", "of", "the", "a", "no"}
"""Words of a name that say how something is measured, not what it is."""


class Number(NamedTuple):
    place: str
    name: str
    value: float

    @property
    def words(self) -> frozenset[str]:
        found = {word.rstrip("s") for word in re.findall(r"[a-z]+", self.name.lower())}
        return frozenset(found - {word.rstrip("s") for word in WORDS_OF_MEASURE})


def number_in(node: ast.expr | None) -> float | None:
    """The value of an expression that is made of number literals alone, as `48 * 3600`."""
    if node is None or any(
        not isinstance(part, ast.Constant | ast.BinOp | ast.UnaryOp | ast.operator | ast.unaryop)
        for part in ast.walk(node)
    ):
        return None
    try:
        value = eval(compile(ast.Expression(body=node), "number", "eval"))
    except TypeError:
        return None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def numbers(place: str, source: str) -> Iterator[Number]:
    """The constants of a module and the defaults of its structs that are written as numbers."""
    tree = ast.parse(source)
    bodies = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    for statement in (statement for body in bodies for statement in body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                pass
            case _:
                continue
        number = number_in(value)
        if number is not None and number > 1:
            yield Number(place, name, number)


def known() -> list[Number]:
    return [
        Number("facts", name, float(value))
        for name, value in vars(facts).items()
        if isinstance(value, int | float) and name.isupper()
    ]


@cache
def written(path: Path) -> list[Number]:
    """The numbers of one module, without return codes: `catalogue/codes.py` has those in a table."""
    found = numbers(str(path.relative_to(SOURCE)), path.read_text("utf-8"))
    return [one for one in found if not (one.value.is_integer() and codes.lookup(int(one.value)))]


def second_copies(found: list[Number]) -> list[str]:
    """Numbers that have the value of a fact, and a name that says the same as the fact's."""
    return [
        f"{one.place}: {one.name} = {one.value:g} is facts.{fact.name}"
        for one in found
        for fact in known()
        if one.value == fact.value and one.words and one.words == fact.words
    ]


MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != FACTS)


def test_no_module_repeats_a_number_of_the_facts() -> None:
    assert second_copies([number for path in MODULES for number in written(path)]) == []


def test_kit_and_platform_do_not_write_the_same_rule_twice() -> None:
    """One name and one value on both sides is a rule of WeChat: it belongs into the facts."""
    sides: dict[str, dict[tuple[frozenset[str], float], str]] = {"kit": {}, "platform": {}}
    for path in MODULES:
        part = path.relative_to(SOURCE).parts[0]
        side = "platform" if part == "platform" else "kit" if part in KIT else ""
        for one in written(path) if side else ():
            sides[side][one.words, one.value] = f"{one.place}: {one.name}"
    both = sides["kit"].keys() & sides["platform"].keys()
    assert [(sides["kit"][key], sides["platform"][key]) for key in both] == []


@pytest.mark.parametrize(
    "source",
    [
        "DELIVERIES = 3",
        "class Rules:\n    deliveries: int = 3",
        "AFTER_MESSAGE_S: Final = 48 * 3600.0",
        "token_lifetime_s = 7200",
        "REPLY_TEXT_MAX_BYTES = 2 * 1024",
    ],
)
def test_a_second_copy_is_found(source: str) -> None:
    assert second_copies(list(numbers("app/x.py", source)))


@pytest.mark.parametrize(
    "source",
    ["DELIVERIES = facts.DELIVERIES", "ATTEMPTS = 3", "DELIVERIES = 4", "FREE_FAILURES = 3", "S = 60"],
)
def test_what_is_no_copy(source: str) -> None:
    assert second_copies(list(numbers("app/x.py", source))) == []


LIMITS = {"max_length", "max_bytes", "le", "lt", "daily", "daily_test", "per_minute", "span"}


def limits_written_as_numbers(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.keyword) and node.arg in LIMITS:
            value = number_in(node.value)
            if value is not None and value > 1:
                found.append(f"line {node.value.lineno}: {node.arg}={value:g}")
    return found


@pytest.mark.parametrize("path", sorted((SOURCE / "catalogue").glob("*.py")), ids=lambda path: path.stem)
def test_the_catalogue_takes_its_limits_from_the_facts(path: Path) -> None:
    assert limits_written_as_numbers(path.read_text("utf-8")) == []


def test_a_limit_written_as_a_number_is_found() -> None:
    assert limits_written_as_numbers("spec = Spec('POST', '/x', daily=1_000)")
    assert limits_written_as_numbers("Name = Annotated[str, coded(invalid=1, min_length=1, max_bytes=16)]")
    assert not limits_written_as_numbers("Name = Annotated[str, coded(invalid=40001, max_bytes=facts.NAME)]")


def test_every_fact_names_its_source() -> None:
    for block in FACTS.read_text("utf-8").split("\n\n"):
        if ": Final =" in block:
            remark = "\n".join(line for line in block.splitlines() if line.startswith("#"))
            assert any(grade in remark for grade in GRADES), f"no source and grade: {block}"


def test_every_fact_is_used() -> None:
    """A number that nobody is held to would age unseen."""
    words = Counter(
        word for path in [*MODULES, FACTS] for word in re.findall(r"\w+", path.read_text("utf-8"))
    )
    unused = [name for name in vars(facts) if name.isupper() and words[name] < 2]
    assert unused == []
