"""Files: three days, one account, and what they are by their content."""

from __future__ import annotations

import json

import pytest

from gongzhong.platform.world import accounts, acts, media
from gongzhong.platform.world.acts import Saying

from ..conftest import AMR, GIF, JPG, MP3, MP4, PNG, Bench

UPLOAD, GET, GET_VOICE = "/cgi-bin/media/upload", "/cgi-bin/media/get", "/cgi-bin/media/get/jssdk"
ARTICLE_PICTURE = "/cgi-bin/media/uploadimg"
BMP = b"BM" + bytes(32)


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("image", PNG, 0),
        ("image", JPG, 0),
        ("image", GIF, 0),
        ("image", BMP, 40005),
        ("image", MP3, 40005),
        ("image", b"text", 40005),
        ("voice", MP3, 0),
        ("voice", AMR, 0),
        ("voice", PNG, 40005),
        ("video", MP4, 0),
        ("video", PNG, 40005),
        ("thumb", JPG, 0),
        ("thumb", PNG, 40005),
        ("music", MP3, 40004),
        ("", PNG, 40004),
    ],
)
def test_the_content_counts_under_a_right_name_too(
    bench: Bench, kind: str, content: bytes, code: int
) -> None:
    right = {"image": "a.png", "voice": "a.AMR", "video": "a.mp4", "thumb": "a.JPEG"}
    assert bench.code(bench.upload(UPLOAD, content, filename=right.get(kind, "a.png"), type=kind)) == code


@pytest.mark.parametrize(
    ("kind", "start", "most", "code"),
    [
        ("image", PNG, 10 * 1024 * 1024, 40009),
        ("voice", MP3, 2 * 1024 * 1024, 40010),
        ("video", MP4, 10 * 1024 * 1024, 40011),
        ("thumb", JPG, 64 * 1024, 40012),
    ],
)
def test_each_kind_has_its_largest_file(bench: Bench, kind: str, start: bytes, most: int, code: int) -> None:
    exactly = start + bytes(most - len(start))
    assert bench.code(bench.upload(UPLOAD, exactly + b"\0", type=kind)) == code
    if kind != "voice":  # the frames of this one are none
        assert bench.code(bench.upload(UPLOAD, exactly, type=kind)) == 0


def test_without_a_file(bench: Bench) -> None:
    query = {"access_token": bench.token(), "type": "image"}
    for body, content_type in ((b"", ""), (PNG, "image/png"), (b"--B--", "multipart/form-data; boundary=B")):
        answer = json.loads(bench.raw("POST", UPLOAD, query, body, content_type).body)
        assert answer["errcode"] == 41005


def test_a_file_comes_back_with_its_type_and_a_name(bench: Bench) -> None:
    made = bench.upload(UPLOAD, PNG, type="image")
    assert made["created_at"] == int(bench.clock.now())
    assert made["type"] == "image"
    found = bench.raw("GET", GET, {"access_token": bench.token(), "media_id": made["media_id"]})
    assert (found.body, found.content_type) == (PNG, "image/png")
    assert found.headers["content-disposition"] == f'attachment; filename="{made["media_id"]}.png"'


def test_a_thumb_has_its_id_in_another_field(bench: Bench) -> None:
    made = bench.upload(UPLOAD, JPG, type="thumb")
    assert "media_id" not in made
    assert (
        bench.raw("GET", GET, {"access_token": bench.token(), "media_id": made["thumb_media_id"]}).body == JPG
    )


def test_a_video_comes_as_an_address(bench: Bench) -> None:
    bench.world.origin = "http://127.0.0.1:8700"
    made = bench.upload(UPLOAD, MP4, type="video")
    address = bench.get(GET, media_id=made["media_id"])["video_url"]
    assert address == f"http://127.0.0.1:8700/_platform/media/{made['media_id']}"


def test_a_file_lives_three_days(bench: Bench) -> None:
    made = bench.upload(UPLOAD, PNG, type="image")
    bench.clock.advance(days=3, seconds=-1)
    query = {"media_id": made["media_id"]}
    assert bench.raw("GET", GET, {"access_token": bench.token(), **query}).body == PNG
    bench.clock.advance(1)
    assert bench.code(bench.get(GET, **query)) == 40007


def test_a_file_belongs_to_one_account(bench: Bench) -> None:
    other = bench.add("other")
    made = bench.upload(UPLOAD, PNG, type="image")
    assert bench.code(bench.get(GET, of=other, media_id=made["media_id"])) == 40007
    assert bench.code(bench.get(GET, media_id="nothing")) == 40007
    assert bench.code(bench.get(GET)) == 41006


def test_permanent_files_are_not_temporary_ones(bench: Bench) -> None:
    kept = media.keep(bench.world, bench.account, "image", PNG, permanent=True)
    assert bench.code(bench.get(GET, media_id=kept.media_id)) == 40007


def test_the_better_voice_is_for_recordings_of_pages(bench: Bench) -> None:
    sent = bench.upload(UPLOAD, MP3, type="voice")
    assert bench.code(bench.get(GET_VOICE, media_id=sent["media_id"])) == 40007
    recorded = media.keep(bench.world, bench.account, "voice", AMR, source="jssdk")
    found = bench.raw("GET", GET_VOICE, {"access_token": bench.token(), "media_id": recorded.media_id})
    assert found.content_type == "voice/speex"


def test_what_people_send_can_be_fetched(bench: Bench) -> None:
    bench.follower("alice")
    (push,) = acts.say(bench.world, bench.account, "alice", Saying(type="voice", file=AMR)).pushes
    media_id = getattr(push, "media_id", "")
    assert bench.raw("GET", GET, {"access_token": bench.token(), "media_id": media_id}).body == AMR


@pytest.mark.parametrize(
    ("content", "code"),
    [(PNG, 0), (JPG, 0), (GIF, 40005), (PNG + bytes(1024 * 1024 - len(PNG)), 40009), (b"x", 40005)],
)
def test_pictures_for_articles(bench: Bench, content: bytes, code: int) -> None:
    answer = bench.upload(ARTICLE_PICTURE, content)
    assert bench.code(answer) == code
    assert ("url" in answer) == (code == 0)


def test_uploads_are_counted(bench: Bench) -> None:
    bench.account = accounts.change(bench.world, bench.account.appid, {"call_limits": {UPLOAD: 1}})
    assert [bench.code(bench.upload(UPLOAD, PNG, type="image")) for _ in range(2)] == [0, 45009]
