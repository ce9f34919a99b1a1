from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.account import Account, Encryption, Secret
from gongzhong.clock import MovableClock
from gongzhong.errors import (
    BadCipher,
    BadSignature,
    BadXml,
    CallbackError,
    Replayed,
    SetupError,
    TooLarge,
)
from gongzhong.wire import (
    NonceCache,
    PushQuery,
    PushReader,
    PushWriter,
    SealedPush,
    read_xml,
    sign,
    write_xml,
)

TOKEN, OLD_TOKEN = "pamtest", "oldtoken"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
APPID = "wxb11529c136998cb6"
OPENID = "oABCD1234efgh5678ijkl9012mnop"
NOW = 1_700_000_000
NONCE = "1320562132"
PUSH = write_xml(
    {
        "ToUserName": "gh_a1b2c3d4e5f6",
        "FromUserName": OPENID,
        "CreateTime": NOW,
        "MsgType": "text",
        "Content": "我的订单在哪里 ]]> <&>",
        "MsgId": 24261840000000001,
    }
)
REPLY = write_xml(
    {
        "ToUserName": OPENID,
        "FromUserName": "gh_a1b2c3d4e5f6",
        "CreateTime": NOW,
        "MsgType": "text",
        "Content": "好",
    }
)
ENCRYPTING: list[Encryption] = ["compatible", "safe"]
MODES: list[Encryption] = ["plain", *ENCRYPTING]


def account(mode: Encryption, **changes: object) -> Account:
    base = Account(appid=APPID, token=Secret(TOKEN), aes_key=Secret(KEY), encryption=mode)
    return msgspec.structs.replace(base, **changes)


def writer(mode: Encryption, token: str = TOKEN, key: str = KEY, appid: str = APPID) -> PushWriter:
    return PushWriter(token, key, appid, mode)


def sealed(mode: Encryption, xml: bytes = PUSH) -> tuple[PushQuery, bytes]:
    return arrived(writer(mode).seal(xml, NOW, NONCE, OPENID))


def arrived(push: SealedPush) -> tuple[PushQuery, bytes]:
    return PushQuery.read(push.query), push.body


def changed(query: PushQuery, **values: str) -> PushQuery:
    return msgspec.structs.replace(query, **values)


# Both ends together


@pytest.mark.parametrize("mode", MODES)
def test_a_push_arrives_and_its_reply_comes_back(mode: Encryption) -> None:
    reader = PushReader(account(mode))
    query, body = sealed(mode)
    opened = reader.open(query, body)
    assert opened.xml == PUSH
    assert opened.fields == read_xml(PUSH)
    answer = reader.seal(REPLY, NOW, NONCE, opened)
    assert writer(mode).open_reply(answer) == REPLY
    assert (answer == REPLY) is (mode == "plain")


