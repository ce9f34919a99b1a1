"""One table says what is secret in text: every shape in which a value may stand is hidden, and nothing else."""

from __future__ import annotations

import json
import random
import time
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.account import Secret
from gongzhong.wire import masking
from gongzhong.wire.masking import masked, masked_headers, secret_name, secret_values

VALUE = "88_Zq3-secretvalueSECRETVALUE0123456789"
NAMES = (
    *(
        "access_token",
        "component_access_token",
        "authorizer_access_token",
        "refresh_token",
        "token",
        "accessToken",
    ),
    *("secret", "appsecret", "AppSecret", "component_appsecret", "GONGZHONG_SECRET", "client_secret"),
    *("ticket", "jsapi_ticket", "ComponentVerifyTicket", "code", "js_code", "auth_code"),
    *("aes_key", "EncodingAESKey", "encoding_aes_key", "session_key", "x-api-key", "password"),
)


def nested(name: str, times: int) -> str:
    text = json.dumps({name: VALUE, "openid": "oUser"})
    for _ in range(times):
        text = json.dumps({"body": text})
    return text


SHAPES = {
    "query": lambda n: f"GET /cgi-bin/x?{n}={VALUE}&a=1 HTTP/1.1",
    "last in query": lambda n: f"https://api.weixin.qq.com/x?a=1&{n}={VALUE}",
    "address inside a query": lambda n: "/jump?" + urlencode({"to": f"https://x/?{n}={VALUE}&z=1", "b": "2"}),
    "encoded twice": lambda n: quote(quote(f"https://x/?a=1&{n}={VALUE}&z=1", safe=""), safe=""),
    "json": lambda n: json.dumps({"openid": "oUser", n: VALUE}),
    "json without blanks": lambda n: f'{{"{n}":"{VALUE}"}}',
    "json with blanks": lambda n: f'{{ "{n}" \n :\t "{VALUE}" }}',
    "json in json": lambda n: nested(n, 1),
    "json in json in json": lambda n: nested(n, 2),
    "json cut off": lambda n: f'{{"{n}":"{VALUE[:20]}',
    "json in a query": lambda n: "/x?body=" + quote(json.dumps({n: VALUE})),
    "html": lambda n: f"<pre>{{&quot;{n}&quot;:&quot;{VALUE}&quot;}}</pre>",
    "python dict": lambda n: repr({n: VALUE}),
    "python bytes": lambda n: repr({n.encode(): VALUE.encode()}),
    "python pairs": lambda n: repr([("a", "1"), (n, VALUE)]),
    "python keyword": lambda n: f"Record({n}='{VALUE}', x=1)",
    "local variable": lambda n: f"{n:20} = '{VALUE}'",
    "setting": lambda n: f'{n} = "{VALUE}"',
    "plain words": lambda n: f"got {n}: {VALUE} from there",
    "xml": lambda n: f"<xml><{n}>{VALUE}</{n}><A>1</A></xml>",
    "cdata": lambda n: f"<xml><{n}><![CDATA[{VALUE}]]></{n}></xml>",
    "cdata with blanks": lambda n: f"<xml><{n}> \n<![CDATA[{VALUE}]]>\n</{n}></xml>",
    "header": lambda n: f"{n}: {VALUE}\r\nHost: x",
    "har": lambda n: json.dumps({"queryString": [{"name": n, "value": VALUE}]}),
    "form in html": lambda n: f'<input type="hidden" name="{n}" value="{VALUE}">',
    "multipart": lambda n: f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{VALUE}\r\n--b--',
    "bytes of a request": lambda n: repr(f'POST /x HTTP/1.1\r\n\r\n{{"{n}": "{VALUE}"}}'.encode()),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_values_are_hidden_in_every_shape(name: str, shape: str) -> None:
    text = SHAPES[shape](name)
    assert VALUE[:20] in text
    hidden = masked(text)
    assert VALUE[:20] not in hidden
    assert VALUE[6:20] not in masked(text, keep=6)
    assert masked(hidden) == hidden


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/cgi-bin/token?appid=wx1&secret=abc&x=1", "/cgi-bin/token?appid=wx1&secret=***&x=1"),
        ('{"ticket":"abc","openid":"o"}', '{"ticket":"***","openid":"o"}'),
        ('{"secret": "a\\"b", "c": 1}', '{"secret": "***", "c": 1}'),
        ("{'access_token': 'abc'}", "{'access_token': '***'}"),
        ("Authorization: Basic YWxpY2U6cHc=\r\nHost: x", "Authorization: ***\r\nHost: x"),
        ("Cookie: a=1; b=2", "Cookie: ***"),
        ("http://alice:pa55@proxy:3128/", "http://alice:***@proxy:3128/"),
        ("sent Bearer 0123456789abcdef", "sent Bearer ***"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
         "-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----"),
    ],
)  # fmt: skip
def test_what_remains(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "errcode=40001 and postcode=12",
        '{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest rid: 61a-b-c"}',
        '{"code": 404, "codes": "abcdefghijkl", "token": null}',
        "grant_type=client_credential&appid=wx0123456789abcdef",
        "grant_type=authorization_code&x=1",
        "signature=6f1ed002ab5595859014ebf0951522d9&timestamp=1&nonce=2",
        "no AppSecret to get an access_token with: set GONGZHONG_SECRET",
        "POST /cgi-bin/stable_token: 40001",
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Content>hi</Content></xml>",
        '{"expires_in": 7200, "openid": "oABCDEFGHIJKLMNOP", "scope": "snsapi_base"}',
        "missing ['secret', 'appid'] in settings",
        "https://example.com:8080/a@b",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text


def test_known_values_and_live_secrets_are_hidden_where_no_name_stands() -> None:
    """An error page that repeats the bare token: there is no name beside it."""
    secret = Secret(VALUE)
    assert masked(f"<h1>denied for {VALUE}</h1>") == "<h1>denied for ***</h1>"
    del secret
    assert masked(f"<h1>denied for {VALUE}</h1>", [VALUE]) == "<h1>denied for ***</h1>"
    assert VALUE in masked(f"<h1>denied for {VALUE}</h1>")
    odd = Secret("pass word/with=signs")
    assert masked("q=pass%20word%2Fwith%3Dsigns") == "q=***"
    assert odd


def test_the_longer_of_two_values_goes_first() -> None:
    assert masked("abcdefgh12", ["abcdefgh", "abcdefgh12"]) == "***"


def test_a_few_letters_may_stay_to_tell_tokens_apart() -> None:
    assert masked(f"?access_token={VALUE}", keep=6) == "?access_token=88_Zq3…"
    assert masked("?access_token=short", keep=6) == "?access_token=***"


def test_headers_and_names() -> None:
    headers = {"Authorization": "Basic x", "Location": f"/a?code={VALUE}", "content-type": "text/html"}
    assert masked_headers(headers) == {
        "Authorization": "***",
        "Location": "/a?code=***",
        "content-type": "text/html",
    }
    assert secret_name("Set-Cookie") and secret_name("js_code") and not secret_name("errcode")
    assert secret_values(f"?access_token={VALUE}&secret=abc") == {VALUE}


@given(st.text(), st.sampled_from(["access_token", "secret", "code"]))
def test_any_text_around_a_value(around: str, name: str) -> None:
    assert VALUE not in masked(around + json.dumps({name: VALUE}) + around)


@pytest.mark.parametrize(
    "piece", ["a", "a_", '"', "\\", "<a", "token", "name=", "token:", "x://a", "%25", " ", "\r\n\r\n"]
)
def test_hostile_text_takes_no_longer_than_its_length(piece: str) -> None:
    text = (piece * 200_000)[:200_000]
    started = time.process_time()
    masked(text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "hostile", ['name="token"\n' * 5000, "name=token" + "\na" * 30000, "[" * 60000, "a.-_" * 15000]
)
def test_hostile_text_does_not_stop_the_server(hostile: str) -> None:
    """The first took 40 s while each name was followed to the end of the text."""
    before = time.process_time()
    assert masked(hostile)
    assert time.process_time() - before < 10


def test_a_field_of_a_form_with_headers_of_its_own_is_hidden() -> None:
    part = 'Content-Disposition: form-data; name="access_token"\r\nContent-Type: text/plain\r\n\r\nSEC-RET-1\r\n--b'
    assert "SEC-RET-1" not in masked(part)


PARTS = (
    *(
        "access_token",
        "appsecret",
        "x.token",
        "js_code",
        "session-key",
        "Authorization",
        "Set-Cookie",
        "to\u212aen",
    ),
    *(
        "name",
        "value",
        "password",
        "tokens",
        '"',
        "'",
        "\\",
        "&quot;",
        "%22",
        "=",
        "%3D",
        ":",
        "=>",
        " ",
        "\r\n\r\n",
    ),
    *(
        "&",
        ",",
        "(",
        ")",
        "b",
        "<",
        ">",
        "<![CDATA[",
        "]]>",
        "2520",
        "ABCDEFGHIJKLMNOP",
        "1234567890",
        "-",
        ".",
        "的",
    ),
)


@pytest.mark.parametrize("seed", range(20))
def test_looking_only_where_names_end_finds_what_searching_the_whole_text_finds(seed: int) -> None:
    chosen = random.Random(seed)
    for _ in range(40):
        text = "".join(chosen.choices(PARTS, k=chosen.randint(2, 40)))
        for named in masking._named():
            whole = [found.span() for found in named._pattern.finditer(text)]
            assert [found.span() for found in named.finditer(text)] == whole, text
