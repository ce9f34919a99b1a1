"""Write what `gongzhong coverage` cannot find out by itself: which return codes each call gives, what makes each push.

    python -m tests.contract.record_coverage

asks the platform for every return code as the contract tests do and writes `given_codes.tsv`; `made_pushes.tsv` comes
from the sources. With both, `docs/coverage.md` is written anew. Tests fail when a file differs from what they see.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import gongzhong.messages
import gongzhong.platform
from gongzhong.catalogue.model import Call, Host
from gongzhong.catalogue.registry import CALLS
from gongzhong.platform.coverage import codes_of, coverage
from gongzhong.running.coverage import measure, page

from .catalogue_calls import SUCCEEDS
from .catalogue_provocations import by_fault, code_of, met
from .catalogue_refusals import SPECIFIC
from .catalogue_unreached import UNREACHED_BY_BEHAVIOUR
from .catalogue_world import Shop

COMMAND: Final = "stale: run python -m tests.contract.record_coverage"
PLATFORM: Final = Path(gongzhong.platform.__file__).parent
CODES, PUSHES = PLATFORM / "given_codes.tsv", PLATFORM / "made_pushes.tsv"
PAGE: Final = Path(__file__).parents[2] / "docs" / "coverage.md"
NO_MAKERS: Final = ("triggers.py", "words.py")
"""The modules that make a push of any kind when somebody orders it, and that only say what a push was."""
CODED: Final = [call for call in CALLS if call.spec.host is Host.API]
"""Calls that are refused with return codes: others show pages."""


def unreached(call: type[Call[Any]]) -> set[int]:
    """The codes that only a fault makes for a call."""
    return {
        code
        for code in call.spec.errors
        if any(entry.concerns(call, code) for entry in UNREACHED_BY_BEHAVIOUR)
    }


def specific(call: type[Call[Any]], code: int) -> int:
    """The code that a call meets where its own refusal `code` is provoked."""
    shop = Shop()
    try:
        return code_of(lambda: SPECIFIC[call][code](shop))
    finally:
        shop.close()


def by_faults(call: type[Call[Any]]) -> set[int]:
    """The codes that faults make, of those that nothing else makes."""
    shop = Shop()
    try:
        example = SUCCEEDS[call](shop)
        return {by_fault(shop, example, code) for code in unreached(call)}
    finally:
        shop.close()


def behaviour_of(call: type[Call[Any]], shared: set[int]) -> set[int]:
    """Every code that a call gives in the course of things: shared ones, and those provoked one by one."""
    return (shared | set(SPECIFIC.get(call, {}))) - {0}


def code_rows(call: type[Call[Any]]) -> Iterator[str]:
    shared = met(call) | {specific(call, code) for code in SPECIFIC.get(call, {})}
    seen = dict.fromkeys(behaviour_of(call, shared), "behaviour")
    seen |= dict.fromkeys(by_faults(call) - seen.keys(), "fault")
    return (f"{call.__name__}\t{code}\t{how}" for code, how in sorted(seen.items()))


def push_rows() -> list[str]:
    """Class of a push and function (`acts.follow`), for every function of the platform that makes one."""
    found = (
        row for file in sorted(PLATFORM.rglob("*.py")) if file.name not in NO_MAKERS for row in _makers(file)
    )
    return sorted(set(found))


def _makers(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text("utf-8"))
    imported = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[-1] == "messages"
        for alias in node.names
    }
    tables = _tables(tree, imported)
    for function in tree.body:
        if imported and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            names = _built(function)
            made = names & imported | {kind for name in names for kind in tables.get(name, ())}
            yield from (f"{kind}\t{file.stem}.{function.name}" for kind in made if _is_push(kind))


def _is_push(name: str) -> bool:
    kind = getattr(gongzhong.messages, name, None)
    known = (*gongzhong.messages.MESSAGES.values(), *gongzhong.messages.EVENTS.values())
    return kind in known


def _tables(tree: ast.Module, imported: set[str]) -> dict[str, set[str]]:
    """Module-level names that stand for classes, such as a table by button type."""
    tables: dict[str, set[str]] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        value = getattr(node, "value", None)
        if targets and value is not None:
            held = {inner.id for inner in ast.walk(value) if isinstance(inner, ast.Name)} & imported
            tables |= {target.id: held for target in targets if isinstance(target, ast.Name) and held}
    return tables


def _built(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Names that a function uses to make values: not its annotations, not what it only compares with."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            names.add(node.id)
        asks = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"
        if not asks and not isinstance(node, ast.pattern):
            skipped = {id(getattr(node, field, None)) for field in ("annotation", "returns")}
            waiting += [child for child in ast.iter_child_nodes(node) if id(child) not in skipped]
    return names


def main() -> None:
    rows = [row for call in CODED for row in code_rows(call)]
    CODES.write_text("\n".join(["call\tcode\tby", *rows, ""]), "utf-8")
    PUSHES.write_text("\n".join(["push\tmade_by", *push_rows(), ""]), "utf-8")
    codes_of.cache_clear()
    coverage.cache_clear()
    PAGE.write_text(page(measure()), "utf-8")


if __name__ == "__main__":
    main()
