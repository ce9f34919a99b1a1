"""`gongzhong doctor`: checks of an account and its callback server, or of a whole deployment, with causes and fixes.

The exit status: 0 nothing is wrong, 1 something is, 2 not everything could be found out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from ..errors import SetupError, language
from .config import File as Config
from .config import read
from .options import AccountName, AsJson, PlatformUrl, option
from .outcome import DONE, Usage
from .words import out, print_json, say

if TYPE_CHECKING:
    from ..account import Account
    from ..running.doctor import Finding

MARKS = {
    "ok": ("✓", "green"),
    "wrong": ("✗", "red"),
    "warning": ("!", "yellow"),
    "note": ("·", "dim"),
    "skipped": ("–", "dim"),
    "unknown": ("?", "yellow"),
}


def doctor(
    *,
    config: Config = None,
    url: Annotated[
        str | None,
        option(
            "服务器地址（回调 URL）；几个账号时是公网地址，各账号的路径接在后面",
            "the callback URL; with several accounts the public address, to which their paths are added",
        ),
    ] = None,
    appid: Annotated[str | None, option("默认读 GONGZHONG_APPID", "else GONGZHONG_APPID")] = None,
    secret: Annotated[str | None, option("默认读 GONGZHONG_SECRET", "else GONGZHONG_SECRET")] = None,
    token: Annotated[str | None, option("默认读 GONGZHONG_TOKEN", "else GONGZHONG_TOKEN")] = None,
    aes_key: Annotated[str | None, option("默认读 GONGZHONG_AES_KEY", "else GONGZHONG_AES_KEY")] = None,
    encryption: Annotated[
        Literal["plain", "compatible", "safe"] | None, option("加解密方式", "mode of encryption")
    ] = None,
    api_base: Annotated[str | None, option("接口地址，默认微信", "API base, WeChat by default")] = None,
    account: AccountName = None,
    platform: PlatformUrl = None,
    json: AsJson = False,
) -> int:
    from ..running.doctor import exit_status

    given = {
        "APPID": appid,
        "SECRET": secret,
        "TOKEN": token,
        "AES_KEY": aes_key,
        "ENCRYPTION": encryption,
        "API_BASE": api_base,
    }
    findings = _examined(given, config, url, platform, account)
    status = exit_status(findings)
    if json:
        print_json({"ok": status == DONE, "status": status, "findings": msgspec.to_builtins(findings)})
    else:
        _show(findings)
    return status


def _examined(
    given: Mapping[str, str | None],
    config: Path | None,
    url: str | None,
    platform: str | None,
    account: str | None,
) -> list[Finding]:
    """The findings about the deployment of a configuration, or about the one account that the options name."""
    from ..running.embedded import run_loop

    single = platform is not None or any(value is not None for value in given.values())
    if config is not None and single:
        raise Usage(
            "--config 检查配置里的账号，不能再给出 --platform、--appid 等",
            "--config checks the accounts of the configuration: leave out --platform, --appid and the like",
        )
    if config is not None or (not single and account is None and _configured()):
        return run_loop(_deployment(config, url, account or ""))
    return run_loop(_findings(*_patient(given, url, platform, account)))


def _configured() -> bool:
    """Whether a configuration file is found where every command looks for it."""
    from ..config import FILE, FILE_VARIABLE

    return bool(os.environ.get(FILE_VARIABLE, "").strip()) or Path(FILE).is_file()


async def _deployment(file: Path | None, base: str | None, only: str) -> list[Finding]:
    from ..running.doctor import diagnose_deployment

    return await diagnose_deployment(file, base, only=only)


async def _findings(patient: Account, url: str | None) -> list[Finding]:
    from ..running.doctor import diagnose
    from ..state import open_state

    try:
        address = read(None).state
    except SetupError:
        address = ""  # what is wrong with the account itself is the doctor's to say
    state = open_state(address) if address else None
    try:
        return await diagnose(patient, url, state=state)
    finally:
        if state is not None:
            await state.close()


def _patient(
    given: Mapping[str, str | None], url: str | None, platform: str | None, name: str | None
) -> tuple[Account, str | None]:
    """The account to check: options first, then the platform's account if one is asked for, then the environment."""
    from ..running.doctor.settings import AsGiven

    env: dict[str, str] = dict(os.environ)
    if platform is not None or name is not None:
        saved = _saved(platform, name)
        saved_url = saved.pop("URL")
        url = url or saved_url or None
        env |= {f"GONGZHONG_{key}": value for key, value in saved.items()}
    env |= {f"GONGZHONG_{key}": value for key, value in given.items() if value is not None}
    return AsGiven.from_env(env), url


def _saved(platform: str | None, name: str | None) -> dict[str, Any]:
    from ..running.control import Control

    control = Control(platform)
    found = control.revealed(name)
    fields = ("appid", "secret", "token", "aes_key", "encryption", "url")
    return {**{field.upper(): found[field] for field in fields}, "API_BASE": control.url}


def _show(findings: list[Finding]) -> None:
    from rich.table import Table
    from rich.text import Text

    lang = language()
    table = Table(box=None, show_header=False, pad_edge=False)
    heading = ""
    for finding in findings:
        if finding.account != heading:
            heading = finding.account
            table.add_row(Text(""), Text(f"\n{heading}", style="bold"))
        mark, style = MARKS[finding.status]
        words = Text(finding.text(lang), style="" if finding.status in ("ok", "wrong") else style)
        if finding.fix(lang) and finding.status != "ok":
            words.append(f"\n→ {finding.fix(lang)}", style="bold")
        table.add_row(Text(mark, style=style), words)
    out().print(table)
    wrong = sum(finding.status == "wrong" for finding in findings)
    unknown = sum(finding.status == "unknown" for finding in findings)
    summary, style = say("没有发现问题", "nothing wrong was found"), "green"
    if wrong:
        summary, style = say(f"{wrong} 处不对", f"{wrong} wrong"), "red"
    elif unknown:
        summary, style = say(f"{unknown} 处没能检查", f"{unknown} could not be checked"), "yellow"
    out().print(Text(f"\n{summary}", style=style))
