"""Control routes for mass sending, permitted messages and automatic replies."""

from __future__ import annotations

from typing import Any

import msgspec

from .... import facts
from ....messages import MASS_SEND_STATUSES
from ...world import mass, notices, people
from ...world.notices import PopupScene
from ...world.refusal import BadInput
from ...world.settings import MassOutcome
from .acts import account_of, person_of
from .route import Given, Route


class Confirming(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The administrator's answer to a mass send that waits."""

    agree: bool


class NoticeDecision(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Templates accepted and rejected on the pop-up (`scene` 1 web page, 2 article), or turned off in the settings."""

    appid: str
    accept: list[str] = []
    reject: list[str] = []
    withdraw: list[str] = []
    scene: PopupScene = 1


class OneTimeDecision(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The scene that the person confirms, without the page."""

    appid: str
    scene: int


class MassJobView(msgspec.Struct, kw_only=True):
    """A mass send; `status` as its result event or call names it, `time` in unix seconds."""

    msg_id: int
    msg_data_id: int | None
    time: float
    audience: mass.Audience
    kind: str
    status: str


class MassJobsView(msgspec.Struct, kw_only=True):
    """The latest first; `results` are those that one can choose for the next."""

    jobs: list[MassJobView]
    results: list[str]


class NoticeTemplateView(msgspec.Struct, kw_only=True):
    template_id: str
    title: str
    type: int
    scene: str


class SubscriptionsView(msgspec.Struct, kw_only=True):
    """The account's templates of permitted messages (订阅通知), and the one of one-time messages."""

    one_time_template_id: str
    templates: list[NoticeTemplateView]


class Decided(msgspec.Struct, kw_only=True):
    """The events that the decision caused; null where the account hears nothing."""

    events: list[str | None]


class OneTimeAllowed(msgspec.Struct, kw_only=True):
    openid: str
    template_id: str
    scene: int


async def next_mass(given: Given[MassOutcome]) -> Any:
    """Say how the next mass send ends."""
    mass.choose_next(given.platform.world, account_of(given, given.path["appid"]), given.body)
    return {}


async def mass_sends(given: Given[None]) -> Any:
    """Every mass send of an account, the latest first."""
    account = account_of(given, given.path["appid"])
    found = [_job(job) for job in mass.jobs(given.platform.world, account)]
    return {"jobs": found, "results": list(MASS_SEND_STATUSES)}


def _job(job: mass.Job) -> dict[str, Any]:
    return {
        "msg_id": job.msg_id,
        "msg_data_id": job.msg_data_id,
        "time": job.time,
        "audience": msgspec.to_builtins(job.audience),
        "kind": job.kind,
        "status": job.status,
    }


async def confirm_mass(given: Given[Confirming]) -> Any:
    """Answer as the administrator (API群发保护)."""
    account = account_of(given, given.path["appid"])
    mass.confirm(given.platform.world, account, given.number("msg_id"), agreed=given.body.agree)
    return {}


async def subscriptions(given: Given[None]) -> Any:
    """What the console shows of permitted messages: the one-time template and the notice templates."""
    world, account = given.platform.world, account_of(given, given.path["appid"])
    templates = [
        {
            "template_id": one.template_id,
            "title": one.notice.title,
            "type": one.notice.type,
            "scene": one.scene,
        }
        for one in notices.listing(world, account)
    ]
    return {"one_time_template_id": notices.one_time_template_id(world, account), "templates": templates}


async def decide_notices(given: Given[NoticeDecision]) -> Any:
    """Answer the subscription pop-up, or turn templates off."""
    body: NoticeDecision = given.body
    world, account, person = given.platform.world, account_of(given, body.appid), person_of(given)
    made = []
    if body.accept or body.reject or not body.withdraw:
        made.append(
            notices.answer_popup(
                world, account, person, accepts=body.accept, rejects=body.reject, scene=body.scene
            )
        )
    if body.withdraw:
        made.append(notices.withdraw_consent(world, account, person, body.withdraw))
    for act in made:
        await given.platform.carry_out(act, wait=bool(given.query.get("wait")))
    return {"events": [act.event for act in made]}


async def confirm_one_time(given: Given[OneTimeDecision]) -> Any:
    """Allow one message of a scene."""
    body: OneTimeDecision = given.body
    world, account = given.platform.world, account_of(given, body.appid)
    if not 0 <= body.scene <= facts.ONE_TIME_SCENE_MAX:
        raise BadInput("scene 应为 0 到 10000", "scene must be from 0 to 10000")
    openid = people.relation(world, account, person_of(given)).openid
    notices.allow_one_time(world, account, openid, body.scene)
    return {
        "openid": openid,
        "template_id": notices.one_time_template_id(world, account),
        "scene": body.scene,
    }


ROUTES: list[Route[Any, Any]] = [
    Route(verb="GET", path="/accounts/{appid}/mass", function=mass_sends, answer=MassJobsView),
    Route(verb="POST", path="/accounts/{appid}/next-mass", function=next_mass, body=MassOutcome),
    Route(
        verb="POST", path="/accounts/{appid}/mass/{msg_id}/confirm", function=confirm_mass, body=Confirming
    ),
    Route(
        verb="GET", path="/accounts/{appid}/subscriptions", function=subscriptions, answer=SubscriptionsView
    ),
    Route(
        verb="POST",
        path="/people/{name}/subscribe-notice",
        function=decide_notices,
        body=NoticeDecision,
        query=("wait",),
        answer=Decided,
    ),
    Route(
        verb="POST",
        path="/people/{name}/subscribe-once",
        function=confirm_one_time,
        body=OneTimeDecision,
        answer=OneTimeAllowed,
    ),
]
