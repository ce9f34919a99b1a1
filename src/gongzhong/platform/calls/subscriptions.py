"""One-time subscribe messages and subscription notices, as the platform answers them."""

from __future__ import annotations

from typing import Any

import msgspec

from ...catalogue import subscriptions as catalogue
from ...catalogue.model import Ok
from ...catalogue.templates import MiniProgram
from ...messages import SubscribeMsgSent
from ...messages.events.sending import SubscribeSent, SubscribeSents
from ..world import notices, one_time
from ..world.notice_library import CATEGORIES
from .registry import Caller, answers


def _jump(url: str | None, program: MiniProgram | None) -> dict[str, Any]:
    """Where a tap leads: the mini program wins."""
    if program is None or not program.appid:
        return {"url": url}
    return {"url": url, "miniprogram": msgspec.to_builtins(program)}


@answers(catalogue.SendOneTime)
def send_one_time(caller: Caller, call: catalogue.SendOneTime) -> Ok:
    one_time.send(
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


@answers(catalogue.GetNoticeCategories)
def get_notice_categories(caller: Caller, call: catalogue.GetNoticeCategories) -> catalogue.NoticeCategories:
    data = [catalogue.NoticeCategory(id=number, name=name) for number, name in CATEGORIES.items()]
    return catalogue.NoticeCategories(data=data)


@answers(catalogue.ListNoticeTitles)
def list_notice_titles(caller: Caller, call: catalogue.ListNoticeTitles) -> catalogue.NoticeTitles:
    found = notices.titles([int(one) for one in call.ids.split(",")])
    page = found[call.start : call.start + call.limit]
    data = [
        catalogue.NoticeTitle(tid=one.tid, title=one.title, type=one.type, categoryId=str(one.category))
        for one in page
    ]
    return catalogue.NoticeTitles(count=len(found), data=data)


@answers(catalogue.GetNoticeKeywords)
def get_notice_keywords(caller: Caller, call: catalogue.GetNoticeKeywords) -> catalogue.NoticeKeywords:
    data = [
        catalogue.NoticeKeyword(kid=one.kid, name=one.name, example=one.example, rule=one.rule)
        for one in notices.of_library(call.tid).keywords
    ]
    return catalogue.NoticeKeywords(count=len(data), data=data)


@answers(catalogue.AddNoticeTemplate)
def add_notice_template(caller: Caller, call: catalogue.AddNoticeTemplate) -> catalogue.NoticeTemplateAdded:
    new = notices.add(caller.world, caller.account, call.tid, call.kidList, call.sceneDesc or "")
    return catalogue.NoticeTemplateAdded(priTmplId=new)


@answers(catalogue.GetNoticeTemplates)
def get_notice_templates(caller: Caller, call: catalogue.GetNoticeTemplates) -> catalogue.NoticeTemplates:
    data = [_shown(one) for one in notices.listing(caller.world, caller.account)]
    return catalogue.NoticeTemplates(data=data)


def _shown(template: notices.Template) -> catalogue.NoticeTemplate:
    return catalogue.NoticeTemplate(
        priTmplId=template.template_id,
        title=template.notice.title,
        content=template.content,
        example=template.example,
        type=template.notice.type,
        keywordEnumValueList=[
            catalogue.KeywordChoices(keywordCode=f"{one.code}.DATA", enumValueList=list(one.choices))
            for one in template.keywords
            if one.choices
        ],
    )


@answers(catalogue.DeleteNoticeTemplate)
def delete_notice_template(caller: Caller, call: catalogue.DeleteNoticeTemplate) -> Ok:
    notices.delete(caller.world, caller.account, call.priTmplId)
    return Ok()


@answers(catalogue.SendNotice)
def send_notice(caller: Caller, call: catalogue.SendNotice) -> Ok:
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
