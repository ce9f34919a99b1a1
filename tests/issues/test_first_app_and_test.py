"""The README's app and the README's test in one file work as they stand, with nothing set; so does a recorded test.

Each runs in a process of its own with an environment that names no account, as on the first day.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gongzhong import Account, OfficialAccount, SetupError, Text
from gongzhong.testing import LocalPlatform

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def without_account(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GONGZHONG_")}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "GONGZHONG_LANG": "en", **more}


def run(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    # The plugin is named, so that the test does not depend on how the package is installed here.
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=without_account(**more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def pytest_in(folder: Path, *files: str, **more: str) -> str:
    done = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def snippets(readme: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", readme.read_text("utf-8"), re.S)


RECORDED = """
from example import oa


def test_recorded_conversation(platform):
    platform.connect(oa, name='shop', kind='service', verified=True)
    alice = platform.person('alice')
    alice.follows(oa)
    assert alice.inbox[-1].text == '欢迎关注！'
"""


def test_app_and_test_in_one_file_in_two_and_recorded_need_no_environment(tmp_path: Path) -> None:
    app, test = snippets(README)
    (tmp_path / "test_one_file.py").write_text(f"{app}\n\n{test}", "utf-8")
    (tmp_path / "example.py").write_text(app, "utf-8")
    (tmp_path / "test_two_files.py").write_text(f"from example import oa\n\n\n{test}", "utf-8")
    (tmp_path / "test_recorded.py").write_text(RECORDED, "utf-8")
    path = f"{ROOT / 'src'}{os.pathsep}{tmp_path}"
    assert "3 passed" in pytest_in(tmp_path, PYTHONPATH=path)
    named = {
        "GONGZHONG_APPID": "wx0123456789abcdef",
        "GONGZHONG_TOKEN": "mytoken",
        "GONGZHONG_SECRET": "s" * 32,
    }
    assert "1 passed" in pytest_in(tmp_path, "test_one_file.py", **named)


def test_serving_without_an_account_says_which_variable_is_missing(tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(snippets(README)[0], "utf-8")
    done = run(tmp_path, "-m", "gongzhong", "serve", "example.py:oa", "--port", "0")
    assert done.returncode not in (0, None)
    assert "GONGZHONG_APPID" in done.stderr
    assert "Traceback" not in done.stderr
    half = {"GONGZHONG_APPID": "wx0123456789abcdef"}
    done = run(tmp_path, "-m", "gongzhong", "serve", "example.py:oa", "--port", "0", **half)
    assert "GONGZHONG_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GONGZHONG_", "SHOP_"))]:
        monkeypatch.delenv(name)


@pytest.mark.anyio
async def test_the_first_use_without_an_account_is_a_clear_error_and_later_the_variables_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    oa = OfficialAccount.from_env(prefix="SHOP_", customer_service=False)
    assert "SHOP_" in repr(oa)
    with pytest.raises(SetupError, match="SHOP_APPID"):
        oa.account  # noqa: B018
    with pytest.raises(SetupError, match="SHOP_APPID"):
        await oa.handle("", b"")
    with pytest.raises(SetupError, match="SHOP_APPID"):
        async with oa.lifespan():
            pytest.fail("started without an account")
    told: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(event: object) -> None:
        told.append(str(event))

    await oa.asgi({"type": "lifespan"}, receive, send)
    assert "lifespan.startup.failed" in told[0]
    assert "SHOP_APPID" in told[0]
    monkeypatch.setenv("SHOP_APPID", "wx0123456789abcdef")
    monkeypatch.setenv("SHOP_TOKEN", "mytoken")
    assert oa.account == Account(appid="wx0123456789abcdef", token="mytoken")
    assert (await oa.handle("", b"")).status == 403


def test_two_accounts_of_one_program_are_two_accounts_in_a_test(platform: LocalPlatform) -> None:
    shop, news = OfficialAccount.from_env(), OfficialAccount.from_env("NEWS_")

    @shop.text
    @news.text
    async def echo(message: Text, oa: OfficialAccount) -> str:
        return oa.account.appid

    alice = platform.person("alice")
    alice.follows(shop)
    alice.follows(news)
    alice.says("?", to=shop)
    alice.says("?", to=news)
    appids = {platform.account_of(shop).appid, platform.account_of(news).appid}
    assert len(appids) == 2


def test_what_a_test_lent_is_given_back() -> None:
    oa = OfficialAccount.from_env()
    platform = LocalPlatform()
    platform.connect(oa)
    assert oa.account == Account.for_tests()
    platform.close()
    with pytest.raises(SetupError, match="GONGZHONG_APPID"):
        oa.account  # noqa: B018


def test_half_an_account_in_the_environment_is_an_error_in_a_test_too(
    platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGZHONG_APPID", "wx0123456789abcdef")
    monkeypatch.setenv("GONGZHONG_AES_KEY", "zu-kurz")
    with pytest.raises(SetupError, match="GONGZHONG_AES_KEY"):
        platform.connect(OfficialAccount.from_env())
