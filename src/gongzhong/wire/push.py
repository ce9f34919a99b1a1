"""The two ends of a push: the account's server reads it, the platform writes it.

How much is verified follows from the account's configuration alone. In plain mode that is `signature`; in
safe and compatible mode it is `msg_signature`, and only what <Encrypt> holds is used, whatever stands
beside it.

Replays: WeChat defines no validity of a timestamp and repeats a push that was not answered in time, so both rules
against them are off unless asked for; the app's own de-duplication by message does not depend on them.
"""

from __future__ import annotations

import threading
from binascii import b2a_base64
from collections.abc import Callable
from contextlib import suppress
from os import urandom
from typing import NamedTuple

import msgspec

from ..account import Account, Encryption
from ..clock import Clock
from ..errors import BadCipher, BadSignature, BadXml, CallbackError, Replayed, SetupError
from .cipher import Cipher
from .envelope import Keys, ciphertext_of, matches, sign, text_of
from .query import PushQuery, body_bytes
from .reading import read_xml
from .xml import MAX_BODY_BYTES, Fields, cdata, read_strict_xml

_START_BYTES, _NONCE_BYTES = 12, 8
"""What is drawn for one sealed reply: 16 characters in base64, and a nonce."""
NO_REPLY = (b"", b"success")
"""Answers that are never encrypted: they mean that there is nothing to show."""


class Opened(msgspec.Struct, frozen=True):
    """A push that was verified: its fields, its XML after decryption, and the keys to seal its reply with."""

    fields: Fields
    xml: bytes
    keys: Keys | None = None


class SealedPush(NamedTuple):
    """A push as it goes over the wire: parameters for the URL, and the body."""

    query: dict[str, str]
    body: bytes


NONCES_KEPT = 100_000  # our choice: some 15 MB


class NonceCache:
    """Remembers the last `size` signatures that were accepted; shared by threads.

    `uses` is how often one signature may arrive: raise it to WeChat's three attempts if your account's
    repeats carry the same query string.
    """

    def __init__(self, size: int = NONCES_KEPT, *, uses: int = 1) -> None:
        self._size, self._uses = size, uses
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def admit(self, signature: str) -> bool:
        """Count one arrival; False when the signature came as often as allowed. The oldest is forgotten first."""
        with self._lock:
            count = self._seen.get(signature, 0)
            if count >= self._uses:
                return False
            self._seen[signature] = count + 1
            if len(self._seen) > self._size:
                del self._seen[next(iter(self._seen))]
            return True

    def __len__(self) -> int:
        return len(self._seen)


class ReplayGuard:
    """The two optional rules together: a window around the timestamp, and signatures that count once."""

    def __init__(self, window_s: float | None, nonces: NonceCache | None, clock: Clock) -> None:
        self._window_s, self._nonces, self._clock = window_s, nonces, clock

    def check(self, signature: str, timestamp: str) -> None:
        """Let a request pass whose signature was found right. Raises Replayed."""
        if self._window_s is not None and not self._recent(timestamp, self._window_s):
            raise Replayed(
                f"时间戳 {timestamp[:20]} 与本机时间相差超过 {self._window_s:g} 秒",
                f"the timestamp {timestamp[:20]} is over {self._window_s:g} s away from this machine's time",
                fix_zh="如果请求确实来自微信，检查本机时钟是否同步",
                fix_en="if the request does come from WeChat, check that this machine's clock is right",
            )
        if self._nonces is not None and not self._nonces.admit(signature):
            raise Replayed(
                "这个签名的请求已经收到过，拒绝重放",
                "a request with this signature was received before: refused",
            )

    def _recent(self, timestamp: str, window_s: float) -> bool:
        plausible = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= len("9999999999")
        return plausible and abs(self._clock.now() - int(timestamp)) <= window_s


