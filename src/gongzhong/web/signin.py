"""The rules of 网页授权 without any waiting: what the blocking and the awaiting face have in common.

authorize_url ──► WeChat asks the user ──► arrive(query) ──► exchange ──► accept(answer)
                                                │                └──────► explain(error)
                                                └── forged, expired, denied: SignInFailed
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import parse_qsl, urlencode

import msgspec

from ..account import Account, Secret
from ..addresses import split_address
from ..clock import Clock
from ..errors import CallError, WebError
from .state import LIFETIME_S, States

if TYPE_CHECKING:
    from ..catalogue.oauth import WebToken

Scope = Literal["snsapi_base", "snsapi_userinfo"]

CODE_REUSED: Final = {40029, 40163}
CODE_EXPIRED: Final = {42003}
SIGN_IN_ENDED: Final = {40029, 40030, 42002, 42007}


class PersonToken(msgspec.Struct, frozen=True, kw_only=True):
    """A person's web access_token: only for /sns/ calls about this person, never for the account's own API.

    It lives two hours (`expires_at`, unix seconds); `refresh_token` lives 30 days. Keep the one of the
    newest answer.
    """

    openid: str
    scope: str
    access_token: Secret
    refresh_token: Secret
    expires_at: float

    def may_read_profile(self) -> bool:
        return "snsapi_userinfo" in self.scope.split(",")


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who came back from WeChat, and where to send the browser next.

    `is_snapshot_user`: the page runs in snapshot mode (快照页) and openid, unionid, nickname and avatar are
    those of a virtual account: do not create an order or an account for it.
    """

    openid: str
    unionid: str | None
    is_snapshot_user: bool
    return_path: str
    token: PersonToken


class SignInFailed(WebError):
    """A sign-in that did not work, although it began here: `return_path` is where the user wanted to go.

    `reason`: "denied" (the user declined), "code_reused", "code_expired".
    """

    def __init__(
        self, reason: str, zh: str, en: str, *, return_path: str, fix_zh: str = "", fix_en: str = ""
    ) -> None:
        super().__init__(reason, zh, en, fix_zh=fix_zh, fix_en=fix_en)
        self.return_path = return_path


class Arrival(msgspec.Struct, frozen=True):
    """A callback that is ours: the code to exchange, and under which key the answer is remembered."""

    code: str
    return_path: str
    key: str

    def __repr__(self) -> str:
        return f"Arrival(return_path={self.return_path!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("return_path", self.return_path)]


class SignIn:
    """Links and callbacks of one account; `state_secret` is the AppSecret unless another is given."""

    def __init__(
        self,
        account: Account,
        *,
        state_secret: str | Secret | None = None,
        clock: Clock | None = None,
        lifetime_s: float = LIFETIME_S,
    ) -> None:
        self._account = account
        self._clock = clock or Clock()
        self._states = States(account, state_secret, self._clock, lifetime_s)

    def authorize_url(
        self,
        redirect_uri: str,
        *,
        browser_nonce: str,
        scope: Scope = "snsapi_base",
        return_path: str = "/",
        force_popup: bool = False,
        force_snapshot: bool = False,
    ) -> str:
        """Where to send the browser. The host of `redirect_uri`, your callback, must be the 网页授权域名.

        "snsapi_base" is silent and gives the openid; "snsapi_userinfo" asks the user and gives nickname and
        avatar too.
        Raises WebError: redirect_uri, redirect_refused, return_too_long, cookie_missing.
        """
        _check_redirect_uri(redirect_uri)
        # WeChat compares with a pattern: this order, and the fragment, or "链接无法访问".
        query = {
            "appid": self._account.appid,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": scope,
            "state": self._states.seal(return_path, browser_nonce),
        }
        if force_popup:
            query["forcePopup"] = "true"
        if force_snapshot:
            query["forceSnapShot"] = "true"
        return f"{self._account.hosts.open}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"

    def arrive(self, query: Mapping[str, str] | str, browser_nonce: str) -> Arrival:
        """Check a callback before WeChat is asked. `query`: its raw text or the framework's mapping."""
        fields = dict(parse_qsl(query)) if isinstance(query, str) else query
        return_path = self._states.open(fields.get("state", ""), browser_nonce)
        code = fields.get("code", "")
        if not code:
            raise SignInFailed(
                "denied",
                "用户没有同意授权",
                "the user did not agree",
                return_path=return_path,
                fix_zh="说明为什么需要，再给一个按钮；不要自动跳回授权页",
                fix_en="say what it is needed for and offer a button; do not send the user back by yourself",
            )
        key = hashlib.sha256(f"{code} {browser_nonce}".encode()).hexdigest()
        return Arrival(code, return_path, key)

    def accept(self, answer: WebToken, arrival: Arrival) -> SignedIn:
        """The person behind an exchanged code."""
        return SignedIn(
            openid=answer.openid,
            unionid=answer.unionid,
            is_snapshot_user=bool(answer.is_snapshotuser),
            return_path=arrival.return_path,
            token=self.token(answer),
        )

    def token(self, answer: WebToken) -> PersonToken:
        """The token of an answer, with its deadline on this clock."""
        return PersonToken(
            openid=answer.openid,
            scope=answer.scope,
            access_token=Secret(answer.access_token),
            refresh_token=Secret(answer.refresh_token),
            expires_at=self._clock.now() + answer.expires_in,
        )


