"""Tickets that sign for web pages: JS-SDK and cards (获取ticket)."""

from __future__ import annotations

from typing import Annotated, Literal

from . import limits
from .fields import coded
from .model import Acknowledged, Call, Spec


class Ticket(Acknowledged, kw_only=True, frozen=True):
    """A ticket and how many seconds it lives; one for the whole account, to be kept."""

    hidden = frozenset({"ticket"})

    ticket: str
    expires_in: int


class GetTicket(Call[Ticket], kw_only=True, frozen=True):
    """Get the ticket for JS-SDK signatures or for cards (获取ticket)."""

    spec = Spec(
        "GET",
        "/cgi-bin/ticket/getticket",
        document="获取ticket",
        daily=limits.TICKET_DAILY,
        errors=(-1, 40001, 40097, 45009, 48001),
    )
    type: Annotated[Literal["jsapi", "wx_card"], coded(invalid=40097, missing=40097)]
