"""Two programs with files of the same name: each target gives its own. A name of the standard library is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gongzhong.errors import SetupError
from gongzhong.running.target import resolve

PROGRAM = """
def app(environ, start_response):
    return [{folder!r}]
"""


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    path, modules = [*sys.path], set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def answer(spec: str) -> object:
    return resolve(spec).value(None, None)[0]


def test_each_file_gives_its_own_program(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "namesake.py").write_text(PROGRAM.format(folder=folder))
    first, second = (f"{tmp_path}/{folder}/namesake.py:app" for folder in ("first", "second"))
    assert [answer(spec) for spec in (first, second, first, first)] == ["first", "second", "first", "first"]


def test_each_package_gives_its_own_program(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        package = tmp_path / folder / "namesakes"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "bot.py").write_text(PROGRAM.format(folder=folder))
    for folder in ("first", "second"):
        assert answer(f"{tmp_path}/{folder}/namesakes/bot.py:app") == folder


def test_a_module_that_is_loaded_stays_the_same(tmp_path: Path) -> None:
    (tmp_path / "only_one.py").write_text(PROGRAM.format(folder="x"))
    assert resolve(f"{tmp_path}/only_one.py:app").value is resolve(f"{tmp_path}/only_one.py:app").value


def test_a_file_named_like_the_standard_library_is_refused(tmp_path: Path) -> None:
    import json

    (tmp_path / "json.py").write_text(PROGRAM.format(folder="x"))
    with pytest.raises(SetupError) as refused:
        resolve(f"{tmp_path}/json.py:app")
    assert "standard library" in refused.value.en and "标准库" in refused.value.zh
    assert sys.modules["json"] is json
