"""What each API call does on the platform: one function per call, found by its class."""

from . import (
    ai,
    articles,
    base,
    customer_messages,
    customer_service,
    mass,
    material,
    menus,
    statistics,
    templates,
    users,
)
from .registry import BEHAVIOURS, CONSTANT, Behaviour, Caller, answers

__all__ = [
    "BEHAVIOURS",
    "CONSTANT",
    "Behaviour",
    "Caller",
    "ai",
    "answers",
    "articles",
    "base",
    "customer_messages",
    "customer_service",
    "mass",
    "material",
    "menus",
    "statistics",
    "templates",
    "users",
]
