"""What the sources say about themselves: which functions make which push, and which return codes are given.

Both are read from the syntax, so that tables of what is simulated can't promise more than there is: a push counts as
made where its class is called or chosen, a return code as given where it is written into a refusal's module or a
field's declaration.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

LEAST_CODE = 40_000
"""Smaller numbers in the sources are sizes and times."""
UNREAD = frozenset({"rules.py", "source_facts.py", "triggers.py", "limits.py"})
"""Modules with numbers that are no codes, and the one that can make every push."""
CODE_KEYWORDS = frozenset({"invalid", "missing", "code"})


class Source(msgspec.Struct, frozen=True):
    """One module: its name without the package, and its syntax."""

    name: str
    tree: ast.Module


@cache
def sources(package: str) -> list[Source]:
    """Every module of a package and of the packages inside it."""
    files = _files(resources.files(package))
    return [Source(file.name.removesuffix(".py"), ast.parse(file.read_text("utf-8"))) for file in files]


def _files(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files(entry)
        elif entry.name.endswith(".py") and entry.name not in UNREAD:
            yield entry


def makers(package: str, home: str) -> dict[str, list[str]]:
    """Class → the functions (`acts.follow`) that make it, for classes that come from the package `home`."""
    found: dict[str, list[str]] = {}
    for source in sources(package):
        imported = {
            alias.name
            for node in source.tree.body
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[-1] == home
            for alias in node.names
        }
        if not imported:
            continue
        tables = _tables(source.tree, imported)
        for function in source.tree.body:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                names = _built(function)
                classes = names & imported | {kind for name in names for kind in tables.get(name, ())}
                for kind in sorted(classes):
                    found.setdefault(kind, []).append(f"{source.name}.{function.name}")
    return found


def _tables(tree: ast.Module, imported: set[str]) -> dict[str, set[str]]:
    """Module-level names that stand for classes, such as a table by button type."""
    tables: dict[str, set[str]] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        value = getattr(node, "value", None)
        if targets and value is not None:
            held = _names(value) & imported
            tables |= {target.id: held for target in targets if isinstance(target, ast.Name) and held}
    return tables


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


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


def codes_of_refusals(package: str) -> set[int]:
    """Numbers of return codes anywhere in a package that refuses by them."""
    return {code for source in sources(package) for code in _numbers(source.tree) if code >= LEAST_CODE}


def codes_of_declarations(package: str) -> set[int]:
    """Return codes that fields and checks declare (`coded(invalid=…)`, `Violation(code=…)`), not lists of errors."""
    found: set[int] = set()
    for source in sources(package):
        constants = _constants(source.tree)
        for node in ast.walk(source.tree):
            if isinstance(node, ast.keyword) and node.arg in CODE_KEYWORDS:
                found |= {constants.get(name, 0) for name in _names(node.value)}
                found |= _numbers(node.value)
    return {code for code in found if code >= LEAST_CODE}


def _numbers(tree: ast.AST) -> set[int]:
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in constants if type(node.value) is int}


def _constants(tree: ast.Module) -> dict[str, int]:
    """Names that a module gives to numbers, one by one or several in a line."""
    found: dict[str, int] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        (target,) = node.targets if isinstance(node, ast.Assign) else (node.target,)
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        for name, value in zip(names, values, strict=False):
            if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and type(value.value) is int:
                found[name.id] = value.value
    return found
