"""A recorded conversation replays, whatever was said and however late it was answered; names never become code."""

from __future__ import annotations

import ast
import asyncio
import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gongzhong import Account
from gongzhong.client import WireRequest
from gongzhong.errors import SetupError
from gongzhong.platform.recording import _variables
from gongzhong.platform.world import acts, templates
from gongzhong.running.target import resolve
from gongzhong.testing import PNG, LocalPlatform, load_account
from gongzhong.testing.in_process import InProcessTransport

pytestmark = pytest.mark.heavy

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
Replayed = subprocess.CompletedProcess[str]

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
    # Another test's program of the same name must not be taken for this one.
    sys.modules.pop("shop", None)
    return tmp_path


def replay(folder: Path, source: str, *options: str, file: str = "test_recorded.py") -> Replayed:
    """Run the file in the project's folder; `options` are Python's: with -P as plain `pytest` does."""
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(source, "utf-8")
    command = [sys.executable, *options, "-m", "pytest", "-q", "-p", "no:cacheprovider", file]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("GONGZHONG_")}
    for action in (["check", "--select", "I,F,E"], ["format", "--diff"]):
        judge = [sys.executable, "-m", "ruff", *action, "--isolated", "--no-cache", "--line-length", "110"]
        judged = subprocess.run([*judge, file], cwd=folder, capture_output=True, text=True, check=False)
        assert judged.returncode == 0, judged.stdout + judged.stderr
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
    assert imported <= {"gongzhong.testing", "base64"}


def test_slow_answers_and_templates_replay(platform: LocalPlatform, folder: Path) -> None:
    source = recorded(platform, folder, "商店", ["小明", "小红"], "慢", "通知", "好")
    done = replay(folder, source)
    assert done.returncode == 0, f"{source}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    ("target", "file", "options"),
    [
        ("shop:oa", "tests/test_recorded.py", []),
        ("shop:oa", "tests/test_recorded.py", ["-P"]),
        ("shop.py:oa", "test_recorded.py", ["-P"]),
    ],
)
def test_the_program_is_found_however_pytest_was_started(
    platform: LocalPlatform, folder: Path, target: str, file: str, options: list[str]
) -> None:
    """Plain `pytest` does not make the current folder importable; the program may still import its neighbours."""
    (folder / "words.py").write_text('HELLO = "你说"', "utf-8")
    program = "from words import HELLO\n" + PROGRAM.replace("你说：", "{HELLO}：")
    (folder / "shop.py").write_text(program, "utf-8")
    recorded(platform, folder, "商店", ["小明"], "好")
    source = platform.platform.recording.test_file(target)
    done = replay(folder, source, *options, file=file)
    assert done.returncode == 0, f"{source}\n{done.stdout}{done.stderr}"


