"""Own alarms, before WeChat sends its own (接口报警): slow answers, failures, quotas, tokens, dead letters …

`measures.py` turns what was seen into values with their limits, `decision.py` decides what is told (pure), `senders.py`
tells it by webhook or e-mail, `watch.py` runs all of it.
"""

from __future__ import annotations

from .decision import Book, Notice, decide
from .look import Look
from .measures import Measure, Seen, measured
from .senders import EmailSender, Sender, WebhookSender, senders_of
from .watch import Watch, alarmed

__all__ = [
    "Book",
    "EmailSender",
    "Look",
    "Measure",
    "Notice",
    "Seen",
    "Sender",
    "Watch",
    "WebhookSender",
    "alarmed",
    "decide",
    "measured",
    "senders_of",
]
