"""QR codes with a scene, their pictures, and the short keys beside them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from gongzhong.messages import Scan, Subscribe
from gongzhong.platform.doors import mp
from gongzhong.platform.doors.http import Request, Response
from gongzhong.platform.world import acts
from gongzhong.platform.world.settings import Rules

from ..conftest import Bench

CREATE, SHORTEN, LENGTHEN = "/cgi-bin/qrcode/create", "/cgi-bin/shorten/gen", "/cgi-bin/shorten/fetch"


def create(bench: Bench, action: str, scene: Any, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = bench.post(
        CREATE, {"action_name": action, "action_info": {"scene": scene}, **more}
    )
    return answer


def picture(bench: Bench, query: str) -> Response:
    return mp.show_qr_code(bench.world, Request("GET", mp.SHOW_QR_CODE, query, {}, b"", "127.0.0.1"))


@pytest.mark.parametrize(
    ("action", "scene", "key"),
    [
        ("QR_SCENE", {"scene_id": 4_294_967_295}, "4294967295"),
        ("QR_STR_SCENE", {"scene_str": "门" * 64}, "门" * 64),
        ("QR_LIMIT_SCENE", {"scene_id": 100_000}, "100000"),
        ("QR_LIMIT_STR_SCENE", {"scene_str": "1"}, "1"),
    ],
)
def test_scanning_follows_first_and_is_told_as_scan_later(
    bench: Bench, action: str, scene: dict[str, Any], key: str
) -> None:
    made = create(bench, action, scene)
    (followed,) = acts.scan(bench.world, bench.person("alice"), made["url"]).pushes
    assert isinstance(followed, Subscribe)
    assert (followed.event_key, followed.ticket) == (f"qrscene_{key}", made["ticket"])
    (scanned,) = acts.scan(bench.world, "alice", made["ticket"]).pushes
    assert isinstance(scanned, Scan)
    assert (scanned.event_key, scanned.ticket) == (key, made["ticket"])


def test_temporary_codes_end_permanent_ones_do_not(bench: Bench) -> None:
    default = create(bench, "QR_SCENE", {"scene_id": 1})
    longest = create(bench, "QR_SCENE", {"scene_id": 1}, expire_seconds=2_592_000)
    permanent = create(bench, "QR_LIMIT_SCENE", {"scene_id": 1})
    assert (default["expire_seconds"], longest["expire_seconds"]) == (60, 2_592_000)
    assert "expire_seconds" not in permanent
    bench.clock.advance(60)
    bench.person("alice")
    with pytest.raises(acts.NotPossible):
        acts.scan(bench.world, "alice", default["ticket"])
    bench.clock.advance(2_592_000 - 61)
    acts.scan(bench.world, "alice", longest["ticket"])
    bench.clock.advance(days=1000)
    acts.scan(bench.world, "alice", permanent["ticket"])


@pytest.mark.parametrize(
    ("action", "scene", "more", "code"),
    [
        ("QR_CARD", {"scene_id": 1}, {}, 40052),
        (None, {"scene_id": 1}, {}, 40052),
        ("QR_SCENE", {}, {}, 40053),
        ("QR_SCENE", {"scene_id": 0}, {}, 40053),
        ("QR_SCENE", {"scene_id": 2**32}, {}, 40053),
        ("QR_SCENE", {"scene_str": "a"}, {}, 40053),
        ("QR_STR_SCENE", {"scene_id": 1}, {}, 40053),
        ("QR_STR_SCENE", {"scene_str": ""}, {}, 40053),
        ("QR_STR_SCENE", {"scene_str": "a" * 65}, {}, 40053),
        ("QR_LIMIT_SCENE", {"scene_id": 100_001}, {}, 40053),
        ("QR_SCENE", {"scene_id": 1}, {"expire_seconds": 2_592_001}, 40053),
        ("QR_SCENE", None, {}, 40053),
    ],
)
def test_what_no_code_is_made_for(
    bench: Bench, action: str | None, scene: Any, more: dict[str, Any], code: int
) -> None:
    body = {"action_name": action, "action_info": {"scene": scene}, **more}
    assert bench.code(bench.post(CREATE, body)) == code


def test_permanent_codes_are_few_and_the_same_scene_is_the_same_code() -> None:
    bench = Bench(Rules(permanent_qr_codes=2))
    first = create(bench, "QR_LIMIT_SCENE", {"scene_id": 1})
    create(bench, "QR_LIMIT_STR_SCENE", {"scene_str": "1"})
    assert bench.code(create(bench, "QR_LIMIT_SCENE", {"scene_id": 2})) == 45029
    assert create(bench, "QR_LIMIT_SCENE", {"scene_id": 1}) == first
    assert "ticket" in create(bench, "QR_SCENE", {"scene_id": 2})


def test_the_picture_needs_the_escaped_ticket_and_no_login(bench: Bench) -> None:
    made = create(bench, "QR_SCENE", {"scene_id": 1})
    escaped = made["ticket"].replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    shown = picture(bench, f"ticket={escaped}")
    assert (shown.status, shown.content_type) == (200, "image/jpg")
    assert Image.open(io.BytesIO(shown.body)).size == (430, 430)
    for wrong in ("ticket=nothing", "ticket=", ""):
        assert picture(bench, wrong).status == 404
    bench.clock.advance(60)
    assert picture(bench, f"ticket={escaped}").status == 404


def test_short_keys(bench: Bench) -> None:
    made = bench.post(SHORTEN, {"long_data": "loong" * 100, "expire_seconds": 86400})
    assert len(made["short_key"]) == 15
    bench.clock.advance(100)
    read = bench.post(LENGTHEN, {"short_key": made["short_key"]})
    assert read["long_data"] == "loong" * 100
    assert (read["create_time"], read["expire_seconds"]) == (int(bench.clock.now()) - 100, 86300)
    assert (
        bench.code(bench.post(LENGTHEN, {"short_key": made["short_key"]}, of=bench.add("other"))) == 9410012
    )
    bench.clock.advance(86300)
    assert bench.code(bench.post(LENGTHEN, {"short_key": made["short_key"]})) == 9410012


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (SHORTEN, {}, 47003),
        (SHORTEN, None, 44002),
        (SHORTEN, {"long_data": "长" * 1366}, 9410010),
        (SHORTEN, {"long_data": "x" * 4096}, 0),
        (SHORTEN, {"long_data": "x", "expire_seconds": 2_592_001}, 9410011),
        (LENGTHEN, {}, 47003),
        (LENGTHEN, {"short_key": "nothing"}, 9410012),
    ],
)
def test_limits_of_short_keys(bench: Bench, path: str, body: Any, code: int) -> None:
    assert bench.code(bench.post(path, body)) == code
