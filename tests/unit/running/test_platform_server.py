"""What the platform is made from, and what it says when it cannot be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gongzhong import SetupError
from gongzhong.platform import AccountConfig
from gongzhong.platform.world import accounts
from gongzhong.platform.world.database import FILE_NAME
from gongzhong.running.platform_server import configuration, open_platform, with_example_account


def test_without_a_file_there_are_two_people_and_perhaps_an_account() -> None:
    assert [person.name for person in configuration().person] == ["小明", "小红"]
    assert configuration().account == []
    assert len(with_example_account(configuration()).account) == 1


def test_a_file_that_declares_people_keeps_to_them(tmp_path: Path) -> None:
    file = tmp_path / "wechat.toml"
    file.write_text('[[person]]\nname = "老王"\n[[account]]\nname = "商城"\n', "utf-8")
    config = with_example_account(configuration(file))
    assert [person.name for person in config.person] == ["老王"]
    assert [account.name for account in config.account] == ["商城"]


def test_the_state_is_kept_in_the_directory(tmp_path: Path) -> None:
    open_platform(with_example_account(configuration()), tmp_path / "data").world.close()
    assert (tmp_path / "data" / FILE_NAME).exists()


def test_a_directory_that_cannot_be_made_is_a_set_up_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="file"):
        open_platform(configuration(), tmp_path / "file" / "data")


def test_a_file_that_is_no_database_is_a_set_up_error(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database" * 100)
    with pytest.raises(SetupError):
        open_platform(configuration(), tmp_path)


def test_data_of_another_version_is_a_set_up_error_in_both_languages(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        database.execute("CREATE TABLE account (appid TEXT)")
        database.execute("PRAGMA user_version = 424242")
    with pytest.raises(SetupError) as caught:
        open_platform(configuration(), tmp_path)
    assert caught.value.zh and caught.value.en
    assert caught.value.zh != caught.value.en


@pytest.mark.anyio
async def test_a_reset_brings_back_what_an_earlier_run_left(tmp_path: Path) -> None:
    first = open_platform(configuration(), tmp_path / "data")
    account = accounts.create(first.world, AccountConfig(name="demo", token="tok123"))
    account = accounts.change(first.world, account.appid, {"url": "http://127.0.0.1:9/wx"})
    await first.close()
    second = open_platform(configuration(), tmp_path / "data")
    accounts.change(second.world, account.appid, {"url": "http://127.0.0.1:9/elsewhere"})
    second.reset()
    assert list(second.world.accounts.values()) == [account]
    await second.close()
