"""An address of a shared state that cannot be used is named before the first push, and never with its password."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong import Account, OfficialAccount, Secret, SetupError
from gongzhong.state import MemoryState


def made(state: Any) -> OfficialAccount:
    account = Account(appid="wx00000000000000aa", secret=Secret("s" * 32), token=Secret("tok123"))
    return OfficialAccount(account, state=state)


@pytest.mark.parametrize("state", ["nope://user:hush@x", "", "sqlite://x", 5, b"redis://x"])
def test_what_is_no_address_is_refused_when_the_account_is_made(state: Any) -> None:
    with pytest.raises(SetupError) as caught:
        made(state)
    assert "hush" not in f"{caught.value.zh} {caught.value.en}"


def test_an_account_of_the_environment_is_checked_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "APPID": "wx00000000000000aa",
        "SECRET": "s" * 32,
        "TOKEN": "tok123",
        "STATE": "nope://x",
    }.items():
        monkeypatch.setenv(f"GONGZHONG_{name}", value)
    oa = OfficialAccount.from_env()
    with pytest.raises(SetupError):
        oa.check()


def test_addresses_and_states_are_taken() -> None:
    given = MemoryState()
    assert made(given).binding.state is given
    assert made("redis://127.0.0.1:1/0").binding.state is not None  # nothing is connected yet
    assert made(None).binding.state is None
