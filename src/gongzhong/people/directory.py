"""The followers of an account as people with fields: read page by page, and taken up again where it stopped.

It is kept fresh in between: who subscribed, or was given another tag or remark, is noted (`note`) as a row of work, and
read again (`catch_up`) by whichever process comes first. Which fields are stored, the program declares (`collects`):
those of `FIELDS`, under WeChat's names. Fields of the basis "service" are stored for everybody, others only where the
person has agreed. Without any declared field only numbers are made, and no call but 获取用户列表 is needed.

Whoever follows no more, and whose unsubscribing did not arrive, is found at the end of a full reading: a field of
`FOLLOWERS_ONLY` was stored before it and not again. When WeChat says of such a person that they do not follow,
`unsubscribed` is called. Who has no such field may be a visitor of a web page, and is left alone.

The place that was reached is a row of the table of work. Whoever holds it does the next page; when a process dies,
another one goes on after LEASE_S. A page that is done twice does no harm.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from .. import facts
from ..errors import ParameterError, SetupError, say
from ..store import NewWork, Work, WorkStore
from .errors import NoConsent
from .purposes import Collected, Purposes
from .records import Records
from .tables import StoredField
from .unions import UNIONID, Unions

if TYPE_CHECKING:
    from ..catalogue.users import Follower
    from ..client import AsyncClient

log = logging.getLogger("gongzhong.people")

Unsubscribed: TypeAlias = Callable[[str], Awaitable[object]]
"""What is done about whoever follows no more, by OpenID."""
KIND: Final = "directory"
CHANGED: Final = "follower"
"""The kind of work for one person who is to be read again; its data is the person's number."""
AGAIN_S: Final = 60.0
LEASE_S: Final = 60.0
"""How long a page stays with a process that says nothing any more; renewed with every call to WeChat."""
FIELDS: Final = (
    "subscribe",
    "subscribe_time",
    "subscribe_scene",
    "language",
    "remark",
    "groupid",
    "tagid_list",
    "unionid",
    "qr_scene",
    "qr_scene_str",
)
"""Fields of 获取用户基本信息 that can be declared. Names and pictures are no longer given by WeChat."""
FOLLOWERS_ONLY: Final = frozenset(FIELDS) - {"language", "unionid"}
"""Those that nothing but WeChat's list of followers gives: who has one has followed the account."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a synchronisation is: people done, of how many (0: not known yet), and where it goes on."""

    done: int = 0
    total: int = 0
    next_openid: str = ""
    ended: bool = False


