"""Handlers for an official account: routing, the reply window, sessions, and doors for every kind of
server."""

from .accounts import Accounts
from .answer import Answer
from .app import App
from .arguments import User
from .binding import Binding, Services
from .connections import Connections
from .dialogues import Dialogue, DialogueState
from .dispatch import CallNext, Middleware
from .late import BadTicket, Late
from .official_account import OfficialAccount
from .outbox import Reason, Undelivered
from .pieces import Piece
from .results import Move, Result
from .routing import Router
from .sessions import MemorySessionStore, Session, SessionStore, SwappingStore

__all__ = [
    "Accounts",
    "Answer",
    "App",
    "BadTicket",
    "Binding",
    "CallNext",
    "Connections",
    "Dialogue",
    "DialogueState",
    "Late",
    "MemorySessionStore",
    "Middleware",
    "Move",
    "OfficialAccount",
    "Piece",
    "Reason",
    "Result",
    "Router",
    "Services",
    "Session",
    "SessionStore",
    "SwappingStore",
    "Undelivered",
    "User",
]
