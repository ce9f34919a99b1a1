"""No state at module level: what a module binds at import is never changed afterwards.

Exceptions: results of pure functions may be kept (`functools.cache`), since calling again would give the same; the
value of a `ContextVar` belongs to the task that set it, only its name to the module; and what `ALLOWED` names, with the
reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "gongzhong"
ALLOWED = {
    # Logs must be able to hide a secret of any account, wherever it was made; weak: it keeps none alive.
    ("account.py", "_LIVE"),
    # Two ports that are asked for one after the other are two, though nobody listens on the first one yet.
    ("running/listening.py", "_promised"),
    ("running/listening.py", "_turns"),
}
CONTAINERS = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
MUTABLE = {"dict", "list", "set", "bytearray", "deque", "defaultdict", "OrderedDict", "Counter"} | {
    f"Weak{kind}" for kind in ("ValueDictionary", "KeyDictionary", "Set")
}
ALWAYS_STATE = {
    "Lock",
    "RLock",
    "Condition",
    "Event",
    "Semaphore",
    "local",
    "count",
    "Queue",
    "SimpleQueue",
} | {
    "ThreadPoolExecutor",
    "ProcessPoolExecutor",
    "WeakValueDictionary",
    "WeakKeyDictionary",
    "WeakSet",
}
"""Nobody makes one of these who does not want to change it."""
CHANGING = {"append", "appendleft", "add", "update", "setdefault", "pop", "popleft", "popitem", "clear"} | {
    "extend",
    "insert",
    "remove",
    "discard",
    "sort",
    "reverse",
    "move_to_end",
    "subtract",
}


def called(node: ast.expr | None) -> str:
    """The name of the class or function that an expression calls: `Lock` for `threading.Lock()`."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def bound(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """The names that the module binds, with their values."""
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


def changed(tree: ast.AST) -> Iterator[str]:
    """The plain names (`NAME` and `module.NAME`) whose object some statement inside a function changes."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        for node in ast.walk(function):
            match node:
                case ast.Global(names=names):
                    yield from names
                case ast.Call(func=ast.Attribute(attr=verb, value=owner)) if verb in CHANGING:
                    yield name_of(owner)
                case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                    yield from (name_of(one.value) for one in targets if isinstance(one, ast.Subscript))
                case ast.AugAssign(target=ast.Subscript(value=owner)):
                    yield name_of(owner)


def name_of(node: ast.expr) -> str:
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id not in ("self", "cls")
    ):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def local_names(tree: ast.AST) -> set[str]:
    """The names that functions bind themselves: parameters and local variables."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            names |= {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
            names |= {
                one.id
                for one in ast.walk(node)
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            }
    return names


def state_of(sources: dict[str, str]) -> set[tuple[str, str]]:
    """(module, name) of what is bound at import and changed later, by any module."""
    trees = {place: ast.parse(source) for place, source in sources.items()}
    changes = {name for tree in trees.values() for name in set(changed(tree)) - local_names(tree)}
    found = set()
    for place, tree in trees.items():
        for name, value in bound(tree):
            container = isinstance(value, CONTAINERS) or called(value) in MUTABLE
            if called(value) in ALWAYS_STATE or (container and name in changes):
                found.add((place, name))
        rebound = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
        found |= {(place, name) for name in rebound}
    return found


def test_nothing_that_is_bound_at_import_is_changed_later() -> None:
    sources = {str(path.relative_to(SOURCE)): path.read_text("utf-8") for path in SOURCE.rglob("*.py")}
    assert state_of(sources) == ALLOWED


@pytest.mark.parametrize(
    "source",
    [
        "KNOWN = {}\ndef add(key):\n    KNOWN[key] = 1",
        "KNOWN: dict[str, int] = {}\ndef register(key):\n    def inner(f):\n        KNOWN[key] = f\n    return inner",
        "ALL = []\ndef add(one):\n    ALL.append(one)",
        "COUNTS = Counter()\ndef add(one):\n    COUNTS[one] += 1",
        "_last = 0\ndef next():\n    global _last\n    _last += 1",
        "LOCK = threading.Lock()",
        "NUMBERS = itertools.count()",
    ],
)
def test_state_is_found(source: str) -> None:
    assert state_of({"x.py": source})


def test_state_that_another_module_changes_is_found() -> None:
    other = "from . import x\ndef add(key):\n    x.KNOWN[key] = 1"
    assert state_of({"x.py": "KNOWN = {}", "y.py": other}) == {("x.py", "KNOWN")}


@pytest.mark.parametrize(
    "source",
    [
        "TABLE = {1: 'a'}\ndef look(key):\n    return TABLE[key]",
        "NAMES = {}\nfor name in 'ab':\n    NAMES[name] = 1",
        "ALL = []\ndef build():\n    ALL = []\n    ALL.append(1)\n    return ALL",
        "@cache\ndef table():\n    rows = {}\n    rows[1] = 2\n    return rows",
    ],
)
def test_what_stays_as_it_was_bound_is_no_state(source: str) -> None:
    assert state_of({"x.py": source}) == set()
