"""A person's first hour: from an empty environment and the built wheel to an account that answers.

Each environment is made by pip as its user would make it; nothing of this source tree but the examples, the README and
the pages of the documentation is used. GONGZHONG_WHEEL names the wheel, else it is the one in dist/.

    make wheel && .venv/bin/python -m pytest -m first_hour tests/first_hour
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.first_hour

ROOT = Path(__file__).parents[2]
PUSH = (
    "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>"
    "<FromUserName><![CDATA[oabcdefghijklmnopqrstuvwxyz0]]></FromUserName>"
    "<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
    "<Content><![CDATA[天气 北京]]></Content><MsgId>24261840000000001</MsgId></xml>"
)
TOKEN = "mytoken"
ACCOUNT = {
    "GONGZHONG_APPID": "wx0123456789abcdef",
    "GONGZHONG_SECRET": "0f" * 16,
    "GONGZHONG_TOKEN": TOKEN,
}

DIALOGUE_TEST = """

def test_the_dialogue(platform):
    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows()
    assert alice.says("报名").text == "怎么称呼您？（回复“取消”退出）"
    assert alice.says("李雷").text == "几岁？"
    assert alice.says("不说").text == "请填数字。"
    assert alice.says("18").text == "手机号？"
    assert alice.says("13800000000").text == "李雷，18 岁，13800000000：已登记。"
    assert alice.says("13800000000") == []
"""
STREAM_TEST = """

def test_the_stream_arrives_whole(platform):
    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows()
    assert "".join(alice.says("你是谁？").texts) == "这是一个回答。"
"""


class Environment:
    """A virtual environment with the wheel and what it asks for, in the versions of the lock file."""

    def __init__(self, folder: Path, *requirements: str) -> None:
        self.folder = folder
        self._bin = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        venv.create(folder / "venv", with_pip=True)
        constraints = folder / "constraints.txt"
        constraints.write_text("\n".join(_versions(ROOT / "requirements-dev.lock")), "utf-8")
        done = self.run("python", "-m", "pip", "install", "-q", "-c", str(constraints), *requirements)
        assert done.returncode == 0, done.stdout + done.stderr

    def env(self, **more: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GONGZHONG_", "PYTHON", "VIRTUAL_ENV"))
        }
        path = os.pathsep.join([str(self._bin), os.environ.get("PATH", "")])
        return {**kept, "PATH": path, "GONGZHONG_LANG": "zh", "PYTHONUTF8": "1", **more}

    def run(self, program: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self._bin / program), *words],
            cwd=self.folder,
            env=self.env(**more),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self._bin / words[0]), *words[1:]],
            cwd=self.folder,
            env=self.env(**more),
            stdout=subprocess.PIPE,
            text=True,
        )

    def pytest(self, file: str, passed: int) -> None:
        """The tests of a file pass, with nothing set in the environment."""
        done = self.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", file)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{passed} passed" in done.stdout


def _versions(lock: Path) -> Iterator[str]:
    """The lock file's versions, without hashes, as constraints."""
    for line in lock.read_text("utf-8").splitlines():
        if re.match(r"[A-Za-z0-9]", line):
            yield line.removesuffix("\\").strip()


def code_of(page: str, marker: str = "") -> list[str]:
    """The Python blocks of a page: all, or the one behind `<!-- example: marker -->`."""
    text = (ROOT / page).read_text("utf-8")
    behind = rf"<!-- example: {re.escape(marker)} -->\n" if marker else ""
    found = re.findall(rf"{behind}```python\n(.*?)```", text, re.S)
    assert found, f"{page} has no example {marker}"
    return found


@pytest.fixture(scope="session")
def wheel() -> Path:
    named = os.environ.get("GONGZHONG_WHEEL")
    wheels = [Path(named)] if named else list((ROOT / "dist").glob("gongzhong-*.whl"))
    if len(wheels) != 1 or not wheels[0].is_file():
        pytest.fail(f"build the wheel first (make wheel), or name one in GONGZHONG_WHEEL; found {wheels}")
    return wheels[0].resolve()


