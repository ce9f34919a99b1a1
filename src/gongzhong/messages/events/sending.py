"""What became of things sent or published, and what users allow to be sent: mass sends, template messages, publishing
and subscription notifications (群发、模板消息、发布、订阅通知).

The counts of a mass send come shortly before the job is really done, so the final ones can differ a little.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ..elements import Element, Flag
from ..model import Event

# Status values of MASSSENDJOBFINISH, from the mass-send guide (群发接口和原创校验).
MASS_SEND_STATUSES = {
    "send success": ("发送完成", "sent; single recipients may have failed"),
    "sendsuccess": ("发送完成", "sent; single recipients may have failed"),
    "send fail": ("发送失败", "failed"),
    "sendfail": ("发送失败", "failed"),
    "err(10001)": ("涉嫌广告", "suspected advertising"),
    "err(20001)": ("涉嫌政治", "suspected politics"),
    "err(20002)": ("涉嫌色情", "suspected pornography"),
    "err(20004)": ("涉嫌社会", "suspected social issue"),
    "err(20006)": ("涉嫌违法犯罪", "suspected crime"),
    "err(20008)": ("涉嫌欺诈", "suspected fraud"),
    "err(20013)": ("涉嫌版权", "suspected copyright violation"),
    "err(21000)": ("涉嫌其他", "other suspicion"),
    "err(22000)": ("涉嫌互推", "suspected mutual promotion"),
    "err(30001)": ("原创校验出现系统错误，且选择了判为转载时不群发", "the originality check broke down"),
    "err(30002)": ("原创校验被判定为不能群发", "the originality check forbids sending"),
    "err(30003)": ("原创校验判定为转载文，且选择了此时不群发", "judged a reprint, and reprints are not sent"),
    "err(40001)": ("管理员拒绝", "refused by the administrator"),
    "err(40002)": ("管理员 30 分钟内无响应，超时", "the administrator did not answer within 30 minutes"),
}

# publish_status of PUBLISHJOBFINISH, from the publish page (事件推送发布结果).
PUBLISH_STATUSES = {
    0: ("成功", "published"),
    1: ("发布中", "publishing"),
    2: ("原创失败", "the originality check failed"),
    3: ("常规失败", "failed"),
    4: ("平台审核不通过", "refused by the platform's review"),
    5: ("成功后用户删除所有文章", "published, then every article deleted by the user"),
    6: ("成功后系统封禁所有文章", "published, then every article banned"),
}


class CopyrightItem(Element, frozen=True, kw_only=True):
    """Verdict of the originality check on one article."""

    article_idx: int
    """From 1."""
    user_declare_state: int
    """0 not declared, 1 declared original, 2 declared a reprint."""
    audit_state: int
    """0 not checked yet, 1 being checked, 11 passed; anything else is not passed."""
    original_article_url: str | None = None
    original_article_type: int | None = None
    """1 original article, 2 earlier article not original, 3 news, 4 blacklisted."""
    can_reprint: Flag | None = None
    need_replace_content: Flag | None = None
    need_show_reprint_source: Flag | None = None


class CopyrightItems(Element, frozen=True, kw_only=True):
    """The articles checked."""

    item: tuple[CopyrightItem, ...] = field(default=(), name="item")


class CopyrightCheckResult(Element, frozen=True, kw_only=True):
    """The originality check of a mass send of articles."""

    count: int | None = None
    result_list: CopyrightItems = field(default_factory=CopyrightItems)
    check_state: int | None = None
    """1 no reprint, may be sent; 2 reprint, may be sent; 3 reprint, must not be sent."""


class ArticleUrlItem(Element, frozen=True, kw_only=True):
    """Address of one article."""

    article_idx: int
    """From 1."""
    article_url: str


class ArticleUrlItems(Element, frozen=True, kw_only=True):
    """The articles sent."""

    item: tuple[ArticleUrlItem, ...] = field(default=(), name="item")


class ArticleUrlResult(Element, frozen=True, kw_only=True):
    """Addresses of the articles of a mass send."""

    count: int | None = None
    result_list: ArticleUrlItems = field(default_factory=ArticleUrlItems)


class MassSendJobFinish(Event, frozen=True, kw_only=True):
    """A mass send is nearly done. The sender is the mass-send assistant, not a recipient."""

    entry: ClassVar[str] = "15"
    title_zh: ClassVar[str] = "群发结果"
    title_en: ClassVar[str] = "mass send finished"

    event: str = "MASSSENDJOBFINISH"
    msg_id: int = field(name="MsgID")
    """`msg_id` in the answer to the send call."""
    status: str
    total_count: int | None = None
    filter_count: int | None = None
    """Left after filtering: about `sent_count` + `error_count`."""
    sent_count: int | None = None
    error_count: int | None = None
    copyright_check_result: CopyrightCheckResult | None = None
    article_url_result: ArticleUrlResult | None = None

    @property
    def succeeded(self) -> bool:
        return self.status.replace(" ", "") == "sendsuccess"


class TemplateSendJobFinish(Event, frozen=True, kw_only=True):
    """A template message arrived, or did not."""

    entry: ClassVar[str] = "16"
    title_zh: ClassVar[str] = "模板消息发送结果"
    title_en: ClassVar[str] = "template message finished"

    event: str = "TEMPLATESENDJOBFINISH"
    msg_id: int = field(name="MsgID")
    """`msgid` in the answer to the send call."""
    status: str
    """`success`, `failed:user block` (the user refuses messages) or `failed: system failed`."""

    @property
    def succeeded(self) -> bool:
        return self.status == "success"


class PublishedArticle(Element, frozen=True, kw_only=True, rename=None):
    """Address of one published article."""

    idx: int
    """From 1."""
    article_url: str


class ArticleDetail(Element, frozen=True, kw_only=True, rename=None):
    """The articles published."""

    count: int | None = None
    item: tuple[PublishedArticle, ...] = ()


class PublishEventInfo(Element, frozen=True, kw_only=True, rename=None):
    """Outcome of one publish job."""

    publish_id: int
    publish_status: int
    """See PUBLISH_STATUSES."""
    article_id: str | None = None
    """With status 0 only, like `article_detail`."""
    article_detail: ArticleDetail | None = None
    fail_idx: tuple[int, ...] = ()
    """With statuses 2 and 4: the refused articles, from 1."""


class PublishJobFinish(Event, frozen=True, kw_only=True):
    """A publish job ended. The sender is the platform's assistant, not a user."""

    entry: ClassVar[str] = "17"
    title_zh: ClassVar[str] = "发布结果"
    title_en: ClassVar[str] = "publishing finished"

    event: str = "PUBLISHJOBFINISH"
    publish_event_info: PublishEventInfo

    @property
    def succeeded(self) -> bool:
        return self.publish_event_info.publish_status == 0


