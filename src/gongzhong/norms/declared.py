"""What an app declares and handles: purposes, texts that are shown, retention, unsubscribe, withdrawals."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from ..app.privacy import NICKNAME_AND_AVATAR
from ..messages import Unsubscribe, UserAuthorizationCancellation, UserAuthorizationRevoke
from ..people.purposes import ITEMS, Collected
from .finding import Finding, broken, doubtful
from .sources import Module, argument, text_of
from .subject import Subject

RECORDED: Final = {"store": 1, "read": 1, "consent": 1, "ask": 0, "withdraw": 1}
"""Methods of `records` and where the field, or the list of fields, stands among their arguments."""
PROFILE_CALLS: Final = (".users.get", ".users.get_many", "oauth.profile", ".oauth.userinfo")
SIGN_IN: Final = frozenset({"OAuth", "AsyncOAuth"})
NAMED_ITEMS: Final = {
    201: ("address",),
    202: ("invoice",),
    203: ("card",),
    204: ("voice", "recording"),
    NICKNAME_AND_AVATAR: ("nickname", "avatar", "headimgurl"),
    206: ("location", "latitude", "longitude"),
    207: ("photo", "picture", "video"),
}
"""Names of fields that stand for an item of RevokeInfo (授权用户信息变更)."""


def check_declared(subject: Subject) -> list[Finding]:
    """Everything about consent, purposes, retention, unsubscribe and withdrawal."""
    fields = [one for app in subject.apps for one in app.purposes]
    found = [finding for one in fields for finding in _of_field(one, subject)]
    found += _undeclared(subject, {one.field for one in fields})
    found += _consents(subject, fields)
    if fields and not subject.encrypts:
        found.append(
            broken(
                "protection",
                "声明了字段，但没有主密钥：数据无法加密，也无法存储",
                "fields are declared, and there is no master key: nothing can be encrypted, nor stored",
                "设置 GONGZHONG_PEOPLE_MASTER_KEY（openssl rand -base64 32）",
                "set GONGZHONG_PEOPLE_MASTER_KEY (openssl rand -base64 32)",
                where="people.master_key",
            )
        )
    return [*found, *_unsubscribe(subject, fields), *_revoke(subject, fields)]


def _of_field(one: Collected, subject: Subject) -> Iterator[Finding]:
    where = f"collects({one.field!r})"
    if one.basis == "consent" and not one.text.strip():
        yield broken(
            "purpose",
            f"{one.field} 没有给用户看的文字",
            f"no text is shown to people before they agree to {one.field}",
            "写 text=…：收集什么、怎样使用、怎样撤回",
            "write text=…: what is collected, how it is used, how to withdraw",
            where=where,
        )
    lasts = one.basis == "service" and subject.erases_at_unsubscribe
    if one.keep_days is None and not lasts:
        yield broken(
            "necessary",
            f"{one.field} 没有保留期限",
            f"{one.field} is kept without an end",
            "写 keep_days=…：用途需要多久就多久",
            "write keep_days=…: as long as the purpose needs it",
            where=where,
        )
    yield from _of_item(one, where)


def _of_item(one: Collected, where: str) -> Iterator[Finding]:
    """What a field's number in RevokeInfo says, or the missing one."""
    if one.basis == "service" and one.item is not None:
        zh, en = ITEMS[one.item]
        yield broken(
            "consent",
            f"{one.field}（{zh}）是用户授权才给出的，不能以 basis='service' 不经同意存储",
            f"{one.field} ({en}) is given by authorisation: it cannot be stored without consent (basis='service')",
            "去掉 basis，并征得同意",
            "leave basis out, and ask for consent",
            where=where,
        )
    item = next((number for number, names in NAMED_ITEMS.items() if one.field in names), None)
    if item is not None and one.item is None:
        yield broken(
            "revoke",
            f"{one.field} 没有写 item：用户撤回授权时不会被删除",
            f"{one.field} has no item: it stays when the person withdraws the authorisation",
            f"写 item={item}（RevokeInfo）",
            f"write item={item} (RevokeInfo)",
            where=where,
        )


