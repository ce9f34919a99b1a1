"""Names of processes, by which others on the same machine see at once that one of them has ended.

A name holds the host name, the process table that the process is in (boot of the machine and PID namespace), its number
there, when it started, and a random part. Only who is in the same table can look; between machines and between
containers a process counts as dead when its lease is over, never before. The same on systems without Linux's /proc.
"""

from __future__ import annotations

import os
import secrets
import socket
from functools import cache
from pathlib import Path
from typing import Final

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
UNKNOWN: Final = "-"
"""In place of the table where it cannot be told: nobody looks then."""
ENDED_STATES: Final = ("Z", "X", "x")
"""Of /proc/PID/stat: a process that has ended and that nobody has waited for."""


def named() -> str:
    """A name for this process that no other one has ever had."""
    pid = os.getpid()
    _, started = _stat(pid) or ("", UNKNOWN)
    return f"{socket.gethostname()}:{_table()}:{pid}:{started}:{secrets.token_hex(4)}"


def has_ended(name: str) -> bool:
    """Whether the process of this name has surely ended. False when it lives, and when nobody here can tell."""
    parts = name.rsplit(":", 4)
    if len(parts) != 5 or not parts[2].isdecimal():
        return False
    _, table, pid, started, _ = parts
    if UNKNOWN in (table, started) or table != _table():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is another user's
        pass
    found = _stat(int(pid))
    return found is not None and (found[0] in ENDED_STATES or found[1] != started)


@cache
def _table() -> str:
    """What tells this process table from all others; UNKNOWN where nothing does."""
    try:
        boot = BOOT_ID.read_text("ascii").strip()
        return f"{boot}.{Path('/proc/self/ns/pid').stat().st_ino}"
    except (OSError, ValueError):
        return UNKNOWN


def _stat(pid: int) -> tuple[str, str] | None:
    """A process's state and when it started, in clock ticks since the boot; None if that cannot be read."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return None
