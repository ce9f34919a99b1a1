"""What travels through WeChat in `state`: where the user wanted to go, and proof that this browser asked.

WeChat returns `state` unchanged, so whoever can make a browser open a link can choose it. Three things stop
that: a signature (nobody else can make one), a deadline (an old link is dead), and the nonce of the
browser's cookie inside the signature (a link made for one browser is worthless in another, so nobody can be
signed in as somebody else). The text is letters and digits only, as WeChat demands: one base-62 number of

    1 | deadline, 4 bytes | signature, 16 bytes | return path, UTF-8
"""

from __future__ import annotations

import hmac
import math
import string
from typing import Final
from urllib.parse import quote

from .. import facts
from ..account import Account, Secret
from ..clock import Clock
from ..errors import SetupError, WebError

# 网页授权: "重定向后会带上state参数，开发者可以填写a-zA-Z0-9的参数值，最多128字节"
STATE_BYTES: Final = facts.OAUTH_STATE_BYTES
DEADLINE_BYTES: Final = 4
MAC_BYTES: Final = 16
SHORTEST_SECRET: Final = 16
LIFETIME_S: Final = 600.0

DIGITS: Final = string.digits + string.ascii_letters
VALUE_OF: Final = {digit: value for value, digit in enumerate(DIGITS)}


def check_return_path(path: str) -> str:
    """Give the path back as it may stand in a Location header.

    Only a path of this site passes: `/cart?id=1`. Raises WebError "redirect_refused" for anything a browser
    could take for another host: `https://…`, `//host`, `/\\host`, or a path with white space or control
    characters.
    """
    readable = path.isprintable() and " " not in path and "\\" not in path
    if not path.startswith("/") or path.startswith("//") or not readable:
        raise WebError(
            "redirect_refused",
            "登录后的返回地址只能是本站路径（以一个 / 开头，不含反斜杠和空白）",
            "the address to return to after signing in must be a path of this site (one leading /, "
            "no backslash, no white space)",
            fix_zh="不要把用户给的网址直接当作返回地址",
            fix_en="do not pass on an address that came from outside",
        )
    return quote(path, safe="/?#[]@!$&'()*+,;=:%~")


class States:
    """Makes and opens `state`. `secret` is at least 16 bytes, the same in every process of the site."""

    def __init__(
        self, account: Account, secret: str | Secret | None, clock: Clock, lifetime_s: float = LIFETIME_S
    ) -> None:
        self._key = hmac.digest(_secret_bytes(account, secret), account.appid.encode(), "sha256")
        self._clock = clock
        self._lifetime_s = lifetime_s

    def seal(self, return_path: str, browser_nonce: str) -> str:
        """Sign a return path for one browser.

        Raises WebError: redirect_refused, return_too_long, cookie_missing.
        """
        path = check_return_path(return_path).encode()
        if not browser_nonce:
            raise cookie_missing()
        deadline = math.ceil(self._clock.now() + self._lifetime_s).to_bytes(DEADLINE_BYTES, "big")
        state = _to_letters(b"\x01" + deadline + self._mac(deadline, path, browser_nonce) + path)
        if len(state) > STATE_BYTES:
            raise WebError(
                "return_too_long",
                f"返回地址太长：WeChat 的 state 只有 {STATE_BYTES} 个字符",
                f"the return path is too long: WeChat's state holds {STATE_BYTES} characters",
                fix_zh="把长地址存进自己的会话，这里只放一个短路径（约 70 字节以内）",
                fix_en="keep the long address in your own session and pass a short path (about 70 bytes)",
            )
        return state

    def open(self, state: str, browser_nonce: str) -> str:
        """The return path. Raises WebError: state_missing, cookie_missing, state_forged, state_expired."""
        if not state:
            raise WebError(
                "state_missing",
                "回调里没有 state，不是从本站的授权链接来的",
                "the callback has no state: it did not start at a link of this site",
                fix_zh="从 authorize_url 重新开始",
                fix_en="start again at authorize_url",
            )
        if not browser_nonce:
            raise cookie_missing()
        raw = _from_letters(state)
        head = 1 + DEADLINE_BYTES
        deadline, mac, path = raw[1:head], raw[head : head + MAC_BYTES], raw[head + MAC_BYTES :]
        if not hmac.compare_digest(mac, self._mac(deadline, path, browser_nonce)):
            raise _forged()
        if int.from_bytes(deadline, "big") < self._clock.now():
            raise WebError(
                "state_expired",
                "这次登录等得太久，授权链接已过期",
                "this sign-in took too long: the link has expired",
                fix_zh="让用户重新打开页面",
                fix_en="let the user open the page again",
            )
        return path.decode()

    def _mac(self, deadline: bytes, path: bytes, browser_nonce: str) -> bytes:
        nonce = browser_nonce.encode()
        message = b"".join((b"state-1:", deadline, len(nonce).to_bytes(2, "big"), nonce, path))
        return hmac.digest(self._key, message, "sha256")[:MAC_BYTES]


def cookie_missing() -> WebError:
    """The error of a request without the browser's cookie."""
    return WebError(
        "cookie_missing",
        "没有收到标识浏览器的 cookie，无法确认是同一个用户",
        "the cookie that identifies the browser did not arrive: this may be another user",
        fix_zh="发起授权时设置 Browser.set_cookie；授权与回调要用同一个域名；https 才能用 secure=True",
        fix_en="send Browser.set_cookie when authorisation starts, use one host name for start and callback, "
        "and secure=True with https only",
    )


def _forged() -> WebError:
    return WebError(
        "state_forged",
        "state 不是本站为这个浏览器签发的",
        "the state was not made by this site for this browser",
        fix_zh="可能是别人发来的链接，或换了浏览器、换了 state_secret；从 authorize_url 重新开始",
        fix_en="it may be somebody else's link, another browser or another state_secret; "
        "start again at authorize_url",
    )


def _secret_bytes(account: Account, secret: str | Secret | None) -> bytes:
    """The given secret, or the AppSecret when none is given: every process of an account has that one."""
    given = account.secret if secret is None else secret
    value = (given.reveal() if isinstance(given, Secret) else given).encode()
    if len(value) < SHORTEST_SECRET:
        raise SetupError(
            f"state_secret 至少要 {SHORTEST_SECRET} 个字节（不给时用 AppSecret，它也要已设置）",
            f"state_secret needs at least {SHORTEST_SECRET} bytes (by default it is the AppSecret)",
            fix_zh="用 secrets.token_hex(16) 生成一个，所有进程用同一个",
            fix_en="make one with secrets.token_hex(16) and give it to every process",
        )
    return value


def _to_letters(raw: bytes) -> str:
    number, letters = int.from_bytes(raw, "big"), []
    while number:
        number, digit = divmod(number, 62)
        letters.append(DIGITS[digit])
    return "".join(reversed(letters))


def _from_letters(text: str) -> bytes:
    """The bytes again; anything that `seal` cannot have made is forged."""
    if len(text) > STATE_BYTES or not set(text) <= VALUE_OF.keys():
        raise _forged()
    number = 0
    for letter in text:
        number = number * 62 + VALUE_OF[letter]
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    if len(raw) < 1 + DEADLINE_BYTES + MAC_BYTES or raw[0] != 1:
        raise _forged()
    return raw
