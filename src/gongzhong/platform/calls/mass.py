"""Mass sending (群发), as the platform answers it, and the chat lines that people see of it."""

from __future__ import annotations

from typing import Any

import msgspec

from ...catalogue import mass as mass_calls
from ...catalogue.mass import MassCall, MassSent
from ...catalogue.model import Ok
from ..world import chats, drafts, mass, media, people
from ..world.refusal import Refusal, require
from ..world.rendering import picture
from .registry import Caller, answers

WRONG_FILE = 40007


class Shown(msgspec.Struct, frozen=True):
    """The kind of the chat lines, the lines, and the msg_data_id of articles that were sent before."""

    kind: str
    lines: list[dict[str, Any]]
    msg_data_id: int | None = None


def lines_of(caller: Caller, call: MassCall) -> Shown:
    """What the content makes on a phone. Refuses with 40007 for a file or draft that is not there."""
    kind = call.kind
    if kind == "text" and call.text is not None:
        return Shown(kind, [{"type": kind, "content": call.text.content}])
    if kind == "mpnews" and call.mpnews is not None:
        media_id = call.mpnews.media_id
        articles, before = mass.preview_draft(caller.world, caller.account, media_id)
        return Shown("news", [{"type": "news", "articles": articles, "media_id": media_id}], before)
    if kind == "mpvideo" and call.mpvideo is not None:
        video = call.mpvideo
        file = _file(caller, video.media_id, "video", prepared=True)
        texts = {
            "title": video.title or file.title,
            "description": video.description or file.description,
        }
        return Shown("video", [{"type": "video", **picture(file.media_id), **texts}])
    if kind == "wxcard" and call.wxcard is not None:
        card_id = call.wxcard.card_id
        return Shown(kind, [{"type": kind, "title": card_id, "card_id": card_id}])
    return _files(caller, call)


def _files(caller: Caller, call: MassCall) -> Shown:
    """Pictures, one line each, or a voice; music in a preview is a voice as well."""
    if call.kind == "image" and call.images is not None:
        ids, kind = call.images.media_ids, "image"
    else:
        ids = [getattr(call, call.kind).media_id]
        kind = "image" if call.kind == "image" else "voice"
    return Shown(kind, [{"type": kind, **picture(_file(caller, one, kind).media_id)} for one in ids])


def _file(caller: Caller, media_id: str, kind: str, *, prepared: bool = False) -> media.File:
    """A permanent file of this account; a video may also be one prepared for mass sending."""
    temporary = prepared or caller.world.rules.mass_takes_temporary_media
    file = media.find(caller.world, caller.account, media_id, permanent=None if temporary else True)
    require(file.kind == kind, WRONG_FILE)
    return file


REFUSED_TYPE, NO_SUCH_NAME = 45113, 40132
TEN_THOUSAND = 10_000
STATUS = {
    mass.WAITING: "SENDING",
    mass.SENDING: "SENDING",
    mass.SENT: "SEND_SUCCESS",
    mass.FAILED: "SEND_FAIL",
    mass.DELETED: "DELETE",
}


@answers(mass_calls.UploadNews)
def upload_news(caller: Caller, call: mass_calls.UploadNews) -> mass_calls.MassUploaded:
    """A draft that no list shows."""
    draft = drafts.add(caller.world, caller.account, call.articles, listed=False)
    return mass_calls.MassUploaded(type="news", media_id=draft.media_id, created_at=draft.created_at)


@answers(mass_calls.UploadMassVideo)
def upload_mass_video(caller: Caller, call: mass_calls.UploadMassVideo) -> mass_calls.MassUploaded:
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
    return mass_calls.MassUploaded(type="video", media_id=prepared.media_id, created_at=prepared.created_at)


def _order(
    caller: Caller, call: mass_calls.SendMass | mass_calls.SendMassToUsers, audience: mass.Audience
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


@answers(mass_calls.SendMass)
def send_mass(caller: Caller, call: mass_calls.SendMass) -> MassSent:
    everybody = call.filter.is_to_all
    audience = mass.Audience(everybody=everybody, tag=None if everybody else call.filter.tag)
    return _sent(mass.begin(caller.world, caller.account, _order(caller, call, audience)))


@answers(mass_calls.SendMassToUsers)
def send_mass_to_users(caller: Caller, call: mass_calls.SendMassToUsers) -> MassSent:
    audience = mass.Audience(openids=list(dict.fromkeys(call.touser)))
    return _sent(mass.begin(caller.world, caller.account, _order(caller, call, audience)))


@answers(mass_calls.PreviewMass)
def preview_mass(caller: Caller, call: mass_calls.PreviewMass) -> mass_calls.MassPreviewed:
    """Shown at once to one follower; nothing is counted but the call."""
    world, account = caller.world, caller.account
    tie = people.follower(world, account, _previewer(caller, call))
    shown = lines_of(caller, call)
    if tie.person is not None:
        for line in shown.lines:
            chats.add(world, account, tie.person, "account", "mass", **line)
    return mass_calls.MassPreviewed(msg_id=mass.next_msg_id(world))


def _previewer(caller: Caller, call: mass_calls.PreviewMass) -> str:
    """The OpenID meant; a WeChat id, which is a person's name here, wins."""
    if not call.towxname:
        return call.touser or ""
    try:
        person = people.get(caller.world, call.towxname)
    except KeyError:
        raise Refusal(NO_SUCH_NAME) from None
    return people.relation(caller.world, caller.account, person.name).openid


@answers(mass_calls.DeleteMass)
def delete_mass(caller: Caller, call: mass_calls.DeleteMass) -> Ok:
    mass.withdraw(
        caller.world,
        caller.account,
        msg_id=call.msg_id,
        idx=call.article_idx or 0,
        url=call.url or "",
    )
    return Ok()


@answers(mass_calls.GetMassStatus)
def get_mass_status(caller: Caller, call: mass_calls.GetMassStatus) -> mass_calls.MassStatus:
    job = mass.find(caller.world, caller.account.appid, call.msg_id)
    return mass_calls.MassStatus(msg_id=job.msg_id, msg_status=STATUS[job.status])


@answers(mass_calls.GetMassSpeed)
def get_mass_speed(caller: Caller, call: mass_calls.GetMassSpeed) -> mass_calls.MassSpeed:
    level = mass.speed(caller.world, caller.account)
    return mass_calls.MassSpeed(speed=level, realspeed=mass.LEVELS[level] // TEN_THOUSAND)


@answers(mass_calls.SetMassSpeed)
def set_mass_speed(caller: Caller, call: mass_calls.SetMassSpeed) -> Ok:
    mass.set_speed(caller.world, caller.account, call.speed)
    return Ok()
