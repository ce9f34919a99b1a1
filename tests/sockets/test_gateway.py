"""The gateway between clients and WeChat's API: keys, tokens, scopes, what passes and what does not."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.sockets.gateways import Keeper, ask, fetched, served, told
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatClientException

from gongzhong import Account, Client, Hosts, facts
from gongzhong.gateway import Settings
from gongzhong.platform.world import tokens
from gongzhong.platform.world.world import AccountState
from gongzhong.testing import PNG
from gongzhong.testing.live_platform import LivePlatform
from gongzhong.testing.seen import Exchange

pytestmark = pytest.mark.heavy

ADDRESSES = "/cgi-bin/get_api_domain_ip"
OTHER = Account.for_tests("OTHER_")


def an_account(platform: LivePlatform) -> AccountState:
    return platform.world.accounts[platform.account.appid]


def force(platform: LivePlatform) -> None:
    """Another program has WeChat replace the stable token."""
    platform.clock.advance(seconds=facts.FORCED_REFRESH_GAP_S + 1)
    platform.look(lambda: tokens.stable(platform.world, an_account(platform), force=True))


def calls_to(platform: LivePlatform, path: str) -> list[Exchange]:
    return [call for call in platform.calls if path in call.url]


def files_of(keeper: Keeper) -> list[Path]:
    """The database's file and those beside it."""
    file = Path(keeper.address.removeprefix("sqlite:///"))
    return list(file.parent.glob(f"{file.name}*"))


def until(true: Callable[[], bool], within_s: float = 20) -> None:
    ends = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.02)


def raw(host: str, request: bytes) -> bytes:
    """Everything that comes back."""
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port)), 20) as connection:
        connection.sendall(request)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(f"sqlite:///{tmp_path / 'gateway.db'}")


@pytest.fixture
def front(live_platform: LivePlatform, keeper: Keeper) -> Iterator[str]:
    """The address at which the platform's account is reached through a gateway."""
    live_platform.connect()
    url, _ = served(live_platform, keeper.address)
    yield f"{url}/{live_platform.account.appid}"


def test_a_client_with_a_key_calls_and_never_sees_wechats_token(
    live_platform: LivePlatform, keeper: Keeper, front: str
) -> None:
    token = fetched(front, keeper.key())
    assert told(f"{front}{ADDRESSES}", {"access_token": token})["ip_list"]
    (call,) = [call for call in live_platform.calls if "get_api_domain_ip" in call.url]
    assert token not in call.url
    assert token.startswith("gzt_")


@pytest.mark.parametrize("given", ["", "of an old cache", "gzt_00000000_ffffffff_" + "A" * 43])
def test_whatever_access_token_a_client_sends_is_replaced(
    live_platform: LivePlatform, keeper: Keeper, front: str, given: str
) -> None:
    key = keeper.key()
    answer = told(f"{front}{ADDRESSES}", {"access_token": given}, Authorization=f"Bearer {key}")
    assert answer["ip_list"]
    assert told(f"{front}{ADDRESSES}", {"access_token": given})["errcode"] in (40001, 41001)


def test_our_own_client_works_through_it_by_its_hosts(
    live_platform: LivePlatform, keeper: Keeper, front: str
) -> None:
    account = Account(appid=live_platform.account.appid, secret=keeper.key(), hosts=Hosts.local(front))
    with Client(account) as client:
        assert client.base.api_addresses().ip_list
        client.menu.create(button=[{"type": "click", "name": "今日", "key": "TODAY"}])
        client.base.clear_quota_by_secret()
        assert client.ticket()


