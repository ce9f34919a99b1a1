"""`gongzhong serve module:accounts`: several accounts on one port, by path and by Host."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlencode

import pytest

from gongzhong.messages import Text, encode
from gongzhong.wire import PushWriter, read_xml

from .served import serving

pytestmark = pytest.mark.heavy

PROGRAM = """
from gongzhong import Account, Accounts, App, Text

app = App(customer_service=False)


@app.default
async def who(account: Account, message: Text) -> str:
    return f"{account.appid[-1]} {message.content}"


def bound(name):
    return app.bind(Account(appid=f"wx000000000000000{name}", token=f"token{name}"))


news = bound("a")
accounts = Accounts({"/a": news, "b.example.com": bound("b")})
asgi = accounts.asgi


async def inside(scope, receive, send):
    await accounts.asgi(scope, receive, send)


def inside_wsgi(environ, start_response):
    return accounts.wsgi(environ, start_response)
"""


def ask(port: int, target: str, name: str, host: str = "x.example.com") -> tuple[int, str]:
    message = Text(to_user_name="g", from_user_name="o", create_time=1, msg_id=1, content="在吗")
    writer = PushWriter(f"token{name}", "", f"wx000000000000000{name}", "plain")
    query, body = writer.seal(encode(message), int(time.time()), f"{name}{target}", "o")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", f"{target}?{urlencode(query)}", body, {"Host": host})
    response = connection.getresponse()
    found = response.read()
    connection.close()
    return response.status, str(read_xml(found)["Content"]) if response.status == 200 else ""


@pytest.mark.parametrize("target", ["served", "served:asgi", "served:inside", "served:inside_wsgi"])
def test_each_address_is_its_account_and_others_are_nobody(target: str) -> None:
    with serving(target, program=PROGRAM) as server:
        assert ask(server.port, "/a", "a") == (200, "a 在吗")
        assert ask(server.port, "/any", "b", "B.example.com:80") == (200, "b 在吗")
        if target == "served":  # granian gives no application a target in absolute form
            assert ask(server.port, "http://b.example.com/any", "b", "x") == (200, "b 在吗")
        assert ask(server.port, "/a", "b") == (403, "")
        assert ask(server.port, "/c", "a") == (404, "")
