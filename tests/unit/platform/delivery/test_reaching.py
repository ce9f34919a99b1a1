"""Whether a program listens, and which headers keep its pages out of the phone's frame."""

from __future__ import annotations

import asyncio

import pytest

from gongzhong.platform.delivery.reaching import PageLook, forbids, listens, look_at
from gongzhong.platform.delivery.receiver import Answered, Unanswered

pytestmark = pytest.mark.anyio
PAGE, PHONE = "http://127.0.0.1:8000/me", "http://gongzhong.localhost:8700"


@pytest.mark.parametrize(
    ("header", "value", "forbidden"),
    [
        ("x-frame-options", "DENY", "X-Frame-Options: DENY"),
        ("x-frame-options", "sameorigin", "X-Frame-Options: sameorigin"),
        ("x-frame-options", "ALLOWALL", ""),
        ("content-security-policy", "default-src 'self'", ""),
        ("content-security-policy", "frame-ancestors *", ""),
        ("content-security-policy", "frame-ancestors http:", ""),
        ("content-security-policy", "frame-ancestors http://*.localhost:*", ""),
        ("content-security-policy", "frame-ancestors gongzhong.localhost:8700", ""),
        (
            "content-security-policy",
            "default-src 'self'; frame-ancestors 'none'",
            "Content-Security-Policy: frame-ancestors 'none'",
        ),
        ("content-security-policy", "frame-ancestors", "Content-Security-Policy: frame-ancestors"),
        (
            "content-security-policy",
            "frame-ancestors 'self' https://gongzhong.localhost:8700",
            "Content-Security-Policy: frame-ancestors 'self' https://gongzhong.localhost:8700",
        ),
        (
            "content-security-policy",
            "frame-ancestors http://gongzhong.localhost",
            "Content-Security-Policy: frame-ancestors http://gongzhong.localhost",
        ),
    ],
)
def test_headers_that_forbid_a_frame(header: str, value: str, forbidden: str) -> None:
    assert forbids({header: value}, PAGE, PHONE) == forbidden


def test_frame_ancestors_counts_before_x_frame_options_and_ones_own_origin_is_allowed() -> None:
    both = {"x-frame-options": "DENY", "content-security-policy": f"frame-ancestors {PHONE}"}
    assert forbids(both, PAGE, PHONE) == ""
    for own in ({"x-frame-options": "SAMEORIGIN"}, {"content-security-policy": "frame-ancestors 'self'"}):
        assert forbids(own, f"{PHONE}/s/KEY", PHONE) == ""


class Site:
    """Answers by address, and remembers what it was asked."""

    def __init__(self, **answers: Answered) -> None:
        self.answers, self.asked = answers, list[tuple[str, str]]()

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        self.asked.append((method, url))
        name = url.rpartition("/")[2]
        if name not in self.answers:
            raise Unanswered("connect", "refused")
        return self.answers[name]

    async def close(self) -> None: ...


def answer(status: int, **headers: str) -> Answered:
    return Answered(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


async def test_redirects_are_followed_to_the_page_that_forbids() -> None:
    site = Site(me=answer(302, location="/login"), login=answer(200, x_frame_options="DENY"))
    assert await look_at(site, PAGE, PHONE) == PageLook(status=200, forbids="X-Frame-Options: DENY")
    assert site.asked == [("HEAD", PAGE), ("HEAD", "http://127.0.0.1:8000/login")]


async def test_nobody_visits_the_authorisation_for_the_person() -> None:
    there = "http://127.0.0.1:8700/connect/oauth2/authorize?appid=wx1"
    site = Site(me=answer(302, location=there, x_frame_options="DENY"))
    assert (await look_at(site, PAGE, PHONE)).forbids == "X-Frame-Options: DENY"
    assert len(site.asked) == 1


async def test_a_server_without_head_is_asked_again_and_a_silent_one_is_told() -> None:
    site = Site(me=answer(405))
    assert await look_at(site, PAGE, PHONE) == PageLook(status=405)
    assert [method for method, _ in site.asked] == ["HEAD", "GET"]
    assert await look_at(Site(), PAGE, PHONE) == PageLook(problem="refused")


async def test_redirects_in_a_circle_end() -> None:
    site = Site(me=answer(302, location="/me"))
    assert (await look_at(site, PAGE, PHONE)).status == 302


async def test_a_listening_program_is_told_from_none() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await listens(f"http://127.0.0.1:{port}/wx") is True
    server.close()
    await server.wait_closed()
    assert await listens(f"http://127.0.0.1:{port}/wx") is False
    assert await listens("") is None
