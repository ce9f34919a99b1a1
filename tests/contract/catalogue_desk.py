"""Refusals of customer service, statistics and recognition."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from gongzhong import facts
from gongzhong.catalogue import (
    ai,
    article_statistics,
    card_statistics,
    customer_service,
    old_article_statistics,
    statistics,
)
from gongzhong.catalogue.ai import PictureCall
from gongzhong.catalogue.model import Call, Upload
from gongzhong.catalogue.registry import CALLS
from gongzhong.testing import PNG

from .catalogue_calls import SUCCEEDS, new_agent
from .catalogue_steps import (
    AnyCall,
    Provocation,
    Provocations,
    again,
    before,
    having,
    performing,
    rules,
    settings,
)
from .catalogue_world import JPG, MP3, Shop

ANOTHER_PNG = PNG + b"another"
"""A picture of which nobody said what is on it."""


def _early(kind: AnyCall) -> Provocation:
    """Before eight in the morning the data of yesterday are not there."""

    def provoke(shop: Shop) -> object:
        shop.clock.advance(hours=19)
        call: Any = SUCCEEDS[kind](shop)
        return shop.perform(msgspec.structs.replace(call, begin_date="2026-03-18", end_date="2026-03-18"))

    return provoke


def _daily(*kinds: AnyCall) -> dict[AnyCall, Provocations]:
    """Statistics by the day: today's are not over."""
    today = {"begin_date": "2026-03-18", "end_date": "2026-03-18"}
    return {kind: {61501: having(kind, **today), 61503: _early(kind)} for kind in kinds}


def _running(begin: str, *kinds: AnyCall) -> dict[AnyCall, Provocations]:
    """Weeks and months that are not over, and days on which none begins."""
    return {
        kind: {
            61501: having(kind, begin_date="2026-03-10", end_date="2026-03-10"),
            61503: having(kind, begin_date=begin, end_date=begin),
        }
        for kind in kinds
    }


def _other_agent(shop: Shop) -> str:
    return shop.agent("other", worker="zhao")


def _offline(shop: Shop) -> None:
    shop.platform.agent("helper", "小助手", worker="wang", of=shop.oa).goes_offline()


def _create_offline(shop: Shop) -> object:
    call = SUCCEEDS[customer_service.CreateSession](shop)
    _offline(shop)
    return shop.perform(call)


def _unbound(shop: Shop) -> Call[Any]:
    return customer_service.CreateSession(kf_account=new_agent(shop), openid=shop.openid)


def _served_by_another(kind: AnyCall) -> Provocation:
    def provoke(shop: Shop) -> object:
        shop.session()
        return shop.perform(kind(kf_account=_other_agent(shop), openid=shop.openid))

    return provoke


def _invited_twice(shop: Shop) -> object:
    shop.perform(SUCCEEDS[customer_service.InviteAgent](shop))
    shop.perform(customer_service.AddAgent(kf_account="second@shop", nickname="二号"))
    return shop.perform(customer_service.InviteAgent(kf_account="second@shop", invite_wx="bob"))


def _works_already(shop: Shop) -> object:
    shop.agent(worker="bob")
    return shop.perform(SUCCEEDS[customer_service.InviteAgent](shop))


def _bound(shop: Shop) -> object:
    return shop.perform(customer_service.InviteAgent(kf_account=shop.agent(), invite_wx="bob"))


def _switched_off(*kinds: AnyCall) -> dict[AnyCall, Provocations]:
    """The account has not turned on customer service."""
    return {kind: {65400: again(kind, settings(customer_service=False))} for kind in kinds}


DESK: Final[dict[AnyCall, Provocations]] = _switched_off(
    customer_service.AddAgent,
    customer_service.UpdateAgent,
    customer_service.DeleteAgent,
    customer_service.InviteAgent,
    customer_service.GetAgents,
    customer_service.GetOnlineAgents,
    customer_service.CreateSession,
    customer_service.CloseSession,
    customer_service.GetSession,
    customer_service.ListSessions,
    customer_service.GetWaiting,
    customer_service.GetRecords,
)
DESK[customer_service.AddAgent][65405] = before(customer_service.AddAgent, rules(agents_per_account=0))
DESK[customer_service.InviteAgent] |= {
    65407: _works_already,
    65408: _invited_twice,
    65410: before(customer_service.InviteAgent, rules(agents_per_person=0)),
    65412: _bound,
}
DESK[customer_service.UploadAgentPortrait] = {
    40005: having(customer_service.UploadAgentPortrait, media=Upload(PNG, "a.png")),
    40009: having(
        customer_service.UploadAgentPortrait, media=Upload(JPG + bytes(facts.AGENT_PORTRAIT_BYTES), "a.jpg")
    ),
}
DESK[customer_service.CreateSession] |= {
    65402: performing(_unbound),
    65414: _served_by_another(customer_service.CreateSession),
    65415: _create_offline,
}
DESK[customer_service.CloseSession] |= {
    65413: performing(
        lambda shop: customer_service.CloseSession(kf_account=shop.agent(), openid=shop.openid)
    ),
    65414: _served_by_another(customer_service.CloseSession),
}

WEEKLY: Final = (statistics.GetWeeklyMessageCounts, statistics.GetWeeklySenderDistribution)
MONTHLY: Final = (statistics.GetMonthlyMessageCounts, statistics.GetMonthlySenderDistribution)
CHAPTERS: Final = (statistics, article_statistics, old_article_statistics, card_statistics)
DAILY: Final = [
    call
    for call in CALLS
    if call.__module__ in [chapter.__name__ for chapter in CHAPTERS] and call not in WEEKLY + MONTHLY
]
STATISTICS: Final[dict[AnyCall, Provocations]] = {
    **_daily(*DAILY),
    **_running("2026-03-16", *WEEKLY),
    **_running("2026-03-01", *MONTHLY),
}


def _pictures(kind: type[PictureCall[Any]]) -> Provocations:
    large = Upload(PNG + bytes(facts.PICTURE_BYTES), "a.png")
    return {
        40009: having(kind, img=large),
        101000: having(kind, img=None, img_url="https://nowhere.example.com/a.png"),
        101001: having(kind, img=Upload(ANOTHER_PNG, "b.png")),
        101002: having(kind, img=Upload(b"no picture", "a.png")),
    }


RECOGNITION: Final[dict[AnyCall, Provocations]] = {
    call: _pictures(call) for call in CALLS if issubclass(call, PictureCall)
}
RECOGNITION[ai.SubmitVoice] = {
    40010: having(ai.SubmitVoice, media=Upload(MP3 + bytes(facts.RECOGNISED_VOICE_BYTES), "a.mp3"))
}
for _kind in (ai.ReadPrintedText, ai.ReadCodes, ai.CropPicture, ai.EnlargePicture):
    del RECOGNITION[_kind][101001]
