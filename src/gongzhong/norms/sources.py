"""The files of a program: what is tracked in its repository, and what its code and pages say.

Everything that is versioned is searched for secrets. For what the program does and says, its file and whatever that
imports from the same place are read, and the pages and data files of its folder. Without a repository (git) every file
of the folder takes the place of the tracked ones.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from .finding import Finding

LONGEST_FILE: Final = 1024 * 1024
"""Bytes; longer files are data, not source."""
PASSED_OVER: Final = frozenset({"node_modules", "__pycache__", "venv", "site-packages", "dist", "build"})
TESTS: Final = re.compile(r"(^|/)(tests?|conftest\.py)(/|$)|(^|/)test_[^/]*\.py$|_test\.py$")
PAGES: Final = frozenset({".html", ".htm", ".jinja", ".jinja2", ".j2", ".js", ".mjs", ".ts", ".vue"})
DATA: Final = frozenset({".json", ".toml", ".yaml", ".yml"})
ALLOW: Final = re.compile(r"norms: allow ([a-z-]+)")
"""In a comment on the line, or the line above: what is found there about this norm is right as it is."""
GIT_LIMIT_S: Final = 30


class Line(msgspec.Struct, frozen=True):
    """A piece of text and where it stands."""

    where: str
    text: str


class Source(msgspec.Struct, frozen=True):
    """One text file; `name` is relative to the folder that is shown to people."""

    name: str
    text: str

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix.lower()

    def lines(self) -> Iterator[Line]:
        for number, line in enumerate(self.text.splitlines(), 1):
            yield Line(f"{self.name}:{number}", line)


class Module(msgspec.Struct, frozen=True):
    """A Python file of the program, parsed."""

    source: Source
    tree: ast.Module

    def where(self, node: ast.AST) -> str:
        return f"{self.source.name}:{getattr(node, 'lineno', 1)}"

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call and the dotted name of what is called: `oa.records.store`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node, dotted(node.func)

    def strings(self) -> Iterator[Line]:
        """Every text constant that is no docstring, parts of f-strings too."""
        documentation = set(_docstrings(self.tree))
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation:
                yield Line(self.where(node), node.value)


class Sources:
    """The files of the program that has this file."""

    def __init__(self, program: Path) -> None:
        self._file = program.resolve()
        self._program = self._file.parent
        self._root = _repository(self._program)
        self._base = self._root or self._program
        self.versioned = self._root is not None

    @cached_property
    def tracked(self) -> list[Source]:
        """Every text file of the repository, else of the program's folder."""
        names = _tracked(self._base) if self._root is not None else _every_file(self._base)
        return [source for name in names if (source := _read(self._base, name)) is not None]

    @cached_property
    def _beside(self) -> list[Source]:
        """Text files of the program's folder that are no tests."""
        folder = self._program.relative_to(self._base).as_posix()
        inside = "" if folder == "." else f"{folder}/"
        return [
            one
            for one in self.tracked
            if one.name.startswith(inside) and not is_test(one.name.removeprefix(inside))
        ]

    @cached_property
    def modules(self) -> list[Module]:
        """The program's file, and those that it imports from the same place, wherever the statement stands."""
        place = self._file.parent
        while (place / "__init__.py").is_file():
            place = place.parent
        found: dict[Path, Module | None] = {}
        wanted = [self._file]
        while wanted:
            file = wanted.pop()
            if file in found:
                continue
            found[file] = module = self._parsed(file)
            if module is not None:
                wanted += _imported(module.tree, file, place)
        return [module for module in found.values() if module is not None]

    def _parsed(self, file: Path) -> Module | None:
        """None for what cannot be read or parsed, or lies outside."""
        if not file.is_relative_to(self._base):
            return None
        source = _read(self._base, file.relative_to(self._base).as_posix())
        try:
            return None if source is None else Module(source, ast.parse(source.text))
        except (SyntaxError, ValueError, RecursionError):
            return None

    @cached_property
    def pages(self) -> list[Source]:
        return [one for one in self._beside if one.suffix in PAGES]

    @cached_property
    def texts(self) -> list[Line]:
        """What the program may say: texts in its code, lines of its pages and data files."""
        found = [line for module in self.modules for line in module.strings()]
        return found + [line for one in self._beside if one.suffix in PAGES | DATA for line in one.lines()]

    def judged(self, findings: list[Finding]) -> list[Finding]:
        """The same findings; those that a comment at their place allows as `allowed`."""
        return [
            msgspec.structs.replace(one, verdict="allowed") if self._allows(one.where, one.norm) else one
            for one in findings
        ]

    def _allows(self, where: str, norm: str) -> bool:
        return norm in self._allowed.get(where, ())

    @cached_property
    def _allowed(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for source in self.tracked:
            for number, line in enumerate(source.text.splitlines(), 1):
                for norm in ALLOW.findall(line):
                    found.setdefault(f"{source.name}:{number}", set()).add(norm)
                    found.setdefault(f"{source.name}:{number + 1}", set()).add(norm)
        return found


def is_test(name: str) -> bool:
    """Whether a file is one of tests, by its name or its folder's."""
    return TESTS.search(name) is not None


def _imported(tree: ast.Module, file: Path, place: Path) -> Iterator[Path]:
    """The files below `place`, where absolute imports begin, that the statements of a file name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(place, one.name) for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = place if not node.level else file.parents[node.level - 1]
            module = f"{node.module}." if node.module else ""
            names = [(start, f"{module}{one.name}") for one in node.names]
        else:
            continue
        for start, name in names:
            parts = name.split(".")
            for size in range(1, len(parts) + 1):
                path = start.joinpath(*parts[:size])
                candidates = (path.with_suffix(".py"), path / "__init__.py")
                yield from (one for one in candidates if one.is_file())


def dotted(node: ast.expr) -> str:
    """`oa.records.store` for that expression; what is no chain of names begins with an empty name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """The expression that a call gives for a parameter."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args):
        return call.args[position]
    return None


def text_of(node: ast.expr | None) -> str | None:
    """A text constant's value; the constant beginning of an f-string or a sum; else None."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[first, *_]):
            return text_of(first)
        case ast.BinOp(left=left, op=ast.Add()):
            return text_of(left)
    return None


def _docstrings(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        for statement in getattr(node, "body", ()) if not isinstance(node, ast.Lambda | ast.IfExp) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                yield statement.value


def _repository(folder: Path) -> Path | None:
    """The top folder of the repository, found by its .git; None when there is none."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)


def _tracked(root: Path) -> list[str]:
    try:
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z"],
            capture_output=True,
            timeout=GIT_LIMIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return _every_file(root)
    return sorted(name for name in listed.stdout.decode("utf-8", "replace").split("\0") if name)


def _every_file(folder: Path) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") and part != ".env" for part in parts)
        if not hidden and not PASSED_OVER.intersection(parts) and path.is_file():
            found.append("/".join(parts))
    return sorted(found)


def _read(base: Path, name: str) -> Source | None:
    """A text file; None for what is missing, long, binary, or a link (git tracks only its name)."""
    path = base / name
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LONGEST_FILE:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    return None if b"\0" in content else Source(name, content.decode("utf-8", "replace"))