class SubscribeChoice(Element, frozen=True, kw_only=True):
    """One template that a user allowed or refused."""

    template_id: str
    subscribe_status_string: str
    """`accept` or `reject`."""
    popup_scene: int | None = None
    """Where the user was asked: 1 a web page, 2 an article."""

    @property
    def accepted(self) -> bool:
        return self.subscribe_status_string == "accept"


class SubscribeChoices(Element, frozen=True, kw_only=True):
    """The templates a user decided about."""

    list: tuple[SubscribeChoice, ...] = ()


class SubscribeMsgPopup(Event, frozen=True, kw_only=True):
    """A user answered the question whether notifications may be sent."""

    entry: ClassVar[str] = "18"
    title_zh: ClassVar[str] = "用户操作订阅通知弹窗"
    title_en: ClassVar[str] = "subscription pop-up answered"

    event: str = "subscribe_msg_popup_event"
    subscribe_msg_popup_event: SubscribeChoices


class SubscribeMsgChange(Event, frozen=True, kw_only=True):
    """A user changed subscriptions on the management page; only refusals are pushed."""

    # An old official sample names the container after the pop-up event.
    aliases: ClassVar[dict[str, str]] = {"subscribemsgpopupevent": "SubscribeMsgChangeEvent"}
    entry: ClassVar[str] = "19"
    title_zh: ClassVar[str] = "用户管理订阅通知"
    title_en: ClassVar[str] = "subscriptions changed"

    event: str = "subscribe_msg_change_event"
    subscribe_msg_change_event: SubscribeChoices


class SubscribeSent(Element, frozen=True, kw_only=True):
    """What became of one notification."""

    template_id: str
    msg_id: int = field(name="MsgID")
    error_code: int
    """0: delivered."""
    error_status: str


class SubscribeSents(Element, frozen=True, kw_only=True):
    """The notifications reported on."""

    list: tuple[SubscribeSent, ...] = ()


class SubscribeMsgSent(Event, frozen=True, kw_only=True):
    """Subscription notifications arrived, or did not."""

    entry: ClassVar[str] = "20"
    title_zh: ClassVar[str] = "发送订阅通知结果"
    title_en: ClassVar[str] = "subscription notification finished"

    event: str = "subscribe_msg_sent_event"
    subscribe_msg_sent_event: SubscribeSents
