"""The rules that the platform enforces, each with its default; `[rules]` in the configuration file changes any of them.

Defaults that the kit needs too are read from `gongzhong/facts.py`, which says where they come from. The others stand
here with the page that they are from; (unverified) is a number that no page has.

Beside the rules stand the settings of one account. How the review of a mass send ends cannot be
predicted for the real one; here the account's setting decides, and the control API can say how the next
send ends. Automatic replies (自动回复) are read by one API call and never written by any; they answer people
while no server URL is set.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ... import facts
from ...account import Encryption
from ...catalogue.menus import Button, MatchRule
from ...messages.events.sending import MASS_SEND_STATUSES
from .refusal import BadInput

MINUTE = 60
HOUR = 3600
DAY = 86400


LONGEST_S = 10 * 365 * DAY
LARGEST_COUNT = 1_000_000_000

Span = Annotated[int, Meta(ge=0, le=LONGEST_S)]
"""Whole seconds; 0 is no time at all."""
Lifetime = Annotated[int, Meta(ge=1, le=LONGEST_S)]
Wait = Annotated[float, Meta(ge=0, le=LONGEST_S)]
"""Seconds that the platform lets pass."""
Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)]
"""A limit; 0 allows nothing."""
Some = Annotated[int, Meta(ge=1, le=LARGEST_COUNT)]
Code = Annotated[int, Meta(ge=1, le=99_999_999)]


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    # Successful answers. errcode and errmsg stand where live answers have them, where the newest official samples have
    # them, in every answer or in none; fields that samples lack are there or not; ids have the type of the samples or
    # of the tables, which contradict each other.
    errcode_on_success: Literal["live", "sample", "always", "never"] = "live"
    optional_fields: Literal["live", "sample"] = "live"
    id_types: Literal["sample", "table"] = "sample"
    # 获取接口调用凭据, 获取稳定版接口调用凭据
    token_lifetime_s: Lifetime = facts.TOKEN_LIFETIME_S
    token_overlap_s: Span = facts.TOKEN_OVERLAP_S
    forced_refreshes_per_day: Count = facts.FORCED_REFRESHES_DAILY
    forced_refresh_gap_s: Span = facts.FORCED_REFRESH_GAP_S
    # API IP 白名单: a changed list counts after some minutes (5 and 10 in reports); a test bed does not wait
    ip_allow_list_delay_s: Wait = 0.0
    # 获取 ticket
    ticket_lifetime_s: Lifetime = facts.TICKET_LIFETIME_S
    # 网页授权
    code_lifetime_s: Lifetime = facts.OAUTH_CODE_LIFETIME_S
    web_token_lifetime_s: Lifetime = facts.OAUTH_TOKEN_LIFETIME_S
    refresh_token_lifetime_s: Lifetime = facts.OAUTH_REFRESH_LIFETIME_S
    # The parameter table calls state optional, error 10013 says that it must not be empty (conflicting)
    web_state_required: bool = False
    # 发送客服消息: messages and seconds after each act of the person
    after_message: Count = facts.AFTER_MESSAGE
    after_message_s: Span = facts.AFTER_MESSAGE_S
    after_act: Count = facts.AFTER_ACT
    after_act_s: Span = facts.AFTER_ACT_S
    typing_s: Span = 15  # (unverified)
    typing_needs_exchange_s: Span = 30
    # 接收消息: how often and how long the platform tries
    answer_timeout_s: Annotated[float, Meta(gt=0, le=HOUR)] = facts.ANSWER_TIMEOUT_S
    connect_timeout_s: Annotated[float, Meta(gt=0, le=HOUR)] = facts.CONNECT_TIMEOUT_S
    deliveries: Annotated[int, Meta(ge=1, le=10)] = facts.DELIVERIES
    attempt_gap_s: Wait = (
        1.0  # between the beginnings of attempts whose connection fails at once (unverified)
    )
    # 接口报警
    alarm_threshold: Some = facts.ALARM_TIMEOUTS
    alarm_window_s: Lifetime = int(facts.ALARM_WINDOW_S)
    mark_fail_threshold: Some = 100  # not published (unverified)
    mark_fail_s: Span = 1 * MINUTE
    # Bodies with \\uXXXX escapes: refused with 40033 (创建自定义菜单), kept as six characters (developers' reports,
    # conflicting for customer-service messages), decoded everywhere else
    unicode_escapes: dict[str, Literal["refuse", "keep", "decode"]] = msgspec.field(
        default_factory=lambda: {
            "/cgi-bin/menu/create": "refuse",
            "/cgi-bin/menu/addconditional": "refuse",
            "/cgi-bin/draft/add": "keep",
            "/cgi-bin/draft/update": "keep",
            "/cgi-bin/message/custom/send": "keep",
            "/cgi-bin/template/api_add_template": "keep",
        }
    )
    # 获取自动回复规则: what stands for a video; the page's table has the id, older texts the link
    auto_reply_video: Literal["media_id", "link"] = "media_id"
    # 模板消息: whether keywords of the category library must all be there (developers' reports)
    template_data_checked: bool = True
    templates_in_use: Count = 25
    templates_in_use_test: Count = 10  # developers' reports
    client_msg_id_s: Span = facts.TEMPLATE_ONCE_S
    # 临时素材, 上传永久素材: whether the extension of a file's name counts (developers' reports), and the code of a
    # video without its part `description` (recalled)
    judge_file_names: bool = True
    video_description_code: Code = 47001
    # 临时素材
    media_lifetime_s: Lifetime = facts.MEDIA_LIFETIME_S
    # 上传永久素材; the global table has two codes for a full store, which of them comes is (unverified)
    permanent_images: Count = facts.PERMANENT_IMAGES
    permanent_others: Count = facts.PERMANENT_OTHERS
    material_full_code: Literal[45034, 45074] = 45034
    # 新增草稿: eight articles stand on older pages only; a newer report has 120 for the digest
    draft_articles: Some = 8
    # half-width units: characters beyond ASCII take two (measured in 2026; the page counts characters)
    title_units: Some = facts.ARTICLE_TITLE_LENGTH
    author_units: Some = facts.ARTICLE_AUTHOR_LENGTH
    digest_units: Some = facts.ARTICLE_DIGEST_LENGTH
    content_length: Count = 0  # characters; the page's 20 000 are not enforced by WeChat, 0 is no limit
    article_products: Count = 50
    # 发布草稿
    publish_s: Wait = 2.0  # not published (unverified)
    # 留言管理
    comment_page: Some = facts.COMMENT_PAGE  # the error's text would allow 50
    selected_comments: Count = 100  # not published (unverified)
    comment_reply_length: Some = 300  # not published (unverified)
    comment_length: Some = 600  # not published (unverified)
    # 提交语音: the page says to ask after about ten seconds
    voice_recognition_s: Span = 10
    # 生成带参数的二维码
    qr_default_lifetime_s: Lifetime = facts.QR_DEFAULT_LIFETIME_S
    permanent_qr_codes: Some = facts.QR_PERMANENT_CODES
    # 短key托管
    short_key_lifetime_s: Lifetime = 30 * DAY
    # 创建个性化菜单: hosts that all personalised menus together may link to
    conditional_menu_hosts: Count = 3
    # 用户标签管理
    tags_per_account: Count = facts.TAGS_PER_ACCOUNT
    tags_per_user: Count = facts.TAGS_PER_USER
    tag_delete_limit: Count = facts.TAG_DELETE_LIMIT
    follower_page: Some = facts.FOLLOWER_PAGE
    blacklist_page: Some = facts.BLACKLIST_PAGE
    # 测试号: developers' reports
    test_account_followers: Count = 100
    # 重置API调用次数
    clear_quota_per_month: Count = facts.CLEAR_QUOTA_MONTHLY
    # 接口调用频次限制: more followers, more calls. That some quotas grow, template messages among them, is
    # confirmed; the factors are not published (unverified).
    quota_growth: dict[Some, Some] = msgspec.field(
        default_factory=lambda: {100_000: 2, 1_000_000: 5, 10_000_000: 10}
    )
    growing_quotas: tuple[str, ...] = ("/cgi-bin/message/template/send",)
    clear_one_quota_per_month: Count = facts.CLEAR_ONE_QUOTA_MONTHLY
    rid_kept_s: Lifetime = facts.RID_KEPT_S
    # 群发 (群发接口指南): sends a day of a subscription account; of the others, sends to everybody a day, and a month,
    # which is also what each person receives
    mass_per_day: Count = 1
    mass_to_all_per_day: Count = 1
    mass_per_month: Count = facts.MASS_MONTHLY
    mass_guard_s: Span = facts.MASS_ONCE_S
    mass_guard_gap_s: Span = MINUTE
    mass_confirmation_s: Span = 30 * MINUTE
    mass_review_s: Wait = 2.0  # real reviews take minutes to hours
    mass_takes_temporary_media: bool = False  # older pages allowed it
    # 添加客服账号 (an older return code speaks of 10), 邀请绑定客服账号
    agents_per_account: Count = 100
    agents_per_person: Count = 5
    invitation_lifetime_s: Lifetime = 3 * DAY  # (unverified)
    # 将消息转发到客服: without closing, messages go to the server again after so long
    session_forwarding_s: Span = 30 * MINUTE
    # 获取未接入会话列表
    waiting_page: Some = 100
    # 获取聊天记录: older pages also list the steps of sessions (1000 to 1004)
    session_steps_in_records: bool = False
    # 数据统计: the hour of China at which the data of yesterday are ready
    statistics_ready_hour: Annotated[int, Meta(ge=0, le=23)] = 8
    # 获取图文群发每日数据: an article with fewer readings has no row
    article_statistics_least: Count = 3
    # 授权用户信息变更: who authorised within that time is told of a cleaned profile
    profile_cleaned_told_s: Span = 30 * DAY
    # 订阅通知
    notice_templates: Count = 25
    # Jobs of the schedule that fail: the platform's own settings, not WeChat's
    job_attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    job_retry_s: Wait = 5.0
    # The console wants port 80 or 443; on one machine every port must do.
    any_port: bool = True


SUCCESS = "send success"


class CopyrightFinding(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What the originality check says of one article (`article_idx` from 1); the fields are the event's."""

    article_idx: int = 1
    user_declare_state: Literal[0, 1, 2] = 0
    audit_state: int = 11
    original_article_url: str = ""
    original_article_type: Literal[1, 2, 3, 4] = 1
    can_reprint: bool = False
    need_replace_content: bool = False
    need_show_reprint_source: bool = False


