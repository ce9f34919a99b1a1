"""What a fault makes of an answer: another code, a gateway's page, a late one, or none at all."""

from __future__ import annotations

from ..traffic import Exchange, Verdict
from ..world.faults import Fault
from ..world.refusal import Refusal
from .http import Response

GATEWAY_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>%d</h1></center></body></html>"
)


def spoil(fault: Fault, entry: Exchange, answer: Response | None) -> Response:
    """The answer as it leaves. `answer` is None when the call was not carried out. Raises Refusal."""
    entry.fault = fault.id
    done = answer is not None
    match fault.kind:
        case "errcode":
            raise Refusal(fault.errcode)
        case "status":
            entry.verdict = _verdict(f"HTTP {fault.status}", f"HTTP {fault.status}", done=done)
            return Response(fault.status, GATEWAY_PAGE % fault.status, "text/html")
        case "drop":
            entry.verdict = _verdict("连接断开，没有应答", "connection dropped, no answer", done=done)
            return Response(200, b"", cut=True)
        case _:
            late = answer or Response(200, b"")
            return Response(
                late.status, late.body, late.content_type, late.headers, fault.delay_s, cut=late.cut
            )


def _verdict(zh: str, en: str, *, done: bool) -> Verdict:
    done_zh, done_en = ("已执行", "carried out") if done else ("未执行", "not carried out")
    return Verdict(False, "fault", f"注入的故障：{zh}（{done_zh}）", f"ordered fault: {en} ({done_en})")
