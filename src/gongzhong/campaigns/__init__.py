"""Sending to many people: what each recipient of a campaign goes through, and what an answer of WeChat means for it.

`decide` is pure: from the history of a chunk's recipients it says whom to send to next, whom to give up, and when to
look again. `judge` says what a failed call means for the recipient and for the campaign.
"""

from .decision import (
    Answered,
    Attempt,
    Effect,
    Event,
    History,
    Ledger,
    Next,
    Outcome,
    Result,
    Rules,
    State,
    Verdict,
    after,
    decide,
    judge,
)

__all__ = [
    "Answered",
    "Attempt",
    "Effect",
    "Event",
    "History",
    "Ledger",
    "Next",
    "Outcome",
    "Result",
    "Rules",
    "State",
    "Verdict",
    "after",
    "decide",
    "judge",
]
