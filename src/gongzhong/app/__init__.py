"""Handlers for an official account: routing, the reply window, sessions, and doors for every kind of
server."""

from .answer import Answer
from .arguments import User
from .dialogues import Dialogue, DialogueState
from .dispatch import CallNext, Middleware
from .official_account import OfficialAccount
from .outbox import Reason, Undelivered
from .pieces import Piece
from .results import Move, Result
from .routing import Router
from .sessions import MemorySessionStore, Session, SessionStore, SwappingStore

__all__ = [
    "Answer",
    "CallNext",
    "Dialogue",
    "DialogueState",
    "MemorySessionStore",
    "Middleware",
    "Move",
    "OfficialAccount",
    "Piece",
    "Reason",
    "Result",
    "Router",
    "Session",
    "SessionStore",
    "SwappingStore",
    "Undelivered",
    "User",
]
