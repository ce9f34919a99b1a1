"""Published examples of signature and cipher: signatures (V1, V2), pushes (V4 to V6), replies (V3, V7)."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from gongzhong.errors import BadSignature
from gongzhong.wire import Cipher, Keys, matches, read_xml, sign

SAMPLE_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SAMPLE_APPID = "wxb11529c136998cb6"
WECOM_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
WECOM_APPID = "wx49f0ab532d5d035a"


class Vector(NamedTuple):
    token: str
    key: str
    appid: str
    timestamp: str
    nonce: str
    signature: str
    ciphertext: str


V3 = Vector(
    "pamtest",
    SAMPLE_KEY,
    SAMPLE_APPID,
    "1409304348",
    "xxxxxx",
    "82c962d39941aa48552f90ef55aa323dc620cc10",
    "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==",
)
V4 = Vector(
    "pamtest",
    SAMPLE_KEY,
    SAMPLE_APPID,
    "1458300676",
    "260774613",
    "4f3ad57b6989f09f4eb392acce4f9e93942ed890",
    "rTNFcsut4LfGuAFKEUVVpwcaCOTJzOd9twZdIW910jb3k+iicx2uvhttIZ3Qg9Qgty3BEF2xbOrz6boTfb30dMomcgrkTqdFPwnhqbk+"
    "kIQ7rZiwny9D7NUrTgA5kpX3KsZvrXzUZyP2x9YOlxbgm572lmxKvM7HAQQhIQ/p6HBmoY30bGXFK0BtIu1pW9TjhOYrLQoU18nWYjWq"
    "DA1ynkmOytpv7QRI1P1+0NoxL0q2zO1DgeSvnE8CZGo/o5Ap/WHK5W2RAsinpzN4/LjPnmB6U01I5XCoJoC0GK/yMZycd2Oh8Nq6+wBk"
    "C1U85oy0ktOY4nLvsQMLrourmMGdZHuTbqpeJ8Ao/5PRYJ+WBvRUwPfGKBL2+2IKZF49vAJqkcGWSHGE76ZN2erXeuNazf/o9o3lIE3q"
    "739o4c8t9QGPe31GT2Go/rOz1BsrASwvauNulCh+++yz+CQzBIuikA==",
)
V5 = Vector(
    "QDG6eK",
    "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    "wx5823bf96d3bd56c7",
    "1409659813",
    "1372623149",
    "477715d11cdb4164915debcba66cb864d751f3e6",
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/s"
    "YYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJ"
    "YuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGU"
    "callcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDY"
    "A5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==",
)
V6 = Vector(
    "123456",
    WECOM_KEY,
    WECOM_APPID,
    "1411443780",
    "437374425",
    "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
    "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
)
V7 = Vector(
    "123456",
    WECOM_KEY,
    WECOM_APPID,
    "1411525903",
    "461056294",
    "407518b7649e86ef23978113f92d27afa9296533",
    "9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk+j3nba4HMOTzHrluLBYqxgNcBqGsL8GqxlhZgURn"
    "AtObvesEl5nZ+uBE8bviY0LWke8Zy9V/QYKxNV2FqllNXcfmstttyIkMKCCmVbCFM2JTF5wY0nFhHZSjPUL2Q1qvSUCUld+/WIXrx0oy"
    "KQmpB6o8NRrrNrsDf03oxI1p9FxUgMnwKKZeOA/uu+2IEvEBtb7muXsVbwbgX05UPPJvFurDXafG0RQyPR+mf1nDnAtQmmNOuiR5MIkd"
    "Q39xn1vWwi1O5oazPoQJz0nTYjxxEE8kv3kFxtAGVRe3ypD3WeK2XeFYFMNMpatF9XiKzHo3",
)
V3_MESSAGE = "我是中文abcd123".encode()
V7_MESSAGE = b"""<xml>
<MsgType><![CDATA[text]]></MsgType>
<Content><![CDATA[test]]></Content>
<FromUserName><![CDATA[wx49f0ab532d5d035a]]></FromUserName>
<ToUserName><![CDATA[messense]]></ToUserName>
<AgentID>1</AgentID>
<CreateTime>1411525903</CreateTime>
</xml>"""


@pytest.mark.parametrize(
    ("parts", "signature"),
    [
        (("AAAAA", "1714036504", "1514711492"), "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        (("test", "1410685589", "test"), "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff"),
        (("123", "345"), "9f537aeb751ec72605f57f94a2f6dc3e3958e1dd"),
    ],
    ids=["V1", "V2", "two parts"],
)
def test_plain_signature(parts: tuple[str, ...], signature: str) -> None:
    assert sign(*parts) == signature
    assert sign(*reversed(parts)) == signature


@pytest.mark.parametrize("vector", [V3, V4, V5, V6, V7], ids=["V3", "V4", "V5", "V6", "V7"])
def test_message_signature(vector: Vector) -> None:
    assert matches(vector.signature, vector.token, vector.timestamp, vector.nonce, vector.ciphertext)


@pytest.mark.parametrize(
    ("vector", "message"),
    [(V3, V3_MESSAGE), (V6, b"5927782489442352469"), (V7, V7_MESSAGE)],
    ids=["V3", "V6", "V7"],
)
def test_decryption(vector: Vector, message: bytes) -> None:
    assert Cipher(vector.key, vector.appid).decrypt(vector.ciphertext) == message


@pytest.mark.parametrize(
    ("vector", "random16", "message"),
    [
        (V3, b"aaaabbbbccccdddd", V3_MESSAGE),
        (V6, b"2304fc2fe146f1f8", b"5927782489442352469"),
        (V7, b"1234567890123456", V7_MESSAGE),
    ],
    ids=["V3", "V6", "V7"],
)
def test_encryption_is_the_same_whatever_the_cipher_did_before(
    vector: Vector, random16: bytes, message: bytes
) -> None:
    cipher = Cipher(vector.key, vector.appid)
    for _ in range(3):
        assert cipher.encrypt(message, random16) == vector.ciphertext
        cipher.encrypt(b"something else")


def test_push_of_the_debugging_tool() -> None:
    assert read_xml(Cipher(V4.key, V4.appid).decrypt(V4.ciphertext)) == {
        "URL": "http://wechat.laravel.so/server",
        "ToUserName": "asdasdasd",
        "FromUserName": "asdasdasdsadasd",
        "CreateTime": "1234567898",
        "MsgType": "text",
        "Content": "hello",
        "MsgId": "12345",
    }


def test_push_with_an_agent() -> None:
    assert read_xml(Cipher(V5.key, V5.appid).decrypt(V5.ciphertext)) == {
        "ToUserName": "wx5823bf96d3bd56c7",
        "FromUserName": "mycreate",
        "CreateTime": "1409659813",
        "MsgType": "text",
        "Content": "hello",
        "MsgId": "4561255354251345929",
        "AgentID": "218",
    }


def test_another_nonce_does_not_fit() -> None:
    assert not matches(V6.signature, V6.token, V6.timestamp, "437374424", V6.ciphertext)


def test_sealed_reply() -> None:
    envelope = {
        "Encrypt": V7.ciphertext,
        "MsgSignature": V7.signature,
        "TimeStamp": V7.timestamp,
        "Nonce": V7.nonce,
    }
    keys = Keys(V7.token, Cipher(V7.key, V7.appid))
    assert keys.open_reply({**envelope}) == V7_MESSAGE
    with pytest.raises(BadSignature):
        keys.open_reply({**envelope, "Nonce": "437374424"})
