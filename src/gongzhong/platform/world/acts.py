"""What a person does with the phone, and what WeChat makes of it: chat lines, windows, pushes.

Each act changes the world and returns an `Act`: the lines the person's own screen shows at once, the pushes
that go to the account, and a page to open if there is one.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal, get_args

import msgspec

from ...catalogue.model import TEST, VERIFIED_SERVICE
from ...errors import GongzhongError
from ...messages import (
    Click,
    Image,
    Link,
    Location,
    LocationSelect,
    PicList,
    PicPhotoOrAlbum,
    PicSysPhoto,
    Picture,
    PicWeixin,
    Push,
    ReportLocation,
    Scan,
    ScanCodeInfo,
    ScanCodePush,
    ScanCodeWaitMsg,
    SendLocationInfo,
    SendPicsInfo,
    ShortVideo,
    Subscribe,
    Text,
    Unsubscribe,
    Video,
    View,
    ViewMiniProgram,
    Voice,
)
from . import articles, chats, drafts, media, menus, people, qrcodes, sessions, statistics
from .refusal import Refusal
from .rendering import picture, public_url
from .world import AccountState, World

Said = Literal["text", "image", "voice", "video", "shortvideo", "location", "link"]
SAID: Final[tuple[Said, ...]] = get_args(Said)


class NotPossible(GongzhongError):
    """The phone would not offer this; the error says why."""


class Act(msgspec.Struct, kw_only=True):
    account: AccountState
    person: str
    items: list[dict[str, Any]] = []
    pushes: list[Push] = []
    open: str | None = None
    event: str | None = None


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """Something said: the fields that the type needs."""

    type: Said = "text"
    content: str = ""
    file: bytes = b""
    latitude: float = 0.0
    longitude: float = 0.0
    scale: int = 16
    label: str = ""
    title: str = ""
    description: str = ""
    url: str = ""
    msgmenu_id: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the person gives to a menu button that asks: a scan, pictures, a place."""

    scan_result: str = ""
    latitude: float = 0.0
    longitude: float = 0.0
    label: str = ""
    files: list[bytes] = []


def _somebody(world: World, person: str) -> str:
    """The name of a person who still has WeChat; raises KeyError, or NotPossible after it was closed."""
    found = people.get(world, person)
    if found.closed:
        raise NotPossible(f"{person} 已注销微信", f"{person} has closed the WeChat account")
    return found.name


def _tie(world: World, account: AccountState, person: str) -> people.Relation:
    _somebody(world, person)
    tie = people.relation(world, account, person)
    if not tie.subscribed:
        raise NotPossible(f"{person} 还没有关注{account.name}", f"{person} does not follow {account.name}")
    return tie


def _common(world: World, account: AccountState, openid: str) -> dict[str, Any]:
    return {
        "to_user_name": account.original_id,
        "from_user_name": openid,
        "create_time": world.seconds(),
    }


def _line(world: World, act: Act, type: str, **content: Any) -> None:
    side: chats.Side = "system" if type == "event" else "person"
    act.items.append(
        chats.add(
            world,
            act.account,
            act.person,
            side,
            "platform" if side == "system" else "message",
            type,
            **content,
        )
    )


def follow(world: World, account: AccountState, person: str, code: qrcodes.QrCode | None = None) -> Act:
    """Follow, found by search or through a QR code; who follows already has just scanned the code."""
    if people.relation(world, account, _somebody(world, person)).subscribed:
        if code is None:
            raise NotPossible(
                f"{person} 已经关注了{account.name}", f"{person} follows {account.name} already"
            )
        return scan_again(world, account, person, code)
    if account.kind == "test" and people.follower_count(world, account) >= world.rules.test_account_followers:
        raise NotPossible("测试号关注人数已满", "the test account has as many followers as it may have")
    scene = None if code is None else (code.scene_str if code.scene_str is not None else code.scene_id)
    how = "ADD_SCENE_SEARCH" if code is None else "ADD_SCENE_QR_CODE"
    tie = people.follow(world, account, person, how=how, scene=scene)
    statistics.followed(world, account, how)
    act = Act(account=account, person=person, event="subscribe")
    _line(world, act, "event", content=f"你已关注{account.name}")
    chats.open_window(world, account, tie.openid, "follow")
    act.pushes.append(
        Subscribe(
            event_key="" if code is None else f"qrscene_{code.scene}",
            ticket=None if code is None else code.ticket,
            **_common(world, account, tie.openid),
        )
    )
    return act


