"""People's data of all accounts of one database, opened: the data, the key store beside it, and the master key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..account import Secret
from ..clock import Clock
from ..config import PeopleData
from ..database import DatabaseUrl, read_url
from ..errors import SetupError
from .directory import Directory, Unsubscribed, declared_in
from .erasure import Also, Elsewhere, Erasure
from .key_tables import KeyTables, open_key_database
from .keys import Keyring
from .masters import Masters, masters_from, read_master
from .purposes import Purposes
from .records import Records
from .tables import PeopleTables
from .unions import Unions
from .upkeep import Job, Upkeep
from .vault import Vault

if TYPE_CHECKING:
    from ..client import AsyncClient
    from ..store import WorkStore


class People:
    """Gives each account its own objects. One per process, used by all of its accounts."""

    def __init__(self, keyring: Keyring, tables: PeopleTables, clock: Clock | None = None) -> None:
        self.keyring, self.tables = keyring, tables
        self.clock = clock or Clock()

    def vault(self, account: str) -> Vault:
        """The people of this AppID."""
        return Vault(account, self.keyring, self.tables, self.clock)

    def records(self, account: str, purposes: Purposes, elsewhere: Sequence[Elsewhere] = ()) -> Records:
        """What is stored about the people of this AppID, for the declared purposes; `elsewhere` is told of fields that
        go."""
        return Records(self.vault(account), purposes, elsewhere)

    def directory(
        self,
        account: str,
        purposes: Purposes,
        api: AsyncClient,
        *,
        open_platform: str = "",
        unsubscribed: Unsubscribed | None = None,
    ) -> Directory:
        """The followers of this AppID; `api` is the account's client. With `open_platform`, the AppID of the Open
        Platform account, they are joined to those of other accounts by UnionID. `unsubscribed` is called with the
        OpenID of whoever turns out to follow no more; without it their field `subscribe` becomes 0."""
        unions = self.unions(account, open_platform) if open_platform else None
        return Directory(
            self.records(account, purposes), api, self._work(), unions=unions, unsubscribed=unsubscribed
        )

    def unions(self, account: str, open_platform: str) -> Unions:
        """What joins the people of this AppID to those of others of the same Open Platform account."""
        return Unions(self.vault(account), open_platform)

    def upkeep(
        self,
        account: str,
        purposes: Purposes,
        api: Callable[[], AsyncClient],
        *,
        sync_hours: float = 24.0,
        open_platform: str = "",
        unsubscribed: Unsubscribed | None = None,
        elsewhere: Sequence[Elsewhere] = (),
        more: Mapping[str, Job] | None = None,
    ) -> Upkeep:
        """What is done from time to time for this AppID, `more` besides. `api` is asked for when the program declares
        fields that WeChat's list of followers gives; `elsewhere` is told of fields that go."""
        directory = None
        if declared_in(purposes, joins=bool(open_platform)):
            directory = self.directory(
                account, purposes, api(), open_platform=open_platform, unsubscribed=unsubscribed
            )
        return Upkeep(
            self.records(account, purposes, elsewhere),
            self.erasure(account, elsewhere=elsewhere),
            self._work(),
            directory,
            sync_s=sync_hours * 3600,
            unions=self.unions(account, open_platform) if open_platform else None,
            more=more,
        )

    def _work(self) -> WorkStore:
        from ..store.sql import SqlWork

        return SqlWork(self.tables.database, self.clock)

    def erasure(
        self, account: str, also: Sequence[Also] = (), elsewhere: Sequence[Elsewhere] = ()
    ) -> Erasure:
        """Erasure in this AppID; `also` erases what is kept about a person elsewhere, `elsewhere` what is kept of
        single fields and of the account."""
        return Erasure(self.vault(account), also, elsewhere)

    async def replay(self, elsewhere: Sequence[Elsewhere] = ()) -> int:
        """After the database was restored from a copy: erase again what was erased since. How much."""
        tables = self.keyring.tables
        accounts = {*await tables.erased_accounts(), *await self.keyring.accounts()}
        replayed = [await self.erasure(account, elsewhere=elsewhere).replay() for account in sorted(accounts)]
        return sum(replayed)

    async def close(self) -> None:
        await self.tables.close()
        await self.keyring.close()


def open_people(
    url: DatabaseUrl, masters: Masters, *, keys: DatabaseUrl | None = None, clock: Clock | None = None
) -> People:
    """Open the data of a database whose tables are there (`store.migrate.prepare`), and its key store.

    Raises SetupError when the key store is not apart from the data. Nothing is connected before the first use.
    """
    from ..database.statements import open_database

    key_url = key_store_of(url, keys)
    keyring = Keyring(KeyTables(open_key_database(key_url)), masters, clock)
    return People(keyring, PeopleTables(open_database(url)), clock)


