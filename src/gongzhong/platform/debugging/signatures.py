"""Two checks without a connection: what is inside a ciphertext, and how the signature of a JS-SDK page comes about."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ...errors import CallbackError, SetupError
from ...wire import matches, read_xml
from ...wire.cipher import look_inside
from ..world import js_sdk, tokens
from ..world.refusal import BadInput, BothLanguages
from ..world.world import AccountState, World
from .pushes import BufferPart, parts_of

ENCRYPT: Final = re.compile(r'"[Ee]ncrypt"\s*:\s*"([^"]+)"')


class Decrypting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ciphertext, bare or inside its XML or JSON. The key and Token are the account's where they are left out."""

    appid: str
    ciphertext: str
    aes_key: str | None = None
    token: str | None = None
    msg_signature: str = ""
    timestamp: str = ""
    nonce: str = ""


class Decrypted(msgspec.Struct, frozen=True, kw_only=True):
    """What is inside, part by part."""

    parts: list[BufferPart]
    message: str
    appid: str
    ok: bool
    verdict: BothLanguages
    signed: bool | None
    """Whether the msg_signature is right; null when none was given."""


class PageSigning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a page signs. The ticket is the account's where it is left out; `signature` is compared, if given."""

    appid: str
    url: str
    noncestr: str
    timestamp: str
    ticket: str | None = None
    signature: str = ""


class PageSignature(msgspec.Struct, frozen=True, kw_only=True):
    """string1, which holds the ticket in clear, and its SHA-1."""

    string1: str
    signature: str
    same: bool | None
    """Whether the given signature is this one; null when none was given."""
    reason: BothLanguages | None
    """What was signed instead, as far as it can be found out."""


def decrypt(account: AccountState, wish: Decrypting) -> Decrypted:
    """Decrypt and take apart. Raises BadInput for what is no ciphertext or no key."""
    ciphertext = _ciphertext(wish.ciphertext)
    key = account.aes_key if wish.aes_key is None else wish.aes_key
    try:
        inside = look_inside(key, ciphertext)
    except (CallbackError, SetupError) as problem:
        raise BadInput(problem.zh, problem.en) from None
    appid = inside.appid.decode("utf-8", "replace")
    ok, verdict = _judged(inside.length, len(inside.message), appid, account.appid)
    token = account.token if wish.token is None else wish.token
    signed = None
    if wish.msg_signature:
        signed = matches(wish.msg_signature, token, wish.timestamp, wish.nonce, ciphertext)
    return Decrypted(
        parts=parts_of(inside.random, inside.length, inside.message, inside.appid, inside.padding),
        message=inside.message.decode("utf-8", "replace"),
        appid=appid,
        ok=ok,
        verdict=verdict,
        signed=signed,
    )


def _ciphertext(text: str) -> str:
    text = text.strip()
    if text.startswith("<"):
        try:
            return str(read_xml(text.encode()).get("Encrypt", "")).strip()
        except CallbackError as problem:
            raise BadInput(problem.zh, problem.en) from None
    named = ENCRYPT.search(text)
    return (named[1] if named else text).replace("\\/", "/").replace("\n", "").replace(" ", "")


def _judged(length: int, found: int, appid: str, expected: str) -> tuple[bool, BothLanguages]:
    if length != found:
        return False, BothLanguages(
            "长度字段没有意义：EncodingAESKey 不一致，或密文被改动过",
            "the length makes no sense: the EncodingAESKey differs, or the ciphertext was altered",
        )
    if appid != expected:
        return False, BothLanguages(
            f"解开了，但 AppID 是 {appid!r}，不是 {expected}",
            f"decrypted, but the AppID is {appid!r}, not {expected}",
        )
    return True, BothLanguages("解密成功，AppID 一致", "decrypted, and the AppID is right")


def sign_page(world: World, account: AccountState, wish: PageSigning) -> PageSignature:
    """The signature that a page must give to `wx.config`, and whether the given one is it."""
    own = wish.ticket is None
    ticket = tokens.ticket(world, account, "jsapi")[0] if wish.ticket is None else wish.ticket
    signed = js_sdk.Signed(
        nonce=wish.noncestr, timestamp=wish.timestamp, url=wish.url, signature=wish.signature
    )
    string1 = js_sdk.signature_text(ticket, signed, js_sdk.page_address(wish.url))
    digest = js_sdk.signature_digest(string1)
    same = digest == wish.signature if wish.signature else None
    problem = js_sdk.signature_problem(world, account, signed) if own and same is False else None
    return PageSignature(
        string1=string1,
        signature=digest,
        same=same,
        reason=None if problem is None else BothLanguages(problem.zh, problem.en),
    )
