"""Proxies and trusted certificates, read once.

HTTP libraries look the proxy settings up again for every request, which costs a sizeable part of a call. A
`Network` reads them when a transport is made. Addresses of this machine never go through a proxy: a
platform on localhost must be reachable on a laptop whose shell sets HTTP_PROXY.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment

from ...account import PROXY_SCHEMES, Account
from ...errors import SetupError
from ...reasons import in_words
from ...wire.masking import masked


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """One proxy: its address without credentials, and those."""

    scheme: str
    address: str
    user: str | None
    password: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises `SetupError` for an address that no proxy can have."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, parts, port = None, urlsplit(""), None
        if parts.scheme not in PROXY_SCHEMES or not host:
            raise SetupError(
                f"代理地址不能用：{masked(url)}",
                f"this is no address of a proxy: {masked(url)}",
                fix_zh="写成 http://主机:端口 或 socks5://主机:端口（HTTPS_PROXY、HTTP_PROXY、ALL_PROXY）",
                fix_en="write http://host:port or socks5://host:port (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY)",
            )
        shown = f"[{host}]" if ":" in host else host
        user = None if parts.username is None else unquote(parts.username)
        port = port or (1080 if parts.scheme.startswith("socks") else 443 if parts.scheme == "https" else 80)
        return cls(parts.scheme, f"{parts.scheme}://{shown}:{port}", user, unquote(parts.password or ""))

    @property
    def socks(self) -> bool:
        return self.scheme.startswith("socks")

    @property
    def credentials(self) -> dict[str, str]:
        """The header that names the user to an HTTP proxy."""
        if self.user is None:
            return {}
        return {"Proxy-Authorization": "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()}

    def __repr__(self) -> str:
        return f"Proxy({self.address})"


class Network:
    """How to get out of this machine: `proxy_for(url)` and `tls()`.

    `proxies` maps "http", "https" or "all" to a proxy URL and "no" to the list of hosts without one; by
    default it is what HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say. `ca_file` is a PEM file of
    trusted authorities; by default SSL_CERT_FILE, else the system's.
    """

    def __init__(
        self, *, proxies: Mapping[str, str] | None = None, ca_file: str | Path | None = None
    ) -> None:
        self.proxies = dict(getproxies_environment() if proxies is None else proxies)
        self.ca_file = str(ca_file) if ca_file is not None else os.environ.get("SSL_CERT_FILE") or None
        self._known: dict[str, str | None] = {}
        self._proxies: dict[str, Proxy] = {}
        self._tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, account: Account) -> Self:
        """For the calls of an account: through its own proxy if it has one, also where the environment names others."""
        return cls(proxies={"all": account.proxy.reveal()} if account.proxy else None)

    def proxy_for(self, url: str) -> str | None:
        """The proxy for this address, or None for a direct connection."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._known:
            self._known[origin] = self._look_up(parts.scheme, parts.netloc, parts.hostname or "")
        return self._known[origin]

    def tls(self) -> ssl.SSLContext:
        """The verifying context, made at first use. Raises `SetupError` when the CA file is unusable."""
        if self._tls is None:
            try:
                self._tls = ssl.create_default_context(cafile=self.ca_file)
            except OSError as error:
                zh, en = in_words(error)
                raise SetupError(
                    f"读不了 CA 证书文件 {self.ca_file}（{zh}）",
                    f"cannot use the CA file {self.ca_file} ({en})",
                    fix_zh="让 SSL_CERT_FILE 或 ca_file 指向一个 PEM 文件",
                    fix_en="point SSL_CERT_FILE or ca_file to a PEM file",
                ) from None
        return self._tls

    def way_to(self, url: str) -> Proxy | None:
        """The proxy for this address with its parts, or None. Raises `SetupError` for one that cannot be used."""
        address = self.proxy_for(url)
        if address is None:
            return None
        found = self._proxies.get(address)
        if found is None:
            found = self._proxies[address] = Proxy.parse(address)
        return found

    def _look_up(self, scheme: str, netloc: str, hostname: str) -> str | None:
        if is_loopback(hostname) or self._exempt(netloc.lower(), hostname):
            return None
        proxy = self.proxies.get(scheme) or self.proxies.get("all")
        return (proxy if "://" in proxy else f"http://{proxy}") if proxy else None

    def _exempt(self, netloc: str, hostname: str) -> bool:
        rules = self.proxies.get("no", "").replace(" ", ",").lower().split(",")
        return any(_covers(rule.strip(), netloc, hostname) for rule in rules if rule.strip())

    def __repr__(self) -> str:
        return f"Network(proxies for {sorted(self.proxies)}, ca_file={self.ca_file!r})"


def _covers(rule: str, netloc: str, hostname: str) -> bool:
    """Whether one entry of NO_PROXY means this host: a name and all below it, an address, a network, `*`, with port or
    without."""
    if rule in ("*", netloc, hostname, f"[{hostname}]"):
        return True
    try:
        return ipaddress.ip_address(hostname) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        pass
    name, colon, port = rule.removeprefix("*").lstrip(".").rpartition(":")
    if not colon or not port.isdecimal():
        return bool(name or port) and _below(f"{name}{colon}{port}", hostname)
    return netloc.endswith(f":{port}") and _below(name, hostname)


def _below(name: str, hostname: str) -> bool:
    return hostname == name or hostname.endswith(f".{name}")


def is_loopback(hostname: str) -> bool:
    """Whether a host name means this machine."""
    if hostname == "localhost" or hostname.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False
