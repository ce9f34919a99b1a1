"""The ledger of campaigns in the database: plain SQL for SQLite and PostgreSQL, each operation one transaction.

A worker claims chunks of about 500 recipients: only `campaign_chunk` is touched, never a recipient. Before it calls
WeChat it writes an intent (`campaign_attempt`) by one statement that holds only while its fence does, the campaign
runs, and quota and rate have room; both are charged in the same transaction. What came of it is appended
(`campaign_outcome`). Recipients are written once; all that happens to them later is that their variables are emptied,
when a field that these were copied from (`campaign_field`) is erased, or some time after the end.

All times are unix seconds of the caller's clock. Every method raises StateDown when the database cannot be reached.
"""

from __future__ import annotations

import enum
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from ..database import SqliteDatabase
from ..database.statements import Row, Statements, Step
from ..people.key_tables import as_list, listed
from .decision import Attempt, Ledger, Outcome, Result, Verdict
from .stages import MAY_FOLLOW, Campaign, Stage
from .together import Together

if TYPE_CHECKING:
    from ..database.postgres import PostgresDatabase

KEEP_VARIABLES_S: Final = 30 * 86_400.0
"""So long after the end of a campaign its recipients' variables are kept."""

Recipient: TypeAlias = tuple[int, bytes]
"""A person's number and their variables, sealed."""


class RecipientRow(msgspec.Struct, frozen=True):
    """A recipient with the campaign, and how many jobs the chunk has. `variables` are sealed, empty: there are none."""

    campaign: int
    name: str
    kind: str
    plan: bytes
    created_at: float
    chunk: int
    position: int
    jobs: int
    variables: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk that this holder may work on until its lease ends."""

    campaign: int
    chunk: int
    fence: int
    jobs: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What an intent is charged to. `quota` names a count, such as that of a call and a day in China."""

    quota: str = ""
    most: float = 0.0
    """The count may not go beyond; only with a `quota`."""
    rate: float = 0.0
    """Recipients a second of this campaign, all workers together; 0: no limit."""
    ahead_s: float = 1.0
    """So far ahead of time may be reserved."""


class Refused(enum.StrEnum):
    """Why an intent was not written. Nothing may be sent then."""

    LEASE = "lease"
    CAMPAIGN = "campaign"
    QUOTA = "quota"
    RATE = "rate"


COLUMNS: Final = (
    "id, account, name, key, kind, plan, stage, reason, recipients, created_at, changed_at, started_at"
)

CREATE: Final = f"""
INSERT INTO campaign (account, name, key, kind, plan, stage, reason, recipients, created_at, changed_at, started_at)
VALUES (:account, :name, :key, :kind, :plan, 'filling', '', 0, :now, :now, 0) RETURNING {COLUMNS}
"""

MOVE: Final = f"""
UPDATE campaign SET stage = :stage, reason = :reason, changed_at = :now,
    started_at = CASE WHEN :stage = 'running' AND started_at = 0 THEN :now ELSE started_at END
WHERE id = :campaign AND stage = :before RETURNING {COLUMNS}
"""

COPIES: Final = """
INSERT INTO campaign_field (account, field, campaign) VALUES (:account, :field, :campaign) ON CONFLICT DO NOTHING
"""

COPIED: Final = "SELECT field FROM campaign_field WHERE campaign = :campaign LIMIT 1"

EMPTY_WITHDRAWN: Final = """
UPDATE campaign_recipient SET variables = :empty WHERE campaign = :campaign AND NOT EXISTS (
    SELECT 1 FROM person_field AS f WHERE f.account = :account AND f.number = campaign_recipient.person
    AND f.field = :field)
"""
"""Of people whose field was erased between the reading of it and the writing of its copy."""

EMPTIED: Final = """
SELECT person FROM campaign_recipient WHERE campaign = :campaign AND chunk = :chunk AND length(variables) = 0
"""

