"""What is not installed is named with the command that installs it: `pip install gongzhong` is the kit and the server,
`gongzhong[dev]` the platform, its pages and the pytest fixture.

The packages of the extra are hidden from a real process, as they are missing after a plain installation.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.heavy

DEV = ("starlette", "python_multipart", "PIL", "segno", "zxingcpp", "nh3", "anyio")
STORE = ("sqlalchemy", "alembic")
HIDE = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""
KIT = """
import gongzhong, gongzhong.app, gongzhong.client, gongzhong.web, gongzhong.running.serve
from gongzhong import Account, AsyncClient, Client, OfficialAccount
[getattr(gongzhong, name) for name in gongzhong.__all__]
account = Account(appid="wx0123456789abcdef", secret=gongzhong.Secret("0f" * 16), token=gongzhong.Secret("casetoken"))
oa = OfficialAccount(account)
Client(account), AsyncClient(account), oa.asgi, oa.wsgi, oa.rsgi
print("whole")
"""


def python(
    code: str, *arguments: str, cwd: Path, hidden: tuple[str, ...] = DEV
) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"GONGZHONG_LANG": "en", "NO_COLOR": "1", "COLUMNS": "200"}
    command = [sys.executable, "-c", f"HIDDEN = {hidden!r}\n{HIDE}{code}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=cwd, env=env)


def test_the_kit_and_the_server_need_nothing_of_the_extra(tmp_path: Path) -> None:
    done = python(KIT, cwd=tmp_path)
    assert done.stdout == "whole\n", done.stderr


COMMAND = "from gongzhong.cli import main; main(sys.argv[1:])"


@pytest.mark.parametrize("command", ["platform", "dev", "record"])
def test_a_command_of_the_extra_says_what_to_install(command: str, tmp_path: Path) -> None:
    app = tmp_path / "shop.py"
    app.write_text("from gongzhong import OfficialAccount\noa = OfficialAccount.from_env()\n")
    words = {"platform": ["platform"], "dev": ["dev", "shop.py:oa"], "record": ["coverage", "--json"]}[
        command
    ]
    done = python(COMMAND, *words, cwd=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "pip install 'gongzhong[dev]'" in done.stderr
    assert "Traceback" not in done.stderr
    if "--json" in words:
        assert json.loads(done.stdout)["error"]["kind"] == "MissingExtra"


@pytest.mark.parametrize("words", ["--help", "doctor --help", "explain 40164", "serve --help", "call --list"])
def test_what_production_needs_works_without_the_extra(words: str, tmp_path: Path) -> None:
    done = python(COMMAND, *words.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_doctor_of_a_deployment_names_the_extra_that_the_configuration_needs(tmp_path: Path) -> None:
    (tmp_path / "data.db").touch()
    account = '[[account]]\nappid = "wx0123456789abcdef"\n'
    (tmp_path / "gongzhong.toml").write_text(f'database = "sqlite:///data.db"\n{account}')
    done = python(COMMAND, "doctor", "--json", cwd=tmp_path, hidden=(*DEV, *STORE))
    assert done.returncode == 1, done.stderr
    found = {one["check"]: one for one in json.loads(done.stdout)["findings"]}
    assert found["database"]["status"] == "wrong"
    assert "pip install 'gongzhong[store]'" in found["database"]["fix_en"]
    assert found["settings"]["status"] == "ok"


def test_the_fixture_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text("def test_nothing(platform): pass\n")
    code = "import pytest; raise SystemExit(pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'no:anyio']))"
    done = python(code, cwd=tmp_path)
    assert "pip install 'gongzhong[dev]'" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
