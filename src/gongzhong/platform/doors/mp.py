"""mp.weixin.qq.com: pictures of QR codes (通过ticket换取二维码). No login, no token: the ticket is enough."""

from __future__ import annotations

from ..world import qrcodes
from ..world.world import World
from .http import Request, Response

SHOW_QR_CODE = "/cgi-bin/showqrcode"


def show_qr_code(world: World, request: Request) -> Response:
    """The picture, or 404 for a ticket that is unknown or has expired."""
    code = qrcodes.find(world, ticket=request.query.get("ticket", ""))
    if code is None:
        return Response(404, b"", "text/html")
    return Response(200, qrcodes.picture(code.url), "image/jpg")