def test_wechatpy_works_through_it_by_its_base_address(
    live_platform: LivePlatform, keeper: Keeper, front: str
) -> None:
    class ThroughGateway(WeChatClient):  # type: ignore[misc]
        API_BASE_URL = f"{front}/cgi-bin/"

        def fetch_access_token(self) -> object:
            query = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
            return self._fetch_access_token(f"{front}/cgi-bin/token", query)

    client = ThroughGateway(live_platform.account.appid, keeper.key())
    client._http.trust_env = False
    assert client.user.get_followers()["total"] == 0
    client.menu.create({"button": [{"type": "click", "name": "今日", "key": "TODAY"}]})
    assert client.menu.get()["menu"]["button"][0]["key"] == "TODAY"
    media = client.media.upload("image", ("a.png", PNG))
    assert client.media.download(media["media_id"]).content == PNG
    client.session.set(f"{client.appid}_access_token", "expired long ago", 7200)
    assert client.menu.get()["menu"]  # 40001, a new token, once more
    with pytest.raises(WeChatClientException) as refused:
        client.media.download("no such media")
    assert refused.value.errcode == 40007


def test_a_token_that_was_replaced_is_renewed_inside_the_gateway(
    live_platform: LivePlatform, keeper: Keeper, front: str
) -> None:
    token = fetched(front, keeper.key())
    assert told(f"{front}{ADDRESSES}", {"access_token": token})["ip_list"]
    force(live_platform)
    assert told(f"{front}{ADDRESSES}", {"access_token": token})["ip_list"]
    codes = [call.errcode for call in calls_to(live_platform, "get_api_domain_ip")]
    assert codes == [0, 40001, 0]


@pytest.mark.parametrize(
    ("scopes", "path", "code"),
    [
        (["*"], "/cgi-bin/menu/get", 46003),
        (["menus"], "/cgi-bin/menu/get", 46003),
        (["/cgi-bin/menu"], "/cgi-bin/menu/get", 46003),
        (["/cgi-bin/menu/"], "/cgi-bin/menu/get", 46003),
        (["/cgi-bin/men"], "/cgi-bin/menu/get", 48001),
        (["users", "/cgi-bin/message"], "/cgi-bin/menu/get", 48001),
        (["token"], "/cgi-bin/menu/get", 48001),
        (["*"], "/sns/userinfo", 48001),
        (["*"], "/cgi-bin/showqrcode", 48001),
        (["*"], "/gongzhong/token", 48001),
    ],
)
def test_a_key_may_call_what_its_scopes_say(
    keeper: Keeper, front: str, scopes: list[str], path: str, code: int
) -> None:
    key = keeper.key(scopes=scopes)
    assert told(f"{front}{path}", Authorization=f"Bearer {key}")["errcode"] == code


def test_a_key_of_one_account_does_not_open_another(live_platform: LivePlatform, keeper: Keeper) -> None:
    live_platform.connect()
    ours = live_platform.account
    other = Account(appid=OTHER.appid, secret=OTHER.secret, hosts=ours.hosts)
    live_platform.connect(appid=OTHER.appid, secret=OTHER.secret.reveal())
    url, _ = served(live_platform, keeper.address, ours, other)
    key = keeper.key(accounts=[ours.appid])
    token = fetched(f"{url}/{ours.appid}", key)
    assert told(f"{url}/{ours.appid}{ADDRESSES}", {"access_token": token})["ip_list"]
    assert told(f"{url}/{OTHER.appid}{ADDRESSES}", {"access_token": token})["errcode"] == 40001
    assert told(f"{url}/{OTHER.appid}{ADDRESSES}", Authorization=f"Bearer {key}")["errcode"] == 40013
    query = {"grant_type": "client_credential", "appid": OTHER.appid, "secret": key}
    assert told(f"{url}/{ours.appid}/cgi-bin/token", query)["errcode"] == 40013
    assert told(f"{url}/wx0000000000000000{ADDRESSES}", Authorization=f"Bearer {key}")["errcode"] == 40013
    both = keeper.key(accounts=[ours.appid, OTHER.appid])
    stolen = fetched(f"{url}/{OTHER.appid}", both)
    assert told(f"{url}/{ours.appid}{ADDRESSES}", {"access_token": stolen})["errcode"] == 40001


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"grant_type": "client_credential", "secret": "0" * 32}, 40125),
        ({"grant_type": "client_credential", "secret": "gzk_00000000_" + "A" * 43}, 40125),
        ({"grant_type": "client_credential"}, 41004),
        ({"grant_type": "authorization_code"}, 40002),
    ],
)
def test_what_a_wrong_request_for_a_token_is_told(
    keeper: Keeper, front: str, query: dict[str, str], code: int
) -> None:
    given = query if code != 40002 else {**query, "secret": keeper.key()}
    answer = told(f"{front}/cgi-bin/token", given)
    assert answer["errcode"] == code
    assert set(answer["gongzhong"]["reason"]) == {"zh", "en"}


