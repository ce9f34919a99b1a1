"""An upload is judged by the extension of its name, then by its first bytes (developers' reports, 2015 to 2026).

No page documents it: a missing or foreign extension is 40113 for permanent and 40005 for temporary material and article
pictures, a right extension over foreign bytes is 40005, WebP is refused whatever it is called, and a part without a
file name is 41005.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from gongzhong.platform.world.settings import Rules

from .door import Door

TEMPORARY, PERMANENT, ARTICLE = (
    "/cgi-bin/media/upload",
    "/cgi-bin/material/add_material",
    "/cgi-bin/media/uploadimg",
)
PORTRAIT = "/customservice/kfaccount/uploadheadimg"
PNG, JPG, GIF, BMP = (
    b"\x89PNG\r\n\x1a\n" + bytes(40),
    b"\xff\xd8\xff\xe0" + bytes(40),
    b"GIF89a" + bytes(40),
    b"BM" + bytes(60),
)
WEBP, EPS = b"RIFF\x24\0\0\0WEBPVP8 " + bytes(40), b"%!PS-Adobe-3.0 EPSF-3.0\n" + bytes(40)
MP4, AMR, WAV = (
    b"\0\0\0\x18ftypmp42" + bytes(40),
    b"#!AMR\n" + bytes(40),
    b"RIFF\x24\0\0\0WAVEfmt " + bytes(40),
)
DESCRIPTION = ("description", json.dumps({"title": "短片", "introduction": "三秒"}))


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.world.close()


@pytest.mark.parametrize(
    ("name", "kind", "content", "temporary", "permanent"),
    [
        ("a.png", "image", PNG, 0, 0),
        ("图片.PNG", "image", PNG, 0, 0),
        ("a.jpeg", "image", JPG, 0, 0),
        ("a.gif", "image", GIF, 0, 0),
        ("a.bmp", "image", BMP, 40005, 0),
        ("a.jpg", "image", PNG, 0, 0),
        ("photo", "image", PNG, 40005, 40113),
        ("png", "image", PNG, 40005, 40113),
        ("notes.txt", "image", PNG, 40005, 40113),
        ("a.png.txt", "image", PNG, 40005, 40113),
        ("clip.mp4", "image", PNG, 40005, 40113),
        ("a.webp", "image", WEBP, 40005, 40113),
        ("a.png", "image", WEBP, 40005, 40005),
        ("a.png", "image", EPS, 40005, 40005),
        ("a.png", "image", MP4, 40005, 40005),
        ("a.amr", "voice", AMR, 0, 0),
        ("a.wav", "voice", WAV, 40005, 0),
        ("a", "voice", AMR, 40005, 40113),
        ("9f3c", "video", MP4, 40005, 40113),
        ("a.mp4", "video", MP4, 0, 0),
        ("a.mov", "video", MP4, 40005, 40113),
        ("a.jpg", "thumb", JPG, 0, 0),
        ("a.png", "thumb", JPG, 40005, 40113),
    ],
)
def test_extension_then_content(
    door: Door, name: str, kind: str, content: bytes, temporary: int, permanent: int
) -> None:
    assert door.upload(TEMPORARY, name, content, type=kind).get("errcode", 0) == temporary
    assert door.upload(PERMANENT, name, content, DESCRIPTION, type=kind).get("errcode", 0) == permanent


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.png", PNG, 0),
        ("a.gif", GIF, 40005),
        ("a", PNG, 40005),
        ("a.png", MP4, 40005),
        ("a.mp4", MP4, 40005),
    ],
)
def test_pictures_of_articles(door: Door, name: str, content: bytes, code: int) -> None:
    assert door.upload(ARTICLE, name, content).get("errcode", 0) == code


def test_portraits_of_agents(door: Door) -> None:
    """上传客服头像: jpg; nobody reported that the name counts there."""
    agent = f"anna@{door.account.wechat_id}"
    door.ask("/customservice/kfaccount/add", {"kf_account": agent, "nickname": "安娜"})
    for name, content, code in (("a.jpg", JPG, 0), ("a", JPG, 0), ("a.jpg", PNG, 40005)):
        assert door.upload(PORTRAIT, name, content, kf_account=agent).get("errcode", 0) == code


def test_a_permanent_video_needs_its_description(door: Door) -> None:
    assert door.upload(PERMANENT, "a.mp4", MP4, type="video")["errcode"] == 47001
    assert "media_id" in door.upload(PERMANENT, "a.mp4", MP4, DESCRIPTION, type="video")


def test_names_need_not_count() -> None:
    door = Door(Rules(judge_file_names=False))
    assert "media_id" in door.upload(TEMPORARY, "photo", PNG, type="image")
    assert door.upload(TEMPORARY, "photo", EPS, type="image")["errcode"] == 40005


def test_a_chinese_name_stays_in_the_list(door: Door) -> None:
    door.upload(PERMANENT, "春天.png", PNG, type="image")
    (item,) = door.ask("/cgi-bin/material/batchget_material", {"type": "image", "offset": 0, "count": 20})[
        "item"
    ]
    assert item["name"] == "春天.png"


def part(disposition: str, content: bytes = PNG, more: str = "") -> bytes:
    return f"--B\r\nContent-Disposition: {disposition}\r\n{more}\r\n".encode() + content + b"\r\n"


END = b"--B--\r\n"
FILE = 'form-data; name="media"; filename="a.png"'
KIND = "multipart/form-data; boundary=B"
INNER = b'--C\r\nContent-Disposition: file; filename="a.png"\r\n\r\n' + PNG + b"\r\n--C--"
BAD_BODIES: dict[str, tuple[bytes, str | None]] = {
    "nothing": (b"", KIND),
    "no content type": (part(FILE) + END, None),
    "no boundary": (part(FILE) + END, "multipart/form-data"),
    "an empty boundary": (part(FILE) + END, "multipart/form-data; boundary="),
    "another boundary": (part(FILE) + END, "multipart/form-data; boundary=C"),
    "a boundary of 5,000 characters": (part(FILE) + END, "multipart/form-data; boundary=" + "b" * 5000),
    "a boundary beyond Latin": (part(FILE) + END, "multipart/form-data; boundary=\xff\xfe"),
    "no end": (part(FILE), KIND),
    "cut in a header": (part(FILE)[:40], KIND),
    "JSON": (b'{"media":"a.png"}', KIND),
    "no disposition": (b"--B\r\nContent-Type: image/png\r\n\r\n" + PNG + b"\r\n" + END, KIND),
    "a header without a colon": (b"--B\r\nnonsense\r\n\r\nx\r\n" + END, KIND),
    "huge headers": (part(FILE, more="X-Long: " + "x" * 1_000_000 + "\r\n") + END, KIND),
    "many headers": (part(FILE, more="X-More: 1\r\n" * 10_000) + END, KIND),
    "many parts": (
        b"".join(part(f'form-data; name="n{n}"', b"") for n in range(500)) + part(FILE) + END,
        KIND,
    ),
    "no file name": (part('form-data; name="media"') + END, KIND),
    "an empty file name": (part('form-data; name="media"; filename=""') + END, KIND),
    "only filename*": (part("form-data; name=\"media\"; filename*=UTF-8''a.png") + END, KIND),
    "only filename*0": (part('form-data; name="media"; filename*0="a"; filename*1=".png"') + END, KIND),
    "only name*": (part("form-data; name*=UTF-8''media; filename=\"a.png\"") + END, KIND),
    "an encoded name (RFC 2047)": (
        part('form-data; name="=?utf-8?b?bWVkaWE=?="; filename="a.png"') + END,
        KIND,
    ),
    "nested": (
        part('form-data; name="media"', INNER, "Content-Type: multipart/mixed; boundary=C\r\n") + END,
        KIND,
    ),
    "another name": (part('form-data; name="file"; filename="a.png"') + END, KIND),
    "the text of a path": (part('form-data; name="media"', b"/home/a.png") + END, KIND),
}


@pytest.mark.parametrize(
    "path", [TEMPORARY, PERMANENT, ARTICLE, "/cgi-bin/media/voice/addvoicetorecofortext"]
)
@pytest.mark.parametrize("bad", BAD_BODIES)
def test_every_bad_body_lacks_its_file(door: Door, bad: str, path: str) -> None:
    body, content_type = BAD_BODIES[bad]
    answer = door.ask(path, body, content_type=content_type, type="image", format="mp3", voice_id="v")
    assert answer["errcode"] == 41005


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("form-data; name=media; filename=a.png", "a.png"),
        ('FORM-DATA; name="media"; filename="a\\"b.png"', 'a"b.png'),
        ('form-data; name="media"; filename="C:\\\\pics\\\\a.png"', "a.png"),
        ('form-data; name="media"; filename="a.png"; filename*=UTF-8\'\'b.png', "a.png"),
        ('form-data; name="media"; filename="=?utf-8?b?5Zu+?=.png"', "=?utf-8?b?5Zu+?=.png"),
        ('form-data; filename="a;b.png"; name="media"', "a;b.png"),
    ],
)
def test_odd_names_that_are_understood(door: Door, disposition: str, name: str) -> None:
    stored = door.ask(PERMANENT, part(disposition) + END, content_type=KIND, type="image")
    assert "media_id" in stored
    (item,) = door.ask("/cgi-bin/material/batchget_material", {"type": "image", "offset": 0, "count": 20})[
        "item"
    ]
    assert item["name"] == name


def test_of_two_parts_with_one_name_the_last_counts(door: Door) -> None:
    body = part('form-data; name="media"; filename="a.txt"', b"text") + part(FILE) + END
    assert "media_id" in door.ask(PERMANENT, body, content_type=KIND, type="image")
