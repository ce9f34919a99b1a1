"""Develop, test and run WeChat Official Accounts (微信公众号) in Python.

The names that a program needs most, each loaded when it is first asked for: `import gongzhong` alone costs
a few milliseconds, and a program that only parses pushes never loads an HTTP client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .account import Account, Hosts, Secret
    from .app import Accounts, App, Dialogue, DialogueState, Move, OfficialAccount, Router, Session
    from .catalogue.files import Upload
    from .client import AsyncClient, Client
    from .clock import Clock, MovableClock
    from .errors import (
        BadAnswer,
        BadCipher,
        BadSignature,
        BadXml,
        BusyError,
        CallbackError,
        CallError,
        ContentError,
        CredentialError,
        GongzhongError,
        HandlerError,
        NotReached,
        OutcomeUnknown,
        ParameterError,
        PermissionDenied,
        QuotaError,
        Replayed,
        SetupError,
        StateDown,
        TooLarge,
        TransportError,
        UnknownCodeError,
        WebError,
    )
    from .messages import (
        Article,
        Click,
        Event,
        Image,
        ImageReply,
        Link,
        Location,
        Message,
        MiniProgramPage,
        MusicReply,
        NewsReply,
        Push,
        Reply,
        ReportLocation,
        Scan,
        ShortVideo,
        Subscribe,
        Text,
        TextReply,
        TransferReply,
        UnknownEvent,
        UnknownMessage,
        Unsubscribe,
        Video,
        VideoReply,
        View,
        Voice,
        VoiceReply,
    )

__all__ = [
    "Account",
    "Accounts",
    "App",
    "Article",
    "AsyncClient",
    "BadAnswer",
    "BadCipher",
    "BadSignature",
    "BadXml",
    "BusyError",
    "CallError",
    "CallbackError",
    "Click",
    "Client",
    "Clock",
    "ContentError",
    "CredentialError",
    "Dialogue",
    "DialogueState",
    "Event",
    "GongzhongError",
    "HandlerError",
    "Hosts",
    "Image",
    "ImageReply",
    "Link",
    "Location",
    "Message",
    "MiniProgramPage",
    "MovableClock",
    "Move",
    "MusicReply",
    "NewsReply",
    "NotReached",
    "OfficialAccount",
    "OutcomeUnknown",
    "ParameterError",
    "PermissionDenied",
    "Push",
    "QuotaError",
    "Replayed",
    "Reply",
    "ReportLocation",
    "Router",
    "Scan",
    "Secret",
    "Session",
    "SetupError",
    "ShortVideo",
    "StateDown",
    "Subscribe",
    "Text",
    "TextReply",
    "TooLarge",
    "TransferReply",
    "TransportError",
    "UnknownCodeError",
    "UnknownEvent",
    "UnknownMessage",
    "Unsubscribe",
    "Upload",
    "Video",
    "VideoReply",
    "View",
    "Voice",
    "VoiceReply",
    "WebError",
]

_NAMES_BY_MODULE = {
    "account": "Account Hosts Secret",
    "app": "Accounts App Dialogue DialogueState Move OfficialAccount Router Session",
    "catalogue.files": "Upload",
    "client": "AsyncClient Client",
    "clock": "Clock MovableClock",
    "errors": (
        "BadAnswer BadCipher BadSignature BadXml BusyError CallError CallbackError ContentError "
        "CredentialError GongzhongError HandlerError NotReached OutcomeUnknown ParameterError PermissionDenied "
        "QuotaError Replayed SetupError StateDown TooLarge TransportError UnknownCodeError WebError"
    ),
    "messages": (
        "Article Click Event Image ImageReply Link Location Message MiniProgramPage MusicReply "
        "NewsReply Push Reply ReportLocation Scan ShortVideo Subscribe Text TextReply TransferReply "
        "UnknownEvent UnknownMessage Unsubscribe Video VideoReply View Voice VoiceReply"
    ),
}
_HOME = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names.split()}


if not TYPE_CHECKING:  # a type checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        """Load a public name on first use (PEP 562)."""
        module = _HOME.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{module}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
