"""Files on the command line: `@` and a path, for plain calls and for those that build one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongzhong.catalogue.material import AddMaterial, VideoDescription
from gongzhong.running.named_calls import WrongCall, find


def test_a_builder_takes_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"film")
    call = find("material.add_video").build({"file": [f"@{path}"], "title": ["短片"]})
    assert isinstance(call, AddMaterial)
    assert (call.media.filename, b"".join(call.media.pieces())) == ("a.mp4", b"film")
    assert call.description == VideoDescription(title="短片")


@pytest.mark.parametrize(("name", "option"), [("material.add_image", "file"), ("material.add", "media")])
def test_a_path_without_the_sign_is_explained(name: str, option: str) -> None:
    with pytest.raises(WrongCall, match=f"--{option} @a.png"):
        find(name).build({option: ["a.png"], **({"type": ["image"]} if name == "material.add" else {})})
