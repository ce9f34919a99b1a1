"""QR codes with a scene: made by the account, shown as a picture, scanned by people; and short keys."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image

from gongzhong.catalogue.qrcodes import ActionInfo, Scene
from gongzhong.messages import Push, Scan, Subscribe
from gongzhong.platform import PlatformConfig
from gongzhong.platform.world import pictures
from gongzhong.platform.world.acts import NotPossible
from gongzhong.platform.world.settings import Rules
from gongzhong.testing import LocalPlatform

from .conftest import Browser, Magazine, refused

MONTH_S = 2_592_000


@pytest.fixture
def few() -> Iterator[LocalPlatform]:
    """A platform that gives two permanent codes."""
    local = LocalPlatform(PlatformConfig(rules=Rules(permanent_qr_codes=2)))
    yield local
    local.close()


def heard(magazine: Magazine) -> Push:
    return magazine.told[-1]


def picture(magazine: Magazine, ticket: str) -> Any:
    return Browser(magazine.platform).opens(f"/cgi-bin/showqrcode?ticket={quote(ticket, safe='')}")


@pytest.mark.parametrize(("scene", "key"), [(123, "123"), ("春季_海报", "春季_海报")])
def test_a_stranger_who_scans_follows(magazine: Magazine, scene: str | int, key: str) -> None:
    code = magazine.api.qrcode.temporary(scene=scene, expire_seconds=600)
    assert code.expire_seconds == 600
    alice = magazine.platform.person("alice")
    alice.scans(code.ticket)
    event = heard(magazine)
    assert isinstance(event, Subscribe)
    assert (event.event_key, event.ticket, event.openid) == (f"qrscene_{key}", code.ticket, alice.openid())


def test_a_follower_who_scans_only_says_so(magazine: Magazine) -> None:
    alice = magazine.platform.person("alice")
    alice.follows()
    first = heard(magazine)
    assert isinstance(first, Subscribe)
    assert (first.event_key, first.ticket) == ("", None)
    since = magazine.api.users.get(openid=alice.openid()).subscribe_time
    code = magazine.api.qrcode.permanent(scene="桌号 7")
    assert code.expire_seconds is None
    magazine.platform.clock.advance(minutes=1)
    alice.scans(code.url)
    event = heard(magazine)
    assert isinstance(event, Scan)
    assert (event.event_key, event.ticket) == ("桌号 7", code.ticket)
    told = magazine.api.users.get(openid=alice.openid())
    assert (told.subscribe_time, told.qr_scene_str) == (since, "")


def test_a_scan_opens_a_window_of_three_messages(magazine: Magazine) -> None:
    platform, api = magazine.platform, magazine.api
    alice = platform.person("alice")
    alice.follows()
    platform.clock.advance(minutes=5)
    with refused(45015):
        api.customer.send_text(touser=alice.openid(), content="您好")
    alice.scans(api.qrcode.permanent(scene=1).ticket)
    for _ in range(3):
        api.customer.send_text(touser=alice.openid(), content="您好")
    with refused(45047):
        api.customer.send_text(touser=alice.openid(), content="您好")


def test_a_temporary_code_ends(magazine: Magazine) -> None:
    platform = magazine.platform
    alice = platform.person("alice")
    code = magazine.api.qrcode.temporary(scene=1, expire_seconds=MONTH_S)
    assert picture(magazine, code.ticket).status == 200
    platform.clock.advance(days=29)
    alice.scans(code.ticket)
    platform.clock.advance(days=1)
    assert picture(magazine, code.ticket).status == 404
    for way in (code.ticket, code.url):
        with pytest.raises(NotPossible):
            alice.scans(way)


def test_without_a_length_a_temporary_code_lives_a_minute(magazine: Magazine) -> None:
    code = magazine.api.qrcode.create(action_name="QR_SCENE", action_info=ActionInfo(scene=Scene(scene_id=1)))
    assert code.expire_seconds == 60


def test_the_picture_carries_the_address(magazine: Magazine) -> None:
    code = magazine.api.qrcode.permanent(scene=1)
    answer = picture(magazine, code.ticket)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpg")
    with Image.open(io.BytesIO(answer.body)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (430, 430))
        (found,) = pictures.codes_in(shown)
    assert found.text == code.url
    assert code.url.startswith("http://weixin.qq.com/q/")
    assert magazine.api.qrcode.show(ticket=code.ticket).content == answer.body


@pytest.mark.parametrize("ticket", ["", "unknown", "gQ=="])
def test_a_wrong_ticket_has_no_picture(magazine: Magazine, ticket: str) -> None:
    answer = picture(magazine, ticket)
    assert (answer.status, answer.body) == (404, b"")


def test_a_permanent_scene_has_one_code_and_a_temporary_one_many(magazine: Magazine) -> None:
    qrcodes = magazine.api.qrcode
    assert qrcodes.permanent(scene=7) == qrcodes.permanent(scene=7)
    assert qrcodes.permanent(scene="7").ticket != qrcodes.permanent(scene=7).ticket
    temporary = [qrcodes.temporary(scene=7, expire_seconds=60).ticket for _ in range(2)]
    assert temporary[0] != temporary[1]
    other = Magazine(magazine.platform, "wx00000000000000bb")
    assert other.api.qrcode.permanent(scene=7).ticket != qrcodes.permanent(scene=7).ticket


def test_permanent_codes_run_out(few: LocalPlatform) -> None:
    qrcodes = Magazine(few).api.qrcode
    first = qrcodes.permanent(scene=1)
    qrcodes.permanent(scene=2)
    with refused(45029):
        qrcodes.permanent(scene=3)
    assert qrcodes.permanent(scene=1) == first
    qrcodes.temporary(scene=3, expire_seconds=60)


@pytest.mark.parametrize(
    ("code", "name", "scene", "seconds"),
    [
        (40052, "QR_CARD", Scene(scene_id=1), None),
        (40053, "QR_SCENE", Scene(scene_str="a"), None),
        (40053, "QR_STR_SCENE", Scene(scene_id=1), None),
        (40053, "QR_SCENE", Scene(scene_id=0), None),
        (40053, "QR_SCENE", Scene(scene_id=2**32), None),
        (40053, "QR_LIMIT_SCENE", Scene(scene_id=100_001), None),
        (40053, "QR_LIMIT_STR_SCENE", Scene(scene_str=""), None),
        (40053, "QR_LIMIT_STR_SCENE", Scene(scene_str="字" * 65), None),
        (40053, "QR_SCENE", Scene(scene_id=1), MONTH_S + 1),
    ],
)
def test_what_is_no_code(magazine: Magazine, code: int, name: Any, scene: Scene, seconds: int | None) -> None:
    with refused(code):
        magazine.api.qrcode.create(
            action_name=name, action_info=ActionInfo(scene=scene), expire_seconds=seconds
        )


def test_the_largest_scenes(magazine: Magazine) -> None:
    qrcodes = magazine.api.qrcode
    alice = magazine.platform.person("alice")
    alice.scans(qrcodes.temporary(scene=2**32 - 1, expire_seconds=MONTH_S).ticket)
    assert magazine.api.users.get(openid=alice.openid()).qr_scene == 2**32 - 1
    alice.scans(qrcodes.permanent(scene="字" * 64).ticket)
    assert getattr(heard(magazine), "event_key", "") == "字" * 64
    alice.scans(qrcodes.permanent(scene=100_000).ticket)
    assert getattr(heard(magazine), "event_key", "") == "100000"


def test_subscription_accounts_have_no_codes(platform: LocalPlatform) -> None:
    magazine = Magazine(platform, kind="subscription")
    with refused(48001):
        magazine.api.qrcode.permanent(scene=1)


def test_a_test_account_is_full_at_a_hundred(platform: LocalPlatform) -> None:
    magazine = Magazine(platform, kind="test")
    ticket = magazine.api.qrcode.permanent(scene=1).ticket
    for number in range(100):
        platform.person(f"guest{number}").scans(ticket)
    with pytest.raises(NotPossible):
        platform.person("late").scans(ticket)
    platform.person("guest0").scans(ticket)
    platform.person("guest1").unfollows()
    platform.person("late").scans(ticket)
    assert magazine.api.users.list().total == 100


def test_a_short_key_leads_back_to_the_text(magazine: Magazine) -> None:
    platform, qrcodes = magazine.platform, magazine.api.qrcode
    text = "loooong data" * 300 + "字"
    key = qrcodes.create_short_key(long_data=text, expire_seconds=86400).short_key
    assert len(key) == 15
    assert key.isalnum()
    platform.clock.advance(hours=1)
    found = qrcodes.read_short_key(short_key=key)
    assert (found.long_data, found.expire_seconds) == (text, 86400 - 3600)
    assert found.create_time + 3600 == pytest.approx(platform.clock.now(), abs=2)
    platform.clock.advance(days=1)
    with refused(9410012):
        qrcodes.read_short_key(short_key=key)


def test_a_short_key_has_its_limits(magazine: Magazine) -> None:
    qrcodes = magazine.api.qrcode
    key = qrcodes.create_short_key(long_data="a" * 4096).short_key
    assert qrcodes.read_short_key(short_key=key).expire_seconds == MONTH_S
    with refused(9410010):
        qrcodes.create_short_key(long_data="a" * 4097)
    with refused(9410011):
        qrcodes.create_short_key(long_data="a", expire_seconds=MONTH_S + 1)
    other = Magazine(magazine.platform, "wx00000000000000bb")
    for foreign in (key, "unknown"):
        with refused(9410012):
            other.api.qrcode.read_short_key(short_key=foreign)
