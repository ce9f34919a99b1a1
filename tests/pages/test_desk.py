"""The agent desk in a browser: somebody becomes an agent, serves a person, and lets them go."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from gongzhong.running.control import Control


def click(page: Page, name: str) -> None:
    page.click(f'[data-testid="{name}"]')


def test_an_agent_serves_somebody(context: BrowserContext, platform_url: str) -> None:
    control = Control(platform_url)
    account = control.get("state")["accounts"][0]
    for name in ("desk-person", "desk-worker"):
        control.post("people", {"name": name})
    control.post("people/desk-person/follow", {"appid": account["appid"]})
    page = context.new_page()
    page.goto(f"{platform_url}/#/desk")
    click(page, "agent-new")
    page.fill("[data-testid=agent-prefix]", "anna")
    page.fill("[data-testid=agent-nickname]", "安娜")
    page.select_option("[data-testid=agent-person]", "desk-worker")
    click(page, "agent-save")
    agent = f"anna@{account['wechat_id']}"
    click(page, f"agent-{agent}")

    serving = {"kf_account": agent, "person": "desk-person"}
    control.post(f"accounts/{account['appid']}/desk/accept", serving)
    click(page, "session-desk-person")
    control.post("people/desk-person/say", {"appid": account["appid"], "type": "text", "content": "有人吗"})
    lines = page.locator("[data-testid=desk-line] p")
    expect(lines.last).to_have_text("有人吗")
    page.fill("[data-testid=desk-message]", "您好，请讲")
    click(page, "desk-send")
    expect(lines.last).to_have_text("您好，请讲")
    chat = control.get(f"people/desk-person/chats/{account['appid']}")
    assert (chat["items"][-1]["content"], chat["items"][-1]["kf"]) == ("您好，请讲", "安娜")

    click(page, "desk-end")
    expect(page.locator("[data-testid=desk-chat]")).to_have_count(0)
    assert control.get(f"accounts/{account['appid']}/desk")["sessions"] == []
