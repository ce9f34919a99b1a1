"""Every number from WeChat's rules once, with the page it stands on and how sure we are.

Grades: *confirmed* stands on the official page named; *recalled* was read in older editions, consoles or SDKs
and not on a current page; *conflicting* means that official pages contradict each other; *measured* and *reports* come
from developers. Daily quotas are those of a newly registered account. Times are seconds.

The kit and the platform read the numbers that both need from here. The platform's configuration can change every rule
that it enforces: `platform/world/settings.py` has them as settings, with these numbers as defaults, beside those rules
that only the platform needs.
"""

from __future__ import annotations

from typing import Final

# 服务端 API 调用说明, 接口域名 (confirmed): the general entry, the one for disaster recovery (容灾), Shanghai, Shenzhen
# and Hong Kong
API_HOST: Final = "https://api.weixin.qq.com"
API_OTHER_HOSTS: Final = (
    "https://api2.weixin.qq.com",
    "https://sh.api.weixin.qq.com",
    "https://sz.api.weixin.qq.com",
    "https://hk.api.weixin.qq.com",
)

# API调用频次限制: counts belong to a natural day of Beijing, which has no daylight-saving time (confirmed; that the
# count begins anew exactly at midnight is recalled)
CHINA_AHEAD_S: Final = 8 * 3_600

# API调用频次限制 (confirmed, both columns)
TOKEN_DAILY: Final = 2_000
TOKEN_DAILY_TEST: Final = 200
MENU_CREATE_DAILY: Final = 1_000
MENU_CREATE_DAILY_TEST: Final = 100
MENU_GET_DAILY: Final = 10_000
MENU_GET_DAILY_TEST: Final = 1_000
MENU_DELETE_DAILY: Final = 1_000
MENU_DELETE_DAILY_TEST: Final = 100
CUSTOMER_MESSAGE_DAILY: Final = 500_000
CUSTOMER_MESSAGE_DAILY_TEST: Final = 50_000
MEDIA_UPLOAD_DAILY: Final = 100_000
MEDIA_UPLOAD_DAILY_TEST: Final = 500
MEDIA_GET_DAILY: Final = 200_000
MEDIA_GET_DAILY_TEST: Final = 1_000
QR_CODE_DAILY: Final = 100_000
QR_CODE_DAILY_TEST: Final = 10_000
FOLLOWER_LIST_DAILY: Final = 500
FOLLOWER_LIST_DAILY_TEST: Final = 100
USER_INFO_DAILY: Final = 5_000_000
USER_INFO_DAILY_TEST: Final = 500_000
REMARK_DAILY: Final = 10_000

# The same page speaks of groups (分组); tags took their place (recalled for tags)
TAG_EDIT_DAILY: Final = 1_000
TAG_EDIT_DAILY_TEST: Final = 100
TAG_USERS_DAILY: Final = 100_000
TAG_USERS_DAILY_TEST: Final = 1_000

# 获取稳定版接口调用凭据 (confirmed)
STABLE_TOKEN_DAILY: Final = 500_000
STABLE_TOKEN_PER_MINUTE: Final = 10_000

# 创建个性化菜单, 删除个性化菜单, 测试个性化菜单匹配结果 (confirmed)
CONDITIONAL_MENU_DAILY: Final = 2_000
MENU_MATCH_DAILY: Final = 20_000

# API调用频次限制: drafts (add, delete, update, count, list), reading one, publishing (confirmed)
DRAFT_DAILY: Final = 1_000
DRAFT_GET_DAILY: Final = 500
PUBLISH_DAILY: Final = 100
PUBLISH_DELETE_DAILY: Final = 10

# 模板消息接入指南 (confirmed)
TEMPLATE_DAILY: Final = 100_000

# Console of 2023 (recalled)
TICKET_DAILY: Final = 1_000_000

# sns pages: code exchange, refresh and user info, each (confirmed)
WEB_CALLS_PER_MINUTE: Final = 50_000

# 创建自定义菜单 (confirmed); bytes of UTF-8
MENU_BUTTONS: Final = 3
MENU_SUB_BUTTONS: Final = 5
MENU_NAME_BYTES: Final = 16
MENU_SUB_NAME_BYTES: Final = 60
MENU_KEY_BYTES: Final = 128
MENU_URL_BYTES: Final = 1_024

