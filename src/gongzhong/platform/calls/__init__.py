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
from .registry import Behaviour, Caller, answers, gathered

CHAPTERS = (
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
BEHAVIOURS, CONSTANT = gathered(CHAPTERS)
"""The function of every call that is simulated; the calls whose answer is always the same."""

__all__ = ["BEHAVIOURS", "CHAPTERS", "CONSTANT", "Behaviour", "Caller", "answers"]
