"""What is going on with one account right now: one small answer for the bar above every page."""

from __future__ import annotations

import msgspec

from ...world import accounts
from .acts import account_of
from .program import ProgramView, look_for
from .route import Given, Route
from .tools import RecordingView, recording_view


class SituationView(msgspec.Struct, kw_only=True):
    """`faults` counts those that concern the account; `paused_until` (platform time, unix seconds) is set while
    MarkFail stops its pushes; `alarms` counts all that it has had."""

    program: ProgramView
    faults: int
    paused_until: float | None
    alarms: int
    recording: RecordingView


async def situation(given: Given[None]) -> SituationView:
    """程序、故障、暂停的推送、告警和录制 / program, faults, paused pushes, alarms and recording"""
    platform = given.platform
    account = account_of(given, given.path["appid"])
    until = platform.pusher.alarms.blocked_until(account)
    concerned = [fault for fault in platform.faults.listing() if fault.appid in ("", account.appid)]
    return SituationView(
        program=await look_for(platform, account),
        faults=len(concerned),
        paused_until=until if platform.world.now() < until else None,
        alarms=accounts.count_alarms(platform.world, account.appid),
        recording=recording_view(platform),
    )


ROUTES = [
    Route(verb="GET", path="/accounts/{appid}/situation", function=situation, answer=SituationView),
]
