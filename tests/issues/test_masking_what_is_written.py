"""Secrets stay out of what is really written: captured bytes of standard error, exports, the pages' API.

Source: DESIGN section 8 (secrets and tokens never appear in messages, logs, reprs or tracebacks).
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from gongzhong.platform.traffic import Exchange, present

pytestmark = pytest.mark.heavy

SECRET, TOKEN = "5ec7e7" * 5 + "aa", "88_tokenTOKENtoken0123456789"

CALLS = f"""
import asyncio, http.server, json, logging, threading
from gongzhong import Account, AsyncClient, Client, GongzhongError, Secret
from gongzhong.account import Hosts
from gongzhong.running.logs import log_to_stderr

class Rude(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        good = "token" in self.path and "access_token=" not in self.path
        body = json.dumps({{"access_token": "{TOKEN}", "expires_in": 7200}}) if good else (
            "<html><title>no entry for {TOKEN}</title>{SECRET}</html>")
        self.send_response(200 if good else 502)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
    do_GET = do_POST
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Rude)
threading.Thread(target=server.serve_forever, daemon=True).start()
log_to_stderr(as_json=AS_JSON, level=logging.DEBUG)
account = Account(appid="wx0123456789abcdef", secret=Secret("{SECRET}"), hosts=Hosts.local(f"http://127.0.0.1:{{server.server_port}}"))
log = logging.getLogger("mine")

def blocking():
    with Client(account) as client:
        client.access_token()
        try:
            client.base.api_addresses()
        except GongzhongError:
            log.exception("sync")
        log.debug("headers %s body %r", {{"Authorization": "Bearer {TOKEN}"}}, b'{{"secret": "{SECRET}"}}')
        log.info("bare {TOKEN} and {SECRET}")

async def awaiting():
    async with AsyncClient(account) as client:
        await client.access_token()
        try:
            await client.base.api_addresses()
        except GongzhongError:
            log.exception("async")

blocking()
asyncio.run(awaiting(), debug=True)
"""


@pytest.mark.parametrize("as_json", [True, False])
def test_debug_lines_of_http_libraries_hold_no_secret(as_json: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CALLS.replace("AS_JSON", str(as_json))],
        capture_output=True,
        timeout=90,
    )
    written = (done.stderr + done.stdout).decode()
    assert done.returncode == 0, written
    assert "urllib3.connectionpool" in written and "sync" in written and "async" in written
    assert TOKEN not in written and SECRET not in written


def test_an_exchange_shows_no_secret_not_even_the_bare_token_of_an_error_page() -> None:
    entry = Exchange(
        kind="api",
        appid="wx1",
        title="x",
        method="POST",
        url=f"/cgi-bin/x?access_token={TOKEN}",
        request_headers={"Authorization": f"Bearer {TOKEN}", "Cookie": f"sid={SECRET}"},
        request_body=json.dumps({"secret": SECRET}, indent=1).encode(),
        status=502,
        response_headers={"content-type": "text/html", "location": f"/again?access_token={TOKEN}"},
        response_body=f"<h1>denied for {TOKEN}, {SECRET}</h1>".encode(),
    )
    shown = json.dumps(present(entry))
    assert TOKEN not in shown and SECRET not in shown
    assert TOKEN[:6] in shown


@pytest.mark.parametrize(
    "text",
    [
        *("jsapi_ticket=SECRETSECRET&noncestr=a", "code=SECRETSECRET&state=1", '"code":"SECRETSECRET"'),
        *("component_access_token=SECRETSECRET", '"jsapi_ticket":"SECRETSECRET"', "appsecret=SECRETSECRET"),
    ],
)
def test_traffic_and_logs_have_the_same_table(text: str) -> None:
    body = text.encode()
    entry = Exchange(kind="api", appid="a", title="x", method="POST", url="/x", request_body=body)
    assert "SECRETSECRET" not in json.dumps(present(entry))


WROTE = "我的密码是 hunter2"
FAILING = f"""
import logging
from gongzhong.messages import Text
from gongzhong.running.logs import log_to_stderr
log_to_stderr(as_json=AS_JSON)
push = Text(to_user_name="gh_1", from_user_name="oA", create_time=1, msg_type="text", msg_id=1, content="{WROTE}")
try:
    raise ValueError("boom")
except ValueError:
    logging.getLogger("gongzhong.app").exception("handler failed", extra={{"push": push}})
"""


@pytest.mark.parametrize("as_json", [True, False])
def test_what_a_person_wrote_is_not_logged_with_the_push(as_json: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING.replace("AS_JSON", str(as_json))],
        capture_output=True,
        timeout=60,
        check=True,
    )
    written = done.stderr.decode()
    assert "boom" in written and "Text" in written
    assert "hunter2" not in written
