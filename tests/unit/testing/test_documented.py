"""The examples in docs/testing.md run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gongzhong.testing

pytestmark = pytest.mark.heavy

PAGE = Path(__file__).parents[3] / "docs" / "testing.md"


@pytest.mark.parametrize(("marker", "passed"), [("example", 2), ("example: flask", 2)])
def test_the_example_runs(tmp_path: Path, marker: str, passed: int) -> None:
    code = re.search(rf"<!-- {marker} -->\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    assert code
    (tmp_path / "test_page.py").write_text(code[1], "utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GONGZHONG_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**kept, "PYTHONPATH": str(PAGE.parents[1] / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert f"{passed} passed" in done.stdout, done.stdout + done.stderr


def test_the_page_names_everything_public() -> None:
    text = PAGE.read_text("utf-8")
    assert not [name for name in gongzhong.testing.__all__ if f"`{name}" not in text]
