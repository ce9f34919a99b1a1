"""`gongzhong coverage`: what of WeChat's interface is here, as numbers, as JSON, or as the page in docs/."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from .options import AsJson, option
from .outcome import DONE, FAILED
from .words import err, out, print_json, say


def coverage(
    *,
    write: Annotated[Path | None, option("把整页写到文件", "write the whole page to a file")] = None,
    check: Annotated[Path | None, option("检查文件是否过期", "tell whether a written page is stale")] = None,
    json: AsJson = False,
) -> int:
    from ..running.coverage import measure, page, summary

    measured = measure()
    if json:
        print_json({"summary": summary(measured), **msgspec.to_builtins(measured)})
        return DONE
    if write is not None:
        write.write_text(page(measured), "utf-8")
        err().print(say(f"已写入 {write}", f"wrote {write}"))
        return DONE
    if check is not None:
        return _check(check, page(measured))
    for line in _lines(summary(measured)):
        out().print(line, markup=False)
    return DONE


def _check(path: Path, current: str) -> int:
    written = path.read_text("utf-8") if path.exists() else ""
    if written == current:
        return DONE
    command = f"gongzhong coverage --write {path}"
    err().print(say(f"{path} 已过期：{command}", f"{path} is stale: {command}"))
    return FAILED


def _lines(counted: dict[str, int]) -> list[str]:
    return [
        say(
            f"接口 {counted['endpoints']}：有类型 {counted['typed']}，仅列出 {counted['listed']}；"
            f"平台有行为 {counted['behaviour']}，应答不变 {counted['constant']}，"
            f"仅校验 {counted['fallback']}，已下线 {counted['retired']}",
            f"endpoints {counted['endpoints']}: typed {counted['typed']}, listed {counted['listed']}; "
            f"simulated {counted['behaviour']}, always the same answer {counted['constant']}, "
            f"only checked {counted['fallback']}, withdrawn {counted['retired']}",
        ),
        say(
            f"推送 {counted['pushes']}：由行为产生 {counted['made']}，其余可用 gongzhong trigger 触发",
            f"pushes {counted['pushes']}: made by what happens {counted['made']}, the others by gongzhong trigger",
        ),
        say(
            f"返回码 {counted['codes']}：测试中由行为产生 {counted['given']}，仅能由故障注入产生 {counted['faults']}",
            f"return codes {counted['codes']}: given by behaviour in a test {counted['given']}, "
            f"by an ordered fault only {counted['faults']}",
        ),
    ]