# 发送模板消息: length of client_msg_id (recalled)
CLIENT_MSG_ID_LENGTH: Final = 32
# 发送模板消息 (confirmed): so long, in seconds, a client_msg_id is carried out once for each person
TEMPLATE_ONCE_S: Final = 600

# 模板消息接入指南, keyword types of the category library (confirmed for thing, character_string, amount,
# phone_number and car_number; the rest is documented for subscription notices, which share the types)
THING_LENGTH: Final = 20
CHARACTER_STRING_LENGTH: Final = 32
NUMBER_DIGITS: Final = 32
LETTER_LENGTH: Final = 32
SYMBOL_LENGTH: Final = 5
PHONE_NUMBER_LENGTH: Final = 17
CAR_NUMBER_LENGTH: Final = 8
AMOUNT_DIGITS: Final = 10
NAME_CHINESE_LENGTH: Final = 10
NAME_LETTER_LENGTH: Final = 20
PHRASE_LENGTH: Final = 5

# 查询拦截的模板消息 (confirmed)
BLOCKED_TEMPLATE_PAGE: Final = 100

# 发送客服消息: one article since October 2018 (confirmed); bytes of a text (recalled)
CUSTOMER_ARTICLES: Final = 1
CUSTOMER_TEXT_BYTES: Final = 2_048

# 批量获取用户基本信息, 设置用户备注名 (field text of older pages; the current one says under 30 bytes)
USER_BATCH: Final = 100
REMARK_LENGTH: Final = 30

# 拉黑用户 (confirmed)
BLACKLIST_BATCH: Final = 20

# openid转换 (confirmed)
OPENID_CONVERSION_BATCH: Final = 100

# 创建标签, 批量打标签 (confirmed); 批量取消标签 has the number on older pages only (recalled)
TAG_NAME_LENGTH: Final = 30
TAG_BATCH: Final = 50

# 生成带参数的二维码 (confirmed)
QR_SCENE_ID_MAX: Final = 2**32 - 1
QR_PERMANENT_SCENE_ID_MAX: Final = 100_000
QR_SCENE_STR_LENGTH: Final = 64
QR_EXPIRE_SECONDS_MAX: Final = 2_592_000

# 长信息转短链 (confirmed): 4 KB, 30 days
SHORTEN_DATA_BYTES: Final = 4_096
SHORTEN_EXPIRE_SECONDS_MAX: Final = 2_592_000

# 新增临时素材, 上传图文消息图片 (confirmed); bytes of a file
IMAGE_BYTES: Final = 10 * 1024 * 1024
VOICE_BYTES: Final = 2 * 1024 * 1024
VOICE_SECONDS: Final = 60
VIDEO_BYTES: Final = 10 * 1024 * 1024
THUMB_BYTES: Final = 64 * 1024
ARTICLE_IMAGE_BYTES: Final = 1024 * 1024

# 新增草稿: half-width units, a character beyond ASCII takes two (measured by developers in 2026; the page says 32, 16
# and 120 or 128 characters: conflicting). The content must be *below* its bytes; the 20 000 characters of the page
# are not enforced (measured).
ARTICLE_TITLE_LENGTH: Final = 64
ARTICLE_AUTHOR_LENGTH: Final = 16
ARTICLE_DIGEST_LENGTH: Final = 240
ARTICLE_CONTENT_BYTES: Final = 1024 * 1024
ARTICLE_SOURCE_URL_BYTES: Final = 1_024
PICTURES: Final = 20

# 新增永久图文素材, the retired page (confirmed)
OLD_NEWS_ARTICLES: Final = 8

# 获取永久素材列表, 获取草稿列表, 获取已发布的消息列表 (confirmed)
LIST_PAGE: Final = 20

# 查看指定文章的评论数据 (confirmed: the text of the field; the error speaks of more than 50)
COMMENT_PAGE: Final = 49

# Mass sending: 根据标签群发消息 and 群发消息指南 (confirmed); daily counts of uploads and deletions from the older
# privilege table (recalled)
MASS_DAILY: Final = 100
MASS_PER_MINUTE: Final = 60
MASS_PREVIEW_DAILY: Final = 100
MASS_DELETE_DAILY: Final = 10
MASS_NEWS_DAILY: Final = 10
MASS_OPENIDS_MIN: Final = 2
MASS_OPENIDS_MAX: Final = 10_000
MASS_ARTICLES: Final = 8
MASS_SPEED_MAX: Final = 4
# 群发消息指南 (confirmed): a month, what a service account sends to everybody, and what each person receives of it
MASS_MONTHLY: Final = 4
# The current pages say 32 bytes, the older one 64; developers report refusals below 64
MASS_CLIENT_MSG_ID_BYTES: Final = 32
# 根据标签群发消息 (confirmed): so long, in seconds, the same clientmsgid is refused with 45065
MASS_ONCE_S: Final = 24 * 3_600

