"""Web pages of an account, in any framework: who is looking (网页授权), and what the page may do (JS-SDK)."""

from __future__ import annotations

from .browser import Browser, nonce_of
from .consent import ConsentPage
from .jssdk import AsyncJsSdk, JsSdk, sign_card, sign_page
from .oauth import AsyncOAuth, OAuth
from .signin import PersonToken, SignedIn, SignInFailed

__all__ = [
    "AsyncJsSdk",
    "AsyncOAuth",
    "Browser",
    "ConsentPage",
    "JsSdk",
    "OAuth",
    "PersonToken",
    "SignInFailed",
    "SignedIn",
    "nonce_of",
    "sign_card",
    "sign_page",
]
