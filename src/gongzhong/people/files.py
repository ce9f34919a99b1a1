"""The SQLite files in which a deployment keeps data and keys, and whether other users of the machine may use them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..config import Settings
from ..database import is_database, read_url
from ..errors import SetupError
from .people import key_store_of

OTHERS: Final = stat.S_IROTH | stat.S_IWOTH


def files_open_to_others(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The setting (`database`, `state`, `people.keys`) and the file of each one that others may read or write."""
    database = settings.database.reveal()
    addresses = {"database": database, "state": settings.state.reveal()}
    if settings.people.in_use:
        addresses["people.keys"] = _key_store(database, settings.people.keys.reveal())
    for key, address in addresses.items():
        path = _sqlite_file(address)
        if path is not None and _open_to_others(path):
            yield key, path


def _open_to_others(path: Path) -> bool:
    """Whether others may use the file: its own mode, and that of the folder that it lies in."""
    if os.name != "posix" or not path.exists():
        return False
    return bool(path.stat().st_mode & OTHERS and path.absolute().parent.stat().st_mode & stat.S_IXOTH)


def _key_store(database: str, keys: str) -> str:
    try:
        return key_store_of(read_url(database), read_url(keys) if keys else None).place if database else ""
    except SetupError:
        return ""  # `config check` and the start of the program say what is wrong


def _sqlite_file(address: str) -> Path | None:
    try:
        url = read_url(address) if is_database(address) else None
    except SetupError:
        return None
    return Path(url.path) if url is not None and url.kind == "sqlite" else None
