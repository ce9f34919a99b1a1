"""`gongzhong faults`: what goes wrong between an account and a running platform."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from .options import AccountName, AsJson, PlatformUrl, flag, option, wrong_words
from .outcome import DONE, Usage
from .words import out, print_json, say

if TYPE_CHECKING:
    from ..running.control import Control

PUSH_ONLY, API_ONLY = ("duplicate", "reorder"), ("errcode", "status")


def show(*, platform: PlatformUrl = None, json: AsJson = False) -> int:
    from ..running.control import Control

    return _show(Control(platform).get("faults")["faults"], json)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Details:
    """How it goes wrong, and how often."""

    code: Annotated[int, option("返回码", "return code", dashes=True)] = -1
    status: Annotated[int, option("HTTP 状态码", "HTTP status")] = 502
    seconds: Annotated[float, option("延迟的秒数", "how late, in seconds")] = 1.0
    rate: Annotated[float, option("概率，0 到 1", "how often, 0 to 1")] = 1.0
    seed: Annotated[int, option("随机种子", "seed of chance")] = 1
    times: Annotated[int | None, option("最多几次", "at most so often")] = None
    carried_out: Annotated[
        bool | None, option("出错前是否已执行", "whether it is carried out before it goes wrong")
    ] = None


def add(
    kind: Annotated[
        Literal["errcode", "status", "delay", "drop", "duplicate", "reorder"],
        option(
            "返回码、HTTP 5xx、延迟、断线、重复推送、乱序推送",
            "return code, HTTP 5xx, late, broken, push twice, push overtaken",
        ),
    ],
    target: Annotated[
        str | None,
        option("接口（template.send 或路径）或推送（text、CLICK），默认全部", "call or push; all by default"),
    ] = None,
    /,
    *,
    push: Annotated[bool, flag("是推送，不是接口", "a push, not a call")] = False,
    details: Details | None = None,
    account: AccountName = None,
    platform: PlatformUrl = None,
    json: AsJson = False,
) -> int:
    from ..running.control import Control

    control = Control(platform)
    if push and kind in API_ONLY:
        raise Usage(f"推送没有 {kind} 故障", f"a push cannot have {kind}")
    side = "push" if push or kind in PUSH_ONLY else "api"
    order: dict[str, Any] = {
        "side": side,
        "kind": kind,
        "target": (target or "") if side == "push" else _path_of(target or ""),
        "appid": control.account(account)["appid"] if account else "",
        **asdict(details or Details()),
    }
    order["errcode"], order["delay_s"] = order.pop("code"), order.pop("seconds")
    with wrong_words():
        ordered = control.post("faults", order)
    return _show([ordered], json)


def clear(
    number: Annotated[int | None, option("编号，默认全部", "its number; all by default")] = None,
    /,
    *,
    platform: PlatformUrl = None,
) -> int:
    from ..running.control import Control

    control: Control = Control(platform)
    lifted = control.delete("faults" if number is None else f"faults/{number}")["lifted"]
    out().print(say(f"已解除 {lifted} 个故障", f"{lifted} lifted"))
    return DONE


def _path_of(target: str) -> str:
    """A call may have the name that the client gives it, or WeChat's path."""
    if "." not in target or "/" in target:
        return target
    from ..running.named_calls import WrongCall, find

    try:
        return find(target).path
    except WrongCall as mistake:
        raise Usage(mistake.zh, mistake.en, fix_zh=mistake.fix_zh, fix_en=mistake.fix_en) from None


def _show(faults: list[dict[str, Any]], as_json: bool) -> int:
    if as_json:
        print_json(faults)
        return DONE
    if not faults:
        out().print(say("没有注入的故障", "no faults"))
        return DONE
    from rich.table import Table

    table = Table(box=None)
    for heading in (
        "#",
        say("故障", "fault"),
        say("目标", "where"),
        say("概率", "rate"),
        say("次数", "struck"),
    ):
        table.add_column(heading)
    for one in faults:
        detail = {"errcode": one["errcode"], "status": one["status"]}.get(
            one["kind"], f"{one['delay_s']:g} s"
        )
        what = one["kind"] if one["kind"] in ("drop", "duplicate") else f"{one['kind']} {detail}"
        where = f"{one['side']} {one['target'] or '*'} {one['appid']}".rstrip()
        limit = "" if one["times"] is None else f"/{one['times']}"
        table.add_row(str(one["id"]), what, where, f"{one['rate']:g}", f"{one['hits']}{limit}")
    out().print(table)
    return DONE
