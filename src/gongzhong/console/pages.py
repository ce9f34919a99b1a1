"""Serving the pages for people: the files that the build of `web/` leaves in `static/`.

They are few and small, so all of them are held in memory, packed once; a path is only ever looked up in that table,
never on the disk. Names of assets contain their hash and may be kept for ever; the index is asked for each time, and
answered with 304 as long as it is the same. A new build is noticed by the next request.

The script of the JS-SDK is one of the files. It is served at its true addresses, and to pages of any host.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from ..catalogue.tickets import SCRIPT_VERSIONS
from ..errors import say

STATIC = Path(__file__).parent / "static"
BASE = "/_platform/pages/"
INDEX = "index.html"
ICON = "icon.svg"
HASHED = "assets/"
SCRIPT = "jweixin.js"
SCRIPT_ADDRESS = re.compile(r"/open/js/jweixin-(\d+\.\d+\.\d+)\.js")
FOR_EVERY_HOST = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}

KEEP_FOR_EVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
PACKED_FROM_BYTES = 1024

# Pictures, media and framed pages come from wherever an account keeps them; everything else only from here.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data: blob: http: https:",
        "media-src 'self' blob: http: https:",
        "frame-src 'self' http: https:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}

NOT_BUILT = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>gongzhong</title></head><body>
<h1>页面还没有构建</h1>
<p>平台在正常工作，只是这份源码里没有构建好的页面。安装 Node 20.19 以上版本，然后运行：</p>
<pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build</pre>
<p>再刷新即可，不用重启。用 pip 安装的发行包自带页面。</p>
<h1 lang="en">The pages are not built</h1>
<p lang="en">The platform works; only its pages are missing from this source tree. With Node 20.19 or newer run the two
commands above and reload: no restart is needed. Released packages contain the pages.</p>
</body></html>
"""


class Asset(msgspec.Struct, frozen=True):
    """One file, ready to be sent."""

    body: bytes
    packed: bytes | None
    etag: str
    content_type: str
    cache: str


def read_asset(folder: Path, file: Path) -> Asset:
    body, name = file.read_bytes(), file.relative_to(folder).as_posix()
    content_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    textual = content_type.startswith("text/") or content_type.endswith(("javascript", "json", "xml"))
    if textual:
        content_type += "; charset=utf-8"
    return Asset(
        body=body,
        packed=gzip.compress(body, mtime=0) if textual and len(body) >= PACKED_FROM_BYTES else None,
        etag=f'"{hashlib.sha256(body).hexdigest()[:20]}"',
        content_type=content_type,
        cache=KEEP_FOR_EVER if name.startswith(HASHED) else ASK_EACH_TIME,
    )


class Pages:
    """The pages as an ASGI application for `/`, `/favicon.ico`, everything below `/_platform/pages/`, and
    `/open/js/jweixin-….js`.

    Without a build every address answers 503 and says how to get one.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder
        self._assets: dict[str, Asset] = {}
        self._built_at = -1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._answer(Request(scope))
        response.headers.update(SECURITY_HEADERS)
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse(
                say("只能用 GET", "only GET is possible"), 405, headers={"allow": "GET, HEAD"}
            )
        if not self._load():
            return HTMLResponse(NOT_BUILT, 503, headers={"cache-control": "no-store"})
        asset = self._assets.get(self._name(request.url.path))
        if asset is None:
            return PlainTextResponse(
                say("没有这个页面", "there is no such page"), 404, headers={"cache-control": ASK_EACH_TIME}
            )
        answer = self._send(asset, request)
        if SCRIPT_ADDRESS.fullmatch(request.url.path):
            answer.headers.update(FOR_EVERY_HOST)
        return answer

    @staticmethod
    def _name(path: str) -> str:
        if path == "/favicon.ico":
            return ICON
        script = SCRIPT_ADDRESS.fullmatch(path)
        if script:
            return SCRIPT if script[1] in SCRIPT_VERSIONS else path
        return path.removeprefix(BASE).removeprefix("/") or INDEX

    def _load(self) -> bool:
        """Read the files again if there is a new build; False if there is none."""
        try:
            built_at = (self._folder / INDEX).stat().st_mtime_ns
        except FileNotFoundError:
            return False
        if built_at != self._built_at:
            files = (file for file in self._folder.rglob("*") if file.is_file())
            self._assets = {
                file.relative_to(self._folder).as_posix(): read_asset(self._folder, file) for file in files
            }
            self._built_at = built_at
        return True

    @staticmethod
    def _send(asset: Asset, request: Request) -> Response:
        headers = {"etag": asset.etag, "cache-control": asset.cache, "vary": "accept-encoding"}
        if asset.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = asset.body
        if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            body = asset.packed
            headers["content-encoding"] = "gzip"
        return Response(body, headers={**headers, "content-type": asset.content_type})
