"""`gongzhong snapshot`: the whole state of a running platform under a name, to return to."""

from __future__ import annotations

import time
from typing import Annotated

from .options import AsJson, PlatformUrl, option
from .outcome import DONE
from .words import out, print_json, say

Name = Annotated[str, option("快照名", "name of the snapshot")]


def show(*, platform: PlatformUrl = None, json: AsJson = False) -> int:
    from ..running.control import Control

    found = Control(platform).get("snapshots")["snapshots"]
    if json:
        print_json(found)
        return DONE
    if not found:
        out().print(say("还没有快照", "no snapshots yet"))
    for one in found:
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one["now"]))
        out().print(f"{one['name']}  {say('平台时间', 'platform time')} {moment}")
    return DONE


def save(name: Name, /, *, platform: PlatformUrl = None) -> int:
    from ..running.control import Control

    Control(platform).post("snapshots", {"name": name})
    out().print(say(f"已保存快照 {name}", f"saved {name}"), markup=False)
    return DONE


def load(name: Name, /, *, platform: PlatformUrl = None) -> int:
    from ..running.control import Control

    Control(platform).post(f"snapshots/{name}/load", {})
    out().print(say(f"已回到快照 {name}", f"back to {name}"), markup=False)
    return DONE


def delete(name: Name, /, *, platform: PlatformUrl = None) -> int:
    from ..running.control import Control

    Control(platform).delete(f"snapshots/{name}")
    out().print(say(f"已删除快照 {name}", f"deleted {name}"), markup=False)
    return DONE


def reset(*, platform: PlatformUrl = None) -> int:
    from ..running.control import Control

    Control(platform).post("reset", {})
    out().print(say("已回到配置文件描述的状态；快照还在", "back to the configuration; snapshots are kept"))
    return DONE