@given(st.text(), st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_message_in_safe_mode(content: str, nonce: str) -> None:
    push = write_xml({"ToUserName": "gh_1", "MsgType": "text", "Content": content})
    reader = PushReader(account("safe"))
    opened = reader.open(*arrived(writer("safe").seal(push, NOW, nonce, OPENID)))
    assert opened.xml == push
    reply = reader.seal(push, NOW, "n", opened)
    assert writer("safe").open_reply(reply) == push


@pytest.mark.parametrize("mode", MODES)
def test_what_the_wire_carries(mode: Encryption) -> None:
    query, body = writer(mode).seal(PUSH, NOW, NONCE, OPENID)
    assert query["signature"] == sign(TOKEN, str(NOW), NONCE)
    assert (query["timestamp"], query["nonce"], query["openid"]) == (str(NOW), NONCE, OPENID)
    assert list(query) == ["signature", "timestamp", "nonce", "openid"] + (
        [] if mode == "plain" else ["encrypt_type", "msg_signature"]
    )
    assert query.get("encrypt_type", "aes") == "aes"
    beside = {
        "plain": set(read_xml(PUSH)),
        "compatible": {*read_xml(PUSH), "Encrypt"},
        "safe": {"ToUserName", "Encrypt"},
    }
    assert set(read_xml(body)) == beside[mode]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("nothing", [b"", b"success"])
def test_nothing_to_say_is_never_encrypted(mode: Encryption, nothing: bytes) -> None:
    assert PushReader(account(mode)).seal(nothing) == nothing
    assert writer(mode).open_reply(nothing) == nothing


def test_reply_gets_time_and_nonce_of_its_own() -> None:
    reader = PushReader(account("safe"), clock=MovableClock(NOW, frozen=True))
    first, second = read_xml(reader.seal(REPLY)), read_xml(reader.seal(REPLY))
    assert first["TimeStamp"] == str(NOW)
    assert first["Nonce"] != second["Nonce"]
    assert writer("safe").open_reply(reader.seal(REPLY)) == REPLY


# The configuration decides


@pytest.mark.parametrize("mode", ENCRYPTING)
def test_plain_push_is_refused_whatever_it_claims(mode: Encryption) -> None:
    reader = PushReader(account(mode))
    query, body = sealed("plain")
    for claimed in (query, changed(query, encrypt_type="raw"), changed(query, msg_signature=query.signature)):
        with pytest.raises(BadCipher, match="encryption"):
            reader.open(claimed, body)


@pytest.mark.parametrize("mode", ENCRYPTING)
def test_signature_of_the_url_does_not_replace_the_one_of_the_message(mode: Encryption) -> None:
    query, body = sealed(mode)
    for wrong in ("", query.signature, query.msg_signature.upper()):
        with pytest.raises(BadSignature):
            PushReader(account(mode)).open(changed(query, msg_signature=wrong), body)


def test_what_stands_beside_the_ciphertext_is_not_believed() -> None:
    query, body = sealed("compatible")
    forged = body.replace("我的订单在哪里".encode(), "转账给我".encode()).replace(
        b"gh_a1b2c3d4e5f6", b"gh_forged"
    )
    assert forged != body
    assert PushReader(account("compatible")).open(query, forged).fields == read_xml(PUSH)


def test_receiver_outside_the_ciphertext_is_ignored_in_safe_mode() -> None:
    query, body = sealed("safe")
    assert PushReader(account("safe")).open(query, body.replace(b"gh_a1b2c3d4e5f6", b"gh_x")).xml == PUSH


def test_plain_mode_reads_the_plain_part_of_a_compatible_push() -> None:
    query, body = sealed("compatible")
    fields = PushReader(account("plain")).open(query, body).fields
    assert fields["Content"] == read_xml(PUSH)["Content"]


def test_plain_mode_explains_an_encrypted_push() -> None:
    with pytest.raises(BadCipher, match="safe"):
        PushReader(account("plain")).open(*sealed("safe"))


# Forgeries


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("field", ["timestamp", "nonce"])
def test_changed_query(mode: Encryption, field: str) -> None:
    query, body = sealed(mode)
    for value in ("", "1", getattr(query, field) + "0"):
        with pytest.raises(BadSignature):
            PushReader(account(mode)).open(changed(query, **{field: value}), body)


@pytest.mark.parametrize("mode", MODES)
def test_empty_request(mode: Encryption) -> None:
    with pytest.raises(CallbackError):
        PushReader(account(mode)).open(PushQuery(), b"")


@pytest.mark.parametrize("mode", ENCRYPTING)
def test_changed_ciphertext(mode: Encryption) -> None:
    query, _ = sealed(mode)
    other = write_xml({"ToUserName": "gh_1", "Encrypt": "AAAA"})
    with pytest.raises(BadSignature):
        PushReader(account(mode)).open(query, other)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PushWriter(TOKEN, OLD_KEY, APPID, "safe"),
        lambda: PushWriter(TOKEN, KEY, "wx0000000000000000", "safe"),
        lambda: PushWriter(TOKEN, KEY, "", "safe"),
    ],
)
def test_right_token_but_another_key_or_account(make: Callable[[], PushWriter]) -> None:
    with pytest.raises(BadCipher):
        PushReader(account("safe")).open(*arrived(make().seal(PUSH, NOW, NONCE, OPENID)))


@pytest.mark.parametrize(
    "body",
    [
        b"<xml><ToUserName>1</ToUserName></xml>",
        b"<xml><Encrypt></Encrypt></xml>",
        b"<xml><Encrypt><a>1</a></Encrypt></xml>",
        b"<xml><Encrypt>1</Encrypt><Encrypt>2</Encrypt></xml>",
    ],
)
def test_envelope_without_one_ciphertext(body: bytes) -> None:
    query, _ = sealed("safe")
    with pytest.raises(BadCipher):
        PushReader(account("safe")).open(query, body)


def test_signed_and_encrypted_nonsense_is_still_no_push() -> None:
    nonsense = writer("compatible").seal(b"<html></xml>", NOW, NONCE, OPENID)
    encrypted = nonsense.body.removeprefix(b"<html>")
    with pytest.raises(BadXml):
        PushReader(account("compatible")).open(PushQuery.read(nonsense.query), b"<xml>" + encrypted)


@pytest.mark.parametrize("mode", MODES)
def test_oversize_is_refused_first(mode: Encryption) -> None:
    query, body = sealed(mode)
    with pytest.raises(TooLarge):
        PushReader(account(mode), max_bytes=len(body) - 1).open(query, body)


