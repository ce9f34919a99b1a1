"""Who may use the control API and the pages that act: this machine's owner, and no web page of somebody else.

A browser lets every site send requests to `127.0.0.1`, and a host name that is made to point there (DNS rebinding)
lets it read the answers. Both are told apart from the owner's own tools by headers that a page cannot choose:

    Host                     a loopback name, or one that the operator configured
    Sec-Fetch-Site, Origin   our own pages, or absent, as from curl, a test or an SDK
    Content-Type             of a kind that no form of another site can send without asking first

`check` is pure: it looks at headers only. Nothing here ever answers with CORS headers.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from ...errors import GongzhongError
from ..world.phone_hosts import is_phone_host

HOST: Final = re.compile(r"(?:([A-Za-z0-9._-]+)|\[([0-9A-Fa-f:.]+)\])(?::[0-9]{1,5})?")
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE: Final = frozenset({"same-origin", "none"})
OWN_HEADER: Final = "x-gongzhong-control"
"""A request that carries it, with any value, needs no particular content type: a foreign page cannot send it."""
WECHAT_HOSTS: Final = (".weixin.qq.com", ".qpic.cn", ".wx.qq.com")
"""Names under which the proxy answers; nobody else's page can have them."""

PAGE_HEADERS: Final = {"x-content-type-options": "nosniff", "referrer-policy": "same-origin"}


class Forbidden(GongzhongError):
    """A request that did not come from this machine's owner. `status` is the HTTP status to answer with."""

    def __init__(self, status: int, zh: str, en: str, *, fix_zh: str = "", fix_en: str = "") -> None:
        super().__init__(zh, en, fix_zh=fix_zh, fix_en=fix_en)
        self.status = status


class Guard:
    """The rules with the operator's own host names. `origin` is the platform's public address, if it has one."""

    def __init__(self, hosts: Iterable[str] = (), origin: str = "") -> None:
        public = urlsplit(origin).hostname if origin else None
        self._hosts = frozenset({name.lower().strip("[]") for name in (*hosts, public) if name})
        self._origin = origin.rstrip("/").lower()

    def knows(self, name: str) -> bool:
        """Whether a host name, without its port, is one of this platform's."""
        return name in self._hosts or is_loopback(name)

    def check_host(self, headers: Mapping[str, str], *, wechat: bool = False, phone: bool = False) -> None:
        """Raises Forbidden for a name that somebody else pointed here. With `wechat`, the proxy's names are ours, too.

        The host names under which the phone opens pages (`phone_hosts`) are for those pages only: `phone` and
        `wechat` admit them. Whatever an account's page does there, it cannot reach the control API.
        A request without a Host header does not come from a browser.
        """
        given = headers.get("host")
        if given is None:
            return
        name = host_name(given)
        if is_phone_host(name):
            if phone or wechat:
                return
            raise _for_pages_only(name)
        if self.knows(name) or (wechat and name.endswith(WECHAT_HOSTS)):
            return
        raise Forbidden(
            421,
            f"平台不认识主机名 {name[:100]!r}，可能是 DNS 重绑定攻击",
            f"the platform does not know the host name {name[:100]!r}: this may be a DNS rebinding attack",
            fix_zh="用 127.0.0.1 或 localhost 打开；确实要用这个名字，就在启动时加 --allow-host",
            fix_en="use 127.0.0.1 or localhost; if the name is yours, start with --allow-host",
        )

    def check_site(self, headers: Mapping[str, str]) -> None:
        """Raises Forbidden for a request that a page of another origin made."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None and site not in OWN_SITE:
            raise _cross_site(origin or site)
        if origin is None or (origin == "null" and site in OWN_SITE):
            return
        # Behind a TLS proxy the scheme differs; a page of the same host and port is ours all the same.
        authority = origin.lower().partition("://")[2]
        own = {headers.get("host", "").lower(), self._origin.partition("://")[2]} - {""}
        if authority not in own:
            raise _cross_site(origin)

    def check_type(self, method: str, headers: Mapping[str, str], accepted: Iterable[str]) -> None:
        """Raises Forbidden for a change whose content type a form of another site could send."""
        if method in SAFE or OWN_HEADER in headers:
            return
        given = headers.get("content-type", "").partition(";")[0].strip().lower()
        wanted = tuple(accepted)
        if given not in wanted:
            raise Forbidden(
                415,
                f"Content-Type 应为 {'、'.join(wanted)}，而不是 {given[:80]!r}",
                f"the Content-Type must be {' or '.join(wanted)}, not {given[:80]!r}",
                fix_zh=f"加上请求头 Content-Type: {wanted[0]}（或 X-Gongzhong-Control: 1）",
                fix_en=f"add the header Content-Type: {wanted[0]} (or X-Gongzhong-Control: 1)",
            )

    def frame_ancestors(self) -> str:
        """The Content-Security-Policy source list of who may show our acting pages in a frame: the phone."""
        names = sorted(name for name in self._hosts if ":" not in name)
        own = [f"http://{name}:* https://{name}:*" for name in names]
        return " ".join(["'self'", "http://127.0.0.1:*", "http://localhost:*", "http://*.localhost:*", *own])


def _for_pages_only(name: str) -> Forbidden:
    return Forbidden(
        421,
        f"主机名 {name[:100]!r} 只用来显示手机里的网页",
        f"the host name {name[:100]!r} is only for pages inside the phone",
        fix_zh="用 gongzhong.localhost、localhost 或 127.0.0.1 打开平台",
        fix_en="open the platform at gongzhong.localhost, localhost or 127.0.0.1",
    )


def _cross_site(origin: str) -> Forbidden:
    return Forbidden(
        403,
        f"其他网站的网页（{origin[:100]!r}）不能操作平台",
        f"a page of another site ({origin[:100]!r}) may not use the platform",
        fix_zh="在平台自己的页面上操作，或在命令行、测试里调用",
        fix_en="use the platform's own pages, or call it from a command or a test",
    )


def host_name(header: str) -> str:
    """The name in a Host header, without port and brackets, in lower case; empty for nonsense."""
    found = HOST.fullmatch(header)
    return (found[1] or found[2]).lower().rstrip(".") if found else ""


def is_loopback(name: str) -> bool:
    """Whether browsers take this name for this machine, whatever a DNS server says."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """ASGI headers with lower-case names. Raises Forbidden for two Host or Origin headers, which hide one another."""
    found: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        if key in found and key in ("host", "origin", "sec-fetch-site", "content-type"):
            raise Forbidden(400, f"请求头 {key} 重复", f"the header {key} is given twice")
        found[key] = value.decode("latin-1")
    return found
