"""Proxies and trusted certificates, read once.

HTTP libraries look the proxy settings up again for every request, which costs a sizeable part of a call. A
`Network` reads them when a transport is made. Addresses of this machine never go through a proxy: a
platform on localhost must be reachable on a laptop whose shell sets HTTP_PROXY.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from ...errors import SetupError


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
        self._tls: ssl.SSLContext | None = None

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
                reason = error.strerror or type(error).__name__
                raise SetupError(
                    f"读不了 CA 证书文件 {self.ca_file}（{reason}）",
                    f"cannot use the CA file {self.ca_file} ({reason})",
                    fix_zh="让 SSL_CERT_FILE 或 ca_file 指向一个 PEM 文件",
                    fix_en="point SSL_CERT_FILE or ca_file to a PEM file",
                ) from None
        return self._tls

    def _look_up(self, scheme: str, netloc: str, hostname: str) -> str | None:
        if is_loopback(hostname) or self._exempt(netloc.lower(), hostname):
            return None
        proxy = self.proxies.get(scheme) or self.proxies.get("all")
        return proxy if proxy is None or "://" in proxy else f"http://{proxy}"

    def _exempt(self, netloc: str, hostname: str) -> bool:
        names = [name.strip().lower().lstrip(".") for name in self.proxies.get("no", "").split(",")]
        return any(
            name == "*" or name in (netloc, hostname) or hostname.endswith(f".{name}")
            for name in names
            if name
        )

    def __repr__(self) -> str:
        return f"Network(proxies for {sorted(self.proxies)}, ca_file={self.ca_file!r})"


def is_loopback(hostname: str) -> bool:
    """Whether a host name means this machine."""
    if hostname == "localhost" or hostname.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False
