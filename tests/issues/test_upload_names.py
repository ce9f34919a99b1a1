"""The kit sends every file under a name whose extension WeChat takes, whatever the file was given as.

WeChat judges uploads by the extension first: none or a foreign one is 40005 for temporary and 40113 for permanent
material (developers' reports of 2015 to 2025), and `filename*=` alone counts as no file (41005).
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gongzhong.catalogue.customer_service import UploadAgentPortrait
from gongzhong.catalogue.encoding import encode
from gongzhong.catalogue.files import recognise, upload_name
from gongzhong.catalogue.material import AddMaterial
from gongzhong.catalogue.media import MediaType, UploadImage, UploadMedia
from gongzhong.catalogue.model import Upload
from gongzhong.errors import GongzhongError

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
JPG = b"\xff\xd8\xff\xe0" + bytes(40)
MP4 = b"\0\0\0\x18ftypmp42" + bytes(40)
AMR = b"#!AMR\n" + bytes(40)


def sent(call: Any) -> tuple[str, str]:
    """File name and media type on the wire."""
    body = encode(call).body
    found = re.search(rb'filename="([^"]*)"\r\nContent-Type: ([^\r]*)\r\n', bytes(body or b""))
    assert found is not None
    return found[1].decode(), found[2].decode()


def spooled(content: bytes) -> Any:
    file = tempfile.SpooledTemporaryFile()  # noqa: SIM115 - lives as long as the upload
    file.write(content)
    file.seek(0)
    return file


def named_temporary(content: bytes) -> Any:
    file = tempfile.NamedTemporaryFile()  # noqa: SIM115 - lives as long as the upload
    file.write(content)
    file.seek(0)
    return file


def starlette_file(content: bytes) -> Any:
    """As Starlette hands over a file of a form: `read` is asynchronous, the file is inside."""

    async def read(size: int = -1) -> bytes:
        return content[:size]

    return SimpleNamespace(file=io.BytesIO(content), filename="头像.png", content_type="image/png", read=read)


GIVEN: dict[str, Callable[[], Any]] = {
    "bytes": lambda: PNG,
    "bytearray": lambda: bytearray(PNG),
    "memoryview": lambda: memoryview(PNG),
    "BytesIO": lambda: io.BytesIO(PNG),
    "SpooledTemporaryFile": lambda: spooled(PNG),
    "NamedTemporaryFile": lambda: named_temporary(PNG),
    "a form's file": lambda: starlette_file(PNG),
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("kind", [UploadMedia, AddMaterial])
def test_whatever_holds_a_picture_is_sent_as_one(given: Callable[[], Any], kind: Any) -> None:
    upload = Upload.of(given())
    name, content_type = sent(kind(type="image", media=upload))
    assert (name.endswith(".png"), content_type) == (True, "image/png")
    assert "None" not in name
    assert b"".join(upload.pieces()) == PNG


def test_a_path_without_an_extension_or_with_a_wrong_one(tmp_path: Path) -> None:
    for name, expected in (("photo", "photo.png"), ("photo.txt", "photo.png"), ("相片.jpeg", "相片.png")):
        file = tmp_path / name
        file.write_bytes(PNG)
        assert sent(UploadImage(media=Upload.of(file)))[0] == expected


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("cat.jpg", JPG, "cat.jpg"),
        ("cat.JPEG", JPG, "cat.JPEG"),
        ("cat.jpg", PNG, "cat.png"),
        ("猫.png", PNG, "猫.png"),
        ("图片", PNG, "图片.png"),
        ("图片。png", PNG, "图片.png"),
        ("v1.2", PNG, "v1.2.png"),
        ("/tmp/x/voice.amr", AMR, "voice.amr"),
        ("C:\\films\\a.mov", MP4, "a.mp4"),
        ('a"\r\nX: y.png', PNG, "aX: y.png"),
        (".png", PNG, "file.png"),
        ("", PNG, "file.png"),
        ("猫" * 300, PNG, "猫" * 100 + ".png"),
        ("half \udcff.png", PNG, "half .png"),
        ("table.xls", b"no picture", "table.xls"),
    ],
)
def test_the_extension_follows_the_content_and_the_name_stays(
    name: str, content: bytes, expected: str
) -> None:
    assert upload_name(name, content)[0] == expected


@pytest.mark.parametrize(
    ("kind", "extension"), [("image", "jpg"), ("thumb", "jpg"), ("voice", "mp3"), ("video", "mp4")]
)
def test_the_declared_kind_decides_for_unknown_content(kind: MediaType, extension: str) -> None:
    assert sent(UploadMedia(type=kind, media=Upload.of(b"unknown")))[0] == f"file.{extension}"


def test_a_given_media_type_decides_before_the_kind() -> None:
    upload = Upload.of(b"unknown", content_type="image/png")
    assert sent(UploadMedia(type="image", media=upload)) == ("file.png", "image/png")


def test_calls_without_a_type_know_their_kind() -> None:
    assert sent(UploadAgentPortrait(kf_account="a@b", media=Upload.of(b"unknown")))[0] == "file.jpg"


@pytest.mark.parametrize(
    ("head", "extension"),
    [
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"\0\0\0\x18ftypheic", "heic"),
        (b"\0\0\0\x18ftypqt  ", "mov"),
        (b"\xff\xfb\x90\x44", "mp3"),
        (b"\x02#!SILK_V3", "silk"),
        (b"%!PS-Adobe-3.0 EPSF", ""),
        (b"\xff", ""),
        (b"", ""),
    ],
)
def test_content_is_recognised_by_its_first_bytes(head: bytes, extension: str) -> None:
    assert recognise(head)[1] == extension


def test_what_is_no_file_is_refused_in_words() -> None:
    for wrong in (object(), io.StringIO("text"), 7):
        with pytest.raises(TypeError, match="rb") as refused:
            Upload.of(wrong)  # type: ignore[arg-type]
        assert isinstance(refused.value, GongzhongError)
