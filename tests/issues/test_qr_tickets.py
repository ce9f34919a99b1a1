"""A ticket of a QR code looks as today's real ones: 96 URL-safe characters that begin with `gQ`, base64 of 72 bytes.

Seen in some thirty public tickets; not documented. The page asks clients to escape the ticket all the same.
"""

from __future__ import annotations

import base64
import re

from gongzhong.platform.world.ids import Ids


def test_tickets_have_the_length_and_the_alphabet_of_real_ones() -> None:
    ids = Ids(seed=1)
    tickets = {ids.qr_ticket() for _ in range(500)}
    assert len(tickets) == 500
    for ticket in tickets:
        assert re.fullmatch(r"gQ[A-Za-z0-9_-]{94}", ticket)
        assert len(base64.urlsafe_b64decode(ticket)) == 72
    assert set("-_") & set("".join(tickets))
