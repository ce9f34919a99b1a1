"""`gongzhong call`: any call of the catalogue, by the name that the client gives it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from ..wire.masking import secret_name
from .options import AccountName, AsJson, PlatformUrl, account_for, flag, option
from .outcome import DONE, USAGE, Usage
from .words import err, out, print_json, print_plain, say

if TYPE_CHECKING:
    from ..account import Account
    from ..running.named_calls import NamedCall


def call(
    name: Annotated[
        str | None,
        option("接口，如 template.send", "the call, such as template.send", dashes=True),
    ] = None,
    /,
    *options: Annotated[
        str,
        option(
            "--参数 值；值可以是 JSON 或 @文件",
            "--parameter value; a value may be JSON or @file",
            dashes=True,
        ),
    ],
    list_: Annotated[bool, flag("列出所有接口", "list all calls", name="--list")] = False,
    dry_run: Annotated[bool, flag("只显示请求，不发送", "show the request, send nothing")] = False,
    output: Annotated[Path | None, option("文件保存到这里", "where to save a file")] = None,
    show: Annotated[bool, flag("显示令牌等敏感字段", "show tokens in the answer")] = False,
    account: AccountName = None,
    platform: PlatformUrl = None,
    json: AsJson = False,
) -> int:
    from ..running.named_calls import WrongCall, find, options_of

    if list_:
        return _list(json)
    help_asked = {"--help", "-h"} & {name or "", *options}
    if name is None or name.startswith("-"):
        return _help(asked=bool(help_asked))
    try:
        named = find(name)
        if help_asked:
            return _describe(named)
        made = named.build(options_of(options))
    except WrongCall as mistake:
        raise Usage(mistake.zh, mistake.en, fix_zh=mistake.fix_zh, fix_en=mistake.fix_en) from None
    if dry_run:
        return _dry_run(made, account_for(platform, account))
    return _perform(named, made, account_for(platform, account), output, show)


def _perform(named: NamedCall, made: Any, account: Account, output: Path | None, show: bool) -> int:
    from ..catalogue.model import Download
    from ..client import Client

    with Client(account) as client:
        if named.pages:
            for item in client.walk(made):
                print_plain(msgspec.json.encode(item).decode())
            return DONE
        answer = client.perform(made)
    if isinstance(answer, Download):
        return _save(answer, output)
    print_json(msgspec.to_builtins(answer) if show else without_secrets(answer))
    return DONE


def without_secrets(answer: Any) -> Any:
    """The answer without tokens and other secrets: fields that a declared answer hides, and names of secrets."""
    hidden = getattr(type(answer), "hidden", ())
    values = msgspec.to_builtins(answer)
    if isinstance(values, dict):
        return {
            name: "***" if name in hidden or secret_name(name) else without_secrets(value)
            for name, value in values.items()
        }
    return [without_secrets(item) for item in values] if isinstance(values, list) else values


def _save(answer: Any, output: Path | None) -> int:
    if output is None and not sys.stdout.isatty():
        sys.stdout.buffer.write(answer.content)
        return DONE
    if output is None:
        raise Usage(
            f"返回的是文件（{len(answer.content)} 字节）",
            f"the answer is a file of {len(answer.content)} bytes",
            fix_zh="用 --output 保存",
            fix_en="save it with --output",
        )
    output.write_bytes(answer.content)
    err().print(say(f"已保存到 {output}", f"saved to {output}"))
    return DONE


def _dry_run(made: Any, account: Account) -> int:
    from ..catalogue.model import Host
    from ..running.named_calls import request_text

    print_plain(request_text(made, {host: getattr(account.hosts, host.value) for host in Host}))
    return DONE


def _list(as_json: bool) -> int:
    from rich.table import Table

    from ..running.named_calls import everything

    calls = list(everything())
    if as_json:
        print_json(
            [{"name": one.name, "summary": one.summary, "parameters": _parameters(one)} for one in calls]
        )
        return DONE
    table = Table(box=None, show_header=False)
    for one in calls:
        table.add_row(one.name, one.summary)
    out().print(table)
    return DONE


def _parameters(named: NamedCall) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "type": type_words(one.kind), "required": one.required}
        for one in named.parameters()
    ]


def _describe(named: NamedCall) -> int:
    import inspect

    from rich.table import Table

    out().print(f"gongzhong call {named.name}\n", style="bold")
    out().print(say(named.summary, inspect.getdoc(named.make) or ""), markup=False)
    out().print()
    table = Table(box=None, show_header=False)
    for one in named.parameters():
        need = say("必填", "required") if one.required else ""
        table.add_row(f"  --{one.name}", type_words(one.kind), need)
    out().print(table)
    return DONE


def type_words(kind: Any) -> str:
    """A type as a reader of the command line sees it."""
    schema = msgspec.json.schema(kind) if not _is_file(kind) else {"type": "@file"}
    return _words_of(schema)


def _is_file(kind: Any) -> bool:
    from typing import get_args

    from ..catalogue.model import Upload

    return kind is Upload or any(_is_file(part) for part in get_args(kind))


def _words_of(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "|".join(str(value) for value in schema["enum"] if value is not None)
    if "anyOf" in schema:
        return "|".join(_words_of(part) for part in schema["anyOf"] if part.get("type") != "null")
    if schema.get("type") == "array":
        return f"[{_words_of(schema.get('items', {}))}…]"
    simple = {
        "string": "text",
        "integer": "number",
        "number": "number",
        "boolean": "true|false",
        "@file": "@file",
    }
    return simple.get(str(schema.get("type")), "JSON")


def _help(*, asked: bool) -> int:
    from .application import build

    build().help_print(["call"], console=out() if asked else err())
    return DONE if asked else USAGE
