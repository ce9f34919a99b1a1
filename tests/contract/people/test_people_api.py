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
        self.headers: dict[bytes, bytes] = {}

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
        self.headers = dict(sent[0]["headers"])
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
    by_key = [
        (one.action, one.detail["asked"] if one.detail and one.action == "api" else "")
        for one in trail
        if one.by.startswith("小王 (api ")
    ]
    assert by_key == [
        ("api", "consents"),
        *(("api", "export"), ("export", "")),
        *(("api", "erase"), ("erase fields", "")),
        *(("api", "withdraw"), ("withdraw", "")),
    ]
    _, answer = await client.ask(key, address("verify"))
    assert (answer["whole"], answer["entries"]) == (True, len(trail) + 1)
    _, answer = await client.ask(key, address("audit"), {"after": len(trail) - 1})
    assert [(one["action"], one["detail"].get("asked")) for one in answer["entries"]] == [
        ("withdraw", None),
        ("api", "verify"),
        ("api", "audit"),
    ]
    clock.advance(1)
    _, answer = await client.ask(key, address("erase"), {"openid": ALICE})
    assert answer["certificate"]["scope"] == "person"
    assert (await client.ask(key, address("export"), {"openid": ALICE}))[1] == {"person": None}
    _, answer = await client.ask(key, address("certificates"))
    reasons = [(one["scope"], one["reason"]) for one in answer["certificates"]]
    assert sorted(reasons) == [("fields", "withdrawal"), ("fields", "电话"), ("person", "request")]


async def test_every_request_stands_in_the_trail_with_its_key(client: Client, people: People) -> None:
    """Also one that only reads, is about nobody, or cannot be done."""
    key = await client.key("owner")
    bodies = {
        **BODIES,
        "erase-everybody": {"reason": "x", "confirm": "another"},
        "export": {"openid": "oNobody"},
    }
    for action in ACTIONS:
        await client.ask(key, address(action), bodies.get(action))
    trail = await Audit(people.vault(SHOP)).entries()
    [owner] = await client.keys.all()
    [alice] = {one.number for one in trail if not one.action}
    noted = [(one.number, one.by, one.detail) for one in trail if one.action == "api" or one.number == alice]
    told = {detail["asked"]: number for number, by, detail in noted if detail and "asked" in detail}
    assert all(by == f"小王 (api {owner.id})" for _, by, detail in noted if detail and "asked" in detail)
    readable = set(ACTIONS) - {"consents", "withdraw", "erase"}
    assert set(told) == readable, "Alice is erased: what was asked about her is unreadable, and still there"
    assert told["export"] == 0
    assert len([one for one in trail if one.number == alice and not one.action]) >= 4


async def test_a_key_may_ask_so_often_in_a_minute_however_many_processes_answer(
    client: Client, people: People, places: Places, clock: MovableClock
) -> None:
    state = places.data.address.reveal() or places.data.place
    doors = [PeopleApi(people, client.keys, state=state, per_minute=5) for _ in range(2)]
    key, other = await client.key("auditor"), await client.key("auditor")

    async def ask(number: int, text: str) -> tuple[int, Any]:
        client.api = doors[number % 2]
        return await client.ask(text, address("certificates"))

    assert [(await ask(number, key))[0] for number in range(5)] == [200] * 5
    status, answer = await ask(5, key)
    assert (status, answer["error"]["reason"]) == (429, "rate")
    assert client.headers[b"retry-after"] == b"%d" % (60 - clock.now() % 60 + 0.999)
    assert (await ask(6, other))[0] == 200
    clock.advance(60)
    assert (await ask(7, key))[0] == 200


async def test_behind_a_trusted_proxy_the_address_is_the_one_that_it_names(
    client: Client, people: People
) -> None:
    near = await client.key("agent", networks=("10.0.0.0/8",))
    client.api = PeopleApi(people, client.keys, {SHOP: purposes()}, trusted_proxies=("127.0.0.1/32",))
    body = {"openid": ALICE}
    for peer, forwarded, status in [
        ("127.0.0.1", "10.1.2.3", 200),
        ("127.0.0.1", "10.1.2.3, 192.0.2.1", 403),
        ("127.0.0.1", "192.0.2.1, 10.1.2.3", 200),
        ("192.0.2.1", "10.1.2.3", 403),
    ]:
        more = {"peer": peer, "headers": {"x-forwarded-for": forwarded}}
        assert (await client.ask(near, address("consents"), body, **more))[0] == status, forwarded


async def test_the_document_names_every_action_with_its_roles_and_statuses(client: Client) -> None:
    """tests/schema holds what is answered against it."""
    status, told = await client.ask("", "/openapi.json", verb="GET")
    assert (status, told["openapi"]) == (200, "3.1.0")
    paths = {path: operations["post"] for path, operations in told["paths"].items() if "people" in path}
    assert set(paths) == {f"/{{appid}}/people/{action}" for action in ACTIONS}
    for action in ACTIONS:
        operation = paths[f"/{{appid}}/people/{action}"]
        assert set(operation["x-roles"]) == {role for role, may in ROLES.items() if action in may}
        assert set(operation["responses"]) >= {
            "200",
            *(str(status) for _, _, status in WRONG if status >= 413),
        }


async def test_keys_of_an_open_platform_account_are_no_account(client: Client, people: People) -> None:
    await people.keyring.joining("wxplatform")
    key = await client.key("owner", "*")
    body = {"reason": "x", "confirm": "open:wxplatform"}
    status, answer = await client.ask(key, address("erase-everybody", "open:wxplatform"), body)
    assert (status, answer["error"]["reason"]) == (404, "account")
    assert "open:wxplatform" in await people.keyring.tables.accounts()


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
