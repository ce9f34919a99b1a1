"""A row in words: who did what and what came of it, in Chinese and in English, from the row's own bytes.

    小明 说「客服」→「这一条是被动回复。」        小明 said “客服” → “这一条是被动回复。”
    发送客服消息 给 小明「两秒之后」              Send a free message to 小明 “两秒之后”

The one place where these sentences are made. They are parts, so that a page can show the person in bold and what
follows in grey; what a user or a program wrote stands in a part of its own and is never translated.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Literal

import msgspec

from ...catalogue import listed
from ...catalogue.registry import by_path
from ...errors import CallbackError
from ...messages import (
    Click,
    Event,
    Image,
    ImageReply,
    Link,
    Location,
    MusicReply,
    NewsReply,
    Push,
    Reply,
    ReportLocation,
    Scan,
    ShortVideo,
    Subscribe,
    TemplateSendJobFinish,
    Text,
    TextReply,
    TransferReply,
    Unsubscribe,
    Video,
    VideoReply,
    View,
    Voice,
    VoiceReply,
    parse,
    parse_reply,
)
from ...wire import read_strict_xml, read_xml
from ..traffic import Delivery, Exchange, Row
from ..world import menus, people, templates
from ..world.refusal import BothLanguages, Refusal
from ..world.world import World

LONGEST: Final = 60
"""Characters of what somebody wrote that stand in a row."""

Role = Literal["who", "did", "quote", "detail", "then"]
"""Who; what was done; what somebody wrote; a detail; what came of it."""


class Part(msgspec.Struct, frozen=True):
    """A piece of a sentence."""

    role: Role
    zh: str
    en: str


SAID: Final[Mapping[type[Push], tuple[str, str]]] = {
    Image: ("发来一张图片", "sent a picture"),
    Voice: ("发来一段语音", "sent a voice message"),
    Video: ("发来一段视频", "sent a video"),
    ShortVideo: ("拍来一段小视频", "sent a short video"),
    Location: ("发来位置", "sent a place"),
    Link: ("发来链接", "sent a link"),
    Subscribe: ("关注", "followed"),
    Unsubscribe: ("取消关注", "unfollowed"),
    Scan: ("扫码", "scanned a code"),
    Click: ("点菜单", "tapped the menu item"),
    View: ("点菜单打开", "opened from the menu"),
    ReportLocation: ("上报位置", "reported a place"),
}
"""What people do, as a verb after their name; other pushes are called by their title."""

REPLIES: Final[Mapping[type[Reply], tuple[str, str]]] = {
    ImageReply: ("图片", "a picture"),
    VoiceReply: ("语音", "a voice message"),
    VideoReply: ("视频", "a video"),
    MusicReply: ("音乐", "music"),
    NewsReply: ("图文", "articles"),
    TransferReply: ("转给客服", "handed over to an agent"),
}


class Names:
    """Looks up what people and things in a row are called. One of them serves for many rows."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._people: dict[tuple[str, str], str] = {}

    def person(self, appid: str, openid: str) -> str:
        """The name of somebody, or the OpenID of an unknown one."""
        key = appid, openid
        if key not in self._people:
            self._people[key] = self._person(appid, openid)
        return self._people[key]

    def _person(self, appid: str, openid: str) -> str:
        account = self._world.accounts.get(appid)
        try:
            tie = None if account is None else people.by_openid(self._world, account, openid)
            return openid if tie is None else tie.person or openid
        except Refusal:
            return openid

    def button(self, appid: str, push: Click | View) -> str:
        """The way to a menu button by the names on it, or its key where the menu has changed."""
        account = self._world.accounts.get(appid)
        found = None if account is None else _way(menus.default(self._world, account) or [], push)
        return " › ".join(found or [push.event_key])

    def template(self, appid: str, template_id: str) -> str:
        """The title of a template, or its id."""
        account = self._world.accounts.get(appid)
        try:
            return "" if account is None else templates.find(self._world, account, template_id).title
        except Refusal:
            return template_id


def _way(buttons: list[dict[str, Any]], push: Click | View) -> list[str] | None:
    for button in buttons:
        if push.event_key in (button.get("key"), button.get("url")):
            return [button["name"]]
        below = _way(button.get("sub_button") or [], push)
        if below:
            return [button["name"], *below]
    return None


