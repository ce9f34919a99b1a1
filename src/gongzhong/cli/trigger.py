"""`gongzhong trigger` and `gongzhong resend`: pushes on demand from a platform that runs in another terminal."""

from __future__ import annotations

import json as json_text
from typing import Annotated, Any

from ..errors import GongzhongError
from .options import AccountName, AsJson, PlatformUrl, flag, option, wrong_words
from .outcome import DONE, FAILED, Usage
from .words import out, print_json, say

SCENE_PREFIX = {"subscribe": "qrscene_", "scan": ""}


class NotPushed(GongzhongError):
    """Nothing was sent, because the account has no callback URL."""


def trigger(
    event: Annotated[
        str | None,
        option("事件或消息的名字", "name of the event or message"),
    ] = None,
    /,
    *fields: Annotated[str, option("字段=值；里层写成 A.B=值", "field=value; inner ones as A.B=value")],
    person: Annotated[str | None, option("谁，默认第一个人", "who; the first person by default")] = None,
    scene: Annotated[str | None, option("带参数二维码的场景值", "scene value of the scanned code")] = None,
    account: AccountName = None,
    platform: PlatformUrl = None,
    list_: Annotated[
        bool,
        flag("列出可以触发的推送", "list what can be triggered", name="--list"),
    ] = False,
    json: AsJson = False,
) -> int:
    from ..running.control import Control

    control = Control(platform)
    if list_:
        return _list(control.get("trigger")["events"], json)
    if event is None:
        raise Usage(
            "没有说明触发什么",
            "nothing to trigger was named",
            fix_zh="用 --list 查看",
            fix_en="--list shows what there is",
        )
    body = {
        "appid": control.account(account)["appid"],
        "person": person or _first_person(control.get("state")["people"]),
        "event": event,
        "fields": _fields(event, fields, scene),
    }
    with wrong_words():
        outcome = control.post("trigger", body)
    return show_outcome(control, outcome, json)


def resend(
    seq: Annotated[int, option("流量记录的编号", "number of the traffic entry")],
    /,
    *,
    platform: PlatformUrl = None,
    json: AsJson = False,
) -> int:
    from ..running.control import Control

    control = Control(platform)
    return show_outcome(control, control.post(f"traffic/{seq}/resend", {}), json)


def show_outcome(control: Any, outcome: dict[str, Any], as_json: bool) -> int:
    """How the push ended, and the reply if there was one."""
    from .screen import traffic_line

    entries = [control.get(f"traffic/{seq}") for seq in outcome["entries"]]
    if not entries and outcome["ok"]:
        raise NotPushed(
            outcome["zh"],
            outcome["en"],
            fix_zh="在平台页面的“服务器配置”填写回调地址，或用 gongzhong dev 启动程序（它会自己登记）",
            fix_en="enter a callback URL on the platform's page, or start the program with `gongzhong dev`, which does",
        )
    if as_json:
        print_json({**outcome, "traffic": entries})
    else:
        for entry in entries:
            out().print(traffic_line(entry))
        if not entries:
            out().print(say(outcome["zh"], outcome["en"]))
        reply = entries and (entries[-1]["response_decrypted"] or (entries[-1]["response"] or {}).get("body"))
        if isinstance(reply, str) and reply:
            out().print(reply, style="dim", markup=False)
    return DONE if outcome["ok"] else FAILED


def _list(events: list[dict[str, Any]], as_json: bool) -> int:
    if as_json:
        print_json(events)
        return DONE
    from rich.table import Table

    table = Table(box=None, show_header=False)
    for event in events:
        table.add_row(event["name"], say(event["zh"], event["en"]))
    out().print(table)
    return DONE


def _first_person(people: list[dict[str, Any]]) -> str:
    return str(people[0]["name"]) if people else ""


def _fields(event: str, given: tuple[str, ...], scene: str | None) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if scene is not None:
        prefix = SCENE_PREFIX.get(event.lower())
        if prefix is None:
            raise Usage("--scene 只用于 subscribe 和 SCAN", "--scene goes with subscribe and SCAN only")
        fields["EventKey"] = prefix + scene
        fields["Ticket"] = "example-ticket"
    for field in given:
        name, equals, value = field.partition("=")
        if not equals or not name:
            raise Usage(f"不明白 {field}：写成 字段=值", f"cannot read {field}: write field=value")
        _place(fields, name.split("."), json_text.loads(value) if _is_json(value) else value, field)
    return fields


def _place(fields: dict[str, Any], path: list[str], value: Any, field: str) -> None:
    """Put a value where `A.B` says; a name that is given again becomes a list. Raises Usage."""
    *outer, name = path
    for step in outer:
        fields = fields.setdefault(step, {})
        if not isinstance(fields, dict):
            raise Usage(f"{field}：{step} 已经有一个值", f"{field}: {step} has a value already")
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], dict):
        raise Usage(f"{field}：{name} 里已经有字段", f"{field}: {name} has fields already")
    else:
        present = fields[name]
        fields[name] = [*(present if isinstance(present, list) else [present]), value]


def _is_json(value: str) -> bool:
    """Only objects and lists: a number as text is what the wire has anyway."""
    if not value.startswith(("{", "[")):
        return False
    try:
        json_text.loads(value)
    except ValueError:
        return False
    return True
