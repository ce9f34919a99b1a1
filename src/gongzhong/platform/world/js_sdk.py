"""What WeChat's browser grants a page (JS-SDK): the check behind `wx.config`, and files that pages pass on.

The phone asks before it does anything for a page. Refusals are the strings of the official page; beside them stands
the reason, which WeChat keeps to itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from ...catalogue.js_apis import JS_APIS, OPEN_TAGS
from . import domains, js_signature, media, people, recognition
from .js_signature import Reason, Signed
from .refusal import require
from .world import AccountState, World

OK = "config:ok"
MISSING = "config:fail"
BAD_DOMAIN = "config:invalid url domain"
BAD_SIGNATURE = "config:invalid signature"
MUST_FOLLOW = "config:require subscribe"
WRONG_ID = 40007

PageFile = Literal["image", "voice"]


class PageConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a page gave to `wx.config`, and the page's own address."""

    url: str
    app_id: str | None = None
    timestamp: int | float | str | None = None
    nonce_str: str | None = None
    signature: str | None = None
    js_api_list: list[str] | None = None
    open_tag_list: list[str] | None = None


class Rights(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer: `err_msg` as the page sees it, and what it may use from now on."""

    err_msg: str
    reason: Reason | None = None
    apis: list[str] = []
    """JS APIs that were asked for and are granted."""
    denied: list[str] = []
    """Those that this kind of account does not have."""
    unknown: list[str] = []
    """Names that do not exist."""
    open_tags: list[str] = []

    @property
    def granted(self) -> bool:
        return self.err_msg == OK


def configure(world: World, person: str, config: PageConfig) -> Rights:
    """Check a `wx.config` as WeChat does; the first complaint is the answer."""
    missing = [wire for wire, value in _wanted(config).items() if not value]
    if missing:
        return _refused(
            MISSING,
            f"wx.config 缺少参数：{'、'.join(missing)}",
            f"wx.config lacks parameters: {', '.join(missing)}",
        )
    account = world.accounts.get(config.app_id or "")
    if account is None:
        return _refused(MISSING, f"没有这个 appId：{config.app_id}", f"there is no appId {config.app_id}")
    problem = _problem(world, account, person, config)
    return problem or _rights(account, config.js_api_list or [], config.open_tag_list or [])


def _wanted(config: PageConfig) -> dict[str, object]:
    return {
        "appId": config.app_id,
        "timestamp": config.timestamp,
        "nonceStr": config.nonce_str,
        "signature": config.signature,
        "jsApiList": config.js_api_list or config.open_tag_list,
    }


def _problem(world: World, account: AccountState, person: str, config: PageConfig) -> Rights | None:
    if not domains.covers(account.js_domains, config.url, any_port=world.rules.any_port):
        bound = "、".join(account.js_domains) or "（没有设置）"
        return _refused(
            BAD_DOMAIN,
            f"网页 {config.url} 的域名不在 JS接口安全域名 {bound} 之内",
            f"{config.url} is not covered by the JS domains: {', '.join(account.js_domains) or 'none are set'}",
        )
    wrong = js_signature.problem(
        world,
        account,
        Signed(config.nonce_str or "", str(config.timestamp), config.url, config.signature or ""),
    )
    if wrong is not None:
        return Rights(err_msg=BAD_SIGNATURE, reason=wrong)
    if account.kind == "test" and not people.relation(world, account, person).subscribed:
        return _refused(
            MUST_FOLLOW,
            "测试号要求先关注",
            "a test account wants to be followed by whoever looks at its pages",
        )
    return None


def _refused(err_msg: str, zh: str, en: str) -> Rights:
    return Rights(err_msg=err_msg, reason=Reason(zh, en))


def _rights(account: AccountState, apis: Sequence[str], tags: Sequence[str]) -> Rights:
    known = [name for name in apis if name in JS_APIS]
    granted = [name for name in known if account.type in JS_APIS[name]]
    return Rights(
        err_msg=OK,
        apis=granted,
        denied=[name for name in known if name not in granted],
        unknown=[name for name in (*apis, *tags) if name not in JS_APIS and name not in OPEN_TAGS],
        open_tags=[name for name in tags if name in OPEN_TAGS and account.type in OPEN_TAGS[name]],
    )


def upload(world: World, account: AccountState, kind: PageFile, content: bytes) -> str:
    """Keep a file that a page uploads; its serverId is a media_id. Refuses like media/upload."""
    media.accept(kind, content, permanent=False)
    return media.keep(world, account, kind, content, source="jssdk").media_id


def download(world: World, account: AccountState, kind: PageFile, server_id: str) -> media.File:
    """A file for a page, by its serverId. Refuses with 40007."""
    file = media.find(world, account, server_id, permanent=False)
    require(file.kind == kind, WRONG_ID)
    return file


def words(world: World, content: bytes) -> str:
    """What a recorded voice says (translateVoice): what was declared for it, else that nothing was."""
    key = recognition.digest(content)
    known = recognition.taught(world, "voice", (key,))
    return known.result if known else f"[zh_CN] {key[:12]}"
