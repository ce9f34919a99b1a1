"""What a test bed consists of, as one TOML file: accounts, people and everything with a fixed id.

The same file gives the same platform on every run. Whatever is left out is derived from the seed and the names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from ..account import Encryption
from ..errors import SetupError
from .autoreply_settings import AutoReplySettings
from .mass_settings import MassSettings
from .mistakes import in_words
from .rules import Rules
from .traffic import NORMAL, TrafficLimits

LONGEST_FILE = 16 * 1024 * 1024
Kind = Literal["subscription", "service", "test"]


class AccountConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One official account. `url` is where its pushes go; ids that are missing are made from the name."""

    name: str
    kind: Kind = "service"
    verified: bool = True
    appid: str = ""
    secret: str = ""
    original_id: str = ""
    wechat_id: str = ""
    token: str = ""
    aes_key: str = ""
    encryption: Encryption = "plain"
    url: str = ""
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
    industries: list[int] = []
    """The two industries of the old template library (设置所属行业), by code."""
    mass_speed: Literal[0, 1, 2, 3, 4] | None = None
    """The speed of mass sending that was set; never set when left out."""
    open_platform: str = ""
    """Open Platform account it is bound to: accounts with the same one share UnionIDs."""
    headimgurl: str = ""
    description: str = ""
    customer_service: bool = True
    """Whether the account has turned on customer service (新版客服功能)."""
    comments: bool = True
    """Whether the account has the comment function (留言功能)."""
    call_limits: dict[str, int] = {}
    """Daily quota by path, in place of the published default."""
    mass: MassSettings = MassSettings()
    autoreply: AutoReplySettings = AutoReplySettings()


class TieConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One person's relation to one account."""

    openid: str = ""
    follows: bool = False
    followed_at: int = 0
    """Unix seconds at which the person followed; the start when left out."""
    wrote_s_ago: float | None = None
    """How long before the start the person last wrote, in seconds: 0 opens the full 48 hours; never when left out."""
    blacklisted: bool = False
    remark: str = ""
    tags: list[str] = []
    refuses: bool = False
    reports_location: bool = False


class PersonConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Somebody with WeChat on the phone. `accounts` is keyed by AppID or account name."""

    name: str
    nickname: str = ""
    headimgurl: str = ""
    sex: Literal[0, 1, 2] = 0
    language: str = "zh_CN"
    accounts: dict[str, TieConfig] = {}


class TagConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    account: str
    name: str
    id: int = 0


class TemplateConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A template in use: `content` with `{{name.DATA}}` places."""

    account: str
    title: str
    content: str
    template_id: str = ""
    example: str = ""


class MediaConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A file with a fixed media id; `file` is relative to the configuration file."""

    account: str
    media_id: str
    file: str
    kind: Literal["image", "voice", "video", "thumb"] = "image"
    permanent: bool = True


class AgentConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A customer-service agent; `kf_account` is prefix@wechat_id."""

    account: str
    kf_account: str
    nickname: str
    kf_wx: str = ""
    online: bool = False


class RecognisedConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is read from a picture, a voice or a text (智能接口): by `file`, or by `key`, its address, voice id or
    text."""

    kind: str
    result: dict[str, Any]
    key: str = ""
    file: str = ""


class PlatformConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The whole test bed."""

    seed: int = 1
    start: float | None = None
    """Unix seconds at which the clock starts; the real time when left out."""
    rules: Rules = Rules()
    account: list[AccountConfig] = []
    person: list[PersonConfig] = []
    tag: list[TagConfig] = []
    template: list[TemplateConfig] = []
    media: list[MediaConfig] = []
    agent: list[AgentConfig] = []
    recognised: list[RecognisedConfig] = []
    traffic: TrafficLimits = NORMAL
    """How much of the traffic log is held."""
    public_url: str = ""
    """Address by which programs reach this platform, such as `http://platform:8700`: what PicUrl begins with. It is the
    address of the listening socket when left out."""
    allow_hosts: list[str] = []
    """Host names besides `localhost` and its kind by which the control API and the pages may be used."""
    folder: str = "."
    """Where relative file names start; set by `load`."""


def load(path: str | Path) -> PlatformConfig:
    """Read a configuration file. Raises SetupError that names the file and the place."""
    file = Path(path)
    try:
        with file.open("rb") as source:
            content = source.read(LONGEST_FILE + 1)
        if len(content) > LONGEST_FILE:
            raise SetupError(
                f"配置文件 {file} 超过 {LONGEST_FILE >> 20} MB",
                f"{file} is longer than {LONGEST_FILE >> 20} MB",
            )
        config = msgspec.toml.decode(content, type=PlatformConfig)
    except FileNotFoundError:
        raise SetupError(f"找不到配置文件 {file}", f"there is no configuration file {file}") from None
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise SetupError(
            f"不能读取配置文件 {file}：{reason}", f"cannot read the configuration file {file}: {reason}"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        zh, en = in_words(problem)
        raise SetupError(f"配置文件 {file} 有误：{zh}", f"mistake in {file}: {en}") from None
    config.folder = str(file.parent)
    return config
