"""Whether something sent or published arrived."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gongzhong.messages import (
    MASS_SEND_STATUSES,
    PUBLISH_STATUSES,
    MassSendJobFinish,
    PublishJobFinish,
    Push,
    TemplateSendJobFinish,
)

EventMaker = Callable[..., Push]
COUNTS = {"TotalCount": "2", "FilterCount": "2", "SentCount": "1", "ErrorCount": "1"}


@pytest.mark.parametrize(
    ("status", "succeeded"),
    [("send success", True), ("sendsuccess", True), ("send fail", False), ("err(10001)", False)],
)
def test_mass_send(event: EventMaker, status: str, succeeded: bool) -> None:
    push = event("MASSSENDJOBFINISH", MsgID="3147483651", Status=status, **COUNTS)
    assert isinstance(push, MassSendJobFinish)
    assert push.succeeded is succeeded
    assert push.copyright_check_result is None
    assert status in MASS_SEND_STATUSES


@pytest.mark.parametrize(
    ("status", "succeeded"),
    [("success", True), ("failed:user block", False), ("failed: system failed", False)],
)
def test_template_message(event: EventMaker, status: str, succeeded: bool) -> None:
    push = event("TEMPLATESENDJOBFINISH", MsgID="1", Status=status)
    assert isinstance(push, TemplateSendJobFinish)
    assert push.succeeded is succeeded


@pytest.mark.parametrize("status", PUBLISH_STATUSES)
def test_publishing(event: EventMaker, status: int) -> None:
    info = {"publish_id": "1", "publish_status": str(status), "fail_idx": ""}
    push = event("PUBLISHJOBFINISH", PublishEventInfo=info)
    assert isinstance(push, PublishJobFinish)
    assert push.succeeded is (status == 0)
    assert push.publish_event_info.fail_idx == ()
