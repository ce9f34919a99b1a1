"""From a text on the command line to what is served."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gongzhong import SetupError
from gongzhong.running.target import file_of, kind_of, resolve, short_name

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


def test_mistakes_of_the_program_keep_their_own_error(project: Path) -> None:
    write(project, "t_broken.py", "import t_library_that_is_missing\n")
    with pytest.raises(ModuleNotFoundError, match="t_library_that_is_missing"):
        resolve("t_broken:oa")


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
