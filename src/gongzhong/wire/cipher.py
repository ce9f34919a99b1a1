"""The AES envelope around encrypted pushes and replies.

AES-256-CBC with a fixed IV, over: 16 random characters, the length in 4 bytes, the message, the AppID, and
PKCS#7 padding to 32 (not 16) bytes. The length alone fixes everything that follows the message, so one
comparison in constant time checks padding, AppID and length together.

Setting up an AES context costs several times more than encrypting a message, so contexts are kept. CBC
mixes each block with the ciphertext block before it; a context that has done other work therefore disturbs
the first block only. When decrypting these are the random characters that nobody reads; when encrypting the
disturbance is known and taken out beforehand.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from hmac import compare_digest
from os import urandom
from typing import TYPE_CHECKING, NamedTuple

from .. import facts
from ..errors import BadCipher, SetupError, say

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherContext

PADDING_BLOCK = 32  # bytes; the protocol's own choice, AES itself has 16
RANDOM_BYTES = 16
HEAD_BYTES = RANDOM_BYTES + 4
_APPID = facts.APPID_FORM.encode()


class Cipher:
    """Encrypts and decrypts for one EncodingAESKey and one AppID. Safe to share between threads.

    Raises SetupError if the key is not 43 letters and digits.
    """

    __slots__ = ("_aes", "_appid_bytes", "_decryptors", "_encryptors", "_iv", "_tails")

    def __init__(self, aes_key: str, appid: str) -> None:
        # Only accounts that encrypt need the library, which takes 10 ms to load.
        from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
        from cryptography.hazmat.primitives.ciphers import modes
        from cryptography.hazmat.primitives.ciphers.algorithms import AES

        key = decode_key(aes_key)
        trailer = appid.encode()
        self._aes = BlockCipher(AES(key), modes.CBC(key[:16]))
        self._iv = int.from_bytes(key[:16])
        self._appid_bytes = len(trailer)
        self._tails = [trailer + _padding(length) for length in range(PADDING_BLOCK)]
        # Free contexts. Taking one out and putting it back are atomic, and one that failed is not put back.
        self._decryptors: list[CipherContext] = []
        self._encryptors: list[tuple[CipherContext, int]] = []

    def encrypt(self, message: bytes, random16: bytes | None = None) -> str:
        """Wrap a message: base64 as it stands in <Encrypt>. `random16` is for reproducing known vectors."""
        start = random16 or b2a_base64(urandom(12), newline=False)
        if len(start) != RANDOM_BYTES:
            raise ValueError(say("random16 必须是 16 字节", "random16 must be 16 bytes"))
        try:
            context, before = self._encryptors.pop()
        except IndexError:
            context, before = self._aes.encryptor(), self._iv
        size = len(message)
        tail = self._tails[(HEAD_BYTES + size + self._appid_bytes) % PADDING_BLOCK]
        first = (int.from_bytes(start) ^ before ^ self._iv).to_bytes(RANDOM_BYTES)
        ciphertext = context.update(b"".join((first, size.to_bytes(4), message, tail)))
        self._encryptors.append((context, int.from_bytes(ciphertext[-16:])))
        return b2a_base64(ciphertext, newline=False).decode()

    def decrypt(self, ciphertext: str) -> bytes:
        """Unwrap what stands in <Encrypt>. Raises BadCipher unless this key and this AppID were used."""
        plain = self._decrypted(ciphertext)
        end = HEAD_BYTES + int.from_bytes(plain[RANDOM_BYTES:HEAD_BYTES])
        tail = self._tails[(end + self._appid_bytes) % PADDING_BLOCK]
        if not compare_digest(plain[end:], tail):
            raise _not_ours(plain[end:])
        return plain[HEAD_BYTES:end]

    def _decrypted(self, ciphertext: str) -> bytes:
        try:
            data = a2b_base64(ciphertext, strict_mode=True)
        except ValueError:
            raise BadCipher("密文不是合法的 base64", "the ciphertext is not valid base64") from None
        if not data or len(data) % PADDING_BLOCK:
            raise BadCipher(
                f"密文长 {len(data)} 字节，不是 {PADDING_BLOCK} 的整数倍：不完整或被改动过",
                f"the ciphertext has {len(data)} bytes, not a multiple of {PADDING_BLOCK}: altered",
            )
        try:
            context = self._decryptors.pop()
        except IndexError:
            context = self._aes.decryptor()
        plain = context.update(data)
        self._decryptors.append(context)
        return plain


def decode_key(aes_key: str) -> bytes:
    """The 32 bytes of an EncodingAESKey. Its 43 characters carry two bits too many, which are ignored.

    Raises SetupError, without repeating the key.
    """
    if not re.fullmatch(facts.AES_KEY_FORM, aes_key):
        raise SetupError(
            f"EncodingAESKey 必须是 43 位字母或数字，现在的长度是 {len(aes_key)}",
            f"the EncodingAESKey must be 43 letters and digits; this one has {len(aes_key)} characters",
            fix_zh="从公众平台“设置与开发 → 基本配置 → 服务器配置”原样复制，注意首尾空格",
            fix_en="copy it from the server configuration in the console, without surrounding blanks",
        )
    return a2b_base64(aes_key + "=")


def _padding(length: int) -> bytes:
    count = PADDING_BLOCK - length
    return bytes([count]) * count


def _not_ours(tail: bytes) -> BadCipher:
    other = re.match(_APPID, tail)
    if other:
        return BadCipher(
            f"这条密文属于另一个公众号：{other[0].decode()}",
            f"this ciphertext belongs to another account: {other[0].decode()}",
            fix_zh="检查 AppID 与回调地址是否配对",
            fix_en="check that this AppID goes with this callback URL",
        )
    return BadCipher(
        "密文解不开：EncodingAESKey 不一致，或内容被改动过",
        "the ciphertext does not decrypt: the EncodingAESKey differs, or it was altered",
        fix_zh="核对 EncodingAESKey 与公众平台“服务器配置”一致；刚换过密钥就把旧的填进 previous_aes_key",
        fix_en="compare it with the console; after a change put the old one into previous_aes_key",
    )


class Envelope(NamedTuple):
    """What is inside a ciphertext, part by part, for somebody who looks for a mistake: nothing is verified."""

    random: bytes
    length: int
    """What the four bytes say."""
    message: bytes
    appid: bytes
    padding: bytes
    plain: bytes
    """All of it, one after another."""


def look_inside(aes_key: str, ciphertext: str) -> Envelope:
    """Decrypt and take apart, whatever AppID stands in it. A wrong key shows by parts that make no sense.

    Raises SetupError for a key of another form, BadCipher for what no ciphertext can be.
    """
    plain = Cipher(aes_key, "")._decrypted(ciphertext)
    # Of a context that was used before the first block would be disturbed: this one is new.
    length = int.from_bytes(plain[RANDOM_BYTES:HEAD_BYTES])
    rest = plain[HEAD_BYTES + length :]
    count = plain[-1] if 1 <= plain[-1] <= PADDING_BLOCK else 0
    padding = rest[-count:] if count and len(rest) >= count else b""
    return Envelope(
        random=plain[:RANDOM_BYTES],
        length=length,
        message=plain[HEAD_BYTES : HEAD_BYTES + length],
        appid=rest[: len(rest) - len(padding)],
        padding=padding,
        plain=plain,
    )
