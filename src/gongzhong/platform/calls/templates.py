"""Template messages, one-time messages and subscription notices, as the platform answers them."""

from __future__ import annotations

from typing import Any

import msgspec

from ...catalogue import subscriptions as notice_calls
from ...catalogue import templates as templates_calls
from ...catalogue.model import Ok
from ...catalogue.templates import MiniProgram
from ...messages import SubscribeMsgSent, TemplateSendJobFinish
from ...messages.events.sending import SubscribeSent, SubscribeSents
from ..world import notices, people, templates
from ..world.notices import CATEGORIES
from ..world.refusal import require
from .registry import Caller, answers

SUCCESS, USER_BLOCK = "success", "failed:user block"


@answers(templates_calls.SetIndustry)
def set_industry(caller: Caller, call: templates_calls.SetIndustry) -> Ok:
    templates.choose_industries(caller.world, caller.account, int(call.industry_id1), int(call.industry_id2))
    return Ok()


@answers(templates_calls.GetIndustry)
def get_industry(caller: Caller, call: templates_calls.GetIndustry) -> templates_calls.Industries:
    chosen = templates.chosen_industries(caller.world, caller.account)
    if chosen is None:
        return templates_calls.Industries()
    first, second = (templates_calls.Industry(first_class=main, second_class=sub) for main, sub in chosen)
    return templates_calls.Industries(primary_industry=first, secondary_industry=second)


@answers(templates_calls.AddTemplate)
def add_template(caller: Caller, call: templates_calls.AddTemplate) -> templates_calls.TemplateAdded:
    new = templates.add(caller.world, caller.account, call.template_id_short, call.keyword_name_list)
    return templates_calls.TemplateAdded(template_id=new)


@answers(templates_calls.GetTemplates)
def get_templates(caller: Caller, call: templates_calls.GetTemplates) -> templates_calls.TemplateList:
    shown = [
        templates_calls.Template(
            template_id=one.template_id,
            title=one.title,
            primary_industry=one.primary_industry,
            deputy_industry=one.deputy_industry,
            content=one.content,
            example=one.example,
        )
        for one in templates.listing(caller.world, caller.account)
    ]
    return templates_calls.TemplateList(template_list=shown)


@answers(templates_calls.DeleteTemplate)
def delete_template(caller: Caller, call: templates_calls.DeleteTemplate) -> Ok:
    templates.delete(caller.world, caller.account, call.template_id)
    return Ok()


@answers(templates_calls.SendTemplate)
def send_template(caller: Caller, call: templates_calls.SendTemplate) -> templates_calls.TemplateSent:
    """Accepted at once; whether it arrived is told by the event TEMPLATESENDJOBFINISH."""
    world, account = caller.world, caller.account
    template = templates.find(world, account, call.template_id)
    require(not template.blocked, templates.BLOCKED)
    tie = people.follower(world, account, call.touser)
    data = {keyword: value.value for keyword, value in call.data.items()}
    if world.rules.template_data_checked:
        templates.require_values(template, data)
    if call.client_msg_id:
        before = templates.sent_before(world, account, tie.openid, call.client_msg_id)
        if before is not None:
            return templates_calls.TemplateSent(msgid=before)
    with world.db.transaction():  # one commit: where the tables are a file, commits take most of the time
        msgid = world.message_id()
        if call.client_msg_id:
            templates.remember(world, account, tie.openid, call.client_msg_id, msgid)
        if not tie.refuses:
            templates.show(world, account, tie, template, data, _jump(call.url, call.miniprogram))
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
    return templates_calls.TemplateSent(msgid=msgid)


@answers(templates_calls.QueryBlockedTemplates, constant=True)
def query_blocked_templates(
    caller: Caller, call: templates_calls.QueryBlockedTemplates
) -> templates_calls.BlockedTemplates:
    """Nothing is ever intercepted here, so the list is empty."""
    return templates_calls.BlockedTemplates()


def _jump(url: str | None, program: MiniProgram | None) -> dict[str, Any]:
    """Where a tap leads: the mini program wins."""
    if program is None or not program.appid:
        return {"url": url}
    return {"url": url, "miniprogram": msgspec.to_builtins(program)}


