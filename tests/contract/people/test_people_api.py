"""The people API: each role and action, keys and their limits, wrong requests, and what stands in trail and log."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gongzhong import MovableClock
from gongzhong.console.people import ROLES, PeopleApi, PeopleKeyTables, make_people_key
from gongzhong.console.people.actions import ACTIONS
from gongzhong.database.statements import Statements, open_database
from gongzhong.errors import SetupError
from gongzhong.people import Audit, People

from .conftest import Places
from .test_records import ALICE, BOB, SHOP, purposes

pytestmark = pytest.mark.anyio
OTHER = "wx00000000000000bb"
PHONE = "13812345678"


class Client:
    """Asks the API as a server would, without a socket. `key` is the text that it sends."""

    def __init__(self, people: People, places: Places) -> None:
        self.keys = PeopleKeyTables(Statements(open_database(places.data)))
        self.api = PeopleApi(people, self.keys, {SHOP: purposes()})
        self.clock = places.clock

    async def key(self, role: str, *accounts: str, networks: tuple[str, ...] = ()) -> str:
        key, text = make_people_key(
            "小王", role, accounts or (SHOP,), networks=networks, now=self.clock.now()
        )
        await self.keys.add(key)
        return text.reveal()

    async def ask(self, key: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        data = more.get("data", json.dumps({} if body is None else body).encode())
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": data, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = {"content-type": "application/json", "content-length": str(len(data))}
        headers |= {"authorization": f"Bearer {key}"} if key else {}
        headers |= more.get("headers", {})
        scope = {
            "type": "http",
            "method": more.get("verb", "POST"),
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": (more.get("peer", "10.0.0.9"), 1),
        }
        await self.api(scope, receive, send)
        return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.fixture
async def client(people: People, places: Places) -> AsyncIterator[Client]:
    records = people.records(SHOP, purposes())
    for openid in (ALICE, BOB):
        await records.consent(openid, ["phone"], how="chat", text="告知")
        await records.store(openid, "phone", PHONE)
    made = Client(people, places)
    yield made
    await made.keys.close()


def address(action: str, account: str = SHOP) -> str:
    return f"/{account}/people/{action}"


BODIES: dict[str, Any] = {
    "consents": {"openid": ALICE},
    "withdraw": {"openid": ALICE, "fields": ["phone"]},
    "export": {"openid": ALICE},
    "erase": {"openid": ALICE},
    "erase-everybody": {"reason": "end of service", "confirm": SHOP},
}


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_do_what_it_is_for_and_nothing_else(client: Client, role: str) -> None:
    key = await client.key(role)
    for action in sorted(ACTIONS, key=lambda action: action == "erase-everybody"):  # which ends everything
        status, answer = await client.ask(key, address(action), BODIES.get(action))
        assert status == (200 if action in ROLES[role] else 403), (action, answer)
        assert status == 200 or answer["error"]["reason"] == "role"


async def test_a_persons_requests_are_answered_and_stand_in_the_trail(
    client: Client, people: People, clock: MovableClock
) -> None:
    key = await client.key("owner")
    _, answer = await client.ask(key, address("consents"), {"openid": ALICE})
    assert [(one["field"], one["text"]) for one in answer["consents"]] == [("phone", "告知")]
    _, answer = await client.ask(key, address("export"), {"openid": ALICE})
    assert answer["person"]["fields"][0]["value"] == PHONE
    _, answer = await client.ask(
        key, address("erase"), {"openid": BOB, "fields": ["phone"], "reason": "电话"}
    )
    assert (answer["certificate"]["fields"], answer["certificate"]["reason"]) == (["phone"], "电话")
    _, answer = await client.ask(key, address("withdraw"), {"openid": ALICE, "fields": ["phone"]})
    assert answer == {"deleted": ["phone"]}
    trail = await Audit(people.vault(SHOP)).entries()
    by_key = [one.action for one in trail if one.by.startswith("小王 (api ")]
    assert by_key == ["look", "export", "erase fields", "withdraw"]
    _, answer = await client.ask(key, address("verify"))
    assert (answer["whole"], answer["entries"]) == (True, len(trail))
    _, answer = await client.ask(key, address("audit"), {"after": len(trail) - 1})
    assert [one["action"] for one in answer["entries"]] == ["withdraw"]
    clock.advance(1)
    _, answer = await client.ask(key, address("erase"), {"openid": ALICE})
    assert answer["certificate"]["scope"] == "person"
    assert (await client.ask(key, address("export"), {"openid": ALICE}))[1] == {"person": None}
    _, answer = await client.ask(key, address("certificates"))
    reasons = [(one["scope"], one["reason"]) for one in answer["certificates"]]
    assert sorted(reasons) == [("fields", "withdrawal"), ("fields", "电话"), ("person", "request")]


async def test_an_erasure_without_a_field_that_is_there_erases_nothing(
    client: Client, people: People
) -> None:
    """An empty list is refused, a field that never was gets no certificate, and nothing of the person goes."""
    key = await client.key("owner")
    for action in ("erase", "withdraw"):
        status, answer = await client.ask(key, address(action), {"openid": ALICE, "fields": []})
        assert (status, answer["error"]["reason"]) == (422, "body")
    _, answer = await client.ask(key, address("erase"), {"openid": ALICE, "fields": ["phon"]})
    assert answer == {"certificate": None}
    assert (await client.ask(key, address("certificates")))[1] == {"certificates": []}
    assert await people.records(SHOP, purposes()).read(ALICE, "phone") == PHONE


async def test_retention_and_the_end_of_an_account(
    client: Client, people: People, clock: MovableClock
) -> None:
    key = await client.key("owner", "*")
    await people.records(OTHER, purposes()).consent(ALICE, ["phone"], how="chat")
    clock.advance(1)
    assert (await client.ask(key, address("retention")))[0] == 200
    status, answer = await client.ask(key, address("retention", OTHER))
    assert (status, answer["error"]["reason"]) == (409, "NoPurposes")
    wrong = {"reason": "end of service", "confirm": OTHER}
    status, answer = await client.ask(key, address("erase-everybody"), wrong)
    assert (status, answer["error"]["reason"]) == (409, "NotConfirmed")
    assert await people.records(SHOP, purposes()).read(ALICE, "phone") == PHONE
    _, answer = await client.ask(key, address("erase-everybody"), {**wrong, "confirm": SHOP})
    assert answer["certificate"]["scope"] == "account"
    assert await people.records(SHOP, purposes()).all(ALICE) == {}


async def test_keys_hold_for_their_accounts_and_addresses_and_until_they_are_revoked(
    client: Client, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    await people.vault(OTHER).numbers([ALICE])
    near = await client.key("agent", networks=("10.0.0.0/8",))
    export = {"openid": ALICE}
    assert (await client.ask(near, address("export"), export))[0] == 200
    for more, account, reason in [({"peer": "192.0.2.1"}, SHOP, "address"), ({}, OTHER, "account")]:
        status, answer = await client.ask(near, address("export", account), export, **more)
        assert (status, answer["error"]["reason"]) == (403, reason)
    assert await client.keys.revoke(near[4:12], client.clock.now())
    assert not await client.keys.revoke(near[4:12], client.clock.now())
    for key in (near, "", near[:-1] + "x", "gzk_" + near[4:], "nonsense"):
        status, answer = await client.ask(key, address("export"), export)
        assert (status, answer["error"]["reason"]) == (401, "key")
    assert near not in caplog.text and ALICE not in caplog.text
    stored = await client.keys.all()
    assert near.encode() not in b"".join(one.digest for one in stored)


async def test_an_account_of_which_nothing_is_stored_is_not_made(client: Client, people: People) -> None:
    key = await client.key("owner", "*")
    status, answer = await client.ask(key, address("export", "wx00000000000000ff"), {"openid": ALICE})
    assert (status, answer["error"]["reason"]) == (404, "account")
    assert await people.keyring.tables.accounts() == [SHOP]


WRONG: list[tuple[str, Any, int]] = [
    ("/healthz", {"verb": "GET"}, 200),
    (address("export"), {"verb": "GET"}, 405),
    (address("everything"), {}, 404),
    ("/people/export", {}, 404),
    (f"/{SHOP}/people/export/", {}, 404),
    (address("export"), {"headers": {"content-type": "text/plain"}}, 415),
    (address("export"), {"data": b"x" * 70_000}, 413),
    (address("export"), {"data": b"{"}, 422),
    (address("export"), {"data": b'{"openid": 3}'}, 422),
    (address("export"), {"data": b'{"openid": ""}'}, 422),
    (address("export"), {"data": b'{"openid": "o", "more": 1}'}, 422),
    (address("export"), {"data": b"\xff\xfe"}, 422),
    (address("audit"), {"data": b'{"limit": 100000}'}, 422),
    (address("export"), {"data": b""}, 422),
]


async def test_wrong_requests_are_refused(client: Client) -> None:
    key = await client.key("owner")
    for path, more, status in WRONG:
        assert (await client.ask(key, path, **more))[0] == status, (path, more)


async def test_what_is_wrong_is_said_in_one_language_each(client: Client) -> None:
    key = await client.key("owner")
    for data, zh, en in [
        (b'{"openid": 3}', "应为 文字，而不是 整数", "Expected `str`, got `int`"),
        (b"{}", "缺少字段 openid", "Object missing required field `openid`"),
        (b'{"openid": "o", "fields": []}', "数组 的长度至少是 1", "Expected `array` of length >= 1"),
        (b'{"openid": "o", "field": []}', "没有这个字段：field，是不是 fields？", "did you mean fields?"),
        (b'{"openid": "o",}', "第 1 行第 16 列", "malformed JSON (line 1, column 16)"),
        (b"[" * 30_000, "", ""),
    ]:
        status, answer = await client.ask(key, address("erase"), data=data)
        assert (status, answer["error"]["reason"]) == (422, "body")
        assert zh in answer["error"]["zh"] and en in answer["error"]["en"], answer
        assert "Expected" not in answer["error"]["zh"] and "Object" not in answer["error"]["zh"]


def test_a_key_that_cannot_be_is_not_made() -> None:
    for name, role, accounts, networks in [
        ("x", "king", ["*"], ()),
        ("", "agent", ["*"], ()),
        ("x", "agent", [], ()),
        ("x", "agent", ["*"], ["somewhere"]),
    ]:
        with pytest.raises(SetupError):
            make_people_key(name, role, accounts, networks=networks, now=0)
