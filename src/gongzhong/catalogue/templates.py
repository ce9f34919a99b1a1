"""Template messages (模板消息): industry, private templates, sending, and what was stopped."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .. import facts
from .fields import OpenID, TemplateID, Url, always, coded
from .model import TEST, VERIFIED_SERVICE, Acknowledged, Call, Ok, PagedCall, Repeat, Reply, Spec

IndustryID = Annotated[str, coded(invalid=40102, missing=40102, pattern=r"^([1-9]|[1-3]\d|4[01])$")]
"""Code of an industry, "1" (互联网/电子商务) to "41" (其它); 设置所属行业 (confirmed)."""


class SetIndustry(Call[Ok], kw_only=True, frozen=True):
    """Choose the two industries of the account (设置所属行业); once a month."""

    spec = Spec(
        "POST",
        "/cgi-bin/template/api_set_industry",
        document="设置所属行业",
        accounts=VERIFIED_SERVICE | TEST,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40102, 43100),
    )
    industry_id1: IndustryID
    industry_id2: IndustryID


class Industry(msgspec.Struct, kw_only=True, frozen=True):
    """Main and sub class of an industry."""

    first_class: str = always("")
    second_class: str = always("")


class Industries(Reply, kw_only=True, frozen=True):
    """The industries of the account."""

    primary_industry: Industry | None = None
    secondary_industry: Industry | None = None


class GetIndustry(Call[Industries], kw_only=True, frozen=True):
    """Read the industries of the account (获取行业信息)."""

    spec = Spec(
        "GET",
        "/cgi-bin/template/get_industry",
        document="获取行业信息",
        accounts=VERIFIED_SERVICE | TEST,
        errors=(-1, 40001),
    )


class TemplateAdded(Acknowledged, kw_only=True, frozen=True):
    """Id of the template in this account."""

    template_id: str


class AddTemplate(Call[TemplateAdded], kw_only=True, frozen=True):
    """Take a template out of the library (选用模板); `keyword_name_list` names the keywords, in order."""

    spec = Spec(
        "POST",
        "/cgi-bin/template/api_add_template",
        document="选用模板",
        accounts=VERIFIED_SERVICE | TEST,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40037, 40246, 40247, 45026, 45027),
    )
    template_id_short: TemplateID
    keyword_name_list: Annotated[list[str], coded(invalid=40246)] = msgspec.field(default_factory=list)


class Template(msgspec.Struct, kw_only=True, frozen=True):
    """A template of this account; those of the category library have empty industries."""

    template_id: str
    title: str = always("")
    primary_industry: str = ""
    deputy_industry: str = ""
    content: str = ""
    example: str = ""


class TemplateList(Reply, kw_only=True, frozen=True):
    """All templates of this account."""

    template_list: list[Template]


class GetTemplates(Call[TemplateList], kw_only=True, frozen=True):
    """List the templates of this account (获取已选用模板列表)."""

    spec = Spec(
        "GET",
        "/cgi-bin/template/get_all_private_template",
        document="获取已选用模板列表",
        accounts=VERIFIED_SERVICE | TEST,
        errors=(-1, 40001),
    )


class DeleteTemplate(Call[Ok], kw_only=True, frozen=True):
    """Remove a template from this account (删除模板)."""

    spec = Spec(
        "POST",
        "/cgi-bin/template/del_private_template",
        document="删除模板",
        accounts=VERIFIED_SERVICE | TEST,
        errors=(-1, 40001, 40037),
    )
    template_id: TemplateID


class TemplateValue(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The text of one keyword. `color` is accepted and no longer shown."""

    value: str
    color: str | None = None


class MiniProgram(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A page of a mini program that is linked to the account; `pagepath` may carry a query."""

    appid: Annotated[str, coded(invalid=40013)]
    pagepath: Annotated[str, coded(invalid=40165)] | None = None


def template_data(**texts: str) -> dict[str, TemplateValue]:
    """The `data` of a template message from keyword names and texts: `template_data(thing1="…")`."""
    return {keyword: TemplateValue(value=text) for keyword, text in texts.items()}


class TemplateSent(Acknowledged, kw_only=True, frozen=True):
    """Id of the message; the event TEMPLATESENDJOBFINISH names it when delivery has ended."""

    msgid: int


class SendTemplate(Call[TemplateSent], kw_only=True, frozen=True):
    """Send a template message to a follower (发送模板消息).

    If both are given the mini program wins over `url`. The same `client_msg_id` to the same follower is sent
    once within ten minutes.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/message/template/send",
        document="发送模板消息",
        accounts=VERIFIED_SERVICE | TEST,
        daily=facts.TEMPLATE_DAILY,
        repeat=Repeat.IF_NOT_SENT,
        once_by="client_msg_id",
        errors=(
            *(-1, 40001, 40003, 40008, 40013, 40036, 40037, 40039, 40165, 40249, 41030, 43004, 43116),
            *(45009, 47003, 48001),
        ),
    )
    touser: OpenID
    template_id: TemplateID
    data: Annotated[dict[str, TemplateValue], coded(invalid=47003, missing=47003)]
    url: Url | None = None
    miniprogram: MiniProgram | None = None
    client_msg_id: Annotated[str, coded(invalid=40035, max_length=facts.CLIENT_MSG_ID_LENGTH)] | None = None


class BlockedTemplate(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A template message that was stopped; `id` is the cursor, `send_timestamp` unix seconds."""

    id: int | str
    tmpl_msg_id: int | str
    title: str = ""
    content: str = ""
    send_timestamp: int = 0
    openid: str = ""


class BlockedTemplates(Acknowledged, kw_only=True, frozen=True):
    """Stopped messages; read them through `messages`: the page shows one object where a list is meant."""

    msginfo: list[BlockedTemplate] | BlockedTemplate | None = None

    @property
    def messages(self) -> list[BlockedTemplate]:
        if self.msginfo is None:
            return []
        return self.msginfo if isinstance(self.msginfo, list) else [self.msginfo]


class QueryBlockedTemplates(PagedCall[BlockedTemplates, BlockedTemplate], kw_only=True, frozen=True):
    """Read which messages of a template were stopped (查询拦截的模板消息), up to 100 at once.

    `tmpl_msg_id` comes from the event that reports the interception, `largest_id` is 0 at first.
    """

    spec = Spec(
        "POST",
        "/wxa/sec/queryblocktmplmsg",
        document="查询拦截的模板消息",
        accounts=VERIFIED_SERVICE,
        errors=(-1, 40001, 40037),
    )
    tmpl_msg_id: Annotated[int | str, coded(missing=40037)]
    largest_id: int | str = msgspec.field(default_factory=int)
    limit: Annotated[int, coded(invalid=40035, ge=1, le=facts.BLOCKED_TEMPLATE_PAGE)] = msgspec.field(
        default_factory=lambda: facts.BLOCKED_TEMPLATE_PAGE
    )

    def items(self, page: BlockedTemplates) -> list[BlockedTemplate]:
        return page.messages

    def following(self, page: BlockedTemplates) -> QueryBlockedTemplates | None:
        if not page.messages:
            return None
        largest = max(int(message.id) for message in page.messages)
        return None if largest <= int(self.largest_id) else msgspec.structs.replace(self, largest_id=largest)
