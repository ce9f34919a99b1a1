"""What pytest loads by itself when this package is installed: the fixtures `platform` and `live_platform`.

A test gets a platform of its own, empty, in memory. The clock of `platform` moves only when the test says so;
`live_platform` listens on a port of this machine, in real time. When a test fails after a handler failed, the handler's
traceback is part of the report.
"""

from __future__ import annotations

import traceback
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from ..errors import missing_extra, say

if TYPE_CHECKING:
    from .live_platform import LivePlatform
    from .local_platform import LocalPlatform


@pytest.fixture
def platform() -> Iterator[LocalPlatform]:
    """A simulated WeChat for this test: `platform.person("alice").follows(oa)`."""
    # Imported here, so that tests which do not ask for a platform do not pay for it.
    try:
        from .local_platform import LocalPlatform
    except ImportError as problem:
        raise missing_extra(problem) or problem from None

    with LocalPlatform() as local:
        yield local


@pytest.fixture
def live_platform() -> Iterator[LivePlatform]:
    """A simulated WeChat on a port, for programs in any framework: `live_platform.connect(url="http://…/wx")`."""
    try:
        from .live_platform import LivePlatform
    except ImportError as problem:
        raise missing_extra(problem) or problem from None

    with LivePlatform() as live:
        yield live


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what handlers raised to the report of a failed test, unless the captured log shows it."""
    report = yield
    if report.when != "call" or not report.failed:
        return report
    fixtures = getattr(item, "funcargs", {})
    for name in ("platform", "live_platform"):
        bed = fixtures.get(name)
        failures = getattr(bed, "failures", ()) if type(bed).__module__.startswith(__package__ or "") else ()
        shown = "".join("".join(traceback.format_exception(failure)) for failure in failures)
        if shown and "Traceback" not in report.caplog:
            report.sections.append((say("gongzhong：处理函数出错", "gongzhong: a handler failed"), shown))
    return report
