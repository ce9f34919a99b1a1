"""Mass sends (群发) until they are accepted: who may send how often, what counts as the same send, and the speed.

Accepting makes a job; what becomes of it is in `mass_jobs`.
"""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

import msgspec

from ..mass_settings import MassOutcome
from .articles import next_msg_data_id
from .refusal import Refusal, require
from .tags import STAR_GROUP
from .world import CHINA, AccountState, World

WAITING, SENDING, SENT, FAILED, DELETED = "waiting", "sending", "sent", "failed", "deleted"
NO_QUOTA, REPEATED, REPEATED_TOO_SOON, AWAITS_ADMINISTRATOR = 45028, 45065, 45066, 89504
NO_SUCH_TAG, UNKNOWN_OPENIDS, NO_SUCH_JOB, NEVER_SET = 40152, 40031, 40059, 45084
# Real ids of mass sends have passed 2**31; ids that would fit hide mistakes.
FIRST_MSG_ID = 3_000_000_001
LEVELS = (800_000, 600_000, 450_000, 300_000, 100_000)
"""People a minute at speed 0 to 4 (设置群发速度, confirmed)."""


class Audience(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everybody, the carriers of a tag, or a list of OpenIDs."""

    everybody: bool = False
    tag: int | None = None
    openids: list[str] = []


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A mass send that was asked for: `lines` are the chat lines it makes, `content` what the caller wrote."""

    audience: Audience
    kind: str
    lines: list[dict[str, Any]]
    content: bytes
    msg_data_id: int | None = None
    """Of articles that were sent before."""
    clientmsgid: str = ""
    ignore_reprint: bool = False

    @property
    def guard(self) -> str:
        """What makes two sends the same: the caller's id, or else audience and content."""
        if self.clientmsgid:
            return f"id:{self.clientmsgid}"
        return "digest:" + hashlib.sha256(msgspec.json.encode(self.audience) + self.content).hexdigest()


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An accepted mass send."""

    msg_id: int
    msg_data_id: int | None
    appid: str
    time: float
    guard: str
    audience: Audience
    kind: str
    lines: list[dict[str, Any]]
    ignore_reprint: bool
    outcome: MassOutcome
    status: str


def check_audience(world: World, account: AccountState, audience: Audience) -> None:
    """Refuses with 40152 for a tag, 40031 for OpenIDs that the account never saw."""
    if audience.tag is not None:
        known = audience.tag == STAR_GROUP or world.db.value(
            "SELECT 1 FROM tag WHERE appid = ? AND id = ?", account.appid, audience.tag
        )
        require(known, NO_SUCH_TAG)
    if audience.openids:
        wanted = set(audience.openids)
        known = world.db.value(
            "SELECT count(*) FROM relation WHERE appid = ? AND openid IN (SELECT value FROM json_each(?))",
            account.appid,
            msgspec.json.encode(list(wanted)).decode(),
        )
        require(known == len(wanted), UNKNOWN_OPENIDS)


def accept(world: World, account: AccountState, order: Order) -> Job:
    """Make a job of an order. Refuses with 45065, 45066, 45028, 89504 and those of `check_audience`."""
    check_audience(world, account, order.audience)
    _is_new(world, account, order.guard)
    protected = account.mass.protected and order.audience.everybody
    if protected:
        waiting = world.db.value(
            "SELECT 1 FROM mass_job WHERE appid = ? AND status = ?", account.appid, WAITING
        )
        require(not waiting, AWAITS_ADMINISTRATOR)
    _has_quota(world, account, order.audience)
    job = Job(
        msg_id=world.db.next_number("mass", FIRST_MSG_ID),
        msg_data_id=order.msg_data_id or _new_data_id(world, order.kind),
        appid=account.appid,
        time=world.now(),
        guard=order.guard,
        audience=order.audience,
        kind=order.kind,
        lines=order.lines,
        ignore_reprint=order.ignore_reprint,
        outcome=_next_outcome(world, account),
        status=WAITING if protected else SENDING,
    )
    _store(world, job)
    return job


def _new_data_id(world: World, kind: str) -> int | None:
    """Articles and pictures have a number for comments and statistics."""
    return next_msg_data_id(world) if kind in ("news", "image") else None


def _is_new(world: World, account: AccountState, guard: str) -> None:
    row = world.db.one(
        "SELECT msg_id, time FROM mass_job WHERE appid = ? AND guard = ? AND time > ? ORDER BY time DESC",
        account.appid,
        guard,
        world.now() - world.rules.mass_guard_s,
    )
    if row is None:
        return
    soon = world.now() - row["time"] < world.rules.mass_guard_gap_s
    raise Refusal(REPEATED_TOO_SOON if soon else REPEATED, msg_id=row["msg_id"])


def _has_quota(world: World, account: AccountState, audience: Audience) -> None:
    """Subscription accounts count every send of the day; others only sends to everybody, by day and month."""
    rules, now = world.rules, datetime.datetime.fromtimestamp(world.now(), CHINA)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if account.kind == "subscription":
        require(_count(world, account, today) < rules.mass_per_day, NO_QUOTA)
    elif audience.everybody:
        require(_count(world, account, today, to_all=True) < rules.mass_to_all_per_day, NO_QUOTA)
        month = today.replace(day=1)
        require(_count(world, account, month, to_all=True) < rules.mass_per_month, NO_QUOTA)


def _count(world: World, account: AccountState, since: datetime.datetime, *, to_all: bool = False) -> int:
    """Sends since then; one that failed the review gives its place back."""
    count: int = world.db.value(
        "SELECT count(*) FROM mass_job WHERE appid = ? AND time >= ? AND status <> ? AND to_all >= ?",
        account.appid,
        since.timestamp(),
        FAILED,
        int(to_all),
    )
    return count


def choose_next(world: World, account: AccountState, outcome: MassOutcome) -> None:
    """Say how the next accepted send ends; several wait in line."""
    document = msgspec.json.encode(outcome).decode()
    world.db.run("INSERT INTO mass_next (appid, outcome) VALUES (?, ?)", account.appid, document)


def _next_outcome(world: World, account: AccountState) -> MassOutcome:
    row = world.db.one("SELECT id, outcome FROM mass_next WHERE appid = ? ORDER BY id LIMIT 1", account.appid)
    if row is None:
        return account.mass.outcome
    world.db.run("DELETE FROM mass_next WHERE id = ?", row["id"])
    return msgspec.json.decode(row["outcome"], type=MassOutcome)


def _store(world: World, job: Job) -> None:
    world.db.run(
        "INSERT INTO mass_job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        job.msg_id,
        job.msg_data_id,
        job.appid,
        job.time,
        job.guard,
        int(job.audience.everybody),
        msgspec.json.encode(job.audience).decode(),
        job.kind,
        msgspec.json.encode(job.lines).decode(),
        int(job.ignore_reprint),
        msgspec.json.encode(job.outcome).decode(),
        job.status,
    )


def find(world: World, appid: str, msg_id: int) -> Job:
    """Refuses with 40059 when this account has no such job."""
    row = world.db.one("SELECT * FROM mass_job WHERE appid = ? AND msg_id = ?", appid, msg_id)
    if row is None:
        raise Refusal(NO_SUCH_JOB)
    values = {name: row[name] for name in Job.__struct_fields__}
    for name, kind in (("audience", Audience), ("lines", list[dict[str, Any]]), ("outcome", MassOutcome)):
        values[name] = msgspec.json.decode(values[name], type=kind)
    values["ignore_reprint"] = bool(values["ignore_reprint"])
    return Job(**values)


def jobs(world: World, account: AccountState) -> list[Job]:
    """Every job of the account, the latest first."""
    found = world.db.column("SELECT msg_id FROM mass_job WHERE appid = ? ORDER BY msg_id DESC", account.appid)
    return [find(world, account.appid, msg_id) for msg_id in found]


def set_status(world: World, job: Job, status: str) -> None:
    world.db.run("UPDATE mass_job SET status = ? WHERE msg_id = ?", status, job.msg_id)


def set_deleted(world: World, job: Job) -> None:
    """Every successful send of the same articles is deleted with this one."""
    world.db.run(
        "UPDATE mass_job SET status = ? WHERE msg_data_id = ? AND status = ?", DELETED, job.msg_data_id, SENT
    )


def of_data(world: World, account: AccountState, msg_data_id: int) -> int:
    """The first send of these articles. Refuses with 40059."""
    msg_id: int | None = world.db.value(
        "SELECT min(msg_id) FROM mass_job WHERE appid = ? AND msg_data_id = ?", account.appid, msg_data_id
    )
    if msg_id is None:
        raise Refusal(NO_SUCH_JOB)
    return msg_id


def speed(world: World, account: AccountState) -> int:
    """The level that was set; refuses with 45084 when none was."""
    level: int | None = world.db.value("SELECT speed FROM mass_speed WHERE appid = ?", account.appid)
    if level is None:
        raise Refusal(NEVER_SET)
    return level


def set_speed(world: World, account: AccountState, level: int) -> None:
    world.db.run("INSERT OR REPLACE INTO mass_speed VALUES (?, ?)", account.appid, level)


def people_per_minute(world: World, account: AccountState) -> int:
    """How fast a send goes: full speed unless a level was set."""
    level = world.db.value("SELECT speed FROM mass_speed WHERE appid = ?", account.appid)
    return LEVELS[level or 0]
