"""Putting a configuration together from its file, the environment and options, and checking all of it at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from ..account import PREFIX, Secret
from ..addresses import without_password
from ..errors import SetupError
from .checks import account_mistakes, address_mistakes, notes_of
from .declaration import LISTED, Setting, every_setting, tables
from .document import Document, read_document
from .given import Given, Mistake, Note, Sought, Source, converted, find
from .settings import AccountSettings, Settings, prefix_of

__all__ = ["Configuration", "Mistake", "Note", "Source", "WrongConfiguration", "read", "renew", "settings_of"]

FILE: Final = "gongzhong.toml"
"""What is read from the working directory when nothing names another file."""
FILE_VARIABLE: Final = f"{PREFIX}CONFIG"
FILLED: Final = f"{PREFIX}FILLED"
IN_PROGRAMS: Final = ("", LISTED, "replies", "people")
"""The tables that programs read from the environment (`OfficialAccount.from_env()` and what belongs to it)."""
ADDRESSES: Final = ("database", "state", "people.keys")
"""Secrets that are shown without their passwords."""
TABLES: Final = tables(Settings)
S = TypeVar("S", bound=msgspec.Struct)
OF_TABLE: Final = {
    table: tuple(one for one in every_setting(Settings) if one.table == table) for table in TABLES
}


class WrongConfiguration(SetupError):
    """A configuration that cannot be used: `mistakes` are all of them, each with its key and where it stands."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        listed_zh, listed_en = ("\n".join(one.text(lang) for one in mistakes) for lang in ("zh", "en"))
        super().__init__(
            f"配置有 {len(mistakes)} 处不对：\n{listed_zh}",
            f"the configuration has {len(mistakes)} mistake{'s' * (len(mistakes) > 1)}:\n{listed_en}",
        )
        self.mistakes = mistakes


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """A checked configuration: `settings`, and by key (`serve.port`, `account.news.secret`) where each came from."""

    settings: Settings
    sources: dict[str, Source]
    file: Path | None
    notes: list[Note]
    """What is no mistake and yet should be known."""

    @property
    def database(self) -> str:
        """The address of the durable data; empty if none is named."""
        return self.settings.database.reveal()

    @property
    def state(self) -> str:
        """The address of what processes share: that of `state`, else that of `database`; empty if neither is named."""
        return (self.settings.state or self.settings.database).reveal()

    def fill(self, env: MutableMapping[str, str]) -> None:
        """Set the variables that `OfficialAccount.from_env()` reads, where they are not set: for the process that
        imports the program, before it does. GONGZHONG_FILLED names them, for `renew` in processes that inherit them."""
        filled = set(env.get(FILLED, "").split())
        for name, value in self.environment().items():
            if not env.get(name, "").strip():
                env[name] = value
                filled.add(name)
        env[FILLED] = " ".join(sorted(filled))

    def environment(self) -> dict[str, str]:
        """What a program reads from the environment, as variables. Secrets stand in it."""
        found: dict[str, str] = {}
        for entry in self.entries():
            if entry.source.kind != "default" and entry.variable and entry.setting.table in IN_PROGRAMS:
                found[entry.variable] = as_text(entry.value)
        for account in self.settings.account or (AccountSettings(),):
            if self.state:
                found.setdefault(f"{account.prefix}STATE", self.state)
            if self.database:
                found.setdefault(f"{account.prefix}DATABASE", self.database)
        return found

    def entries(self) -> list[Entry]:
        """Every setting with its value and source, in the order of the declaration; those of each account in turn."""
        found: list[Entry] = []
        for table, declared in OF_TABLE.items():
            if table == LISTED:
                found += [self._entry(one, account) for account in self.settings.account for one in declared]
            else:
                holder = getattr(self.settings, table) if table else self.settings
                found += [self._entry(one, holder) for one in declared]
        return found

    def _entry(self, setting: Setting, holder: Any) -> Entry:
        account = holder.name if isinstance(holder, AccountSettings) else None
        key = key_of(setting, account)
        return Entry(
            key=key,
            setting=setting,
            value=getattr(holder, setting.name),
            source=self.sources.get(key, Source("default")),
            variable=setting.variable(prefix_of(account or "")),
        )


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as it counts."""

    key: str
    setting: Setting
    value: Any
    source: Source
    variable: str

    def shown(self) -> str:
        """The value for people: a secret as ***, an address without its password."""
        if isinstance(self.value, Secret):
            text = self.value.reveal()
            return (without_password(text) if self.setting.key in ADDRESSES else "***") if text else ""
        return as_text(self.value)


def key_of(setting: Setting, account: str | None = None) -> str:
    """The key of a setting, with the name of the account that it belongs to."""
    return f"{LISTED}.{account}.{setting.name}" if account else setting.key


def read(
    file: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Configuration:
    """The configuration of this process.

    The file is `file`, else the one that GONGZHONG_CONFIG names, else gongzhong.toml in the working directory if there
    is one. `options` are values by key (`{"serve.port": 8080}`) that go before all others; None is not given. Raises
    WrongConfiguration with every mistake that was found, SetupError for a file that cannot be read.
    """
    env = os.environ if env is None else env
    document = read_document(_file(file, env))
    reading = _Reading(document, env, options or {})
    settings = reading.settings()
    mistakes = [*document.mistakes, *reading.mistakes]
    if not mistakes:
        mistakes = [
            *account_mistakes(settings, reading.sources),
            *address_mistakes(settings, reading.sources),
        ]
    if mistakes:
        raise WrongConfiguration(mistakes)
    return Configuration(
        settings=settings,
        sources=reading.sources,
        file=document.file,
        notes=notes_of(document, env, reading.sources, settings),
    )


def settings_of(table: type[S], env: Mapping[str, str]) -> S:
    """The settings of one table as variables say, else the defaults: in a program, whatever file there is.

    Raises WrongConfiguration for a variable that cannot be its setting.
    """
    reading = _Reading(Document(None, {}, {}), env, {})
    name = next(name for name, struct in TABLES.items() if struct is table)
    found = table(**reading.values(name))
    if reading.mistakes:
        raise WrongConfiguration(reading.mistakes)
    return found


def renew(env: MutableMapping[str, str]) -> Configuration:
    """The configuration as it is now, in a process that inherited what `fill` set: filled in anew.

    Without this, a value of the file would stay as it was when the first process read it. Raises as `read` does.
    """
    filled = env.pop(FILLED, None)
    for name in (filled or "").split():
        env.pop(name, None)
    found = read(env=env)
    if filled is not None:
        found.fill(env)
    return found


def _file(file: str | Path | None, env: Mapping[str, str]) -> Path | None:
    named = file or env.get(FILE_VARIABLE, "").strip()
    if named:
        return Path(named)
    return Path(FILE) if Path(FILE).is_file() else None


class _Reading:
    """One pass over all settings: what was found, where it came from, what is wrong."""

    def __init__(self, document: Document, env: Mapping[str, str], options: Mapping[str, Any]) -> None:
        self._document, self._env, self._options = document, env, options
        self.mistakes: list[Mistake] = []
        self.sources: dict[str, Source] = {}

    def settings(self) -> Settings:
        values: dict[str, Any] = self.values("")
        for table, struct in TABLES.items():
            if table == LISTED:
                values[table] = tuple(self._accounts())
            elif table:
                values[table] = struct(**self.values(table))
        return Settings(**values)

    def _accounts(self) -> list[AccountSettings]:
        listed = self._document.repetitions(LISTED)
        names = [self._document.table(LISTED, number).get("name", "") for number in range(listed)]
        found = [
            AccountSettings(**self.values(LISTED, number, name if isinstance(name, str) else ""))
            for number, name in enumerate(names)
        ]
        if "" not in names and self._env.get(f"{PREFIX}APPID", "").strip():
            # The account of the environment alone.
            found.insert(0, AccountSettings(**self.values(LISTED, listed)))
        return found

    def values(self, table: str, number: int = 0, account: str | None = None) -> dict[str, Any]:
        """The values that were given for a table's settings; what was not given is left to the default."""
        content = self._document.table(table, number)
        found: dict[str, Any] = {}
        for setting in OF_TABLE[table]:
            sought = Sought(
                setting=setting,
                key=key_of(setting, account),
                variable=setting.variable(prefix_of(account or "")),
                env=self._env,
                option=self._options.get(setting.key),
                content=content,
                place=lambda name: self._document.place(table, number, name),
                folder=self._document.folder,
            )
            given = find(sought, self.mistakes)
            if given is not None:
                self._take(sought, given, found)
        return found

    def _take(self, sought: Sought, given: Given, found: dict[str, Any]) -> None:
        value = converted(sought, given, self.mistakes)
        if value is not None:
            found[sought.setting.name] = value
            self.sources[sought.key] = given.source


def as_text(value: Any) -> str:
    """As an environment variable has it."""
    if value is None:
        return ""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
