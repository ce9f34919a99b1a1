"""WeChat's signature, and the XML around a ciphertext.

The signature is SHA-1 over sorted texts, joined without anything between them. `signature` covers Token, timestamp
and nonce; `msg_signature` additionally the ciphertext. Because nothing separates the parts, a signature does not
prove where one part ends and the next begins: what must not be repeated is remembered by its signature, not by its
parts. Source: 消息加解密说明.
"""

from __future__ import annotations

import re
from hashlib import sha1
from hmac import compare_digest

from ..errors import BadCipher, BadSignature
from .cipher import Cipher
from .reading import read_xml
from .xml import Fields, cdata

try:  # OpenSSL, behind hashlib, is slow to begin: for texts of up to a few hundred bytes CPython's own is faster
    from _sha1 import sha1 as _sha1_of_short  # type: ignore[import-not-found]
except ImportError:
    _sha1_of_short = sha1
_SHORT = 200
"""Bytes: more than is signed in plain mode, less than in safe mode."""

# The envelope of safe mode as WeChat writes it. What stands in the section may be anything without "<": only base64
# passes the cipher.
_ENVELOPE = re.compile(
    rb"<xml>[\n\t ]*<ToUserName><!\[CDATA\[[\w-]*\]\]></ToUserName>[\n\t ]*"
    rb"<Encrypt><!\[CDATA\[([^<]+)\]\]></Encrypt>[\n\t ]*</xml>[\n\t ]*"
)


def sign(*parts: str) -> str:
    """Sign the parts, in any order: 40 lower-case hexadecimal digits."""
    whole = "".join(sorted(parts))
    try:
        signed = whole.encode()
    except UnicodeEncodeError:  # half a character
        signed = whole.encode("utf-8", "surrogatepass")
    digest: str = (sha1 if len(signed) > _SHORT else _sha1_of_short)(signed).hexdigest()
    return digest


def matches(signature: str, *parts: str) -> bool:
    """Whether the signature belongs to the parts, in a time that does not tell how much of it is right."""
    return signature.isascii() and compare_digest(sign(*parts), signature)


class Keys:
    """Seals and opens reply envelopes with one Token and one cipher."""

    __slots__ = ("cipher", "token")

    def __init__(self, token: str, cipher: Cipher) -> None:
        self.token, self.cipher = token, cipher

    def seal_reply(self, xml: bytes, timestamp: int, nonce: str, random16: bytes | None = None) -> bytes:
        """Encrypt and sign a passive reply: Encrypt, MsgSignature, TimeStamp, Nonce."""
        encrypted = self.cipher.encrypt(xml, random16)
        signature = sign(self.token, str(timestamp), nonce, encrypted)
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp>"
            f"<Nonce>{cdata(nonce)}</Nonce></xml>"
        ).encode()

    def open_reply(self, envelope: Fields) -> bytes:
        """The reply inside an envelope. Raises BadSignature or BadCipher."""
        encrypted = text_of(envelope, "Encrypt")
        timestamp, nonce = text_of(envelope, "TimeStamp"), text_of(envelope, "Nonce")
        signature = text_of(envelope, "MsgSignature")
        if not matches(signature, self.token, timestamp, nonce, encrypted):
            raise BadSignature(
                "回复的 MsgSignature 不对",
                "the reply's MsgSignature is wrong",
                fix_zh="它应是 Token、TimeStamp、Nonce、Encrypt 四个元素的签名",
                fix_en="it must sign the Token and the elements TimeStamp, Nonce and Encrypt",
            )
        return self.cipher.decrypt(encrypted)


def text_of(envelope: Fields, name: str) -> str:
    """An element of the envelope that must be there, once, as text. Raises BadCipher."""
    value = envelope.get(name)
    if not isinstance(value, str) or not value:
        raise BadCipher(f"加密信封里缺少 <{name}>", f"the encrypted envelope has no <{name}>")
    return value


def ciphertext_of(body: bytes, max_bytes: int) -> str:
    """What a push holds in <Encrypt>; nothing else of it counts. Raises TooLarge, BadXml or BadCipher."""
    if len(body) <= max_bytes and body.isascii():
        usual = _ENVELOPE.fullmatch(body)
        if usual:
            return usual[1].decode()
    envelope = read_xml(body, max_bytes=max_bytes)
    if "Encrypt" not in envelope:
        raise _not_encrypted()
    return text_of(envelope, "Encrypt").strip()


def _not_encrypted() -> BadCipher:
    return BadCipher(
        "收到了明文推送，但本账号只接受加密推送",
        "a push without encryption came in, but this account accepts encrypted pushes only",
        fix_zh="如果它来自微信，公众平台选的是明文模式：改为安全模式，或在这里把 encryption 设为 plain",
        fix_en="if it comes from WeChat, the console is in plain mode: choose safe mode there, or plain here",
    )