def words_of(row: Row, names: Names) -> list[Part]:
    """The sentence of a row."""
    if isinstance(row, Exchange):
        return _of_call(row, names) if row.kind == "api" else _of_visit(row)
    if row.kind == "pause":
        return [
            Part("did", "微信停止推送", "WeChat pauses pushes"),
            Part("detail", "MarkFail：多次失败后暂停", "MarkFail: after many failures"),
        ]
    return [*_done(row, names), *_came_of(row)]


def _done(row: Delivery, names: Names) -> list[Part]:
    push = push_of(row.body)
    if push is None:
        return [Part("did", row.title, row.title)]
    person = row.person or (names.person(row.appid, push.openid) if push.openid else "")
    who = [Part("who", person, person)] if person else []
    if isinstance(push, Text):
        return [*who, Part("did", "说", "said"), _quote(push.content)]
    verb = SAID.get(type(push))
    if verb is None:
        title = (push.title_zh or row.title, push.title_en or row.title)
        return [Part("did", *title), *_detail_of(push), *([Part("detail", person, person)] if person else [])]
    return [*who, Part("did", *verb), *_object_of(push, row.appid, names)]


def _object_of(push: Push, appid: str, names: Names) -> list[Part]:
    match push:
        case Click() | View():
            return [_quote(names.button(appid, push))]
        case Subscribe() | Scan():
            scene = (push.event_key or "").removeprefix("qrscene_")
            return [_quote(scene)] if scene else []
        case Location():
            return [_quote(push.label)] if push.label else []
        case Link():
            return [_quote(push.title)]
    return []


def _detail_of(push: Push) -> list[Part]:
    if isinstance(push, TemplateSendJobFinish):
        return [Part("detail", push.status, push.status)]
    key = getattr(push, "event_key", None)
    return [Part("detail", _cut(key), _cut(key))] if isinstance(push, Event) and isinstance(key, str) else []


def _came_of(row: Delivery) -> list[Part]:
    """What follows the arrow."""
    verdict = row.verdict
    if verdict is None:
        waiting = len(row.attempts)
        again = (f"第 {waiting + 1} 次投递，", f"attempt {waiting + 1}, ") if waiting else ("", "")
        return [Part("then", f"{again[0]}等待回应…", f"{again[1]}waiting for the answer…")]
    reply = reply_of(row)
    if verdict.ok and reply is not None and verdict.kind == "replied":
        return [Part("then", "→", "→"), *_reply_words(reply)]
    if verdict.ok and verdict.kind == "accepted":
        return []
    return [Part("then", f"→ {verdict.zh}", f"→ {verdict.en}")]


def _reply_words(reply: Reply) -> list[Part]:
    if isinstance(reply, TextReply):
        return [_quote(reply.content)]
    words = [Part("then", *REPLIES[type(reply)])]
    if isinstance(reply, NewsReply) and reply.articles:
        words.append(_quote(reply.articles[0].title))
    return words


def _of_visit(entry: Exchange) -> list[Part]:
    """A page that WeChat shows to a person, what a page asked of WeChat, or the verification of a URL."""
    if entry.kind == "verify":
        return [Part("did", "验证服务器地址", "verified the server URL"), *_unless_ok(entry)]
    who = [Part("who", entry.person, entry.person)] if entry.person else []
    return [*who, Part("did", entry.title, entry.title), *_unless_ok(entry)]


def _unless_ok(entry: Exchange) -> list[Part]:
    if entry.verdict.ok:
        return []
    return [Part("then", f"→ {entry.verdict.zh}", f"→ {entry.verdict.en}")]


def _of_call(entry: Exchange, names: Names) -> list[Part]:
    said = call_name(entry.url.partition("?")[0], entry.method)
    whom, what = _whom_and_what(entry, names)
    words = [Part("did", said.zh, said.en)]
    if whom:
        words += [Part("detail", "给", "to"), Part("who", whom, whom)]
    words += [_quote(what)] if what else []
    return [*words, *_unless_ok(entry)]


