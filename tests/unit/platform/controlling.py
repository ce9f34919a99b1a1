"""The control API asked in this process, as a program or as the platform's own pages do it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from gongzhong.client import WireRequest
from gongzhong.testing import LocalPlatform
from gongzhong.testing.in_process import InProcessTransport

BY_PAGE = {"sec-fetch-site": "same-origin"}
"""What a browser adds to a request of the platform's own pages."""


def ask_control(
    platform: LocalPlatform, method: str, path: str, body: Any = None, *, by_page: bool = False
) -> tuple[int, Any]:
    """Status and decoded answer of a control route; `path` begins with / and may have a query."""
    parts = urlsplit(f"http://127.0.0.1:8700/_platform{path}")
    request = WireRequest(
        method=method,
        url=parts._replace(query="").geturl(),
        headers={"content-type": "application/json", **(BY_PAGE if by_page else {})},
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        body=None if body is None else msgspec.json.encode(body),
    )
    reply = platform.run(InProcessTransport(platform.server).send(request))
    return reply.status, msgspec.json.decode(reply.body)
