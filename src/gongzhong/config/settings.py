"""Every setting of a production set-up; docs/operation.md is made from here. Names end in their unit: `_s`, seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from .. import facts
from ..account import Account, Encryption, Hosts, Secret
from ..errors import Language
from .declaration import About

NONE = Secret("")
DAY_S = 86400

Port = Annotated[int, Meta(ge=0, le=65535)]
Text = Annotated[str, Meta(min_length=1, max_length=1024)]
ShownText = Annotated[str, Meta(min_length=1, max_length=600)]
"""A text for people; `off` takes the place of an empty one, which a variable could not say."""
Name = Annotated[str, Meta(max_length=40, pattern=r"^([a-z][a-z0-9_]*)?$")]


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One official account: its credentials (基本配置, 服务器配置) and the address of its callback URL."""

    name: Annotated[
        Name,
        About(
            "名字（小写字母、数字、下划线）；名为 news 的账号，变量以 GONGZHONG_NEWS_ 开头。唯一的账号可以不写",
            "its name (small letters, digits, underscores); the variables of one named news begin with "
            "GONGZHONG_NEWS_. A single account needs none",
        ),
    ] = ""
    appid: Annotated[str, About("AppID", "AppID", "APPID")] = ""
    secret: Annotated[Secret, About("AppSecret", "AppSecret", "SECRET")] = NONE
    token: Annotated[
        Secret, About("服务器配置里的 Token", "Token of the console's server configuration", "TOKEN")
    ] = NONE
    aes_key: Annotated[Secret, About("EncodingAESKey", "EncodingAESKey", "AES_KEY")] = NONE
    previous_token: Annotated[
        Secret,
        About(
            "更换期间仍然接受的旧 Token",
            "the Token before, still accepted while it is changed",
            "PREVIOUS_TOKEN",
        ),
    ] = NONE
    previous_aes_key: Annotated[
        Secret,
        About("更换期间仍然接受的旧密钥", "the key before, still accepted", "PREVIOUS_AES_KEY"),
    ] = NONE
    encryption: Annotated[
        Encryption | None,
        About(
            "消息加解密方式；默认有密钥就是 safe，没有就是 plain",
            "mode of the console (消息加解密方式); by default safe with a key, plain without",
            "ENCRYPTION",
        ),
    ] = None
    api_base: Annotated[
        str,
        About(
            "接口地址；默认是微信，测试时是本地平台",
            "base address of the API: WeChat by default, a local platform for tests",
            "API_BASE",
        ),
    ] = ""
    path: Annotated[
        str,
        About(
            "多个账号时，它的回调路径，例如 /news", "path of its callback URL, such as /news", "CALLBACK_PATH"
        ),
    ] = ""
    host: Annotated[
        str,
        About(
            "多个账号时，它的主机名",
            "host name of its callback URL, where hosts tell accounts apart",
            "CALLBACK_HOST",
        ),
    ] = ""
    open_platform: Annotated[
        str,
        About(
            "它绑定的开放平台账号的 AppID：写了才用 UnionID 关联各公众号的用户",
            "AppID of the Open Platform account that it is bound to: people are joined by UnionID only if it is named",
            "OPEN_PLATFORM",
        ),
    ] = ""
    proxy: Annotated[
        Secret,
        About(
            "调用微信接口时用的代理（http:// 或 socks5://）",
            "proxy for its API calls (http:// or socks5://)",
            "PROXY",
        ),
    ] = NONE

    @property
    def address(self) -> str:
        """Host and path of its callback URL as `Accounts` has them, such as `news.example.com/wx`; empty: none."""
        return self.host.lower() + self.path.rstrip("/") or self.path

    @property
    def prefix(self) -> str:
        """How the names of its environment variables begin, as for `OfficialAccount.from_env(prefix)`."""
        return prefix_of(self.name)

    def account(self) -> Account:
        """The account itself. Raises SetupError for what WeChat cannot have given; `read` has checked that."""
        return Account(
            appid=self.appid,
            secret=self.secret,
            token=self.token,
            aes_key=self.aes_key,
            previous_token=self.previous_token,
            previous_aes_key=self.previous_aes_key,
            encryption=self.encryption or ("safe" if self.aes_key else "plain"),
            hosts=Hosts.local(self.api_base) if self.api_base else Hosts(),
            proxy=self.proxy,
        )