@given(st.sampled_from(MODES), st.binary(max_size=80), st.builds(PushQuery, *[st.text(max_size=10)] * 7))
def test_no_input_raises_anything_else(mode: Encryption, body: bytes, query: PushQuery) -> None:
    with pytest.raises(CallbackError):
        PushReader(account(mode)).open(query, body)
    signed = changed(query, signature=sign(TOKEN, query.timestamp, query.nonce))
    try:
        PushReader(account("plain")).open(signed, body)
    except CallbackError as problem:
        assert problem.status in (400, 403, 413)


@given(st.text(max_size=60) | st.text(st.sampled_from("AQ/+=\n"), max_size=90))
def test_no_signed_ciphertext_raises_anything_else(encrypted: str) -> None:
    body = write_xml({"Encrypt": encrypted})
    read = read_xml(body)["Encrypt"]
    assert isinstance(read, str)
    query = PushQuery(timestamp="1", nonce="2", msg_signature=sign(TOKEN, "1", "2", read))
    with pytest.raises(CallbackError):
        PushReader(account("safe")).open(query, body)


# Verification of the URL


@pytest.mark.parametrize("mode", MODES)
def test_echostr_is_returned_exactly(mode: Encryption) -> None:
    query = PushQuery(
        signature="f464b24fc39322e44b38aa78f5edd27bd1441696",
        timestamp="1714036504",
        nonce="1514711492",
        echostr="4375120948345356249",
    )
    reader = PushReader(account(mode, token=Secret("AAAAA")))
    assert reader.verify_url(query) == "4375120948345356249"
    with pytest.raises(BadSignature):
        reader.verify_url(changed(query, nonce="1514711493"))
    with pytest.raises(BadSignature):
        reader.verify_url(changed(query, signature="", msg_signature=query.signature))
    with pytest.raises(CallbackError, match="echostr"):
        reader.verify_url(changed(query, echostr=""))


# Two live keys


@pytest.mark.parametrize("token", [TOKEN, OLD_TOKEN])
@pytest.mark.parametrize("key", [KEY, OLD_KEY])
def test_during_a_change_both_keys_are_read_and_answered_in_kind(token: str, key: str) -> None:
    reader = PushReader(
        account("safe", previous_token=Secret(OLD_TOKEN), previous_aes_key=Secret(OLD_KEY)),
        clock=MovableClock(NOW, frozen=True),
    )
    platform = writer("safe", token, key)
    opened = reader.open(*arrived(platform.seal(PUSH, NOW, NONCE, OPENID)))
    assert opened.xml == PUSH
    assert platform.open_reply(reader.seal(REPLY, opened=opened)) == REPLY


def test_without_a_push_the_current_keys_seal() -> None:
    reader = PushReader(account("safe", previous_token=Secret(OLD_TOKEN), previous_aes_key=Secret(OLD_KEY)))
    assert writer("safe").open_reply(reader.seal(REPLY)) == REPLY


def test_previous_token_in_plain_mode() -> None:
    push = arrived(writer("plain", OLD_TOKEN).seal(PUSH, NOW, NONCE, OPENID))
    assert PushReader(account("plain", previous_token=Secret(OLD_TOKEN))).open(*push).xml == PUSH
    with pytest.raises(BadSignature, match="previous_token"):
        PushReader(account("plain")).open(*push)


def test_a_third_key_is_refused_with_the_current_keys_complaint() -> None:
    reader = PushReader(account("safe", previous_aes_key=Secret(OLD_KEY)))
    stranger = PushWriter(TOKEN, KEY, "wx0000000000000000", "safe")
    with pytest.raises(BadCipher, match="wx0000000000000000"):
        reader.open(*arrived(stranger.seal(PUSH, NOW, NONCE, OPENID)))


# Replays


@pytest.mark.parametrize("mode", MODES)
def test_the_same_request_twice(mode: Encryption) -> None:
    reader = PushReader(account(mode), nonces=NonceCache())
    query, body = sealed(mode)
    assert reader.open(query, body).xml
    with pytest.raises(Replayed):
        reader.open(query, body)


def test_moving_digits_between_timestamp_and_nonce_is_a_replay() -> None:
    reader = PushReader(account("plain"), nonces=NonceCache())
    query, body = sealed("plain")
    reader.open(query, body)
    resplit = changed(query, timestamp=query.nonce + query.timestamp[0], nonce=query.timestamp[1:])
    with pytest.raises(CallbackError):
        reader.open(resplit, body)
    swapped = changed(query, timestamp=query.nonce, nonce=query.timestamp)
    with pytest.raises(Replayed):
        reader.open(swapped, body)


