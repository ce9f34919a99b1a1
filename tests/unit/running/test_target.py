"""From a text on the command line to what is served."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gongzhong import SetupError
from gongzhong.running.target import ProgramError, file_of, kind_of, require_there, resolve, short_name

ACCOUNT = """
from gongzhong import Account, Secret
from gongzhong.app import OfficialAccount

oa = OfficialAccount(Account(appid="wx0123456789abcdef", token="abc"))
"""
ASGI = "async def application(scope, receive, send): ...\n"
WSGI = """
class Server:
    def __call__(self, environ, start_response): ...

def make():
    return Server()

server = make()
number = 7
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is the working directory; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("t_shop:oa", "account"),
        ("t_shop", "account"),
        ("t_shop.py", "account"),
        ("./t_shop.py:oa", "account"),
        ("t_shop:oa.asgi", "asgi"),
        ("t_shop:oa.wsgi", "wsgi"),
        ("t_asgi", "asgi"),
        ("t_wsgi:server", "wsgi"),
        ("t_wsgi:make()", "wsgi"),
        ("t_pkg.inner.bot:oa", "account"),
        ("t_pkg/inner/bot.py", "account"),
    ],
)
def test_what_can_be_served(spec: str, kind: str, project: Path) -> None:
    write(project, "t_shop.py", ACCOUNT)
    write(project, "t_asgi.py", ASGI)
    write(project, "t_wsgi.py", WSGI)
    write(project, "t_pkg/__init__.py", "")
    write(project, "t_pkg/inner/__init__.py", "")
    write(project, "t_pkg/inner/bot.py", ACCOUNT)
    assert resolve(spec).kind == kind


def test_a_file_in_a_package_keeps_its_dotted_name(project: Path) -> None:
    write(project, "t_deep/__init__.py", "")
    write(project, "t_deep/bot.py", ACCOUNT)
    assert resolve("t_deep/bot.py").value is sys.modules["t_deep.bot"].oa


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("t_none:oa", "no module t_none"),
        ("t_none.py", "no file t_none.py"),
        ("t_shop2:nothing", "it has oa"),
        ("t_wsgi2", "name it after a colon; it has server"),
        ("t_wsgi2:number", "is a int, which cannot be served"),
        (":oa", "nothing to run was named"),
    ],
)
def test_what_cannot_says_what_there_is(spec: str, words: str, project: Path) -> None:
    write(project, "t_shop2.py", ACCOUNT)
    write(project, "t_wsgi2.py", WSGI)
    with pytest.raises(SetupError) as caught:
        resolve(spec)
    assert words in caught.value.text("en")


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("import t_library_that_is_missing\n", 1, "No module named 't_library_that_is_missing'"),
        ("x = 1\ny = = 2\n", 2, "syntax error"),
        ("def f():\n    raise ValueError('bad menu')\n\nf()\n", 2, "ValueError: bad menu"),
        ("import json\njson.loads('{')\n", 2, "JSONDecodeError"),
        ("from gongzhong import Account\nAccount(appid='wx1')\n", 2, "appid is not an AppID"),
        ("def oa():\n    return 1 / 0\n", 2, "ZeroDivisionError"),
    ],
)
def test_a_mistake_of_the_program_names_its_line(source: str, line: int, words: str, project: Path) -> None:
    write(project, "t_broken.py", source)
    with pytest.raises(ProgramError) as caught:
        resolve("t_broken:oa()")
    assert (caught.value.file, caught.value.line) == (str(project / "t_broken.py"), line)
    assert words in caught.value.text("en")
    assert isinstance(caught.value.__cause__, Exception)
    assert "gongzhong/running" not in caught.value.trace


@pytest.mark.parametrize("spec", ["t_none.py:oa", "t_none:oa", "t_none.inner:oa", ":oa"])
def test_what_is_surely_not_there_is_known_without_importing(spec: str, project: Path) -> None:
    with pytest.raises(SetupError):
        require_there(spec)


@pytest.mark.parametrize("spec", ["t_raises:oa", "t_raises.py", "json:oa", "sys:oa"])
def test_what_may_be_there_is_left_to_the_import(spec: str, project: Path) -> None:
    write(project, "t_raises.py", "raise RuntimeError('imported')\n")
    require_there(spec)


def test_frameworks_are_told_apart() -> None:
    from fastapi import FastAPI
    from flask import Flask
    from starlette.applications import Starlette

    assert [kind_of(app) for app in (FastAPI(), Starlette(), Flask("x"))] == ["asgi", "asgi", "wsgi"]
    assert kind_of(Starlette) is None
    assert kind_of(print) is None


def test_name_and_file_are_known_without_importing(project: Path) -> None:
    write(project, "t_lazy.py", "raise RuntimeError('imported')\n")
    assert (short_name("t_lazy:oa"), short_name("a/b/t_lazy.py:oa"), short_name("a.b:oa")) == (
        "t_lazy",
        "t_lazy",
        "b",
    )
    assert file_of("t_lazy:oa") == Path("t_lazy.py")
    assert file_of("t_absent:oa") is None