@answers(notice_calls.SendOneTime)
def send_one_time(caller: Caller, call: notice_calls.SendOneTime) -> Ok:
    notices.send_one_time(
        caller.world,
        caller.account,
        call.touser,
        call.template_id,
        call.scene,
        title=call.title,
        lines=[{"label": "", "value": call.data.content.value}],
        **_jump(call.url, call.miniprogram),
    )
    return Ok()


@answers(notice_calls.GetNoticeCategories, constant=True)
def get_notice_categories(
    caller: Caller, call: notice_calls.GetNoticeCategories
) -> notice_calls.NoticeCategories:
    data = [notice_calls.NoticeCategory(id=number, name=name) for number, name in CATEGORIES.items()]
    return notice_calls.NoticeCategories(data=data)


@answers(notice_calls.ListNoticeTitles)
def list_notice_titles(caller: Caller, call: notice_calls.ListNoticeTitles) -> notice_calls.NoticeTitles:
    found = notices.titles([int(one) for one in call.ids.split(",")])
    page = found[call.start : call.start + call.limit]
    data = [
        notice_calls.NoticeTitle(tid=one.tid, title=one.title, type=one.type, categoryId=str(one.category))
        for one in page
    ]
    return notice_calls.NoticeTitles(count=len(found), data=data)


@answers(notice_calls.GetNoticeKeywords)
def get_notice_keywords(caller: Caller, call: notice_calls.GetNoticeKeywords) -> notice_calls.NoticeKeywords:
    data = [
        notice_calls.NoticeKeyword(kid=one.kid, name=one.name, example=one.example, rule=one.rule)
        for one in notices.of_library(call.tid).keywords
    ]
    return notice_calls.NoticeKeywords(count=len(data), data=data)


@answers(notice_calls.AddNoticeTemplate)
def add_notice_template(
    caller: Caller, call: notice_calls.AddNoticeTemplate
) -> notice_calls.NoticeTemplateAdded:
    new = notices.add(caller.world, caller.account, call.tid, call.kidList, call.sceneDesc or "")
    return notice_calls.NoticeTemplateAdded(priTmplId=new)


@answers(notice_calls.GetNoticeTemplates)
def get_notice_templates(
    caller: Caller, call: notice_calls.GetNoticeTemplates
) -> notice_calls.NoticeTemplates:
    data = [_shown(one) for one in notices.listing(caller.world, caller.account)]
    return notice_calls.NoticeTemplates(data=data)


def _shown(template: notices.Template) -> notice_calls.NoticeTemplate:
    return notice_calls.NoticeTemplate(
        priTmplId=template.template_id,
        title=template.notice.title,
        content=template.content,
        example=template.example,
        type=template.notice.type,
        keywordEnumValueList=[
            notice_calls.KeywordChoices(keywordCode=f"{one.code}.DATA", enumValueList=list(one.choices))
            for one in template.keywords
            if one.choices
        ],
    )


@answers(notice_calls.DeleteNoticeTemplate)
def delete_notice_template(caller: Caller, call: notice_calls.DeleteNoticeTemplate) -> Ok:
    notices.delete(caller.world, caller.account, call.priTmplId)
    return Ok()


@answers(notice_calls.SendNotice)
def send_notice(caller: Caller, call: notice_calls.SendNotice) -> Ok:
    """Shown at once; the event subscribe_msg_sent_event follows."""
    world, account = caller.world, caller.account
    template = notices.find(world, account, call.template_id)
    data = {keyword: value.value for keyword, value in call.data.items()}
    notices.send(world, account, call.touser, template, data, _jump(call.page, call.miniprogram))
    sent = SubscribeSent(
        template_id=template.template_id, msg_id=world.message_id(), error_code=0, error_status="success"
    )
    world.outgoing(
        account,
        SubscribeMsgSent(
            to_user_name=account.original_id,
            from_user_name=call.touser,
            create_time=world.seconds(),
            subscribe_msg_sent_event=SubscribeSents(list=(sent,)),
        ),
    )
    return Ok()
