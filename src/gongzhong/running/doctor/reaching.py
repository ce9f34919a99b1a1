"""Whether the host of the callback URL resolves, accepts connections, and shows a certificate that holds."""

from __future__ import annotations

import asyncio
import socket
import ssl
from urllib.parse import SplitResult

from ...platform.delivery.verification import DEFAULT_PORTS
from .finding import Finding, ok, wrong


async def check_reaching(parts: SplitResult, *, patience_s: float) -> list[Finding]:
    """DNS, then a connection. Later checks make sense only if the last one is ok."""
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(patience_s):
            addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        return [
            wrong(
                "dns",
                f"域名 {host} 无法解析",
                f"the name {host} does not resolve",
                "核对域名拼写和 DNS 记录；新记录生效需要时间",
                "check the spelling and the DNS record; a new one takes time",
            )
        ]
    shown = str(addresses[0][4][0])
    return [
        ok("dns", f"{host} 解析为 {shown}", f"{host} resolves to {shown}"),
        await _connect(parts, host, port, patience_s),
    ]


async def _connect(parts: SplitResult, host: str, port: int, patience_s: float) -> Finding:
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    try:
        async with asyncio.timeout(patience_s):
            _, writer = await asyncio.open_connection(host, port, ssl=secure)
    except ssl.SSLError as problem:
        reason = getattr(problem, "verify_message", "") or problem.reason or "TLS"
        return wrong(
            "connect",
            f"{host}:{port} 的 TLS 证书不行：{reason}",
            f"the TLS certificate of {host}:{port} does not hold: {reason}",
            "换有效的证书，并配置完整的证书链",
            "use a valid certificate and serve its whole chain",
        )
    except TimeoutError:
        return _no_connection(host, port, f"{patience_s:g} s")
    except OSError as problem:
        return _no_connection(host, port, problem.strerror or type(problem).__name__)
    writer.close()
    return ok("connect", f"{host}:{port} 可以连接", f"{host}:{port} accepts connections")


def _no_connection(host: str, port: int, reason: str) -> Finding:
    return wrong(
        "connect",
        f"连不上 {host}:{port}（{reason}）",
        f"cannot connect to {host}:{port} ({reason})",
        "确认程序在运行、监听这个端口，防火墙和安全组已放行",
        "see that the program runs and listens there, and that no firewall is in the way",
    )
