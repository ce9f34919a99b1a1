"""Temporary files: told by their content, kept for three days, seen by their own account only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gongzhong.catalogue.media import VideoLink
from gongzhong.catalogue.model import Download, Upload
from gongzhong.messages import Image, Video, Voice
from gongzhong.platform.world.acts import NotPossible
from gongzhong.testing import PNG, LocalPlatform

from .conftest import Browser, Magazine, refused

JPEG = b"\xff\xd8\xff\xe0" + bytes(64)
GIF = b"GIF89a" + bytes(64)
BMP = b"BM" + bytes(64)
AMR = b"#!AMR\n" + (bytes([7 << 3]) + bytes(31)) * 50
MP3 = b"ID3\x03" + bytes(64)
MP4 = b"\0\0\0\x18ftypmp42" + bytes(64)
WAV = b"RIFF\0\0\0\0WAVE" + bytes(64)
LARGEST = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "thumb": 64 << 10}


def upload(magazine: Magazine, type: Any, content: bytes, name: str = "file") -> Any:
    return magazine.api.media.upload(type=type, media=Upload(content, name))


def wire(magazine: Magazine) -> dict[str, Any]:
    """The latest API call's answer as it went over the wire."""
    answer: dict[str, Any] = json.loads(magazine.platform.calls[-1].response_body)
    return answer


@pytest.mark.parametrize(
    ("type", "content", "media_type", "extension"),
    [
        ("image", PNG, "image/png", "png"),
        ("image", JPEG, "image/jpeg", "jpg"),
        ("image", GIF, "image/gif", "gif"),
        ("voice", AMR, "audio/amr", "amr"),
        ("voice", MP3, "audio/mp3", "mp3"),
        ("thumb", JPEG, "image/jpeg", "jpg"),
    ],
    ids=["png", "jpg", "gif", "amr", "mp3", "thumb"],
)
def test_a_file_comes_back_under_its_own_type(
    magazine: Magazine, type: Any, content: bytes, media_type: str, extension: str
) -> None:
    stored = upload(magazine, type, content, "wrong-name.txt")
    assert (stored.type, len(stored.id)) == (type, 64)
    assert stored.created_at == pytest.approx(magazine.platform.clock.now(), abs=2)
    got = magazine.api.media.get(media_id=stored.id)
    assert isinstance(got, Download)
    assert (got.content, got.content_type, got.filename) == (content, media_type, f"{stored.id}.{extension}")


def test_a_thumb_has_a_name_of_its_own_for_the_id(magazine: Magazine) -> None:
    thumb = upload(magazine, "thumb", JPEG)
    answer = wire(magazine)
    assert (answer["thumb_media_id"], "media_id" in answer) == (thumb.id, False)
    image = upload(magazine, "image", JPEG)
    answer = wire(magazine)
    assert (answer["media_id"], "thumb_media_id" in answer) == (image.id, False)


def test_a_video_is_given_as_an_address(magazine: Magazine) -> None:
    got = magazine.api.media.get(media_id=upload(magazine, "video", MP4).id)
    assert isinstance(got, VideoLink)
    page = Browser(magazine.platform).opens(got.video_url.removeprefix(magazine.platform.world.origin))
    assert (page.body, page.headers["content-type"]) == (MP4, "video/mp4")


@pytest.mark.parametrize(
    ("type", "content", "name"),
    [
        ("image", MP3, "cover.png"),
        ("image", BMP, "cover.bmp"),
        ("image", b"<html>", "cover.jpg"),
        ("voice", WAV, "voice.wav"),
        ("voice", PNG, "voice.mp3"),
        ("video", PNG, "film.mp4"),
        ("thumb", PNG, "thumb.jpg"),
    ],
    ids=["mp3 as png", "bmp", "page as jpg", "wav", "png as mp3", "png as mp4", "png as thumb"],
)
def test_the_content_decides_not_the_name(magazine: Magazine, type: Any, content: bytes, name: str) -> None:
    with refused(40005):
        upload(magazine, type, content, name)


@pytest.mark.parametrize(
    ("type", "content", "code"),
    [("image", PNG, 40009), ("voice", MP3, 40010), ("video", MP4, 40011), ("thumb", JPEG, 40012)],
    ids=["image", "voice", "video", "thumb"],
)
def test_each_kind_has_its_size_and_its_code(
    magazine: Magazine, type: Any, content: bytes, code: int
) -> None:
    full = content.ljust(LARGEST[type], b"\0")
    assert upload(magazine, type, full).id
    with refused(code):
        upload(magazine, type, full + b"\0")


