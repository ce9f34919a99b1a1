"""The same call as curl, as `gongzhong call` and in Python: each runs as pasted.

On the platform the token and the account's credentials stand in it in clear, for they exist nowhere else. For WeChat
itself they are taken from the environment by the shell: this module never sees them.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from ...account import PREFIX
from ...catalogue.encoding import encode_values
from ...catalogue.listed import lines
from ...catalogue.model import Call, Upload
from ...catalogue.registry import chapter_of
from ..python_source import Call as Source
from ..python_source import called

AnyCall = type[Call[Any]]

INLINE_BYTES: Final = 4096
"""A longer file is not written into the code: it must lie in the folder."""
TOKEN, APPID, SECRET = "\0token\0", "\0appid\0", "\0secret\0"
"""Stand in a request until they become text or variables of the shell."""


class CallCode(msgspec.Struct, frozen=True, kw_only=True):
    """One call in four ways."""

    curl: str
    cli: str
    python: str
    python_async: str


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls where. Without a secret the account is that of the environment, under `prefix`."""

    base: str
    appid: str
    secret: str = ""
    token: str = ""
    prefix: str = ""

    def filled(self, text: str) -> str:
        """A word for the shell: quoted, with the values or the variables in the places that want them."""
        word = shlex.quote(text)
        if not self.prefix:
            pairs = ((TOKEN, self.token), (APPID, self.appid), (SECRET, self.secret))
        else:
            pairs = (
                (TOKEN, "'\"$(gongzhong token --show)\"'"),
                (APPID, f"'\"${self.prefix}APPID\"'"),
                (SECRET, f"'\"${self.prefix}SECRET\"'"),
            )
        for place, value in pairs:
            word = word.replace(place, value)
        return word

    def exports(self) -> list[str]:
        """What the command line needs to know to be the account of the environment."""
        if not self.prefix:
            return []
        names = ("APPID", "SECRET", "API_BASE", "PROXY")
        return ["export " + " ".join(f'{PREFIX}{name}="${self.prefix}{name}"' for name in names)]


def code_of(call: AnyCall, values: Mapping[str, Any], caller: Caller, method: str) -> CallCode:
    """The call with these values. `method` is the client's (`template.send`); without one the class is named."""
    return CallCode(
        curl=_curl(call, values, caller),
        cli=_cli(call, values, caller, method),
        python="\n".join(_python(call, values, caller, method, awaits=False)) + "\n",
        python_async="\n".join(_python(call, values, caller, method, awaits=True)) + "\n",
    )


def _files(values: Mapping[str, Any]) -> Iterator[str]:
    """Commands that write the small files into the folder; the others must be there."""
    for value in values.values():
        if isinstance(value, Upload) and value.size <= INLINE_BYTES:
            content = base64.b64encode(value.content).decode()
            yield f"printf %s {content} | base64 -d > {shlex.quote(value.filename)}"


def _curl(call: AnyCall, values: Mapping[str, Any], caller: Caller) -> str:
    spec = call.spec
    meant = {"appid": APPID, "secret": SECRET}
    encoded = encode_values(call, values, {name: meant[what] for name, what in spec.inject.items()})
    query = {**({"access_token": TOKEN} if spec.token else {}), **encoded.query}
    pairs = "&".join(f"{quote(name, safe='')}={_escaped(value)}" for name, value in query.items())
    address = caller.base + spec.address + (f"?{pairs}" if pairs else "")
    words = [f"curl {caller.filled(address)}"]
    if any(isinstance(value, Upload) for value in values.values()):
        words += [
            f"-F {shlex.quote(_part(name, value, spec.file_kind or str(values.get('type', ''))))}"
            for name, value in values.items()
            if value is not None and not spec.in_query(name)
        ]
    elif encoded.body is not None:
        text = bytes(encoded.body).decode().replace("\\u0000", "\0")
        words += [
            f"-H {shlex.quote(f'Content-Type: {encoded.content_type}')}",
            f"--data-raw {caller.filled(text)}",
        ]
    elif spec.verb == "POST":
        words.append("-X POST -d ''")
    return "\n".join([*caller.exports(), *_files(values), " \\\n  ".join(words)]) + "\n"


