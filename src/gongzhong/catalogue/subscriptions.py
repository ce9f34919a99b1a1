"""Messages that a person asked for: one-time subscribe messages (一次性订阅消息) and subscription notices (订阅通知).

Each permission is given by the person, on a page of WeChat's or in its pop-up, and is good for one message;
templates of the long-term kind, for public services only, stay permitted.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .. import facts
from .fields import OpenID, TemplateID, Url, always, coded
from .model import VERIFIED, VERIFIED_SERVICE, Acknowledged, Call, Ok, PagedCall, Repeat, Spec
from .templates import MiniProgram, TemplateValue

ONE_TIME, LONG_TERM = 2, 3
"""Types of a notice template: one permission for one message, or a lasting one."""

SCENE_PATTERN = r"^(\d{1,4}|10000)$"
PLURAL_IDS = r"^\d+(,\d+)*$"


class OneTimeContent(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The text, at most 200 characters, and its colour such as #FF0000."""

    value: Annotated[str, coded(max_length=facts.ONE_TIME_CONTENT_LENGTH)]
    color: str | None = None


class OneTimeData(msgspec.Struct, kw_only=True, frozen=True):
    """A one-time message has a single text."""

    content: OneTimeContent


class SendOneTime(Call[Ok], kw_only=True, frozen=True):
    """Send the one message that a person allowed on the confirm page (一次性订阅消息).

    `scene` (0 to 10000) is the one that was confirmed. The person need not follow: others get it in 服务通知.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/message/template/subscribe",
        document="发送一次性订阅消息",
        accounts=VERIFIED,
        daily=facts.ONE_TIME_DAILY,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40003, 40013, 40037, 40062, 43101, 45009, 47003),
    )
    touser: OpenID
    template_id: TemplateID
    scene: Annotated[str, coded(pattern=SCENE_PATTERN)]
    title: Annotated[str, coded(invalid=40062, missing=40062, max_length=facts.ONE_TIME_TITLE_LENGTH)]
    data: OneTimeData
    url: Url | None = None
    miniprogram: MiniProgram | None = None


def one_time_message(
    *,
    openid: str,
    template_id: str,
    scene: int | str,
    title: str,
    content: str,
    url: str | None = None,
    miniprogram: MiniProgram | None = None,
) -> SendOneTime:
    """Send the one message that a person allowed, from its texts (一次性订阅消息)."""
    return SendOneTime(
        touser=openid,
        template_id=template_id,
        scene=str(scene),
        title=title,
        data=OneTimeData(content=OneTimeContent(value=content)),
        url=url,
        miniprogram=miniprogram,
    )


class NoticeCategory(msgspec.Struct, kw_only=True, frozen=True):
    """A service category of the account."""

    id: int
    name: str


class NoticeCategories(Acknowledged, kw_only=True, frozen=True):
    """The categories whose templates the account may take."""

    data: list[NoticeCategory]


class GetNoticeCategories(Call[NoticeCategories], kw_only=True, frozen=True):
    """Read the categories of the account (获取公众号所属类目)."""

    spec = Spec(
        "GET",
        "/wxaapi/newtmpl/getcategory",
        document="获取公众号所属类目",
        accounts=VERIFIED_SERVICE,
        errors=(-1, 40001, 200011, 200100),
    )


class NoticeTitle(msgspec.Struct, kw_only=True, frozen=True):
    """A template of the library; `type` 2 is one-time, 3 long-term."""

    tid: int
    title: str
    type: int | None = None
    categoryId: str = always("")


class NoticeTitles(Acknowledged, kw_only=True, frozen=True):
    """One page of the library; `count` is the total."""

    count: int | None = None
    data: list[NoticeTitle]


class ListNoticeTitles(PagedCall[NoticeTitles, NoticeTitle], kw_only=True, frozen=True):
    """List the library's templates of some categories (获取类目下的公共模板).

    `ids` are category ids joined by commas, `start` counts from 0, at most 30 come at once.
    """

    spec = Spec(
        "GET",
        "/wxaapi/newtmpl/getpubtemplatetitles",
        document="获取类目下的公共模板",
        accounts=VERIFIED_SERVICE,
        errors=(-1, 40001, 200001, 200002, 200011, 200016, 200017, 200018, 200019, 200100),
    )
    ids: Annotated[str, coded(invalid=200019, missing=200018, pattern=PLURAL_IDS)]
    start: Annotated[int, coded(invalid=200016, missing=200016, ge=0)] = msgspec.field(default_factory=int)
    limit: Annotated[int, coded(invalid=200017, missing=200017, ge=1, le=facts.NOTICE_TITLES_PAGE)] = (
        msgspec.field(default_factory=lambda: facts.NOTICE_TITLES_PAGE)
    )

    def items(self, page: NoticeTitles) -> list[NoticeTitle]:
        return page.data

    def following(self, page: NoticeTitles) -> ListNoticeTitles | None:
        start = self.start + len(page.data)
        return (
            msgspec.structs.replace(self, start=start)
            if page.data and (page.count is None or start < page.count)
            else None
        )


def notice_titles(*, category_ids: list[int]) -> ListNoticeTitles:
    """List the library's templates of some categories, by their ids (获取类目下的公共模板)."""
    return ListNoticeTitles(ids=",".join(map(str, category_ids)))


