"""Intelligent interfaces, from a client to the platform: what was declared, what can be found out, and no more."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from gongzhong import Account, Client, OfficialAccount, Secret
from gongzhong.catalogue.model import Download, Upload
from gongzhong.errors import CallError, SetupError
from gongzhong.platform import PlatformConfig
from gongzhong.platform.config import RecognisedConfig
from gongzhong.platform.world import qrcodes, recognition
from gongzhong.platform.world.refusal import BadInput
from gongzhong.testing import LocalPlatform

VOICE = b"ID3\x04" + b"\x00" * 60
URL = "https://pictures.test/licence.jpg"


def picture(width: int = 90, height: int = 60, colour: str = "red") -> Upload:
    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "PNG")
    return Upload(written.getvalue(), "licence.png", "image/png")


def account() -> OfficialAccount:
    keys = Account(appid="wx00000000000000ab", secret=Secret("s" * 32), token=Secret("tok123"))
    return OfficialAccount(keys)


@pytest.fixture
def client(platform: LocalPlatform) -> Iterator[Client]:
    oa = account()
    platform.connect(oa)
    yield platform.client(oa)


def code_of(refused: pytest.ExceptionInfo[CallError]) -> int:
    return refused.value.errcode


def test_a_document_says_what_was_declared_for_its_bytes(platform: LocalPlatform, client: Client) -> None:
    front = {"type": "Front", "name": "李四", "id": "110101199003070000"}
    recognition.teach(platform.world, "idcard", hashlib.sha256(picture().content).hexdigest(), front)
    card = client.ai.read_id_card(img=picture())
    assert (card.type, card.name, card.id, card.valid_date) == ("Front", "李四", "110101199003070000", None)
    with pytest.raises(CallError) as refused:
        client.ai.read_id_card(img=picture(colour="blue"))
    assert code_of(refused) == 101001


def test_a_document_says_what_was_declared_for_its_address(platform: LocalPlatform, client: Client) -> None:
    recognition.teach(platform.world, "bankcard", URL, {"number": "622202"})
    assert client.ai.read_bank_card(img_url=URL).number == "622202"
    with pytest.raises(CallError) as refused:
        client.ai.read_bank_card(img_url="https://pictures.test/other.jpg")
    assert code_of(refused) == 101000


@pytest.mark.parametrize(
    ("upload", "code"),
    [(None, 41005), (Upload(b"no picture"), 101002), (Upload(b"x" * (2 * 1024 * 1024 + 1)), 40009)],
)
def test_what_is_no_picture_is_refused(client: Client, upload: Upload | None, code: int) -> None:
    with pytest.raises(CallError) as refused:
        client.ai.read_printed_text(img=upload)
    assert code_of(refused) == code


def test_an_address_must_be_one(client: Client) -> None:
    with pytest.raises(CallError) as refused:
        client.ai.read_menu(img_url="ftp://pictures.test/a.jpg")
    assert code_of(refused) == 101000


def test_the_free_calls_of_a_day_end_at_one_hundred(platform: LocalPlatform, client: Client) -> None:
    for _ in range(100):
        client.ai.read_printed_text(img=picture())
    with pytest.raises(CallError) as refused:
        client.ai.read_printed_text(img=picture())
    assert code_of(refused) == 45009
    platform.clock.advance(days=1)
    assert client.ai.read_printed_text(img=picture()).items == []


def test_codes_of_this_platform_are_read_from_file_and_address(
    platform: LocalPlatform, client: Client
) -> None:
    code = client.qrcode.permanent(scene="shelf-7")
    file = Upload(qrcodes.picture(code.url), "code.jpg", "image/jpeg")
    address = f"https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket={quote(code.ticket)}"
    for found in (client.ai.read_codes(img=file), client.ai.read_codes(img_url=address)):
        (result,) = found.code_results
        assert (result.type_name, result.data) == ("QR_CODE", code.url)
        assert result.pos is not None
        assert result.pos.left_top.x < result.pos.right_bottom.x
    assert client.ai.read_codes(img=picture()).code_results == []


def test_crops_have_the_ratios_and_stay_inside(client: Client) -> None:
    found = client.ai.crop_picture(img=picture(200, 100), ratios="1,4")
    sides = [(c.crop_right - c.crop_left, c.crop_bottom - c.crop_top) for c in found.results]
    assert sides == [(100, 100), (200, 50)]
    assert found.img_size is not None
    assert (found.img_size.w, found.img_size.h) == (200, 100)
    with pytest.raises(CallError) as refused:
        client.ai.crop_picture(img=picture(), ratios="1,2,3,4,5,6")
    assert code_of(refused) == 47003


def test_an_enlarged_picture_is_temporary_media(client: Client) -> None:
    media_id = client.ai.enlarge_picture(img=picture(30, 20)).media_id
    stored = client.media.get(media_id=media_id)
    assert isinstance(stored, Download)
    assert Image.open(io.BytesIO(stored.content)).size == (60, 40)


def test_a_voice_has_no_words_until_it_is_ready(platform: LocalPlatform, client: Client) -> None:
    recognition.teach(platform.world, "voice", "v-1", {"result": "你好", "is_end": True})
    client.ai.submit_voice(voice_id="v-1", media=Upload(VOICE, "v.mp3", "audio/mp3"))
    assert client.ai.query_voice(voice_id="v-1").result == ""
    platform.clock.advance(seconds=10)
    heard = client.ai.query_voice(voice_id="v-1")
    assert (heard.result, heard.is_end) == ("你好", True)


def test_an_undeclared_voice_says_that_nobody_listened(platform: LocalPlatform, client: Client) -> None:
    client.ai.submit_voice(voice_id="v-2", media=Upload(VOICE, "v.mp3", "audio/mp3"), lang="en_US")
    platform.clock.advance(seconds=10)
    assert client.ai.query_voice(voice_id="v-2").result.startswith("[en_US] ")
    with pytest.raises(CallError) as refused:
        client.ai.query_voice(voice_id="v-3")
    assert code_of(refused) == 40007
    with pytest.raises(CallError) as refused:
        client.ai.submit_voice(voice_id="v-4", media=Upload(b"#!AMR\n", "v.amr"))
    assert code_of(refused) == 40005


def test_a_translation_is_declared_or_marked(platform: LocalPlatform, client: Client) -> None:
    recognition.teach(platform.world, "translation", "你好", {"from_content": "你好", "to_content": "hello"})
    assert client.ai.translate(lfrom="zh_CN", lto="en_US", content="你好").to_content == "hello"
    marked = client.ai.translate(lfrom="zh_CN", lto="en_US", content="再见")
    assert (marked.from_content, marked.to_content) == ("再见", "[en_US] 再见")


@pytest.mark.parametrize(("content", "code"), [("", 44002), ("译" * 201, 45002)])
def test_a_text_must_be_there_and_short(client: Client, content: str, code: int) -> None:
    with pytest.raises(CallError) as refused:
        client.ai.translate(lfrom="zh_CN", lto="en_US", content=content)
    assert code_of(refused) == code


def test_the_bed_says_what_is_recognised(platform: LocalPlatform, client: Client) -> None:
    platform.recognises("platenum", picture().content, number="粤A12345")
    platform.recognises("menu", URL, content="{}")
    assert client.ai.read_plate_number(img=picture()).number == "粤A12345"
    assert client.ai.read_menu(img_url=URL).content == "{}"


def test_only_what_fits_can_be_declared(platform: LocalPlatform) -> None:
    with pytest.raises(BadInput, match="faces"):
        recognition.teach(platform.world, "faces", "k", {})
    with pytest.raises(BadInput, match="number"):
        recognition.teach(platform.world, "platenum", "k", {})


def test_a_configuration_file_declares_by_file(tmp_path: Path) -> None:
    (tmp_path / "plate.png").write_bytes(picture().content)
    declared = RecognisedConfig(kind="platenum", file="plate.png", result={"number": "粤A12345"})
    platform = LocalPlatform(PlatformConfig(recognised=[declared], folder=str(tmp_path)))
    oa = account()
    platform.connect(oa)
    assert platform.client(oa).ai.read_plate_number(img=picture()).number == "粤A12345"
    platform.close()
    with pytest.raises(SetupError, match=r"plate\.png"):
        LocalPlatform(PlatformConfig(recognised=[declared], folder=str(tmp_path / "elsewhere")))