def test_a_program_that_is_nowhere_is_named_with_the_fix(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(SetupError) as nowhere:
        load_account("nowhere:oa", near=folder / "tests" / "test_it.py")
    assert "nowhere" in nowhere.value.zh and str(folder) in nowhere.value.en
    assert "path/to/file.py:oa" in nowhere.value.fix_en and nowhere.value.fix_zh
    (folder / "shop.py").write_text("oa = 1", "utf-8")
    with pytest.raises(SetupError, match="shop"):
        load_account("shop:oa", near=folder / "tests" / "test_it.py")


def test_an_answer_that_came_after_the_next_act_replays(platform: LocalPlatform, folder: Path) -> None:
    """Somebody asks something slow and speaks on: on the pages the answer comes third, in a test second."""
    oa = resolve(f"{folder / 'shop.py'}:oa").value
    account = platform.connect(oa, name="商店")
    alice = platform.person("alice")
    alice.follows(oa)
    kept, world = platform.platform.recording, platform.world

    async def talk() -> None:
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


WHOLE = """
import asyncio

from gongzhong import Click, Image, ImageReply, OfficialAccount, Subscribe, Text, Upload, Voice
from gongzhong.testing import PNG

oa = OfficialAccount.from_env()
KEPT = "stored-before-anything-was-recorded"


@oa.on(Subscribe)
async def welcome(event):
    return "欢迎"


@oa.click("SONG")
async def song(event):
    yield "点歌成功，'撇号' 和 \\"引号\\""
    yield "正在播放" * 30


@oa.on(Image)
async def picture(message, api):
    mine = await api.media.upload(type="image", media=Upload.of(PNG))
    await api.customer.send_image(touser=message.from_user_name, media_id=mine.media_id)


@oa.on(Voice)
async def voice(message):
    return ImageReply(media_id=KEPT)


@oa.text("慢")
async def slow(message: Text):
    await asyncio.sleep(8)
    return "慢的回答"


@oa.text("通知")
async def notice(message: Text, api):
    data = {"first": {"value": "到了"}}
    await api.template.send(touser=message.from_user_name, template_id="T" * 43, data=data)
    return "发了"


@oa.text("客服")
async def named(message: Text, api):
    sender = {"touser": message.from_user_name, "kf_account": "meimei@shop_wechat"}
    await api.customer.send_text(content="我是小美", **sender)
"""
APPID_FOR_TESTS = Account.for_tests().appid
MENU = [{"name": "音乐", "sub_button": [{"type": "click", "name": "点歌", "key": "SONG"}]}]
VOICE = b"#!AMR\n" + bytes([0x3C, *[0] * 31]) * 50


class Pages:
    """The control API of a platform inside the test, as the pages use it."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform, self.wire = platform, InProcessTransport(platform.server)

    async def ask(self, method: str, path: str, body: object = None, **query: str) -> bytes:
        request = WireRequest(
            method=method,
            url=f"http://127.0.0.1:8700/_platform/{path}",
            headers={"content-type": "application/json"},
            query=query,
            body=json.dumps(body or {}).encode(),
            timeout_s=60,
        )
        reply = await self.wire.send(request)
        assert reply.status == 200, reply.body
        return reply.body

    async def act(self, person: str, verb: str, **body: object) -> None:
        await self.ask("POST", f"people/{person}/{verb}", {"appid": APPID_FOR_TESTS, **body})
        await asyncio.sleep(3)


@pytest.fixture
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GONGZHONG_")]:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("no_account")
def test_one_of_everything_replays_where_no_variable_is_set(platform: LocalPlatform, folder: Path) -> None:
    (folder / "shop.py").write_text(WHOLE, "utf-8")
    oa = resolve(f"{folder / 'shop.py'}:oa").value
    account = platform.connect(oa, name="商店", wechat_id="shop_wechat")
    platform.menu(MENU)
    platform.file("stored-before-anything-was-recorded", "image", PNG)
    platform.template("T" * 43, "通知", "{{first.DATA}}")
    platform.agent("meimei", "小美", worker="小美")
    for name in ("小明", "小红"):
        platform.person(name)
    pages = Pages(platform)

    async def talk() -> str:
        await pages.ask("POST", "recording/start", {"appid": account.appid})
        await pages.act("小明", "follow", scene="vip")
        await pages.act("小明", "tap", path=[0, 0])
        await pages.act("小明", "say", type="image", file=base64.b64encode(PNG).decode())
        await pages.act("小明", "say", type="voice", file=base64.b64encode(VOICE).decode())
        await pages.act("小红", "follow")
        await pages.act("小红", "say", content="慢")
        await pages.act("小明", "say", content="通知")
        await pages.act("小明", "say", content="客服")
        await asyncio.sleep(60)
        await pages.act("小红", "say", content="慢")
        # Stopped while the handler still works: its answer comes after the push was acknowledged.
        await pages.ask("POST", "recording/stop")
        await pages.act("小红", "say", content="不在录制里")
        return (await pages.ask("GET", "recording/test", target="shop:oa")).decode()

    source = platform.run(talk())
    assert source.count("慢的回答") == 2
    assert "不在录制里" not in source
    assert "quota/get" not in source
    assert '("cgi-bin/media/upload", 0)' in source
    assert 'platform.agent("meimei", "小美", worker="小美")' in source
    assert 'platform.file("stored-before-anything-was-recorded", "image", FILE_' in source
    done = replay(folder, source)
    assert done.returncode == 0, f"{source}\n{done.stdout}{done.stderr}"


@pytest.mark.usefixtures("no_account")
def test_a_call_that_the_kit_made_by_itself_is_no_part_of_it(platform: LocalPlatform, folder: Path) -> None:
    """Whether the kit asks for its permission depends on what it knows already, and on time."""
    source = recorded(platform, folder, "商店", ["小明"], "慢", "通知")
    assert [call.title for call in platform.calls if call.is_lookup and "quota/get" in call.title]
    assert "token" not in source
    assert "quota/get" not in source
    assert "message/template/send" in source
