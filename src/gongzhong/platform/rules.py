"""The numbers of WeChat's rules that the platform enforces, each with its default and where it comes from.

Numbers marked (unverified) in the sources are settings for that reason; the others are settings so that a test can make
a limit small. `[rules]` in the configuration file changes any of them.
"""

from __future__ import annotations

import msgspec

MINUTE = 60
HOUR = 3600
DAY = 86400


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    # 获取接口调用凭据, 获取稳定版接口调用凭据
    token_lifetime_s: int = 2 * HOUR
    token_overlap_s: int = 5 * MINUTE
    forced_refreshes_per_day: int = 20
    forced_refresh_gap_s: int = 30
    # 获取 ticket
    ticket_lifetime_s: int = 2 * HOUR
    # 网页授权
    code_lifetime_s: int = 5 * MINUTE
    web_token_lifetime_s: int = 2 * HOUR
    refresh_token_lifetime_s: int = 30 * DAY
    # 发送客服消息: messages and seconds after each act of the person
    after_message: int = 5
    after_message_s: int = 48 * HOUR
    after_act: int = 3
    after_act_s: int = 1 * MINUTE
    typing_s: int = 15  # (unverified)
    typing_needs_exchange_s: int = 30
    # 接收消息: how often and how long the platform tries
    answer_timeout_s: float = 5.0
    connect_timeout_s: float = 5.0
    deliveries: int = 3
    # 接口报警
    alarm_threshold: int = 30
    alarm_window_s: int = 5 * MINUTE
    mark_fail_threshold: int = 100  # not published (unverified)
    mark_fail_s: int = 1 * MINUTE
    # 模板消息
    templates_in_use: int = 25
    templates_in_use_test: int = 10  # developers' reports
    client_msg_id_s: int = 10 * MINUTE
    # 临时素材
    media_lifetime_s: int = 3 * DAY
    # 提交语音: the page says to ask after about ten seconds
    voice_recognition_s: int = 10
    # 生成带参数的二维码
    qr_default_lifetime_s: int = 60
    permanent_qr_codes: int = 100_000
    # 短key托管
    short_key_lifetime_s: int = 30 * DAY
    # 用户标签管理
    tags_per_account: int = 100
    tags_per_user: int = 20
    tag_delete_limit: int = 100_000
    follower_page: int = 10_000
    blacklist_page: int = 1_000
    # 测试号: developers' reports
    test_account_followers: int = 100
    # 重置API调用次数
    clear_quota_per_month: int = 10
    clear_one_quota_per_month: int = 50
    rid_kept_s: int = 7 * DAY
    # The console wants port 80 or 443; on one machine every port must do.
    any_port: bool = True
