"""Handlers for an official account: routing, the reply window, sessions, and doors for every kind of
server."""

from .answer import Answer
from .arguments import User
from .dispatch import CallNext, Middleware
from .official_account import OfficialAccount
from .outbox import Reason, Undelivered
from .results import Result
from .routing import Router
from .sessions import MemorySessionStore, Session, SessionStore

__all__ = [
    "Answer",
    "CallNext",
    "MemorySessionStore",
    "Middleware",
    "OfficialAccount",
    "Reason",
    "Result",
    "Router",
    "Session",
    "SessionStore",
    "Undelivered",
    "User",
]
