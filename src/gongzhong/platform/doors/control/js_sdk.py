"""Control routes for the phone's browser: what a page asks of WeChat by script (JS-SDK).

The phone asks, not the page: it knows who is looking, and a page on another host would have no cookie to prove it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from ...traffic import Exchange, Verdict
from ...world import js_sdk
from ...world.js_sdk import Card, PageConfig, PageFile, Rights, Share, Target
from .acts import account_of, person_of
from .route import BASE, WITH_FILES, Given, NotFound, Route

SHARED = Verdict(True, "ok", "已分享", "shared")


class Uploading(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A picture or a voice (base64) of a page of this account."""

    appid: str
    kind: PageFile
    file: bytes


class Uploaded(msgspec.Struct, kw_only=True):
    """An uploaded file: its serverId, which is a media_id."""

    server_id: str


class Downloading(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The serverId of a file that the page wants."""

    appid: str
    kind: PageFile
    server_id: str


class Downloaded(msgspec.Struct, kw_only=True):
    """A downloaded file, in base64."""

    file: bytes
    content_type: str


class Voice(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A recorded voice, in base64."""

    file: bytes


class Words(msgspec.Struct, kw_only=True):
    """What a recorded voice says."""

    words: str


class Sharing(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A page passed on; `to` names the friend."""

    appid: str
    page: str
    target: Target = "friend"
    to: str = ""
    title: str = ""
    description: str = ""
    link: str = ""
    picture: str = ""


class Shares(msgspec.Struct, kw_only=True):
    """Shared pages, the latest first."""

    shares: list[Share]


async def configure(given: Given[PageConfig]) -> Rights:
    """校验 wx.config / check what a page gave to wx.config"""
    config: PageConfig = given.body
    person = person_of(given)
    rights = js_sdk.configure(given.platform.world, person, config)
    _record(
        given, "config", config.app_id or "", f"wx.config {config.url}", (config, rights), _verdict(rights)
    )
    return rights


def _verdict(rights: Rights) -> Verdict:
    if rights.reason is not None:
        zh, en = rights.reason.zh, rights.reason.en
        return Verdict(False, "jssdk", f"{rights.err_msg}：{zh}", f"{rights.err_msg}: {en}")
    unusable = [*rights.denied, *rights.unknown]
    if unusable:
        names = ", ".join(unusable)
        return Verdict(
            False,
            "jssdk",
            f"config:ok，但这些用不了：{names}（账号没有权限，或没有这个名字）",
            f"config:ok, but these cannot be used: {names} (the account may not, or no such name)",
        )
    return Verdict(True, "ok", "正常", "ok")


def _record(
    given: Given[Any], verb: str, appid: str, title: str, bodies: tuple[Any, Any], verdict: Verdict
) -> None:
    world, person = given.platform.world, given.path["name"]
    entry = Exchange(
        kind="web",
        appid=appid,
        title=title,
        method="POST",
        url=f"{BASE}/people/{quote(person)}/jssdk/{verb}",
        time=world.now(),
        person=person,
        request_body=msgspec.json.encode(bodies[0]),
        response_body=msgspec.json.encode(bodies[1]),
        status=200,
        verdict=verdict,
    )
    given.platform.traffic.record(entry)


async def upload(given: Given[Uploading]) -> Uploaded:
    """网页上传图片或语音 / keep a picture or a voice of a page (uploadImage, uploadVoice)"""
    body: Uploading = given.body
    person_of(given)
    account = account_of(given, body.appid)
    return Uploaded(server_id=js_sdk.upload(given.platform.world, account, body.kind, body.file))


async def download(given: Given[Downloading]) -> Downloaded:
    """按 serverId 下载 / give a page a file by its serverId (downloadImage, downloadVoice)"""
    body: Downloading = given.body
    person_of(given)
    file = js_sdk.download(given.platform.world, account_of(given, body.appid), body.kind, body.server_id)
    return Downloaded(file=file.content, content_type=file.content_type)


async def translate(given: Given[Voice]) -> Words:
    """识别语音 / say what a voice says (translateVoice)"""
    person_of(given)
    return Words(words=js_sdk.words(given.platform.world, given.body.file))


async def share(given: Given[Sharing]) -> Share:
    """分享网页 / pass a page on"""
    body: Sharing = given.body
    person, account = person_of(given), account_of(given, body.appid)
    card = Card(
        page=body.page,
        title=body.title,
        description=body.description,
        link=body.link,
        picture=body.picture,
    )
    try:
        made = js_sdk.share_page(given.platform.world, account, person, card, body.target, body.to)
    except KeyError:
        raise NotFound(f"没有这个人：{body.to}", f"no such person: {body.to}") from None
    _record(given, "share", account.appid, f"分享网页 {made.link}", (body, made), SHARED)
    return made


async def shares(given: Given[None]) -> Shares:
    """公众号的网页被分享的记录 / pages of an account that were shared"""
    account = account_of(given, given.path["appid"])
    return Shares(shares=js_sdk.shares(given.platform.world, account))


ROUTES: list[Route[Any, Any]] = [
    Route(
        verb="POST", path="/people/{name}/jssdk/config", function=configure, body=PageConfig, answer=Rights
    ),
    Route(
        verb="POST",
        path="/people/{name}/jssdk/upload",
        function=upload,
        body=Uploading,
        largest=WITH_FILES,
        answer=Uploaded,
    ),
    Route(
        verb="POST",
        path="/people/{name}/jssdk/download",
        function=download,
        body=Downloading,
        answer=Downloaded,
    ),
    Route(
        verb="POST",
        path="/people/{name}/jssdk/translate",
        function=translate,
        body=Voice,
        largest=WITH_FILES,
        answer=Words,
    ),
    Route(verb="POST", path="/people/{name}/jssdk/share", function=share, body=Sharing, answer=Share),
    Route(verb="GET", path="/accounts/{appid}/shares", function=shares, answer=Shares),
]
