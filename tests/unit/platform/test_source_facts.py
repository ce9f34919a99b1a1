"""What is read from sources is what they do, not what they mention."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongzhong.platform import source_facts

WORLD = '''
"""Acts."""
from ...messages import Text, Image, Video, Voice, Link, Subscribe, Scan
from PIL import Unrelated

TABLE = {"a": Image, "b": Video}
GONE = 40003

def says(push: Link) -> Text:
    return Text(content="x")

def shows(kind):
    cls = TABLE[kind]
    return cls()

def chooses(first):
    return (Scan if first else Subscribe)()

def compares(push):
    if isinstance(push, Voice):
        return None
    match push:
        case Voice():
            return Unrelated()
'''
DECLARATIONS = """
NO_FILE, NO_NAME = 41005, 41006
LISTED = (40001, 40002)

class Call:
    spec = Spec(errors=(45009, *LISTED))
    name: Annotated[str, coded(invalid=40018, missing=NO_NAME, max_length=50000)]

def cross_check():
    return Violation(path="media", code=NO_FILE)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"probe_{tmp_path.name}"
    inner = tmp_path / name / "inner"
    inner.mkdir(parents=True)
    (tmp_path / name / "__init__.py").write_text("")
    (inner / "acts.py").write_text(WORLD, "utf-8")
    (inner / "calls.py").write_text(DECLARATIONS, "utf-8")
    (inner / "rules.py").write_text("LIMIT = 90000\n")
    monkeypatch.syspath_prepend(tmp_path)
    return name


def test_makers_are_functions_that_build(package: str) -> None:
    assert source_facts.makers(package, "messages") == {
        "Text": ["acts.says"],
        "Image": ["acts.shows"],
        "Video": ["acts.shows"],
        "Scan": ["acts.chooses"],
        "Subscribe": ["acts.chooses"],
    }


def test_codes_of_declarations_are_not_those_of_lists(package: str) -> None:
    assert source_facts.codes_of_declarations(package) == {40018, 41005, 41006}


def test_codes_of_refusals_leave_rules_alone(package: str) -> None:
    codes = source_facts.codes_of_refusals(package)
    assert 40003 in codes
    assert 90000 not in codes
