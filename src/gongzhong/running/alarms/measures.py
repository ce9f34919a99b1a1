"""What is watched: each kind of alarm with its words, and the values that are held against the limits of `[alarms]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ...client.token_store import DISPLACED_OFTEN
from ...config import Alarms

SHARE_OVER_S: Final = 300.0
"""Shares of pushes are those of the last five minutes, as WeChat's own alarms count."""
FEWEST: Final = 5
"""Slow or failed pushes below this number raise no alarm, whatever their share is: one of two is no trend."""
STORE_DOWN_S: Final = 10.0


class Kind(msgspec.Struct, frozen=True):
    """A kind of alarm: its stable name, its unit ("share", "s", "" for a number), what it says and what to do."""

    name: str
    unit: str
    zh: str
    en: str
    fix_zh: str
    fix_en: str


KINDS: Final = (
    Kind(
        "slow_answers",
        "share",
        "推送回应太慢（超过 4 秒）",
        "pushes are answered too slowly (after more than 4 s)",
        "看哪个处理函数慢；微信在 5 秒后放弃，很多次之后会报警",
        "look for the slow handler; WeChat gives up after 5 s and raises its own alarm after many",
    ),
    Kind(
        "failed_handlers",
        "share",
        "处理函数出错",
        "handlers fail",
        "日志里有每一次的堆栈",
        "the log has the traceback of each",
    ),
    Kind(
        "quota",
        "share",
        "接口每日额度快用完",
        "the daily quota of a call is nearly used up",
        "额度在北京时间零点恢复；可以少调用、缓存结果，或申请更多",
        "it is full again at midnight in China; call less, keep results, or ask for more",
    ),
    Kind(
        "token",
        "",
        "取不到 access_token",
        "there is no access_token",
        "运行 gongzhong doctor：它指出 AppSecret、IP 白名单或网络哪里不对",
        "run gongzhong doctor: it says whether AppSecret, IP allow-list or network is wrong",
    ),
    Kind(
        "token_displaced",
        "",
        "一小时内 access_token 多次没到期就失效：另有程序在为这个公众号取 token",
        "access_tokens are refused before their end: another program has tokens made for this account",
        "找到它，让它也用 stable_token（不要 force_refresh），或都经过一个网关（gongzhong gateway）",
        "find it, and let it use stable_token without force_refresh, or let all use one gongzhong gateway",
    ),
    Kind(
        "dead_letters",
        "",
        "死信：反复失败、放在一边的工作",
        "dead letters: work that failed again and again",
        "gongzhong work list --dead 列出；修好后 gongzhong work replay",
        "gongzhong work list --dead shows them; once mended, gongzhong work replay",
    ),
    Kind(
        "oldest_work",
        "s",
        "到期的工作没有人做",
        "work is due and nobody does it",
        "看 worker 是否在运行、够不够快",
        "see whether workers run and are quick enough",
    ),
    Kind(
        "oldest_transaction",
        "s",
        "PostgreSQL 里有事务开了很久",
        "a transaction of PostgreSQL has been open for long",
        "在 pg_stat_activity 里找到它；它让 autovacuum 清不掉死行",
        "find it in pg_stat_activity; it keeps autovacuum from removing dead rows",
    ),
    Kind(
        "dead_rows",
        "",
        "PostgreSQL 的表里死行太多",
        "tables of PostgreSQL have many dead rows",
        "看 autovacuum 是否在运行，有没有开了很久的事务",
        "see whether autovacuum runs, and whether a transaction is open for long",
    ),
    Kind(
        "store_down",
        "s",
        "数据库或 Redis 连不上",
        "the database or Redis is out of reach",
        "gongzhong doctor 检查它",
        "gongzhong doctor looks at it",
    ),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen at one moment (`at`, unix seconds). Counts go on growing; None is not known now."""

    at: float
    pushes: int = 0
    slow: int = 0
    failed: int = 0
    quotas: dict[str, float] = {}
    """For each call that has a daily quota, which share of it is used: `wx1234… message/custom/send`."""
    tokens: dict[str, bool] = {}
    """For each AppID whether the last attempt to get its access_token failed."""
    displaced: dict[str, int] = {}
    """For each AppID how many access_tokens were refused before their end, within an hour."""
    dead_letters: int | None = None
    oldest_work_s: float | None = None
    oldest_transaction_s: float | None = None
    dead_rows: int | None = None
    store_down_s: float = 0.0
    """How long the database or Redis has been out of reach."""


class Measure(msgspec.Struct, frozen=True):
    """A value and the limit from which on it is an alarm; `subject` is the call or account that it is about."""

    kind: str
    subject: str
    value: float | None
    """None: not known now, so that nothing changes."""
    limit: float

    @property
    def exceeded(self) -> bool:
        return self.value is not None and self.value >= self.limit


def measured(history: Sequence[Seen], limits: Alarms) -> Iterator[Measure]:
    """The measures at the last moment of a history, oldest first; earlier moments are there for the shares."""
    now = history[-1]
    yield from _shares(history, limits)
    for subject, share in now.quotas.items():
        yield Measure("quota", subject, share, limits.quota_share)
    for appid, failing in now.tokens.items():
        yield Measure("token", appid, float(failing), 1.0)
    for appid, times in now.displaced.items():
        yield Measure("token_displaced", appid, times, DISPLACED_OFTEN)
    yield Measure("dead_letters", "", now.dead_letters, limits.dead_letters)
    yield Measure("oldest_work", "", now.oldest_work_s, limits.oldest_work_s)
    yield Measure("oldest_transaction", "", now.oldest_transaction_s, limits.oldest_transaction_s)
    yield Measure("dead_rows", "", now.dead_rows, limits.dead_rows)
    yield Measure("store_down", "", now.store_down_s, STORE_DOWN_S)


def _shares(history: Sequence[Seen], limits: Alarms) -> Iterator[Measure]:
    now = history[-1]
    before = next(seen for seen in history if seen.at >= now.at - SHARE_OVER_S)
    pushes = now.pushes - before.pushes
    for kind, limit in (("slow", limits.slow_share), ("failed", limits.failed_share)):
        count = getattr(now, kind) - getattr(before, kind)
        share = count / max(pushes, count) if count >= FEWEST else 0.0
        yield Measure({"slow": "slow_answers", "failed": "failed_handlers"}[kind], "", share, limit)


def forgotten(history: Sequence[Seen]) -> list[Seen]:
    """The history without what no measure looks at any more."""
    return [seen for seen in history if seen.at >= history[-1].at - SHARE_OVER_S]
