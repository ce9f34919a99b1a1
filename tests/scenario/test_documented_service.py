"""The examples of docs/customer-service.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gongzhong.testing import LocalPlatform

PAGE = (Path(__file__).parents[2] / "docs" / "customer-service.md").read_text("utf-8")


def test_the_example_runs(platform: LocalPlatform) -> None:
    names: dict[str, Any] = {}
    examples = re.findall(r"<!-- example: (?:app|test) -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 2
    for source in examples:
        exec(compile(source, "docs/customer-service.md", "exec"), names)
    names["test_a_person_takes_over"](platform)
