"""Names and texts of the command line become calls of the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongzhong import Hosts
from gongzhong.catalogue.model import Host, Upload
from gongzhong.catalogue.registry import CALLS
from gongzhong.catalogue.templates import SendTemplate
from gongzhong.catalogue.users import GetUser
from gongzhong.running.named_calls import WrongCall, everything, find, options_of, request_text

HOSTS = {host: getattr(Hosts(), host.value) for host in Host}


def test_every_call_of_the_catalogue_can_be_named() -> None:
    named = {call.make for call in everything()}
    by_path = [find(call.spec.path).make for call in CALLS]
    assert set(by_path) == set(CALLS)
    assert len([call for call in CALLS if call in named]) > len(CALLS) / 2


def test_every_call_says_what_it_is_for_and_what_it_takes() -> None:
    for call in everything():
        assert call.summary, call.name
        assert all(parameter.kind is not None for parameter in call.parameters())


@pytest.mark.parametrize("name", ["users.get", "GetUser", "cgi-bin/user/info", "/cgi-bin/user/info"])
def test_one_call_has_three_kinds_of_name(name: str) -> None:
    assert find(name).build({"openid": ["oX"]}) == GetUser(openid="oX")


def test_a_name_that_is_close_is_offered() -> None:
    with pytest.raises(WrongCall) as caught:
        find("template.sned")
    assert "template.send" in caught.value.fix_en


def test_complex_values_are_json() -> None:
    call = find("template.send").build(
        {
            "touser": ["o1"],
            "template_id": ["T"],
            "data": ['{"thing1": {"value": "茶"}}'],
            "url": ["http://a/"],
        }
    )
    assert isinstance(call, SendTemplate)
    assert call.data["thing1"].value == "茶"
    assert call.url == "http://a/"


def test_a_list_is_json_or_a_repeated_option() -> None:
    tag = find("tags.tag_users")
    once = tag.build({"tagid": ["100"], "openid_list": ['["a", "b"]']})
    twice = tag.build({"tagid": ["100"], "openid_list": ["a", "b"]})
    alone = tag.build({"tagid": ["100"], "openid_list": ["a"]})
    assert once == twice
    assert alone.openid_list == ["a"]  # type: ignore[attr-defined]


def test_values_from_files(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('{"thing1": {"value": "咖啡"}}', "utf-8")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    sent = find("template.send").build(
        {"touser": ["o1"], "template_id": ["T"], "data": [f"@{tmp_path / 'data.json'}"]}
    )
    upload = find("media.upload").build({"type": ["image"], "media": [f"@{tmp_path / 'photo.jpg'}"]})
    assert sent.data["thing1"].value == "咖啡"  # type: ignore[attr-defined]
    assert upload.media == Upload(b"\xff\xd8\xff", "photo.jpg", "image/jpeg")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "needs --openid"),
        ({"openid": ["o"], "colour": ["red"]}, "it takes: openid, lang"),
        ({"openid": ["@no/such/file"]}, "cannot read"),
        ({"openid": ["o"], "lang": ["klingon"]}, "--lang has a wrong value"),
    ],
)
def test_mistakes_name_the_parameter(given: dict[str, list[str]], words: str) -> None:
    with pytest.raises(WrongCall) as caught:
        find("users.get").build(given)
    assert words in caught.value.text("en")


def test_what_wechat_would_refuse_is_refused_before_it_is_sent() -> None:
    with pytest.raises(WrongCall):
        find("users.set_remark").build({"openid": ["o"], "remark": ["字" * 31]})


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["--a", "1", "--b=2", "--b=3"], {"a": ["1"], "b": ["2", "3"]}),
        (["--force-refresh", "--x", "y"], {"force_refresh": ["true"], "x": ["y"]}),
        (["--data", "-1"], {"data": ["-1"]}),
        ([], {}),
    ],
)
def test_options_are_read(words: list[str], options: dict[str, list[str]]) -> None:
    assert options_of(words) == options


def test_a_stray_word_is_refused() -> None:
    with pytest.raises(WrongCall, match="stray"):
        options_of(["stray"])


def test_the_shown_request_hides_token_and_secret() -> None:
    sent = find("template.send").build(
        {"touser": ["o"], "template_id": ["T"], "data": ['{"a": {"value": "1"}}']}
    )
    token = find("base.get_token").build({})
    assert request_text(sent, HOSTS).startswith(
        "POST https://api.weixin.qq.com/cgi-bin/message/template/send?access_token=***\n"
    )
    assert "appid=***&secret=***" in request_text(token, HOSTS)
    assert "secret=" not in request_text(sent, HOSTS)
