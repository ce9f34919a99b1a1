"""People's data that the version with schema 0003 wrote is there after `db upgrade`: fields, consents, the audit trail,
and a message in flight; who was erased stays so, and new data is stored beside it.

The rows are those that this version really wrote, by its own code.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from tests.servers import Postgres

from gongzhong.database import DatabaseUrl, read_url
from gongzhong.people import LocalMaster, Masters, open_people
from gongzhong.people.audit import Audit
from gongzhong.people.purposes import Collected, Purposes
from gongzhong.people.sealed import SealedWork
from gongzhong.store import migrate, open_store

HERE = Path(__file__).parent
APPID = "wx00000000000000aa"
FIELDS = {
    "oAlice": {"nickname": "小红", "phone": "13800000000"},
    "oBob": {"phone": "13900000000"},
    "oCarol": {},
}
BYTES = re.compile("X'([0-9a-f]*)'", re.IGNORECASE)
pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.heavy)])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseUrl]:
    """A database with schema 0003 and the rows of people in it."""
    server = Postgres(tmp_path / "postgres") if request.param == "postgresql" else None
    if server is not None:
        server.start()
    url = read_url(server.url if server is not None else f"sqlite:///{tmp_path / 'data.db'}")
    lines = (HERE / "old_people.sql").read_text("utf-8").splitlines()[1:]
    with migrate._connected(url) as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for line in lines:
            connection.exec_driver_sql(BYTES.sub(r"'\\x\1'", line) if server is not None else line)
        if server is not None:
            for table in ("person_consent", "work"):
                connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 100)")
    yield url
    if server is not None:
        server.stop()


async def test_people_of_the_version_before_are_read_and_go_on(old: DatabaseUrl, tmp_path: Path) -> None:
    keys = read_url(f"sqlite:///{tmp_path / 'keys.db'}")
    with closing(sqlite3.connect(keys.path)) as store:
        store.executescript((HERE / "old_people_keys.sql").read_text("utf-8"))
    assert migrate.upgrade(old).version == "0003"
    people = open_people(old, Masters(LocalMaster(b"m" * 32)), keys=keys)
    purposes = Purposes()
    purposes.add(Collected(field="phone", purpose="送货时联系您", text_version="1", text="回复“同意”即可"))
    purposes.add(Collected(field="nickname", purpose="称呼", text_version="1", item=205))
    records = people.records(APPID, purposes)
    assert {openid: await records.all(openid) for openid in FIELDS} == FIELDS
    assert [one.field for one in await records.consents("oBob") if not one.withdrawn_at] == ["phone"]
    assert [one.reason for one in await people.erasure(APPID).certificates()] == ["unsubscribe"]
    assert (await Audit(people.vault(APPID)).verify()).whole
    [row] = await SealedWork(open_store(old), people).take(APPID, "push", "a process", 5, 30.0)
    assert (row.line, row.key, row.data) == ("oAlice", "oAlice:11", b"a message in flight")
    await records.consent("oDave", ["phone"], how="chat")
    await records.store("oDave", "phone", "13600000000")
    assert await records.all("oDave") == {"phone": "13600000000"}
    assert await people.erasure(APPID).person("oAlice", reason="request") is not None
    assert await records.all("oAlice") == {}
    await people.close()
