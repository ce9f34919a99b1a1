"""A Token and an EncodingAESKey that belong together, and what both sides do with them."""

from __future__ import annotations

from ..errors import BadCipher, BadSignature
from .cdata import cdata
from .cipher import Cipher
from .fields import Fields
from .signature import matches, sign


class Keys:
    """Seals and opens reply envelopes with one Token and one cipher."""

    __slots__ = ("cipher", "token")

    def __init__(self, token: str, cipher: Cipher) -> None:
        self.token, self.cipher = token, cipher

    def seal_reply(self, xml: bytes, timestamp: int, nonce: str) -> bytes:
        """Encrypt and sign a passive reply: Encrypt, MsgSignature, TimeStamp, Nonce."""
        encrypted = self.cipher.encrypt(xml)
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