def explain(error: CallError, arrival: Arrival) -> Exception:
    """What a refused code means for the page; other refusals are returned as they are."""
    if error.errcode in CODE_REUSED:
        return code_reused(arrival)
    if error.errcode in CODE_EXPIRED:
        return SignInFailed(
            "code_expired",
            "code 已过期（5 分钟内有效）",
            "the code has expired (it lives five minutes)",
            return_path=arrival.return_path,
            fix_zh="带着 return_path 再走一次 authorize_url",
            fix_en="go through authorize_url again with return_path",
        )
    return error


def code_reused(arrival: Arrival) -> SignInFailed:
    """The error of a code that was used before, or never was one."""
    return SignInFailed(
        "code_reused",
        "这个 code 已经用过或无效：每个 code 只能换一次",
        "this code was used before or is not valid: each works once",
        return_path=arrival.return_path,
        fix_zh="多半是后退、刷新或重复跳转；登录后跳到 return_path 而不是停在回调地址，"
        "已登录的直接放行，否则带着 return_path 再走一次 authorize_url",
        fix_en="mostly the back button, a reload or a doubled redirect; redirect to return_path afterwards, "
        "let signed-in browsers pass, and else go through authorize_url again with return_path",
    )


def sign_in_ended(error: CallError) -> Exception:
    """What a refused refresh token means; other refusals are returned as they are."""
    if error.errcode not in SIGN_IN_ENDED:
        return error
    return WebError(
        "sign_in_ended",
        "refresh_token 已失效（30 天有效，用户改密码或取消授权后立即失效）",
        "the refresh_token is no longer valid (30 days, ended by a new password or a withdrawn consent)",
        fix_zh="让用户重新授权",
        fix_en="let the user authorise again",
    )


def check_profile_scope(token: PersonToken) -> None:
    """Refuse to ask for a profile that WeChat would refuse (48001). Raises WebError "scope"."""
    if not token.may_read_profile():
        raise WebError(
            "scope",
            f"昵称和头像需要 snsapi_userinfo 授权，这个用户只给了 {token.scope}",
            f"nickname and avatar need the scope snsapi_userinfo, this user gave {token.scope}",
            fix_zh='在用户点击之后用 authorize_url(scope="snsapi_userinfo") 再授权一次',
            fix_en='after a tap of the user, authorise again with authorize_url(scope="snsapi_userinfo")',
        )


def _check_redirect_uri(redirect_uri: str) -> None:
    if split_address(redirect_uri) is None or "#" in redirect_uri:
        raise WebError(
            "redirect_uri",
            "redirect_uri 要是完整的 http(s) 网址，不带 #",
            "redirect_uri must be a complete http(s) address without a fragment",
            fix_zh="例如 https://example.com/wechat/callback，域名与公众平台的网页授权域名完全一致",
            fix_en="for example https://example.com/wechat/callback, the host exactly as in the console",
        )