def _escaped(text: str) -> str:
    return text if text in (TOKEN, APPID, SECRET) else quote(text, safe="")


def _part(name: str, value: Any, kind: str) -> str:
    if isinstance(value, Upload):
        sent = value.named(kind)
        return f"{name}=@{value.filename};filename={sent.filename};type={sent.content_type}"
    return f"{name}={value if isinstance(value, str) else msgspec.json.encode(value).decode()}"


def _cli(call: AnyCall, values: Mapping[str, Any], caller: Caller, method: str) -> str:
    listed = call.spec.path in lines()
    words = [f"gongzhong call {call.spec.path if listed else method or call.__name__}"]
    if not caller.prefix:
        words.append(f"--platform {shlex.quote(caller.base)} --account {caller.appid}")
    for name, value in _arguments(call, values, listed).items():
        text = f"@{value.filename}" if isinstance(value, Upload) else _as_option(value)
        words.append(shlex.quote(f"--{name}={text}"))
    return "\n".join([*caller.exports(), *_files(values), " \\\n  ".join(words)]) + "\n"


def _as_option(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _arguments(call: AnyCall, values: Mapping[str, Any], listed: bool) -> dict[str, Any]:
    """The values by the names of the client's method: those of Python where the wire's differ."""
    attributes = {field.encode_name: field.name for field in msgspec.structs.fields(call)}
    named = {attributes.get(name, name): value for name, value in values.items() if value not in (None, {})}
    if listed:
        return {"file" if isinstance(value, Upload) else name: value for name, value in named.items()}
    return named


def _python(
    call: AnyCall, values: Mapping[str, Any], caller: Caller, method: str, *, awaits: bool
) -> Iterator[str]:
    listed = call.spec.path in lines()
    arguments = _arguments(call, values, listed)
    files = {value.filename: value for value in arguments.values() if isinstance(value, Upload)}
    small = any(one.size <= INLINE_BYTES for one in files.values())
    name = "AsyncClient" if awaits else "Client"
    by_class = not (method or listed)
    yield from (["import asyncio"] if awaits else [])
    yield from (["from base64 import b64decode"] if small else [])
    yield from ([""] if awaits or small else [])
    wanted = ["Account", name, *(["Hosts"] if not caller.prefix else []), *(["Upload"] if files else [])]
    yield f"from gongzhong import {', '.join(sorted(wanted))}"
    yield from ([f"from gongzhong.catalogue.{chapter_of(call)} import {call.__name__}"] if by_class else [])
    yield ""
    yield from _account(caller)
    shown = {key: _literal(value) for key, value in arguments.items()}
    if by_class:
        sent = called(f"client.perform({call.__name__}", before="", **shown)
        sent[-1] += ")"
    elif listed:
        sent = called("client.listed.call", call.spec.path, **shown)
    else:
        sent = called(f"client.{method}", **shown)
    sent[0] = f"answer = {'await ' if awaits else ''}{sent[0]}"
    yield from _used(sent, name, awaits=awaits)


def _account(caller: Caller) -> Iterator[str]:
    if caller.prefix:
        yield f'account = Account.from_env(prefix="{caller.prefix}")'
        return
    yield "account = Account("
    yield f'    appid="{caller.appid}",'
    yield f'    secret="{caller.secret}",'
    yield f'    hosts=Hosts.local("{caller.base}"),'
    yield ")"


def _used(sent: list[str], name: str, *, awaits: bool) -> Iterator[str]:
    lines = [*(f"    {line}" for line in sent), "print(answer)"]
    if not awaits:
        yield from (f"with {name}(account) as client:", *lines)
        return
    yield from ("", "", "async def main() -> None:", f"    async with {name}(account) as client:")
    yield from (f"    {line}" for line in lines)
    yield from ("", "", "asyncio.run(main())")


def _literal(value: Any) -> Any:
    if not isinstance(value, Upload):
        return value
    if value.size > INLINE_BYTES:
        return Source(f"Upload.of({value.filename!r})")
    content = base64.b64encode(value.content).decode()
    return Source(f'Upload.of(b64decode("{content}"), {value.filename!r})')