# 一次性订阅消息 (confirmed): the page of the scene, and the message
ONE_TIME_DAILY: Final = 100_000
ONE_TIME_SCENE_MAX: Final = 10_000
ONE_TIME_RESERVED_BYTES: Final = 128
ONE_TIME_TITLE_LENGTH: Final = 15
ONE_TIME_CONTENT_LENGTH: Final = 200

# 订阅通知, template library (confirmed)
NOTICE_TITLES_PAGE: Final = 30
NOTICE_KEYWORDS_MIN: Final = 2
NOTICE_KEYWORDS_MAX: Final = 5
NOTICE_SCENE_LENGTH: Final = 15
# 订阅通知介绍: notices of one component; all of them one-time or all long-term
NOTICES_OF_COMPONENT: Final = 5

# OCR, image processing: free calls a day and bytes of a picture (confirmed); ratios of a crop (recalled)
PICTURE_DAILY: Final = 100
PICTURE_BYTES: Final = 2 * 1024 * 1024
CROP_RATIOS: Final = 5

# 提交语音, 微信翻译 (recalled); bytes of the file, bytes of UTF-8
RECOGNISED_VOICE_BYTES: Final = 1024 * 1024
TRANSLATION_BYTES: Final = 600

# 添加客服账号, 上传客服头像, 获取聊天记录 (confirmed); characters, bytes, seconds
AGENT_PREFIX_LENGTH: Final = 10
AGENT_NAME_LENGTH: Final = 30
AGENT_NICKNAME_LENGTH: Final = 16
AGENT_PORTRAIT_BYTES: Final = 5 * 1024 * 1024
RECORD_SPAN_S: Final = 86_400
RECORD_PAGE: Final = 10_000
RECORDS_DAILY: Final = 5_000

# 数据统计: days that one request may span (confirmed on the single pages of 2026-10; the six article calls whose
# maintenance has stopped only in the older overview; cards recalled)
USER_STATISTICS_SPAN: Final = 7
ARTICLE_DAY_SPAN: Final = 1
ACCOUNT_OVERVIEW_SPAN: Final = 30
OLD_ARTICLE_DAY_SPAN: Final = 1
OLD_ARTICLE_READ_SPAN: Final = 3
OLD_ARTICLE_SHARE_SPAN: Final = 7
MESSAGE_SPAN: Final = 7
MESSAGE_HOUR_SPAN: Final = 1
# Week and month: begin and end are its first day; the older overview allows 30 days
MESSAGE_PERIOD_SPAN: Final = 1
MESSAGE_DISTRIBUTION_SPAN: Final = 15
INTERFACE_SPAN: Final = 30
INTERFACE_HOUR_SPAN: Final = 1
CARD_STATISTICS_SPAN: Final = 62

# 流量主数据 (slots confirmed by its page, rebate goods recalled)
AD_SLOT_SPAN: Final = 90
AD_REBATE_SPAN: Final = 60
AD_PAGE: Final = 90

# Identifiers: the draft page allows a media_id of 128 characters (confirmed); an OpenID has 28 (recalled),
# read leniently
MEDIA_ID_LENGTH: Final = 128
OPENID_LENGTH: Final = 128

# 接收普通消息 (confirmed): seconds from a push to its complete answer
ANSWER_TIMEOUT_S: Final = 5.0

# The same page says "three retries in all"; three deliveries in all is what developers see (conflicting)
DELIVERIES: Final = 3

# 接口报警: the type table and the sample say 5 s, the part about troubleshooting 3 s (conflicting)
CONNECT_TIMEOUT_S: Final = 5.0

# 接口报警, announcement of 2014 (recalled): so many failures of a kind in so many seconds raise an alarm
ALARM_TIMEOUTS: Final = 30
ALARM_WINDOW_S: Final = 300.0

