"""The control routes of customer service and of what people take back, over the platform's own HTTP."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from tests.unit.platform.controlling import ask_control

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.messages import TransferReply
from gongzhong.testing import PNG, LocalPlatform


class Office:
    """An account that hands everything over, a follower, and the control API."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        self.oa = OfficialAccount(
            Account(appid="wx00000000000000aa", secret=Secret("s" * 32), token=Secret("desk"))
        )
        self.oa.default(self.transfer)
        platform.connect(self.oa, wechat_id="shop")
        self.alice = platform.person("alice")
        self.alice.follows()
        platform.person("worker")

    def transfer(self, message: Text) -> TransferReply:
        return TransferReply()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return ask_control(self.platform, method, path, body)

    def desk(self, verb: str = "", **body: Any) -> Any:
        """What the desk answers to an act, or how it looks."""
        where = f"/accounts/{self.oa.account.appid}/desk"
        status, answer = self.ask("POST", f"{where}/{verb}", body) if verb else self.ask("GET", where)
        assert status == 200, answer
        return answer

    def employ(self, prefix: str, person: str) -> str:
        self.desk("agents", prefix=prefix, nickname="客服", person=person)
        return f"{prefix}@shop"


@pytest.fixture
def office(platform: LocalPlatform) -> Office:
    return Office(platform)


def test_a_day_at_the_desk(office: Office) -> None:
    anna = office.employ("anna", "worker")
    bo = office.employ("bo", "alice")
    office.alice.says("人工")
    (waiting,) = office.desk()["waiting"]
    assert (waiting["person"], waiting["text"]) == ("alice", "人工")
    (session,) = office.desk("accept", kf_account=anna, person="alice")["sessions"]
    assert (session["kf_account"], session["forwards"]) == (anna, True)
    line = office.desk("say", kf_account=anna, person="alice", content="您好")
    assert (line["content"], line["kf"]) == ("您好", "客服")
    shown = office.desk("say", kf_account=anna, person="alice", file=b64encode(PNG).decode())
    assert shown["type"] == "image"
    (session,) = office.desk("switch", kf_account=anna, person="alice", to=bo)["sessions"]
    assert session["kf_account"] == bo
    assert office.desk("close", kf_account=bo, person="alice")["sessions"] == []


def test_presence_takes_who_waits(office: Office) -> None:
    anna = office.employ("anna", "worker")
    office.alice.says("人工")
    after = office.desk("presence", kf_account=anna, online=True, auto_accept=2)
    assert after["waiting"] == []
    assert [one["person"] for one in after["sessions"]] == ["alice"]
    assert after["agents"][0]["auto_accept"] == 2


def test_an_invitation_is_answered_by_the_person(office: Office) -> None:
    client = office.platform.client(office.oa)
    client.agents.add(kf_account="anna@shop", nickname="安娜")
    answer = {"appid": office.oa.account.appid, "kf_account": "anna@shop", "accept": True}
    assert office.ask("POST", "/people/worker/invitation", answer)[0] == 409
    client.agents.invite(kf_account="anna@shop", invite_wx="worker")
    (agent,) = office.desk()["agents"]
    assert (agent["kf_wx"], agent["invitation"]["status"]) == ("", "waiting")
    status, answered = office.ask("POST", "/people/worker/invitation", answer)
    assert (status, answered["agents"][0]["kf_wx"]) == (200, "worker")


def test_wrong_names_change_nothing(office: Office) -> None:
    where = f"/accounts/{office.oa.account.appid}/desk"
    nobody = {"prefix": "x", "nickname": "客服", "person": "nobody"}
    assert office.ask("POST", f"{where}/agents", nobody)[0] == 404
    office.employ("anna", "worker")
    twice = {"prefix": "bo", "nickname": "客服", "person": "worker"}
    assert office.ask("POST", f"{where}/agents", twice)[0] == 409
    assert [one["kf_account"] for one in office.desk()["agents"]] == ["anna@shop"]
    speaking = {"kf_account": "anna@shop", "person": "alice", "content": "您好"}
    assert office.ask("POST", f"{where}/say", speaking)[0] == 409


def test_what_people_take_back(office: Office) -> None:
    withdrawing = {"appid": office.oa.account.appid, "items": ["205"]}
    assert office.ask("POST", "/people/alice/withdraw", withdrawing)[0] == 409
    office.alice.authorises()
    assert office.ask("POST", "/people/alice/withdraw", withdrawing) == (200, {"withdrawn": ["205"]})
    assert office.ask("POST", "/people/alice/withdraw", {**withdrawing, "items": ["301"]})[0] == 400
    assert office.ask("POST", "/people/alice/clean-profile")[1]["nickname"] == "微信用户"
    status, closed = office.ask("POST", "/people/alice/close-wechat")
    assert (status, closed["closed"], closed["accounts"][office.oa.account.appid]["subscribed"]) == (
        200,
        True,
        False,
    )
    assert office.ask("POST", "/people/nobody/close-wechat")[0] == 404
