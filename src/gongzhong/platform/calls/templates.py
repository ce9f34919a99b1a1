"""Template messages (模板消息), as the platform answers them."""

from __future__ import annotations

from typing import Any

import msgspec

from ...catalogue import templates as catalogue
from ...catalogue.model import Ok
from ...messages import TemplateSendJobFinish
from ..world import industries, people, templates
from ..world.refusal import require
from .registry import Caller, answers

SUCCESS, USER_BLOCK = "success", "failed:user block"


@answers(catalogue.SetIndustry)
def set_industry(caller: Caller, call: catalogue.SetIndustry) -> Ok:
    industries.choose(caller.world, caller.account, int(call.industry_id1), int(call.industry_id2))
    return Ok()


@answers(catalogue.GetIndustry)
def get_industry(caller: Caller, call: catalogue.GetIndustry) -> catalogue.Industries:
    chosen = industries.chosen(caller.world, caller.account)
    if chosen is None:
        return catalogue.Industries()
    first, second = (catalogue.Industry(first_class=main, second_class=sub) for main, sub in chosen)
    return catalogue.Industries(primary_industry=first, secondary_industry=second)


@answers(catalogue.AddTemplate)
def add_template(caller: Caller, call: catalogue.AddTemplate) -> catalogue.TemplateAdded:
    new = templates.add(caller.world, caller.account, call.template_id_short, call.keyword_name_list)
    return catalogue.TemplateAdded(template_id=new)


@answers(catalogue.GetTemplates)
def get_templates(caller: Caller, call: catalogue.GetTemplates) -> catalogue.TemplateList:
    shown = [
        catalogue.Template(
            template_id=one.template_id,
            title=one.title,
            primary_industry=one.primary_industry,
            deputy_industry=one.deputy_industry,
            content=one.content,
            example=one.example,
        )
        for one in templates.listing(caller.world, caller.account)
    ]
    return catalogue.TemplateList(template_list=shown)


@answers(catalogue.DeleteTemplate)
def delete_template(caller: Caller, call: catalogue.DeleteTemplate) -> Ok:
    templates.delete(caller.world, caller.account, call.template_id)
    return Ok()


@answers(catalogue.SendTemplate)
def send_template(caller: Caller, call: catalogue.SendTemplate) -> catalogue.TemplateSent:
    """Accepted at once; whether it arrived is told by the event TEMPLATESENDJOBFINISH."""
    world, account = caller.world, caller.account
    template = templates.find(world, account, call.template_id)
    require(not template.blocked, templates.BLOCKED)
    tie = people.follower(world, account, call.touser)
    if world.rules.template_data_checked:
        texts = {keyword: value.value for keyword, value in call.data.items()}
        templates.require_values(template, texts)
    if call.client_msg_id:
        before = templates.sent_before(world, account, tie.openid, call.client_msg_id)
        if before is not None:
            return catalogue.TemplateSent(msgid=before)
    msgid = world.message_id()
    if call.client_msg_id:
        templates.remember(world, account, tie.openid, call.client_msg_id, msgid)
    if not tie.refuses:
        data = {keyword: value.value for keyword, value in call.data.items()}
        templates.show(world, account, tie, template, data, _jump(call))
    world.outgoing(
        account,
        TemplateSendJobFinish(
            to_user_name=account.original_id,
            from_user_name=tie.openid,
            create_time=world.seconds(),
            msg_id=msgid,
            status=USER_BLOCK if tie.refuses else SUCCESS,
        ),
    )
    return catalogue.TemplateSent(msgid=msgid)


def _jump(call: catalogue.SendTemplate) -> dict[str, Any]:
    """Where a tap leads: the mini program wins, the page is for old clients."""
    if call.miniprogram is not None and call.miniprogram.appid:
        return {"url": call.url, "miniprogram": msgspec.to_builtins(call.miniprogram)}
    return {"url": call.url}


@answers(catalogue.QueryBlockedTemplates)
def query_blocked_templates(
    caller: Caller, call: catalogue.QueryBlockedTemplates
) -> catalogue.BlockedTemplates:
    """Nothing is ever intercepted here, so the list is empty."""
    return catalogue.BlockedTemplates()
