"""What a person decides about notices: on the pop-up of a page or an article, and later in the settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...messages import SubscribeMsgChange, SubscribeMsgPopup
from ...messages.events.sending import SubscribeChoice, SubscribeChoices
from . import notices, people
from .acts import Act, NotPossible
from .refusal import Refusal
from .world import AccountState, World

PopupScene = Literal[1, 2]


def answer_popup(
    world: World,
    account: AccountState,
    person: str,
    *,
    accepts: Sequence[str],
    rejects: Sequence[str] = (),
    scene: PopupScene = 1,
) -> Act:
    """Answer the question for some templates. `scene` 1: on a web page, 2: in an article."""
    if not accepts and not rejects:
        raise NotPossible("弹窗里没有模板", "the pop-up names no template")
    tie = people.relation(world, account, people.get(world, person).name)
    choices = []
    for template_id in (*accepts, *rejects):
        template = _template(world, account, template_id)
        accepted = template_id in accepts
        if accepted:
            notices.allow(world, account, tie.openid, template)
        status = "accept" if accepted else "reject"
        choices.append(
            SubscribeChoice(template_id=template_id, subscribe_status_string=status, popup_scene=scene)
        )
    push = SubscribeMsgPopup(
        to_user_name=account.original_id,
        from_user_name=tie.openid,
        create_time=world.seconds(),
        subscribe_msg_popup_event=SubscribeChoices(list=tuple(choices)),
    )
    return Act(account=account, person=person, event=push.event, pushes=[push])


def withdraw(world: World, account: AccountState, person: str, template_ids: Sequence[str]) -> Act:
    """Turn templates off in the settings; only this direction is pushed."""
    tie = people.relation(world, account, people.get(world, person).name)
    for template_id in template_ids:
        notices.forbid(world, account, tie.openid, _template(world, account, template_id))
    choices = tuple(
        SubscribeChoice(template_id=template_id, subscribe_status_string="reject")
        for template_id in template_ids
    )
    push = SubscribeMsgChange(
        to_user_name=account.original_id,
        from_user_name=tie.openid,
        create_time=world.seconds(),
        subscribe_msg_change_event=SubscribeChoices(list=choices),
    )
    return Act(account=account, person=person, event=push.event, pushes=[push])


def _template(world: World, account: AccountState, template_id: str) -> notices.Template:
    try:
        return notices.find(world, account, template_id)
    except Refusal:
        raise NotPossible(
            f"{account.name} 没有这个订阅通知模板：{template_id}",
            f"{account.name} has no such notice template: {template_id}",
        ) from None