@cache
def call_name(path: str, method: str) -> BothLanguages:
    """What a call is called: by its official page, and by the beginning of its description."""
    call = by_path(path, method)
    if call is None:
        return BothLanguages(path, path)
    line = listed.lines().get(call.spec.path)
    if line is not None:
        return BothLanguages(line.zh or path, line.en or path)
    english = (inspect.getdoc(call) or "").partition("\n")[0]
    for end in (" (", ";", ":", ".", " to somebody"):
        english = english.partition(end)[0]
    return BothLanguages(call.spec.document or path, english or path)


def _whom_and_what(entry: Exchange, names: Names) -> tuple[str, str]:
    """Whom a call is about, and the words in it that tell it from others of its kind."""
    sent = entry.sent if len(entry.request_body) < 64 * 1024 else None
    body: Mapping[str, Any] = sent if isinstance(sent, dict) else {}
    openid = entry.openid or body.get("touser") or body.get("openid")
    whom = names.person(entry.appid, openid) if isinstance(openid, str) else ""
    template_id = body.get("template_id")
    if isinstance(template_id, str) and template_id:
        return whom, names.template(entry.appid, template_id)
    kind = body.get("msgtype")
    content = body.get(kind) if isinstance(kind, str) else None
    if isinstance(content, dict):
        text = content.get("content") or content.get("head_content")
        return whom, text if isinstance(text, str) else str(kind)
    for look in _TELLING:
        found = look(body)
        if isinstance(found, str) and found:
            return whom, found
    return whom, ""


_TELLING: Final[tuple[Callable[[Mapping[str, Any]], Any], ...]] = (
    lambda body: body.get("remark"),
    lambda body: body["tag"].get("name") if isinstance(body.get("tag"), dict) else None,
    lambda body: body.get("cgi_path"),
    lambda body: body.get("command"),
    lambda body: body.get("media_id"),
)


def push_of(body: bytes) -> Push | None:
    """A push read from its XML; None for what is none."""
    try:
        return parse(read_xml(body))
    except CallbackError:
        return None


def reply_of(row: Delivery) -> Reply | None:
    """The passive reply that the last attempt was answered with."""
    if not row.attempts:
        return None
    last = row.attempts[-1]
    xml = last.response_body if last.response_decrypted is None else last.response_decrypted
    try:
        return parse_reply(read_strict_xml(xml)) if xml.startswith(b"<xml>") else None
    except CallbackError:
        return None


def _cut(text: str) -> str:
    """One line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _quote(text: str) -> Part:
    cut = _cut(text)
    return Part("quote", f"「{cut}」", f"“{cut}”")


def result_of(row: Row) -> BothLanguages:
    """What came of a row in one or two words."""
    if isinstance(row, Exchange):
        return _result_of_exchange(row)
    verdict = row.verdict
    if row.kind == "pause":
        return BothLanguages("暂停", "paused")
    if verdict is None:
        return BothLanguages("…", "…")
    tries = len(row.attempts)
    if verdict.ok and tries > 1:
        return BothLanguages(f"{tries} 次", f"{tries} tries")
    zh, en = _RESULTS.get(verdict.kind, (verdict.zh, verdict.en))
    return BothLanguages(zh, en)


_RESULTS: Final[Mapping[str, tuple[str, str]]] = {
    "replied": ("已回复", "replied"),
    "accepted": ("已接收", "accepted"),
    "ignored": ("未展示", "not shown"),
    "no_url": ("未推送", "not pushed"),
    "mark_fail": ("被屏蔽", "blocked"),
    "timeout": ("超时", "timeout"),
    "connect": ("连不上", "unreachable"),
    "dns": ("域名", "DNS"),
    "response": ("回应失败", "bad answer"),
    "cut_off": ("中断", "cut off"),
}


def _result_of_exchange(entry: Exchange) -> BothLanguages:
    if entry.errcode:
        return BothLanguages(str(entry.errcode), str(entry.errcode))
    if entry.verdict.ok:
        return BothLanguages("ok", "ok")
    if entry.verdict.kind == "fault":
        return BothLanguages("故障", "fault")
    zh, en = _RESULTS.get(entry.verdict.kind, (str(entry.status or "—"), str(entry.status or "—")))
    return BothLanguages(zh, en)


def sentence(parts: list[Part], lang: Literal["zh", "en"]) -> str:
    """The parts as one line of text."""
    texts = [part.zh if lang == "zh" else part.en for part in parts]
    line = " ".join(texts)
    return line.replace(" 「", "「") if lang == "zh" else line
