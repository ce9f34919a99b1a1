"""Files on their way to WeChat: by path, by bytes, from an open file; read while they are sent, and again."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from gongzhong.catalogue import multipart
from gongzhong.catalogue.encoding import decode, encode
from gongzhong.catalogue.fields import check
from gongzhong.catalogue.files import PIECE_BYTES
from gongzhong.catalogue.material import AddMaterial, VideoDescription
from gongzhong.catalogue.media import UploadMedia
from gongzhong.catalogue.model import Upload

BYTES = bytes(range(256)) * 3_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "cat.mp4"
    file.write_bytes(BYTES)
    return file


def test_a_path_tells_name_type_and_size(path: Path) -> None:
    for given in (path, str(path)):
        upload = Upload.of(given)
        assert (upload.filename, upload.content_type, upload.size) == ("cat.mp4", "video/mp4", len(BYTES))
        assert upload.content == b""
        assert repr(upload) == f"Upload({len(BYTES)} bytes, 'cat.mp4', 'video/mp4')"


def test_bytes_stay_bytes() -> None:
    assert Upload.of(b"x", "a.jpg") == Upload(b"x", "a.jpg", "image/jpeg")
    assert Upload.of(b"x").content_type == "application/octet-stream"


def test_name_and_type_can_be_given(path: Path) -> None:
    upload = Upload.of(path, "other.amr", "audio/amr")
    assert (upload.filename, upload.content_type) == ("other.amr", "audio/amr")


def test_a_missing_file_is_noticed_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Upload.of(tmp_path / "nothing.jpg")


def test_an_open_file_is_read_from_where_it_stands_each_time(path: Path) -> None:
    with path.open("rb") as opened:
        opened.seek(1_000)
        upload = Upload.of(opened)
        assert (upload.filename, upload.size) == ("cat.mp4", len(BYTES) - 1_000)
        assert opened.tell() == 1_000
        assert b"".join(upload.pieces()) == BYTES[1_000:]
        assert b"".join(upload.pieces()) == BYTES[1_000:]


class OneWay(io.BytesIO):
    """A pipe: what was read is gone."""

    def seekable(self) -> bool:
        return False


def test_what_cannot_go_back_is_read_at_once() -> None:
    upload = Upload.of(OneWay(b"voice"), "a.amr")
    assert (upload.content, upload.source) == (b"voice", None)


def test_a_file_opened_as_text_is_refused(path: Path) -> None:
    with path.open(encoding="latin-1") as opened, pytest.raises(TypeError, match="rb"):
        Upload.of(opened)  # type: ignore[arg-type]


def test_pieces_are_small_and_stop_at_the_announced_size(path: Path) -> None:
    upload = Upload.of(path)
    with path.open("ab") as grown:
        grown.write(b"more")
    pieces = list(upload.pieces())
    assert max(map(len, pieces)) == PIECE_BYTES < len(BYTES)
    assert b"".join(pieces) == BYTES


def test_a_file_on_disk_travels_in_pieces_of_known_length(path: Path) -> None:
    call = AddMaterial(type="video", media=Upload.of(path), description=VideoDescription(title="猫"))
    sent = encode(call)
    body = sent.body
    assert isinstance(body, multipart.Pieces)
    whole = bytes(body)
    assert body.size == len(body) == len(whole)
    assert b"".join(body) == whole
    got = decode(AddMaterial, sent.query, whole, sent.content_type or "")
    assert (got.media.content, got.media.filename) == (BYTES, "cat.mp4")
    assert got.description == call.description


def test_a_file_in_memory_stays_one_body() -> None:
    assert isinstance(encode(UploadMedia(type="image", media=Upload(b"x"))).body, bytes)


def test_size_rules_hold_for_files_on_disk(tmp_path: Path) -> None:
    large = tmp_path / "thumb.jpg"
    large.write_bytes(bytes(64 * 1024 + 1))
    found = check(UploadMedia(type="thumb", media=Upload.of(large)))
    assert found is not None
    assert found.code == 40012