def test_other_ways_to_go_wrong(magazine: Magazine) -> None:
    with refused(40004):
        upload(magazine, "news", PNG)
    with refused(44001):
        upload(magazine, "image", b"")
    with refused(45007):
        upload(magazine, "voice", b"#!AMR\n" + (bytes([7 << 3]) + bytes(31)) * 61 * 50)


def test_three_days_and_no_longer(magazine: Magazine) -> None:
    platform, api = magazine.platform, magazine.api
    alice = platform.person("alice")
    alice.follows()
    alice.says("图")
    media_id = upload(magazine, "image", PNG).id
    platform.clock.advance(days=2, hours=23)
    assert isinstance(api.media.get(media_id=media_id), Download)
    alice.says("图")
    api.customer.send_image(touser=alice.openid(), media_id=media_id)
    platform.clock.advance(hours=1)
    with refused(40007):
        api.media.get(media_id=media_id)
    with refused(40007):
        api.customer.send_image(touser=alice.openid(), media_id=media_id)


def test_what_people_send_is_kept_as_long(magazine: Magazine) -> None:
    platform, api = magazine.platform, magazine.api
    alice = platform.person("alice")
    alice.follows()
    alice.sends("image", file=PNG)
    alice.sends("voice", file=AMR)
    alice.sends("video", file=MP4)
    image, voice, video = magazine.told[-3:]
    assert isinstance(image, Image)
    assert isinstance(voice, Voice)
    assert isinstance(video, Video)
    assert voice.format == "amr"
    for push, content in ((image, PNG), (voice, AMR)):
        got = api.media.get(media_id=push.media_id)
        assert isinstance(got, Download)
        assert got.content == content
    assert isinstance(api.media.get(media_id=video.media_id), VideoLink)
    platform.clock.advance(days=3)
    with refused(40007):
        api.media.get(media_id=image.media_id)


def test_the_phone_sends_only_what_it_could(magazine: Magazine) -> None:
    alice = magazine.platform.person("alice")
    alice.follows()
    before = len(alice.screen)
    with pytest.raises(NotPossible, match="40005"):
        alice.sends("image", file=b"no picture")
    assert len(alice.screen) == before


def test_article_pictures_are_addresses_and_no_material(magazine: Magazine) -> None:
    api = magazine.api
    for content, form in ((PNG, "png"), (JPEG, "jpeg")):
        url = api.media.upload_image(media=Upload(content, "a.gif")).url
        assert url.startswith(f"http://mmbiz.qpic.cn/mmbiz_{form}/")
        shown = Browser(magazine.platform).opens(url.removeprefix("http://mmbiz.qpic.cn"))
        assert (shown.body, shown.headers["content-type"]) == (content, f"image/{form}")
    assert api.material.count().image_count == 0
    with refused(40007):
        api.material.get(media_id=url.split("/")[4])


def test_article_pictures_are_png_or_jpg_below_a_megabyte(magazine: Magazine) -> None:
    api = magazine.api
    api.media.upload_image(media=Upload(PNG.ljust((1 << 20) - 1, b"\0"), "a.png"))
    with refused(40009):
        api.media.upload_image(media=Upload(PNG.ljust(1 << 20, b"\0"), "a.png"))
    with refused(40005):
        api.media.upload_image(media=Upload(GIF, "a.png"))


def test_the_better_voice_is_for_what_a_page_recorded(magazine: Magazine) -> None:
    alice = magazine.platform.person("alice")
    recorded = alice.uploads("voice", AMR)
    got = magazine.api.media.get_voice(media_id=recorded)
    assert (got.content, got.content_type) == (AMR, "voice/speex")
    for other in (upload(magazine, "voice", AMR).id, alice.uploads("image", PNG)):
        with refused(40007):
            magazine.api.media.get_voice(media_id=other)


def test_ids_of_others_and_of_nobody(magazine: Magazine, platform: LocalPlatform) -> None:
    other = Magazine(platform, "wx00000000000000bb")
    theirs = upload(other, "image", PNG).id
    for media_id in (theirs, "unknown", magazine.picture()):
        with refused(40007):
            magazine.api.media.get(media_id=media_id)


def test_every_account_has_temporary_files(platform: LocalPlatform) -> None:
    magazine = Magazine(platform, kind="subscription", verified=False)
    media_id = upload(magazine, "image", PNG).id
    assert isinstance(magazine.api.media.get(media_id=media_id), Download)
    with refused(48001):
        magazine.api.media.get_voice(media_id=media_id)
