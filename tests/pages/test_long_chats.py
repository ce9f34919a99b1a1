"""A chat of many lines: only those in view exist, the end stays in view, and a reader's place is kept."""

from __future__ import annotations

import json
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from playwright.sync_api import BrowserContext, Page, Request, expect

from gongzhong.running.control import Control

READY_MS = 20_000
LINES = 1200
AT_END = "e => e.scrollHeight - e.scrollTop - e.clientHeight < 80"


def write_much(control: Control, appid: str, name: str) -> None:
    control.post("people", {"name": name})
    control.post(f"people/{name}/follow", {"appid": appid})
    for number in range(LINES):
        control.post(f"people/{name}/say", {"appid": appid, "type": "text", "content": f"第 {number} 句"})


def answer_from(control: Control, url: str, appid: str, name: str, words: str) -> None:
    """Have the account say something to a person, as a program would."""
    secret = control.post(f"accounts/{appid}/credentials", {})["secret"]
    with urlopen(f"{url}/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}") as answer:
        token = json.load(answer)["access_token"]
    people = {one["name"]: one for one in control.get("state")["people"]}
    openid = people[name]["accounts"][appid]["openid"]
    message = {"touser": openid, "msgtype": "text", "text": {"content": words}}
    sent = HttpRequest(
        f"{url}/cgi-bin/message/custom/send?access_token={token}",
        json.dumps(message, ensure_ascii=False).encode(),
    )
    with urlopen(sent) as answer:
        assert json.load(answer)["errcode"] == 0


def seqs(page: Page) -> list[int]:
    return [int(str(one.get_attribute("data-seq"))) for one in page.get_by_test_id("chat-item").all()]


def test_a_long_chat_is_windowed_and_fetched_once(context: BrowserContext, platform_url: str) -> None:
    control = Control(platform_url)
    appid = control.get("state")["accounts"][0]["appid"]
    write_much(control, appid, "talker")
    page = context.new_page()
    asked: list[Request] = []
    page.on("request", lambda one: asked.append(one) if "/chats/" in one.url else None)
    page.goto(f"{platform_url}/#/simulate/phone?account={appid}&person=talker")
    chat = page.get_by_test_id("chat")
    expect(page.get_by_test_id("chat-item").last).to_contain_text(f"第 {LINES - 1} 句", timeout=READY_MS)
    assert len(seqs(page)) < 60
    assert chat.evaluate(AT_END)

    # A reader's place stays while lines come in; a button leads back to the end.
    chat.evaluate("e => { e.scrollTop = e.scrollHeight / 2 }")
    expect(page.get_by_test_id("transcript-end")).to_be_visible()
    reading = page.get_by_test_id("chat-item").nth(8)
    place = json.dumps(reading.get_attribute("data-seq"))
    line = page.locator(f"[data-testid=chat-item][data-seq={place}]")
    before = line.bounding_box()
    answer_from(control, platform_url, appid, "talker", "刚刚说的")
    page.wait_for_function(f"document.querySelector('[data-testid=chat]').dataset.lines > {LINES}")
    after = line.bounding_box()
    assert before and after and abs(before["y"] - after["y"]) < 2
    page.get_by_test_id("transcript-end").click()
    expect(page.get_by_test_id("chat-item").last).to_contain_text("刚刚说的")

    # What one says oneself is seen, wherever one was reading.
    chat.evaluate("e => { e.scrollTop = 0 }")
    page.get_by_test_id("message-input").fill("看得见")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("chat-item").last).to_contain_text("看得见")

    # Later visits ask only for what followed.
    fetched_whole = [one for one in asked if one.url.endswith("after=0") and "talker" in one.url]
    page.get_by_test_id("nav-desk").click()
    page.get_by_test_id("nav-phone").click()
    page.get_by_test_id("account-switch").click()
    page.get_by_test_id(f"account-{appid}").click()
    assert [one for one in asked if one.url.endswith("after=0") and "talker" in one.url] == fetched_whole
