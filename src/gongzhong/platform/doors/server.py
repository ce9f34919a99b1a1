"""All of WeChat's hosts on one port: each path belongs to exactly one of them.

/cgi-bin/showqrcode              mp.weixin.qq.com
/s, /s/…, /mmbiz…                mp.weixin.qq.com and mmbiz.qpic.cn: articles and their pictures
/mp/subscribemsg                 mp.weixin.qq.com
/connect/oauth2/authorize        open.weixin.qq.com
/open/js/…                       res.wx.qq.com: the script of the JS-SDK, which comes with the pages
/_platform/…                     the control API
whatever the catalogue knows     api.weixin.qq.com
everything else                  the pages, when there are any; otherwise api's own answer
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from ..platform import Platform
from . import mp, one_time, open
from .api import ApiDoor
from .articles import ArticleDoor
from .control import control_app
from .control.route import BASE
from .http import (
    BodyTooLarge,
    HungUp,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    origin_of,
    read_request,
    send_response,
)
from .one_time import OneTimeDoor
from .open import OpenDoor

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
PAGES = f"{BASE}/pages/"
SCRIPTS = "/open/js/"


class Server:
    """The platform as an ASGI application. `pages` serves the pages for people, if they are built."""

    def __init__(self, platform: Platform, pages: Asgi | None = None) -> None:
        self.platform = platform
        self._api = ApiDoor(platform.world, platform.traffic, platform.faults)
        self._open = OpenDoor(platform.world, platform.traffic)
        self._one_time = OneTimeDoor(platform.world, platform.traffic)
        self._articles = ArticleDoor(platform.world, platform.traffic)
        self._control = control_app(platform)
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        self.platform.world.origin = origin_of(scope)
        path = scope["path"]
        if self._pages is not None and (path.startswith((PAGES, SCRIPTS)) or path in ("/", "/favicon.ico")):
            await self._pages(scope, receive, send)
        elif path.startswith(BASE + "/"):
            await self._control(scope, receive, send)
        else:
            with suppress(HungUp):
                await send_response(send, await self._answer(scope, receive))

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        try:
            request: Request = await read_request(scope, receive)
        except BodyTooLarge:
            return Response(413, b"")
        if request.path == mp.SHOW_QR_CODE:
            return mp.show_qr_code(self.platform.world, request)
        if request.path in (one_time.PATH, one_time.DECISION_PATH):
            return self._one_time.handle(request)
        if self._articles.knows(request.path):
            return self._articles.handle(request)
        if request.path in (open.PATH, open.DECISION_PATH):
            return self._open.handle(request)
        return self._api.handle(request)

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