def prefix_of(name: str) -> str:
    """How the variables of the account of this name begin: `GONGZHONG_` or `GONGZHONG_NEWS_`."""
    return f"GONGZHONG_{name.upper()}_" if name else "GONGZHONG_"


class Serve(msgspec.Struct, frozen=True, kw_only=True):
    """`gongzhong serve`: where it listens and with how many processes."""

    host: Annotated[
        Text, About("监听地址；0.0.0.0 为所有地址", "address to listen on; 0.0.0.0 for all", "HOST")
    ] = "127.0.0.1"
    port: Annotated[Port, About("端口，0 为自动", "port, 0 for any", "PORT")] = 8000
    unix_socket: Annotated[
        Path | None,
        About("改为监听这个 Unix 套接字", "listen on this Unix socket instead", "UNIX_SOCKET"),
    ] = None
    workers: Annotated[
        Annotated[int, Meta(ge=1, le=1024)],
        About(
            "进程数；多于一个需要 database 或 state",
            "number of processes; more than one needs database or state",
            "WORKERS",
        ),
    ] = 1
    supervised: Annotated[
        bool,
        About(
            "一个进程时也由监督进程管理：死了或没有反应就换掉；需要 database 或 state",
            "whether one process has a supervisor, too, which replaces it; needs database or state",
            "SUPERVISED",
        ),
    ] = False
    drain_s: Annotated[
        Annotated[float, Meta(ge=0, le=3600)] | None,
        About(
            "停止时，正在运行的处理函数最多还有几秒；默认由账号的 drain_s 决定，服务器是 30 秒",
            "how many seconds running handlers may still take at a stop; by default as the account's own drain_s "
            "says, and 30 for the server",
            "DRAIN_S",
        ),
    ] = None
    admin: Annotated[
        str,
        About(
            "指标和健康检查的地址：127.0.0.1:9100，或 Unix 套接字的路径；默认不开",
            "address of metrics and health: 127.0.0.1:9100, or the path of a Unix socket; off by default",
            "ADMIN",
        ),
    ] = ""
    certificate: Annotated[
        Path | None,
        About("证书（PEM，完整的链）：直接提供 HTTPS", "certificate chain (PEM): serve HTTPS", "CERTIFICATE"),
    ] = None
    key: Annotated[
        Path | None,
        About("证书的私钥（PEM，没有密码）", "its private key (PEM, without a password)", "CERTIFICATE_KEY"),
    ] = None
    access_log: Annotated[
        bool,
        About("每个请求记一行，不含参数", "log one line for each request, without its query", "ACCESS_LOG"),
    ] = False


class Gateway(msgspec.Struct, frozen=True, kw_only=True):
    """`gongzhong gateway`: where it listens, and what it lets pass."""

    host: Annotated[
        Text, About("监听地址；0.0.0.0 为所有地址", "address to listen on; 0.0.0.0 for all", "GATEWAY_HOST")
    ] = "127.0.0.1"
    port: Annotated[Port, About("端口，0 为自动", "port, 0 for any", "GATEWAY_PORT")] = 8600
    admin: Annotated[
        str,
        About(
            "指标和健康检查的地址：127.0.0.1:9101，或 Unix 套接字的路径；默认不开",
            "address of metrics and health: 127.0.0.1:9101, or the path of a Unix socket; off by default",
            "GATEWAY_ADMIN",
        ),
    ] = ""
    timeout_s: Annotated[
        Annotated[float, Meta(gt=0, le=600)],
        About("等微信应答几秒", "how many seconds to wait for an answer of WeChat", "GATEWAY_TIMEOUT_S"),
    ] = 20.0
    sns: Annotated[
        bool,
        About("也转发 /sns/（网页授权）", "forward /sns/ (web authorization), too", "GATEWAY_SNS"),
    ] = False
    trusted_proxies: Annotated[
        str,
        About(
            "信任这些网段的反向代理写的 X-Forwarded-For，用逗号分开",
            "networks of reverse proxies whose X-Forwarded-For is believed, separated by commas",
            "GATEWAY_TRUSTED_PROXIES",
        ),
    ] = ""
    kept_calls: Annotated[
        Annotated[int, Meta(ge=0)],
        About("调用记录最多保留几条", "how many calls stay recorded at most", "GATEWAY_KEPT_CALLS"),
    ] = 1_000_000
    kept_days: Annotated[
        Annotated[int, Meta(ge=1)],
        About("调用记录最多保留几天", "how many days calls stay recorded at most", "GATEWAY_KEPT_DAYS"),
    ] = 90


