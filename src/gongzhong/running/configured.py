"""From an `App`, or several by name, and the configuration to the accounts that are served.

An `App` knows no account: each `[[account]]` of the configuration becomes one binding, found by its `host` and `path`.
The configuration is read in the process that serves, so a worker that starts later has the accounts as they are then.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeGuard

from ..account import PREFIX, EnvironmentAccount
from ..app.accounts import Accounts
from ..app.app import App
from ..app.binding import Binding, Services
from ..app.connections import Connections
from ..app.official_account import OfficialAccount
from ..app.served import Served
from ..config import AccountSettings, read
from ..errors import SetupError

Program: TypeAlias = App | Mapping[str, App]
"""One app for every account, or the app of each account by the account's name."""


def is_program(value: Any) -> TypeGuard[Program]:
    """Whether this needs the configuration to be served: an `App` that is no account, or apps by name."""
    if isinstance(value, Mapping):
        return bool(value) and all(
            isinstance(name, str) and isinstance(app, App) for name, app in value.items()
        )
    return isinstance(value, App) and not isinstance(value, Served)


def configured(program: Program) -> Served:
    """One binding for each `[[account]]`: the binding itself for a single one, else `Accounts` by host and path.

    Without any `[[account]]` an `App` serves the account of the environment. Raises SetupError for accounts without
    an address or with the same one, and for names that the apps and the accounts do not have in common.
    """
    found = read()
    found.fill(os.environ)
    accounts = {account.name: account for account in found.settings.account}
    if not isinstance(program, Mapping):
        apps: dict[str, App] = dict.fromkeys(accounts, program) or {"": program}
    else:
        apps = dict(program)
        _check_names(apps, accounts)
    services = Services(connections=Connections())
    bound = {name: _bind(name, app, accounts.get(name), services) for name, app in apps.items()}
    if len(bound) == 1:
        return next(iter(bound.values()))
    if nowhere := [name for name in bound if not accounts[name].address]:
        raise _no_address(accounts[nowhere[0]])
    return Accounts({accounts[name].address: one for name, one in bound.items()})


def require_named(served: Served) -> None:
    """Raises SetupError when a program asks the environment for an account that it lacks, and the configuration has
    accounts under names: it says how to get at them."""
    source = served.only.source if served.only is not None else None
    if not isinstance(source, EnvironmentAccount) or source.is_named():
        return
    named = [one for one in read().settings.account if one.name]
    if named:
        names, prefix = [one.name for one in named], named[0].prefix
        raise SetupError(
            f"没有设置 {source.prefix}APPID；配置里的账号有名字：{'、'.join(names)}",
            f"{source.prefix}APPID is not set; the accounts of the configuration have names: {', '.join(names)}",
            fix_zh=f'写 OfficialAccount.from_env("{prefix}")，或用 App：它为配置里的每个账号工作',
            fix_en=f'write OfficialAccount.from_env("{prefix}"), or an App, which works for every account there',
        )


def _bind(name: str, app: App, account: AccountSettings | None, services: Services) -> Binding:
    """The account at work; all share connections. An OfficialAccount has its own account, which must be this one."""
    prefix = account.prefix if account is not None else PREFIX
    if not isinstance(app, OfficialAccount):
        return app.bind(EnvironmentAccount(prefix), services)
    appid = account.appid if account is not None else ""
    if app.account.appid != appid:
        raise SetupError(
            f"{name!r} 的 OfficialAccount 属于 AppID {app.account.appid}，配置里这个账号是 {appid}",
            f"the OfficialAccount of {name!r} has the AppID {app.account.appid}, the configuration says {appid}",
            fix_zh="换成 App：账号由配置决定",
            fix_en="make it an App: the configuration says which account it is",
        )
    return app.binding


def _check_names(apps: Mapping[str, App], accounts: Mapping[str, AccountSettings]) -> None:
    """Raises SetupError for an app without its account. An account without an app is not served here."""
    if missing := [name for name in apps if name not in accounts]:
        there = [repr(name) for name in accounts]
        raise SetupError(
            f"配置里没有名为 {missing[0]!r} 的 [[account]]",
            f"the configuration has no [[account]] named {missing[0]!r}",
            fix_zh=f"有：{'、'.join(there)}"
            if there
            else "在 gongzhong.toml 里写上它，见 docs/serving.zh-CN.md",
            fix_en=f"there are: {', '.join(there)}"
            if there
            else "add it to gongzhong.toml, see docs/serving.md",
        )


def _no_address(account: AccountSettings) -> SetupError:
    shown, prefix = account.name or account.appid, account.prefix
    return SetupError(
        f"有几个账号，但 {shown} 没有 path 或 host：不知道哪些请求是它的",
        f"there are several accounts, and {shown} has neither path nor host: no request is known to be its",
        fix_zh=f'在它的 [[account]] 里写 path = "/…" 或 host = "…"，或设置 {prefix}CALLBACK_PATH、'
        f"{prefix}CALLBACK_HOST，与微信后台的服务器地址一致",
        fix_en=f'give its [[account]] path = "/…" or host = "…", or set {prefix}CALLBACK_PATH or '
        f"{prefix}CALLBACK_HOST, as in its server address at WeChat",
    )
