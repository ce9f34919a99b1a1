"""The calls of 网页授权, as the platform answers them."""

from __future__ import annotations

from ...catalogue import oauth as catalogue
from ...catalogue.model import Ok
from ..world import people, webauth
from ..world.refusal import require
from .registry import Caller, answers

NOT_AUTHORIZED = 48001


def _answer(caller: Caller, token: webauth.WebToken, *, tells_snapshot: bool = True) -> catalogue.WebToken:
    union = None
    if token.scope == webauth.USERINFO and not token.snapshot:
        tie = people.by_openid(caller.world, caller.account, token.openid)
        union = people.unionid(caller.world, caller.account, tie)
    return catalogue.WebToken(
        access_token=token.access_token,
        expires_in=int(token.expires_at - caller.world.now()),
        refresh_token=token.refresh_token,
        openid=token.openid,
        scope=token.scope,
        is_snapshotuser=1 if token.snapshot and tells_snapshot else None,
        unionid=union,
    )


@answers(catalogue.ExchangeCode)
def exchange_code(caller: Caller, call: catalogue.ExchangeCode) -> catalogue.WebToken:
    return _answer(caller, webauth.exchange(caller.world, caller.account, call.code))


@answers(catalogue.RefreshWebToken)
def refresh_web_token(caller: Caller, call: catalogue.RefreshWebToken) -> catalogue.WebToken:
    token = webauth.refresh(caller.world, caller.account, call.refresh_token)
    return _answer(caller, token, tells_snapshot=False)


@answers(catalogue.GetWebUser)
def get_web_user(caller: Caller, call: catalogue.GetWebUser) -> catalogue.WebUser:
    token = webauth.check(caller.world, call.access_token, call.openid)
    require(token.scope == webauth.USERINFO, NOT_AUTHORIZED)
    if token.snapshot:
        return catalogue.WebUser(openid=token.openid, nickname="微信用户")
    tie = people.by_openid(caller.world, caller.account, token.openid)
    person = people.get(caller.world, tie.person or "")
    return catalogue.WebUser(
        openid=token.openid,
        nickname=person.nickname,
        headimgurl=person.headimgurl,
        unionid=people.unionid(caller.world, caller.account, tie),
    )


@answers(catalogue.CheckWebToken)
def check_web_token(caller: Caller, call: catalogue.CheckWebToken) -> Ok:
    webauth.check(caller.world, call.access_token, call.openid)
    return Ok()
