"""Credentials taken out of other people's text."""

from __future__ import annotations

import logging

import pytest

from gongzhong.client.masking import masked
from gongzhong.client.transports.urllib3_transport import Masked, Urllib3Transport


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/cgi-bin/token?appid=wx1&secret=abc&x=1", "/cgi-bin/token?appid=wx1&secret=***&x=1"),
        ("GET /x?access_token=88_a-b_c HTTP/1.1", "GET /x?access_token=*** HTTP/1.1"),
        ('"url":"?appsecret=abc"', '"url":"?appsecret=***"'),
        ("errcode=40001 and postcode=12", "errcode=40001 and postcode=12"),
    ],
)
def test_values_of_credential_parameters_are_hidden(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_known_secrets_are_hidden_wherever_they_stand() -> None:
    assert masked("you sent 88_t and s3cret", ["88_t", "s3cret"]) == "you sent *** and ***"


def test_debug_lines_of_urllib3_are_masked_by_one_filter() -> None:
    Urllib3Transport()
    Urllib3Transport()
    logger = logging.getLogger("urllib3.connectionpool")
    assert sum(isinstance(each, Masked) for each in logger.filters) == 1
    record = logging.LogRecord("x", logging.DEBUG, "f", 1, '"%s %s" %s', ("GET", "/t?secret=abc", 200), None)
    assert Masked().filter(record)
    assert record.getMessage() == '"GET /t?secret=***" 200'
