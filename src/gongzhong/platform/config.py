"""What a test bed consists of, as one TOML file: accounts, people and everything with a fixed id.

The same file gives the same platform on every run. Whatever is left out is derived from the seed and the names.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..catalogue.articles import Article
from ..errors import SetupError
from ..reasons import advised, in_words
from .traffic import NORMAL, TrafficLimits
from .world.refusal import BadInput, require_whole_texts
from .world.settings import AccountConfig, Rules

LONGEST_FILE = 16 * 1024 * 1024
LARGEST_NUMBER = 9_999_999_999
"""Of every number in the file; as a time it is in the year 2286, as far as the clock can be moved."""


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
    notices: dict[str, int] = {}
    """Subscription notices that the person accepted: template_id → how many more; any number for a long-term one."""
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


class NoticeConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A template of subscription notices (订阅通知) in use: `tid` of the library and the `kids` of its keywords."""

    account: str
    tid: int
    kids: list[int]
    template_id: str
    scene: str = ""


class MediaConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A file with a fixed media id; `file` is relative to the configuration file."""

    account: str
    media_id: str
    file: str
    kind: Literal["image", "voice", "video", "thumb"] = "image"
    permanent: bool = True


class ArticleConfig(Article, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An article as `draft/add` takes it."""


class DraftConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Articles in the draft box (草稿箱) under a fixed media id."""

    account: str
    media_id: str
    article: list[ArticleConfig]


class PublishedConfig(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Articles that were published (发布) or mass-sent before the start, under a fixed article id."""

    account: str
    article_id: str
    article: list[ArticleConfig]
    via: Literal["publish", "mass"] = "publish"
    published_at: int = 0
    """Unix seconds; the start when left out."""


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
    notice: list[NoticeConfig] = []
    media: list[MediaConfig] = []
    draft: list[DraftConfig] = []
    published: list[PublishedConfig] = []
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
        zh, en = in_words(problem)
        raise SetupError(
            f"不能读取配置文件 {file}：{zh}", f"cannot read the configuration file {file}: {en}"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _mistake(
            file, *(text.removeprefix("$.") for text in advised(problem, PlatformConfig))
        ) from None
    _require_numbers(file, config, "")
    try:
        require_whole_texts(config)
    except BadInput as problem:
        raise _mistake(file, problem.zh, problem.en) from None
    config.folder = str(file.parent)
    return config


def require_right(config: PlatformConfig) -> None:
    """Raises SetupError for what no file could say, an unknown choice or a number out of its bounds, and BadInput for a
    text that cannot be kept: a configuration that is made in Python is not checked before.
    """
    try:
        msgspec.convert(msgspec.to_builtins(config), PlatformConfig)
    except msgspec.ValidationError as problem:
        zh, en = (text.removeprefix("$.") for text in advised(problem, PlatformConfig))
        raise SetupError(f"平台配置有误：{zh}", f"mistake in the configuration: {en}") from None
    require_whole_texts(config)


def _mistake(file: Path, zh: str, en: str) -> SetupError:
    return SetupError(f"配置文件 {file} 有误：{zh}", f"mistake in {file}: {en}")


def _require_numbers(file: Path, value: object, place: str) -> None:
    """Raises SetupError for a number, anywhere in the file, that is negative, too large or none at all.

    What `recognised` teaches is left alone, and so is the seed.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not (math.isfinite(value) and 0 <= value <= LARGEST_NUMBER):
            zh = f"{place} 应在 0 到 {LARGEST_NUMBER} 之间，不能是 {value}"
            raise _mistake(file, zh, f"{place} must be from 0 to {LARGEST_NUMBER}, not {value}")
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if not (isinstance(value, PlatformConfig) and name in ("recognised", "seed")):
                _require_numbers(file, getattr(value, name), f"{place}.{name}".removeprefix("."))
    elif isinstance(value, dict):
        for key, inner in value.items():
            _require_numbers(file, inner, f"{place}[{key!r}]")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            _require_numbers(file, inner, f"{place}[{index}]")