def test_a_revoked_key_ends_with_its_tokens(keeper: Keeper, front: str) -> None:
    key = keeper.key()
    token = fetched(front, key)
    keeper.revoke(key)
    until(lambda: told(f"{front}{ADDRESSES}", {"access_token": token}).get("errcode") == 40001)
    assert told(f"{front}/cgi-bin/token", {"secret": key})["errcode"] == 40125
    assert told(f"{front}{ADDRESSES}", Authorization=f"Bearer {key}")["errcode"] == 40001


def test_a_key_is_held_to_its_networks_and_its_numbers(live_platform: LivePlatform, keeper: Keeper) -> None:
    live_platform.connect()
    settings = Settings(trusted_proxies=("127.0.0.1",))
    url, _ = served(live_platform, keeper.address, settings=settings)
    front = f"{url}/{live_platform.account.appid}{ADDRESSES}"

    def code(key: str, **headers: str) -> int:
        return int(told(front, Authorization=f"Bearer {key}", **headers).get("errcode", 0))

    inner = keeper.key(networks=["10.0.0.0/8", "fd00::/8"])
    assert code(inner) == 61004
    assert code(inner, **{"X-Forwarded-For": "203.0.113.9, 10.2.3.4"}) == 0
    assert (
        code(inner, **{"X-Forwarded-For": "10.2.3.4, 203.0.113.9"}) == 61004
    )  # the first was written by the client
    assert code(keeper.key(networks=["127.0.0.1"])) == 0
    few = keeper.key(per_minute=2)
    assert sorted([code(few), code(few), code(few)])[-1] == 45011
    daily = keeper.key(daily=1)
    assert [code(daily), code(daily)] == [0, 45009]


def test_a_client_for_tokens_has_wechats_and_says_when_it_failed(
    live_platform: LivePlatform, keeper: Keeper, front: str
) -> None:
    key = keeper.key(scopes=["token"])
    first = fetched(front, key)
    direct = f"{live_platform.url}{ADDRESSES}"
    assert told(direct, {"access_token": first})["ip_list"]
    own = told(f"{front}/gongzhong/token", Authorization=f"Bearer {key}")
    assert (own["access_token"], own["generation"]) == (first, 1)
    failed = f"{front}/gongzhong/token/failed"
    force(live_platform)
    second = told(failed, body={"generation": 1}, Authorization=f"Bearer {key}")
    assert second["generation"] == 2
    assert told(direct, {"access_token": second["access_token"]})["ip_list"]
    again = told(failed, body={"access_token": first}, Authorization=f"Bearer {key}")
    assert again["access_token"] == second["access_token"]  # it was about the one before
    assert told(failed, body={}, Authorization=f"Bearer {key}")["errcode"] == 40035


def test_the_ticket_is_the_shared_one(live_platform: LivePlatform, keeper: Keeper, front: str) -> None:
    token = fetched(front, keeper.key(scopes=["tickets"]))
    found = [
        told(f"{front}/cgi-bin/ticket/getticket", {"access_token": token, "type": "jsapi"}) for _ in range(2)
    ]
    assert found[0]["ticket"] == found[1]["ticket"]
    assert found[0]["errcode"] == 0
    assert len(calls_to(live_platform, "getticket")) == 1
    assert told(f"{front}/cgi-bin/ticket/getticket", {"access_token": token, "type": "x"})["errcode"] == 40035


