"""A recorded conversation replays, whatever was said and however late it was answered; names never become code."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gongzhong.platform.recording import _variables
from gongzhong.platform.world import acts, templates
from gongzhong.running.target import resolve
from gongzhong.testing import LocalPlatform

APPID = "wx00000000000000c1"
PROGRAM = """
import asyncio
from gongzhong import Account, OfficialAccount, Secret, Text

oa = OfficialAccount(Account(appid="wx00000000000000c1", secret=Secret("s" * 32), token=Secret("tok123")))


@oa.text("慢")
async def slow(message: Text):
    await asyncio.sleep(8)
    return "慢的回答"


@oa.text("通知")
async def notice(message: Text, api):
    await api.template.send(touser=message.from_user_name, template_id="T" * 43, data={"first": {"value": "到了"}})
    return "发了"


@oa.default
async def echo(message: Text):
    return f"你说：{message.content}"
"""
HOSTILE = [
    '"""\nimport os; os.remove("x")\n"""',
    "x = __import__('os')",
    "alice\n    raise SystemExit",
    "class",
    "match",
    "len",
    "platform",
    "person_1",
    "ﬁ",
    "²",
    "a'b\"c\\",
    "名字",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_a_plain_variable_or_a_number(name: str) -> None:
    made = _variables([name, "名字 2"])
    assert len(set(made.values())) == 2
    for variable in made.values():
        (statement,) = ast.parse(variable).body
        assert isinstance(statement, ast.Expr)
        assert isinstance(statement.value, ast.Name)
        assert statement.value.id == variable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(PROGRAM, "utf-8")
    return tmp_path


def replay(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_recorded.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_recorded.py"]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("GONGZHONG_")}
    return subprocess.run(
        command, cwd=folder, env=bare, capture_output=True, text=True, timeout=60, check=False
    )


def recorded(platform: LocalPlatform, folder: Path, account_name: str, people: list[str], *words: str) -> str:
    oa = resolve(f"{folder / 'shop.py'}:oa").value
    account = platform.connect(oa, name=account_name)
    templates.ensure(platform.world, account, "通知", "{{first.DATA}}", "T" * 43, "")
    kept = platform.platform.recording
    kept.start(account)
    for person in people:
        platform.person(person)
        kept.note(account, person, "follows")
        platform.person(person).follows(oa)
        for word in words:
            kept.note(account, person, "says", words=[word])
            platform.person(person).says(word)
    kept.stop()
    return kept.test_file("shop:oa")


def test_hostile_names_compile_and_replay(platform: LocalPlatform, folder: Path) -> None:
    source = recorded(platform, folder, HOSTILE[0], HOSTILE, HOSTILE[0])
    done = replay(folder, source)
    assert done.returncode == 0, f"{source}\n{done.stdout}{done.stderr}"
    imported = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert imported <= {"shop", "gongzhong.testing", "base64", "runpy"}


def test_slow_answers_and_templates_replay(platform: LocalPlatform, folder: Path) -> None:
    source = recorded(platform, folder, "商店", ["小明", "小红"], "慢", "通知", "好")
    done = replay(folder, source)
    assert done.returncode == 0, f"{source}\n{done.stdout}{done.stderr}"


def test_an_answer_that_came_after_the_next_act_replays(platform: LocalPlatform, folder: Path) -> None:
    """Somebody asks something slow and speaks on: on the pages the answer comes third, in a test second."""
    oa = resolve(f"{folder / 'shop.py'}:oa").value
    account = platform.connect(oa, name="商店")
    alice = platform.person("alice")
    alice.follows(oa)
    kept, world = platform.platform.recording, platform.world

    async def talk() -> None:
        import asyncio

        kept.start(account)
        for word, pause in (("慢", 6.0), ("好", 10.0)):
            kept.note(account, "alice", "says", words=[word])
            act = acts.say(world, account, "alice", acts.Saying(content=word))
            await platform.platform.carry_out(act)
            await asyncio.sleep(pause)

    platform.run(talk())
    kept.stop()
    source = kept.test_file("shop.py:oa")
    done = replay(folder, source)
    assert done.returncode == 0, f"{source}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("target", ["class:oa", "a.import:oa", "shop:lambda", "shop:oa\nimport os", "ﬁ:oa"])
def test_a_target_that_is_no_program_is_refused(platform: LocalPlatform, folder: Path, target: str) -> None:
    recorded(platform, folder, "商店", ["小明"], "好")
    with pytest.raises(ValueError, match="模块"):
        platform.platform.recording.test_file(target)