def unfollow(world: World, account: AccountState, person: str) -> Act:
    tie = _tie(world, account, person)
    people.unfollow(world, account, person)
    statistics.unfollowed(world, account, tie.subscribe_scene)
    act = Act(account=account, person=person, event="unsubscribe")
    _line(world, act, "event", content=f"你已取消关注{account.name}")
    act.pushes.append(Unsubscribe(event_key="", **_common(world, account, tie.openid)))
    return act


def scan(world: World, person: str, text: str) -> Act:
    """Scan a code: by its ticket, or by the text inside it. Any other address opens as a page."""
    code = qrcodes.find(world, ticket=text, url=text)
    if code is None:
        raise NotPossible("这个二维码无效或已过期", "this QR code is unknown or has expired")
    return follow(world, world.accounts[code.appid], person, code)


def scan_again(world: World, account: AccountState, person: str, code: qrcodes.QrCode) -> Act:
    """A follower scans: no new following, but a window and the event SCAN."""
    tie = _tie(world, account, person)
    act = Act(account=account, person=person, event="SCAN")
    chats.open_window(world, account, tie.openid, "scan")
    act.pushes.append(Scan(event_key=code.scene, ticket=code.ticket, **_common(world, account, tie.openid)))
    return act


def enter(world: World, account: AccountState, person: str, latitude: float, longitude: float) -> Act:
    """Open the chat; the place is reported if the person agreed to it and the account may know."""
    tie = _tie(world, account, person)
    act = Act(account=account, person=person)
    if tie.reports_location and account.type in VERIFIED_SERVICE | TEST:
        act.pushes.append(
            ReportLocation(
                latitude=latitude, longitude=longitude, precision=65.0, **_common(world, account, tie.openid)
            )
        )
    return act


def say(world: World, account: AccountState, person: str, saying: Saying) -> Act:
    """Send a message into the chat."""
    tie = _tie(world, account, person)
    act = Act(account=account, person=person)
    common = {**_common(world, account, tie.openid), "msg_id": world.message_id()}
    match saying.type:
        case "text":
            if not saying.content:
                raise NotPossible("不能发送空白消息", "an empty message cannot be sent")
            _line(world, act, "text", content=saying.content)
            act.pushes.append(Text(content=saying.content, bizmsgmenuid=saying.msgmenu_id, **common))
        case "location":
            place: dict[str, Any] = {"scale": saying.scale, "label": saying.label}
            _line(world, act, "location", latitude=saying.latitude, longitude=saying.longitude, **place)
            act.pushes.append(
                Location(location_x=saying.latitude, location_y=saying.longitude, **place, **common)
            )
        case "link":
            link: dict[str, Any] = {
                "title": saying.title,
                "description": saying.description,
                "url": saying.url,
            }
            _line(world, act, "link", **link)
            act.pushes.append(Link(**link, **common))
        case _:
            _say_file(world, act, saying, common)
    # A tap on an option of a menu message counts as a menu click.
    chats.open_window(world, account, tie.openid, "menu" if saying.msgmenu_id else "message")
    statistics.said(world, account, tie.openid, saying.type)
    if sessions.takes(world, account, tie.openid, act.items):
        act.pushes.clear()
    return act


def _require_file(kind: str, content: bytes) -> None:
    try:
        media.accept(kind, content, permanent=False)
    except Refusal as refusal:
        raise NotPossible(
            f"这个文件不能作为{kind}发送（{refusal.code}）",
            f"this file cannot be sent as {kind} ({refusal.code})",
        ) from None


def _say_file(world: World, act: Act, saying: Saying, common: dict[str, Any]) -> None:
    kind = "video" if saying.type == "shortvideo" else saying.type
    _require_file(kind, saying.file)
    file = media.keep(world, act.account, kind, saying.file, source="user")
    shown = picture(file.media_id)
    _line(world, act, saying.type, **shown)
    match saying.type:
        case "image":
            act.pushes.append(
                Image(pic_url=public_url(world, file.media_id), media_id=file.media_id, **common)
            )
        case "voice":
            format = file.filename.rpartition(".")[2]
            act.pushes.append(Voice(media_id=file.media_id, format=format, **common))
        case _:
            type_ = ShortVideo if saying.type == "shortvideo" else Video
            act.pushes.append(type_(media_id=file.media_id, thumb_media_id=file.media_id, **common))


