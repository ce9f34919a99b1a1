"""The reference of all settings for docs/operation.md, in Markdown; `scripts/write_settings.py` puts it there."""

from __future__ import annotations

from typing import Any, Final

from ..account import Secret
from ..errors import Language
from .declaration import LISTED, Setting, allowed, every_setting, tables
from .reading import as_text
from .settings import Settings

HEADINGS: Final = {
    "zh": ("设置", "变量", "值", "默认", "说明"),
    "en": ("setting", "variable", "value", "default", "what for"),
}
NONE: Final = {"zh": "无", "en": "none"}


def reference(lang: Language) -> str:
    """One table for the top of the file and one for each `[table]`."""
    parts = []
    for table in tables(Settings):
        rows = [_row(setting, lang) for setting in every_setting(Settings) if setting.table == table]
        if table:
            parts.append(f"`[[{table}]]`\n" if table == LISTED else f"`[{table}]`\n")
        head = HEADINGS[lang]
        parts.append("\n".join((_line(head), "|---" * len(head) + "|", *rows)) + "\n")
    return "\n".join(parts)


def _row(setting: Setting, lang: Language) -> str:
    value = allowed(setting)[lang == "en"]
    variable = f"`{setting.variable()}`" if setting.variable() else ""
    return _line(
        (f"`{setting.name}`", variable, value, _default(setting.default, lang), setting.about.text(lang))
    )


def _default(value: Any, lang: Language) -> str:
    text = "" if isinstance(value, Secret) else as_text(value)
    return f"`{text}`" if text else NONE[lang]


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
