"""What no single value shows: accounts that WeChat cannot have given, addresses, names that are nearly right."""

from __future__ import annotations

import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from ..account import PREFIX, SECRETS
from ..database import read_url
from ..errors import SetupError
from .declaration import LISTED, every_setting
from .document import Document
from .given import Mistake, Note, Source, refused
from .settings import AccountSettings, Settings

OTHERS: Final = frozenset({"CONFIG", "DEBUG", "FILLED"})
"""Variables of our own that are no settings."""
FORMS: Final = {
    "path": (
        r"/[^\s?#%]*",
        "应以 / 开头，例如 /news，没有空白、?、# 和 %",
        "must begin with /, such as /news, and have no blank, ?, # or %",
    ),
    "host": (
        r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]",
        "应为主机名，例如 news.example.com，不带 https:// 和端口",
        "must be a host name such as news.example.com, without https:// and port",
    ),
}
"""The form of an account's path and host, and what is said of another one."""


def account_mistakes(settings: Settings, sources: Mapping[str, Source]) -> Iterator[Mistake]:
    """Names and addresses that are given twice, an account without AppID, fields that WeChat cannot have given."""
    for field in ("name", "appid"):
        values = Counter(getattr(one, field) for one in settings.account)
        for value, number in values.items():
            if number > 1:
                what = f"“{value}”" if value else ""
                yield Mistake(
                    f"{LISTED}.{field}",
                    "",
                    f"有 {number} 个账号的 {field} {what}相同",
                    f"{number} accounts have the same {field}{f' {value!r}' if value else ''}",
                )
    yield from _address_mistakes(settings.account, sources)
    for account in settings.account:
        yield from _mistakes_of(account, sources)


def _address_mistakes(
    accounts: Sequence[AccountSettings], sources: Mapping[str, Source]
) -> Iterator[Mistake]:
    """Two accounts at one address, and accounts without one beside others that have one."""
    holders: dict[str, AccountSettings] = {}
    for account in accounts:
        key = _key(account)
        if not account.address:
            if any(one.address for one in accounts):
                yield Mistake(
                    f"{key}.path",
                    _place(sources, f"{key}.appid"),
                    "没有写 path 或 host，而别的账号有：它的推送无处可去",
                    "has neither path nor host, and other accounts have: nothing finds it",
                )
            continue
        first = holders.setdefault(account.address, account)
        if first is not account:
            field = "path" if account.path else "host"
            yield Mistake(
                f"{key}.{field}",
                _place(sources, f"{key}.{field}"),
                f"地址 {account.address} 已经是账号“{first.name or first.appid}”的",
                f"the address {account.address} is that of the account {first.name or first.appid} already",
            )


def _place(sources: Mapping[str, Source], key: str) -> str:
    """Where the value of a key stands; empty for a default."""
    return sources.get(key, Source("default")).place


def _key(account: AccountSettings) -> str:
    return f"{LISTED}.{account.name}" if account.name else LISTED


def _mistakes_of(account: AccountSettings, sources: Mapping[str, Source]) -> Iterator[Mistake]:
    key = _key(account)
    for field in ("appid", *SECRETS, "encryption", "api_base"):
        problem = refused(lambda: _only(account, field))  # noqa: B023
        if problem is not None:
            place = _place(sources, f"{key}.{field}")
            yield Mistake(f"{key}.{field}", place, problem.text("zh"), problem.text("en"))
    for field, (form, zh, en) in FORMS.items():
        value = getattr(account, field)
        if value and not re.fullmatch(form, value):
            yield Mistake(f"{key}.{field}", _place(sources, f"{key}.{field}"), zh, en)


def _only(account: AccountSettings, field: str) -> None:
    """Raises SetupError when this one field is wrong, whatever the others are."""
    right = AccountSettings(appid=account.appid if field == "appid" else "wx0000000000000000")
    given = {field: getattr(account, field)}
    if field == "encryption":
        given["aes_key"] = account.aes_key
        if refused(lambda: _only(account, "aes_key")) is not None:
            return
    changed = {name: getattr(right, name) for name in right.__struct_fields__} | given
    if field.endswith("aes_key"):
        changed["encryption"] = "plain"
    AccountSettings(**changed).account()


def address_mistakes(settings: Settings, sources: Mapping[str, Source]) -> Iterator[Mistake]:
    """Addresses of databases that nothing can open. That of another kind of state is checked when it is opened."""
    addresses = {"database": settings.database, "state": settings.state, "people.keys": settings.people.keys}
    for key, given in addresses.items():
        address = given.reveal()
        is_database = key != "state" or address.partition(":")[0].startswith(("sqlite", "postgres"))
        problem: SetupError | None = None
        if address and is_database:
            problem = refused(lambda: read_url(address))  # noqa: B023
        if problem is not None:
            yield Mistake(key, _place(sources, key), problem.text("zh"), problem.text("en"))


def notes_of(
    document: Document, env: Mapping[str, str], sources: Mapping[str, Source], settings: Settings
) -> list[Note]:
    """Variables that are nearly those of settings, and secrets in a file that everybody on the machine may read."""
    found = [*_odd_variables(env, settings), *_open_files(document, sources)]
    if len(settings.account) > 1 and not any(one.address for one in settings.account):
        found.append(
            Note(
                "有几个账号，都没有 path 或 host：gongzhong serve 运行一个 App 时靠它们区分账号",
                "several accounts, none with path or host: gongzhong serve tells the accounts of an App apart by them",
            )
        )
    return found


def _odd_variables(env: Mapping[str, str], settings: Settings) -> Iterator[Note]:
    prefixes = {PREFIX, *(account.prefix for account in settings.account)}
    known = {one.variable(prefix) for one in every_setting(Settings) for prefix in prefixes}
    known |= {f"{name}_FILE" for name in known} | {PREFIX + name for name in OTHERS}
    for name in sorted(env):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.85)
            if near:
                yield Note(
                    f"环境变量 {name} 不起作用，是不是 {near[0]}？",
                    f"the variable {name} has no effect; did you mean {near[0]}?",
                )


def _open_files(document: Document, sources: Mapping[str, Source]) -> Iterator[Note]:
    secrets = {one.name for one in every_setting(Settings) if one.secret and one.table == LISTED}
    files = {Path(one.place) for one in sources.values() if one.kind == "secret_file"}
    in_document = any(
        source.kind == "file" and key.rpartition(".")[2] in secrets for key, source in sources.items()
    )
    if in_document and document.file is not None:
        files.add(document.file)
    for file in sorted(files):
        if file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH) and not str(file).startswith("/run/"):
            yield Note(
                f"{file} 里有密钥，其他用户也能读：chmod 600 {file}",
                f"{file} holds secrets and others may read it: chmod 600 {file}",
            )