class MassOutcome(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How a job ends: with a `status` of MASSSENDJOBFINISH, or as the originality check decides.

    `check_state` 1: no reprint; 2: a permitted reprint, sent only if the sender said so; 3: must not be sent.
    """

    status: str = ""
    check_state: Literal[1, 2, 3] = 1
    findings: list[CopyrightFinding] = []

    def __post_init__(self) -> None:
        if self.status and self.status not in MASS_SEND_STATUSES:
            known = ", ".join(MASS_SEND_STATUSES)
            raise BadInput(
                f"没有这种群发结果：{self.status}，可用：{known}",
                f"no such result of a mass send: {self.status}; there are {known}",
            )

    def result(self, *, of_articles: bool, ignore_reprint: bool) -> str:
        """The Status of the event. The originality check concerns articles only."""
        if self.status:
            return self.status
        if not of_articles or self.check_state == 1:
            return SUCCESS
        if self.check_state == 3:
            return "err(30002)"
        return SUCCESS if ignore_reprint else "err(30003)"


class MassSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`protected` is API群发保护: a send to everybody waits for the administrator."""

    outcome: MassOutcome = MassOutcome()
    protected: bool = False


ReplyKind = Literal["text", "img", "voice", "video", "news"]


class ReplyArticle(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One article of a news reply."""

    title: str
    author: str = ""
    digest: str = ""
    show_cover: bool = False
    cover_url: str = ""
    content_url: str = ""
    source_url: str = ""


class ConsoleReply(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is said: `content` is the text, or the media_id of a permanent file; articles stand in `articles`."""

    type: ReplyKind = "text"
    content: str = ""
    articles: list[ReplyArticle] = []

    def __post_init__(self) -> None:
        missing = not self.articles if self.type == "news" else not self.content
        if missing:
            raise BadInput(
                f"类型为 {self.type} 的自动回复缺少内容",
                f"an automatic reply of type {self.type} has no content",
            )


class ConsoleKeyword(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A keyword: half match (`contain`) or full match (`equal`)."""

    content: str
    match: Literal["contain", "equal"] = "contain"

    def fits(self, text: str) -> bool:
        return text == self.content if self.match == "equal" else self.content in text


class ConsoleRule(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Keywords and what answers them: everything, or one by chance."""

    name: str
    keywords: list[ConsoleKeyword]
    replies: list[ConsoleReply]
    reply_mode: Literal["reply_all", "random_one"] = "reply_all"
    create_time: int = 0

    def __post_init__(self) -> None:
        if not self.keywords or not self.replies:
            raise BadInput(
                f"规则 {self.name} 缺少关键词或回复", f"the rule {self.name} lacks keywords or replies"
            )


class AutoReplySettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Everything on the console's page of automatic replies; both switches start on, as nothing is set yet."""

    add_friend_open: bool = True
    open: bool = True
    add_friend: ConsoleReply | None = None
    default: ConsoleReply | None = None
    rules: list[ConsoleRule] = []


Kind = Literal["subscription", "service", "test"]


PageError = Literal[0, 10004, 10009, 10015, 10016]


class ConditionalMenuConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A personalised menu (个性化菜单); `matchrule` as the call takes it."""

    button: list[Button]
    matchrule: MatchRule


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about an official account that its console can change: the one declaration of these settings.

    The configuration file (`AccountConfig`), the world (`AccountState`) and the control API (`AccountChange`) take
    names, choices, bounds and defaults from here; a test holds the types of the pages to it.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    kind: Kind = "service"
    verified: bool = True
    secret: str = ""
    token: str = ""
    aes_key: str = ""
    encryption: Encryption = "plain"
    url: Annotated[str, Meta(max_length=2_000)] = ""
    """Where pushes go; nothing is pushed while it is empty."""
    oauth_domain: str = ""
    """Where web authorisation may send people back to (网页授权域名): a host, or a host with a path."""
    second_oauth_domain: str = ""
    js_domains: list[str] = []
    business_domains: list[str] = []
    """业务域名: where one-time subscribe messages may lead back to; without one the other domains count."""
    web_authorization: bool = False
    """The right of web authorisation for a verified 公众号 of a government or media body."""
    ip_allow_list: list[str] = []
    """Addresses and CIDR ranges that may call the API (API IP 白名单); empty allows every one."""
    ip_allow_list_scope: Literal["all", "token"] = "all"
    """What the list guards: every call, or only those that fetch tokens; official pages disagree."""
    ip_refusal_code: Literal[40164, 61004] = 40164
    """The return code of a refused address."""
    open_platform: str = ""
    """Open Platform account it is bound to: accounts with the same one share UnionIDs."""
    headimgurl: str = ""
    description: Annotated[str, Meta(max_length=1_000)] = ""
    customer_service: bool = True
    """Whether the account has turned on customer service (新版客服功能)."""
    comments: bool = True
    """Whether the account has the comment function (留言功能)."""
    call_limits: dict[str, Count] = {}
    """Daily quota by path, in place of the published default."""
    page_error: PageError = 0
    """The page error that everybody meets on the authorisation page (网页授权): banned, too frequent, not authorised to
    the third-party platform, an AppID of the Open Platform; 0 is none."""
    secret_frozen: bool = False
    """Whether the AppSecret is frozen: calls that carry it are refused with 40243."""
    mass: MassSettings = MassSettings()
    autoreply: AutoReplySettings = AutoReplySettings()

    def __repr__(self) -> str:
        """Without secrets."""
        return f"{type(self).__name__}(name={self.name!r})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """The same for rich, which would show all fields."""
        return [("name", self.name)]


class AccountConfig(AccountSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One official account as a file or a test declares it; ids that are missing are made from the name."""

    appid: str = ""
    original_id: str = ""
    wechat_id: str = ""
    industries: list[int] = []
    """The two industries of the old template library (设置所属行业), by code."""
    mass_speed: Literal[0, 1, 2, 3, 4] | None = None
    """The speed of mass sending that was set; never set when left out."""
    used_quota: dict[str, Count] = {}
    """Calls of today by path that were made before the start."""
    menu: list[Button] = []
    """The buttons of the default menu (自定义菜单), as menu/create takes them."""
    conditional_menu: list[ConditionalMenuConfig] = []
    """Personalised menus, oldest first; they need a default menu."""