@pytest.fixture(scope="session")
def plain(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("plain"), str(wheel))
    (environment.folder / "bot.py").write_text(code_of("README.md")[0], "utf-8")
    return environment


@pytest.fixture(scope="session")
def dev(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("dev"), f"{wheel}[dev]", "flask", "fastapi")
    folder = environment.folder
    app, test = code_of("README.md")[:2]
    (folder / "bot.py").write_text(app, "utf-8")
    (folder / "test_readme.py").write_text(f"{app}\n\n{test}", "utf-8")
    for example in ("flask_app.py", "fastapi_app.py"):
        shutil.copy(ROOT / "examples" / example, folder)
    shutil.copy(Path(__file__).with_name("live_examples.py"), folder / "test_live_examples.py")
    return environment


def test_the_package_alone_is_the_kit_and_the_server(plain: Environment) -> None:
    done = plain.run("python", "-c", "import gongzhong; print(gongzhong.__file__)")
    assert str(plain.folder) in done.stdout, done.stderr
    listed = plain.run("python", "-m", "pip", "list", "--format=json").stdout
    installed = {one["name"].lower() for one in json.loads(listed)}
    assert not installed & {"starlette", "pillow", "pytest", "nh3", "segno", "zxing-cpp"}
    version = plain.run("gongzhong", "--version")
    assert re.search(r"\d+\.\d+", version.stdout), version.stderr
    explained = plain.run("gongzhong", "explain", "40164")
    assert explained.returncode == 0, explained.stderr
    assert "40164" in explained.stdout
    assert "IP" in explained.stdout


def test_what_needs_the_extra_says_so(plain: Environment) -> None:
    for command in ("platform", "dev bot.py:oa"):
        done = plain.run("gongzhong", *command.split())
        assert done.returncode != 0
        assert "pip install 'gongzhong[dev]'" in done.stderr
        assert "Traceback" not in done.stderr


def _signed(**more: str) -> str:
    stamp, nonce = str(int(time.time())), "nonce"
    signature = hashlib.sha1("".join(sorted((TOKEN, stamp, nonce))).encode()).hexdigest()
    return urllib.parse.urlencode({"signature": signature, "timestamp": stamp, "nonce": nonce, **more})


def test_the_readmes_program_is_served_and_answers_a_signed_push(plain: Environment) -> None:
    serving = plain.start("gongzhong", "serve", "bot.py:oa", "--port", "0", "--json", **ACCOUNT)
    try:
        assert serving.stdout is not None
        line = serving.stdout.readline()
        url = json.loads(line)["url"]
        with urllib.request.urlopen(f"{url}/?{_signed(echostr='42')}", timeout=30) as answer:
            assert answer.read() == b"42"
        body = PUSH.format(now=int(time.time())).encode()
        with urllib.request.urlopen(f"{url}/?{_signed()}", body, timeout=30) as answer:
            assert "<![CDATA[北京：晴]]>" in answer.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{url}/?signature=0&timestamp=0&nonce=0", body, timeout=30)
    finally:
        serving.terminate()
        assert serving.wait(60) == 0


def test_a_missing_account_is_named(plain: Environment) -> None:
    done = plain.run("gongzhong", "serve", "bot.py:oa", "--port", "0")
    assert done.returncode != 0
    assert "GONGZHONG_APPID" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_readmes_program_and_test_in_one_file(dev: Environment) -> None:
    dev.pytest("test_readme.py", 1)


@pytest.mark.parametrize(("marker", "test"), [("dialogue", DIALOGUE_TEST), ("stream", STREAM_TEST)])
def test_an_example_of_the_page_about_handlers(dev: Environment, marker: str, test: str) -> None:
    file = f"test_{marker}.py"
    (dev.folder / file).write_text(code_of("docs/app.md", marker)[0] + test, "utf-8")
    dev.pytest(file, 1)


def test_flask_fastapi_and_the_doctor(dev: Environment) -> None:
    dev.pytest("test_live_examples.py", 4)
