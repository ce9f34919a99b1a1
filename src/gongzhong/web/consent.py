"""Asking for consent on a web page: the text is shown, and what was shown is recorded (开发者规范: 明确同意, 告知).

    page = ConsentPage(oa.records, ["phone"], secret=…)
    html = page.form(signed_in, browser.nonce, action="/consent")     # part of a page, after 网页授权
    agreed = await page.accept(posted_fields, browser.nonce)          # at /consent: recorded, or refused by the person

Nothing is ticked beforehand. The form carries a signed token: for this person, this browser, these fields and this very
text, for half an hour. So nobody can agree for somebody else, and nobody to a text that they did not see: when the
declaration changes meanwhile, the person is asked again.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

import msgspec

from ..account import Secret
from ..clock import Clock
from ..errors import SetupError, WebError, say
from .signin import SignedIn
from .state import SHORTEST_SECRET, cookie_missing

if TYPE_CHECKING:
    from ..people import Records

LIFETIME_S: Final = 1800.0
TOKEN, CHOICE = "consent", "choice"
"""Names of the form's fields."""
AGREE, DECLINE = "agree", "decline"
PURPOSE: Final = b"gongzhong consent"


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """What a form's token says: whom, until when (unix seconds), and the digest of the text."""

    openid: str
    until: int
    digest: str


class ConsentPage:
    """Asks for consent to some declared fields. `secret` is at least 16 bytes, the same in every process of the site.

    Raises SetupError for a short secret, UndeclaredField for a field that is not declared.
    """

    def __init__(
        self,
        records: Records,
        fields: Sequence[str],
        *,
        secret: str | Secret,
        clock: Clock | None = None,
        lifetime_s: float = LIFETIME_S,
    ) -> None:
        given = secret if isinstance(secret, str) else secret.reveal()
        if len(given.encode()) < SHORTEST_SECRET:
            raise SetupError(
                f"ConsentPage 的 secret 至少 {SHORTEST_SECRET} 字节",
                f"the secret of a ConsentPage has at least {SHORTEST_SECRET} bytes",
                fix_zh="生成一个：openssl rand -hex 32",
                fix_en="make one: openssl rand -hex 32",
            )
        self._records, self._fields = records, tuple(fields)
        self._key = hmac.digest(given.encode(), PURPOSE + records.vault.account.encode(), "sha256")
        self._clock, self._lifetime_s = clock or records.vault.clock, lifetime_s
        records.ask(self._fields)

    @property
    def text(self) -> str:
        """What is shown and recorded: purpose and text of each field."""
        return self._records.ask(self._fields)

    def form(self, person: SignedIn, browser_nonce: str, *, action: str) -> str:
        """The form, as HTML to be put into a page: the text, and two buttons. It posts to `action`.

        Raises SnapshotUser for the virtual person of a snapshot page, WebError "cookie_missing".
        """
        if person.is_snapshot_user:
            from ..people import SnapshotUser

            raise SnapshotUser
        shown = "<br>".join(escape(line) for line in self.text.split("\n"))
        agree, decline = escape(say("同意", "I agree")), escape(say("不同意", "I do not agree"))
        return (
            f'<form method="post" action="{escape(action)}"><p>{shown}</p>'
            f'<input type="hidden" name="{TOKEN}" value="{self._token(person.openid, browser_nonce)}">'
            f'<button name="{CHOICE}" value="{AGREE}">{agree}</button> '
            f'<button name="{CHOICE}" value="{DECLINE}">{decline}</button></form>'
        )

    async def accept(self, posted: Mapping[str, str], browser_nonce: str) -> bool:
        """Record what the person chose in the form; whether they agreed. The consent names the text that was shown.

        Raises WebError: consent_forged (no form of this site, or another browser), consent_expired, consent_changed
        (the text is another one now: show the form again), cookie_missing. And StateDown.
        """
        asked = self._opened(posted.get(TOKEN, ""), browser_nonce)
        if posted.get(CHOICE) != AGREE:
            return False
        await self._records.consent(asked.openid, self._fields, how="web", text=self.text)
        return True

    def _token(self, openid: str, browser_nonce: str) -> str:
        if not browser_nonce:
            raise cookie_missing()
        until = math.ceil(self._clock.now() + self._lifetime_s)
        said = msgspec.json.encode(Asked(openid, until, self._digest()))
        return (self._signed(said, browser_nonce) + said).hex()

    def _opened(self, token: str, browser_nonce: str) -> Asked:
        if not browser_nonce:
            raise cookie_missing()
        raw = bytes.fromhex(token) if _is_hex(token) else b""
        size = hashlib.sha256().digest_size
        signature, said = raw[:size], raw[size:]
        if not hmac.compare_digest(signature, self._signed(said, browser_nonce)):
            raise _again(
                "consent_forged",
                "这不是本站在这个浏览器里给出的表单",
                "this form was not given by this site to this browser",
            )
        asked = msgspec.json.decode(said, type=Asked)
        if asked.until < self._clock.now():
            raise _again("consent_expired", "表单已过期", "the form has expired")
        if asked.digest != self._digest():
            raise _again(
                "consent_changed",
                "说明文字已经更新，请重新阅读",
                "the text has changed meanwhile: it has to be read again",
            )
        return asked

    def _signed(self, said: bytes, browser_nonce: str) -> bytes:
        nonce = browser_nonce.encode()
        return hmac.digest(self._key, len(nonce).to_bytes(2, "big") + nonce + said, "sha256")

    def _digest(self) -> str:
        """Of the fields, their purposes and text versions, and the text as it is shown."""
        declared = [self._records.purposes.of(field) for field in self._fields]
        parts = [[one.field, one.purpose, one.text_version, one.text] for one in declared]
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _is_hex(text: str) -> bool:
    return len(text) % 2 == 0 and all(one in "0123456789abcdef" for one in text)


def _again(reason: str, zh: str, en: str) -> WebError:
    return WebError(reason, zh, en, fix_zh="重新显示表单", fix_en="show the form again")
