"""The control routes of mass sending and permitted messages, over the platform's own HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.platform.controlling import ask_control

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.platform.world import notices
from gongzhong.platform.world.settings import MassSettings
from gongzhong.platform.world.world import AccountState
from gongzhong.testing import LocalPlatform


class Bench:
    """A service account, one follower, and the control API."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        self.oa = OfficialAccount(
            Account(appid="wx00000000000000aa", secret=Secret("s" * 32), token=Secret("send"))
        )
        self.account: AccountState = platform.connect(self.oa)
        self.api = platform.async_client(self.oa)
        self.alice = platform.person("alice")
        self.alice.follows(self.oa)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return ask_control(self.platform, method, path, body)


@pytest.fixture
def bench(platform: LocalPlatform) -> Bench:
    return Bench(platform)


def test_the_next_mass_send_ends_as_told_and_only_the_next(bench: Bench) -> None:
    where = f"/accounts/{bench.account.appid}"
    assert bench.ask("POST", f"{where}/next-mass", {"status": "err(10001)"})[0] == 200
    bench.platform.run(bench.api.mass.send_text(content="一", to_all=True))
    bench.platform.clock.advance(minutes=1)
    bench.platform.run(bench.api.mass.send_text(content="二", to_all=True))
    bench.platform.clock.advance(minutes=1)
    _, told = bench.ask("GET", f"{where}/mass")
    assert [job["status"] for job in told["jobs"]] == ["sent", "failed"]
    assert told["jobs"][0]["audience"] == {"everybody": True}


def test_an_unknown_result_is_refused(bench: Bench) -> None:
    status, told = bench.ask("POST", f"/accounts/{bench.account.appid}/next-mass", {"status": "fine"})
    assert (status, "fine" in told["error"]["zh"]) == (400, True)


@pytest.mark.parametrize(("agree", "status"), [(True, "sent"), (False, "failed")])
def test_the_administrator_answers(bench: Bench, agree: bool, status: str) -> None:
    bench.platform.change(bench.oa, mass=MassSettings(protected=True))
    sent = bench.platform.run(bench.api.mass.send_text(content="一", to_all=True))
    path = f"/accounts/{bench.account.appid}/mass"
    assert bench.ask("GET", path)[1]["jobs"][0]["status"] == "waiting"
    assert bench.ask("POST", f"{path}/{sent.msg_id}/confirm", {"agree": agree})[0] == 200
    bench.platform.clock.advance(minutes=1)
    assert bench.ask("GET", path)[1]["jobs"][0]["status"] == status
    assert bench.ask("POST", f"{path}/{sent.msg_id}/confirm", {"agree": agree})[0] == 409
    assert bench.ask("POST", f"{path}/x/confirm", {"agree": agree})[0] == 400


def test_notices_are_decided(bench: Bench) -> None:
    added = bench.platform.run(bench.api.subscriptions.add(tid="3101", kidList=[1, 2]))
    template = added.priTmplId
    path, common = "/people/alice/subscribe-notice?wait=1", {"appid": bench.account.appid}
    told = bench.ask("POST", path, {**common, "accept": [template], "scene": 2})[1]
    assert told["events"] == ["subscribe_msg_popup_event"]
    found = notices.find(bench.platform.world, bench.account, template)
    openid = bench.alice.openid(bench.oa)
    assert notices.remaining(bench.platform.world, bench.account, openid, found) == 1
    told = bench.ask("POST", path, {**common, "withdraw": [template]})[1]
    assert told["events"] == ["subscribe_msg_change_event"]
    assert notices.remaining(bench.platform.world, bench.account, openid, found) == 0
    assert bench.ask("POST", path, {**common, "accept": ["nothing"]})[0] == 409
    assert bench.ask("POST", path, common)[0] == 409


def test_one_time_messages_are_confirmed(bench: Bench) -> None:
    body = {"appid": bench.account.appid, "scene": 7}
    status, told = bench.ask("POST", "/people/alice/subscribe-once", body)
    template = notices.one_time_template_id(bench.platform.world, bench.account)
    assert (status, told["template_id"]) == (200, template)
    listed = bench.ask("GET", f"/accounts/{bench.account.appid}/subscriptions")[1]
    assert listed == {"one_time_template_id": template, "templates": []}
    assert bench.ask("POST", "/people/alice/subscribe-once", {**body, "scene": 10_001})[0] == 400
    assert bench.ask("POST", "/people/nobody/subscribe-once", body)[0] == 404


def test_settings_are_changed_by_the_control_api(bench: Bench) -> None:
    path = f"/accounts/{bench.account.appid}"
    status, told = bench.ask("PATCH", path, {"autoreply": {"default": {"content": "稍等"}}, "url": ""})
    assert (status, told["autoreply"]["default"]["content"]) == (200, "稍等")
    bench.alice.says("在吗")
    assert bench.alice.inbox[-1].text == "稍等"
    assert bench.ask("PATCH", path, {"mass": {"outcome": {"status": "x"}}})[0] == 400
