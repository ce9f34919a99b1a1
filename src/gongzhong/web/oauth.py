"""网页授权 for any web framework: send the browser to WeChat, take it back, know who it is.

    browser = Browser.of(request.headers.get("cookie"))            # which browser
    url = oauth.authorize_url(CALLBACK, browser_nonce=browser.nonce, return_path="/cart")
    # redirect to url, with browser.set_cookie when there is one; in the callback:
    user = oauth.callback(request.query_params, browser.nonce)     # user.openid, user.return_path

`OAuth` returns, `AsyncOAuth` is awaited; both follow the rules in `signin.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING

from ..account import Account, Secret
from ..clock import Clock
from ..errors import CallError
from .once import Abandoned, Once
from .signin import (
    Arrival,
    PersonToken,
    SignedIn,
    SignIn,
    check_profile_scope,
    code_reused,
    explain,
    sign_in_ended,
)
from .state import LIFETIME_S

if TYPE_CHECKING:
    from ..catalogue.oauth import WebUser
    from ..catalogue.users import Language
    from ..client import AsyncClient, Client


class OAuth(SignIn):
    """网页授权 that blocks: Flask, Django, scripts. Safe to use from many threads."""

    def __init__(
        self,
        account: Account,
        client: Client,
        *,
        state_secret: str | Secret | None = None,
        clock: Clock | None = None,
        lifetime_s: float = LIFETIME_S,
    ) -> None:
        super().__init__(account, state_secret=state_secret, clock=clock, lifetime_s=lifetime_s)
        self._calls = client.oauth
        self._once: Once[SignedIn] = Once(self._clock)

    def callback(self, query: Mapping[str, str] | str, browser_nonce: str) -> SignedIn:
        """Who came back. The same code from the same browser gives the same answer for a minute.

        Raises SignInFailed (denied, code_reused, code_expired), WebError (state_…, cookie_missing),
        CallError and TransportError of the exchange.
        """
        arrival = self.arrive(query, browser_nonce)
        answer, mine = self._once.claim(arrival.key)
        if mine:
            with self._once.settling(arrival.key, answer):
                answer.set_result(self._exchange(arrival))
        try:
            return answer.result()
        except Abandoned:
            raise code_reused(arrival) from None

    def _exchange(self, arrival: Arrival) -> SignedIn:
        try:
            return self.accept(self._calls.exchange(code=arrival.code), arrival)
        except CallError as error:
            raise explain(error, arrival) from None

    def refresh(self, token: PersonToken) -> PersonToken:
        """A token for two more hours. Raises WebError "sign_in_ended" after 30 days."""
        try:
            return self.token(self._calls.refresh(refresh_token=token.refresh_token.reveal()))
        except CallError as error:
            raise sign_in_ended(error) from None

    def profile(self, token: PersonToken, lang: Language = "zh_CN") -> WebUser:
        """Nickname and avatar. Raises WebError "scope" unless the user agreed to snsapi_userinfo."""
        check_profile_scope(token)
        return self._calls.userinfo(access_token=token.access_token.reveal(), openid=token.openid, lang=lang)


class AsyncOAuth(SignIn):
    """网页授权 that is awaited: Starlette, FastAPI and the like."""

    def __init__(
        self,
        account: Account,
        client: AsyncClient,
        *,
        state_secret: str | Secret | None = None,
        clock: Clock | None = None,
        lifetime_s: float = LIFETIME_S,
    ) -> None:
        super().__init__(account, state_secret=state_secret, clock=clock, lifetime_s=lifetime_s)
        self._calls = client.oauth
        self._once: Once[SignedIn] = Once(self._clock)
        self._exchanges: set[asyncio.Task[None]] = set()

    async def callback(self, query: Mapping[str, str] | str, browser_nonce: str) -> SignedIn:
        """Who came back; see `OAuth.callback`. A browser that hangs up does not waste its code."""
        arrival = self.arrive(query, browser_nonce)
        answer, mine = self._once.claim(arrival.key)
        waiting = asyncio.wrap_future(answer)
        if mine:
            task = asyncio.create_task(self._settle(arrival, answer))
            self._exchanges.add(task)
            task.add_done_callback(self._exchanges.discard)
        try:
            return await asyncio.shield(waiting)
        except Abandoned:
            raise code_reused(arrival) from None

    async def _settle(self, arrival: Arrival, answer: Future[SignedIn]) -> None:
        # The failure is in `answer`; raising it here as well would only make asyncio complain.
        with suppress(Exception), self._once.settling(arrival.key, answer):
            answer.set_result(await self._exchange(arrival))

    async def _exchange(self, arrival: Arrival) -> SignedIn:
        try:
            return self.accept(await self._calls.exchange(code=arrival.code), arrival)
        except CallError as error:
            raise explain(error, arrival) from None

    async def refresh(self, token: PersonToken) -> PersonToken:
        """A token for two more hours. Raises WebError "sign_in_ended" after 30 days."""
        try:
            return self.token(await self._calls.refresh(refresh_token=token.refresh_token.reveal()))
        except CallError as error:
            raise sign_in_ended(error) from None

    async def profile(self, token: PersonToken, lang: Language = "zh_CN") -> WebUser:
        """Nickname and avatar. Raises WebError "scope" unless the user agreed to snsapi_userinfo."""
        check_profile_scope(token)
        return await self._calls.userinfo(
            access_token=token.access_token.reveal(), openid=token.openid, lang=lang
        )
