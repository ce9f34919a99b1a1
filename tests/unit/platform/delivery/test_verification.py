"""Saving a server URL: only what answers the question correctly is saved, and what is wrong is named."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.platform.delivery.verification import Wanted
from gongzhong.wire import matches

from .conftest import AES_KEY, URL, Arrived, Bed

pytestmark = pytest.mark.anyio
NEW = "https://shop.example/wx?a=1"


def echo(arrived: Arrived) -> bytes:
    return arrived.query["echostr"].encode()


async def configure(bed: Bed, said: Any = echo, **changed: Any) -> tuple[str, str]:
    """Verdict and what is saved after it."""
    bed.server.says = [said]
    wanted = Wanted(**{"url": NEW, "token": "newtoken", **changed})
    verdict, seq = await bed.platform.configure_url(bed.account, wanted)
    assert verdict.ok == (bed.account.url == wanted.url)
    assert (seq is None) == (verdict.kind == "form")
    return verdict.kind, bed.account.url


async def test_the_question(bed: Bed) -> None:
    assert await configure(bed) == ("ok", NEW)
    (asked,) = bed.server.arrived
    assert (asked.method, asked.body, asked.timeout_s) == ("GET", b"", 5)
    assert asked.url.startswith(f"{NEW}&")
    query = asked.query
    assert query.keys() == {"a", "signature", "timestamp", "nonce", "echostr"}
    assert matches(query["signature"], "newtoken", query["timestamp"], query["nonce"])
    assert query["echostr"].isdigit()
    assert bed.account.token == "newtoken"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (403, "token"),
        (401, "token"),
        (500, "status"),
        (302, "status"),
        (b"", "echo"),
        (b"success", "echo"),
        (lambda asked: echo(asked) + b"\n", "echo"),
        (lambda asked: b'"' + echo(asked) + b'"', "echo"),
        (lambda asked: b"\xef\xbb\xbf" + echo(asked), "echo"),
        (lambda asked: b"<html>" + echo(asked) + b"</html>", "echo"),
        ("timeout", "timeout"),
        ("connect", "connect"),
        ("dns", "dns"),
    ],
)
async def test_wrong_answers_save_nothing(bed: Bed, said: Any, kind: str) -> None:
    assert await configure(bed, said) == (kind, URL)
    assert len(bed.server.arrived) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "ftp://shop.example/"},
        {"url": "shop.example"},
        {"url": "http://"},
        {"url": "http://shop.example:port/"},
        {"token": "ab"},
        {"token": "a" * 33},
        {"token": "with space"},
        {"aes_key": "short"},
        {"encryption": "safe"},
        {"encryption": "safe", "aes_key": "!" * 43},
        {"encryption": "rot13", "aes_key": AES_KEY},
    ],
)
async def test_a_form_that_cannot_be_right_asks_nobody(bed: Bed, changed: dict[str, str]) -> None:
    assert (await configure(bed, **changed)) == ("form", URL)
    assert bed.server.arrived == []


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://shop.example/", "ok"),
        ("http://shop.example:80/", "ok"),
        ("https://shop.example:443/", "ok"),
        ("http://shop.example:8080/", "form"),
        ("https://shop.example:80/", "form"),
    ],
)
async def test_ports_as_the_real_console_wants_them(url: str, kind: str) -> None:
    strict = Bed(any_port=False)
    assert (await configure(strict, url=url))[0] == kind
    await strict.platform.close()


async def test_all_settings_are_saved_together(bed: Bed) -> None:
    await configure(bed, encryption="compatible", aes_key=AES_KEY[::-1])
    account = bed.account
    assert (account.encryption, account.aes_key, account.token) == ("compatible", AES_KEY[::-1], "newtoken")