ENDED: Final = """
SELECT id FROM campaign WHERE account = :account AND stage IN ('done', 'cancelled') AND changed_at < :before
ORDER BY id
"""

EMPTY_CHUNK: Final = """
UPDATE campaign_recipient SET variables = :empty
WHERE campaign = :campaign AND chunk = :chunk AND length(variables) > 0 RETURNING position
"""

COPIES_NOTHING: Final = "DELETE FROM campaign_field WHERE account = :account AND campaign = :campaign"

FILLED: Final = f"""
UPDATE campaign SET stage = 'planned', changed_at = :now, recipients =
    (SELECT CAST(coalesce(sum(recipients), 0) AS BIGINT) FROM campaign_chunk WHERE campaign = :campaign)
WHERE id = :campaign AND stage = 'filling' RETURNING {COLUMNS}
"""

ADD_CHUNK: Final = """
INSERT INTO campaign_chunk (campaign, chunk, jobs, recipients, stage, holder, fence, due,
    accepted, refused, skipped, unknown)
VALUES (:campaign, :chunk, :jobs, :recipients, 'open', '', 0, 0, 0, 0, 0, 0)
"""

ADD_RECIPIENT: Final = """
INSERT INTO campaign_recipient (campaign, chunk, position, person, variables) VALUES (?, ?, ?, ?, ?)
"""

COPY_RECIPIENTS: Final = """
COPY campaign_recipient (campaign, chunk, position, person, variables) FROM STDIN (FORMAT BINARY)
"""

CLAIM: Final = """
WITH again AS MATERIALIZED (
    SELECT chunk FROM campaign_chunk WHERE campaign = :campaign AND stage = 'open' AND due > 0 AND due <= :now
    ORDER BY due, chunk LIMIT :n {lock}),
fresh AS MATERIALIZED (
    SELECT chunk FROM campaign_chunk WHERE campaign = :campaign AND stage = 'open' AND due = 0
    ORDER BY due, chunk LIMIT :n {lock}),
found AS MATERIALIZED (
    SELECT chunk, 0 AS later FROM again UNION ALL SELECT chunk, 1 FROM fresh ORDER BY later LIMIT :n)
UPDATE campaign_chunk SET holder = :holder, fence = fence + 1, due = :until
WHERE campaign = :campaign AND chunk IN (SELECT chunk FROM found) RETURNING campaign, chunk, fence, jobs
"""
"""What was begun goes first: somebody in it may be in doubt, and WeChat forgets their id within minutes.

Materialized: as a plain subquery PostgreSQL may carry it out once for each row, and take more than `n`.
"""

RENEW: Final = """
UPDATE campaign_chunk SET due = :until WHERE campaign = :campaign AND stage = 'open' AND holder = :holder
RETURNING campaign, chunk
"""

RELEASE: Final = """
UPDATE campaign_chunk SET holder = '', due = :due
WHERE campaign = :campaign AND chunk = :chunk AND fence = :fence AND stage = 'open' RETURNING chunk
"""

FINISH: Final = """
UPDATE campaign_chunk SET stage = 'done', holder = '', accepted = :accepted, refused = :refused,
    skipped = :skipped, unknown = :unknown
WHERE campaign = :campaign AND chunk = :chunk AND fence = :fence AND stage = 'open' RETURNING chunk
"""

COMPLETE: Final = """
UPDATE campaign SET stage = 'done', changed_at = :now WHERE id = :campaign AND stage = 'running'
AND NOT EXISTS (SELECT 1 FROM campaign_chunk WHERE campaign = :campaign AND stage = 'open') RETURNING id
"""

HELD: Final = """
SELECT 1 FROM campaign_chunk WHERE campaign = :campaign AND chunk = :chunk AND fence = :fence AND stage = 'open'
"""

WRITTEN: Final = """
SELECT 1 FROM campaign_attempt WHERE campaign = :campaign AND chunk = :chunk AND n = :n AND fence = :fence
"""

