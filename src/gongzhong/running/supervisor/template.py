"""The process that workers are copies of: `python -m gongzhong.running.supervisor.template FD`, FD being its end of a
socket pair with the supervisor.

It has loaded what every worker needs, but not the program, and nothing of it runs: one thread, no connection, no event
loop. For each socket that comes in it makes a copy of itself, which becomes the worker at the socket's other end, and
sends back the number of the new process. A worker's start then costs a tenth of the processor time of a new Python, and
what was loaded is in memory once.

A worker must be the supervisor's own child: so a process in between makes it and ends, and it falls to the supervisor,
which has asked the kernel for such orphans.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Final

from ...config import renew
from ...errors import GongzhongError
from . import worker
from .messages import NUMBER_BYTES

LOADED: Final = (
    "gongzhong.app.shared_window",
    "gongzhong.client.client",
    "gongzhong.client.transports.asyncio_transport",
    "gongzhong.client.transports.urllib3_transport",
    "gongzhong.state.blocking",
    "gongzhong.state.quotas",
    "gongzhong.state.sqlite",
    "gongzhong.state.tokens",
    "gongzhong.store.sql",
    "gongzhong.store.version",
    "uvloop",
)
"""What workers import by themselves once they run."""
ENGINES: Final = {
    "postgres": ("gongzhong.state.postgres",),
    "redis": ("gongzhong.state.redis",),
    "valkey": ("gongzhong.state.redis",),
}
"""What they import for an engine, by the beginning of its address."""
LOOKS_EVERY_S: Final = 0.000_5


def main(fd: int) -> int:
    """Make workers until the supervisor's end closes; gives the exit status, of the template or of a worker."""
    supervisor = os.getppid()
    worker.end_with(supervisor)
    worker.be_called("gz-template")
    load()
    if sum(1 for _ in Path("/proc/self/task").iterdir()) > 1:
        return 1  # a copy would have one of the threads only
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=fd) as orders:
        while True:
            _, given, _, _ = socket.recv_fds(orders, 1, 1)
            if not given:
                return 0
            if become_worker(orders, supervisor):
                break
            os.close(given[0])
    return worker.main(given[0])


def load() -> None:
    """Import what workers will need. What can't be imported or read the worker says."""
    names: list[str] = [*LOADED]
    with suppress(GongzhongError):
        settings = renew(os.environ).settings
        for address in (settings.state, settings.database):
            for scheme, modules in ENGINES.items():
                if str(address or "").startswith(scheme):
                    names.extend(modules)
    for name in names:
        with suppress(ImportError):
            import_module(name)


def become_worker(orders: socket.socket, supervisor: int) -> bool:
    """Make a copy of this process; True in the copy, once it is the supervisor's child."""
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        return False
    between = os.getpid()
    made = os.fork()
    if made:
        with suppress(OSError):
            orders.sendall(made.to_bytes(NUMBER_BYTES))
        os._exit(0)
    while os.getppid() == between:
        time.sleep(LOOKS_EVERY_S)
    if os.getppid() != supervisor:
        os._exit(1)
    os.setsid()
    return True


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
