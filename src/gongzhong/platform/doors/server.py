"""All of WeChat's hosts on one port: each path belongs to exactly one of them.

/cgi-bin/showqrcode              mp.weixin.qq.com
/s, /s/…, /mmbiz…                mp.weixin.qq.com and mmbiz.qpic.cn: articles and their pictures
/article-bin/verify_article_…    mp.weixin.qq.com
/mp/subscribemsg                 mp.weixin.qq.com
/connect/oauth2/authorize        open.weixin.qq.com
/open/js/…                       res.wx.qq.com: the script of the JS-SDK, which comes with the pages
/_platform/…                     the control API
whatever the catalogue knows     api.weixin.qq.com
everything else                  the pages, when there are any; otherwise api's own answer
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from ..platform import Platform
from . import mp, one_time, open
from .api import ApiDoor
from .articles import ArticleDoor
from .asking import AskingDoor, moved_to_phone
from .control import control_app
from .control.route import BASE
from .guard import Forbidden, Guard, headers_of
from .http import (
    BodyTooLarge,
    HungUp,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    read_request,
    send_response,
)
from .one_time import OneTimeDoor
from .open import OpenDoor

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
PAGES = f"{BASE}/pages/"
SCRIPTS = "/open/js/"


class Server:
    """The platform as an ASGI application. `pages` serves the pages for people, if they are built.

    `hosts` are names, besides those of the configuration, by which the operator lets it be reached.
    """

    def __init__(self, platform: Platform, pages: Asgi | None = None, hosts: Iterable[str] = ()) -> None:
        self.platform = platform
        self._guard = Guard((*platform.config.allow_hosts, *hosts), platform.config.public_url)
        self._api = ApiDoor(platform.world, platform.traffic, platform.faults)
        self._open = OpenDoor(platform.world, platform.traffic, self._guard)
        self._one_time = OneTimeDoor(platform.world, platform.traffic, self._guard)
        self._articles = ArticleDoor(platform.world, platform.traffic, self._guard)
        self._control = control_app(platform, self._guard)
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            # Nothing here speaks WebSocket: the handshake is refused, whoever asks.
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        path = scope["path"]
        if self._pages is not None and (path.startswith((PAGES, SCRIPTS)) or path in ("/", "/favicon.ico")):
            refused = None if path.startswith(SCRIPTS) else self._strange_host(scope)
            await (send_response(send, refused) if refused else self._pages(scope, receive, send))
        elif path.startswith(BASE + "/"):
            await self._control(scope, receive, send)
        else:
            with suppress(HungUp):
                await send_response(send, await self._answer(scope, receive))

    def _strange_host(self, scope: Scope) -> Response | None:
        """What people see instead of the pages under a host name that is not the operator's."""
        try:
            self._guard.check_host(headers_of(scope["headers"]))
        except Forbidden as problem:
            text = f"{problem.text('zh')}\n\n{problem.text('en')}\n"
            headers = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
            return Response(problem.status, text.encode(), "text/plain; charset=utf-8", headers)
        return None

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        try:
            request: Request = await read_request(scope, receive)
        except BodyTooLarge:
            return Response(413, b"")
        if request.path == mp.SHOW_QR_CODE:
            return mp.show_qr_code(self.platform.world, request)
        if request.path == mp.VERIFY_ARTICLE and request.method == "POST":
            return mp.verify_article(self.platform.world, self.platform.traffic, request)
        door = self._shown_to_people(request)
        if door is None:
            return self._api.handle(request)
        return moved_to_phone(request, self._guard) or door.handle(request)

    def _shown_to_people(self, request: Request) -> AskingDoor | ArticleDoor | None:
        """The door whose pages people see in WeChat's browser, or None for a path of the API."""
        if request.path in (one_time.PATH, one_time.DECISION_PATH):
            return self._one_time
        if self._articles.knows(request.path):
            return self._articles
        return self._open if request.path in (open.PATH, open.DECISION_PATH) else None

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                # What an earlier run left to be done may be due by now.
                self.platform.catch_up()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.platform.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