# 被动回复用户消息 (recalled): bytes of UTF-8 in a text
REPLY_TEXT_BYTES: Final = 2_048

# 被动回复用户消息 (confirmed): articles in answer to a text, image, voice, video, link or location message,
# and in answer to anything else
REPLY_ARTICLES_TO_MESSAGE: Final = 1
REPLY_ARTICLES: Final = 8

# 获取接口调用凭据, 获取稳定版接口调用凭据 (confirmed): how long a token lives, how long the one before it lives on,
# and how often a new stable token can be forced
TOKEN_LIFETIME_S: Final = 7_200
TOKEN_OVERLAP_S: Final = 300
FORCED_REFRESHES_DAILY: Final = 20
FORCED_REFRESH_GAP_S: Final = 30

# 获取 ticket (confirmed)
TICKET_LIFETIME_S: Final = 7_200

# 客服消息下发规则 of June 2023 (confirmed): messages, and for how long, after a message of the person,
# and after a click, a scan or a follow
AFTER_MESSAGE: Final = 5
AFTER_MESSAGE_S: Final = 48 * 3_600
AFTER_ACT: Final = 3
AFTER_ACT_S: Final = 60

# 网页授权 (confirmed; the life of the token from the sample answer): bytes of `state`, seconds
OAUTH_STATE_BYTES: Final = 128
OAUTH_CODE_LIFETIME_S: Final = 300
OAUTH_TOKEN_LIFETIME_S: Final = 7_200
OAUTH_REFRESH_LIFETIME_S: Final = 30 * 86_400

# 基本配置, 消息加解密说明 (confirmed): Token and EncodingAESKey of the server configuration; AppID and AppSecret
# as every account has them (recalled). The forms are regular expressions.
SERVER_TOKEN_LENGTH_MAX: Final = 32
AES_KEY_LENGTH: Final = 43
SECRET_LENGTH: Final = 32
SERVER_TOKEN_FORM: Final = rf"[A-Za-z0-9]{{3,{SERVER_TOKEN_LENGTH_MAX}}}"
AES_KEY_FORM: Final = rf"[A-Za-z0-9]{{{AES_KEY_LENGTH}}}"
SECRET_FORM: Final = rf"[0-9a-f]{{{SECRET_LENGTH}}}"
APPID_FORM: Final = r"wx[0-9a-f]{16}"

# 域名管理: JS safe domains since August 2020 (announcement, confirmed on the page of the subscription component),
# business domains and slashes in a domain with a path (console texts, recalled)
JS_SAFE_DOMAINS: Final = 5
BUSINESS_DOMAINS: Final = 3
DOMAIN_SLASHES: Final = 3

# 设置群发速度 (confirmed): messages a minute at speed 0 to 4
MASS_SPEEDS: Final = (800_000, 600_000, 450_000, 300_000, 100_000)

# 模板消息 since May 2023 (announcement, confirmed): characters of a keyword that are shown
TEMPLATE_SHOWN_LENGTH: Final = 20

# 生成带参数的二维码 (confirmed): permanent codes of one account; the default life of a temporary one is 60 s on the
# newer page, 30 s in older texts (conflicting)
QR_PERMANENT_CODES: Final = 100_000
QR_DEFAULT_LIFETIME_S: Final = 60

# 新增临时素材, 新增永久素材 (confirmed): life of temporary files, files that are kept
MEDIA_LIFETIME_S: Final = 3 * 86_400
PERMANENT_IMAGES: Final = 100_000
PERMANENT_OTHERS: Final = 1_000

# 用户标签管理, 获取用户列表, 获取公众号的黑名单列表 (confirmed; that a tag with more followers cannot be deleted:
# older page, recalled)
TAGS_PER_ACCOUNT: Final = 100
TAGS_PER_USER: Final = 20
TAG_DELETE_LIMIT: Final = 100_000
FOLLOWER_PAGE: Final = 10_000
BLACKLIST_PAGE: Final = 1_000

# 重置API调用次数, 重置指定API调用次数, 查询rid信息 (confirmed)
CLEAR_QUOTA_MONTHLY: Final = 10
CLEAR_ONE_QUOTA_MONTHLY: Final = 50
RID_KEPT_S: Final = 7 * 86_400

# 新增草稿 (confirmed): characters of the text that become the digest of an article without one
ARTICLE_DIGEST_MADE_LENGTH: Final = 54
