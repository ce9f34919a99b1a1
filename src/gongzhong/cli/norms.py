"""`gongzhong norms`: a program and its deployment held against the developer norms (开发者规范)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from ..errors import language
from .config import File as Config
from .config import read
from .options import AsJson, flag, option
from .outcome import DONE, FAILED
from .usage import Usage
from .words import out, print_json, say

if TYPE_CHECKING:
    from ..app import App
    from ..config import Configuration
    from ..norms import Finding, Line
    from ..norms.subject import ClientKey
    from ..running.target import Target

MARKS = {
    "kept": ("✓", "green"),
    "broken": ("✗", "red"),
    "doubtful": ("?", "yellow"),
    "allowed": ("○", "dim"),
    "yours": ("·", "dim"),
}


def norms(
    target: Annotated[str, option("模块:对象，或 文件.py:对象", "module:attribute or file.py:attribute")],
    /,
    *,
    config: Config = None,
    live: Annotated[
        bool,
        flag(
            "也读取微信上的菜单、模板和自动回复",
            "also read menu, templates and automatic replies from WeChat",
        ),
    ] = False,
    strict: Annotated[bool, flag("有疑问的也算不合格", "what is doubtful fails, too")] = False,
    json: AsJson = False,
) -> int:
    from ..norms import check, holds, subject_of
    from ..running.embedded import run_loop

    configuration = read(config)
    configuration.fill(os.environ)
    apps, program = _program(target)
    told, refused = run_loop(_told(configuration)) if live else ([], [])
    keys = _keys(configuration)
    findings = check(subject_of(apps, program, configuration, keys=keys, told=told))
    kept = holds(findings, strict=strict)
    if json:
        print_json({"ok": kept, "not_read": refused, "findings": msgspec.to_builtins(findings)})
    else:
        _show(findings, refused)
    return DONE if kept else FAILED


def _program(target: str) -> tuple[tuple[App, ...], Path]:
    """The apps of a program, and its file."""
    from ..running.target import file_of, resolve

    found = resolve(target)
    program = file_of(target)
    if program is None:
        raise Usage(
            f"找不到 {target} 的源文件", f"the source of {target} is nowhere to be found from this folder"
        )
    return _apps(found), program


def _apps(found: Target) -> tuple[App, ...]:
    """The apps of a program; of a web application those that it made while it was imported."""
    from ..app.binding import Binding
    from ..norms import apps_of

    if found.kind == "account" or apps_of(found.value):
        return apps_of(found.value)
    import gc

    return tuple(
        {id(one.app): one.app for one in gc.get_objects() if issubclass(type(one), Binding)}.values()
    )


async def _told(configuration: Configuration) -> tuple[list[Line], list[str]]:
    """The texts that WeChat holds of every account, and the calls that it refused."""
    from ..account import Account
    from ..client import AsyncClient
    from ..norms.texts import texts_of

    told, refused = [], []
    accounts = [one.account() for one in configuration.settings.account] or [Account.from_env()]
    for account in accounts:
        async with AsyncClient(account) as api:
            lines, calls = await texts_of(api)
        told += lines
        refused += [f"{account.appid} {call}" for call in calls]
    return told, refused


def _keys(configuration: Configuration) -> list[ClientKey] | None:
    """The keys of the gateway and of the people API; None without a database that has them."""
    from ..console.people import PeopleKeyTables
    from ..database import read_url
    from ..database.statements import Statements, open_database
    from ..gateway import GatewayTables
    from ..running.embedded import run_loop
    from ..store import migrate

    if not configuration.database:
        return None
    url = read_url(configuration.database)
    if url.kind == "sqlite" and not Path(url.path).exists():
        return None
    if not migrate.status(url).current:
        return None

    async def keys() -> list[ClientKey]:
        statements = Statements(open_database(url))
        try:
            return [*await GatewayTables(statements).keys(), *await PeopleKeyTables(statements).all()]
        finally:
            await statements.close()

    return run_loop(keys())


def _show(findings: list[Finding], refused: list[str]) -> None:
    from rich.table import Table
    from rich.text import Text

    from ..norms import NORMS

    lang = language()
    place = 0 if lang == "zh" else 1
    table = Table(box=None, show_header=False, pad_edge=False)
    for norm in NORMS:
        table.add_row(Text(""), Text(f"{norm.chapter[place]} · {norm.wording[place]}", style="bold"))
        for finding, places in _together(one for one in findings if one.norm == norm.key):
            mark, style = MARKS[finding.verdict]
            table.add_row(Text(mark, style=style), _words(finding, places, style))
    out().print(table)
    for call in refused:
        out().print(Text(say(f"没有读到：{call}", f"not read: {call}"), style="yellow"))
    counted: dict[str, Any] = {
        verdict: sum(one.verdict == verdict for one in findings) for verdict in ("broken", "doubtful")
    }
    summary = say(
        f"{counted['broken']} 处不合规范，{counted['doubtful']} 处有疑问",
        f"{counted['broken']} broken, {counted['doubtful']} doubtful",
    )
    out().print(Text(f"\n{summary}", style="red" if counted["broken"] else "green"))


def _together(findings: Iterable[Finding]) -> list[tuple[Finding, list[str]]]:
    """Findings that say the same at different places, with these places."""
    found: dict[Finding, list[str]] = {}
    for one in findings:
        places = found.setdefault(msgspec.structs.replace(one, where=""), [])
        places += [one.where] if one.where else []
    return list(found.items())


def _words(finding: Finding, places: list[str], style: str) -> Any:
    from rich.text import Text

    lang = language()
    yours = say("由您负责：", "yours: ") if finding.verdict == "yours" else ""
    words = Text(yours + finding.text(lang), style=style if finding.verdict == "yours" else "")
    for place in places:
        words.append(f"\n  {place}", style="cyan")
    if finding.fix(lang) and finding.verdict in ("broken", "doubtful"):
        words.append(f"\n→ {finding.fix(lang)}")
    return words