class Replies(msgspec.Struct, frozen=True, kw_only=True):
    """How pushes are received and answered: the defaults of `App`, whose own arguments go before them."""

    window_s: Annotated[
        Annotated[float, Meta(gt=0, lt=facts.ANSWER_TIMEOUT_S)],
        About(
            "被动回复最多等处理函数几秒（微信只等 5 秒）",
            "how many seconds a handler may take for a passive reply (WeChat waits 5)",
            "WINDOW_S",
        ),
    ] = 4.5
    failure_text: Annotated[
        ShownText,
        About(
            "处理函数出错时的回复；off 为不回复", "answer when a handler fails; off for none", "FAILURE_TEXT"
        ),
    ] = "抱歉，出了点问题，请稍后再试。"
    placeholder_text: Annotated[
        ShownText,
        About(
            "答复要等用户来取时的回复，{word} 是取的词；off 为不回复",
            "answer when the real one must wait until the person asks for it with {word}; off for none",
            "PLACEHOLDER_TEXT",
        ),
    ] = "还在处理中，请稍后回复“{word}”查看结果。"
    fetch_words: Annotated[
        Annotated[tuple[Text, ...], Meta(min_length=1)] | Literal["off"],
        About(
            "取等待中的答复的词，第一个就是 {word}；off 为没有",
            "words that ask for an answer that waits, the first is {word}; off for none",
            "FETCH_WORDS",
        ),
    ] = ("继续", "好", "好的")
    more_text: Annotated[
        ShownText,
        About(
            "后面还有内容时附在文字下面；off 为没有",
            "stands below a text when more is there to be fetched; off for none",
            "MORE_TEXT",
        ),
    ] = "（还有内容，回复“{word}”查看）"
    handler_threads: Annotated[
        Annotated[int, Meta(ge=1, le=10_000)],
        About(
            "一个账号同时运行几个普通 def 处理函数",
            "how many plain (def) handlers of one account run at once",
            "HANDLER_THREADS",
        ),
    ] = 128
    session_lifetime_s: Annotated[
        Annotated[float, Meta(gt=0, le=365 * DAY_S)],
        About("会话多少秒没有动过就删除", "seconds that an untouched session is kept", "SESSION_LIFETIME_S"),
    ] = 3600.0
    replay_window: Annotated[
        Annotated[float, Meta(gt=0, le=DAY_S)] | Literal["off"],
        About(
            "推送的时间戳可以与本机时钟相差几秒；off 为不限",
            "how many seconds a push's timestamp may be away from this machine's clock; off for any",
            "REPLAY_WINDOW",
        ),
    ] = 600.0
    """Far more than the 15 s of WeChat's repeats, and room for clocks that differ by minutes."""


