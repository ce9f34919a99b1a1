"""Sends template messages over 64 connections as fast as they are accepted, and looks at every answer.

    python api_load.py --port 8700 --appid wx… --secret … --template T --openid o… --count 20000

A program of its own, for a core of its own. Prints one JSON object: seconds, failures, and the median and 99th
percentile of the time to an answer in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time
import urllib.request

import uvloop
from load import PATIENCE_S, Run

ACCEPTED = b'{"errcode":0,'


class Sends(Run):
    """Template messages instead of pushes: what counts as an answer is another thing."""

    def answered(self, number: int, waited_s: float, head: bytes, body: bytes) -> None:
        self.waits.append(waited_s)
        self.failures += not (head.startswith(b"HTTP/1.1 200") and body.startswith(ACCEPTED))
        if len(self.waits) == len(self.requests):
            self.over.set_result(None)


def token(port: int, base: str, appid: str, secret: str) -> str:
    url = f"http://127.0.0.1:{port}{base}/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}"
    with urllib.request.urlopen(url) as answer:
        return str(json.loads(answer.read())["access_token"])


def request(port: int, base: str, access_token: str, template: str, openid: str, number: int) -> bytes:
    values = {"thing1": {"value": f"订单{number}"}, "amount2": {"value": f"{number}元"}}
    message = {"touser": openid, "template_id": template, "url": "https://example.com/", "data": values}
    body = json.dumps(message, ensure_ascii=False).encode()
    head = (
        f"POST {base}/cgi-bin/message/template/send?access_token={access_token} HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def run(chosen: argparse.Namespace, made: str) -> dict[str, float]:
    numbers = range(chosen.count)
    sending = Sends(
        [
            request(chosen.port, chosen.base, made, chosen.template, chosen.openid, number)
            for number in numbers
        ],
        chosen.port,
    )
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    sending.begin()
    async with asyncio.timeout(PATIENCE_S):
        await sending.over
    seconds = time.perf_counter() - began
    waits = sorted(sending.waits)
    return {
        "seconds": seconds,
        "failures": sending.failures,
        "median_ms": 1000 * waits[len(waits) // 2],
        "p99_ms": 1000 * waits[len(waits) * 99 // 100],
    }


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--base", default="", help="what stands before /cgi-bin, for a gateway")
    for name in ("appid", "secret", "template", "openid"):
        options.add_argument(f"--{name}", required=True)
    options.add_argument("--count", type=int, default=10_000)
    chosen = options.parse_args()
    made = token(chosen.port, chosen.base, chosen.appid, chosen.secret)
    print(json.dumps(uvloop.run(run(chosen, made))))


if __name__ == "__main__":
    main()
