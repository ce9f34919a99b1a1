"""docs/articles.md as it stands: its examples run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gongzhong.platform.world import articles
from gongzhong.platform.world.settings import Rules
from gongzhong.testing import PNG, LocalPlatform

from .conftest import Magazine

PAGE = (Path(__file__).parents[2] / "docs" / "articles.md").read_text("utf-8")


def example(name: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run one example with these names and give what it defines as well."""
    found = re.search(rf"<!-- example: {name} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"docs/articles.md has no example {name}"
    exec(compile(found[1], f"docs/articles.md ({name})", "exec"), names)
    return names


def test_the_examples_do_what_they_say(platform: LocalPlatform, tmp_path: Path) -> None:
    magazine = Magazine(platform)
    cover = tmp_path / "cover.png"
    cover.write_bytes(PNG)
    names = example("publish", {})
    names = example("test", {**names, "oa": magazine.oa, "cover": cover})
    names["test_readers_write"](platform)
    (publication,) = articles.everything(platform.world, magazine.state)
    names["answer_readers"](magazine.api, publication.msg_data_id)
    (comment,) = magazine.api.comments.list(msg_data_id=publication.msg_data_id).comment
    assert comment.reply is not None
    assert (comment.content, comment.reply.content) == ("好茶", "谢谢")
    names["save_cover"](magazine.api, magazine.picture(), tmp_path / "back.png")
    assert (tmp_path / "back.png").read_bytes() == PNG


def test_every_setting_that_is_named_exists() -> None:
    settings = PAGE[PAGE.index("## What the platform assumes") :]
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", settings))
    assert named
    assert named <= set(Rules.__struct_fields__)