class PeopleData(msgspec.Struct, frozen=True, kw_only=True):
    """Data of people, encrypted (docs/people.md); with a master key, sessions and waiting messages are, too."""

    master_key: Annotated[
        Secret,
        About(
            "主密钥：32 个随机字节的 base64（openssl rand -base64 32）",
            "the master key: base64 of 32 random bytes (openssl rand -base64 32)",
            "PEOPLE_MASTER_KEY",
        ),
    ] = NONE
    previous_master_key: Annotated[
        Secret,
        About(
            "更换期间的旧主密钥", "the master key before, while it is changed", "PEOPLE_PREVIOUS_MASTER_KEY"
        ),
    ] = NONE
    kms: Annotated[
        str,
        About(
            "密钥服务（KMS）：模块:函数，调用它得到主密钥，代替 master_key",
            "a key service (KMS): module:function, called to get the master key, in place of master_key",
            "PEOPLE_KMS",
        ),
    ] = ""
    keys: Annotated[
        Secret,
        About(
            "密钥库：另一个数据库；SQLite 默认是旁边的 …-keys.db",
            "the key store: a database of its own; for SQLite by default …-keys.db beside the data",
            "PEOPLE_KEYS",
        ),
    ] = NONE
    unsubscribe: Annotated[
        Literal["erase", "keep"],
        About(
            "取消关注时删除这个人的数据（开发者规范的要求）；keep 为保留",
            "whether a person who unsubscribes is erased, as WeChat asks (开发者规范), or kept",
            "PEOPLE_UNSUBSCRIBE",
        ),
    ] = "erase"
    sync_hours: Annotated[
        Annotated[float, Meta(ge=0, le=24 * 30)],
        About(
            "serve 每隔几小时读取所有关注者（声明了关注者字段时）；0 为不读取",
            "after how many hours serve reads all followers again, where a program declares fields of theirs; 0: never",
            "PEOPLE_SYNC_HOURS",
        ),
    ] = 24.0

    @property
    def in_use(self) -> bool:
        """Whether a master key is named, so that people's data can be stored."""
        return bool(self.master_key or self.kms)


class PeopleApi(msgspec.Struct, frozen=True, kw_only=True):
    """`gongzhong people serve`: where the people API listens, and how much a key may ask."""

    host: Annotated[
        Text,
        About("监听地址；0.0.0.0 为所有地址", "address to listen on; 0.0.0.0 for all", "PEOPLE_API_HOST"),
    ] = "127.0.0.1"
    port: Annotated[Port, About("端口，0 为自动", "port, 0 for any", "PEOPLE_API_PORT")] = 8650
    certificate: Annotated[
        Path | None,
        About(
            "证书（PEM，完整的链）：直接提供 HTTPS",
            "certificate chain (PEM): serve HTTPS",
            "PEOPLE_API_CERTIFICATE",
        ),
    ] = None
    key: Annotated[
        Path | None,
        About(
            "证书的私钥（PEM，没有密码）",
            "its private key (PEM, without a password)",
            "PEOPLE_API_CERTIFICATE_KEY",
        ),
    ] = None
    trusted_proxies: Annotated[
        str,
        About(
            "信任这些网段的反向代理写的 X-Forwarded-For，用逗号分开",
            "networks of reverse proxies whose X-Forwarded-For is believed, separated by commas",
            "PEOPLE_API_TRUSTED_PROXIES",
        ),
    ] = ""
    per_minute: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)],
        About(
            "一个密钥每分钟最多几次请求",
            "how many requests a key may make in one minute",
            "PEOPLE_API_PER_MINUTE",
        ),
    ] = 120


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """The log on standard error. It never holds what users wrote, nor a secret."""

    format: Annotated[
        Literal["human", "json"],
        About("human 给人看，json 给日志系统", "human for people, json for collectors", "LOG"),
    ] = "human"
    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        About("记录哪一级及以上", "the lowest level that is logged", "LOG_LEVEL"),
    ] = "info"


