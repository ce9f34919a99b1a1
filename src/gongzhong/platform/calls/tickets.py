"""Tickets for web pages (获取ticket): the same one for its whole life, whoever asks."""

from __future__ import annotations

from ...catalogue import tickets as catalogue
from .registry import Caller, answers


@answers(catalogue.GetTicket)
def get_ticket(caller: Caller, call: catalogue.GetTicket) -> catalogue.Ticket:
    world, appid = caller.world, caller.account.appid
    row = world.db.one(
        "SELECT value, expires_at FROM ticket WHERE appid = ? AND kind = ? AND expires_at > ?",
        appid,
        call.type,
        world.now(),
    )
    if row is not None:
        return catalogue.Ticket(ticket=row["value"], expires_in=int(row["expires_at"] - world.now()))
    lifetime, value = world.rules.ticket_lifetime_s, world.ids.ticket()
    world.db.run("INSERT INTO ticket VALUES (?, ?, ?, ?)", value, appid, call.type, world.now() + lifetime)
    return catalogue.Ticket(ticket=value, expires_in=lifetime)