class NoticeKeyword(msgspec.Struct, kw_only=True, frozen=True):
    """A keyword to choose; `rule` is its type, such as `thing`."""

    kid: int
    name: str
    example: str = always("")
    rule: str = always("")


class NoticeKeywords(Acknowledged, kw_only=True, frozen=True):
    """Every keyword of one template of the library."""

    count: int | None = None
    data: list[NoticeKeyword]


class GetNoticeKeywords(Call[NoticeKeywords], kw_only=True, frozen=True):
    """List the keywords of a library template (获取模板中的关键词)."""

    spec = Spec(
        "GET",
        "/wxaapi/newtmpl/getpubtemplatekeywords",
        document="获取模板中的关键词",
        accounts=VERIFIED_SERVICE,
        errors=(-1, 40001, 200001, 200011, 200014, 200100),
    )
    tid: Annotated[str, coded(invalid=200014, missing=200014, min_length=1)]


class NoticeTemplateAdded(Acknowledged, kw_only=True, frozen=True):
    """Id of the template in this account."""

    priTmplId: str


class AddNoticeTemplate(Call[NoticeTemplateAdded], kw_only=True, frozen=True):
    """Take a notice template out of the library (选用模板).

    `kidList` chooses two to five keywords, in any order; `sceneDesc` has at most 15 characters.
    """

    spec = Spec(
        "POST",
        "/wxaapi/newtmpl/addtemplate",
        document="选用模板",
        accounts=VERIFIED_SERVICE,
        repeat=Repeat.IF_NOT_SENT,
        forms=True,
        errors=(
            *(-1, 404, 20001, 20002, 40001, 40400, 200001, 200002, 200011, 200012, 200013, 200014),
            *(200020, 200021, 200022, 200100),
        ),
    )
    tid: Annotated[str, coded(invalid=200014, missing=200014, min_length=1)]
    kidList: Annotated[
        list[int],
        coded(
            invalid=200020,
            missing=200020,
            min_length=facts.NOTICE_KEYWORDS_MIN,
            max_length=facts.NOTICE_KEYWORDS_MAX,
        ),
    ]
    sceneDesc: Annotated[str, coded(invalid=200021, max_length=facts.NOTICE_SCENE_LENGTH)] | None = None


class KeywordChoices(msgspec.Struct, kw_only=True, frozen=True):
    """The only values that a keyword takes; `keywordCode` such as `phrase1.DATA`."""

    keywordCode: str
    enumValueList: list[str]


class NoticeTemplate(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A notice template of this account; `type` 2 is one-time, 3 long-term."""

    priTmplId: str
    title: str
    content: str = always("")
    example: str = always("")
    type: int | None = None
    keywordEnumValueList: list[KeywordChoices] = msgspec.field(default_factory=list)


class NoticeTemplates(Acknowledged, kw_only=True, frozen=True):
    """All notice templates of this account."""

    data: list[NoticeTemplate]


class GetNoticeTemplates(Call[NoticeTemplates], kw_only=True, frozen=True):
    """List the notice templates of this account (获取私有模板列表)."""

    spec = Spec(
        "GET",
        "/wxaapi/newtmpl/gettemplate",
        document="获取私有模板列表",
        accounts=VERIFIED_SERVICE,
        errors=(-1, 40001, 200001, 200011, 200100),
    )


class DeleteNoticeTemplate(Call[Ok], kw_only=True, frozen=True):
    """Remove a notice template from this account (删除模板)."""

    spec = Spec(
        "POST",
        "/wxaapi/newtmpl/deltemplate",
        document="删除模板",
        accounts=VERIFIED_SERVICE,
        errors=(-1, 40001, 40037, 200001, 200002, 200011, 200014, 200100),
    )
    priTmplId: Annotated[str, coded(invalid=200014, missing=200014, min_length=1)]


class SendNotice(Call[Ok], kw_only=True, frozen=True):
    """Send a subscription notice to somebody who allowed it (发送订阅通知).

    `page` opens when it is tapped. What became of it is told by the event subscribe_msg_sent_event. The last
    three fields stand on the page, or in its sample, but mean nothing for an official account.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/message/subscribe/bizsend",
        document="发送订阅通知",
        accounts=VERIFIED_SERVICE,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40003, 40013, 40037, 41030, 43101, 43104, 47003, 48001),
    )
    touser: OpenID
    template_id: TemplateID
    data: Annotated[dict[str, TemplateValue], coded(invalid=47003, missing=47003)]
    page: Annotated[str, coded(invalid=41030, pattern=r"^https?://")] | None = None
    miniprogram: MiniProgram | None = None
    miniprogram_state: Literal["developer", "trial", "formal"] | None = None
    lang: Literal["zh_CN", "en_US", "zh_HK", "zh_TW"] | None = None
    client_msg_id: str | None = None
