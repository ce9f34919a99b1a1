"""A campaign in a TOML file: its name, content, audience and pace.

name = "取书提醒"
rate = 200                        # calls a second, all workers together
share = 0.5                       # of the daily quota
start = 2026-12-01T09:00:00       # in `zone`, unless it names an offset
hours = "09:00-21:00"

[content]
kind = "template"                 # template, notice, customer, mass, broadcast
template_id = "…"
url = "https://shop.example/{id}"
data = { thing1 = "{书名}" }

[audience]
file = "readers.csv"              # or: followers = true, tag = 100, segment = ["city=杭州"]
"""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from ..client import AsyncClient
from ..errors import SetupError
from ..reasons import advised, in_words
from .audience import Recipient, Segment, followers, stream_file, tagged
from .contents import AnyContent
from .plan import CHINA_ZONE, Plan, read_zone

Recipients: TypeAlias = Iterable[Recipient] | AsyncIterable[Recipient]


class Audience(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gets it: exactly one of these. A broadcast has none."""

    file: str = ""
    """CSV or JSONL; a path beside the plan's."""
    followers: bool = False
    tag: int | None = None
    segment: list[str] = []
    """Conditions on recorded fields of people, all of which hold."""

    @property
    def named(self) -> list[str]:
        given = {
            "file": self.file,
            "followers": self.followers,
            "tag": self.tag is not None,
            "segment": self.segment,
        }
        return [name for name, value in given.items() if value]


class PlanFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file says."""

    name: str
    content: AnyContent
    audience: Audience = Audience()
    rate: float = 0.0
    daily: int = 0
    monthly: int = 0
    share: float = 1.0
    start: datetime | None = None
    hours: str = ""
    zone: str = CHINA_ZONE

    def plan(self) -> Plan:
        """Raises SetupError for values that mean nothing."""
        start = self.start
        if start is not None and start.tzinfo is None:
            start = start.replace(tzinfo=read_zone(self.zone))
        return Plan(
            content=self.content,
            rate=self.rate,
            daily=self.daily,
            monthly=self.monthly,
            share=self.share,
            start_at=start.timestamp() if start else 0.0,
            hours=self.hours,
            zone=self.zone,
        )

    @property
    def asks_wechat(self) -> bool:
        """Whether the recipients are read by calls of the account."""
        return self.audience.followers or self.audience.tag is not None

    def recipients(self, folder: Path, client: AsyncClient | None, segment: Segment) -> Recipients:
        """Who gets it. `folder`: where the plan's file is; `client` is needed where `asks_wechat`.

        Raises SetupError for an audience that does not fit the content, or a file with mistakes.
        """
        self._check()
        needed, audience = self.content.variables(), self.audience
        if audience.file:
            return stream_file(folder / audience.file, needed)
        if audience.segment:
            return segment.recipients(audience.segment, needed)
        if client is None or not audience.named:
            return []
        return followers(client) if audience.tag is None else tagged(client, audience.tag)

    def _check(self) -> None:
        named, needed = self.audience.named, self.content.variables()
        wanted = 0 if self.content.kind == "broadcast" else 1
        if len(named) != wanted:
            raise SetupError(
                "audience 须写 file、followers、tag、segment 之一；broadcast 不写",
                "the audience is one of file, followers, tag and segment; a broadcast has none",
            )
        if needed and self.asks_wechat:
            raise SetupError(
                f"{named[0]} 的收件人没有变量，内容里却有 {'、'.join(sorted(needed))}",
                f"recipients of {named[0]} have no variables, and the content has {', '.join(sorted(needed))}",
                fix_zh="用 file 或 segment，或去掉内容里的变量",
                fix_en="use file or segment, or take the variables out of the content",
            )


def read_plan(path: Path) -> PlanFile:
    """Raises SetupError that says what is wrong with the file, and where."""
    try:
        found: Any = tomllib.loads(path.read_text("utf-8"))
        return msgspec.convert(found, PlanFile)
    except OSError as problem:
        zh, en = in_words(problem)
        raise SetupError(f"读不了 {path}：{zh}", f"{path} cannot be read: {en}") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as problem:
        zh, en = (text.removeprefix("$.") for text in advised(problem, PlanFile))
        raise SetupError(
            f"{path} 有错误：{zh}",
            f"{path} is wrong: {en}",
            fix_zh="写法见 docs/campaigns.zh-CN.md",
            fix_en="see docs/campaigns.md",
        ) from None
