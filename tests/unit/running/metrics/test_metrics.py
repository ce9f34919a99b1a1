"""Series and their text, and how the snapshots of workers are added up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gongzhong.errors import BadAnswer, BusyError, NotReached, SetupError
from gongzhong.running.metrics import METRICS, Snapshot, Totals, read_address, text
from gongzhong.running.metrics.measure import ALONE, OUTCOMES, SENT, result_of
from gongzhong.running.metrics.table import BUCKETS_S, Histogram, Kind, Metric, metric_of, series

DOCS = Path(__file__).parents[4] / "docs"
PUSHES = series("gongzhong_pushes_total", account="wx1", type="Text")
OPEN = "gongzhong_connections"
OLDEST = series("gongzhong_work_oldest_seconds", account="wx1", kind="push", stage="waiting")


def test_counts_of_a_worker_that_ended_stay_and_its_gauges_go() -> None:
    totals = Totals()
    totals.report(1, Snapshot({PUSHES: 5}, {OPEN: 7}))
    totals.report(2, Snapshot({PUSHES: 2}, {OPEN: 1}))
    assert totals.values() == {PUSHES: 7, OPEN: 8}
    totals.end(1)
    assert totals.values() == {PUSHES: 7, OPEN: 1}
    totals.report(3, Snapshot({PUSHES: 1}, {OPEN: 0}))
    assert totals.values() == {PUSHES: 8, OPEN: 1}
    totals.end(1)
    assert totals.values()[PUSHES] == 8


def test_of_what_all_workers_see_alike_the_greatest_counts() -> None:
    totals = Totals()
    totals.report(1, Snapshot({}, {OLDEST: 3.5}))
    totals.report(2, Snapshot({}, {OLDEST: 9.0}))
    assert totals.values() == {OLDEST: 9.0}


def test_the_text_groups_series_under_help_and_type() -> None:
    shown = text({OPEN: 3, PUSHES: 2, series("gongzhong_pushes_total", account="wx1", type="Image"): 1})
    assert re.sub(r"# HELP (\S+) .*", r"# HELP \1", shown).splitlines() == [
        "# HELP gongzhong_pushes_total",
        "# TYPE gongzhong_pushes_total counter",
        'gongzhong_pushes_total{account="wx1",type="Image"} 1',
        'gongzhong_pushes_total{account="wx1",type="Text"} 2',
        "# HELP gongzhong_connections",
        "# TYPE gongzhong_connections gauge",
        "gongzhong_connections 3",
    ]


def test_a_histogram_counts_upwards_to_all() -> None:
    histogram, into = Histogram(), dict[str, float]()
    for seconds in (0.001, 0.03, 4.5, 1000.0):
        histogram.add(seconds)
    histogram.write(into, "gongzhong_handler_seconds", account="wx1", handler="f")
    buckets = [value for key, value in into.items() if "_bucket" in key]
    assert buckets == sorted(buckets)
    assert len(buckets) == len(BUCKETS_S) + 1
    assert buckets[-1] == into['gongzhong_handler_seconds_count{account="wx1",handler="f"}'] == 4
    assert into['gongzhong_handler_seconds_sum{account="wx1",handler="f"}'] == pytest.approx(1004.531)
    assert into['gongzhong_handler_seconds_bucket{account="wx1",handler="f",le="5"}'] == 3
    lines = text(into).splitlines()
    assert lines[1] == "# TYPE gongzhong_handler_seconds histogram"
    assert 'le="+Inf"} 4' in lines[-3]


def test_labels_are_escaped() -> None:
    assert series("x", reason='a "b"\n\\') == 'x{reason="a \\"b\\"\\n\\\\"}'


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_follow_the_conventions_and_stand_in_the_documentation(metric: Metric) -> None:
    assert re.fullmatch(r"gongzhong_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") is (metric.kind is Kind.COUNTER)
    assert re.search(r"[\u4e00-\u9fff]", metric.zh) and metric.en
    for page, meaning in (("metrics.md", metric.en), ("metrics.zh-CN.md", metric.zh)):
        row = next(
            line
            for line in (DOCS / page).read_text("utf-8").splitlines()
            if line.startswith(f"| `{metric.name}` |")
        )
        assert all(f"`{label}`" in row for label in metric.labels)
        assert row.endswith(f"| {meaning} |")


def test_every_series_of_a_process_belongs_to_a_metric_with_these_labels() -> None:
    for name in ALONE.values():
        assert metric_of(name).labels == ("account",)
    assert OUTCOMES and SENT
    with pytest.raises(KeyError):
        metric_of("gongzhong_nothing")


def test_how_a_call_ended() -> None:
    assert result_of(None) == "ok"
    assert result_of(BusyError("忙", "busy", call="x", errcode=-1, errmsg="busy")) == "-1"
    assert result_of(NotReached("", "")) == "not_reached"
    assert result_of(BadAnswer("", "")) == "bad_answer"
    assert result_of(SetupError("", "")) == "SetupError"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("127.0.0.1:9100", ("127.0.0.1", 9100)),
        (":9100", ("127.0.0.1", 9100)),
        ("[::1]:0", ("::1", 0)),
        ("localhost:9100", ("localhost", 9100)),
        ("/run/a.sock", Path("/run/a.sock")),
        ("unix:a.sock", Path("a.sock")),
    ],
)
def test_addresses(given: str, meant: object) -> None:
    assert read_address(given) == meant


@pytest.mark.parametrize("given", ["9100", "host:", "host:port", "host:70000", "host:٣"])
def test_what_is_no_address_is_named(given: str) -> None:
    with pytest.raises(SetupError, match="admin"):
        read_address(given)
