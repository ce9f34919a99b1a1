"""A program that logs and raises what people wrote, and libraries that do worse: looked at are the bytes of the log.

Source: DESIGN, “What never happens”: no log line ever carries what a user wrote, and no secret.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SECRET = "5ec7e75ec7e75ec7e75ec7e75ec7e7aa"
SPOKEN = '我住在“长安街”七号 "quoted" \\ end'
PLAIN = "口令"

PROGRAM = f"""
import asyncio, logging, threading, time, warnings
from gongzhong import Account, OfficialAccount, Location, Text
from gongzhong.messages import encode
from gongzhong.running.logs import log_to_stderr
from gongzhong.wire import PushWriter

log_to_stderr(as_json=AS_JSON, with_words=WITH_WORDS)
mine = logging.getLogger("mine")
account = Account(appid="wx0123456789abcdef", secret="{SECRET}", token="callbackToken")
oa = OfficialAccount(account, customer_service=False)

@oa.on(Text)
def plain(message):
    mine.info("got %s", message.content, extra={{"said": [message.content], "got": message}})
    raise KeyError(message.content)

@oa.on(Location)
async def waits(message):
    mine.warning("at " + message.label)
    await asyncio.sleep(0)
    raise ValueError(f"nowhere {{message.label!r}}")

async def main():
    writer = PushWriter("callbackToken", "", account.appid, "plain")
    now = int(time.time())
    common = {{"to_user_name": "gh_1", "from_user_name": "oPERSON", "create_time": now}}
    for number, push in enumerate((
        Text(content={SPOKEN!r}, msg_id=17, **common),
        Text(content={PLAIN!r}, msg_id=18, **common),
        Location(location_x=1.5, location_y=2.5, scale=3, label={SPOKEN!r}, msg_id=19, **common),
    )):
        query, body = writer.seal(encode(push), str(now), f"nonce{{number}}", "oPERSON")
        answer = await oa.handle(query, body)
        assert answer.status == 200, answer
    mine.info("afterwards")
    await oa.shutdown()

asyncio.run(main())
mine.info("%d pieces of %s", "{SECRET}")
warnings.warn("the secret is {SECRET}")
def dies(): raise RuntimeError("with {SECRET}")
thread = threading.Thread(target=dies, name="worker-7")
thread.start()
thread.join()
"""


def logged(as_json: bool, with_words: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"AS_JSON, WITH_WORDS = {as_json}, {with_words}\n{PROGRAM}"],
        capture_output=True,
        timeout=60,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path), "GONGZHONG_LANG": "en", "PYTHONUTF8": "1"},
    )
    assert done.stdout == b""
    return done.stderr.decode()


@pytest.mark.parametrize("as_json", [False, True])
def test_neither_words_nor_secrets_are_logged(as_json: bool) -> None:
    text = logged(as_json)
    assert SECRET not in text
    for word in ("长安街", "quoted", PLAIN, "callbackToken"):
        assert word not in text
    assert "[user text]" in text
    assert "a log line failed (TypeError): mine" in text
    assert "worker-7" in text
    assert text.count("ValueError") >= 1


def test_each_json_line_says_which_push_it_belongs_to() -> None:
    lines = [json.loads(line) for line in logged(as_json=True).splitlines() if line.startswith("{")]
    by_event = {(one["event"], one.get("msg_id")): one for one in lines}
    got = by_event["got [user text]", 17]
    assert (got["appid"], got["push"], got["openid"]) == ("wx0123456789abcdef", "Text", "oPERSON")
    assert (got["got"], got["said"]) == ("Text", "['[user text]']")
    assert ("at [user text]", 19) in by_event
    failures = [one for one in lines if one.get("exception") and one["logger"] == "gongzhong.app"]
    assert [one["msg_id"] for one in failures] == [17, 18, 19]
    assert all("[user text]" in one["exception"] for one in failures)
    after = by_event["afterwards", None]
    assert after.keys() == {"event", "logger", "level", "timestamp"}


def test_a_developer_sees_what_test_people_wrote() -> None:
    text = logged(as_json=False, with_words=True)
    assert PLAIN in text
    assert SECRET not in text
