"""What became of campaigns, in the database: result events that WeChat pushes, progress, sends that a person settles.

All times are unix seconds of the caller's clock. Every method raises StateDown when the database cannot be reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..database.statements import Statements

if TYPE_CHECKING:
    from ..database import SqliteDatabase
    from ..database.postgres import PostgresDatabase

LISTEN_S: Final = 3600.0
"""So long after its last change results for a campaign may come without a known msgid."""

HEAR: Final = """
INSERT INTO campaign_result (account, kind, msgid, person, template, at, delivered, status)
SELECT :account, :kind, :msgid, :person, :template, :at, :delivered, :status
WHERE EXISTS (SELECT 1 FROM campaign_outcome WHERE msgid = :msgid AND msgid <> 0)
OR EXISTS (SELECT 1 FROM campaign WHERE account = :account AND kind IN (:kind, :also)
    AND (stage = 'running' OR changed_at >= :since))
ON CONFLICT DO NOTHING RETURNING msgid
"""

PURGE: Final = """
DELETE FROM campaign_result WHERE account = :account AND at < :before AND kind <> 'notice'
AND NOT EXISTS (SELECT 1 FROM campaign_outcome AS o WHERE o.msgid = campaign_result.msgid AND o.msgid <> 0)
RETURNING msgid
"""

PURGE_NOTICES: Final = """
DELETE FROM campaign_result WHERE account = :account AND at < :before AND kind = 'notice'
AND person NOT IN (SELECT r.person FROM campaign_recipient AS r JOIN campaign AS c ON c.id = r.campaign
    WHERE c.account = :account AND c.kind = 'notice')
RETURNING msgid
"""

PROGRESS: Final = """
SELECT CAST(coalesce(sum(CASE WHEN stage = 'done' THEN recipients ELSE 0 END), 0) AS BIGINT),
    CAST(coalesce(sum(accepted), 0) AS BIGINT), CAST(coalesce(sum(refused), 0) AS BIGINT),
    CAST(coalesce(sum(skipped), 0) AS BIGINT), CAST(coalesce(sum(unknown), 0) AS BIGINT),
    count(CASE WHEN holder <> '' AND stage = 'open' THEN 1 END), count(CASE WHEN stage = 'open' THEN 1 END),
    min(CASE WHEN stage = 'open' THEN due END)
FROM campaign_chunk WHERE campaign = :campaign
"""

BUDGET: Final = "SELECT value FROM campaign_budget WHERE account = :account AND name = :quota"

REOPEN: Final = """
UPDATE campaign_chunk SET stage = 'open', holder = '', fence = fence + 1,
    due = CASE WHEN stage = 'done' THEN :now ELSE due END
WHERE campaign = :campaign AND chunk = :chunk RETURNING chunk
"""
"""Who holds the chunk read its ledger before: the new fence keeps it from sending more and from finishing it, and
another claim begins when its lease is over."""

PAUSE: Final = """
UPDATE campaign SET stage = 'paused', changed_at = :now WHERE id = :campaign AND stage = 'done' RETURNING id
"""

UNEXPLAINED: Final = """
SELECT msgid, at, delivered, status FROM campaign_result AS r
WHERE account = :account AND kind = :kind AND person = :person AND at BETWEEN :since AND :until
AND NOT EXISTS (SELECT 1 FROM campaign_outcome AS o WHERE o.msgid = r.msgid AND o.msgid <> 0) ORDER BY at
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """A result event. `person` 0: the job of a mass message, not one person."""

    kind: str
    msgid: int
    person: int
    template: str
    at: float
    delivered: bool
    status: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the chunks of a campaign are. Recipients of chunks that are done; chunks held and open."""

    done: int
    accepted: int
    refused: int
    skipped: int
    unknown: int
    held: int
    open: int
    due: float | None
    """When the next open chunk is due."""


class ResultTables:
    """Results of every account in one database, whose tables `store.migrate` made."""

    def __init__(self, database: SqliteDatabase | PostgresDatabase) -> None:
        self._statements = Statements(database)

    async def hear(self, account: str, heard: Heard, also: str, now: float) -> bool:
        """Keep a result, once, if a campaign may have sent the message: whether it was new.

        That is so when an outcome names it, or while a campaign of this kind (or the kind `also`) runs, and for an hour
        after its last change: the event may come before the outcome of the call is recorded.
        """
        values = {"account": account, "kind": heard.kind, "also": also, "msgid": heard.msgid}
        values |= {"person": heard.person, "template": heard.template, "status": heard.status}
        times = {"at": float(heard.at), "since": now - LISTEN_S, "delivered": int(heard.delivered)}
        return bool(await self._statements.run((HEAR, {**values, **times})))

    async def purge(self, account: str, before: float) -> int:
        """Delete results that came before then and belong to no message of a campaign; how many."""
        values = {"account": account, "before": before}
        return len(await self._statements.run((PURGE, values), (PURGE_NOTICES, values)))

    async def progress(self, campaign: int) -> Progress:
        """Looks at chunks alone, so it may be asked every second."""
        [row] = await self._statements.run((PROGRESS, {"campaign": campaign}))
        return Progress(*row)

    async def charged(self, account: str, quota: str) -> float:
        """How much of a quota is charged."""
        rows = await self._statements.run((BUDGET, {"account": account, "quota": quota}))
        return float(rows[0][0]) if rows else 0.0

    async def reopen(self, campaign: int, chunks: Sequence[int], now: float) -> None:
        """Let workers read the ledgers of chunks again, done or held; a campaign that had ended is paused."""
        steps = [(REOPEN, {"campaign": campaign, "chunk": chunk, "now": now}) for chunk in chunks]
        await self._statements.run(*steps, (PAUSE, {"campaign": campaign, "now": now}))

    async def unexplained(
        self, account: str, kind: str, person: int, since: float, until: float
    ) -> list[tuple[int, float, bool, str]]:
        """Results for a person, in that time, that no recorded send explains: msgid, when, delivered, status."""
        values = {"account": account, "kind": kind, "person": person, "since": since, "until": until}
        rows = await self._statements.run((UNEXPLAINED, values))
        return [(msgid, at, bool(delivered), status) for msgid, at, delivered, status in rows]
