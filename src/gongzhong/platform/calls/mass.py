"""Mass sending (群发), as the platform answers it: accepted at once, carried out later."""

from __future__ import annotations

import msgspec

from ...catalogue import mass as catalogue
from ...catalogue.mass_contents import MassSent
from ...catalogue.model import Ok
from ..world import chats, drafts, mass, mass_jobs, media, people
from ..world.refusal import Refusal
from .mass_lines import lines_of
from .registry import Caller, answers

REFUSED_TYPE, NO_SUCH_NAME = 45113, 40132
TEN_THOUSAND = 10_000
STATUS = {
    mass.WAITING: "SENDING",
    mass.SENDING: "SENDING",
    mass.SENT: "SEND_SUCCESS",
    mass.FAILED: "SEND_FAIL",
    mass.DELETED: "DELETE",
}


@answers(catalogue.UploadNews)
def upload_news(caller: Caller, call: catalogue.UploadNews) -> catalogue.MassUploaded:
    """A draft that no list shows."""
    draft = drafts.add(caller.world, caller.account, call.articles, listed=False)
    return catalogue.MassUploaded(type="news", media_id=draft.media_id, created_at=draft.created_at)


@answers(catalogue.UploadMassVideo)
def upload_mass_video(caller: Caller, call: catalogue.UploadMassVideo) -> catalogue.MassUploaded:
    file = media.find(caller.world, caller.account, call.media_id, permanent=True)
    if file.kind != "video":
        raise Refusal(40007)
    prepared = media.keep(
        caller.world,
        caller.account,
        "video",
        file.content,
        title=call.title or file.title,
        description=call.description or file.description,
    )
    return catalogue.MassUploaded(type="video", media_id=prepared.media_id, created_at=prepared.created_at)


def _order(
    caller: Caller, call: catalogue.SendMass | catalogue.SendMassToUsers, audience: mass.Audience
) -> mass.Order:
    if call.kind == "wxcard":
        raise Refusal(REFUSED_TYPE)
    shown = lines_of(caller, call)
    return mass.Order(
        audience=audience,
        kind=shown.kind,
        lines=shown.lines,
        msg_data_id=shown.msg_data_id,
        content=msgspec.json.encode([call.kind, call.images or getattr(call, call.kind)]),
        clientmsgid=call.clientmsgid or "",
        ignore_reprint=call.send_ignore_reprint == 1,
    )


def _sent(job: mass.Job) -> MassSent:
    return MassSent(msg_id=job.msg_id, msg_data_id=job.msg_data_id)


@answers(catalogue.SendMass)
def send_mass(caller: Caller, call: catalogue.SendMass) -> MassSent:
    everybody = call.filter.is_to_all
    audience = mass.Audience(everybody=everybody, tag=None if everybody else call.filter.tag)
    return _sent(mass_jobs.begin(caller.world, caller.account, _order(caller, call, audience)))


@answers(catalogue.SendMassToUsers)
def send_mass_to_users(caller: Caller, call: catalogue.SendMassToUsers) -> MassSent:
    audience = mass.Audience(openids=list(dict.fromkeys(call.touser)))
    return _sent(mass_jobs.begin(caller.world, caller.account, _order(caller, call, audience)))


@answers(catalogue.PreviewMass)
def preview_mass(caller: Caller, call: catalogue.PreviewMass) -> catalogue.MassPreviewed:
    """Shown at once to one follower; nothing is counted but the call."""
    world, account = caller.world, caller.account
    tie = people.follower(world, account, _previewer(caller, call))
    shown = lines_of(caller, call)
    if tie.person is not None:
        for line in shown.lines:
            chats.add(world, account, tie.person, "account", "mass", **line)
    return catalogue.MassPreviewed(msg_id=world.db.next_number("mass", mass.FIRST_MSG_ID))


def _previewer(caller: Caller, call: catalogue.PreviewMass) -> str:
    """The OpenID meant; a WeChat id, which is a person's name here, wins."""
    if not call.towxname:
        return call.touser or ""
    try:
        person = people.get(caller.world, call.towxname)
    except KeyError:
        raise Refusal(NO_SUCH_NAME) from None
    return people.relation(caller.world, caller.account, person.name).openid


@answers(catalogue.DeleteMass)
def delete_mass(caller: Caller, call: catalogue.DeleteMass) -> Ok:
    mass_jobs.withdraw(
        caller.world,
        caller.account,
        msg_id=call.msg_id,
        idx=call.article_idx or 0,
        url=call.url or "",
    )
    return Ok()


@answers(catalogue.GetMassStatus)
def get_mass_status(caller: Caller, call: catalogue.GetMassStatus) -> catalogue.MassStatus:
    job = mass.find(caller.world, caller.account.appid, call.msg_id)
    return catalogue.MassStatus(msg_id=job.msg_id, msg_status=STATUS[job.status])


@answers(catalogue.GetMassSpeed)
def get_mass_speed(caller: Caller, call: catalogue.GetMassSpeed) -> catalogue.MassSpeed:
    level = mass.speed(caller.world, caller.account)
    return catalogue.MassSpeed(speed=level, realspeed=mass.LEVELS[level] // TEN_THOUSAND)


@answers(catalogue.SetMassSpeed)
def set_mass_speed(caller: Caller, call: catalogue.SetMassSpeed) -> Ok:
    mass.set_speed(caller.world, caller.account, call.speed)
    return Ok()
