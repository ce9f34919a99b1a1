"""Asking for consent on a web page: the text is shown, and what was shown is recorded (开发者规范: 明确同意, 告知).

    page = ConsentPage(oa.records, ["phone"], secret=…)
    html = page.form(signed_in, browser.nonce, action="/consent")     # part of a page, after 网页授权
    agreed = await page.accept(posted_fields, browser.nonce)          # at /consent: recorded, or refused by the person

Nothing is ticked beforehand. The form carries a signed token: for this person, this browser, these fields and this very
text, for half an hour. So nobody can agree for somebody else, and nobody to a text that they did not see: when the
declaration changes meanwhile, the person is asked again. A form holds once: posted again after a withdrawal or an
erasure, by the browser's way back for example, it is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
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
    """What a form's token says: whom, until when (unix seconds), the digest of the text, and a random part, so that no
    two are equal."""

    openid: str
    until: int
    digest: str
    unique: str = ""


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
        Posted twice, it is recorded once.

        Raises WebError: consent_forged (no form of this site, or another browser), consent_expired, consent_changed
        (the text is another one now: show the form again), consent_used (the consent that it gave was withdrawn or
        erased), cookie_missing. And StateDown.
        """
        token = posted.get(TOKEN, "")
        asked = self._opened(token, browser_nonce)
        if posted.get(CHOICE) != AGREE:
            return False
        if not await self._is_first(token, asked):
            if await self._stands(asked.openid):
                return True
            raise _again(
                "consent_used",
                "这个表单已经用过，之后同意又被撤回或删除",
                "the form was used before, and the consent was withdrawn or erased since",
            )
        await self._records.consent(asked.openid, self._fields, how="web", text=self.text)
        return True

    async def _is_first(self, token: str, asked: Asked) -> bool:
        """Whether the form was not used before; it is from now on."""
        vault, digest = self._records.vault, hashlib.sha256(token.encode()).hexdigest()
        return await vault.keyring.tables.use_form(vault.account, digest, asked.until, self._clock.now())

    async def _stands(self, openid: str) -> bool:
        """Whether the person agrees to all of the fields."""
        consents = await self._records.consents(openid)
        return set(self._fields) <= {one.field for one in consents if not one.withdrawn_at}

    def _token(self, openid: str, browser_nonce: str) -> str:
        if not browser_nonce:
            raise cookie_missing()
        until = math.ceil(self._clock.now() + self._lifetime_s)
        said = msgspec.json.encode(Asked(openid, until, self._digest(), secrets.token_hex(8)))
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


def _is_hex(text: object) -> bool:
    """Frameworks give a list or a file for fields that were posted so."""
    return isinstance(text, str) and len(text) % 2 == 0 and all(one in "0123456789abcdef" for one in text)


def _again(reason: str, zh: str, en: str) -> WebError:
    return WebError(reason, zh, en, fix_zh="重新显示表单", fix_en="show the form again")
