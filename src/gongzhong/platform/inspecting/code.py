"""A row as code: curl that runs as pasted, the command, Python of both kinds, and a test.

The account's secret stands in it in clear, for it exists nowhere else: only routes that a page of another site cannot
order may give it.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ...catalogue.encoding import DecodeProblem, decode
from ...catalogue.model import Call
from ...catalogue.registry import by_path
from ...messages import Click, Message, Push, Scan, Subscribe, Text, Unsubscribe, View
from ...reasons import NOT_JSON
from ..debugging.code import Caller, code_of
from ..python_source import called, literal
from ..rows.words import Names, push_of
from ..traffic import Delivery, Exchange, Row

FETCH: Final = 'sed \'s/.*"access_token":"\\([^"]*\\)".*/\\1/\''


class RowCode(msgspec.Struct, frozen=True, kw_only=True):
    """The same in several ways; empty where there is none."""

    curl: str = ""
    cli: str = ""
    python: str = ""
    python_async: str = ""
    test: str = ""


def code_for(row: Row, names: Names, caller: Caller, methods: Mapping[str, str]) -> RowCode:
    """The row as code. `methods` says what the client calls a class of the catalogue."""
    if isinstance(row, Delivery):
        return _push(row, names, caller) if row.kind == "push" else RowCode()
    return _call(row, caller, methods) if row.kind == "api" else RowCode(curl=_plain_curl(row, caller.base))


def _push(row: Delivery, names: Names, caller: Caller) -> RowCode:
    platform = shlex.quote(caller.base)
    push = push_of(row.body)
    sent = row.attempts[-1] if row.attempts else None
    return RowCode(
        curl="" if sent is None else _plain_curl(sent, ""),
        cli=f"gongzhong resend {row.number} --platform {platform}\n",
        test="" if push is None else "\n".join(_test_of_push(row, push, names)) + "\n",
    )


def _plain_curl(entry: Exchange, base: str) -> str:
    """The request as it went out, byte for byte."""
    words = [f"curl {shlex.quote(base + entry.url)}"]
    content_type = entry.request_headers.get("content-type", "text/xml")
    if entry.request_body:
        words += [
            f"-H {shlex.quote(f'Content-Type: {content_type}')}",
            f"--data-raw {shlex.quote(entry.request_body.decode('utf-8', 'replace'))}",
        ]
    elif entry.method == "POST":
        words.append("-X POST -d ''")
    return " \\\n  ".join(words) + "\n"


def _test_of_push(row: Delivery, push: Push, names: Names) -> list[str]:
    """A test in which the same person does the same, and reads the same answer."""
    person = row.person or names.person(row.appid, push.openid) or "somebody"
    act = _act(push, row.appid, names)
    follows = [] if isinstance(push, Subscribe) else ["    somebody.follows()"]
    return [
        "from app import oa",
        "from gongzhong.testing import LocalPlatform",
        "",
        "",
        "def test_what_comes_of_it(platform: LocalPlatform) -> None:",
        "    platform.connect(oa)",
        f"    somebody = platform.person({literal(person)})",
        *follows,
        f"    lines = {act[0]}",
        *(f"    {line}" for line in act[1:]),
        "    assert [line.text for line in lines] == [...]  # what the person should read",
    ]


def _act(push: Push, appid: str, names: Names) -> list[str]:
    match push:
        case Text():
            return called("somebody.says", push.content)
        case Click() | View():
            return called("somebody.taps", *names.button(appid, push).split(" › "))
        case Subscribe():
            scene = (push.event_key or "").removeprefix("qrscene_")
            return called("somebody.follows", **({"scene": scene} if scene else {}))
        case Unsubscribe():
            return ["somebody.unfollows()"]
        case Scan():
            return called("somebody.follows", scene=push.event_key)
        case Message():
            return called("somebody.sends", push.msg_type)
    return ["somebody.waits(1)"]


def _call(entry: Exchange, caller: Caller, methods: Mapping[str, str]) -> RowCode:
    call = by_path(entry.url.partition("?")[0], entry.method, entry.query.get("action", ""))
    if call is None:
        return RowCode(curl=_plain_curl(entry, caller.base))
    values = values_of(call, entry)
    with_variable = replace(caller, token="'\"$TOKEN\"'")
    method = methods.get(call.__name__, "")
    made = code_of(call, values, with_variable, method)
    curl = f"{_fetching(caller)}\n{made.curl}" if call.spec.token else made.curl
    return RowCode(
        curl=curl,
        cli=made.cli,
        python=made.python,
        python_async=made.python_async,
        test="\n".join(_test_of_call(call, values, method)) + "\n" if method else "",
    )


def _fetching(caller: Caller) -> str:
    """A line of the shell that fetches a token which ends no other one."""
    wanted = {"grant_type": "client_credential", "appid": caller.appid, "secret": caller.secret}
    body = shlex.quote(msgspec.json.encode(wanted).decode())
    address = shlex.quote(f"{caller.base}/cgi-bin/stable_token")
    return f"TOKEN=$(curl -s {address} -H 'Content-Type: application/json' -d {body} | {FETCH})"


def values_of(call: type[Call[Any]], entry: Exchange) -> dict[str, Any]:
    """The parameters of a call by their names on the wire, also of one that was wrong."""
    query = {name: value for name, value in entry.query.items() if name not in ("access_token", "action")}
    given: dict[str, Any] = {name: value for name, value in query.items() if name not in call.spec.inject}
    if call.spec.rest:
        given = {call.spec.rest: given}
    content_type = entry.request_headers.get("content-type", "")
    try:
        body = msgspec.json.decode(entry.request_body) if entry.request_body else {}
        if isinstance(body, dict) and call.spec.whole:
            return given | {call.spec.whole: body}
        if isinstance(body, dict):
            return given | {name: value for name, value in body.items() if name not in call.spec.inject}
    except NOT_JSON:
        pass
    try:
        made = decode(call, entry.query, entry.request_body, content_type)
    except DecodeProblem:
        return given
    fields = msgspec.structs.fields(made)
    found = {field.encode_name: getattr(made, field.name) for field in fields}
    return given | {name: value for name, value in found.items() if value is not None}


def _test_of_call(call: type[Call[Any]], values: Mapping[str, Any], method: str) -> list[str]:
    attributes = {field.encode_name: field.name for field in msgspec.structs.fields(call)}
    shown = {attributes.get(name, name): value for name, value in values.items()}
    sent = called(f"platform.client(oa).{method}", before="answer = ", **shown)
    return [
        "from app import oa",
        "from gongzhong.testing import LocalPlatform",
        "",
        "",
        f"def test_{method.replace('.', '_')}(platform: LocalPlatform) -> None:",
        "    platform.connect(oa)",
        *(f"    {line}" for line in sent),
        "    assert answer == ...",
    ]