class PushReader:
    """The receiving side of one account: verifies, decrypts, and seals the replies.

    The previous Token and EncodingAESKey of the account are accepted beside the current ones. `window_s`
    limits how far a timestamp may be away from `clock`, `nonces` refuses signatures that were seen before;
    both are off by default. `random_bytes(count)` gives what makes each sealed reply different.

    Raises SetupError if the account lacks what its mode needs.
    """

    def __init__(
        self,
        account: Account,
        window_s: float | None = None,
        nonces: NonceCache | None = None,
        *,
        clock: Clock | None = None,
        max_bytes: int = MAX_BODY_BYTES,
        random_bytes: Callable[[int], bytes] = urandom,
    ) -> None:
        self._clock, self._random = clock or Clock(), random_bytes
        self._guard = (
            ReplayGuard(window_s, nonces, self._clock) if window_s is not None or nonces is not None else None
        )
        self._max_bytes = max_bytes
        self._tokens = _tokens(account)
        self._keys: list[list[Keys]] = []
        if account.encryption != "plain":
            ciphers = _ciphers(account)
            self._keys = [[Keys(token, cipher) for cipher in ciphers] for token in self._tokens]

    def verify_url(self, query: PushQuery) -> str:
        """Answer the GET with which WeChat checks the URL: the echostr, to be sent back exactly.

        It is not part of the signature, so send it as text/plain. Raises BadSignature, Replayed or
        CallbackError.
        """
        self._verify(query)
        if not query.echostr:
            raise CallbackError("URL 验证请求缺少 echostr", "the verification request has no echostr")
        return query.echostr

    def open(self, query: PushQuery, body: bytes) -> Opened:
        """Verify a POST and read it. Raises a CallbackError, never anything else, whatever comes in."""
        if type(body) is not bytes:
            body = body_bytes(body)
        if self._keys:
            return self._open_encrypted(query, body)
        self._verify(query)
        fields = read_xml(body, max_bytes=self._max_bytes)
        if "Encrypt" in fields and "MsgType" not in fields:
            raise _unexpected_encryption()
        return Opened(fields, body)

    def seal(
        self, xml: bytes, timestamp: int | None = None, nonce: str | None = None, opened: Opened | None = None
    ) -> bytes:
        """The body to answer with: encrypted unless the mode is plain, or there is nothing to say.

        Give the push being answered as `opened`, so that WeChat can read the reply while it still uses the
        previous keys. Timestamp (unix seconds) and nonce default to now and a random one.
        """
        if not self._keys or xml in NO_REPLY:
            return xml
        keys = (opened and opened.keys) or self._keys[0][0]
        if timestamp is None:
            timestamp = int(self._clock.now())
        chance = self._random(_START_BYTES + _NONCE_BYTES)
        start = b2a_base64(chance[:_START_BYTES], newline=False)
        return keys.seal_reply(xml, timestamp, chance[_START_BYTES:].hex() if nonce is None else nonce, start)

    def _verify(self, query: PushQuery) -> None:
        for token in self._tokens:
            if matches(query.signature, token, query.timestamp, query.nonce):
                break
        else:
            raise _wrong_signature("signature", query.signature)
        if self._guard is not None:
            self._guard.check(query.signature, query.timestamp)

    def _open_encrypted(self, query: PushQuery, body: bytes) -> Opened:
        encrypted = ciphertext_of(body, self._max_bytes)
        signature = query.msg_signature
        for candidates in self._keys:
            if matches(signature, candidates[0].token, query.timestamp, query.nonce, encrypted):
                break
        else:
            raise _wrong_signature("msg_signature", signature)
        if self._guard is not None:
            self._guard.check(signature, query.timestamp)
        keys, xml = _decrypted(candidates, encrypted)
        return Opened(read_xml(xml, max_bytes=self._max_bytes), xml, keys)


