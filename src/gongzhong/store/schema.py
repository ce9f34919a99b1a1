"""The durable tables, as SQLAlchemy Core sees them: for migrations and for what the console asks.

Hot statements are plain SQL beside their tables' code (`sql.py`). A change here needs a migration in `migrations/`; a
test holds the two together.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text, text

metadata = MetaData()

Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts a primary key up by itself only when it is called INTEGER."""


def _index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that meet a condition."""
    return Index(name, *columns, unique=unique, postgresql_where=text(where), sqlite_where=text(where))


work = Table(
    "work",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("stage", Text, nullable=False),
    Column("due", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    _index("work_due", "account", "kind", "due", "id", where="stage <> 'dead'"),
    Index("work_line", "account", "kind", "line", "id"),
    _index("work_holder", "holder", where="stage = 'running'"),
    _index("work_key", "account", "kind", "key", where="key <> ''", unique=True),
    sqlite_autoincrement=True,
    postgresql_with={
        "fillfactor": "70",
        "autovacuum_vacuum_scale_factor": "0.02",
        "autovacuum_vacuum_cost_delay": "1",
    },
)

gateway_key = Table(
    "gateway_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("accounts", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("networks", Text, nullable=False),
    Column("per_minute", BigInteger, nullable=False),
    Column("daily", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double, nullable=False),
)

gateway_call = Table(
    "gateway_call",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("key", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("appid", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("status", BigInteger, nullable=False),
    Column("errcode", BigInteger, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Index("gateway_call_at", "at"),
    sqlite_autoincrement=True,
)

people_api_key = Table(
    "people_api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("role", Text, nullable=False),
    Column("accounts", Text, nullable=False),
    Column("networks", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double, nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("account", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("lookup", Text, nullable=False),
    Column("union_lookup", Text, nullable=False),
    Column("openid", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("person_lookup", "account", "lookup", unique=True),
    _index("person_union", "union_lookup", where="union_lookup <> ''"),
)

person_field = Table(
    "person_field",
    metadata,
    Column("account", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("field", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("stored_at", Double, nullable=False),
    Index("person_field_age", "account", "field", "stored_at"),
)

person_consent = Table(
    "person_consent",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("field", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("text_version", Text, nullable=False),
    Column("shown", LargeBinary, nullable=False),
    Column("given_at", Double, nullable=False),
    Column("withdrawn_at", Double, nullable=False),
    Index("person_consent_person", "account", "number", "field"),
    sqlite_autoincrement=True,
)

person_audit = Table(
    "person_audit",
    metadata,
    Column("account", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)

campaign = Table(
    "campaign",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("plan", LargeBinary, nullable=False),
    Column("stage", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("recipients", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("changed_at", Double, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("kind", Text, nullable=False, server_default="template"),
    sqlite_autoincrement=True,
)


def _key(name: str) -> Column[int]:
    """A number of the key that a caller gives."""
    kind = Number if name == "campaign" else Integer()
    return Column(name, kind, primary_key=True, autoincrement=False)


campaign_chunk = Table(
    "campaign_chunk",
    metadata,
    *map(_key, ("campaign", "chunk")),
    Column("jobs", Integer, nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("due", Double, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    _index("campaign_chunk_due", "campaign", "due", "chunk", where="stage = 'open'"),
    postgresql_with={"fillfactor": "50", "autovacuum_vacuum_scale_factor": "0.05"},
    sqlite_with_rowid=False,
)

campaign_recipient = Table(
    "campaign_recipient",
    metadata,
    *map(_key, ("campaign", "chunk", "position")),
    Column("person", BigInteger, nullable=False),
    Column("variables", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

campaign_field = Table(
    "campaign_field",
    metadata,
    Column("account", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("campaign", BigInteger, primary_key=True, autoincrement=False),
)

campaign_attempt = Table(
    "campaign_attempt",
    metadata,
    *map(_key, ("campaign", "chunk", "n")),
    Column("fence", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("members", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

campaign_outcome = Table(
    "campaign_outcome",
    metadata,
    *map(_key, ("campaign", "chunk", "position", "n", "verdict")),
    Column("code", Integer, nullable=False),
    Column("msgid", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    _index("campaign_outcome_msgid", "msgid", where="msgid <> 0"),
    sqlite_with_rowid=False,
)

campaign_budget = Table(
    "campaign_budget",
    metadata,
    Column("account", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Double, nullable=False),
    postgresql_with={"fillfactor": "50"},
)

campaign_result = Table(
    "campaign_result",
    metadata,
    Column("account", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("msgid", BigInteger, primary_key=True, autoincrement=False),
    Column("person", BigInteger, nullable=False),
    Column("template", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Index("campaign_result_person", "account", "person"),
)
