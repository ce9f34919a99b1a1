"""Lock files name packages, versions and hashes; where to fetch them from is each machine's own business."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON_LOCKS = ["requirements.lock", "requirements-dev.lock", "schema.lock", "build.lock", "node.lock"]
REQUIREMENT = re.compile(r"^[a-z0-9.-]+==[^ ]+(?: ; [^\\]+?)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def test_every_lock_is_looked_at() -> None:
    assert {path.name for path in ROOT.glob("*.lock")} == set(PYTHON_LOCKS)


@pytest.mark.parametrize("name", [*PYTHON_LOCKS, "web/package-lock.json"])
def test_no_lock_holds_an_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    assert '"resolved"' not in text


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_python_locks_pin_versions_and_hashes_and_set_no_options(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    requirements = [line for line in lines if not line.startswith(" ")]
    assert requirements
    assert [line for line in requirements if not REQUIREMENT.match(line)] == []
    indented = [line for line in lines if line.startswith(" ") and not line.lstrip().startswith("#")]
    assert [line for line in indented if not HASH.match(line)] == []
