from __future__ import annotations

from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.errors import BadCipher, SetupError
from gongzhong.wire import Cipher

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OTHER_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
APPID = "wxb11529c136998cb6"
CIPHER = Cipher(KEY, APPID)
RANDOM = b"0123456789abcdef"


def fresh(key: str = KEY) -> BlockCipher[modes.CBC]:
    raw = b64decode(key + "=")
    return BlockCipher(algorithms.AES(raw), modes.CBC(raw[:16]))


def encrypted(plain: bytes) -> str:
    """Whatever these bytes are, as a ciphertext of KEY: no padding is added."""
    return b64encode(fresh().encryptor().update(plain)).decode()


def plain_of(ciphertext: str) -> bytes:
    return fresh().decryptor().update(b64decode(ciphertext))


def padded(body: bytes) -> bytes:
    count = 32 - len(body) % 32
    return body + bytes([count]) * count


@given(st.text(max_size=400))
def test_any_text_comes_back(text: str) -> None:
    assert CIPHER.decrypt(CIPHER.encrypt(text.encode())) == text.encode()


@pytest.mark.parametrize("length", range(65))
def test_every_length_is_padded_to_32(length: int) -> None:
    message = b"m" * length
    plain = plain_of(CIPHER.encrypt(message, RANDOM))
    assert plain == padded(RANDOM + length.to_bytes(4, "big") + message + APPID.encode())
    assert CIPHER.decrypt(CIPHER.encrypt(message)) == message


def test_random_characters_are_printable_and_never_the_same() -> None:
    starts = {plain_of(CIPHER.encrypt(b"message"))[:16] for _ in range(50)}
    assert len(starts) == 50
    assert all(start.isascii() and start.decode().isprintable() for start in starts)


def test_what_was_encrypted_alone_is_decrypted_after_other_work() -> None:
    cipher = Cipher(KEY, APPID)
    ciphertexts = [
        encrypted(padded(RANDOM + b"\0\0\0\1" + letter + APPID.encode())) for letter in (b"a", b"b", b"c")
    ]
    assert [cipher.decrypt(ciphertext) for ciphertext in ciphertexts * 2] == [b"a", b"b", b"c"] * 2


def test_a_refused_ciphertext_leaves_no_trace() -> None:
    cipher = Cipher(KEY, APPID)
    good = cipher.encrypt(b"message", RANDOM)
    with pytest.raises(BadCipher):
        cipher.decrypt(encrypted(b"x" * 64))
    assert cipher.decrypt(good) == b"message"
    assert cipher.encrypt(b"message", RANDOM) == good


def test_threads_share_one_cipher() -> None:
    def work(number: int) -> bool:
        message = f"message {number}".encode() * (number % 7)
        return all(
            plain_of(CIPHER.encrypt(message, RANDOM)).startswith(RANDOM)
            and CIPHER.decrypt(CIPHER.encrypt(message)) == message
            for _ in range(40)
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(32)))


def test_last_two_bits_of_the_key_do_not_matter() -> None:
    assert Cipher(KEY[:-1] + "E", APPID).decrypt(CIPHER.encrypt(b"message")) == b"message"


@pytest.mark.parametrize(
    "key", ["", KEY[:-1], KEY + "A", KEY[:-1] + "+", KEY[:-1] + " ", KEY[:-1] + "é", KEY + "\n"]
)
def test_wrong_key_is_refused_at_start_and_not_repeated(key: str) -> None:
    with pytest.raises(SetupError) as caught:
        Cipher(key, APPID)
    assert "43" in caught.value.zh and "43" in caught.value.en
    assert KEY[:10] not in str(caught.value)


@pytest.mark.parametrize(
    "ciphertext",
    [
        "",
        "====",
        "not base64!",
        "汉字",
        "\ud800",
        CIPHER.encrypt(b"message", RANDOM)[:-4],
        CIPHER.encrypt(b"message", RANDOM) + "AAAA",
        CIPHER.encrypt(b"message", RANDOM)[:-1] + "\n=",
        encrypted(b"x" * 16),
        encrypted(b"x" * 48),
    ],
)
def test_cut_off_or_foreign_text_is_refused(ciphertext: str) -> None:
    with pytest.raises(BadCipher):
        CIPHER.decrypt(ciphertext)


TRAILER = APPID.encode()


@pytest.mark.parametrize(
    "plain",
    [
        RANDOM + b"\0\0\0\5hello" + TRAILER + b"\x15" * 20 + b"\x14",
        RANDOM + b"\0\0\0\5hello" + TRAILER + b"\x00" * 21,
        RANDOM + b"\0\0\0\5hello" + TRAILER + b"\x05" * 21,
        RANDOM + b"\0\0\0\5hello" + TRAILER + b"\x35" * 53,
        RANDOM + b"\0\0\0\5hello" + TRAILER + b"\x14" + b"\x15" * 20,
        RANDOM + b"\0\0\0\4hello" + TRAILER + b"\x15" * 21,
        RANDOM + b"\0\0\0\6hello" + TRAILER + b"\x15" * 21,
        RANDOM + b"\xff\xff\xff\xffhello" + TRAILER + b"\x15" * 21,
        padded(RANDOM + b"\0\0\0\5hello"),
        padded(RANDOM + b"\0\0\0\5hello" + TRAILER + b"!"),
        padded(RANDOM + b"\0\0\0\5hello" + TRAILER[:-1]),
        padded(RANDOM + b"\0\0\0\5hello" + TRAILER.upper()),
        padded(b""),
    ],
)
def test_padding_length_and_appid_must_all_fit(plain: bytes) -> None:
    assert len(plain) % 32 == 0
    with pytest.raises(BadCipher):
        CIPHER.decrypt(encrypted(plain))


@given(st.binary(min_size=32, max_size=96))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with pytest.raises(BadCipher):
        CIPHER.decrypt(b64encode(data).decode())


def test_other_key_is_named_as_the_cause() -> None:
    with pytest.raises(BadCipher, match="EncodingAESKey"):
        Cipher(OTHER_KEY, APPID).decrypt(CIPHER.encrypt(b"message"))


def test_other_account_is_named() -> None:
    with pytest.raises(BadCipher, match=APPID):
        Cipher(KEY, "wx0000000000000000").decrypt(CIPHER.encrypt(b"message"))


def test_known_random_part_must_have_16_bytes() -> None:
    with pytest.raises(ValueError, match="16"):
        CIPHER.encrypt(b"message", b"short")


def test_nothing_secret_in_reprs() -> None:
    assert KEY not in repr(CIPHER)
    assert "_iv" not in repr(CIPHER)