def configured(settings: PeopleData, database: str, clock: Clock | None = None) -> People | None:
    """What the configuration says; None without a master key. The tables are made if the database is new.

    Raises SetupError when database, key store or master key cannot be used.
    """
    masters = masters_of(settings)
    if masters is None:
        return None
    if not database:
        raise SetupError(
            "个人数据需要数据库，没有说明是哪一个",
            "people's data needs a database, and none is named",
            fix_zh="设置 GONGZHONG_DATABASE，或在 gongzhong.toml 里写 database",
            fix_en="set GONGZHONG_DATABASE, or write database into gongzhong.toml",
        )
    url = read_url(database)
    keys = key_store_of(url, read_url(settings.keys.reveal()) if settings.keys else None)
    from ..store.version import require_tables

    require_tables(url)
    return open_people(url, masters, keys=keys, clock=clock)


def masters_of(settings: PeopleData) -> Masters | None:
    """The master keys that the configuration names; None without any. With a key service the others only unwrap.

    Raises SetupError for a key, or a function of a key service, that cannot be used.
    """
    named = (settings.master_key, settings.previous_master_key)
    local = [read_master(one) for one in named if one]
    if settings.kms:
        return masters_from(settings.kms, local)
    return Masters(local[0], local[1:]) if settings.master_key else None


def from_environment(env: Mapping[str, str]) -> PeopleData:
    """The settings that a program reads from the environment. Raises SetupError for a word that means nothing."""

    def secret(name: str) -> Secret:
        return Secret(env.get(f"GONGZHONG_PEOPLE_{name}", "").strip())

    policy = env.get("GONGZHONG_PEOPLE_UNSUBSCRIBE", "").strip() or "erase"
    if policy not in ("erase", "keep"):
        raise SetupError(
            f"GONGZHONG_PEOPLE_UNSUBSCRIBE={policy}：应该是 erase 或 keep",
            f"GONGZHONG_PEOPLE_UNSUBSCRIBE={policy}: expected erase or keep",
        )
    return PeopleData(
        master_key=secret("MASTER_KEY"),
        previous_master_key=secret("PREVIOUS_MASTER_KEY"),
        kms=env.get("GONGZHONG_PEOPLE_KMS", "").strip(),
        keys=secret("KEYS"),
        unsubscribe="keep" if policy == "keep" else "erase",
        sync_hours=_hours(env.get("GONGZHONG_PEOPLE_SYNC_HOURS", "").strip()),
    )


def _hours(given: str) -> float:
    try:
        return float(given) if given else PeopleData().sync_hours
    except ValueError:
        raise SetupError(
            f"GONGZHONG_PEOPLE_SYNC_HOURS={given}：应该是小时数",
            f"GONGZHONG_PEOPLE_SYNC_HOURS={given}: expected a number of hours",
        ) from None


def key_store_of(url: DatabaseUrl, keys: DatabaseUrl | None) -> DatabaseUrl:
    """Where the keys are: as configured, else for SQLite a second file beside the first.

    Raises SetupError when they would be in the same database as the data, whose copies must not contain them.
    """
    if keys is None:
        if url.kind != "sqlite":
            raise SetupError(
                "个人数据的密钥须存放在另一个数据库里，但没有说明是哪一个",
                "the keys of people's data belong into a database of their own, and none is named",
                fix_zh="建一个数据库，设置 people.keys（GONGZHONG_PEOPLE_KEYS），例如 postgresql://app@db/gongzhong_keys",
                fix_en="create one and set people.keys (GONGZHONG_PEOPLE_KEYS), such as "
                "postgresql://app@db/gongzhong_keys",
            )
        path = Path(url.path)
        beside = str(path.with_name(f"{path.stem}-keys{path.suffix}"))
        return DatabaseUrl(kind="sqlite", place=f"sqlite:///{beside}", path=beside)
    same_file = url.kind == keys.kind == "sqlite" and Path(url.path).absolute() == Path(keys.path).absolute()
    if same_file or (url.kind == keys.kind == "postgresql" and url.place == keys.place):
        raise SetupError(
            "密钥库和数据在同一个数据库里：备份数据时会连同密钥一起备份",
            "the key store is in the same database as the data: copies of the data would contain the keys",
            fix_zh="让 people.keys 指向另一个数据库",
            fix_en="let people.keys name another database",
        )
    return keys
