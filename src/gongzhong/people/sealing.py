"""AES-256-GCM as it is used here: one byte of format, a random nonce of 12 bytes, ciphertext with its tag.

Each person has a key of their own, so few values are ever sealed with one key: random nonces cannot repeat in practice
(NIST SP 800-38D allows 2^32 values a key). Account keys wrap one key per person, which is within that limit too.
"""

from __future__ import annotations

from os import urandom
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT: Final = b"\x01"
NONCE_BYTES: Final = 12
OVERHEAD: Final = len(FORMAT) + NONCE_BYTES + 16
"""Bytes by which a sealed value is longer than the plain one."""


def seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Encrypt; opening needs the same key and the same `bound_to`."""
    nonce = urandom(NONCE_BYTES)
    return FORMAT + nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def open_sealed(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Raises InvalidTag when the key, the value or what it is bound to is another one."""
    if sealed[:1] != FORMAT or len(sealed) < OVERHEAD:
        raise InvalidTag
    start = len(FORMAT)
    nonce, body = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
    return AESGCM(key).decrypt(nonce, body, bound_to)
