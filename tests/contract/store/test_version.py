"""The version of a database is read without the packages that make tables; what is not up to date is left to them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from tests.servers import Postgres

from gongzhong.database import read_url
from gongzhong.errors import SetupError, StateDown
from gongzhong.store import migrate
from gongzhong.store.version import require_tables, wanted

LOOK = """
import sys
from gongzhong.database import read_url
from gongzhong.store.version import require_tables

require_tables(read_url(sys.argv[1]))
print(sorted({"alembic", "sqlalchemy"} & set(sys.modules)))
"""


def loaded(address: str) -> str:
    """Which of the packages that make tables a program has loaded that asked for the tables."""
    asked = [sys.executable, "-c", LOOK, address]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def test_the_version_wanted_is_that_of_the_newest_migration() -> None:
    assert wanted() == ScriptDirectory.from_config(migrate._config()).get_current_head()


def test_a_new_file_that_another_process_is_just_filling_is_waited_for(tmp_path: Path) -> None:
    """Workers that start at the same moment: SQLite does not wait by itself to switch a file to write-ahead logging."""
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE begun (x)")
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(migrate.prepare, read_url(f"sqlite:///{path}"))
        with pytest.raises(TimeoutError):
            made.result(0.2)
        other.execute("COMMIT")
        made.result(10)
    other.close()


def test_a_new_file_gets_its_tables_and_is_only_looked_at_afterwards(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'a file.db'}"
    assert loaded(address) == "['alembic', 'sqlalchemy']"
    assert migrate.status(read_url(address)).current
    assert loaded(address) == "[]"


def test_an_older_and_a_newer_version_are_refused(tmp_path: Path) -> None:
    url = read_url(f"sqlite:///{tmp_path / 'a.db'}")
    require_tables(url)
    for version, said in (("0001", "gongzhong db upgrade"), ("9999", "newer")):
        with migrate._connected(url) as connection:
            connection.exec_driver_sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '{version}'")
        with pytest.raises(SetupError) as refused:
            require_tables(url)
        assert said in f"{refused.value.en} {refused.value.fix_en}"


def test_what_is_no_database_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"no database" * 100)
    with pytest.raises((SetupError, StateDown)):
        require_tables(read_url(f"sqlite:///{tmp_path / 'a.db'}"))


@pytest.mark.heavy
def test_postgresql(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres")
    server.start()
    try:
        assert loaded(server.url) == "['alembic', 'sqlalchemy']"
        assert loaded(server.url) == "[]"
    finally:
        server.stop()
    with pytest.raises(StateDown):
        require_tables(read_url(server.url))
