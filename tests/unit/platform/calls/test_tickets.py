"""Tickets for pages: one for the whole account, for two hours."""

from __future__ import annotations

from gongzhong.platform.world import tokens

from ..conftest import Bench

GET = "/cgi-bin/ticket/getticket"


def test_the_same_ticket_for_its_whole_life_whoever_asks(bench: Bench) -> None:
    first = bench.get(GET, type="jsapi")
    assert (first["errcode"], first["errmsg"], first["expires_in"]) == (0, "ok", 7200)
    bench.clock.advance(7199)
    fresh, _ = tokens.issue(bench.world, bench.account)
    again = bench.get(GET, type="jsapi", access_token=fresh)
    assert (again["ticket"], again["expires_in"]) == (first["ticket"], 1)
    bench.clock.advance(1)
    assert bench.get(GET, type="jsapi")["ticket"] != first["ticket"]


def test_tickets_differ_by_kind_and_account(bench: Bench) -> None:
    other = bench.add("other")
    found = [
        bench.get(GET, type="jsapi"),
        bench.get(GET, type="wx_card"),
        bench.get(GET, other, type="jsapi"),
    ]
    assert len({one["ticket"] for one in found}) == 3


def test_there_are_two_kinds(bench: Bench) -> None:
    assert bench.code(bench.get(GET, type="pay")) == 40097
    assert bench.code(bench.get(GET)) == 40097
