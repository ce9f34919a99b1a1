"""Every logger at DEBUG, a whole dialogue with API calls and errors: neither secrets nor what people wrote is logged.

Source: DESIGN section 8 and section 11 (no log line ever carries what a user wrote).
"""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.heavy

SECRET, CALLBACK_TOKEN = "5ec7e7" * 5 + "aa", "callbackTokenOfOurs"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCESS_TOKEN = "88_tokenTOKENtoken0123456789"
SPOKEN = ("我住在长安街七号", "口令 hunter2", "dates-of-birth 1990", "答复里的病历")
"""What the person and the handlers say."""

PROGRAM = f"""
import asyncio, http.server, json, logging, sys, threading, time
from gongzhong import *
from gongzhong.account import Hosts
from gongzhong.messages import encode
from gongzhong.running.logs import log_to_stderr
from gongzhong.wire import PushWriter

ADDRESS, WISH, BIRTH, ANSWER = {SPOKEN!r}
FAILURES = [
    {{"errcode": 45015, "errmsg": "response out of time limit"}},
    {{"errcode": 40003, "errmsg": "invalid openid " + ANSWER}},
    "<html><title>{ACCESS_TOKEN}</title>" + ANSWER + "</html>",
]

class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        answer = {{"errcode": 0, "errmsg": "ok"}}
        if "stable_token" in self.path:
            answer = {{"access_token": "{ACCESS_TOKEN}", "expires_in": 7200}}
        elif "custom/send" in self.path and FAILURES:
            answer = FAILURES.pop()
        body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
if OURS:
    log_to_stderr(level=logging.DEBUG)
else:  # a program's own logging, which masks nothing: only our own lines and asyncio's are looked at
    out = logging.StreamHandler()
    out.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    out.addFilter(lambda record: record.name.partition(".")[0] in ("gongzhong", "asyncio"))
    logging.basicConfig(level=logging.DEBUG, handlers=[out])
account = Account(
    appid="wx0123456789abcdef", secret=Secret("{SECRET}"), token=Secret("{CALLBACK_TOKEN}"),
    aes_key=Secret("{AES_KEY}"), encryption="safe", hosts=Hosts.local(f"http://127.0.0.1:{{server.server_port}}"),
)

class BadStore:
    kept = {{}}
    async def load(self, key): return self.kept.get(key)
    async def save(self, key, data, lifetime_s):
        if WISH.encode() in data:
            raise ConnectionError(f"INSERT failed near {{data!r}}")
        self.kept[key] = data
    async def delete(self, key): self.kept.pop(key, None)

oa = OfficialAccount(account, customer_service=True, window=0.3, sessions=BadStore(), drain_s=5)

@oa.text("慢.*")
async def slow(message: Text) -> str:
    await asyncio.sleep(0.5)
    return ANSWER

@oa.text("流.*")
async def stream(message: Text):
    for _ in range(8):
        yield ANSWER
        await asyncio.sleep(0.05)

@oa.text("线程.*")
def thread(message: Text, session: Session) -> str:
    session["said"] = message.content
    oa.blocking_api.base.callback_addresses()
    return ANSWER

@oa.text("错.*")
async def fails(message: Text) -> str:
    content = message.content
    raise RuntimeError("boom")

@oa.text("无形.*")
async def no_reply(message: Text) -> object:
    return {{"answer": ANSWER}}

@oa.default
async def echo(message: Text) -> str:
    return message.content + ANSWER

numbers = iter(range(1, 1000))
writer = PushWriter("{CALLBACK_TOKEN}", "{AES_KEY}", account.appid, "safe")

def sealed(content, old=0):
    number = next(numbers)
    said = Text(to_user_name="gh_1", from_user_name="oA", create_time=int(time.time()), msg_id=number, content=content)
    return writer.seal(encode(said), int(time.time()) - old, str(number), "oA")

async def dialogue():
    for start in ("", "慢", "流", "线程", "错", "无形", "慢", "慢"):
        for words in (ADDRESS, WISH, BIRTH):
            await oa.handle(*sealed(f"{{start}} {{words}}"))
    plain = encode(Text(to_user_name="gh_1", from_user_name="oA", create_time=1, msg_id=1, content=ADDRESS))
    query, body = sealed(ADDRESS)
    bad = dict(query, msg_signature="0" * 40, echostr=WISH)
    for given in (
        (bad, body), (query, plain), (query, plain[:60]), ({{}}, plain), (query, body[:-30]), (query, body * 90000),
        sealed(ADDRESS, old=9999), (query, WISH.encode()), ({{"signature": WISH}}, b""), (query, b"\\xff" + plain),
    ):
        await oa.handle(*given)
        await oa.handle(given[0], given[1], "GET")
    await oa.handle(*sealed(ADDRESS), method=WISH)
    await asyncio.sleep(3)
    await oa.shutdown()
    repr(oa.undelivered), repr(oa), repr(account)

asyncio.run(dialogue(), debug=True)
assert not FAILURES, FAILURES
assert oa.counters["customer"] and oa.counters["customer_failed"] and oa.counters["handler_errors"] >= 3, oa.counters
"""


@pytest.mark.parametrize("ours", [True, False], ids=["our log", "a program's own log"])
def test_nothing_that_was_said_and_no_secret_is_logged(ours: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("if OURS", f"if {ours}")], capture_output=True, timeout=120
    )
    written = (done.stderr + done.stdout).decode("utf-8", "replace")
    assert done.returncode == 0, written
    assert "gongzhong.app" in written and "boom" in written and "会话没有保存" in written
    for hidden in (SECRET, CALLBACK_TOKEN, AES_KEY, ACCESS_TOKEN, *SPOKEN, "hunter2", "\\u6211\\u4f4f"):
        at = written.find(hidden)
        assert at < 0, written[max(0, at - 600) : at + 200]
