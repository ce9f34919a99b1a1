"""WeChat's signature: SHA-1 over sorted texts, joined without anything between them.

`signature` covers Token, timestamp and nonce; `msg_signature` additionally the ciphertext. Because nothing
separates the parts, a signature does not prove where one part ends and the next begins: what must not be
repeated is remembered by its signature, not by its parts.
"""

from __future__ import annotations

from hashlib import sha1
from hmac import compare_digest


def sign(*parts: str) -> str:
    """Sign the parts, in any order: 40 lower-case hexadecimal digits."""
    return sha1("".join(sorted(parts)).encode("utf-8", "surrogatepass")).hexdigest()


def matches(signature: str, *parts: str) -> bool:
    """Whether the signature belongs to the parts, in a time that does not tell how much of it is right."""
    return signature.isascii() and compare_digest(sign(*parts), signature)
