"""What systemd tells a service and wants to hear from it: sd_notify(3) and sd_listen_fds(3), without a dependency.

Both are told by environment variables, which are taken out of the environment at once: processes that are started later
must not take them for theirs.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Final

from ..errors import SetupError

FIRST_FD: Final = 3


class Systemd:
    """The service manager, if there is one; `tell` does nothing otherwise. `watchdog_s` is how often it wants to hear
    that the service lives, 0 for never."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        self._address = environ.pop("NOTIFY_SOCKET", "")
        microseconds, pid = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
        ours = not pid or pid == str(os.getpid())
        self.watchdog_s = int(microseconds) / 1e6 if ours and microseconds.isdigit() else 0.0
        self._told_at = float("-inf")

    def ready(self, status: str) -> None:
        """The service takes requests; also after a reload."""
        self.tell(f"READY=1\nSTATUS={status}\nMAINPID={os.getpid()}")

    def reloading(self) -> None:
        """The service reloads its program; `ready` ends that."""
        self.tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self.tell("STOPPING=1")

    def alive(self, now: float) -> None:
        """Say that the service lives, as often as systemd wants to hear it: twice in each interval. `now` is on a clock
        that never goes back."""
        if self.watchdog_s and now >= self._told_at + self.watchdog_s / 2:
            self._told_at = now
            self.tell("WATCHDOG=1")

    def tell(self, message: str) -> None:
        """One datagram to the manager's socket. What cannot be told is not told: the service goes on."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(address)
            sender.send(message.encode())


def inherited(environ: MutableMapping[str, str]) -> socket.socket | None:
    """The listening socket that systemd passed to this process (socket activation); None without one.

    Raises SetupError for more than one, or one that is no listening stream socket.
    """
    count, pid = environ.pop("LISTEN_FDS", ""), environ.pop("LISTEN_PID", "")
    environ.pop("LISTEN_FDNAMES", None)
    if not count.isdigit() or int(count) < 1 or pid != str(os.getpid()):
        return None
    if int(count) > 1:
        raise SetupError(
            f"systemd 传来 {count} 个套接字，只能用一个",
            f"systemd passed {count} sockets, one can be used",
            fix_zh="在 .socket 单元里只写一个 ListenStream=",
            fix_en="write one ListenStream= in the .socket unit",
        )
    os.set_inheritable(FIRST_FD, False)
    try:
        passed = socket.socket(fileno=FIRST_FD)
        listens = bool(passed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:
        passed, listens = None, False
    if passed is None or not listens or passed.type != socket.SOCK_STREAM:
        raise SetupError(
            "systemd 传来的不是正在监听的流式套接字",
            "what systemd passed is no listening stream socket",
            fix_zh="在 .socket 单元里写 ListenStream=，不要写 Accept=yes",
            fix_en="write ListenStream= in the .socket unit, and no Accept=yes",
        )
    return passed
