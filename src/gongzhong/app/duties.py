"""What one account at work does to stored data: after pushes and calls, and from time to time.

Data of people is erased and kept fresh, results of campaigns are kept. Nothing of this happens where data of people is
not in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from ..catalogue.model import Call
from ..messages import MassSendJobFinish, Push, Subscribe, SubscribeMsgSent, TemplateSendJobFinish
from .privacy import PRIVACY, React, until_done

if TYPE_CHECKING:
    from ..campaigns.results import Results
    from ..people import Certificate, Directory, Erasure, People, Upkeep
    from .binding import Binding

AFTERWARDS: Final = (*PRIVACY, TemplateSendJobFinish, MassSendJobFinish, SubscribeMsgSent)
"""Pushes after which something is always done."""


class Duties:
    """Of one binding, on its event loop."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._changed: set[str] = set()
        """OpenIDs of people whose tags or remark this process has changed, to be read again."""

    def follow(self, push: Push) -> bool:
        """Whether more is to be done with this push than its handlers do: it asks for an erasure, tells of a new
        follower whose fields are stored, or of a message of a campaign."""
        if isinstance(push, AFTERWARDS):
            return self._binding.people is not None
        return isinstance(push, Subscribe) and self._binding.people is not None and self._lists_followers

    async def after(self, push: Push) -> None:
        """Do that, after the handlers: tried again while database or key store are down.

        Raises StateDown when that lasts for minutes.
        """
        if not isinstance(push, (*PRIVACY, Subscribe)):
            await until_done(lambda: self._results.hear(push))
            return
        binding = self._binding
        erasure = self._erasure()
        directory = self._directory() if self._lists_followers else None
        await React(erasure, binding.app.purposes, directory, keeps=self._keeps).to(push)

    async def erase(
        self, openid: str, fields: Sequence[str] | None, *, reason: str, by: str
    ) -> Certificate | None:
        """Erase a person, or these fields of theirs."""
        if fields is not None:
            return await self._erasure().fields(openid, fields, reason=reason, by=by)
        return await self._erasure().person(openid, reason=reason, by=by)

    def performed(self, call: Call[Any]) -> None:
        """Note whose tags or remark a call has changed. May be called from any thread."""
        from ..catalogue.tags import TagUsers, UntagUsers  # with the first call: see `client.groups`
        from ..catalogue.users import SetRemark

        match call:
            case TagUsers() | UntagUsers():
                changed = call.openid_list
            case SetRemark():
                changed = [call.openid]
            case _:
                return
        if self._lists_followers:
            self._changed.update(changed)

    async def tend(self) -> None:
        """Do what is due: retention, erasures to be ended, the directory.

        Raises StateDown, and what the client raises.
        """
        await self._note_changed()
        await self._upkeep.step()

    async def _note_changed(self) -> None:
        """Have the people read again whom calls have changed; the next time, when that fails."""
        noted = [self._changed.pop() for _ in range(len(self._changed))]
        if not noted:
            return
        try:
            await self._directory().note(noted)
        except BaseException:
            self._changed.update(noted)
            raise

    @property
    def _keeps(self) -> bool:
        """Whether people who unsubscribe are kept."""
        return self._binding.people_settings.unsubscribe == "keep"

    async def _erase_unsubscribed(self, openid: str) -> None:
        await self._erasure().person(openid, reason="unsubscribe", by="directory")

    def _erasure(self) -> Erasure:
        binding = self._binding
        also = [binding.sessions.forget, *([binding.shared.forget] if binding.shared is not None else [])]
        return self._people.erasure(binding.account.appid, also, binding.kept_elsewhere)

    @property
    def _people(self) -> People:
        assert self._binding.people is not None
        return self._binding.people

    @cached_property
    def _results(self) -> Results:
        """Hears result events of campaigns."""
        from ..campaigns.result_tables import ResultTables
        from ..campaigns.results import Results

        binding = self._binding
        tables = ResultTables(self._people.tables.database)
        return Results(tables, self._people.vault(binding.account.appid), binding.clock)

    async def _empty_campaigns(self) -> None:
        """Empty the variables of campaigns that ended long ago."""
        from ..campaigns.tables import KEEP_VARIABLES_S, CampaignTables

        binding = self._binding
        before = binding.clock.now() - KEEP_VARIABLES_S
        await CampaignTables(self._people.tables.database).empty_ended(binding.account.appid, before)

    @property
    def _lists_followers(self) -> bool:
        """Whether the program declares fields that WeChat's list of followers gives."""
        from ..people.directory import declared_in

        return bool(declared_in(self._binding.app.purposes, joins=bool(self._binding.open_platform)))

    def _directory(self) -> Directory:
        binding = self._binding
        return self._people.directory(
            binding.account.appid, binding.app.purposes, binding.api, open_platform=binding.open_platform
        )

    @cached_property
    def _upkeep(self) -> Upkeep:
        from ..people.upkeep import Job

        binding = self._binding
        return self._people.upkeep(
            binding.account.appid,
            binding.app.purposes,
            lambda: binding.api,
            sync_hours=binding.people_settings.sync_hours,
            open_platform=binding.open_platform,
            unsubscribed=None if self._keeps else self._erase_unsubscribed,
            elsewhere=binding.kept_elsewhere,
            more={"campaigns": Job(86_400.0, self._empty_campaigns)},
        )
