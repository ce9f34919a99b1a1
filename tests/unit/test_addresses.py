"""Addresses from outside."""

from __future__ import annotations

import pytest

from gongzhong.account import Hosts
from gongzhong.addresses import split_address, without_password
from gongzhong.errors import SetupError


@pytest.mark.parametrize(
    "text",
    ["https://api.weixin.qq.com", "http://[::1]:8700/x", "http://user:pw@h/x?y#z", "https://例子.公司/a"],
)
def test_a_whole_address_is_taken_apart(text: str) -> None:
    parts = split_address(text)
    assert parts is not None and parts.hostname


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "api.weixin.qq.com",
            "ftp://h",
            "http://",
            "http:/h",
            "//h",
            "http://[",
            "http://[::1",
            "http://[1]",
        ),
        *(
            "http://h:99999",
            "http://h:port",
            "http://h:0",
            "http://h /",
            "http://h\r\nX: y",
            "http://h\\@evil",
        ),
        "http://h/\udc80",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert split_address(text) is None
    with pytest.raises(SetupError):
        Hosts(api=text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:hunter2@h:1/x", "http://user:***@h:1/x"),
        ("http://user:hun:t/er2@h", "http://user:***@h"),
        ("http:/user:hunter2@h", "http:***@h"),
        ("https://h/x?y=1", "https://h/x?y=***"),
        ("redis://:hun/ter2@h:1/0", "redis://:***@h:1/0"),
        ("postgresql://h/db?user=u&password=hunter2", "postgresql://h/db?user=***&password=***"),
    ],
)
def test_a_password_is_not_shown(text: str, shown: str) -> None:
    assert without_password(text) == shown
    with pytest.raises(SetupError) as caught:
        Hosts(api=f"{text} ")
    assert "hunter2" not in caught.value.text("zh") + caught.value.text("en")
