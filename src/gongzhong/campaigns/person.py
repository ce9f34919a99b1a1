"""What campaigns hold about one person: their variables, the content, and what came of each message.

For exports. There is no index by person: the recipients of all campaigns of the database are gone through, about 0.1 s
for each million.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..people import Vault
from .contents import result_kind
from .plan import Plan
from .tables import CampaignTables, RecipientRow
from .worker import FIELD


async def campaigns_of(tables: CampaignTables, vault: Vault, person: int) -> list[dict[str, Any]]:
    """Each message that a campaign has, had or will have for the person with this number, oldest campaign first.

    `state` is that of the campaign's report; `at` unix seconds, 0: nothing has come of it yet. Messages to everybody,
    whose recipients WeChat knows alone, are not among them. Raises StateDown.
    """
    rows = await tables.of_person(vault.account, person)
    texts = await vault.unseal([(person, FIELD, row.variables) for row in rows if row.variables])
    opened = iter(texts)
    return [await _told(tables, row, next(opened) if row.variables else None) for row in rows]


async def _told(tables: CampaignTables, row: RecipientRow, variables: bytes | None) -> dict[str, Any]:
    content = msgspec.json.decode(row.plan, type=Plan).content
    ledger = await tables.ledger(row.campaign, row.chunk, row.jobs, result_kind(row.kind), content.template)
    history = ledger.histories()[0 if content.together else row.position]
    return {
        "campaign": row.name,
        "kind": row.kind,
        "planned_at": row.created_at,
        "content": msgspec.to_builtins(content),
        "variables": msgspec.json.decode(variables) if variables else {},
        "state": history.state.value,
        "at": history.at,
        "status": history.status,
    }
