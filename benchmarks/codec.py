"""How fast pushes are read and answered, beside wechatpy on the same inputs in the same process.

    python benchmarks/codec.py            a table
    python benchmarks/codec.py --json     one JSON object

One message is: verify, (decrypt,) parse into a typed message, build a text reply, (encrypt and sign it).
Every message has other content, and before anything is timed both sides must agree on what was said and
answered. Rounds alternate between the two, so that a busy machine disturbs both alike; the median round
counts.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from credentials import APPID, KEY, TOKEN
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature
from workload import NOW, pushes

from gongzhong.account import Account, Encryption, Secret
from gongzhong.messages import TextReply, encode_reply, parse
from gongzhong.wire import PushQuery, PushReader, PushWriter, SealedPush, read_xml

ANSWER = "收到，我们正在查看，请稍等"
MESSAGES = 500
ROUNDS = 31


class Measured(NamedTuple):
    """Messages per second of both, and how many times faster ours is."""

    gongzhong: float
    wechatpy: float
    ratio: float


def ours(mode: Encryption) -> Callable[[SealedPush], bytes]:
    reader = PushReader(Account(appid=APPID, token=Secret(TOKEN), aes_key=Secret(KEY), encryption=mode))

    def answer(push: SealedPush) -> bytes:
        query = PushQuery.read(push.query)
        opened = reader.open(query, push.body)
        message = parse(opened.fields)
        reply = encode_reply(TextReply(content=ANSWER), message, NOW)
        return reader.seal(reply, NOW, query.nonce, opened)

    return answer


def theirs(mode: Encryption) -> Callable[[SealedPush], bytes]:
    crypto = WeChatCrypto(TOKEN, KEY, APPID)

    def plain(push: SealedPush) -> bytes:
        query = push.query
        check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
        message = parse_message(push.body)
        return bytes(create_reply(ANSWER, message).render(), "utf-8")

    def safe(push: SealedPush) -> bytes:
        query = push.query
        signature, timestamp, nonce = query["msg_signature"], query["timestamp"], query["nonce"]
        message = parse_message(crypto.decrypt_message(push.body, signature, timestamp, nonce))
        reply = create_reply(ANSWER, message).render()
        return bytes(crypto.encrypt_message(reply, nonce, timestamp), "utf-8")

    return plain if mode == "plain" else safe


def agree(mode: Encryption, sealed: Iterable[SealedPush]) -> None:
    """Both must answer the same person with the same words, or the comparison means nothing."""
    writer = PushWriter(TOKEN, KEY, APPID, mode)
    left, right = ours(mode), theirs(mode)
    for push in sealed:
        said = [read_xml(writer.open_reply(answer(push))) for answer in (left, right)]
        for name in ("ToUserName", "FromUserName", "MsgType", "Content"):
            assert said[0][name] == said[1][name], name
        assert said[0]["ToUserName"] == push.query["openid"]


def seconds(answer: Callable[[SealedPush], bytes], sealed: list[SealedPush]) -> float:
    start = time.perf_counter()
    for push in sealed:
        answer(push)
    return time.perf_counter() - start


def measure(mode: Encryption, rounds: int) -> Measured:
    sealed = pushes(mode, 0, MESSAGES)
    agree(mode, sealed)
    left, right = ours(mode), theirs(mode)
    times: list[tuple[float, float]] = []
    gc.disable()
    for _ in range(rounds):
        times.append((seconds(left, sealed), seconds(right, sealed)))
        gc.collect()
    gc.enable()
    mine, other = (statistics.median(column) / len(sealed) for column in zip(*times, strict=True))
    return Measured(1 / mine, 1 / other, statistics.median(b / a for a, b in times))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--rounds", type=int, default=ROUNDS, help="alternating rounds per mode")
    chosen = options.parse_args()
    modes: tuple[Encryption, ...] = ("plain", "safe")
    results = {mode: measure(mode, chosen.rounds) for mode in modes}
    if chosen.json:
        print(json.dumps({mode: result._asdict() for mode, result in results.items()}))
        return
    print(f"{'mode':8}{'gongzhong':>16}{'wechatpy':>16}{'ratio':>9}   (messages per second)")
    for mode, result in results.items():
        print(f"{mode:8}{result.gongzhong:16,.0f}{result.wechatpy:16,.0f}{result.ratio:8.2f}x")


if __name__ == "__main__":
    main()
