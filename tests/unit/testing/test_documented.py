"""The example in docs/testing.md runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

from gongzhong.testing import LocalPlatform

PAGE = Path(__file__).parents[3] / "docs" / "testing.md"


def test_the_example_runs() -> None:
    code = re.search(r"<!-- example -->\n```python\n(.*?)```", PAGE.read_text(), re.S)
    assert code
    namespace: dict[str, object] = {}
    exec(compile(code[1], str(PAGE), "exec"), namespace)
    tests = [value for name, value in namespace.items() if name.startswith("test_")]
    assert len(tests) == 2
    for test in tests:
        bed = LocalPlatform()
        assert callable(test)
        test(bed)
        bed.close()
