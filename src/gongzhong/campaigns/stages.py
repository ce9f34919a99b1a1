"""A campaign and the stages that it goes through, which may follow which."""

from __future__ import annotations

import enum
from typing import Final

import msgspec


class Stage(enum.StrEnum):
    """Where a campaign is."""

    FILLING = "filling"
    PLANNED = "planned"
    APPROVED = "approved"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """By an answer of WeChat that concerns everybody; `reason` says which. It can go on when that is mended."""
    CANCELLED = "cancelled"
    DONE = "done"


IN_CHINESE: Final = {
    Stage.FILLING: "正在读收件人",
    Stage.PLANNED: "已计划",
    Stage.APPROVED: "已批准",
    Stage.RUNNING: "正在发送",
    Stage.PAUSED: "已暂停",
    Stage.STOPPED: "已停下",
    Stage.CANCELLED: "已取消",
    Stage.DONE: "已完成",
}
"""The stages in Chinese; in English they are said as they are stored."""

MAY_FOLLOW: Final = {
    Stage.FILLING: {Stage.PLANNED, Stage.CANCELLED},
    Stage.PLANNED: {Stage.APPROVED, Stage.CANCELLED},
    Stage.APPROVED: {Stage.RUNNING, Stage.CANCELLED},
    Stage.RUNNING: {Stage.PAUSED, Stage.STOPPED, Stage.CANCELLED, Stage.DONE},
    Stage.PAUSED: {Stage.RUNNING, Stage.CANCELLED},
    Stage.STOPPED: {Stage.RUNNING, Stage.CANCELLED},
    Stage.CANCELLED: set[Stage](),
    Stage.DONE: set[Stage](),
}
"""Which stage may follow which: nothing is sent before somebody approved it."""


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign as it is stored. `key` begins the ids by which WeChat carries a send out once."""

    id: int
    account: str
    name: str
    key: str
    kind: str
    plan: bytes
    stage: Stage
    reason: str
    recipients: int
    created_at: float
    changed_at: float
    started_at: float
