"""Every metric once: its name, kind and labels, and what it means; and Prometheus' text format (version 0.0.4).

A series is a name with its labels as the text format writes it, such as `gongzhong_pushes_total{type="Text"}`: so a
snapshot is two flat tables of numbers, which travel as JSON and are added up by their keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 4.0, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the histograms, in seconds. WeChat waits for 5 s, and 4 s is where an answer counts as slow."""
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Kind(StrEnum):
    """How a metric behaves. GREATEST is a gauge of which the greatest of all workers counts, not the sum."""

    COUNTER = "counter"
    GAUGE = "gauge"
    GREATEST = "greatest"
    HISTOGRAM = "histogram"


class Metric(msgspec.Struct, frozen=True):
    """One metric. Times are in seconds, sizes in bytes."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    zh: str
    en: str


METRICS: Final = (
    Metric(
        "gongzhong_deliveries_total",
        Kind.COUNTER,
        ("account",),
        "收到并验证通过的推送，包括微信的重发",
        "Pushes received and believed, WeChat's repeats included",
    ),
    Metric(
        "gongzhong_pushes_total",
        Kind.COUNTER,
        ("account", "type"),
        "推送，按类型（gongzhong.messages 里的类名）",
        "Pushes by type (a class of gongzhong.messages)",
    ),
    Metric(
        "gongzhong_outcomes_total",
        Kind.COUNTER,
        ("account", "outcome"),
        "推送的结果：passive 被动回复，held 故意不答以等待重发，joined 重发，placeholder 占位回复，"
        "handed_over 转为客服消息，late 用户下一条消息取走，unhandled 没有处理函数，"
        "not_answerable 不能回复，shutdown 停机时中断",
        "What came of pushes: passive reply, held so that WeChat repeats, joined (a repeat), placeholder, "
        "handed_over to customer-service messages, late (taken by the next message), unhandled, "
        "not_answerable, shutdown",
    ),
    Metric(
        "gongzhong_refused_total",
        Kind.COUNTER,
        ("account", "reason"),
        "拒绝的请求，按原因",
        "Requests that were refused, by reason",
    ),
    Metric(
        "gongzhong_verifications_total",
        Kind.COUNTER,
        ("account",),
        "通过的服务器地址验证",
        "Verifications of the callback URL that succeeded",
    ),
    Metric(
        "gongzhong_handler_errors_total",
        Kind.COUNTER,
        ("account",),
        "处理函数抛出的异常",
        "Exceptions that handlers raised",
    ),
    Metric(
        "gongzhong_internal_errors_total",
        Kind.COUNTER,
        ("account",),
        "本程序自己的错误，不应出现",
        "Mistakes of this package, of which there should be none",
    ),
    Metric(
        "gongzhong_customer_messages_total",
        Kind.COUNTER,
        ("account", "result"),
        "由回复变成的客服消息：sent 已发，failed 没有发出",
        "Replies sent as customer-service messages, and those that could not be",
    ),
    Metric(
        "gongzhong_undelivered_total",
        Kind.COUNTER,
        ("account",),
        "没有送达用户的答复",
        "Answers that did not reach their person",
    ),
    Metric(
        "gongzhong_undelivered",
        Kind.GAUGE,
        ("account", "reason"),
        "现在等待或记录在案的没有送达的答复，按原因",
        "Answers that wait or are on record as undelivered now, by reason",
    ),
    Metric(
        "gongzhong_api_calls_total",
        Kind.COUNTER,
        ("account", "call", "result"),
        "API 调用，按接口和结果：ok、错误码、not_reached 没有到达、outcome_unknown 结果不明、bad_answer 答复无法理解",
        "API calls by endpoint and result: ok, the return code, not_reached, outcome_unknown, bad_answer",
    ),
    Metric(
        "gongzhong_token_fetches_total",
        Kind.COUNTER,
        ("account", "result"),
        "获取 access_token 的次数，按结果：ok、failed",
        "Fetches of the access_token: ok, failed",
    ),
    Metric(
        "gongzhong_tokens_displaced",
        Kind.GREATEST,
        ("account",),
        "一小时内没到期就失效的 access_token：另有程序在为这个公众号取 token",
        "access_tokens that were refused before their end, within an hour: another program has tokens made",
    ),
    Metric(
        "gongzhong_quota_used",
        Kind.GREATEST,
        ("account", "call"),
        "今天（北京时间）已用的接口额度，就现在所知",
        "Calls of today (in Beijing) to an endpoint, as far as they are known",
    ),
    Metric(
        "gongzhong_quota_limit",
        Kind.GREATEST,
        ("account", "call"),
        "这个接口一天的额度",
        "How many a day WeChat allows",
    ),
    Metric(
        "gongzhong_http_request_seconds",
        Kind.HISTOGRAM,
        (),
        "从请求完整到答复写出的时间",
        "Time from a complete request to its answer",
    ),
    Metric(
        "gongzhong_handler_seconds",
        Kind.HISTOGRAM,
        ("account", "handler"),
        "处理函数运行的时间",
        "Time that handlers ran",
    ),
    Metric("gongzhong_connections", Kind.GAUGE, (), "打开的连接", "Connections that are open"),
    Metric(
        "gongzhong_tls_handshakes",
        Kind.GAUGE,
        (),
        "还没有完成的 TLS 握手，不算在连接里",
        "TLS handshakes that are not done yet; not counted as connections",
    ),
    Metric(
        "gongzhong_tls_handshakes_total",
        Kind.COUNTER,
        ("result",),
        "结束的 TLS 握手：done 完成，failed 中断、不是 TLS 或超时，dropped 太多而关闭",
        "TLS handshakes that ended: done, failed (broken off, no TLS, too slow), dropped (too many)",
    ),
    Metric(
        "gongzhong_requests_open",
        Kind.GAUGE,
        (),
        "正在答复的请求，包括故意不答的",
        "Requests being answered, held ones included",
    ),
    Metric(
        "gongzhong_state_up",
        Kind.GAUGE,
        ("worker",),
        "共享状态能否使用（1 能，0 不能）",
        "Whether the shared state answers (1) or not (0)",
    ),
    Metric(
        "gongzhong_state_check_seconds",
        Kind.HISTOGRAM,
        (),
        "每几秒一次的共享状态检查所用的时间",
        "Time of the check of the shared state, made every few seconds",
    ),
    Metric(
        "gongzhong_state_check_failures_total",
        Kind.COUNTER,
        (),
        "失败的共享状态检查",
        "Checks of the shared state that failed",
    ),
    Metric(
        "gongzhong_work",
        Kind.GREATEST,
        ("account", "kind", "stage"),
        "工作表里的行数，按种类和阶段",
        "Rows of the table of work, by kind and stage",
    ),
    Metric(
        "gongzhong_work_oldest_seconds",
        Kind.GREATEST,
        ("account", "kind", "stage"),
        "其中最早的一行已有多久",
        "How long the oldest of them has been there",
    ),
    Metric(
        "gongzhong_loop_lag_seconds",
        Kind.GREATEST,
        (),
        "事件循环上一秒里晚了多久：被阻塞多久",
        "How late the event loop was within the last second: how long something blocked it",
    ),
    Metric(
        "gongzhong_worker_resident_bytes",
        Kind.GAUGE,
        ("worker",),
        "进程占用的内存",
        "Memory that a process has resident",
    ),
    Metric(
        "gongzhong_worker_cpu_seconds_total",
        Kind.COUNTER,
        (),
        "各进程用掉的处理器时间之和",
        "Processor time of all worker processes",
    ),
    Metric(
        "gongzhong_workers",
        Kind.GAUGE,
        ("phase",),
        "工作进程数，按阶段：starting、serving、draining、killed",
        "Worker processes by phase: starting, serving, draining, killed",
    ),
    Metric(
        "gongzhong_worker_deaths_total",
        Kind.COUNTER,
        (),
        "没有被要求就结束的工作进程，包括因没有反应被替换的",
        "Workers that ended without being asked to, those replaced because they hung included",
    ),
    Metric(
        "gongzhong_reloads_total", Kind.COUNTER, ("result",), "重新加载：ok、failed", "Reloads: ok, failed"
    ),
    Metric(
        "gongzhong_gateway_calls_total",
        Kind.COUNTER,
        ("account", "key", "result"),
        "网关：客户端的调用，按 key 的编号和结果：ok、错误码、broken_off 没有完整的应答、http_502 等只有状态的",
        "Gateway: calls of clients by the number of their key and result: ok, the return code, broken_off, http_502 …",
    ),
    Metric(
        "gongzhong_gateway_bytes_total",
        Kind.COUNTER,
        ("account", "key", "direction"),
        "网关：请求体（received）和应答（sent）的字节数",
        "Gateway: bytes of requests (received) and answers (sent)",
    ),
    Metric(
        "gongzhong_gateway_call_seconds",
        Kind.HISTOGRAM,
        (),
        "网关：从请求到应答发完的时间，包括微信的时间",
        "Gateway: time from a request to the end of its answer, WeChat's time included",
    ),
    Metric(
        "gongzhong_gateway_calls_waiting",
        Kind.GAUGE,
        (),
        "网关：等待写进数据库的调用记录",
        "Gateway: records of calls that wait for the database",
    ),
    Metric(
        "gongzhong_gateway_calls_not_recorded_total",
        Kind.COUNTER,
        (),
        "网关：数据库不可用太久而没有记录的调用",
        "Gateway: calls without a record, since the database was out of reach for too long",
    ),
    Metric(
        "gongzhong_gateway_calls_not_counted_total",
        Kind.COUNTER,
        (),
        "网关：共享状态不可用而没有计入 key 限额的调用",
        "Gateway: calls that did not count in the limits of their key, since the state was out of reach",
    ),
    Metric("gongzhong_info", Kind.GREATEST, ("version",), "版本", "The version"),
)
BY_NAME: Final = {metric.name: metric for metric in METRICS}


class Snapshot(msgspec.Struct, frozen=True):
    """The series of one process at one moment: what only grows, and what is the case now."""

    counters: dict[str, float] = {}
    gauges: dict[str, float] = {}


def series(name: str, **labels: str) -> str:
    """The key of a series: the labels in the order in which they are given."""
    if not labels:
        return name
    written = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels.items())
    return f"{name}{{{written}}}"


def metric_of(key: str) -> Metric:
    """The metric that a series belongs to. Raises KeyError for one that the table does not have."""
    name = key.partition("{")[0]
    for ending in ("", "_bucket", "_sum", "_count"):
        if name.endswith(ending) and name.removesuffix(ending) in BY_NAME:
            return BY_NAME[name.removesuffix(ending)]
    raise KeyError(name)


def text(values: Mapping[str, float], *, chinese: bool = False) -> str:
    """All series with their HELP and TYPE lines, in the order of the table."""
    grouped: dict[str, list[str]] = {}
    for key in values:
        grouped.setdefault(metric_of(key).name, []).append(key)
    lines: list[str] = []
    for metric in METRICS:
        keys = grouped.get(metric.name)
        if keys:
            kind = Kind.GAUGE if metric.kind is Kind.GREATEST else metric.kind
            lines += [
                f"# HELP {metric.name} {metric.zh if chinese else metric.en}",
                f"# TYPE {metric.name} {kind}",
            ]
            lines += [f"{key} {_number(values[key])}" for key in _ordered(keys, metric)]
    return "\n".join(lines) + "\n"


class Histogram:
    """Counts by BUCKETS_S, with their sum."""

    __slots__ = ("_counts", "_sum")

    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS_S) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        counts = self._counts
        self._sum += seconds
        for place, bound in enumerate(BUCKETS_S):
            if seconds <= bound:
                counts[place] += 1
                return
        counts[-1] += 1

    def above(self, bound: float) -> int:
        """How many were longer than this bound, one of BUCKETS_S."""
        return sum(self._counts[BUCKETS_S.index(bound) + 1 :])

    def write(self, into: dict[str, float], name: str, **labels: str) -> None:
        """Put its series among the counters."""
        total = 0
        for bound, count in zip((*BUCKETS_S, None), self._counts, strict=True):
            total += count
            le = "+Inf" if bound is None else f"{bound:g}"
            into[series(f"{name}_bucket", **labels, le=le)] = total
        into[series(f"{name}_sum", **labels)] = self._sum
        into[series(f"{name}_count", **labels)] = total


def _ordered(keys: Iterable[str], metric: Metric) -> list[str]:
    """By name and labels; the buckets of a histogram as they were written, by their bound."""
    return list(keys) if metric.kind is Kind.HISTOGRAM else sorted(keys)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
