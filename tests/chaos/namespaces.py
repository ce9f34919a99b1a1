"""Hosts in network namespaces of their own, each joined to a middle one by a cable (veth pair) that can be cut.

    middle: WeChat, nginx, PostgreSQL, the people      10.213.N.1 ──cable N── 10.213.N.2      host N: workers

All addresses are inside the namespaces made here; nothing of this machine's own network is touched.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from tests.servers import program


def ip(*words: str) -> None:
    """Carry out a command of iproute2."""
    subprocess.run([program("ip"), *words], check=True, capture_output=True)


def require_namespaces() -> None:
    """Skip the test, or fail it in CI, where this machine does not let us make network namespaces."""
    probe = f"gz-probe-{os.getpid()}"
    try:
        ip("netns", "add", probe)
        ip("netns", "del", probe)
    except subprocess.CalledProcessError as problem:
        said = problem.stderr.decode(errors="replace").strip()
        why = f"network namespaces cannot be made here (ip netns add, as user {os.geteuid()}): {said}"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)


class Network:
    """A middle namespace and `hosts` others, numbered from 1."""

    def __init__(self, hosts: int) -> None:
        self.middle = f"gz-{os.getpid()}-mid"
        self.numbers = range(1, hosts + 1)

    def open(self) -> None:
        for name in (self.middle, *map(self.name, self.numbers)):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        for number in self.numbers:
            name = self.name(number)
            ip("-n", self.middle, "link", "add", f"to{number}", "type", "veth", "peer", "eth0", "netns", name)
            for place, link, last in ((self.middle, f"to{number}", 1), (name, "eth0", 2)):
                ip("-n", place, "address", "add", f"10.213.{number}.{last}/24", "dev", link)
                ip("-n", place, "link", "set", link, "up")

    def close(self) -> None:
        for name in (self.middle, *map(self.name, self.numbers)):
            with suppress(subprocess.CalledProcessError):
                ip("netns", "del", name)

    @staticmethod
    def name(number: int) -> str:
        """The namespace of a host."""
        return f"gz-{os.getpid()}-{number}"

    @staticmethod
    def inside(name: str) -> list[str]:
        """What is put before a command to run it in a namespace."""
        return [program("ip"), "netns", "exec", name]


@contextmanager
def network(hosts: int) -> Iterator[Network]:
    """Namespaces and cables, until the end of the block."""
    made = Network(hosts)
    try:
        made.open()
        yield made
    finally:
        made.close()


class Relays:
    """Passes connections to addresses of the middle namespace on to servers that listen on its 127.0.0.1."""

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []

    async def begin(self, host: str, port: int) -> None:
        """Listen at this address for the server on the same port of 127.0.0.1."""

        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            with suppress(OSError):
                await asyncio.gather(_copied(reader, back), _copied(there, writer))

        self._servers.append(await asyncio.start_server(accepted, host, port))

    def close(self) -> None:
        for server in self._servers:
            server.close()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