class PushWriter:
    """The sending side: what the platform puts on the wire for an account, and how it reads the answer.

    Raises SetupError if the mode encrypts and the EncodingAESKey is not one.
    """

    def __init__(self, token: str, aes_key: str, appid: str, encryption: Encryption) -> None:
        self._token, self._encryption = token, encryption
        self._keys = None if encryption == "plain" else Keys(token, Cipher(aes_key, appid))

    def seal(
        self, xml: bytes, timestamp: int | str, nonce: str, openid: str, random16: bytes | None = None
    ) -> SealedPush:
        """Sign a push and wrap it as the mode asks. `random16` is what an encrypted one begins with.

        Raises BadXml if it is not XML of a push.
        """
        stamp = str(timestamp)
        query = {
            "signature": sign(self._token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": openid,
        }
        if self._keys is None:
            return SealedPush(query, xml)
        encrypted = self._keys.cipher.encrypt(xml, random16)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = sign(self._token, stamp, nonce, encrypted)
        return SealedPush(query, self._wrapped(xml, f"<Encrypt>{cdata(encrypted)}</Encrypt>"))

    def open_reply(self, body: bytes) -> bytes:
        """The XML of a passive reply, decrypted where the mode asks; `success` and nothing stay as they are.

        Raises a CallbackError for what WeChat would not accept: something before `<xml>`, plain text in
        safe mode, a wrong signature, another account's AppID.
        """
        if body in NO_REPLY:
            return body
        if not body.startswith(b"<"):
            raise BadXml(
                "回复必须从第一个字节起就是 XML（不能有空行、BOM 或其他文字）",
                "a reply must be XML from its first byte on (no blank lines, BOM or other text)",
            )
        fields = read_strict_xml(body)
        encrypted = "Encrypt" in fields
        if self._keys is None:
            if encrypted:
                raise BadCipher("明文模式下收到了加密的回复", "an encrypted reply in plain mode")
            return body
        if encrypted:
            return self._keys.open_reply(fields)
        if self._encryption == "safe":
            raise BadCipher("安全模式下收到了明文的回复", "a plain reply in safe mode")
        return body

    def _wrapped(self, xml: bytes, encrypt: str) -> bytes:
        if self._encryption == "compatible":
            head, closing, _ = xml.rpartition(b"</xml>")
            if not closing:
                raise BadXml("要推送的内容不是 <xml>…</xml>", "what is to be pushed is not <xml>…</xml>")
            return head + encrypt.encode() + closing
        receiver = text_of(read_xml(xml), "ToUserName")
        return f"<xml><ToUserName>{cdata(receiver)}</ToUserName>{encrypt}</xml>".encode()


def _tokens(account: Account) -> list[str]:
    if not account.token:
        raise SetupError(
            "没有设置 Token，无法验证微信的推送",
            "no Token is set, so WeChat's pushes cannot be verified",
            fix_zh="填入公众平台“服务器配置”里的 Token（环境变量 GONGZHONG_TOKEN）",
            fix_en="set the Token of the console's server configuration (variable GONGZHONG_TOKEN)",
        )
    return [secret.reveal() for secret in (account.token, account.previous_token) if secret]


def _ciphers(account: Account) -> list[Cipher]:
    if not account.aes_key:
        raise SetupError(
            f"消息加解密方式是 {account.encryption}，但没有设置 EncodingAESKey",
            f"the encryption mode is {account.encryption}, but no EncodingAESKey is set",
            fix_zh="填入“服务器配置”里的 EncodingAESKey（环境变量 GONGZHONG_AES_KEY），或改用明文模式",
            fix_en="set it (variable GONGZHONG_AES_KEY), or choose plain mode here and in the console",
        )
    keys = [secret.reveal() for secret in (account.aes_key, account.previous_aes_key) if secret]
    return [Cipher(key, account.appid) for key in keys]


def _decrypted(candidates: list[Keys], encrypted: str) -> tuple[Keys, bytes]:
    """Try the current key, then the previous one. When both fail, raises the error of the current key."""
    current, *previous = candidates
    try:
        return current, current.cipher.decrypt(encrypted)
    except BadCipher:
        for keys in previous:
            with suppress(BadCipher):
                return keys, keys.cipher.decrypt(encrypted)
        raise


def _wrong_signature(name: str, given: str) -> BadSignature:
    if not given:
        return BadSignature(
            f"请求里没有 {name}：不是微信发来的", f"the request has no {name}: it does not come from WeChat"
        )
    return BadSignature(
        f"{name} 不对：请求不是微信发来的，或者 Token 不一致",
        f"{name} is wrong: the request does not come from WeChat, or the Token differs",
        fix_zh="核对 Token 与公众平台“服务器配置”一致；刚换过就把旧的填进 previous_token",
        fix_en="compare the Token with the console; after a change put the old one into previous_token",
    )


def _unexpected_encryption() -> BadCipher:
    return BadCipher(
        "收到了加密推送，但本账号配置为明文模式",
        "an encrypted push came in, but this account is configured for plain mode",
        fix_zh="把 encryption 设为 safe 并填入 EncodingAESKey",
        fix_en="set encryption to safe and fill in the EncodingAESKey",
    )
