"""mp.weixin.qq.com without a login: pictures of QR codes, and the open check of an article's structure."""

from __future__ import annotations

import msgspec

from ...catalogue import article_rules
from ...reasons import NOT_JSON
from ..traffic import Exchange, Traffic, Verdict
from ..world import qrcodes
from ..world.world import World
from .http import Request, Response

SHOW_QR_CODE = "/cgi-bin/showqrcode"
VERIFY_ARTICLE = "/article-bin/verify_article_structure"
ANSWERED = Verdict(True, "ok", "成功", "ok")
BAD_REQUEST = Verdict(False, "form", '请求体应为 {"content": HTML}', 'the body must be {"content": HTML}')


class _Asked(msgspec.Struct):
    content: str


def show_qr_code(world: World, request: Request) -> Response:
    """The picture (通过ticket换取二维码), or 404 for a ticket that is unknown or has expired."""
    code = qrcodes.find(world, ticket=request.query.get("ticket", ""))
    if code is None:
        return Response(404, b"", "text/html")
    return Response(200, qrcodes.picture(code.url), "image/jpg")


def verify_article(world: World, traffic: Traffic, request: Request) -> Response:
    """The open check of the structure rules (verify_api_usage.md): no token, no AppID, no errcode.

    The form of its errors is not documented; here a body of another form is answered with HTTP 400. Rules that need a
    browser are not checked.
    """
    entry = Exchange(
        kind="web",
        appid="",
        title="文章结构检查",
        method=request.method,
        url=request.url,
        time=world.now(),
        request_body=request.body,
    )
    try:
        asked = msgspec.json.decode(request.body, type=_Asked)
    except NOT_JSON:
        entry.verdict, response = BAD_REQUEST, Response(400, b"{}")
    else:
        broken = [one for one in article_rules.check(asked.content) if not one.advice]
        info = {one.rule: {"violateRules": one.zh, "items": one.items} for one in broken}
        entry.verdict = ANSWERED
        response = Response(200, msgspec.json.encode({"isValid": not broken, "inValidInfo": info}))
    entry.status, entry.response_body = response.status, response.body
    traffic.record(entry)
    return response
