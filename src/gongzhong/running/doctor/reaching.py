"""Whether the host of the callback URL resolves, accepts connections, and shows a certificate that holds."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from typing import Final
from urllib.parse import SplitResult

from ...platform.delivery.verification import DEFAULT_PORTS
from ...reasons import in_words
from .finding import Finding, ok, warning, wrong
from .pages import Words

CERTIFICATES: Final[dict[int, Words]] = {
    9: (
        "证书还没有生效",
        "the certificate is not valid yet",
        "检查本机和服务器的时钟",
        "check the clocks of the server and of this machine",
    ),
    10: (
        "证书已过期",
        "the certificate has expired",
        "续期证书并重新加载 Web 服务",
        "renew it and reload the server",
    ),
    18: (
        "证书是自签名的，微信不信任",
        "the certificate is self-signed, which WeChat does not trust",
        "申请受信任的证书（例如 Let's Encrypt 或云服务商的免费证书）",
        "get one from a public authority, such as Let's Encrypt",
    ),
    19: (
        "证书链的根是自签名的，微信不信任",
        "the certificate comes from a private authority, which WeChat does not trust",
        "申请受信任的证书（例如 Let's Encrypt 或云服务商的免费证书）",
        "get one from a public authority, such as Let's Encrypt",
    ),
    20: (
        "证书链不完整：缺少中间证书，或签发者不受信任",
        "the certificate chain is incomplete: an intermediate certificate is missing, or its authority is not trusted",
        "配置完整的证书链（nginx 用 fullchain.pem）",
        "serve the whole chain (fullchain.pem in nginx)",
    ),
    62: (
        "证书不是这个域名的",
        "the certificate belongs to another host name",
        "为 URL 里的域名申请证书，并检查 Web 服务按域名（SNI）选择的证书",
        "get a certificate for the name in the URL; see which one the server chooses by name (SNI)",
    ),
    64: (
        "证书不是这个 IP 地址的",
        "the certificate does not cover this IP address",
        "在 URL 里使用证书上的域名",
        "use the certificate's host name in the URL",
    ),
}
"""By OpenSSL's number of the verification error (X509_V_ERR_...)."""

PLAIN_PORT: Final[Words] = (
    "URL 写的是 https://，但这个端口提供的是普通 HTTP",
    "the URL says https://, but this port speaks plain HTTP",
    "把 URL 改成 http://，或在这个端口配置 TLS 证书",
    "write http:// in the URL, or configure TLS at this port",
)
TLS_PORT: Final[Words] = (
    "URL 写的是 http://，但这个端口只接受 HTTPS",
    "the URL says http://, but this port takes HTTPS only",
    "把 URL 改成 https://，或填写 HTTP 的端口（80）",
    "write https:// in the URL, or use the port for HTTP (80)",
)
PROBE_S: Final = 3.0


async def check_reaching(parts: SplitResult, *, patience_s: float, real: bool = False) -> list[Finding]:
    """DNS, then a connection. Later checks make sense only if nothing is wrong here.

    `real` says that WeChat itself is to reach the host, not a platform on this machine.
    """
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(patience_s):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
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
    resolved = judge_addresses(host, [str(one[4][0]) for one in found], real=real)
    return (
        [resolved]
        if resolved.status == "wrong"
        else [resolved, await _connect(parts, host, port, patience_s)]
    )


def judge_addresses(host: str, addresses: list[str], *, real: bool) -> Finding:
    """What the addresses of a name mean for those who are to reach it."""
    known = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
    shown = addresses[0]
    if real and not any(address.is_global for address in known):
        return wrong(
            "dns",
            f"{host} 解析为 {shown}：这是本机或内网地址，微信访问不到",
            f"{host} resolves to {shown}: an address of this machine or network, out of WeChat's reach",
            "把 DNS 记录指向公网地址；检查本机 hosts 文件和内网 DNS",
            "let the DNS record name a public address; look into this machine's hosts file and the inner DNS",
        )
    if all(address.version == 6 for address in known):
        return warning(
            "dns",
            f"{host} 只有 IPv6 地址（{shown}），微信从 IPv4 发出推送",
            f"{host} has IPv6 addresses only ({shown}); WeChat pushes from IPv4",
            "为域名加上 A 记录，并监听 IPv4",
            "add an A record, and listen on IPv4",
        )
    return ok("dns", f"{host} 解析为 {shown}", f"{host} resolves to {shown}")


async def _connect(parts: SplitResult, host: str, port: int, patience_s: float) -> Finding:
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    try:
        async with asyncio.timeout(patience_s):
            _, writer = await asyncio.open_connection(host, port, ssl=secure)
    except ssl.SSLCertVerificationError as problem:
        return _certificate(host, port, problem)
    except (OSError, TimeoutError) as problem:
        if secure is not None and await _speaks_http(host, port):
            return wrong("connect", *PLAIN_PORT)
        if isinstance(problem, ssl.SSLError):
            return wrong(
                "connect",
                f"{host}:{port} 的 TLS 握手失败：{problem.reason or 'TLS'}",
                f"the TLS handshake with {host}:{port} fails: {problem.reason or 'TLS'}",
                "服务器要支持 TLS 1.2，并有与域名相符的证书",
                "the server must speak TLS 1.2 and have a certificate for the name",
            )
        if isinstance(problem, TimeoutError):
            return _no_connection(host, port, (f"等了 {patience_s:g} 秒", f"waited {patience_s:g} s"))
        return _no_connection(host, port, in_words(problem))
    writer.close()
    if secure is None and await _speaks_tls_only(host, port):
        return wrong("connect", *TLS_PORT)
    return ok("connect", f"{host}:{port} 可以连接", f"{host}:{port} accepts connections")


def _certificate(host: str, port: int, problem: ssl.SSLCertVerificationError) -> Finding:
    zh, en, fix_zh, fix_en = CERTIFICATES.get(
        problem.verify_code,
        (
            f"证书无效：{problem.verify_message}",
            f"the certificate does not hold: {problem.verify_message}",
            "换有效的证书，并配置完整的证书链",
            "use a valid certificate and serve its whole chain",
        ),
    )
    return wrong("connect", f"{host}:{port} 的 TLS {zh}", f"TLS at {host}:{port}: {en}", fix_zh, fix_en)


async def _speaks_http(host: str, port: int) -> bool:
    """Whether a plain request at this port is answered in HTTP."""
    try:
        async with asyncio.timeout(PROBE_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"HEAD / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
                return (await reader.read(5)).startswith(b"HTTP/")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


async def _speaks_tls_only(host: str, port: int) -> bool:
    """Whether a TLS handshake succeeds where plain HTTP gets no answer. Any certificate will do."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(PROBE_S):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def _no_connection(host: str, port: int, reason: tuple[str, str]) -> Finding:
    return wrong(
        "connect",
        f"连不上 {host}:{port}（{reason[0]}）",
        f"cannot connect to {host}:{port} ({reason[1]})",
        "确认程序在运行、监听这个端口，防火墙和安全组已放行",
        "see that the program runs and listens there, and that no firewall is in the way",
    )