class Directory:
    """Reads the followers of one account. `store` is the table of work, `holder` names this process in it.

    `unsubscribed` is called with the OpenID of whoever turns out to follow no more; without it `left` notes that.
    """

    def __init__(
        self,
        records: Records,
        api: AsyncClient,
        store: WorkStore,
        holder: str = "",
        unions: Unions | None = None,
        unsubscribed: Unsubscribed | None = None,
    ) -> None:
        self._records, self._api, self._store, self._unions = records, api, store, unions
        self._account = records.vault.account
        self._unsubscribed = unsubscribed
        self._holder = holder or f"directory-{secrets.token_hex(8)}"
        self._declared = declared_in(records.purposes, joins=unions is not None)

    async def sync(self, told: Callable[[Progress], None] = lambda progress: None) -> Progress:
        """Read all followers, or go on where it stopped before; what came out.

        The outcome's `ended` is False when another process is at it. Raises what the client raises; calling again
        then goes on with the same page.
        """
        first = NewWork(kind=KIND, key=KIND, data=msgspec.json.encode(Progress()))
        await self._store.add(self._account, [first])
        progress = Progress()
        while taken := await self._store.take(self._account, KIND, self._holder, 1, LEASE_S):
            progress = await self._piece(taken[0])
            told(progress)
            if progress.ended:
                break
        return progress

    async def refresh(self, openid: str) -> None:
        """Read one person again: after they subscribed, or their tags were changed."""
        if self._declared:
            await self._store_all([await self._api.users.get(openid=openid)])
        else:
            await self._records.vault.numbers([openid])

    async def note(self, openids: Sequence[str]) -> None:
        """Have these people read again soon."""
        numbers = await self._records.vault.numbers(openids)
        await self._store.add(
            self._account, [NewWork(kind=CHANGED, data=str(number).encode()) for number in numbers]
        )

    async def catch_up(self) -> int:
        """Read the people who were noted, up to a hundred; how many. What fails is tried again after AGAIN_S."""
        noted = await self._store.take(self._account, CHANGED, self._holder, facts.USER_BATCH, LEASE_S)
        if not noted:
            return 0
        try:
            numbers = list(dict.fromkeys(int(work.data) for work in noted))
            openids = [one for one in await self._records.vault.openids(numbers) if one is not None]
            if self._declared and openids:
                await self._store_all((await self._api.users.get_many(openids=openids)).user_info_list)
        except BaseException as problem:
            due = self._store.clock.now() + AGAIN_S
            for work in noted:
                await self._store.put_back(work, type(problem).__name__, due=due)
            raise
        await self._store.settle(noted, self._account)
        return len(noted)

    async def left(self, openid: str) -> None:
        """Note that a person has unsubscribed whose data is kept: `subscribe` becomes 0, if it is declared and
        its consent, where it needs one, stands."""
        [number] = await self._records.vault.find([openid])
        if number is not None and any(one.field == "subscribe" for one in self._declared):
            with suppress(NoConsent):
                await self._records.store(openid, "subscribe", 0)

    async def _piece(self, work: Work) -> Progress:
        """One page, and the place after it. After an error the page is free for the next attempt at once."""
        try:
            progress = await self._page(msgspec.json.decode(work.data, type=Progress))
            left = await self._look_for_missing(work.created_at) if progress.ended else 0
        except BaseException as problem:
            await self._store.put_back(work, type(problem).__name__)
            raise
        if progress.ended:
            await self._records.audit.append("sync", by="directory", people=progress.done, left=left)
            await self._store.finish(work)
        else:
            await self._store.put_back(work, "", data=msgspec.json.encode(progress))
        return progress

    async def _page(self, so_far: Progress) -> Progress:
        page = await self._api.users.list(next_openid=so_far.next_openid)
        openids = page.data.openid
        if not openids:
            return msgspec.structs.replace(so_far, ended=True, total=page.total or so_far.total)
        await self._records.vault.numbers(openids)
        if self._declared:
            for batch in _batches(openids):
                await self._store_all((await self._api.users.get_many(openids=batch)).user_info_list)
                await self._store.renew(self._holder, LEASE_S)
        return Progress(
            done=so_far.done + len(openids),
            total=page.total or 0,
            next_openid=page.next_openid or "",
            ended=not page.next_openid,
        )

    async def _look_for_missing(self, since: float) -> int:
        """Ask WeChat about each follower who was not read since then; how many follow no more."""
        fields = [one.field for one in self._declared if one.field in FOLLOWERS_ONLY]
        left, after = 0, 0
        while numbers := await self._records.vault.tables.not_read(self._account, fields, since, after):
            for number, openid in zip(numbers, await self._records.vault.openids(numbers), strict=True):
                if openid is not None:
                    left += await self._has_left(number, openid)
            after = numbers[-1]
        return left

    async def _has_left(self, number: int, openid: str) -> bool:
        """Whether a person follows no more, and it was not known: it is noted then. Who follows is stored again."""
        if self._unsubscribed is None and await self._records.read(openid, "subscribe") in (0, None):
            return False
        await self._store.renew(self._holder, LEASE_S)
        try:
            follower = await self._api.users.get(openid=openid)
        except ParameterError as problem:
            log.warning(
                say(
                    "%s 的 %d 号人员，无法确认是否关注：%s", "%s: whether person %d follows is not known: %s"
                ),
                self._account,
                number,
                problem.errcode,
            )
            return False
        if follower.subscribe:
            await self._store_all([follower])
            return False
        await (self._unsubscribed or self.left)(openid)
        return True

    async def _store_all(self, followers: Sequence[Follower]) -> None:
        """Store the declared fields of people; nothing of those who left meanwhile (subscribe 0)."""
        present = [one for one in followers if one.subscribe]
        numbers = await self._records.vault.numbers([one.openid for one in present])
        wanted: list[tuple[int, Any, bytes]] = [
            (number, declared, msgspec.json.encode(value))
            for number, one in zip(numbers, present, strict=True)
            for declared in self._declared
            if (value := getattr(one, declared.field)) is not None
        ]
        sealed = await self._records.vault.seal(
            (number, declared.field, plain) for number, declared, plain in wanted
        )
        now = self._records.vault.clock.now()
        await self._records.vault.tables.put_fields(
            self._account,
            [
                (number, StoredField(declared.field, value, declared.purpose, now), declared)
                for (number, declared, _), value in zip(wanted, sealed, strict=True)
            ],
        )
        unionids = {number: one.unionid for number, one in zip(numbers, present, strict=True) if one.unionid}
        if self._unions is not None and unionids:
            await self._join(self._unions, unionids)

    async def _join(self, unions: Unions, unionids: dict[int, str]) -> None:
        """Let people be found by their UnionIDs; says so, and joins nobody, when WeChat knows of no such binding."""
        try:
            await unions.check(self._api)
        except SetupError as problem:
            log.error("%s", problem)
            self._unions = None
        else:
            await unions.note(unionids)


def declared_in(purposes: Purposes, *, joins: bool) -> list[Collected]:
    """The declared fields that WeChat's list gives; the UnionID only where people are joined by it."""
    return [one for one in purposes if one.field in FIELDS and (joins or one.field != UNIONID)]


def _batches(openids: Sequence[str]) -> Iterator[list[str]]:
    size = facts.USER_BATCH
    return (list(openids[start : start + size]) for start in range(0, len(openids), size))