def tap(world: World, account: AccountState, person: str, path: list[int], answer: Answer) -> Act:
    """Tap a button of the menu bar. Buttons that open pages say which; the others push their event."""
    tie = _tie(world, account, person)
    menuid, buttons = menus.seen_by(world, account, tie)
    try:
        button: dict[str, Any] = {"sub_button": buttons}
        for index in path or [-1]:
            button = dict(enumerate(button["sub_button"]))[index]
    except KeyError:
        raise NotPossible("菜单里没有这个按钮", "there is no such button in the menu") from None
    act = Act(account=account, person=person, event=button.get("type"))
    common = {**_common(world, account, tie.openid), "event_key": button.get("key", "")}
    match button.get("type"):
        case "click":
            chats.open_window(world, account, tie.openid, "menu")
            act.pushes.append(Click(**common))
        case "view":
            act.open = button["url"]
            act.pushes.append(View(menu_id=menuid or None, **{**common, "event_key": button["url"]}))
        case "miniprogram":
            act.open = button.get("url")
            key = {**common, "event_key": button["pagepath"]}
            act.pushes.append(ViewMiniProgram(menu_id=menuid or None, **key))
        case "scancode_push" | "scancode_waitmsg" as type_:
            chats.open_window(world, account, tie.openid, "menu")
            info = ScanCodeInfo(scan_type="qrcode", scan_result=answer.scan_result)
            scanned = ScanCodePush if type_ == "scancode_push" else ScanCodeWaitMsg
            if type_ == "scancode_push" and answer.scan_result.startswith(("http://", "https://")):
                act.open = answer.scan_result
            act.pushes.append(scanned(scan_code_info=info, **common))
        case "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin" as type_:
            _send_pictures(world, act, type_, answer, common)
        case "location_select":
            _send_place(world, act, answer, common)
        case _:
            _show_material(world, act, button)
    return act


PICTURE_EVENTS = {"pic_sysphoto": PicSysPhoto, "pic_photo_or_album": PicPhotoOrAlbum, "pic_weixin": PicWeixin}


def _send_pictures(world: World, act: Act, type: str, answer: Answer, common: dict[str, Any]) -> None:
    """The event with the pictures' digests first, then the pictures as messages: all of them, or none."""
    for file in answer.files:
        _require_file("image", file)
    digests = tuple(Picture(pic_md5_sum=hashlib.md5(file).hexdigest()) for file in answer.files)
    info = SendPicsInfo(count=len(digests), pic_list=PicList(item=digests))
    act.pushes.append(PICTURE_EVENTS[type](send_pics_info=info, **common))
    for file in answer.files:
        sent = say(world, act.account, act.person, Saying(type="image", file=file))
        act.items += sent.items
        act.pushes += sent.pushes


def _send_place(world: World, act: Act, answer: Answer, common: dict[str, Any]) -> None:
    info = SendLocationInfo(
        location_x=answer.latitude, location_y=answer.longitude, scale=16, label=answer.label, poiname=""
    )
    act.pushes.append(LocationSelect(send_location_info=info, **common))
    place = Saying(type="location", latitude=answer.latitude, longitude=answer.longitude, label=answer.label)
    sent = say(world, act.account, act.person, place)
    act.items += sent.items
    act.pushes += sent.pushes


def _show_material(world: World, act: Act, button: dict[str, Any]) -> None:
    """Buttons that send or open something stored: no push at all."""
    type_, media_id, article_id = (button.get(name) or "" for name in ("type", "media_id", "article_id"))
    if type_ in ("article_id", "article_view_limited"):
        publication = articles.find(world, act.account, article_id)
        if type_ == "article_view_limited":
            act.open = articles.url_of(articles.pages(world, publication)[0])
        else:
            _answer(world, act, "news", articles=articles.cards(world, publication))
    elif drafts.exists(world, act.account, media_id):
        draft = drafts.find(world, act.account, media_id)
        if type_ == "view_limited":
            act.open = articles.preview_url(draft, 0)
        else:
            _answer(world, act, "news", articles=articles.draft_cards(draft))
    elif media_id:
        file = media.find(world, act.account, media_id, permanent=True)
        _answer(world, act, file.kind, **picture(media_id))
    else:
        raise NotPossible("这类按钮没有可展示的内容", "this kind of button has nothing to show")


def _answer(world: World, act: Act, type: str, **content: Any) -> None:
    act.items.append(chats.add(world, act.account, act.person, "account", "menu", type, **content))
