"""Imports point downwards only (DESIGN.md, Layers), and importing the package costs next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "gongzhong"
PACKAGE = "gongzhong"

# Lowest first; parts of one row do not import each other.
LAYERS = [
    {"errors", "version", "threads", "background", "facts", "addresses"},
    {"account", "clock", "openapi", "reasons", "tracing"},
    {"database"},
    {"wire"},
    {"config"},
    {"messages"},
    {"catalogue"},
    {"client"},
    {"state"},
    {"store"},
    {"sharing", "people"},
    {"campaigns"},
    {"app", "web", "gateway", "platform"},
    {"console"},
    {"running", "norms"},
    {"testing", "cli"},
    {"__main__"},
]
HEIGHT = {part: height for height, row in enumerate(LAYERS) for part in row}
NOT_OF_WECHAT = ("client", "state", "database", "store", "sharing", "people", "campaigns")
FORBIDDEN = {("platform", lower) for lower in NOT_OF_WECHAT}
HEAVY = ["aiohttp", "urllib3", "starlette", "granian", "sqlite3", "sqlalchemy", "alembic"]
HEAVY += ["psycopg", "redis", "PIL", "segno", "uvloop", "opentelemetry"]
IMPORT_BUDGET_MS = 150


def part_of(module: str) -> str:
    """`gongzhong.wire.xml` → `wire`; the public face itself → an empty text."""
    return module.split(".")[1] if "." in module else ""


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, tree: ast.Module) -> Iterator[str]:
    """Every module of this package that the file imports, wherever the statement stands."""
    package = path.relative_to(SOURCE.parent).parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            origin = ".".join([*base, node.module] if node.module else base)
            if origin == PACKAGE:
                yield from (f"{PACKAGE}.{alias.name}" for alias in node.names)
            elif origin.startswith(f"{PACKAGE}."):
                yield origin


def complaints(importer: str, targets: Iterator[str]) -> list[str]:
    found = []
    for target in targets:
        above, below = part_of(importer), part_of(target)
        if above == below:
            continue
        upwards = HEIGHT.get(below, -1) >= HEIGHT[above]
        if below not in HEIGHT or upwards or (above, below) in FORBIDDEN:
            found.append(f"{importer} imports {target}")
    return found


FILES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_imports_point_downwards(path: Path) -> None:
    importer = module_name(path)
    assert part_of(importer) in HEIGHT, "a new part needs its place in DESIGN.md and here"
    assert complaints(importer, imported(path, ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize(
    ("path", "line", "refused"),
    [
        ("wire/xml.py", "from ..errors import BadXml", False),
        ("wire/xml.py", "from ..messages import Text", True),
        ("wire/xml.py", "from gongzhong.client import Client", True),
        ("wire/xml.py", "from gongzhong import Client", True),
        ("wire/xml.py", "from .. import client", True),
        ("wire/xml.py", "import gongzhong.client", True),
        ("wire/xml.py", "from .signature import sign", False),
        ("platform/world/people.py", "from ...app import OfficialAccount", True),
        ("platform/world/people.py", "from ...catalogue.model import Call", False),
        ("platform/world/people.py", "def later():\n    from gongzhong.web.oauth import OAuth", True),
        ("console/pages.py", "from ..platform import Platform", False),
        ("testing/plugin.py", "from ..app import OfficialAccount", False),
        ("messages/parse.py", "from ..client.flow import flow", True),
    ],
)
def test_the_check_sees_an_import(path: str, line: str, refused: bool) -> None:
    file = SOURCE / path
    assert bool(complaints(module_name(file), imported(file, ast.parse(line)))) is refused


def run(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def test_importing_the_package_pulls_in_nothing_heavy() -> None:
    loaded = run(f"import sys, gongzhong; print([name for name in {HEAVY!r} if name in sys.modules])")
    assert loaded == "[]"


def test_importing_the_package_is_quick(record_property: Callable[[str, object], None]) -> None:
    code = "import time; t = time.perf_counter(); import gongzhong; print((time.perf_counter() - t) * 1000)"
    best = min(float(run(code)) for _ in range(5))
    record_property("import_ms", best)
    assert best <= IMPORT_BUDGET_MS


# Inside `platform`, lowest first: what stands in one row does not import from its own row or above.
PLATFORM_ORDER = [
    {"world"},
    {"traffic", "examples", "python_source", "live"},
    {"config", "triggers", "followers_file", "rows"},
    {"delivery", "calls", "seeding", "recording"},
    {"debugging"},
    {"inspecting", "platform"},
    {"doors", "coverage", "reference"},
    {"proxy"},
]
COVERAGE_PAIR = {
    "doors",
    "coverage",
    "reference",
}  # the control API shows what the tables read from the doors
PLATFORM_HEIGHT = {part: height for height, row in enumerate(PLATFORM_ORDER) for part in row}
PLATFORM_FILES = [path for path in FILES if path.is_relative_to(SOURCE / "platform")]


def inner_part(module: str) -> str:
    """`gongzhong.platform.world.people` → `world`; the package's own face → an empty text."""
    parts = module.split(".")
    return parts[2] if parts[1:2] == ["platform"] and len(parts) > 2 else ""


@pytest.mark.parametrize("path", PLATFORM_FILES, ids=module_name)
def test_imports_inside_the_platform_point_downwards(path: Path) -> None:
    importer = module_name(path)
    part = inner_part(importer)
    if not part:
        return
    assert part in PLATFORM_HEIGHT, "a new part of the platform needs its row in PLATFORM_ORDER"
    below = {inner_part(target) for target in imported(path, ast.parse(path.read_text("utf-8")))} - {"", part}
    if part in COVERAGE_PAIR:
        below -= COVERAGE_PAIR
    wrong = {other for other in below if PLATFORM_HEIGHT.get(other, 99) >= PLATFORM_HEIGHT[part]}
    assert wrong == set(), f"{importer} imports from {wrong}"