BUDGET: Final = """
INSERT INTO campaign_budget (account, name, value) VALUES (:account, :budget, 0) ON CONFLICT DO NOTHING
"""

VALUE: Final = "SELECT value FROM campaign_budget WHERE account = :account AND name = :budget"

INTEND: Final = f"""
INSERT INTO campaign_attempt (campaign, chunk, n, fence, at, members)
SELECT :campaign, :chunk, :n, :fence, :now, :members
WHERE EXISTS ({HELD}) AND EXISTS (SELECT 1 FROM campaign WHERE id = :campaign AND stage = 'running')
AND (:quota = '' OR coalesce((SELECT value FROM campaign_budget WHERE account = :account AND name = :quota), 0)
    + :number <= :most)
AND (:spread = 0 OR coalesce((SELECT value FROM campaign_budget WHERE account = :account AND name = :pace), 0)
    <= :latest)
ON CONFLICT DO NOTHING RETURNING n
"""

CHARGE: Final = f"""
UPDATE campaign_budget SET value = value + :number
WHERE account = :account AND name = :quota AND EXISTS ({WRITTEN}) RETURNING value
"""

PACE: Final = f"""
UPDATE campaign_budget SET value = CASE WHEN value > :now THEN value ELSE :now END + :spread
WHERE account = :account AND name = :pace AND EXISTS ({WRITTEN}) RETURNING value
"""

WHY: Final = f"""
SELECT CASE WHEN EXISTS ({WRITTEN}) THEN 1 ELSE 0 END, CASE WHEN EXISTS ({HELD}) THEN 1 ELSE 0 END,
    coalesce((SELECT stage FROM campaign WHERE id = :campaign), ''),
    coalesce((SELECT value FROM campaign_budget WHERE account = :account AND name = :quota), 0)
"""

USED_UP: Final = """
INSERT INTO campaign_budget (account, name, value) VALUES (:account, :quota, :most)
ON CONFLICT (account, name) DO UPDATE SET value = excluded.value
WHERE campaign_budget.value < excluded.value
"""

GIVE_BACK: Final = """
UPDATE campaign_budget SET value = CASE WHEN value > :number THEN value - :number ELSE 0 END
WHERE account = :account AND name = :quota RETURNING value
"""

OUTCOME_COLUMNS: Final = "campaign, chunk, position, n, verdict, code, msgid, at"

RECORD: Final = {
    "sqlite": f"""
INSERT INTO campaign_outcome ({OUTCOME_COLUMNS})
SELECT :campaign, :chunk, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
FROM json_each(:rows) WHERE 1 = 1 ON CONFLICT DO NOTHING
""",
    "postgresql": f"""
INSERT INTO campaign_outcome ({OUTCOME_COLUMNS})
SELECT :campaign, :chunk, (one ->> 0)::int, (one ->> 1)::int, (one ->> 2)::int, (one ->> 3)::int,
    (one ->> 4)::bigint, (one ->> 5)::float8
FROM json_array_elements(:rows::json) AS one ON CONFLICT DO NOTHING
""",
}

RECIPIENTS: Final = """
SELECT person, variables FROM campaign_recipient WHERE campaign = :campaign AND chunk = :chunk ORDER BY position
"""

ATTEMPTS: Final = """
SELECT n, fence, at, members FROM campaign_attempt WHERE campaign = :campaign AND chunk = :chunk ORDER BY n
"""

OF_PERSON: Final = """
SELECT c.id, c.name, c.kind, c.plan, c.created_at, r.chunk, r.position, k.jobs, r.variables
FROM campaign_recipient AS r JOIN campaign AS c ON c.id = r.campaign
JOIN campaign_chunk AS k ON k.campaign = r.campaign AND k.chunk = r.chunk
WHERE c.account = :account AND r.person = :person ORDER BY c.id, r.chunk, r.position
"""
OUTCOMES: Final = """
SELECT position, n, verdict, code, msgid, at FROM campaign_outcome WHERE campaign = :campaign AND chunk = :chunk
"""