@pytest.mark.parametrize("mode", MODES)
def test_an_old_request(mode: Encryption) -> None:
    clock = MovableClock(NOW, frozen=True)
    reader = PushReader(account(mode), window_s=60, clock=clock)
    query, body = sealed(mode)
    assert reader.open(query, body).xml
    clock.advance(minutes=2)
    with pytest.raises(Replayed):
        reader.open(query, body)


def test_forgeries_do_not_fill_the_memory() -> None:
    nonces = NonceCache()
    reader = PushReader(account("plain"), nonces=nonces)
    with pytest.raises(BadSignature):
        reader.open(PushQuery(signature="0" * 40, timestamp="1", nonce="2"), PUSH)
    assert len(nonces) == 0


# Configuration


@pytest.mark.parametrize("mode", MODES)
def test_no_token_is_found_at_start(mode: Encryption) -> None:
    with pytest.raises(SetupError, match="GONGZHONG_TOKEN"):
        PushReader(account(mode, token=Secret("")))


@pytest.mark.parametrize("mode", ENCRYPTING)
def test_missing_or_wrong_key_is_found_at_start(mode: Encryption) -> None:
    for key in ("", "short"):
        with pytest.raises(SetupError, match="EncodingAESKey"):
            PushReader(account(mode, aes_key=Secret(key)))
        with pytest.raises(SetupError, match="EncodingAESKey"):
            PushWriter(TOKEN, key, APPID, mode)
    with pytest.raises(SetupError, match="EncodingAESKey"):
        PushReader(account(mode, previous_aes_key=Secret("short")))


def test_plain_mode_needs_no_key() -> None:
    assert PushReader(account("plain", aes_key=Secret(""))).open(*sealed("plain")).xml == PUSH


def test_the_source_of_chance_decides_the_sealed_bytes() -> None:
    once, again = (PushReader(account("safe"), random_bytes=bytes) for _ in range(2))
    assert once.seal(REPLY, NOW) == again.seal(REPLY, NOW) == once.seal(REPLY, NOW)
    assert writer("safe").open_reply(once.seal(REPLY, NOW)) == REPLY
    assert PushReader(account("safe")).seal(REPLY, NOW) != PushReader(account("safe")).seal(REPLY, NOW)


def test_nothing_secret_in_reprs() -> None:
    reader = PushReader(account("safe"))
    shown = repr((reader, writer("safe"), reader.open(*sealed("safe"))))
    assert TOKEN not in shown
    assert KEY not in shown


# What the platform takes as a reply


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "body", [b"\n" + REPLY, b"\xef\xbb\xbf" + REPLY, b"ok", b'{"a":1}', b"<html></html>", b"<xml>"]
)
def test_not_a_reply(mode: Encryption, body: bytes) -> None:
    with pytest.raises(BadXml):
        writer(mode).open_reply(body)


def test_compatible_mode_takes_both_kinds_of_reply() -> None:
    assert writer("compatible").open_reply(REPLY) == REPLY
    assert writer("compatible").open_reply(PushReader(account("safe")).seal(REPLY)) == REPLY


def test_plain_reply_in_safe_mode_and_the_reverse() -> None:
    with pytest.raises(BadCipher, match=r"安全模式|safe mode"):
        writer("safe").open_reply(REPLY)
    with pytest.raises(BadCipher, match=r"明文模式|plain mode"):
        writer("plain").open_reply(PushReader(account("safe")).seal(REPLY))


@pytest.mark.parametrize("element", ["MsgSignature", "TimeStamp", "Nonce"])
def test_reply_envelope_lacks_an_element_or_lies(element: str) -> None:
    envelope = read_xml(PushReader(account("safe")).seal(REPLY))
    with pytest.raises(BadSignature):
        writer("safe").open_reply(write_xml({**envelope, element: "1"}))
    del envelope[element]
    with pytest.raises(BadCipher, match=element):
        writer("safe").open_reply(write_xml(envelope))


def test_reply_of_another_account() -> None:
    other = PushReader(account("safe", appid="wx0000000000000000"))
    with pytest.raises(BadCipher, match="wx0000000000000000"):
        writer("safe").open_reply(other.seal(REPLY))


@pytest.mark.parametrize("xml", [b"", b"success", b"<xml><A>1</A></xml>"])
def test_only_a_push_can_be_wrapped(xml: bytes) -> None:
    with pytest.raises(CallbackError):
        writer("safe").seal(xml, NOW, NONCE, OPENID)
