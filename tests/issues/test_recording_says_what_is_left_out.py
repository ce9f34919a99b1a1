"""A recorded test says what it does not hold: acts of agents at the desk, personalised menus."""

from __future__ import annotations

from gongzhong.platform import AccountConfig, PersonConfig, PlatformConfig, TieConfig
from gongzhong.platform.world import acts, menus
from gongzhong.testing import LocalPlatform

BUTTONS = [{"type": "click", "name": "a", "key": "A"}]


def recorded(*, desk: bool = False, personal: bool = False) -> str:
    platform = LocalPlatform(
        PlatformConfig(
            account=[AccountConfig(name="shop")],
            person=[PersonConfig(name="alice", accounts={"shop": TieConfig(follows=True)})],
        )
    )
    account = platform.account_of("shop")
    if personal:
        menus.set_default(platform.world, account, BUTTONS)
        menus.add_conditional(platform.world, account, BUTTONS, {"client_platform_type": "1"})
    recording = platform.platform.recording
    recording.note_service(account)
    recording.start(account)
    acts.say(platform.world, account, "alice", acts.Saying(type="text", content="hi"))
    recording.note(account, "alice", "says", words=["hi"])
    if desk:
        recording.note_service(account)
    recording.stop()
    source = recording.test_file("app:oa")
    platform.close()
    compile(source, "recorded.py", "exec")
    return source


def test_what_is_left_out_is_said() -> None:
    plain, whole = recorded(), recorded(desk=True, personal=True)
    assert "Not recorded" not in plain
    assert "# Not recorded: what agents did at the customer-service desk" in whole
    assert "# Not recorded: the personalised menus" in whole
