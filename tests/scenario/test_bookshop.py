"""examples/bookshop.py from the reservation to the erasure: consent in the chat, a reminder campaign, export, norms."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gongzhong import OfficialAccount
from gongzhong.campaigns.tables import CampaignTables
from gongzhong.campaigns.worker import WorkerPolicy
from gongzhong.cli.outcome import DONE, run
from gongzhong.people import Audit
from gongzhong.platform import Platform
from gongzhong.platform.config import load
from gongzhong.testing import Actor, LivePlatform, load_account

ROOT = Path(__file__).parents[2]
TEMPLATE = "T" * 43
PHONE = "13812345678"


@pytest.fixture
def shop(live_platform: LivePlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OfficialAccount:
    monkeypatch.setenv("GONGZHONG_DATABASE", f"sqlite:///{tmp_path / 'shop.db'}")
    monkeypatch.setenv("GONGZHONG_PEOPLE_MASTER_KEY", b64encode(b"m" * 32).decode())
    oa = load_account("examples/bookshop.py:oa", near=__file__)
    live_platform.connect(oa)
    live_platform.template(TEMPLATE, "到店提醒", "书名：{{thing1.DATA}}\n柜号：{{thing2.DATA}}")
    return oa


@pytest.fixture
def example(shop: OfficialAccount) -> ModuleType:
    import sys

    return sys.modules["bookshop"]


def reserved(live_platform: LivePlatform, name: str) -> Actor:
    person = live_platform.person(name)
    if not person.screen_of():
        person.follows()
    asked = person.says("预订 三体")[-1].text
    assert "取书时核对" in asked and "保存 90 天" in asked
    assert person.says("同意")[-1].text == "已预订。请回复手机号码。"
    assert person.says(PHONE)[-1].text.startswith("记下了")
    return person


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def export(shop: OfficialAccount, openid: str) -> dict[str, Any] | None:
    async def read() -> dict[str, Any] | None:
        return await shop.records.export(openid, by="店长")

    return asyncio.run(read())


@pytest.mark.parametrize("page", ["docs/bookshop.md", "docs/bookshop.zh-CN.md"])
def test_the_names_on_the_page_are_those_of_the_test_bed(page: str) -> None:
    config = load(ROOT / "examples" / "bookshop.toml")
    Platform(config)
    [account], [template], [alice] = config.account, config.template, config.person
    said = (ROOT / page).read_text("utf-8")
    for text in (account.appid, account.secret, account.token, template.template_id):
        assert text and text in said
    assert str(alice.accounts["bookshop"].openid) in said


def test_nothing_is_stored_before_the_person_agreed(
    shop: OfficialAccount, live_platform: LivePlatform
) -> None:
    alice = live_platform.person("alice")
    alice.follows()
    assert alice.says(PHONE)[-1].text == "您还没有预订，手机号码没有保存。"
    alice.says("预订 三体")
    assert alice.says("我的数据")[-1].text == "没有保存您的数据。"
    reserved(live_platform, "alice")
    assert alice.says("我的数据")[-1].text == f"book：三体\nphone：{PHONE}"
    assert alice.says("撤回")[-1].text == "已撤回同意，删除了 2 项。"
    assert alice.says("我的数据")[-1].text == "没有保存您的数据。"


def test_a_reminder_reaches_those_who_are_still_there(
    shop: OfficialAccount, example: ModuleType, live_platform: LivePlatform
) -> None:
    alice, bob, carol = (reserved(live_platform, name) for name in ("alice", "bob", "carol"))
    recipients = [
        example.Recipient(one.openid(), {"书名": "三体", "柜号": "7"}) for one in (alice, bob, carol)
    ]
    gone = bob.openid()
    bob.unfollows()
    eventually(lambda: export(shop, gone) is None)
    status = live_platform.carry_out(example.remind(recipients))
    assert status.states.pop("refused") == 1
    assert sum(status.states.values()) == 2 and status.states.keys() <= {"accepted", "delivered"}
    assert ["三体" in str(one.screen[-1].content) for one in (alice, carol)] == [True, True]


def test_a_reminder_goes_on_after_a_rest_and_sends_no_other_campaign(
    shop: OfficialAccount,
    example: ModuleType,
    live_platform: LivePlatform,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alice, bob = (reserved(live_platform, name) for name in ("alice", "bob"))

    async def left_behind() -> int:
        people = shop.binding.people
        assert people is not None
        vault, tables = people.vault(shop.account.appid), CampaignTables(people.tables.database)
        campaigns = example.Campaigns(shop.account.appid, tables, vault)
        made = await campaigns.plan("昨天的提醒", example.Plan(content=example.ARRIVED), others)
        await campaigns.approve(made.id)
        await campaigns.start(made.id)
        return int(made.id)

    others = [example.Recipient(bob.openid(), {"书名": "活着", "柜号": "1"})]
    assert live_platform.carry_out(left_behind()) == 1
    rests = partial(example.CampaignWorker, policy=WorkerPolicy(poll_s=0.05, pause_s=0.1))
    monkeypatch.setattr(example, "CampaignWorker", rests)
    live_platform.trouble("api", "errcode", "message/template/send", errcode=45011, times=1)
    recipients = [example.Recipient(alice.openid(), {"书名": "三体", "柜号": "7"})]
    status = live_platform.carry_out(example.remind(recipients))
    assert (status.id, status.stage) == (2, "done")
    assert "三体" in str(alice.screen[-1].content) and "活着" not in str(bob.screen)
    printed = capsys.readouterr().out
    assert "书名：三体\n柜号：7" in printed and alice.openid() not in printed


def test_a_person_is_exported_and_erased(shop: OfficialAccount, live_platform: LivePlatform) -> None:
    alice = reserved(live_platform, "alice")
    openid = alice.openid()
    found = export(shop, openid)
    assert found is not None
    assert {one["field"]: one["value"] for one in found["fields"]} == {"book": "三体", "phone": PHONE}
    assert [one["how"] for one in found["consents"]] == ["chat", "chat"]
    assert all("取书" in one["text"] for one in found["consents"])
    assert "证明编号" in alice.says("删除我的数据")[-1].text
    assert export(shop, openid) is None
    people = shop.binding.people
    assert people is not None

    async def proof() -> tuple[list[tuple[str, str]], bool]:
        certificates = await people.erasure(shop.account.appid).certificates()
        report = await Audit(people.vault(shop.account.appid)).verify()
        return [(one.reason, one.by) for one in certificates], report.whole

    assert asyncio.run(proof()) == ([("request", "person")], True)


def test_unsubscribing_erases_and_time_does_so_too(
    shop: OfficialAccount, live_platform: LivePlatform
) -> None:
    alice, bob = reserved(live_platform, "alice"), reserved(live_platform, "bob")
    gone = alice.openid()
    alice.unfollows()
    eventually(lambda: export(shop, gone) is None)
    live_platform.carry_out(shop.binding.tend())
    live_platform.clock.advance(91 * 86400)
    live_platform.carry_out(shop.binding.tend())
    left = export(shop, bob.openid())
    assert left is not None and left["fields"] == []


def test_the_example_keeps_the_norms(
    shop: OfficialAccount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert run(["norms", "examples/bookshop.py:oa", "--json"]) == DONE, capsys.readouterr().out
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [one for one in findings if one["verdict"] == "broken"] == []
    assert {one["norm"] for one in findings if one["verdict"] == "doubtful"} <= {"protection"}
