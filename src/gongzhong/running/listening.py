"""Ports: whether one is free before a server takes it, and whether somebody listens on it yet.

A server that shares its port with another one by accident answers half of the requests; so a port is tried first, and
a port in use is an error with a name.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import socket
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import SetupError
from ..reasons import in_words

EVERY_ADDRESS = ("0.0.0.0", "::")
POLL_S = 0.02
FREE_PORTS = range(20_000, 32_700)
FREE_PORTS_A_PROCESS = 100
_turns = itertools.count()
_promised: deque[socket.socket] = deque(maxlen=FREE_PORTS_A_PROCESS // 2)
"""Names that keep other processes from giving the ports that this one gave last."""


class PortInUse(SetupError):
    """Another program listens on the port."""


def require_free(host: str, port: int) -> None:
    """Raises PortInUse, or SetupError when the address cannot be listened on at all. Port 0 is always free."""
    if not 0 <= port <= 65535:
        raise SetupError(f"端口必须在 0 到 65535 之间：{port}", f"a port lies between 0 and 65535: {port}")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
            trial.listen(1)
    except OSError as problem:
        raise refused(host, port, problem) from None


def refused(host: str, port: int, problem: OSError) -> SetupError:
    """What a failed attempt to listen means; PortInUse when somebody else listens there."""
    if problem.errno == errno.EADDRINUSE:
        return PortInUse(
            f"端口 {port} 已被占用",
            f"port {port} is in use",
            fix_zh="换一个端口（--port），或先停掉占用它的程序",
            fix_en="choose another one with --port, or stop the program that has it",
        )
    if problem.errno == errno.EACCES:
        return SetupError(
            f"没有权限监听端口 {port}",
            f"no permission to listen on port {port}",
            fix_zh="用 1024 以上的端口，前面放反向代理",
            fix_en="use a port above 1024 behind a reverse proxy",
        )
    zh, en = in_words(problem)
    return SetupError(f"不能在 {host}:{port} 监听：{zh}", f"cannot listen on {host}:{port}: {en}")


def bind(host: str, port: int, unix_socket: Path | None = None, *, reuse_port: bool = False) -> socket.socket:
    """A socket with an address, for servers to listen on; it does not listen yet, so connections are refused.

    Raises PortInUse or SetupError when the address is taken, also by a server that would share it by accident, or not
    allowed.
    """
    if unix_socket is not None:
        remove_stale(unix_socket)
        bound = socket.socket(socket.AF_UNIX)
        address: Any = str(unix_socket)
    else:
        if not reuse_port:
            require_free(host, port)
        family, _, _, _, address = _first_address(host, port)
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind(address)
    except OSError as problem:
        bound.close()
        raise refused(host, port, problem) from None
    return bound


def _first_address(host: str, port: int) -> tuple[int, int, int, str, Any]:
    """What the system makes of host and port. Raises SetupError for a host that has no address."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as problem:
        raise refused(host, port, problem) from None


def where(bound: socket.socket, *, secure: bool = False) -> str:
    """The address of a socket to show to people: `http://127.0.0.1:8000`, or `unix:` and a path."""
    name = bound.getsockname()
    if bound.family == socket.AF_UNIX:
        return f"unix:{name}"
    plain = url_of(name[0], name[1])
    return plain.replace("http:", "https:", 1) if secure else plain


def remove_stale(path: Path) -> None:
    """Remove a unix socket that nobody listens on any more. Raises SetupError when somebody does."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as trial:
        try:
            trial.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise SetupError(f"{path} 已被占用", f"{path} is in use")


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on now, for a program that is started with it a moment later.

    It lies below the ports that systems give to outgoing connections (from 32768 on Linux, 49152 elsewhere): one of
    those may be taken again before the program listens. Processes with different ids look in different hundreds first,
    and each takes the next one every time; on Linux no port is given that another process has given as one of its last
    fifty. Raises SetupError when the host cannot be listened on.
    """
    start = os.getpid() * FREE_PORTS_A_PROCESS + next(_turns) % FREE_PORTS_A_PROCESS
    for further in range(len(FREE_PORTS)):
        port = FREE_PORTS[(start + further) % len(FREE_PORTS)]
        with suppress(PortInUse):
            require_free(host, port)
            if _promise(port):
                return port
    raise SetupError(f"{host} 上没有空闲的端口", f"no port of {host} is free")


def _promise(port: int) -> bool:
    """Whether this process may give a port: no other one has, as far as can be told. A name in the kernel says so,
    which ends with the process, and counts in one network namespace as ports do."""
    if sys.platform != "linux":
        return True
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0gongzhong-port-{port}")
    except OSError:
        name.close()
        return False
    if len(_promised) == _promised.maxlen:
        _promised.popleft().close()
    _promised.append(name)
    return True


def url_of(host: str, port: int, scheme: str = "http") -> str:
    """The address to type into a browser on this machine."""
    shown = "127.0.0.1" if host in EVERY_ADDRESS else host
    return f"{scheme}://[{shown}]:{port}" if ":" in shown else f"{scheme}://{shown}:{port}"


async def until_listening(host: str, port: int, timeout_s: float, still_wanted: Callable[[], bool]) -> bool:
    """Wait until somebody accepts connections; False after `timeout_s` seconds, or when it is not wanted any more."""
    reachable = "127.0.0.1" if host in EVERY_ADDRESS else host
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            while still_wanted():
                with suppress(OSError):
                    _, writer = await asyncio.open_connection(reachable, port)
                    writer.close()
                    return True
                await asyncio.sleep(POLL_S)
    return False
