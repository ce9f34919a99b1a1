"""From `module:attr` or `path/to/file.py:attr` to the thing that is to be served.

What was found decides which server interface it gets, so it is looked at once, here; a mistake is answered with
what the module does contain.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from ..errors import SetupError

Kind = Literal["account", "asgi", "wsgi"]

DEFAULT_NAMES = ("oa", "app", "application")
_BEFORE_ATTRIBUTE = re.compile(r":(?![\\/])")


@dataclass(frozen=True, slots=True)
class Target:
    """What to serve. `account` is an OfficialAccount; `name` is the module's, to call an account by."""

    spec: str
    name: str
    attribute: str
    kind: Kind
    value: Any


def resolve(spec: str) -> Target:
    """Import a target. Without an attribute the names oa, app and application are tried.

    `attr()` calls a factory without arguments. Raises SetupError when there is nothing to serve; errors of the
    imported module itself come through unchanged.
    """
    where, _, attribute = _split(spec)
    module = _load(where)
    attribute = attribute or _default(module, spec)
    value = _look_up(module, attribute, spec)
    kind = kind_of(value)
    if kind is None:
        raise SetupError(
            f"{spec} 是 {type(value).__name__}，不能作为服务运行",
            f"{spec} is a {type(value).__name__}, which cannot be served",
            fix_zh="给出 OfficialAccount、ASGI 应用或 WSGI 应用" + _offer(module, chinese=True),
            fix_en="name an OfficialAccount, an ASGI or a WSGI application" + _offer(module, chinese=False),
        )
    return Target(spec, module.__name__.rpartition(".")[2], attribute, kind, value)


def file_of(spec: str) -> Path | None:
    """The source file of a target, found without importing it; None when there is none."""
    where = _split(spec)[0]
    if _is_path(where):
        path = Path(where)
        return path if path.exists() else None
    base = Path(where.replace(".", os.sep))
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.exists()), None)


def short_name(spec: str) -> str:
    """A name for the account of this target: the module's last part."""
    where = _split(spec)[0]
    return Path(where).stem if _is_path(where) else where.rpartition(".")[2]


def kind_of(value: Any) -> Kind | None:
    """How something can be served; None when it cannot."""
    from ..app.official_account import OfficialAccount

    if isinstance(value, OfficialAccount):
        return "account"
    if not callable(value) or inspect.isclass(value):
        return None
    if inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(type(value).__call__):
        return "asgi"
    try:
        required = [
            parameter
            for parameter in inspect.signature(value).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        return None
    kinds: dict[int, Kind] = {2: "wsgi", 3: "asgi"}
    return kinds.get(len(required))


def _split(spec: str) -> tuple[str, str, str]:
    where, *attribute = _BEFORE_ATTRIBUTE.split(spec, maxsplit=1)
    return where, ":" if attribute else "", attribute[0] if attribute else ""


def _is_path(where: str) -> bool:
    return where.endswith(".py") or "/" in where or os.sep in where


def _load(where: str) -> ModuleType:
    if not where:
        raise SetupError(
            "没有说明要运行什么",
            "nothing to run was named",
            fix_zh="例如 demo:oa",
            fix_en="for example demo:oa",
        )
    folder, name = _from_path(Path(where)) if _is_path(where) else (str(Path.cwd()), where)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not f"{name}.".startswith(f"{missing.name}."):
            raise
        raise SetupError(
            f"找不到模块 {missing.name}（在 {folder} 里找过）",
            f"there is no module {missing.name} (looked in {folder})",
            fix_zh="在项目目录里运行，或写成 path/to/file.py:oa",
            fix_en="run in the project's folder, or write path/to/file.py:oa",
        ) from None


def _from_path(path: Path) -> tuple[str, str]:
    """The folder that must be importable and the dotted name, for a file that may lie in packages."""
    file = path / "__init__.py" if path.is_dir() else path
    if not file.is_file():
        raise SetupError(f"找不到文件 {path}", f"there is no file {path}")
    file = file.resolve()
    names = [] if file.name == "__init__.py" else [file.stem]
    folder = file.parent
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return str(folder), ".".join(names)


def _default(module: ModuleType, spec: str) -> str:
    for name in DEFAULT_NAMES:
        if kind_of(getattr(module, name, None)) is not None:
            return name
    raise SetupError(
        f"{spec} 里没有 oa、app 或 application",
        f"{spec} has no oa, app or application",
        fix_zh="在冒号后写出名字" + _offer(module, chinese=True),
        fix_en="name it after a colon" + _offer(module, chinese=False),
    )


def _look_up(module: ModuleType, attribute: str, spec: str) -> Any:
    factory = attribute.endswith("()")
    value: Any = module
    for part in attribute.removesuffix("()").split("."):
        if not hasattr(value, part):
            raise SetupError(
                f"模块 {module.__name__} 里没有 {attribute}",
                f"the module {module.__name__} has no {attribute}",
                fix_zh="核对名字" + _offer(module, chinese=True),
                fix_en="check the name" + _offer(module, chinese=False),
            )
        value = getattr(value, part)
    return value() if factory else value


def _offer(module: ModuleType, *, chinese: bool) -> str:
    """What the module does have, as the end of a sentence."""
    from ..app.official_account import OfficialAccount

    found = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not inspect.isfunction(value)
        and (isinstance(value, OfficialAccount) or kind_of(value) is not None)
    ]
    if not found:
        return ""
    names = "、".join(found) if chinese else ", ".join(found)
    return f"；这里有 {names}" if chinese else f"; it has {names}"
