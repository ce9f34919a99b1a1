"""The people API answers whatever fits its OpenAPI document, and much that does not, as the document says."""

from __future__ import annotations

import asyncio
import os
import tempfile
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings

from gongzhong.console.people import PeopleApi, PeopleKeyTables, make_people_key
from gongzhong.database import read_url
from gongzhong.database.statements import Statements, open_database
from gongzhong.people import Collected, LocalMaster, Masters, Purposes, open_people
from gongzhong.store import migrate

from .test_schema import EXAMPLES, PROMISES, AlwaysOpen

APPID, OPENID = "wx00000000000000aa", "oAlice0000000000000000000001"
URL = read_url(f"sqlite:///{tempfile.mkdtemp(prefix='gongzhong-')}/data.db")
migrate.prepare(URL)
PEOPLE = open_people(URL, Masters(LocalMaster(os.urandom(32))))
KEYS = PeopleKeyTables(Statements(open_database(URL)))
KEY, TEXT = make_people_key("schema", "owner", ["*"], now=0.0)
PURPOSES = Purposes()
PURPOSES.add(Collected(field="phone", purpose="送货", text_version="1", keep_days=30))
APP = AlwaysOpen(PeopleApi(PEOPLE, KEYS, {APPID: PURPOSES}, per_minute=1_000_000))
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP)


async def fill() -> None:
    """Again before each request: another one may have erased it."""
    if await KEYS.find(KEY.id) is None:
        await KEYS.add(KEY)
    records = PEOPLE.records(APPID, PURPOSES)
    await records.consent(OPENID, ["phone"], how="chat")
    await records.store(OPENID, "phone", "13812345678")


@SCHEMA.parametrize()
@settings(max_examples=10 * EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_to_the_document(case: schemathesis.Case) -> None:
    asyncio.run(fill())
    about_alice = hash(str(case.body)) % 2
    if "appid" in case.path_parameters:
        case.path_parameters["appid"] = APPID
    if about_alice and isinstance(case.body, dict):
        body: dict[str, Any] = case.body
        body.update({name: value for name, value in ALICE.items() if name in body})
    case.call_and_validate(checks=PROMISES, headers={"authorization": f"Bearer {TEXT.reveal()}"})


ALICE = {"openid": OPENID, "confirm": APPID, "fields": ["phone"]}
