"""Web authorisation (网页授权): the four calls behind the login of a web page inside WeChat.

Their tokens belong to one person, one account and one scope; the account's access_token has nothing to do
with them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from .. import facts
from .fields import OpenID, always, coded
from .model import TEST, VERIFIED_SERVICE, Call, Ok, Repeat, Reply, Spec
from .users import Language

WebAccessToken = Annotated[str, coded(invalid=40014, missing=41001, min_length=1)]


class WebToken(Reply, kw_only=True, frozen=True):
    """A person's token, for `expires_in` seconds, and a refresh_token for 30 days.

    `is_snapshotuser` is 1 for the virtual person of a snapshot page.
    """

    hidden = frozenset({"access_token", "refresh_token"})

    access_token: str
    expires_in: int
    refresh_token: str
    openid: str
    scope: str = always("")
    is_snapshotuser: int | None = None
    unionid: str | None = None


class ExchangeCode(Call[WebToken], kw_only=True, frozen=True):
    """Exchange the code of an authorisation for a person's token (通过code换取网页授权access_token), once."""

    hidden = frozenset({"code"})
    spec = Spec(
        "GET",
        "/sns/oauth2/access_token",
        document="通过code换取网页授权access_token",
        accounts=VERIFIED_SERVICE | TEST,
        per_minute=facts.WEB_CALLS_PER_MINUTE,
        repeat=Repeat.IF_NOT_SENT,
        token=False,
        inject={"appid": "appid", "secret": "secret"},
        errors=(40013, 40029, 40125, 40163, 41008, 42003),
    )
    code: Annotated[str, coded(invalid=40029, missing=41008, min_length=1)]
    grant_type: Annotated[Literal["authorization_code"], coded(invalid=40002, missing=40002)] = always(
        "authorization_code"
    )


class RefreshWebToken(Call[WebToken], kw_only=True, frozen=True):
    """Prolong or renew a person's token (刷新网页授权access_token); keep the refresh_token of the answer."""

    hidden = frozenset({"refresh_token"})
    spec = Spec(
        "GET",
        "/sns/oauth2/refresh_token",
        document="刷新网页授权access_token",
        accounts=VERIFIED_SERVICE | TEST,
        per_minute=facts.WEB_CALLS_PER_MINUTE,
        token=False,
        inject={"appid": "appid"},
        errors=(40029, 40030, 41003, 42002, 42007),
    )
    refresh_token: Annotated[str, coded(invalid=40030, missing=41003, min_length=1)]
    grant_type: Annotated[Literal["refresh_token"], coded(invalid=40002, missing=40002)] = always(
        "refresh_token"
    )


class WebUser(Reply, kw_only=True, frozen=True):
    """A person who agreed to snsapi_userinfo. Sex and places are empty since 2021; the portrait's address
    dies when the person changes it."""

    openid: str
    nickname: str = always("")
    sex: int = always(0)
    language: str = always("")
    city: str = always("")
    province: str = always("")
    country: str = always("")
    headimgurl: str = always("")
    privilege: list[str] = always([])
    unionid: str | None = None


class GetWebUser(Call[WebUser], kw_only=True, frozen=True):
    """Read nickname and portrait of a person who agreed (获取授权用户信息); needs scope snsapi_userinfo."""

    hidden = frozenset({"access_token"})
    spec = Spec(
        "GET",
        "/sns/userinfo",
        document="获取授权用户信息",
        accounts=VERIFIED_SERVICE | TEST,
        per_minute=facts.WEB_CALLS_PER_MINUTE,
        token=False,
        errors=(40001, 40003, 40014, 41001, 41009, 42001, 48001),
    )
    access_token: WebAccessToken
    openid: OpenID
    lang: Language = "zh_CN"


class CheckWebToken(Call[Ok], kw_only=True, frozen=True):
    """Ask whether a person's token still works (检验授权凭证是否有效)."""

    hidden = frozenset({"access_token"})
    spec = Spec(
        "GET",
        "/sns/auth",
        document="检验授权凭证是否有效",
        accounts=VERIFIED_SERVICE | TEST,
        token=False,
        errors=(40001, 40003),
    )
    access_token: WebAccessToken
    openid: OpenID