class Alarms(msgspec.Struct, frozen=True, kw_only=True):
    """Own alarms, before WeChat sends its own (接口报警). Without `webhook` and `email_to` they go to the log only."""

    webhook: Annotated[
        Secret,
        About("把告警以 JSON 发到这个地址", "address to which alarms are posted as JSON", "ALARMS_WEBHOOK"),
    ] = NONE
    email_to: Annotated[tuple[Text, ...], About("收件人", "recipients of e-mail", "ALARMS_EMAIL_TO")] = ()
    email_from: Annotated[str, About("发件人", "its sender", "ALARMS_EMAIL_FROM")] = "gongzhong@localhost"
    smtp: Annotated[
        Text,
        About(
            "邮件服务器 主机:端口；465 用 TLS，其他端口在服务器支持时用 STARTTLS",
            "mail server as host:port; TLS on 465, elsewhere STARTTLS where the server has it",
            "ALARMS_SMTP",
        ),
    ] = "127.0.0.1:25"
    smtp_user: Annotated[str, About("邮件服务器的用户名", "user name there", "ALARMS_SMTP_USER")] = ""
    smtp_password: Annotated[Secret, About("邮件服务器的密码", "password there", "ALARMS_SMTP_PASSWORD")] = (
        NONE
    )
    repeat_min: Annotated[
        Annotated[float, Meta(ge=1, le=7 * 24 * 60)],
        About(
            "同一告警持续时，最多每几分钟提醒一次",
            "minutes after which an alarm that goes on is told again at the earliest",
            "ALARMS_REPEAT_MIN",
        ),
    ] = 60.0
    slow_share: Annotated[
        Annotated[float, Meta(gt=0, le=1)],
        About(
            "五分钟内，超过 4 秒才回应的推送占多少时告警",
            "share of pushes answered after more than 4 s, within five minutes, that raises an alarm",
            "ALARMS_SLOW_SHARE",
        ),
    ] = 0.05
    failed_share: Annotated[
        Annotated[float, Meta(gt=0, le=1)],
        About(
            "五分钟内，处理函数出错的推送占多少时告警",
            "share of pushes whose handler failed, within five minutes, that raises an alarm",
            "ALARMS_FAILED_SHARE",
        ),
    ] = 0.05
    quota_share: Annotated[
        Annotated[float, Meta(gt=0, le=1)],
        About(
            "每日调用额度用了多少时告警",
            "share of a call's daily quota that raises an alarm",
            "ALARMS_QUOTA_SHARE",
        ),
    ] = 0.8
    dead_letters: Annotated[
        Annotated[int, Meta(ge=1)],
        About("死信达到几条时告警", "number of dead letters that raises an alarm", "ALARMS_DEAD_LETTERS"),
    ] = 1
    oldest_work_s: Annotated[
        Annotated[float, Meta(gt=0)],
        About(
            "最早一件到期未做的工作等了几秒时告警",
            "seconds that the oldest due piece of work has waited when an alarm is raised",
            "ALARMS_OLDEST_WORK_S",
        ),
    ] = 60.0
    oldest_transaction_s: Annotated[
        Annotated[float, Meta(gt=0)],
        About(
            "PostgreSQL 里最早的事务开了几秒时告警",
            "seconds that the oldest transaction of PostgreSQL is open when an alarm is raised",
            "ALARMS_OLDEST_TRANSACTION_S",
        ),
    ] = 300.0
    dead_rows: Annotated[
        Annotated[int, Meta(ge=1)],
        About(
            "PostgreSQL 的表里有几行死行时告警（autovacuum 跟不上）",
            "number of dead rows in our tables of PostgreSQL that raises an alarm (autovacuum is behind)",
            "ALARMS_DEAD_ROWS",
        ),
    ] = 200_000


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a file can say."""

    database: Annotated[
        Secret,
        About(
            "持久数据：sqlite:///文件 或 postgresql://…",
            "durable data: sqlite:///file or postgresql://…",
            "DATABASE",
        ),
    ] = NONE
    state: Annotated[
        Secret,
        About(
            "各进程共享的短期状态：sqlite:///、postgresql:// 或 redis://；默认用 database",
            "what processes share for a short while: sqlite:///, postgresql:// or redis://; by default database",
            "STATE",
        ),
    ] = NONE
    language: Annotated[
        Language | None,
        About("消息的语言；默认跟随系统", "language of messages; by default the system's", "LANG"),
    ] = None
    tracing: Annotated[
        bool,
        About(
            "用 OpenTelemetry 记录跨度（gongzhong[otel]）",
            "whether spans are made with OpenTelemetry (gongzhong[otel])",
            "TRACING",
        ),
    ] = False
    account: tuple[AccountSettings, ...] = ()
    serve: Serve = Serve()
    gateway: Gateway = Gateway()
    replies: Replies = Replies()
    people: PeopleData = PeopleData()
    people_api: PeopleApi = PeopleApi()
    log: Log = Log()
    alarms: Alarms = Alarms()
