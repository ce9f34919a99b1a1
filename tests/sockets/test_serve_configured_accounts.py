"""`gongzhong serve module:app` with several `[[account]]`: each at its address, and no road leads across."""

from __future__ import annotations

import http.client
import itertools
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from gongzhong.messages import Text, encode
from gongzhong.wire import PushWriter, read_xml

from .served import Served, serving

pytestmark = pytest.mark.heavy

PROGRAM = """
from gongzhong import Account, App, Session

app = App(customer_service=False)


@app.default
async def who(account: Account, session: Session) -> str:
    session["n"] = session.get("n", 0) + 1
    return f"{account.appid[-1]}{session['n']}"


other = App(customer_service=False)


@other.default
async def another(account: Account) -> str:
    return f"other {account.appid[-1]}"


apps = {"a": app, "b": other}
"""
PLACES = {"a": ("x.test", "/a"), "b": ("x.test", "/b/c"), "c": ("c.test", "/"), "d": ("D.test:80", "/any")}
ADDRESSES = {"a": 'path = "/a"', "b": 'path = "/b/c/"', "c": 'host = "c.test"', "d": 'host = "D.test"'}
_numbers = itertools.count(1)


def configuration(names: str = "abcd", **tokens: str) -> str:
    tables = (
        f'[[account]]\nname = "{name}"\nappid = "wx000000000000000{name}"\nsecret = "{name * 32}"\n'
        f'token = "{tokens.get(name, "token" + name)}"\naes_key = "{name * 43}"\n{ADDRESSES[name]}\n'
        for name in names
    )
    return "[replies]\nreplay_window = 600\n" + "".join(tables)


@contextmanager
def running(
    folder: Path, *options: str, target: str = "served:app", text: str | None = None
) -> Iterator[Served]:
    (folder / "gongzhong.toml").write_text(text or configuration(), "utf-8")
    with serving(target, *options, program=PROGRAM, folder=folder, env={"GONGZHONG_APPID": ""}) as server:
        yield server


def ask(
    port: int, place: tuple[str, str], *, token: str, key: str = "", appid: str = "", person: str = "o"
) -> tuple[int, str]:
    """A push signed with one account's Token, sealed with the key of another and holding the AppID of a third."""
    key, appid = key or token[-1], appid or token[-1]
    number = next(_numbers)
    message = Text(
        to_user_name="g", from_user_name=person, create_time=int(time.time()), msg_id=number, content="?"
    )
    writer = PushWriter(token, key * 43, f"wx000000000000000{appid}", "safe")
    query, body = writer.seal(encode(message), int(time.time()), str(number), person)
    host, path = place
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", f"{path}?{urlencode(query)}", body, {"Host": host})
    response = connection.getresponse()
    found = response.read()
    connection.close()
    return response.status, str(
        read_xml(writer.open_reply(found))["Content"]
    ) if response.status == 200 else ""


@pytest.mark.parametrize(
    "workers",
    [1, pytest.param(2, marks=pytest.mark.skipif(sys.platform == "win32", reason="one process on Windows"))],
)
def test_every_account_is_at_its_address_and_every_road_across_is_refused(
    workers: int, tmp_path: Path
) -> None:
    text = configuration()
    if workers > 1:
        text = f'database = "sqlite:///{tmp_path / "data.db"}"\n' + text
    with running(tmp_path, "--workers", str(workers), text=text) as server:
        for turn, name in itertools.product((1, 2, 3), PLACES):
            assert ask(server.port, PLACES[name], token=f"token{name}") == (200, f"{name}{turn}")
        for one, two in itertools.permutations(PLACES, 2):
            roads = [
                {"token": f"token{one}"},  # as it is
                {"token": f"token{two}", "key": one, "appid": one},
                {"token": f"token{one}", "key": two, "appid": two},
                {"token": f"token{two}", "key": two, "appid": one},
                {"token": f"token{two}", "key": one, "appid": two},
            ]
            for road in roads:
                assert ask(server.port, PLACES[two], **road) == (403, ""), (one, two, road)
        for place in [
            ("x.test", "/"),
            ("x.test", "/b"),
            ("x.test", "/a/b"),
            ("x.test", "/A"),
            ("e.test", "/any"),
        ]:
            assert ask(server.port, place, token="tokena") == (404, "")
        assert ask(server.port, ("c.test", "/a"), token="tokenc") == (403, "")  # a path goes before a host
        for path in ("//a", "/b/c/../../a", "/%61", "/a;c", "/./a"):
            status, said = ask(server.port, ("c.test", path), token="tokena")
            assert (status, said) in {(403, ""), (404, ""), (200, "a4")}, path  # a's own, or nobody's
            assert status != 200
        assert ask(server.port, PLACES["a"], token="tokena") == (200, "a4")


def test_each_account_may_have_an_app_of_its_own_by_name(tmp_path: Path) -> None:
    with running(tmp_path, target="served:apps") as server:
        assert server.ready["kind"] == "program"
        assert ask(server.port, PLACES["a"], token="tokena") == (200, "a1")
        assert ask(server.port, PLACES["b"], token="tokenb") == (200, "other b")
        assert ask(server.port, PLACES["c"], token="tokenc") == (404, "")  # has no app


def test_a_single_account_answers_at_every_address(tmp_path: Path) -> None:
    with running(tmp_path, text=configuration("a")) as server:
        assert ask(server.port, ("y.test", "/anything"), token="tokena") == (200, "a1")


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGHUP")
def test_a_reload_takes_the_accounts_as_the_file_has_them_now(tmp_path: Path) -> None:
    database = f'database = "sqlite:///{tmp_path / "data.db"}"\n'
    with running(tmp_path, "--workers", "2", text=database + configuration("ab")) as server:
        assert ask(server.port, PLACES["c"], token="tokenc") == (404, "")
        text = database + configuration("abc", a="changeda")
        (tmp_path / "gongzhong.toml").write_text(text, "utf-8")
        server.process.send_signal(signal.SIGHUP)
        ends = time.monotonic() + 60
        while "已换成新的工作进程" not in server.said:
            assert time.monotonic() < ends, server.said
            time.sleep(0.1)
        assert ask(server.port, PLACES["c"], token="tokenc") == (200, "c1")
        assert ask(server.port, PLACES["a"], token="changeda") == (200, "a1")
        assert ask(server.port, PLACES["a"], token="tokena") == (403, "")
