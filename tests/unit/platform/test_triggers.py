"""Any push by name, with values as real ones have them."""

from __future__ import annotations

import pytest

from gongzhong.messages import EVENTS, MESSAGES, encode, parse
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.triggers import CATALOGUE, make
from gongzhong.platform.world import media, people
from gongzhong.platform.world.refusal import BadInput
from gongzhong.wire import read_xml


@pytest.fixture(scope="module")
def platform() -> Platform:
    tie = TieConfig(follows=True)
    return Platform(
        PlatformConfig(
            account=[AccountConfig(name="demo")], person=[PersonConfig(name="alice", accounts={"demo": tie})]
        )
    )


def test_everything_can_be_triggered_and_has_a_title_in_both_languages() -> None:
    assert set(CATALOGUE) >= {*MESSAGES, *EVENTS}
    assert all(trigger.zh and trigger.en for trigger in CATALOGUE.values())


@pytest.mark.parametrize("name", CATALOGUE)
def test_defaults_look_real_and_survive_the_wire(platform: Platform, name: str) -> None:
    account = platform.account("demo")
    push = make(platform.world, account, name, "alice", {})
    xml = encode(push)
    assert b">example<" not in xml and b"[example]" not in xml
    assert parse(read_xml(xml)) == push
    assert push.openid == people.relation(platform.world, account, "alice").openid


@pytest.mark.parametrize("name", ["image", "voice", "video", "shortvideo"])
def test_files_can_be_fetched_and_are_what_they_claim(platform: Platform, name: str) -> None:
    push = make(platform.world, platform.account("demo"), name, "alice", {})
    file = media.serve(platform.world, push.media_id)  # type: ignore[attr-defined]
    assert file is not None
    kind = "video" if name == "shortvideo" else name
    assert media.accept(kind, file.content, permanent=False)[0] == file.content_type


def test_given_fields_win_under_either_name(platform: Platform) -> None:
    account = platform.account("demo")
    for field in ("EventKey", "event_key"):
        assert make(platform.world, account, "CLICK", "alice", {field: "V1"}).event_key == "V1"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "person", "fields"),
    [("nonsense", "alice", {}), ("text", "nobody", {}), ("text", "alice", {"Colour": "red"})],
)
def test_mistakes_are_named(platform: Platform, name: str, person: str, fields: dict[str, str]) -> None:
    with pytest.raises(BadInput, match=r"nonsense|nobody|Colour"):
        make(platform.world, platform.account("demo"), name, person, fields)
