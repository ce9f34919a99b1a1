"""AES-256-GCM as it is used here: one byte of format, a random nonce of 12 bytes, ciphertext with its tag.

Each person has a key of their own, so few values are ever sealed with one key: random nonces cannot repeat in practice
(NIST SP 800-38D allows 2^32 values a key). Account keys wrap one key per person, which is within that limit too.
"""

from __future__ import annotations

from functools import cache
from os import urandom
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT: Final = b"\x01"
NONCE_BYTES: Final = 12
OVERHEAD: Final = len(FORMAT) + NONCE_BYTES + 16
"""Bytes by which a sealed value is longer than the plain one."""


class BadSeal(Exception):
    """The key, the value, or what it is bound to is another one than at the sealing."""


@cache
def _cipher() -> tuple[type[AESGCM], type[Exception]]:
    """Loaded at first use: a program without people's data does not wait for it."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM, InvalidTag


def seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Encrypt; opening needs the same key and the same `bound_to`."""
    nonce = urandom(NONCE_BYTES)
    return FORMAT + nonce + _cipher()[0](key).encrypt(nonce, plain, bound_to)


def open_sealed(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Decrypt. Raises BadSeal."""
    if sealed[:1] != FORMAT or len(sealed) < OVERHEAD:
        raise BadSeal
    start = len(FORMAT)
    nonce, body = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
    aesgcm, invalid_tag = _cipher()
    try:
        return aesgcm(key).decrypt(nonce, body, bound_to)
    except invalid_tag:
        raise BadSeal from None
