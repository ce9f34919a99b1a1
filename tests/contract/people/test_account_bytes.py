"""A whole account erased, proved on bytes: records, consents, waiting messages, sessions and campaign variables, in the
database, its log, a copy made before, the key store and the log of the program. SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import msgspec
import pytest

from gongzhong import MovableClock
from gongzhong.campaigns.audience import Recipient
from gongzhong.campaigns.campaigns import Campaigns
from gongzhong.campaigns.contents import TemplateMessage
from gongzhong.campaigns.plan import Plan
from gongzhong.campaigns.tables import CampaignTables
from gongzhong.database import read_url
from gongzhong.database.statements import Statements
from gongzhong.people import People
from gongzhong.people.sealed import SealedSessions, SealedWork
from gongzhong.state import open_state
from gongzhong.state.sessions import StateSessionStore
from gongzhong.store import NewWork, migrate
from gongzhong.store.sql import SqlWork

from .conftest import Places
from .test_erasure import NICKNAME, PHONE, files_of, fill
from .test_records import SHOP, purposes

pytestmark = pytest.mark.anyio
OTHER = "wx00000000000000bb"
ASKED, REMEMBERED, BOOK, OTHERS = (
    "我想退掉那件红毛衣",
    "上次谈到的红毛衣",
    "只此一本的书名",
    "别家公众号的秘密",
)


async def filled(people: People, places: Places, who: list[str]) -> None:
    """Everything that is ever stored about people, in the account that will be erased, and a field in another one."""
    await fill(people, *who)
    work = SealedWork(SqlWork(people.tables.database, places.clock), people)
    state = open_state(places.data.address.reveal() or places.data.place, places.clock)
    sessions = SealedSessions(StateSessionStore(state), people)
    for openid in who:
        await work.add(SHOP, [NewWork(kind="push", data=ASKED.encode(), line=openid, key=f"m-{openid}")])
        await work.add(SHOP, [NewWork(kind="answer", data=ASKED.encode(), line=openid)])
        await sessions.save(f"{SHOP}:{openid}", REMEMBERED.encode(), 3600)
    content = TemplateMessage(template_id="t" * 43, data={"thing1": "{书名}"})
    campaigns = Campaigns(SHOP, CampaignTables(people.tables.database), people.vault(SHOP), places.clock)
    await campaigns.plan("提醒", Plan(content=content), [Recipient(one, {"书名": BOOK}) for one in who])
    other = people.records(OTHER, purposes())
    await other.consent(who[0], ["phone"], how="chat")
    await other.store(who[0], "phone", OTHERS)
    await state.close()


async def wrapped_keys(people: People) -> list[bytes]:
    """The wrapped keys of the account and of its people, as the key store holds them."""
    tables = people.keyring.tables
    numbers = await people.tables.people(SHOP, -1, 100)
    rows = [*await tables.account_keys(SHOP), *await tables.person_keys(SHOP, [0, *numbers])]
    return [row.wrapped for row in rows]


async def test_after_the_end_of_an_account_no_file_holds_its_people(
    places: Places,
    tmp_path: Path,
    clock: MovableClock,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
) -> None:
    people = places.open()
    who = [f"oOnlyHere{secrets.token_hex(8)}" for _ in range(3)]
    wanted = [text.encode() for text in (PHONE, NICKNAME, ASKED, REMEMBERED, BOOK, OTHERS, *who)]
    with caplog.at_level("DEBUG"):
        await filled(people, places, who)
        keys = await wrapped_keys(people)
        assert len(keys) == 2 + 1 + 3, "two of the account, its own, three people's"
        await asyncio.to_thread(migrate.backup, places.data, tmp_path / "before.copy")
        clock.advance(1)
        exported = await people.records(SHOP, purposes()).export(who[0])
        assert exported is not None
        clock.advance(1)
        certificate = await people.erasure(SHOP).account(reason="end of service", by="店长")
        assert who[0] not in msgspec.json.encode(certificate).decode()
        left = Statements(people.tables.database)
        unreadable = "SELECT count(*) FROM campaign_recipient WHERE length(variables) > 0"
        assert await left.read(unreadable) == [(0,)]
    await people.close()
    server = request.getfixturevalue("postgres").data if places.data.kind == "postgresql" else None
    all_files, key_files = files_of(tmp_path, places, server)
    assert all_files["before.copy"] and key_files
    assert not [name for name, data in all_files.items() if any(text in data for text in wanted)]
    assert not [name for name, data in key_files.items() if any(key in data for key in keys)]
    assert not any(text.decode() in caplog.text for text in wanted)


async def test_a_copy_from_before_the_end_opens_for_nobody_and_other_accounts_go_on(
    places: Places, tmp_path: Path, clock: MovableClock, request: pytest.FixtureRequest
) -> None:
    people = places.open()
    who = [f"oOnlyHere{secrets.token_hex(8)}" for _ in range(2)]
    await filled(people, places, who)
    numbers = await people.vault(SHOP).numbers(who)
    await asyncio.to_thread(migrate.backup, places.data, tmp_path / "before.copy")
    clock.advance(1)
    await people.erasure(SHOP).account(reason="end of service")
    await people.close()

    restored = places.data
    if places.data.kind == "sqlite":
        restored = read_url(f"sqlite:///{tmp_path / 'restored.db'}")
    else:
        from .conftest import new_database

        restored = new_database(request.getfixturevalue("postgres").url)
    await asyncio.to_thread(migrate.restore, restored, tmp_path / "before.copy")
    again = places.open(data=restored)
    rows = [(number, row) for number in numbers for row in await again.tables.fields(SHOP, number)]
    assert len(rows) == 4, "the copy holds them"
    sealed = [(number, row.field, row.sealed) for number, row in rows]
    assert await again.vault(SHOP).unseal(sealed) == [None] * 4
    assert await again.vault(SHOP).openids(numbers) == [None, None]
    assert await again.vault(SHOP).find(who) == [None, None]
    work = SealedWork(SqlWork(again.tables.database, clock), again)
    assert await work.take(SHOP, "push", "me", 10, 60) == []
    assert await again.erasure(SHOP).replay() == 1
    assert await again.tables.people(SHOP, -1, 10) == []
    assert await again.records(OTHER, purposes()).read(who[0], "phone") == OTHERS
    await again.close()
