"""Identifiers in the platform's own forms, from a seed, so that a run can be repeated.

What must be stable for a person or an account (OpenID, UnionID, original id) is derived from its name; what must be
fresh (tokens, message ids) comes from the world's random source.
"""

from __future__ import annotations

import hashlib
import random

from ... import facts

OPENID_LENGTH = 28
TOKEN_PREFIX = "88_"
TOKEN_LENGTH = 138
MEDIA_ID_LENGTH = 64
TEMPLATE_ID_LENGTH = 43
SHORT_KEY_LENGTH = 15
QR_TICKET_START = "gQ"
QR_TICKET_LENGTH = 96

URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
LETTERS_AND_DIGITS = URL_SAFE[:-2]
HEX = "0123456789abcdef"


def derived(seed: int, *names: str, length: int, alphabet: str = URL_SAFE) -> str:
    """The same text for the same names, always."""
    digest = b""
    counter = 0
    while len(digest) < length:
        block = "\0".join((str(seed), str(counter), *names))
        digest += hashlib.sha256(block.encode()).digest()
        counter += 1
    return "".join(alphabet[byte % len(alphabet)] for byte in digest[:length])


class Ids:
    """Makes every kind of identifier of one world."""

    def __init__(self, seed: int, run: int = 1) -> None:
        """`run` counts how often this world was opened: what one run made, no later one makes again."""
        self.seed = seed
        self._random = random.Random(f"{seed}/{run}")

    def fresh(self, length: int, alphabet: str = URL_SAFE) -> str:
        return "".join(self._random.choices(alphabet, k=length))

    def appid(self, name: str) -> str:
        return "wx" + derived(self.seed, "appid", name, length=16, alphabet=HEX)

    def secret(self, appid: str) -> str:
        return derived(self.seed, "secret", appid, length=facts.SECRET_LENGTH, alphabet=HEX)

    def original_id(self, appid: str) -> str:
        return "gh_" + derived(self.seed, "original", appid, length=12, alphabet=HEX)

    def openid(self, appid: str, person: str) -> str:
        """OpenIDs of one account share their first characters, as real ones do."""
        prefix = derived(self.seed, "openid", appid, length=5)
        return "o" + prefix + derived(self.seed, "openid", appid, person, length=OPENID_LENGTH - 6)

    def unionid(self, open_platform: str, person: str) -> str:
        return "o" + derived(self.seed, "unionid", open_platform, person, length=OPENID_LENGTH - 1)

    def token(self) -> str:
        return TOKEN_PREFIX + self.fresh(TOKEN_LENGTH - len(TOKEN_PREFIX))

    def ticket(self) -> str:
        return self.fresh(86)

    def qr_ticket(self) -> str:
        """96 URL-safe characters, the base64 form of 72 bytes, as public tickets since about 2017 have them."""
        return QR_TICKET_START + self.fresh(QR_TICKET_LENGTH - len(QR_TICKET_START))

    def media_id(self) -> str:
        return self.fresh(MEDIA_ID_LENGTH)

    def template_id(self) -> str:
        return self.fresh(TEMPLATE_ID_LENGTH)

    def rid(self) -> str:
        return "-".join(self.fresh(8, HEX) for _ in range(3))
