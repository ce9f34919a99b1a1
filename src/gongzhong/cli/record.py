"""`gongzhong record`: a conversation on the pages, written down as a test."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from .options import AccountName, PlatformUrl, flag, option
from .outcome import DONE, Usage
from .words import err, out, say

if TYPE_CHECKING:
    from ..running.control import Control


def record(
    *,
    output: Annotated[Path, option("写到这个测试文件", "the test file to write", name=("--output", "-o"))],
    app: Annotated[str, option("被测程序，模块:对象", "the program, module:attribute")] = "app:oa",
    account: AccountName = None,
    platform: PlatformUrl = None,
    overwrite: Annotated[bool, flag("覆盖已有文件", "replace an existing file")] = False,
) -> int:
    from ..running.control import Control

    if output.exists() and not overwrite:
        raise Usage(
            f"{output} 已存在",
            f"{output} exists",
            fix_zh="换一个文件名，或加 --overwrite",
            fix_en="choose another name, or add --overwrite",
        )
    control = Control(platform)
    control.post("recording/start", {"appid": control.account(account)["appid"]})
    err().print(
        say(
            f"正在录制：在手机页面 {control.url} 上操作，完成后按回车",
            f"recording: use the phone page {control.url}, then press Enter",
        )
    )
    _until_enter()
    return _write(control, output, app)


def _until_enter() -> None:
    try:
        sys.stdin.readline()
    except KeyboardInterrupt:
        err().print()


def _write(control: Control, output: Path, app: str) -> int:
    length = control.post("recording/stop", {})["length"]
    source = control.text(f"recording/test?target={app}")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(source, "utf-8")
    out().print(
        say(f"已把 {length} 个操作写成测试 {output}", f"{length} acts written as a test: {output}"),
        markup=False,
    )
    return DONE
