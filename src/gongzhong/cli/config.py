"""`gongzhong config`: is the configuration right, and where does each value come from?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from ..errors import language
from .options import AsJson, option
from .outcome import DONE, SETUP
from .outcome import show as show_error
from .words import err, out, print_json, say

if TYPE_CHECKING:
    from ..config import Configuration, Source

File = Annotated[
    Path | None,
    option(
        "配置文件，默认 GONGZHONG_CONFIG 或 gongzhong.toml",
        "the configuration file, else GONGZHONG_CONFIG or gongzhong.toml",
        name="--config",
    ),
]


def check(*, config: File = None, json: AsJson = False) -> int:
    from ..config import WrongConfiguration
    from ..running.alarms import senders_of
    from ..state import open_state

    try:
        found = read(config)
    except WrongConfiguration as problem:
        if json:
            print_json({"ok": False, "mistakes": msgspec.to_builtins(problem.mistakes), "notes": []})
        else:
            show_error(problem)
        return SETUP
    # These raise for an address that cannot be used, and connect to nothing.
    if found.state:
        open_state(found.state)
    senders_of(found.settings.alarms)
    if json:
        print_json({"ok": True, "mistakes": [], "notes": msgspec.to_builtins(found.notes)})
        return DONE
    for note in found.notes:
        err().print(f"! {note.text(language())}")
    where = found.file or say("没有配置文件，只有环境变量", "no file, only the environment")
    out().print(say(f"没有发现问题（{where}）", f"nothing wrong was found ({where})"))
    return DONE


def show(*, config: File = None, json: AsJson = False) -> int:
    found = read(config)
    if json:
        print_json({"file": str(found.file) if found.file else None, "settings": _described(found)})
        return DONE
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    for entry in found.entries():
        style = "dim" if entry.source.kind == "default" else ""
        table.add_row(entry.key, entry.shown(), _source(entry.source), style=style)
    out().print(table)
    return DONE


def read(file: Path | None, options: dict[str, Any] | None = None) -> Configuration:
    """The configuration with the values that a command's options give. Raises SetupError, as `config.read` does."""
    from ..config import read as read_configuration

    return read_configuration(file, options=options)


def _described(found: Configuration) -> list[dict[str, Any]]:
    return [
        {
            "key": entry.key,
            "value": entry.shown(),
            "source": entry.source.kind,
            "place": entry.source.place,
            "variable": entry.variable,
        }
        for entry in found.entries()
    ]


def _source(source: Source) -> str:
    words = {
        "default": say("默认", "default"),
        "secret_file": say("文件 ", "file "),
        "credential": say("systemd 凭据 ", "credential of systemd "),
    }
    return words.get(source.kind, "") + source.place
