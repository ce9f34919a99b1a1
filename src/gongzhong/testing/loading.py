"""The account of a program, found from a test file wherever pytest was started."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from ..app import OfficialAccount
from ..running.target import file_of, resolve
from .simulated import require_official_account


def load_account(target: str, *, near: str | PathLike[str]) -> OfficialAccount:
    """The OfficialAccount of `module:attribute` or `file.py:attribute`, as the commands write it.

    An `import` finds the program only if its folder is importable: `python -m pytest` makes the current folder so,
    plain `pytest` only the folder of the test file. Here the program is looked for in the current folder, then in
    the folder of `near` (give `__file__`) and in all above it, and at last among what is installed.

    Raises SetupError when it is nowhere or is no OfficialAccount, ProgramError when the program itself fails.
    """
    account = resolve(_placed(target, Path(near))).value
    require_official_account(account)
    return account  # type: ignore[no-any-return]


def _placed(target: str, test: Path) -> str:
    """The target with the path of its file, where there is one; as it is otherwise."""
    for folder in (Path.cwd(), *test.resolve().parents):
        if file := file_of(target, folder):
            return f"{file}:{target.rpartition(':')[2]}"
    return target