@pytest.mark.parametrize(
    "path",
    [
        "/cgi-bin/../cgi-bin/token",
        "//example.com/cgi-bin/x",
        "/cgi-bin/%2e%2e/x",
        "/cgi-bin//x",
        "/cgi-bin/x%0d%0aHost:y",
        "/./x",
        "/cgi-bin/x;y",
        "/@example.com/x",
        "/cgi-bin/\\x",
        "/" + "a" * 300,
        "",
        "/",
        "/cgi-bin/menu/get/",
    ],
)
def test_no_path_leads_elsewhere(live_platform: LivePlatform, keeper: Keeper, front: str, path: str) -> None:
    key = keeper.key()
    before = len(live_platform.calls)
    host, _, appid = front.removeprefix("http://").partition("/")
    head = f"GET /{appid}{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    answer = raw(host, head.encode())
    assert answer.split(b" ", 2)[1] in (b"404", b"400")
    assert len(live_platform.calls) == before


@pytest.mark.parametrize("query", ["access_token=a&access_token=b", "x=%ff", "a=1&a=2"])
def test_a_query_that_two_sides_could_read_differently_is_refused(
    keeper: Keeper, front: str, query: str
) -> None:
    _, body, _ = ask(f"{front}{ADDRESSES}?{query}", headers={"Authorization": f"Bearer {keeper.key()}"})
    assert json.loads(body)["errcode"] == 40035


def test_an_answer_passes_with_its_bytes_and_headers(
    live_platform: LivePlatform, keeper: Keeper, front: str
) -> None:
    key = {"Authorization": f"Bearer {keeper.key()}"}
    boundary = "b"
    body = (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="media"; filename="图.png"\r\n'
            "Content-Type: image/png\r\n\r\n"
        ).encode()
        + PNG
        + f"\r\n--{boundary}--\r\n".encode()
    )
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    sent = json.loads(ask(f"{front}/cgi-bin/media/upload", {"type": "image"}, body, {**key, **kind})[1])
    query = {"media_id": sent["media_id"]}
    status, content, headers = ask(f"{front}/cgi-bin/media/get", query, headers=key)
    record = live_platform.client().access_token()
    straight = ask(f"{live_platform.url}/cgi-bin/media/get", {**query, "access_token": record})
    assert (status, content) == straight[:2]
    for name in ("content-type", "content-disposition", "content-length"):
        assert headers[name] == straight[2][name]


def test_calls_are_recorded_without_what_was_in_them(
    live_platform: LivePlatform, keeper: Keeper, front: str
) -> None:
    key = keeper.key("报表")
    token = fetched(front, key)
    told(f"{front}/cgi-bin/user/info", {"access_token": token, "openid": "oSomebodyInParticular"})
    told(f"{front}/cgi-bin/tags/create", {"access_token": token}, {"tag": {"name": "秘密的标签"}})
    told(f"{front}/cgi-bin/menu/get", {"access_token": "wrong"})
    until(lambda: len(keeper.calls()) == 4)
    rows = keeper.calls()[::-1]
    number = key.split("_")[1]
    appid = live_platform.account.appid
    assert [(row.key, row.verb, row.path, row.errcode, row.appid) for row in rows] == [
        (number, "GET", "/cgi-bin/token", 0, appid),
        (number, "GET", "/cgi-bin/user/info", 40003, appid),
        (number, "POST", "/cgi-bin/tags/create", 0, appid),
        ("", "GET", "/cgi-bin/menu/get", 40001, appid),
    ]
    assert rows[2].received == len('{"tag": {"name": "秘密的标签"}}'.encode())
    assert [row.path for row in keeper.calls(failed=True, key=number)] == ["/cgi-bin/user/info"]
    file = b"".join(Path(found).read_bytes() for found in files_of(keeper))
    for secret in (key, token, "oSomebodyInParticular", "秘密的标签", live_platform.account.secret.reveal()):
        assert secret.encode() not in file


def test_health_says_what_is_missing(live_platform: LivePlatform, keeper: Keeper, front: str) -> None:
    host = front.rpartition("/")[0]
    assert ask(f"{host}/healthz")[0] == 200
    assert ask(f"{host}/readyz")[0] == 200


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_verbs_are_refused(keeper: Keeper, front: str, verb: str) -> None:
    host, _, appid = front.removeprefix("http://").partition("/")
    head = f"{verb} /{appid}{ADDRESSES} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    assert raw(host, head.encode()).startswith(b"HTTP/1.1 405")
