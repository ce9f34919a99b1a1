"""Control route that tells what of WeChat's interface is here, for the page about it."""

from __future__ import annotations

from ...coverage import Coverage, coverage
from .route import Control, Given


async def tell_coverage(given: Given) -> Coverage:
    """覆盖范围：每个接口、推送和返回码 / what is covered: every endpoint, push and return code"""
    return coverage()


CONTROLS = [Control(verb="GET", path="/coverage", function=tell_coverage, answer=Coverage)]