RESULTS: Final = """
SELECT o.position, r.delivered, r.status, r.at FROM campaign_outcome AS o JOIN campaign AS c ON c.id = o.campaign
JOIN campaign_result AS r ON r.account = c.account AND r.kind = :kind AND r.msgid = o.msgid
WHERE o.campaign = :campaign AND o.chunk = :chunk AND o.msgid <> 0
"""

RESULTS_BY_PERSON: Final = """
SELECT t.position, r.delivered, r.status, r.at FROM campaign_recipient AS t JOIN campaign AS c ON c.id = t.campaign
JOIN campaign_result AS r ON r.account = c.account AND r.person = t.person AND r.kind = :kind
    AND r.template = :template
WHERE t.campaign = :campaign AND t.chunk = :chunk ORDER BY r.at
"""

FIELDS: Final = """
SELECT number, field, sealed FROM person_field
WHERE account = :account AND number BETWEEN :first AND :last AND field IN ({fields}) ORDER BY number
"""


class CampaignTables:
    """The ledger of every account in one database, whose tables `store.migrate` made."""

    def __init__(self, database: SqliteDatabase | PostgresDatabase) -> None:
        self.database = database
        self._statements = Statements(database)
        self._together = Together(self._statements)
        self._budgets: set[tuple[str, str]] = set()
        """Those whose rows are surely there."""
        self._record = RECORD["postgresql" if self._statements.takes_locks else "sqlite"]

    # ---- campaigns

    async def create(self, account: str, name: str, kind: str, plan: bytes, now: float) -> Campaign:
        """A campaign that recipients can be added to."""
        values = {"account": account, "name": name, "kind": kind, "plan": plan, "now": now}
        values["key"] = secrets.token_hex(6)
        return _campaign((await self._statements.run((CREATE, values)))[0])

    async def add_chunk(
        self, campaign: int, chunk: int, recipients: Sequence[Recipient], jobs: int | None = None
    ) -> None:
        """Add a chunk; `jobs` is how many calls it takes, if not one for each recipient."""
        number = len(recipients) if jobs is None else jobs
        values = {"campaign": campaign, "chunk": chunk, "jobs": number, "recipients": len(recipients)}
        rows = [(campaign, chunk, position, *one) for position, one in enumerate(recipients)]
        if isinstance(self.database, SqliteDatabase):

            def work(db: sqlite3.Connection) -> None:
                db.execute(ADD_CHUNK, values)
                db.executemany(ADD_RECIPIENT, rows)

            await self.database.write(work, steps=2)
            return
        connection = await self.database.connect()
        async with connection, connection.transaction(), connection.cursor() as cursor:
            places = ADD_CHUNK.replace(":campaign", "%(campaign)s").replace(":chunk", "%(chunk)s")
            places = places.replace(":jobs", "%(jobs)s").replace(":recipients", "%(recipients)s")
            await cursor.execute(places.encode(), values)
            async with cursor.copy(COPY_RECIPIENTS.encode()) as copy:
                copy.set_types(["int8", "int4", "int4", "int8", "bytea"])
                for row in rows:
                    await copy.write_row(row)

    async def copies(self, account: str, campaign: int, fields: Iterable[str]) -> None:
        """Note, before they are added, that variables of recipients are copies of these fields of people."""
        values = {"account": account, "campaign": campaign}
        await self._statements.run(*((COPIES, {**values, "field": field}) for field in fields))

    async def copied(self, campaign: int) -> bool:
        """Whether variables of recipients are copies of people's fields."""
        return bool(await self._statements.run((COPIED, {"campaign": campaign})))

    async def filled(
        self, campaign: int, now: float, account: str = "", fields: Iterable[str] = ()
    ) -> Campaign | None:
        """All recipients are there, with copies of these fields of people; None if it was not being filled."""
        values = {"campaign": campaign, "now": now, "account": account, "empty": b""}
        steps = [(EMPTY_WITHDRAWN, {**values, "field": field}) for field in fields]
        return _only((await self._statements.each(*steps, (FILLED, values)))[-1])

    async def emptied(self, campaign: int, chunk: int) -> set[int]:
        """The people of a chunk who have no variables, or no longer."""
        return {row[0] for row in await self._statements.run((EMPTIED, _at(campaign, chunk)))}

    async def empty_ended(self, account: str, before: float) -> int:
        """Empty the variables of campaigns that ended before then, a chunk at a time; of how many recipients."""
        emptied = 0
        for (campaign,) in await self._statements.run((ENDED, {"account": account, "before": before})):
            for chunk, _, _ in await self.chunks(campaign):
                values = {**_at(campaign, chunk), "empty": b""}
                emptied += len(await self._statements.run((EMPTY_CHUNK, values)))
            await self._statements.run((COPIES_NOTHING, {"account": account, "campaign": campaign}))
        return emptied

    async def campaign(self, campaign: int) -> Campaign | None:
        sql = f"SELECT {COLUMNS} FROM campaign WHERE id = :campaign"
        return _only(await self._statements.run((sql, {"campaign": campaign})))

    async def campaigns(self, account: str, stage: Stage | None = None) -> list[Campaign]:
        """Those of one account, oldest first."""
        sql = f"SELECT {COLUMNS} FROM campaign WHERE account = :account AND (:stage = '' OR stage = :stage) ORDER BY id"
        rows = await self._statements.run((sql, {"account": account, "stage": stage.value if stage else ""}))
        return [_campaign(row) for row in rows]

    async def move(self, campaign: Campaign, stage: Stage, now: float, reason: str = "") -> Campaign | None:
        """Change the stage; None if it may not follow, or the stage is not any more what the caller saw."""
        if stage not in MAY_FOLLOW[campaign.stage]:
            return None
        values = {"campaign": campaign.id, "stage": stage.value, "reason": reason, "now": now}
        return _only(await self._statements.run((MOVE, {**values, "before": campaign.stage.value})))

    async def complete(self, campaign: int, now: float) -> bool:
        """End a running campaign, if every chunk of it is done."""
        return bool(await self._statements.run((COMPLETE, {"campaign": campaign, "now": now})))

    # ---- chunks

    async def claim(self, campaign: int, holder: str, n: int, now: float, seconds: float) -> list[Claim]:
        """Take up to `n` chunks that are due, for some seconds. Touches no other table."""
        sql = CLAIM.format(lock="FOR UPDATE SKIP LOCKED" if self._statements.takes_locks else "")
        values = {"campaign": campaign, "holder": holder, "n": n, "now": now, "until": now + seconds}
        return [Claim(*row) for row in sorted(await self._statements.run((sql, values)))]

    async def renew(self, campaign: int, holder: str, now: float, seconds: float) -> set[int]:
        """Hold on to the chunks that are still this holder's; gives their numbers."""
        values = {"campaign": campaign, "holder": holder, "until": now + seconds}
        return {row[1] for row in await self._statements.run((RENEW, values))}

    async def release(self, claim: Claim, due: float) -> bool:
        """Let others have the chunk, not before `due`. False if it is somebody else's by now."""
        return bool(await self._statements.run((RELEASE, {**_place(claim), "due": due})))

    async def finish(self, claim: Claim, counts: dict[Verdict, int]) -> bool:
        """Nothing is left to do in the chunk. False if it is somebody else's by now."""
        names = ("accepted", "refused", "skipped", "unknown")
        values = {name: counts.get(Verdict[name.upper()], 0) for name in names}
        return bool(await self._statements.run((FINISH, {**_place(claim), **values})))

    async def recipients(self, campaign: int, chunk: int) -> list[Recipient]:
        """In the order of their positions."""
        return [(row[0], row[1]) for row in await self._statements.run((RECIPIENTS, _at(campaign, chunk)))]

    async def of_person(self, account: str, person: int) -> list[RecipientRow]:
        """Every place that a person has in campaigns. Goes through the recipients of all campaigns."""
        values = {"account": account, "person": person}
        return [RecipientRow(*row) for row in await self._statements.run((OF_PERSON, values))]

    async def fields(
        self, account: str, fields: Sequence[str], first: int, last: int
    ) -> list[tuple[int, str, bytes]]:
        """What is recorded of the people with these numbers: number, field, sealed value."""
        sql = FIELDS.format(fields=listed(self._statements, "text"))
        values = {"account": account, "listed": as_list(fields), "first": first, "last": last}
        return [(row[0], row[1], row[2]) for row in await self._statements.run((sql, values))]

    async def chunks(self, campaign: int) -> list[tuple[int, int, int]]:
        """The number of each chunk, how many jobs it has, and how many recipients."""
        sql = "SELECT chunk, jobs, recipients FROM campaign_chunk WHERE campaign = :campaign ORDER BY chunk"
        return [(row[0], row[1], row[2]) for row in await self._statements.run((sql, {"campaign": campaign}))]

    async def ledger(self, campaign: int, chunk: int, jobs: int, kind: str, template: str = "") -> Ledger:
        """What was intended, what came of it, and what results WeChat pushed for messages of this kind.

        With a `template` results are found by person and template, where the answer to a send names no message.
        """
        place = {**_at(campaign, chunk), "kind": kind, "template": template}
        steps = ((ATTEMPTS, place), (OUTCOMES, place), (RESULTS_BY_PERSON if template else RESULTS, place))
        attempts, outcomes, results = await self._statements.each(*steps)
        found = Ledger(
            jobs,
            [Attempt(n, fence, at, int.from_bytes(members, "little")) for n, fence, at, members in attempts],
            [
                Outcome(position, n, Verdict(verdict), code, msgid, at)
                for position, n, verdict, code, msgid, at in outcomes
            ],
            [Result(position, bool(delivered), status, at) for position, delivered, status, at in results],
        )
        if template:
            found.keep_timely_results()
        return found

    # ---- sending

    async def intend(
        self,
        account: str,
        claim: Claim,
        n: int,
        positions: Iterable[int],
        now: float,
        limits: Limits,
        *,
        outcomes: Sequence[Outcome] = (),
    ) -> Attempt | Refused:
        """Write the intent to send to these positions, as the chunk's attempt `n`, and charge quota and rate for it.

        In the same transaction, whatever becomes of the intent, `outcomes` of attempts before are appended.

        Asked again after StateDown, it finds what it wrote; quota and rate are then charged twice.
        """
        members = sum(1 << position for position in set(positions))
        number = members.bit_count()
        values = {**_place(claim), **_charged(claim, number, limits, now), "account": account, "n": n}
        values["members"] = members.to_bytes((members.bit_length() + 7) // 8, "little")
        await self._have_budgets(account, values, limits)
        steps: list[Step] = [self._recorded(claim.campaign, claim.chunk, outcomes)] if outcomes else []
        steps += [*self._intent(values, limits), (WHY, values)]
        if self._statements.takes_locks:  # in SQLite the writing thread commits what was asked for together
            rows = await self._together.run(
                (claim.campaign, claim.chunk), self._locked(values, limits), steps
            )
        else:
            rows = await self._statements.each(*steps)
        written, held, stage, used = rows[-1][0]
        if written:
            return Attempt(n, claim.fence, now, members)
        if not held:
            return Refused.LEASE
        if stage != Stage.RUNNING:
            return Refused.CAMPAIGN
        return Refused.QUOTA if limits.quota and used + number > limits.most else Refused.RATE

    def _locked(self, values: dict[str, Any], limits: Limits) -> list[Step]:
        """What the condition looks at is locked first: others change it before or after, never in between."""
        names = [values["quota"]] if limits.quota else []
        names += [values["pace"]] if limits.rate else []
        account = values["account"]
        budgets = [(f"{VALUE} FOR UPDATE", {"account": account, "budget": name}) for name in names]
        return [(f"{HELD} FOR UPDATE", values), *budgets]

    def _intent(self, values: dict[str, Any], limits: Limits) -> list[Step]:
        steps: list[Step] = [(INTEND, values)]
        if limits.quota:
            steps.append((CHARGE, values))
        return steps + ([(PACE, values)] if limits.rate else [])

    async def _have_budgets(self, account: str, values: dict[str, Any], limits: Limits) -> None:
        """Make the rows that intents are charged to, once."""
        names = [values["quota"]] if limits.quota else []
        names += [values["pace"]] if limits.rate else []
        missing = [name for name in names if (account, name) not in self._budgets]
        if missing:
            await self._statements.run(*((BUDGET, {**values, "budget": name}) for name in missing))
            self._budgets |= {(account, name) for name in missing}

    async def left(self, account: str, limits: Limits) -> int:
        """How much may still be charged to the quota."""
        values = {"account": account, "budget": limits.quota}
        rows = await self._statements.run((VALUE, values))
        return max(0, int(limits.most - (rows[0][0] if rows else 0)))

    async def used_up(self, account: str, quota: str, most: float) -> None:
        """WeChat said that the quota is used up: no more intents are charged to it."""
        values = {"account": account, "quota": quota, "most": float(most)}
        await self._statements.run((USED_UP, values))

    async def give_back(self, account: str, quota: str, number: int) -> None:
        """Take back from the quota what intents were charged for calls that do not count."""
        values = {"account": account, "quota": quota, "number": float(number)}
        await self._statements.run((GIVE_BACK, values))

    async def record(self, campaign: int, chunk: int, outcomes: Sequence[Outcome]) -> None:
        """Append outcomes. May be repeated, and may come late: whoever holds the chunk by now reads them."""
        await self._statements.run(self._recorded(campaign, chunk, outcomes))

    def _recorded(self, campaign: int, chunk: int, outcomes: Sequence[Outcome]) -> tuple[str, dict[str, Any]]:
        rows = [(one.position, one.n, int(one.verdict), one.code, one.msgid, one.at) for one in outcomes]
        return self._record, {**_at(campaign, chunk), "rows": msgspec.json.encode(rows).decode()}

    async def close(self) -> None:
        await self._statements.close()


def _charged(claim: Claim, number: int, limits: Limits, now: float) -> dict[str, Any]:
    """What an intent for `number` jobs is charged to, and how much."""
    return {
        "now": float(now),
        "number": float(number),
        "quota": limits.quota,
        "most": float(limits.most),
        "pace": f"rate {claim.campaign}",
        "spread": number / limits.rate if limits.rate else 0.0,
        "latest": float(now + limits.ahead_s),
    }


def _place(claim: Claim) -> dict[str, Any]:
    return {"campaign": claim.campaign, "chunk": claim.chunk, "fence": claim.fence}


def _at(campaign: int, chunk: int) -> dict[str, Any]:
    return {"campaign": campaign, "chunk": chunk}


def _only(rows: list[Row]) -> Campaign | None:
    return _campaign(rows[0]) if rows else None


def _campaign(row: Row) -> Campaign:
    number, account, name, key, kind, plan, stage, reason, recipients, *times = row
    created_at, changed_at, started_at = times
    return Campaign(
        id=number,
        account=account,
        name=name,
        key=key,
        kind=kind,
        plan=plan,
        stage=Stage(stage),
        reason=reason,
        recipients=recipients,
        created_at=created_at,
        changed_at=changed_at,
        started_at=started_at,
    )
