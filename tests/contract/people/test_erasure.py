"""Erasure: certificate, replay after a restore, the audit trail, and the proof on the bytes of files."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import psycopg
import pytest

from gongzhong import Account, MovableClock
from gongzhong.app import App
from gongzhong.app.binding import Services
from gongzhong.database import DatabaseUrl
from gongzhong.database.sqlite import SqliteDatabase
from gongzhong.people import Audit, Certificate, NoConsent, People, Records
from gongzhong.people.key_tables import KeyTables
from gongzhong.people.tables import PeopleTables
from gongzhong.store import NewWork, migrate
from gongzhong.store.sql import SqlWork

from .conftest import Places
from .test_records import ALICE, BOB, SHOP, purposes

pytestmark = pytest.mark.anyio
PHONE, NICKNAME = "13812345678", "爱丽丝在此"


async def fill(people: People, *openids: str) -> Records:
    records = people.records(SHOP, purposes())
    for openid in openids or (ALICE, BOB):
        await records.consent(openid, ["phone", "nickname"], how="chat", text=f"给{NICKNAME}看的文本")
        await records.store(openid, "phone", PHONE)
        await records.store(openid, "nickname", NICKNAME)
    return records


async def test_an_erased_person_leaves_a_certificate_and_nothing_else(
    people: People, clock: MovableClock
) -> None:
    records = await fill(people)
    erasure = people.erasure(SHOP)
    [number] = await people.vault(SHOP).numbers([ALICE])
    clock.advance(60)
    certificate = await erasure.person(ALICE, reason="unsubscribe", by="wechat")
    assert certificate == Certificate(
        account=SHOP,
        number=number,
        scope="person",
        at=clock.now(),
        reason="unsubscribe",
        by="wechat",
        fields=["nickname", "phone"],
    )
    assert await erasure.certificates() == [certificate]
    assert await records.all(ALICE) == {}
    assert await records.consents(ALICE) == []
    assert await people.vault(SHOP).find([ALICE]) == [None]
    assert await records.read(BOB, "phone") == PHONE
    assert await erasure.person(ALICE, reason="request") is None
    [again] = await people.vault(SHOP).numbers([ALICE])
    assert again > number, "who comes back is somebody new"


async def test_what_is_kept_elsewhere_is_erased_first(people: People, places: Places) -> None:
    await fill(people)
    seen: list[str] = []

    async def also(openid: str) -> None:
        seen.append(openid)

    work = SqlWork(people.tables.database, places.clock)
    await work.add(SHOP, [NewWork(kind="push", data=b"hello", line=who) for who in (ALICE, BOB)])
    await people.erasure(SHOP, [also]).person(ALICE, reason="request")
    assert seen == [ALICE]
    assert [row.line for row in await work.show()] == [BOB]


async def test_single_fields_are_erased_item_by_item(people: People) -> None:
    records = await fill(people)
    fields = purposes().withdrawn_by({205, 201})
    certificate = await people.erasure(SHOP).fields(ALICE, fields, reason="revoke", by="wechat")
    assert certificate is not None
    assert (certificate.scope, certificate.fields) == ("fields", ["nickname"])
    assert await records.all(ALICE) == {"phone": PHONE}
    assert [bool(one.withdrawn_at) for one in await records.consents(ALICE)] == [False, True]


async def test_an_account_is_erased_and_can_begin_anew(people: People, clock: MovableClock) -> None:
    await fill(people)
    [old] = await people.vault(SHOP).numbers([BOB])
    clock.advance(1)
    certificate = await people.erasure(SHOP).account(reason="end of service")
    assert (certificate.number, certificate.scope) == (0, "account")
    clock.advance(1)
    records = await fill(people)
    assert await records.read(ALICE, "phone") == PHONE
    assert await people.vault(SHOP).openids([old]) == [None]
    assert await people.erasure(SHOP).replay() == 0, "the new data is not erased again"
    assert await records.read(ALICE, "phone") == PHONE


async def test_a_restored_copy_is_unreadable_and_its_rows_go_again(
    people: People, places: Places, tmp_path: Path, clock: MovableClock
) -> None:
    records = await fill(people)
    [number] = await people.vault(SHOP).numbers([ALICE])
    rows = await people.tables.fields(SHOP, number)
    copy = await rows_of(places.data)
    clock.advance(1)
    await people.erasure(SHOP).person(ALICE, reason="request")
    await people.erasure(SHOP).fields(BOB, ["phone"], reason="revoke")
    await put_back(places.data, copy)
    assert await people.vault(SHOP).unseal([(number, row.field, row.sealed) for row in rows]) == [None, None]
    assert await records.all(ALICE) == {}, "before the replay already"
    report = await Audit(people.vault(SHOP)).verify()
    assert report.faults == [(3, "cut off")], "the trail says that entries are missing"
    assert await people.erasure(SHOP).replay() == 2
    assert await people.vault(SHOP).find([ALICE]) == [None]
    assert await records.all(BOB) == {"nickname": NICKNAME}
    assert (await Audit(people.vault(SHOP)).verify()).whole
    assert await people.erasure(SHOP).replay() == 0


async def test_a_withdrawn_consent_and_its_value_stay_gone_after_a_restore(
    people: People, places: Places, clock: MovableClock
) -> None:
    records = await fill(people)
    copy = await rows_of(places.data)
    clock.advance(1)
    assert await records.withdraw(ALICE, ["phone", "unheard-of"], by="wechat") == ["phone"]
    [certificate] = await people.erasure(SHOP).certificates()
    assert (certificate.reason, certificate.fields) == ("withdrawal", ["phone"])
    withdrawn_at = clock.now()
    clock.advance(60)
    await put_back(places.data, copy)
    assert await people.erasure(SHOP).replay() == 1
    assert await records.all(ALICE) == {"nickname": NICKNAME}
    assert [one.withdrawn_at for one in await records.consents(ALICE)] == [withdrawn_at, 0.0]
    with pytest.raises(NoConsent):
        await records.store(ALICE, "phone", PHONE)
    assert await records.read(BOB, "phone") == PHONE


async def test_a_withdrawal_whose_process_died_is_ended(
    people: People, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = await fill(people)

    async def die(*_: object, **__: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patched:
        patched.setattr(PeopleTables, "withdraw", die)
        with pytest.raises(InterruptedError):
            await records.withdraw(ALICE, ["phone"])
    assert await records.read(ALICE, "phone") == PHONE
    clock.advance(61)
    [certificate] = await people.erasure(SHOP).complete()
    assert certificate.fields == ["phone"]
    assert await records.all(ALICE) == {"nickname": NICKNAME}
    assert [bool(one.withdrawn_at) for one in await records.consents(ALICE)] == [True, False]
    assert (await Audit(people.vault(SHOP)).entries())[-1].action == "withdraw"


async def test_erasures_of_one_moment_are_all_recorded_and_all_carried_out_again(
    people: People, places: Places
) -> None:
    records = await fill(people)
    copy = await rows_of(places.data)
    erasure = people.erasure(SHOP)
    await erasure.fields(ALICE, ["phone"], reason="revoke", by="wechat")
    await records.withdraw(ALICE, ["nickname"])
    await erasure.person(BOB, reason="request")
    await erasure.fields(ALICE, ["phone"], reason="revoke", by="wechat")
    certificates = await erasure.certificates()
    assert [one.fields for one in certificates] == [["phone"], ["nickname", "phone"], ["nickname"]]
    assert len({one.at for one in certificates if one.scope == "fields"}) == 2
    await put_back(places.data, copy)
    assert await erasure.replay() == 3
    assert await records.all(ALICE) == {}
    assert await people.vault(SHOP).find([BOB]) == [None]
    await erasure.account(reason="end of service", by="one")
    await erasure.account(reason="end of service", by="two")
    assert [one.by for one in await erasure.certificates() if one.scope == "account"] == ["one", "two"]
    assert await erasure.complete(older_s=-1) == []


async def test_an_erasure_that_is_recorded_no_second_time_destroys_no_key(people: People) -> None:
    """The key goes with its certificate or not at all."""
    await fill(people)
    [alice] = await people.vault(SHOP).numbers([ALICE])
    tables = people.keyring.tables
    assert await tables.record_erasure(SHOP, alice, b"single fields", 5.0, "fields")
    assert not await tables.record_erasure(SHOP, alice, b"everything", 5.0, "person")
    assert len(await tables.person_keys(SHOP, [alice])) == 1
    assert [row[2] for row in await tables.erasures(SHOP)] == [b"single fields"]


async def test_nothing_is_certified_that_was_neither_stored_nor_agreed_to(people: People) -> None:
    await fill(people)
    erasure = people.erasure(SHOP)
    assert await erasure.fields(ALICE, ["phon"], reason="request") is None
    assert await erasure.certificates() == []
    certificate = await erasure.fields(ALICE, ["phon", "phone"], reason="request")
    assert certificate is not None and certificate.fields == ["phone"]


async def test_an_account_asked_to_erase_no_fields_erases_nothing(
    people: People, clock: MovableClock
) -> None:
    records = await fill(people)
    account = Account(appid=SHOP, secret="s" * 32, token="token1")
    bound = App().bind(account, Services(people=people, clock=clock))
    assert await bound.erase(ALICE, fields=[]) is None
    assert await records.read(ALICE, "phone") == PHONE
    certificate = await bound.erase(ALICE)
    assert certificate is not None and certificate.scope == "person"
    await bound.shutdown(0)


TABLES = ("person", "person_field", "person_consent", "person_audit")


async def rows_of(url: DatabaseUrl) -> dict[str, list[tuple[object, ...]]]:
    """What a copy of the database would hold."""
    if url.kind == "postgresql":
        with psycopg.connect(url.address.reveal()) as connection:
            return {name: connection.execute(f"SELECT * FROM {name}".encode()).fetchall() for name in TABLES}
    database = SqliteDatabase(url.path)
    kept = await database.read(
        lambda db: {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}
    )
    await database.close()
    return kept


async def put_back(url: DatabaseUrl, copy: dict[str, list[tuple[object, ...]]]) -> None:
    if url.kind == "postgresql":
        with psycopg.connect(url.address.reveal()) as connection:
            for name, rows in copy.items():
                connection.execute(f"DELETE FROM {name}".encode())
                marks = ", ".join(["%s"] * len(rows[0]))
                connection.cursor().executemany(f"INSERT INTO {name} VALUES ({marks})".encode(), rows)
        return
    database = SqliteDatabase(url.path)
    for name, rows in copy.items():
        marks = ", ".join("?" * len(rows[0]))
        await database.write(lambda db, name=name: db.execute(f"DELETE FROM {name}"))  # type: ignore[misc]
        await database.write(
            lambda db, name=name, rows=rows, marks=marks: db.executemany(  # type: ignore[misc]
                f"INSERT INTO {name} VALUES ({marks})", rows
            )
        )
    await database.close()


def files_of(
    folder: Path, places: Places, server: Path | None = None
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The bytes of every file by name: of all, and of those that hold keys."""
    if server is None:
        everything = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return everything, {name: data for name, data in everything.items() if name.startswith("keys.db")}
    found: dict[str, dict[str, bytes]] = {}
    for url in (places.data, places.keys):
        with psycopg.connect(url.address.reveal(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            [[number]] = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        base = server / "base" / str(number)
        found[url.place] = {f"{number}/{path.name}": path.read_bytes() for path in base.iterdir()}
    rest = [folder / "before.copy", *(path for path in (server / "pg_wal").iterdir() if path.is_file())]
    everything = {path.name: path.read_bytes() for path in rest}
    everything |= found[places.data.place] | found[places.keys.place]
    return everything, found[places.keys.place]


async def test_after_an_erasure_no_file_holds_the_person(
    places: Places, tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    """Database, write-ahead log, the copy made before, the key store and the log: no byte string of the person's data,
    nor of the wrapped key that could open it."""
    people = places.open()
    who = [f"oOnlyHere{secrets.token_hex(8)}" for _ in range(2)]
    wanted = [text.encode() for text in (PHONE, NICKNAME, *who)]
    with caplog.at_level("DEBUG"):
        await fill(people, *who)
        [number] = await people.vault(SHOP).numbers(who[:1])
        [key] = await people.keyring.tables.person_keys(SHOP, [number])
        await asyncio.to_thread(migrate.backup, places.data, tmp_path / "before.copy")
        for openid in who:
            await people.erasure(SHOP).person(openid, reason="request")
    if places.data.kind == "postgresql":
        server = request.getfixturevalue("postgres")
        all_files, key_files = files_of(tmp_path, places, server.data)
    else:
        all_files, key_files = files_of(tmp_path, places)
        assert {"data.db", "data.db-wal", "keys.db", "before.copy"} <= set(all_files)
    assert not [name for name, data in all_files.items() if any(text in data for text in wanted)]
    assert not [name for name, data in key_files.items() if key.wrapped in data]
    assert not any(text.decode() in caplog.text for text in wanted)
    await people.close()


async def test_the_trail_tells_every_change_and_still_verifies_after_an_erasure(
    people: People, places: Places
) -> None:
    await fill(people)
    audit = Audit(people.vault(SHOP))
    await people.erasure(SHOP).person(ALICE, reason="request")
    entries = await audit.entries()
    assert [(one.action, one.detail is None) for one in entries] == [
        ("", True),
        ("consent", False),
        ("erase", False),
    ]
    assert (await audit.verify()).whole
    whole = await rows_of(places.data)
    for damage, fault in [
        (lambda rows: [*rows[:1], *rows[2:]], (2, "missing")),
        (lambda rows: rows[1:], (1, "missing")),
        (lambda rows: rows[:-1], (3, "cut off")),
        (lambda rows: [rows[0], (*rows[1][:4], rows[1][4] + b"x", rows[1][5]), rows[2]], (2, "changed")),
        (lambda rows: [(*rows[0][:2], 77, *rows[0][3:]), *rows[1:]], (1, "changed")),
        (lambda rows: [*rows, (SHOP, 4, 0, 1.0, rows[1][4], rows[1][5])], (4, "changed")),
    ]:
        await put_back(places.data, {"person_audit": damage(whole["person_audit"])})  # type: ignore[no-untyped-call]
        assert fault in (await audit.verify()).faults
    await put_back(places.data, {"person_audit": whole["person_audit"]})
    assert (await audit.verify()).whole


async def test_entries_that_were_cut_off_are_missed_whatever_is_appended_later(
    people: People, places: Places
) -> None:
    await fill(people)
    audit = Audit(people.vault(SHOP))
    for action in ("look", "export", "look"):
        await audit.append(action, by="desk")
    whole = (await rows_of(places.data))["person_audit"]
    await put_back(places.data, {"person_audit": whole[:-2]})
    for _ in range(4):
        await audit.append("look", by="desk")
    report = await audit.verify()
    assert (report.entries, report.whole) == (7, False)
    assert await people.erasure(SHOP).replay() == 0
    assert (await audit.verify()).whole, "the operator has restored a copy, and the trail says so"
    assert (await audit.entries())[-1].action == "replay"


async def test_an_entry_whose_process_died_before_it_was_noted_is_taken_in(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit, tables = Audit(people.vault(SHOP)), people.keyring.tables

    async def die(*_: object) -> bool:
        raise InterruptedError

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(KeyTables, "move_audit_head", die)
            with pytest.raises(InterruptedError):
                await audit.append("look", by="desk")
        head = await tables.audit_head(SHOP)
        assert head is None or head[0] == 2
        await audit.append("look", by="desk")
    head = await tables.audit_head(SHOP)
    assert head is not None and head[0] == 4
    assert (await audit.verify()).whole


async def test_two_processes_append_to_one_trail(people: People, places: Places) -> None:
    other = places.open()
    trails = [Audit(people.vault(SHOP)), Audit(other.vault(SHOP))]
    numbers = await asyncio.gather(*(trails[n % 2].append("look", by=f"admin{n}") for n in range(20)))
    assert sorted(numbers) == list(range(1, 21))
    report = await trails[0].verify()
    assert (report.entries, report.whole) == (20, True)
    await other.close()
