from __future__ import annotations

import pytest

from gongzhong.catalogue import multipart
from gongzhong.catalogue.model import Upload


def test_files_and_texts_come_back() -> None:
    parts = {"media": Upload(b"a\r\n--b\x00", "cat.jpg", "image/jpeg"), "description": '{"title":"猫"}'}
    body, content_type = multipart.write(parts)
    assert multipart.read(body, content_type) == parts


def test_a_file_name_travels_as_it_is_and_cannot_smuggle_headers() -> None:
    body, content_type = multipart.write({"media": Upload(b"x", '猫"\r\nX-Evil: 1.png')})
    assert b"\r\nX-Evil" not in body
    (part,) = multipart.read(bytes(body), content_type).values()
    assert isinstance(part, Upload)
    assert part.filename == "猫%22%0D%0AX-Evil: 1.png"


def test_a_media_type_cannot_smuggle_headers() -> None:
    body, _ = multipart.write({"media": Upload(b"x", "a.jpg", "image/jpeg\r\nX-Evil: 1")})
    assert b"X-Evil" not in body
    assert b"Content-Type: application/octet-stream\r\n\r\nx" in body


def test_a_part_without_media_type_is_some_file() -> None:
    body = b'--B\r\nContent-Disposition: form-data; name="media"; filename="a.jpg"\r\n\r\nx\r\n--B--\r\n'
    found = multipart.read(body, "multipart/form-data; boundary=B")
    assert found == {"media": Upload(b"x", "a.jpg", "application/octet-stream")}


def test_boundaries_differ() -> None:
    assert multipart.write({})[1] != multipart.write({})[1]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data; boundary=B"),
        (b"x", "multipart/form-data"),
        (b"x", "application/json"),
        (b"no boundary at all", "multipart/form-data; boundary=B"),
        (b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx', "multipart/form-data; boundary=B"),
        (b"--B\r\n: bad header\r\n\r\nx\r\n--B--\r\n", "multipart/form-data; boundary=B"),
    ],
)
def test_what_is_not_multipart_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(multipart.MalformedBody):
        multipart.read(body, content_type)
