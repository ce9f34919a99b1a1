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
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import PathFinder
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal

from ..errors import GongzhongError, SetupError, missing_extra

Kind = Literal["account", "program", "asgi", "wsgi"]

DEFAULT_NAMES = ("oa", "accounts", "app", "apps", "application")
_BEFORE_ATTRIBUTE = re.compile(r":(?![\\/])")

PACKAGE: Final = Path(__file__).parents[1]
STANDARD_LIBRARY: Final = Path(sysconfig.get_path("stdlib"))


class ProgramError(SetupError):
    """The program to be served could not be imported. Its own error is the cause; `file` and `line` say where.

    `trace` is the program's part of the traceback, ready to be shown; empty when the text says it all.
    """

    def __init__(
        self,
        zh: str,
        en: str,
        *,
        file: str,
        line: int | None,
        trace: str = "",
        fix_zh: str = "",
        fix_en: str = "",
    ) -> None:
        super().__init__(zh, en, fix_zh=fix_zh, fix_en=fix_en)
        self.file, self.line, self.trace = file, line, trace


@dataclass(frozen=True, slots=True)
class Target:
    """What to serve. `account` is an OfficialAccount, a Binding or Accounts, `program` an App or several apps by the
    names of their accounts; `name` is the module's."""

    spec: str
    name: str
    attribute: str
    kind: Kind
    value: Any


def resolve(spec: str) -> Target:
    """Import a target. Without an attribute the names oa, accounts, app, apps and application are tried.

    `attr()` calls a factory without arguments. Raises SetupError when there is nothing to serve, ProgramError when
    the program itself fails.
    """
    where, _, attribute = _split(spec)
    with _program_errors():
        module = _load(where)
    attribute = attribute or _default(module, spec)
    with _program_errors():
        value = _look_up(module, attribute, spec)
    kind = kind_of(value)
    if kind is None:
        raise SetupError(
            f"{spec} 是 {type(value).__name__}，不能作为服务运行",
            f"{spec} is a {type(value).__name__}, which cannot be served",
            fix_zh="给出 OfficialAccount、App、Accounts、ASGI 应用或 WSGI 应用"
            + _offer(module, chinese=True),
            fix_en="name an OfficialAccount, an App, Accounts, an ASGI or a WSGI application"
            + _offer(module, chinese=False),
        )
    return Target(spec, module.__name__.rpartition(".")[2], attribute, kind, value)


def require_there(spec: str) -> None:
    """Raises SetupError when the file or module of a target is surely not there. Nothing is imported."""
    where = _split(spec)[0]
    if not where or _is_path(where):
        _folder_and_name(where)
        return
    top = where.partition(".")[0]
    known = top in sys.builtin_module_names or PathFinder.find_spec(top, [str(Path.cwd()), *sys.path])
    if not known:
        raise _no_module(top, str(Path.cwd()))


def file_of(spec: str, folder: str | PathLike[str] = "") -> Path | None:
    """The source file of a target, found without importing it; None when there is none. `folder` is where relative
    paths and modules begin: the current one unless another is given."""
    where = _split(spec)[0]
    if _is_path(where):
        path = Path(folder, where)
        return path if path.exists() else None
    base = Path(folder, where.replace(".", os.sep))
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.exists()), None)


def short_name(spec: str) -> str:
    """A name for the account of this target: the module's last part."""
    where = _split(spec)[0]
    return Path(where).stem if _is_path(where) else where.rpartition(".")[2]


def kind_of(value: Any) -> Kind | None:
    """How something can be served; None when it cannot."""
    from ..app.served import Served
    from .configured import is_program

    if isinstance(value, Served):
        return "account"
    if is_program(value):
        return "program"
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


def _folder_and_name(where: str) -> tuple[str, str]:
    """The folder that must be importable and the module's dotted name. Raises SetupError."""
    if not where:
        raise SetupError(
            "没有说明要运行什么",
            "nothing to run was named",
            fix_zh="例如 demo:oa",
            fix_en="for example demo:oa",
        )
    return _from_path(Path(where)) if _is_path(where) else (str(Path.cwd()), where)


def _load(where: str) -> ModuleType:
    folder, name = _folder_and_name(where)
    if _forget_namesakes(folder, name) and folder in sys.path:
        sys.path.remove(folder)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not f"{name}.".startswith(f"{missing.name}."):
            raise
        raise _no_module(missing.name, folder) from None


