"""One person erased, proved on bytes, with everything that is ever stored about people: records, UnionID, waiting
messages, answers and dead letters, a session in Redis with its append-only file and dump, campaign variables, an export
over the people API. In the database, its log, a copy made before, the key store, Redis and the log of the program."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers import RedisServer

from gongzhong import SetupError
from gongzhong.app.export import export_stored, stored_erasure, stored_records
from gongzhong.campaigns.audience import Recipient
from gongzhong.campaigns.campaigns import Campaigns
from gongzhong.campaigns.contents import TemplateMessage
from gongzhong.campaigns.plan import Plan
from gongzhong.campaigns.tables import CampaignTables
from gongzhong.people import People, Purposes
from gongzhong.people.sealed import SealedSessions, SealedWork
from gongzhong.state import open_state
from gongzhong.state.sessions import StateSessionStore
from gongzhong.store import NewWork, migrate
from gongzhong.store.sql import SqlWork

from .conftest import Places
from .test_erasure import files_of
from .test_people_api import Client, address
from .test_records import SHOP, purposes
from .test_upkeep import Followers

pytestmark = pytest.mark.anyio


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One that keeps everything, as docs/production.md wants it."""
    server = RedisServer(tmp_path_factory.mktemp("redis"), keeps=True)
    server.start()
    yield server
    server.stop()


def declared() -> Purposes:
    made = purposes()
    for field in ("unionid", "remark"):
        made.add(made.of("phone").__class__(field=field, purpose="x", text_version="1", basis="service"))
    return made


class Told:
    """What one person says, and what is known of them, in words that stand nowhere else."""

    def __init__(self) -> None:
        made = secrets.token_hex(6)
        self.openid = f"oOnly{made}"
        (
            self.phone,
            self.nickname,
            self.unionid,
            self.remark,
            self.asked,
            self.answer,
            self.late,
            self.session,
        ) = (f"{word}{made}" for word in ("电话", "昵称", "union", "备注", "问题", "答复", "迟到", "会话"))
        self.book = f"书名{made}"

    @property
    def words(self) -> list[bytes]:
        return [text.encode() for text in vars(self).values()]


async def fill(people: People, places: Places, redis: str, told: Told) -> None:
    records = people.records(SHOP, declared())
    await records.consent(told.openid, ["phone", "nickname"], how="chat", text=f"给{told.nickname}看的")
    await records.store(told.openid, "phone", told.phone)
    await records.store(told.openid, "nickname", told.nickname)
    followers = Followers(told.openid)
    followers.unionids = {told.openid: told.unionid}
    await people.directory(SHOP, declared(), followers.api, open_platform="wxopen").sync()
    await records.store(told.openid, "remark", told.remark)
    work = SealedWork(SqlWork(people.tables.database, places.clock), people)
    rows = {"push": told.asked, "answer": told.answer, "late": told.late}
    for kind, text in rows.items():
        key = f"key-{told.openid}"
        await work.add(SHOP, [NewWork(kind=kind, data=text.encode(), line=told.openid, key=key)])
        [taken] = await work.take_line(SHOP, [kind], told.openid, "me", 60)
        assert await (work.bury(taken, "failed") if kind == "push" else work.put_back(taken, "later"))
    state = open_state(redis, places.clock)
    sessions = SealedSessions(StateSessionStore(state), people)
    await sessions.save(f"{SHOP}:{told.openid}", json.dumps({"last": told.session}).encode(), 3600)
    await state.close()
    content = TemplateMessage(template_id="t" * 43, data={"thing1": "{书名}"})
    campaigns = Campaigns(SHOP, CampaignTables(people.tables.database), people.vault(SHOP), places.clock)
    recipients = [Recipient(told.openid, {"书名": told.book})]
    await campaigns.plan(f"提醒{secrets.token_hex(3)}", Plan(content=content), recipients)


async def test_after_an_erasure_no_file_of_any_store_holds_the_person(
    places: Places,
    tmp_path: Path,
    redis: RedisServer,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
) -> None:
    people, alice, bob = places.open(), Told(), Told()
    with caplog.at_level("DEBUG"):
        for one in (bob, alice):
            await fill(people, places, redis.address(), one)
        client = Client(people, places)
        key = await client.key("owner")
        status, answer = await client.ask(key, address("export"), {"openid": alice.openid})
        assert status == 200 and alice.phone in json.dumps(answer, ensure_ascii=False)
        exported = await export_stored(people, SHOP, declared(), alice.openid, state=redis.address())
        told = json.dumps(exported, ensure_ascii=False)
        assert {alice.session, alice.book, alice.unionid} <= {
            word for word in vars(alice).values() if word in told
        }
        [number] = await people.vault(SHOP).numbers([alice.openid])
        [wrapped] = await people.keyring.tables.person_keys(SHOP, [number])
        await asyncio.to_thread(migrate.backup, places.data, tmp_path / "before.copy")
        before = redis_files(redis)
        async with stored_records(people, SHOP, declared(), redis.address()) as records:
            await records.withdraw(alice.openid, ["nickname"])
        async with stored_erasure(people, SHOP, redis.address()) as erasure:
            assert await erasure.person(alice.openid, reason="request") is not None
    if places.data.kind == "postgresql":  # whose pages keep deleted bytes until then: docs/people.md
        await people.keyring.rotate_account(SHOP)
    server = request.getfixturevalue("postgres").data if places.data.kind == "postgresql" else None
    files, keys = files_of(tmp_path, places, server)
    files |= {f"redis before/{name}": data for name, data in before.items()} | redis_files(redis)
    assert len(before) >= 2 and all(before.values()) and files["before.copy"]
    held = {name: [word for word in alice.words if word in data] for name, data in files.items()}
    assert not {name: words for name, words in held.items() if words}
    assert not [name for name, data in keys.items() if wrapped.wrapped in data]
    assert not any(word.decode() in caplog.text for word in alice.words)
    kept = await export_stored(people, SHOP, declared(), bob.openid, state=redis.address())
    assert kept is not None and bob.session in json.dumps(kept, ensure_ascii=False)
    await client.keys.close()
    await people.close()


def redis_files(server: RedisServer) -> dict[str, bytes]:
    """What Redis has written: its append-only file, and a dump made now."""
    import redis as library

    with library.Redis.from_url(server.address()) as connection:
        connection.save()
    found = [path for path in server.folder.rglob("*") if path.suffix in (".rdb", ".aof")]
    if not found:
        raise SetupError("Redis 没有写文件", "Redis wrote no file")
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in found}