def _undeclared(subject: Subject, declared: set[str]) -> Iterator[Finding]:
    for module, call, name in _calls(subject):
        method = name.rpartition(".")[2]
        if method not in RECORDED or name.split(".")[-2:-1] != ["records"]:
            continue
        for field in _fields(argument(call, "fields", RECORDED[method]) or argument(call, "field")):
            if field not in declared:
                yield broken(
                    "consent",
                    f"字段 {field} 没有声明",
                    f"the field {field} is not declared",
                    f"写 oa.collects({field!r}, purpose=…, text_version=…, text=…)",
                    f"write oa.collects({field!r}, purpose=…, text_version=…, text=…)",
                    where=module.where(call),
                )
    if declared:
        return
    for module, call, name in _calls(subject):
        if f".{name}".endswith(PROFILE_CALLS):
            yield doubtful(
                "purpose",
                "读取用户资料，但没有声明任何字段",
                "data about people is read, and no field is declared",
                "存下来的每一项都用 oa.collects 声明；只用一次、不存储的，在这一行注明",
                "declare what is stored by oa.collects; if nothing is, say so in a comment on the line",
                where=module.where(call),
            )


def _consents(subject: Subject, fields: list[Collected]) -> Iterator[Finding]:
    needed = [one.field for one in fields if one.basis == "consent"]
    asked = any(name.endswith("records.consent") for _, _, name in _calls(subject))
    if needed and not asked:
        yield doubtful(
            "consent",
            f"没有记录同意的代码：{'、'.join(needed)} 永远无法存储",
            f"nothing records a consent, so {', '.join(needed)} can never be stored",
            "展示 oa.records.ask([…])，用户同意后 await oa.records.consent(openid, […], how=…)",
            "show oa.records.ask([…]), then await oa.records.consent(openid, […], how=…)",
        )


def _unsubscribe(subject: Subject, fields: list[Collected]) -> Iterator[Finding]:
    if subject.erases_at_unsubscribe or subject.handled(Unsubscribe):
        return
    if subject.encrypts:
        yield broken(
            "unsubscribe",
            "people.unsubscribe 是 keep，也没有处理取消关注的函数",
            "people.unsubscribe is keep, and no handler deals with the event",
            "去掉这个设置，或写 @oa.on(Unsubscribe) 并在其中删除",
            "remove the setting, or write @oa.on(Unsubscribe) and erase there",
            where="people.unsubscribe",
        )
    elif fields or subject.keeps_sessions():
        yield broken(
            "unsubscribe",
            "记住了用户的数据（会话），取消关注时没有删除",
            "something is remembered about people (sessions), and nothing erases it when they unsubscribe",
            "设置 GONGZHONG_PEOPLE_MASTER_KEY，或在 @oa.on(Unsubscribe) 里 await oa.sessions.forget(event.openid)",
            "set GONGZHONG_PEOPLE_MASTER_KEY, or write @oa.on(Unsubscribe) with await oa.sessions.forget(event.openid)",
        )


def _revoke(subject: Subject, fields: list[Collected]) -> Iterator[Finding]:
    signs_in = [(module, call) for module, call, name in _calls(subject) if name.split(".")[-1] in SIGN_IN]
    if subject.encrypts or not (signs_in or any(one.item for one in fields)):
        return
    for kind, zh, en in (
        (UserAuthorizationRevoke, "撤回授权", "user_authorization_revoke"),
        (UserAuthorizationCancellation, "注销微信", "user_authorization_cancellation"),
    ):
        if not subject.handled(kind):
            where = signs_in[0][0].where(signs_in[0][1]) if signs_in else ""
            yield broken(
                "revoke",
                f"使用网页授权，但{zh}时不删除数据",
                f"web authorization is used, and {en} erases nothing",
                f"设置 GONGZHONG_PEOPLE_MASTER_KEY，或写 @oa.on({kind.__name__}) 并在其中删除",
                f"set GONGZHONG_PEOPLE_MASTER_KEY, or write @oa.on({kind.__name__}) and erase there",
                where=where,
            )


def _calls(subject: Subject) -> Iterator[tuple[Module, ast.Call, str]]:
    for module in subject.sources.modules:
        for call, name in module.calls():
            yield module, call, name


def _fields(node: ast.expr | None) -> list[str]:
    """The field names that are written out; nothing for an expression."""
    nodes = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    return [text for one in nodes if (text := text_of(one)) is not None]