def _forget_namesakes(folder: str, name: str) -> bool:
    """Forget a module of this name that another folder gave, with its package. Returns whether there was one.

    Raises SetupError for a file with the name of a module of the standard library: importing it breaks the others.
    """
    parts = name.split(".")
    for size in range(1, len(parts) + 1):
        base = Path(folder, *parts[:size])
        wanted = next((one for one in (base.with_suffix(".py"), base / "__init__.py") if one.exists()), None)
        file = getattr(sys.modules.get(".".join(parts[:size])), "__file__", None)
        if wanted is None or file is None or Path(file).resolve() == wanted.resolve():
            continue
        if parts[0] in sys.stdlib_module_names:
            raise SetupError(
                f"{wanted} 与标准库的模块 {parts[0]} 同名",
                f"{wanted} has the name of the standard library's module {parts[0]}",
                fix_zh="给文件换一个名字",
                fix_en="give the file another name",
            )
        for known in [one for one in sys.modules if one.partition(".")[0] == parts[0]]:
            del sys.modules[known]
        importlib.invalidate_caches()
        return True
    return False


def _no_module(name: str, folder: str) -> SetupError:
    return SetupError(
        f"找不到模块 {name}（在 {folder} 里找过）",
        f"there is no module {name} (looked in {folder})",
        fix_zh="在项目目录里运行，或写成 path/to/file.py:oa",
        fix_en="run in the project's folder, or write path/to/file.py:oa",
    )


@contextmanager
def _program_errors() -> Iterator[None]:
    """Turns an error of the imported program into a ProgramError. Errors of this package that are no SetupError, and
    those that no line of the program caused, come through unchanged."""
    try:
        yield
    except Exception as problem:
        if missing := missing_extra(problem):
            raise missing from problem
        told = traceback.TracebackException.from_exception(problem)
        own = [frame for frame in told.stack if is_foreign(frame.filename)]
        if isinstance(problem, SyntaxError) and problem.filename and is_foreign(problem.filename):
            raise _syntax(problem, told) from problem
        if not own or (isinstance(problem, GongzhongError) and not isinstance(problem, SetupError)):
            raise
        raise _failed(problem, own) from problem


def _syntax(problem: SyntaxError, told: traceback.TracebackException) -> ProgramError:
    told.stack.clear()
    return ProgramError(
        f"{problem.filename} 第 {problem.lineno} 行有语法错误：{problem.msg}",
        f"syntax error in {problem.filename}, line {problem.lineno}: {problem.msg}",
        file=str(problem.filename),
        line=problem.lineno,
        trace="".join(told.format(chain=False)),
    )


def _failed(problem: Exception, own: list[traceback.FrameSummary]) -> ProgramError:
    last = own[-1]
    where: dict[str, Any] = {"file": last.filename, "line": last.lineno}
    if isinstance(problem, SetupError):
        return ProgramError(
            f"{last.filename} 第 {last.lineno} 行：{problem.zh}",
            f"{last.filename}, line {last.lineno}: {problem.en}",
            fix_zh=problem.fix_zh,
            fix_en=problem.fix_en,
            **where,
        )
    said = "".join(traceback.format_exception_only(problem)).strip()
    shown = said.partition("\n")[0]
    fix_zh, fix_en = "--debug 显示完整的堆栈", "--debug shows the whole traceback"
    if isinstance(problem, ModuleNotFoundError):
        fix_zh = f"把 {problem.name} 所属的包装进运行 gongzhong 的环境，或核对拼写"
        fix_en = f"install the package of {problem.name} where gongzhong is installed, or check the spelling"
    return ProgramError(
        f"导入程序时出错：{last.filename} 第 {last.lineno} 行：{shown}",
        f"the program failed while it was imported: {last.filename}, line {last.lineno}: {shown}",
        trace="".join([*traceback.format_list(own), said, "\n"]),
        fix_zh=fix_zh,
        fix_en=fix_en,
        **where,
    )


def is_foreign(filename: str) -> bool:
    """Whether a line belongs to neither this package nor a library nor the interpreter."""
    path = Path(filename)
    if not path.is_absolute() or "site-packages" in filename:
        return False
    return not any(path.is_relative_to(root) for root in (PACKAGE, STANDARD_LIBRARY))


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
        f"{spec} 里没有 oa、accounts、app、apps 或 application",
        f"{spec} has no oa, accounts, app, apps or application",
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
    found = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not inspect.isfunction(value) and kind_of(value) is not None
    ]
    if not found:
        return ""
    names = "、".join(found) if chinese else ", ".join(found)
    return f"；这里有 {names}" if chinese else f"; it has {names}"
