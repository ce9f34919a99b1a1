"""The domains that an account's console holds (域名管理): their form, and which addresses they cover.

Three kinds: web-authorisation domains (网页授权域名, two), JS safe domains (JS接口安全域名, five) and business domains
(业务域名, three). A setting is a host or, by the console's texts of 2019 and 2020, a host with a path; test accounts
also take a port and an IP address. On one machine the same is useful to every account, so the stricter form of real
accounts is only demanded with `rules.any_port` off.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ... import facts
from ...errors import SetupError
from .phone_hosts import LOCAL, is_phone_host

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NAME: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")
_PATH: Final = re.compile(r"[A-Za-z0-9\-/._]*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def address_of(text: str) -> SplitResult | None:
    """A web address in its parts, or None for what is none: no scheme or host, line ends, a bad port or bracket."""
    if _CONTROL.search(text) or text != text.strip():
        return None
    try:
        parts = urlsplit(text)
        usable = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable and not {" ", "\\"} & set(parts.netloc) else None


def authorises(domains: Iterable[str], address: SplitResult) -> bool:
    """Whether a redirect_uri may be used: its full host must be set; neither parent nor sub-domains match.

    A setting with a port means that port, one with a path means addresses below that path.
    """
    return any(_host_matches(domain, address) and _path_matches(domain, address) for domain in domains)


def covers(domains: Iterable[str], address: str, *, any_port: bool) -> bool:
    """Whether a page belongs to one of the JS safe domains; such a domain also covers its sub-domains.

    A domain with a port means that port. Without one it means every port, or with `any_port` off the default one.
    """
    parts = address_of(address)
    if parts is None:
        return False
    default = DEFAULT_PORTS[parts.scheme]
    for domain in domains:
        name, port = _host_and_port(domain)
        right_port = str(parts.port or default) == port if port else any_port or parts.port in (None, default)
        right_host = any(host == name or host.endswith(f".{name}") for host in _hosts_of(parts))
        if right_port and right_host and _path_matches(domain, parts):
            return bool(name)
    return False


def _hosts_of(address: SplitResult) -> tuple[str, ...]:
    """The host, or the names of this machine when it is a phone's host name."""
    host = address.hostname or ""
    return LOCAL if is_phone_host(host) else (host,)


def _host_and_port(domain: str) -> tuple[str, str]:
    authority = domain.lower().partition("/")[0]
    host, bracket, rest = authority.rpartition("]")
    if bracket:
        return host.removeprefix("["), rest.removeprefix(":")
    host, _, port = authority.partition(":")
    return host, port


def _host_matches(domain: str, address: SplitResult) -> bool:
    host, port = _host_and_port(domain)
    given = str(address.port or DEFAULT_PORTS[address.scheme])
    return bool(host) and host in _hosts_of(address) and port in ("", given)


def _path_matches(domain: str, address: SplitResult) -> bool:
    path = "/" + domain.partition("/")[2].strip("/")
    return path == "/" or address.path == path or address.path.startswith(f"{path}/")


def require_web_domains(domains: Sequence[str], *, real: bool) -> None:
    """Raises SetupError for a web-authorisation domain of wrong form."""
    _require_form("oauth_domain", domains, real=real)


def require_safe_domains(domains: Sequence[str], *, real: bool) -> None:
    """Raises SetupError for too many JS safe domains, or one of wrong form."""
    _require_count("js_domains", domains, facts.JS_SAFE_DOMAINS)
    _require_form("js_domains", domains, real=real)


def require_business_domains(domains: Sequence[str], *, real: bool) -> None:
    """Raises SetupError for too many business domains, or one of wrong form."""
    _require_count("business_domains", domains, facts.BUSINESS_DOMAINS)
    _require_form("business_domains", domains, real=real)


def _require_count(what: str, domains: Sequence[str], most: int) -> None:
    if len(domains) > most:
        raise SetupError(
            f"{what} 最多 {most} 个域名，现有 {len(domains)} 个",
            f"{what} takes at most {most} domains, not {len(domains)}",
        )


def _require_form(what: str, domains: Sequence[str], *, real: bool) -> None:
    for domain in domains:
        wrong = _wrong_with(domain, real=real)
        if wrong is not None:
            zh, en = wrong
            raise SetupError(f"{what} 有误：{domain!r} {zh}", f"mistake in {what}: {domain!r} {en}")


def _wrong_with(domain: str, *, real: bool) -> tuple[str, str] | None:
    if "://" in domain:
        return "只填域名，不带 http:// 或 https://", "is a domain without http:// or https://"
    host, port = _host_and_port(domain)
    address = _is_ip(host)
    if not (address or _NAME.fullmatch(host)) or not _PATH.fullmatch(domain.partition("/")[2]):
        return "不是域名", "is no domain"
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        return "的端口不是 1 到 65535 的数字", "needs a port from 1 to 65535"
    if domain.count("/") > facts.DOMAIN_SLASHES or "//" in domain:
        most = facts.DOMAIN_SLASHES
        return f"的路径最多 {most} 个斜杠，不能有 //", f"may have at most {most} slashes and no //"
    if real and port:
        return "不能带端口（测试号才可以）", "may have no port (only test accounts may)"
    if real and address:
        return "不能是 IP 地址（测试号才可以）", "may be no IP address (only test accounts may)"
    return None


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
