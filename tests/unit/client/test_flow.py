"""The rules of a call: tokens, refreshing, repeating, decoding, raising."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
import pytest

from gongzhong.account import Account, Secret
from gongzhong.catalogue.model import (
    Answer,
    Call,
    Download,
    Host,
    Ok,
    PagedCall,
    Repeat,
    Reply,
    Spec,
    Upload,
)
from gongzhong.client import CallPolicy, WireReply
from gongzhong.client.drivers import Pause
from gongzhong.client.drivers import Send as Sending
from gongzhong.client.flow import Caller
from gongzhong.errors import (
    BadAnswer,
    BusyError,
    CredentialError,
    GongzhongError,
    NotReached,
    OutcomeUnknown,
    ParameterError,
    PermissionDenied,
    QuotaError,
    SetupError,
    UnknownCodeError,
)

pytestmark = pytest.mark.anyio

INVALID = {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"}
BUSY = {"errcode": -1, "errmsg": "system error"}


class Person(Reply, kw_only=True, frozen=True):
    openid: str
    subscribe: int = 0
    remark: str = ""


class GetPerson(Call[Person], kw_only=True, frozen=True):
    """Read one person."""

    spec = Spec("GET", "/cgi-bin/user/info")
    openid: str
    lang: str = "zh_CN"


class Send(Call[Ok], kw_only=True, frozen=True):
    """Send a text."""

    spec = Spec("POST", "/cgi-bin/send", repeat=Repeat.IF_NOT_SENT, query=frozenset({"kind"}))
    text: str
    kind: str = ""


class Fetch(Call[Download], kw_only=True, frozen=True):
    """Get a file."""

    spec = Spec("GET", "/cgi-bin/media/get", answer=Answer.BYTES)
    media_id: str


class Show(Call[Download], kw_only=True, frozen=True):
    """Get a picture from the other host, without a token."""

    spec = Spec("GET", "/cgi-bin/showqrcode", answer=Answer.BYTES, token=False, host=Host.MP)
    ticket: str


class Put(Call[Ok], kw_only=True, frozen=True):
    """Upload a file."""

    spec = Spec("POST", "/cgi-bin/media/upload", query=frozenset({"type"}))
    type: str
    media: Upload


class Page(Reply, kw_only=True, frozen=True):
    names: list[str]
    next: str = ""


class ListNames(PagedCall[Page, str], kw_only=True, frozen=True):
    """All names."""

    spec = Spec("GET", "/cgi-bin/names")
    start: Annotated[str, msgspec.Meta(max_length=9)] = ""

    def items(self, page: Page) -> list[str]:
        return page.names

    def following(self, page: Page) -> ListNames | None:
        return ListNames(start=page.next) if page.next else None


def test_the_token_travels_in_the_query_and_text_as_raw_utf8(world: Any) -> None:
    assert world.client().perform(Send(text="你好", kind="a&b")) == Ok()
    request = world.weixin.requests[-1]
    assert request.query == {"access_token": "88_t0ken-1", "kind": "a&b"}
    assert json.loads(request.body) == {"text": "你好"}
    assert "你好".encode() in request.body
    assert request.headers["Content-Type"].startswith("application/json")


def test_a_get_sends_its_fields_in_the_query_without_a_body(world: Any) -> None:
    world.weixin.will("/cgi-bin/user/info", {"openid": "o1"})
    world.client().perform(GetPerson(openid="o1", lang="en"))
    request = world.weixin.requests[-1]
    assert (request.method, request.body) == ("GET", None)
    assert request.query == {"access_token": "88_t0ken-1", "openid": "o1", "lang": "en"}


def test_appid_and_secret_are_filled_in_where_the_call_names_them(world: Any, secret: str) -> None:
    world.client().perform(Send(text="x"))
    sent = json.loads(world.weixin.fetches()[0].body)
    assert sent == {"grant_type": "client_credential", "appid": world.account.appid, "secret": secret}


async def test_both_clients_give_the_same_answer(world: Any) -> None:
    world.weixin.will("/cgi-bin/user/info", {"openid": "o1", "subscribe": 1, "later_field": {}})
    call, person = GetPerson(openid="o1"), Person(openid="o1", subscribe=1)
    assert world.client().perform(call) == person
    assert await world.aclient().perform(call) == person


@pytest.mark.parametrize(
    "body",
    [
        b'{"openid":"o1","remark":"a\tb\x01"}',
        b'{"openid":"o1","remark":"a\tb\x01","subscribe":"0"}',
        b'  {"openid":"o1","remark":"a\\tb\\u0001"}',
    ],
)
def test_json_is_read_whatever_its_label_and_despite_control_characters(world: Any, body: bytes) -> None:
    world.weixin.will("/cgi-bin/user/info", WireReply(200, {"content-type": "image/png"}, body))
    assert world.client().perform(GetPerson(openid="o1")) == Person(openid="o1", remark="a\tb\x01")


@pytest.mark.parametrize(
    "reply",
    [
        WireReply(200, {"content-type": "text/html"}, b"<html><title>Login</title></html>"),
        WireReply(502, {"content-type": "text/html"}, b"<html>bad gateway</html>"),
        WireReply(502, {"content-type": "application/json"}, b'{"message":"upstream"}'),
        WireReply(302, {"location": "http://elsewhere"}, b""),
        WireReply(200, {}, b'{"openid":"o1'),
        WireReply(200, {}, b'["o1"]'),
        WireReply(200, {}, b'{"subscribe":1}'),
        WireReply(200, {}, b'{"errcode":{"a":1}}'),
        WireReply(200, {}, b'{"errcode":4e999}'),
        WireReply(200, {}, b""),
    ],
)
def test_what_wechat_would_not_send_is_a_bad_answer(world: Any, reply: WireReply) -> None:
    world.weixin.will("/cgi-bin/user/info", reply)
    with pytest.raises(BadAnswer, match="cgi-bin/user/info"):
        world.client().perform(GetPerson(openid="o1"))
    assert len(world.weixin.requests) == 2


def test_a_page_s_title_is_quoted_but_not_its_text(world: Any) -> None:
    page = b"<html><title>Corporate proxy</title>blocked: access_token=88_t0ken-1</html>"
    world.weixin.will("/cgi-bin/send", WireReply(403, {"content-type": "text/html"}, page))
    with pytest.raises(BadAnswer, match="Corporate proxy") as caught:
        world.client().perform(Send(text="x"))
    assert "88_t0ken" not in caught.value.text("zh") + caught.value.text("en")


def test_a_file_comes_back_as_a_download(world: Any) -> None:
    headers = {"content-type": "image/jpeg", "content-disposition": 'attachment; filename="MEDIA.jpg"'}
    world.weixin.will("/cgi-bin/media/get", WireReply(200, headers, b"\xff\xd8\xff{}"))
    download = world.client().perform(Fetch(media_id="m"))
    assert download == Download(b"\xff\xd8\xff{}", "image/jpeg", "MEDIA.jpg")


def test_an_error_instead_of_a_file_is_an_error(world: Any) -> None:
    world.weixin.will("/cgi-bin/media/get", {"errcode": 40007, "errmsg": "invalid media_id"})
    with pytest.raises(ParameterError):
        world.client().perform(Fetch(media_id="m"))


def test_a_file_that_happens_to_begin_with_a_brace_is_a_file(world: Any) -> None:
    world.weixin.will("/cgi-bin/media/get", WireReply(200, {"content-type": "text/plain"}, b"{not json"))
    assert world.client().perform(Fetch(media_id="m")).content == b"{not json"


@pytest.mark.parametrize(
    ("status", "content_type"), [(404, "image/jpeg"), (200, "text/html"), (502, "text/html")]
)
def test_a_page_instead_of_a_file_is_a_bad_answer(world: Any, status: int, content_type: str) -> None:
    world.weixin.will("/cgi-bin/showqrcode", WireReply(status, {"content-type": content_type}, b"<html>"))
    with pytest.raises(BadAnswer):
        world.client().perform(Show(ticket="t"))


def test_a_call_without_a_token_asks_for_none_and_goes_to_its_own_host(world: Any) -> None:
    hosts = msgspec.structs.replace(world.account.hosts, mp="http://mp.test")
    world.weixin.will("/cgi-bin/showqrcode", WireReply(200, {"content-type": "image/jpeg"}, b"jpg"))
    world.client(account=msgspec.structs.replace(world.account, hosts=hosts)).perform(Show(ticket="t"))
    assert [request.url for request in world.weixin.requests] == ["http://mp.test/cgi-bin/showqrcode"]


def test_a_file_is_uploaded_as_multipart(world: Any) -> None:
    world.client().perform(Put(type="image", media=Upload(b"\x89PNG", "a.png", "image/png")))
    request = world.weixin.requests[-1]
    assert request.query["type"] == "image"
    assert request.headers["Content-Type"].startswith("multipart/form-data")
    assert b"\x89PNG" in request.body


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_rejected_token_is_replaced_once_and_the_call_repeated_once(world: Any, code: int) -> None:
    client = world.client()
    client.perform(Send(text="1"))
    world.weixin.new_token()
    refused = {"errcode": code, "errmsg": "no"}
    world.weixin.will("/cgi-bin/send", refused, {"errcode": 0, "errmsg": "ok"})
    client.perform(Send(text="2"))
    assert world.weixin.paths()[2:] == ["cgi-bin/send", "cgi-bin/stable_token", "cgi-bin/send"]
    assert world.weixin.requests[-1].query["access_token"] == "88_t0ken-2"


def test_the_same_token_again_is_answered_by_one_forced_refresh(world: Any) -> None:
    client = world.client()
    client.perform(Send(text="1"))
    world.weixin.valid = set()
    client.perform(Send(text="2"))
    assert world.weixin.paths()[2:] == [
        "cgi-bin/send",
        "cgi-bin/stable_token",
        "cgi-bin/stable_token",
        "cgi-bin/send",
    ]
    assert json.loads(world.weixin.fetches()[-1].body)["force_refresh"] is True


def test_no_refresh_is_forced_when_the_normal_answer_is_a_new_token(world: Any) -> None:
    client = world.client()
    client.perform(Send(text="1"))
    world.weixin.new_token()
    client.perform(Send(text="2"))
    assert [json.loads(r.body).get("force_refresh", False) for r in world.weixin.fetches()] == [False, False]


def test_a_second_forced_refresh_waits_thirty_seconds(world: Any) -> None:
    client = world.client()
    world.weixin.will("/cgi-bin/send", INVALID)
    forced: list[int] = []
    for seconds in (0, 10, 15, 20):
        world.clock.advance(seconds)
        with pytest.raises(CredentialError):
            client.perform(Send(text="x"))
        forced.append(sum(b"force_refresh" in r.body for r in world.weixin.fetches()))
    assert forced == [1, 1, 1, 2]


def test_a_credential_that_stays_invalid_costs_a_handful_of_requests(world: Any) -> None:
    world.weixin.will("/cgi-bin/send", INVALID)
    with pytest.raises(CredentialError) as caught:
        world.client().perform(Send(text="x"))
    assert caught.value.errcode == 40001
    assert len(world.weixin.requests) == 6  # three sent, each with another token: one got, two refreshed


def test_a_hundred_calls_with_an_invalid_credential_do_not_ask_for_a_hundred_tokens(world: Any) -> None:
    client = world.client()
    world.weixin.will("/cgi-bin/send", INVALID)
    for _ in range(100):
        with pytest.raises(CredentialError):
            client.perform(Send(text="x"))
    assert len(world.weixin.fetches()) <= 4


def test_a_call_that_needs_no_token_is_not_refreshed(world: Any) -> None:
    world.weixin.will("/cgi-bin/showqrcode", INVALID)
    with pytest.raises(CredentialError):
        world.client().perform(Show(ticket="t"))
    assert len(world.weixin.requests) == 1


def test_a_busy_answer_is_tried_three_times_when_reading(world: Any) -> None:
    world.weixin.will("/cgi-bin/user/info", BUSY, BUSY, {"openid": "o1"})
    assert world.client().perform(GetPerson(openid="o1")).openid == "o1"


def test_a_busy_answer_is_raised_in_the_end(world: Any) -> None:
    world.weixin.will("/cgi-bin/user/info", BUSY)
    with pytest.raises(BusyError):
        world.client().perform(GetPerson(openid="o1"))
    assert world.weixin.paths().count("cgi-bin/user/info") == 3


def test_a_busy_answer_to_a_send_is_raised_at_once(world: Any) -> None:
    world.weixin.will("/cgi-bin/send", BUSY)
    with pytest.raises(BusyError):
        world.client().perform(Send(text="x"))
    assert world.weixin.paths().count("cgi-bin/send") == 1


@pytest.mark.parametrize(
    ("problem", "kind", "may_be_done"),
    [
        (BUSY, BusyError, True),
        (OutcomeUnknown("断", "cut"), OutcomeUnknown, True),
        (BadAnswer("页", "page"), BadAnswer, True),
        (NotReached("断", "down"), NotReached, False),
        ({"errcode": 45009, "errmsg": "limit"}, QuotaError, False),
    ],
)
def test_an_error_says_whether_the_call_may_have_been_carried_out(
    world: Any, problem: Any, kind: type[GongzhongError], may_be_done: bool
) -> None:
    client = world.client()
    world.weixin.will("/cgi-bin/send", problem)
    with pytest.raises(kind) as caught:
        client.perform(Send(text="x"))
    assert caught.value.may_be_done is may_be_done


@pytest.mark.parametrize("problem", [BUSY, OutcomeUnknown("断", "cut"), BadAnswer("页", "page")])
@pytest.mark.parametrize("again", [False, True])
def test_without_a_token_the_call_was_surely_not_carried_out(world: Any, problem: Any, again: bool) -> None:
    """Whether there never was a token, or WeChat refused the call with the one before."""
    client = world.client()
    if again:
        client.access_token()
        world.weixin.will("/cgi-bin/send", INVALID)
    world.weixin.will("/cgi-bin/stable_token", problem)
    with pytest.raises(GongzhongError) as caught:
        client.perform(Send(text="x"))
    assert not caught.value.may_be_done


def test_what_was_not_sent_is_repeated_even_for_a_send(world: Any) -> None:
    world.weixin.will("/cgi-bin/send", NotReached("断", "down"), {"errcode": 0, "errmsg": "ok"})
    assert world.client().perform(Send(text="x")) == Ok()


@pytest.mark.parametrize(("call", "tries"), [(Send(text="x"), 1), (GetPerson(openid="o"), 3)])
def test_an_unknown_outcome_is_repeated_only_where_that_is_safe(
    world: Any, call: Call[Any], tries: int
) -> None:
    world.weixin.will(call.spec.path, OutcomeUnknown("断", "cut"))
    with pytest.raises(OutcomeUnknown):
        world.client().perform(call)
    assert world.weixin.paths().count(call.name()) == tries


def test_a_call_that_used_up_its_time_is_not_repeated(world: Any) -> None:
    world.weixin.will("/cgi-bin/user/info", OutcomeUnknown("断", "timeout"))
    client = world.client()
    client.access_token()
    world.weixin.before_answer = lambda request: world.clock.advance(5)
    with pytest.raises(OutcomeUnknown):
        client.perform(GetPerson(openid="o1"), timeout_s=5)
    assert world.weixin.paths().count("cgi-bin/user/info") == 1
    assert world.weixin.requests[-1].timeout_s == 5


@pytest.mark.parametrize(("number", "expected"), [(0.5, [0.5, 1.0, 2.0]), (0.0, [0.25, 0.5, 1.0])])
def test_pauses_between_tries_grow_and_differ_by_chance(
    world: Any, number: float, expected: list[float]
) -> None:
    policy = CallPolicy(tries=4, pause_s=0.5)
    caller = Caller.of(world.account, world.tokens, world.clock, policy, chance=lambda: number)
    steps = caller.raw(Show(ticket="t"))
    pauses: list[float] = []
    step = next(steps)
    while len(pauses) < 3:
        assert isinstance(step, Sending)
        step = steps.throw(NotReached("断", "down"))
        assert isinstance(step, Pause)
        pauses.append(step.seconds)
        step = next(steps)
    assert pauses == expected


def test_no_pause_goes_beyond_the_time_of_the_call(world: Any) -> None:
    policy = CallPolicy(tries=9, pause_s=1)
    caller = Caller.of(world.account, world.tokens, world.clock, policy, chance=lambda: 0.5)
    steps, waited = caller.raw(Show(ticket="t"), 10), 0.0
    step = next(steps)
    with pytest.raises(BusyError):
        while True:
            reply = WireReply(200, {}, json.dumps(BUSY).encode())
            step = steps.send(reply if isinstance(step, Sending) else None)
            if isinstance(step, Pause):
                waited += step.seconds
                world.clock.advance(step.seconds)
    assert waited == 1 + 2 + 4


def test_a_template_message_with_an_id_of_its_own_is_repeated_after_an_unknown_outcome(world: Any) -> None:
    """发送模板消息: the same openid and client_msg_id are sent once within ten minutes."""
    path = "/cgi-bin/message/template/send"
    world.weixin.will(path, OutcomeUnknown("断", "cut"), {"errcode": 0, "errmsg": "ok", "msgid": 7})
    client = world.client()
    message = {"touser": "o1", "template_id": "t1", "data": {"thing1": "茶"}}
    with pytest.raises(OutcomeUnknown):
        client.template.send(**message)
    world.weixin.will(path, OutcomeUnknown("断", "cut"), {"errcode": 0, "errmsg": "ok", "msgid": 7})
    assert client.template.send(**message, client_msg_id="order-1").msgid == 7


def test_listeners_are_told_how_each_call_ended(world: Any) -> None:
    client, told = world.client(), []
    client.listeners.append(lambda call, problem: told.append((type(call), type(problem))))
    world.weixin.will("/cgi-bin/send", {"errcode": 0, "errmsg": "ok"}, BUSY)
    client.perform(Send(text="1"))
    with pytest.raises(BusyError):
        client.perform(Send(text="2"))
    assert [one for one in told if one[0] is Send] == [(Send, type(None)), (Send, BusyError)]


def test_an_error_carries_the_facts(world: Any) -> None:
    errmsg = "invalid openid rid: 65a1b2c3-0d1e2f3a-4b5c6d7e"
    world.weixin.will("/cgi-bin/user/info", {"errcode": 40003, "errmsg": errmsg, "extra": 7})
    with pytest.raises(ParameterError) as caught:
        world.client().perform(GetPerson(openid="o1"))
    error = caught.value
    assert (error.call, error.errcode, error.errmsg) == ("cgi-bin/user/info", 40003, errmsg)
    assert error.rid == "65a1b2c3-0d1e2f3a-4b5c6d7e"
    assert error.answer["extra"] == 7
    assert error.fix_zh and error.fix_en


@pytest.mark.parametrize(
    ("code", "kind"),
    [(45009, QuotaError), (48001, PermissionDenied), (47001, ParameterError), (123456789, UnknownCodeError)],
)
def test_codes_become_their_class(world: Any, code: int, kind: type[Exception]) -> None:
    world.weixin.will("/cgi-bin/send", {"errcode": code, "errmsg": "no"})
    with pytest.raises(kind):
        world.client().perform(Send(text="x"))


def test_raw_access_gives_the_bytes_after_the_same_rules(world: Any) -> None:
    world.weixin.will("/cgi-bin/user/info", INVALID, b'{"openid":"o1","undeclared":[1]}')
    assert world.client().perform_raw(GetPerson(openid="o1")).body == b'{"openid":"o1","undeclared":[1]}'


def test_without_a_secret_a_call_says_what_to_set(world: Any) -> None:
    client = world.client(
        account=Account(appid="wx0123456789abcdef", secret=Secret(""), hosts=world.account.hosts)
    )
    with pytest.raises(SetupError, match="GONGZHONG_SECRET"):
        client.perform(Send(text="x"))
    assert world.weixin.requests == []


async def test_walking_follows_the_cursor_to_the_end(world: Any) -> None:
    pages = [{"names": ["a", "b"], "next": "b"}, {"names": [], "next": "c"}, {"names": ["d"]}]
    world.weixin.will("/cgi-bin/names", *pages)
    assert list(world.client().walk(ListNames())) == ["a", "b", "d"]
    world.weixin.will("/cgi-bin/names", *pages)
    assert [name async for name in world.aclient().walk(ListNames())] == ["a", "b", "d"]
    assert [r.query.get("start", "") for r in world.weixin.requests[-3:]] == ["", "b", "c"]


def test_walking_stops_when_the_cursor_does_not_move(world: Any) -> None:
    world.weixin.will("/cgi-bin/names", {"names": ["a"], "next": "x"})
    with pytest.raises(BadAnswer, match="cgi-bin/names"):
        list(world.client().walk(ListNames()))
    assert world.weixin.paths().count("cgi-bin/names") == 2


async def test_groups_are_attributes_of_both_clients(world: Any) -> None:
    world.weixin.will("/cgi-bin/get_api_domain_ip", {"ip_list": ["101.226.212.27"]})
    assert world.client().base.api_addresses().ip_list == ["101.226.212.27"]
    assert (await world.aclient().base.api_addresses()).ip_list == ["101.226.212.27"]


async def test_a_given_transport_stays_its_owner_s(world: Any) -> None:
    with world.client() as client:
        pass
    async with world.aclient() as aclient:
        pass
    assert (client.transport.closed, aclient.transport.closed) == (0, 0)
