"""Saving a server URL: what the form refuses, what the server must answer, and that only success is saved."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gongzhong.platform.delivery.receiver import Answered
from gongzhong.platform.delivery.verification import Wanted
from gongzhong.platform.traffic import Verdict

from .listener import KEY, TOKEN, URL, Bed, answered, query_of

pytestmark = pytest.mark.anyio
WANTED = Wanted(url="https://new.test/wx?a=1", token="newToken1")


@pytest.fixture
def bed() -> Bed:
    return Bed()


async def save(bed: Bed, wanted: Wanted = WANTED) -> Verdict:
    verdict, seq = await bed.platform.configure_url(bed.account, wanted)
    assert (seq is None) == (verdict.kind == "form")
    if seq is not None:
        entry = bed.platform.traffic.find(seq)
        assert (entry.kind, entry.verdict) == ("verify", verdict)
    return verdict


def settings(bed: Bed) -> tuple[Any, ...]:
    account = bed.account
    return account.url, account.token, account.aes_key, account.encryption


def echo(bed: Bed) -> Any:
    return lambda query, body: query.echostr.encode()


async def test_the_echo_saves_everything(bed: Bed) -> None:
    bed.listener.will(echo(bed))
    wanted = msgspec.structs.replace(WANTED, aes_key=KEY, encryption="safe")
    assert (await save(bed, wanted)).kind == "ok"
    assert settings(bed) == (wanted.url, wanted.token, KEY, "safe")
    ((method, url, body),) = bed.listener.requests
    query = query_of(url)
    assert (method, body) == ("GET", b"")
    assert url.startswith("https://new.test/wx?a=1&signature=")
    assert query.echostr.isdigit()


async def test_the_request_is_signed_with_the_token_of_the_form(bed: Bed) -> None:
    bed.listener.will(echo(bed))
    await save(bed, msgspec.structs.replace(WANTED, token=TOKEN))
    query = query_of(bed.listener.requests[0][1])
    assert bed.reader.verify_url(query) == query.echostr


async def test_every_request_has_another_echo(bed: Bed) -> None:
    bed.listener.will(echo(bed))
    await save(bed)
    await save(bed)
    assert len({query_of(url).echostr for _, url, _ in bed.listener.requests}) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (answered(b"success"), "echo"),
        (answered(b""), "echo"),
        (answered(b"<html>"), "echo"),
        (answered(b"no", 403), "token"),
        (answered(b"no", 401), "token"),
        (answered(b"", 404), "status"),
        (answered(b"", 302), "status"),
        (answered(b"", 500), "status"),
        ("timeout", "timeout"),
        ("connect", "connect"),
        ("dns", "dns"),
    ],
    ids=str,
)
async def test_any_other_answer_saves_nothing(bed: Bed, answer: Answered | Any, kind: str) -> None:
    before = settings(bed)
    bed.listener.will(answer)
    verdict = await save(bed)
    assert (verdict.ok, verdict.kind) == (False, kind)
    assert verdict.zh
    assert verdict.en
    assert settings(bed) == before
    assert len(bed.listener.requests) == 1


@pytest.mark.parametrize(
    ("before", "after"), [('"', '"'), ("\ufeff", ""), ("", "\n"), (" ", ""), ("<p>", "</p>")]
)
async def test_the_echo_must_be_exact(bed: Bed, before: str, after: str) -> None:
    bed.listener.will(lambda query, body: f"{before}{query.echostr}{after}".encode())
    verdict = await save(bed)
    assert verdict.kind == "echo"
    assert "echostr" in verdict.zh
    assert "echostr" in verdict.en
    assert bed.account.url == URL


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"url": "ftp://new.test/"}, "http"),
        ({"url": "new.test/wx"}, "http"),
        ({"url": ""}, "http"),
        ({"url": "http://new.test:port/"}, "port"),
        ({"url": "http://new.test:99999/"}, "port"),
        ({"token": "ab"}, "Token"),
        ({"token": "a" * 33}, "Token"),
        ({"token": "令牌令牌"}, "Token"),
        ({"token": "with-dash"}, "Token"),
        ({"encryption": "rot13"}, "mode"),
        ({"encryption": "safe"}, "EncodingAESKey"),
        ({"encryption": "compatible", "aes_key": "a" * 42}, "EncodingAESKey"),
        ({"aes_key": "a" * 44}, "EncodingAESKey"),
        ({"aes_key": "a" * 42 + "+"}, "EncodingAESKey"),
    ],
    ids=str,
)
async def test_the_form_refuses_before_anything_is_sent(bed: Bed, fields: dict[str, str], said: str) -> None:
    before = settings(bed)
    verdict = await save(bed, msgspec.structs.replace(WANTED, **fields))
    assert (verdict.ok, verdict.kind) == (False, "form")
    assert said in verdict.en
    assert (settings(bed), bed.listener.requests) == (before, [])


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://new.test/", "ok"),
        ("http://new.test:80/", "ok"),
        ("https://new.test:443/", "ok"),
        ("http://new.test:8080/", "form"),
        ("https://new.test:80/", "form"),
    ],
)
async def test_the_ports_of_the_real_console_are_a_setting(url: str, kind: str) -> None:
    strict = Bed(any_port=False)
    strict.listener.will(echo(strict))
    assert (await save(strict, msgspec.structs.replace(WANTED, url=url))).kind == kind


async def test_a_saved_change_counts_at_once(bed: Bed) -> None:
    bed.listener.will(echo(bed), b"success")
    await save(bed, msgspec.structs.replace(WANTED, token=TOKEN))
    await bed.says("在吗")
    method, url, _ = bed.listener.requests[-1]
    assert (method, url.startswith("https://new.test/wx?a=1&signature=")) == ("POST", True)
