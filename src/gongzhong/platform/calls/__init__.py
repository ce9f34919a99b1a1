"""What each API call does on the platform: one function per call, found by its class."""

from . import ai, base, customer_messages, media, menus, oauth, qrcodes, tags, templates, tickets, users
from .registry import BEHAVIOURS, Behaviour, Caller, answers

__all__ = [
    "BEHAVIOURS",
    "Behaviour",
    "Caller",
    "ai",
    "answers",
    "base",
    "customer_messages",
    "media",
    "menus",
    "oauth",
    "qrcodes",
    "tags",
    "templates",
    "tickets",
    "users",
]
