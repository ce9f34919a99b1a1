"""Material, drafts, publishing and comments over a real port: wechatpy and plain requests, no line of our client."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatClientException

from .conftest import APPID, SECRET, LivePlatform
from .test_wechatpy import ToPlatform

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
def client(live: LivePlatform) -> WeChatClient:
    made = WeChatClient(APPID, SECRET)
    for host in ("https://api.weixin.qq.com", "https://mp.weixin.qq.com"):
        made._http.mount(host, ToPlatform(live.url))
    return made


def act(live: LivePlatform, path: str, body: dict[str, Any] | None = None) -> Any:
    url = f"{live.url}/_platform/{path}"
    answer = requests.get(url, timeout=10) if body is None else requests.post(url, json=body, timeout=10)
    return answer.json()


def test_material_of_wechatpy(live: LivePlatform, client: WeChatClient) -> None:
    media_id = client.material.add("image", ("cover.png", PNG))["media_id"]
    assert client.material.get(media_id).content == PNG
    assert client.material.get_count()["image_count"] == 1
    assert client.material.batchget("image")["item"][0]["name"] == "cover.png"
    client.material.delete(media_id)
    with pytest.raises(WeChatClientException) as refused:
        client.material.delete(media_id)
    assert refused.value.errcode == 40007


def draft(client: WeChatClient, **fields: Any) -> str:
    cover = client.material.add("image", ("cover.png", PNG))["media_id"]
    article = {"title": "春天", "content": "<p>花开了</p>", "thumb_media_id": cover, "need_open_comment": 1}
    added: dict[str, str] = client.post("draft/add", data={"articles": [{**article, **fields}]})
    assert set(added) == {"media_id"}
    return added["media_id"]


def published(client: WeChatClient, media_id: str) -> dict[str, Any]:
    job = client.post("freepublish/submit", data={"media_id": media_id})
    assert (job["errcode"], type(job["publish_id"])) == (0, str)
    for _ in range(100):
        state: dict[str, Any] = client.post("freepublish/get", data={"publish_id": str(job["publish_id"])})
        if state["publish_status"] != 1:
            break
        time.sleep(0.02)
    return {**state, "msg_data_id": job["msg_data_id"]}


def test_an_article_from_draft_to_comment(live: LivePlatform, client: WeChatClient) -> None:
    media_id = draft(client)
    (item,) = client.post("draft/batchget", data={"offset": 0, "count": 20, "no_content": 1})["item"]
    assert "content" not in item["content"]["news_item"][0]
    job = client.post("freepublish/submit", data={"media_id": media_id})
    act(live, "clock", {"advance": 3})
    state = client.post("freepublish/get", data={"publish_id": job["publish_id"]})
    assert (state["publish_status"], state["fail_idx"]) == (0, [])
    url = state["article_detail"]["item"][0]["article_url"]
    page = client._http.get(url, timeout=10)
    assert page.headers["content-type"].startswith("text/html")
    assert "花开了" in page.content.decode()
    act(live, "people/alice/read", {"url": url, "source": "moments"})
    act(live, "people/alice/share", {"url": url})
    number = act(live, "people/alice/comment", {"url": url, "content": "好文"})["user_comment_id"]
    listed = client.post(
        "comment/list", data={"msg_data_id": job["msg_data_id"], "begin": 0, "count": 49, "type": 0}
    )
    assert [one["content"] for one in listed["comment"]] == ["好文"]
    assert "reply" not in listed["comment"][0]
    (publication,) = act(live, f"accounts/{APPID}/articles")["publications"]
    (shown,) = publication["articles"]
    assert (shown["reads"], shown["shares"], shown["comments"][0]["user_comment_id"]) == (1, 1, number)
    assert act(live, "people/alice/withdraw-comment", {"url": url, "user_comment_id": number}) == {}
    act(live, "articles/ban", {"url": url})
    state = client.post("freepublish/get", data={"publish_id": job["publish_id"]})
    assert state == {"publish_id": int(job["publish_id"]), "publish_status": 6, "fail_idx": []}


def test_the_phone_opens_articles_here(live: LivePlatform, client: WeChatClient) -> None:
    media_id = draft(client)
    url = client.post("draft/get", data={"media_id": media_id})["news_item"][0]["url"]
    query = {"person": "alice", "appid": APPID, "url": url}
    answer = requests.get(f"{live.url}/_platform/browse", params=query, timeout=10, allow_redirects=False)
    assert answer.headers["location"].startswith("/s?tempkey=")
    opened = requests.get(live.url + answer.headers["location"], cookies=answer.cookies, timeout=10)
    assert "花开了" in opened.content.decode()


def test_control_routes_choose_outcomes_and_explain_mistakes(
    live: LivePlatform, client: WeChatClient
) -> None:
    assert act(live, f"accounts/{APPID}/next-publish", {"status": 4, "fail_idx": [1]}) == {}
    job = client.post("freepublish/submit", data={"media_id": draft(client)})
    act(live, "clock", {"advance": 3})
    state = client.post("freepublish/get", data={"publish_id": job["publish_id"]})
    assert (state["publish_status"], state["fail_idx"]) == (4, [1])
    assert "没有这篇文章" in act(live, "people/alice/read", {"url": "nothing"})["error"]["zh"]
    assert "error" in act(live, f"accounts/{APPID}/next-publish", {"status": 1})
    assert "error" in act(live, f"accounts/{APPID}/next-publish", {"status": 4, "fail_idx": [0]})


def test_a_job_ends_by_itself_as_time_passes(live: LivePlatform, client: WeChatClient) -> None:
    live.platform.world.rules = type(live.platform.world.rules)(publish_s=0.05)
    assert published(client, draft(client))["publish_status"] == 0
