"""接口报警: failures are counted by kind, and told when they become many.

Five kinds are counted in windows of five minutes; MarkFail fires by itself and stops all pushes to the account for one
minute. The texts follow the lines of WeChat's own alarm messages.
"""

from __future__ import annotations

import datetime
from collections import deque

import msgspec

from ..traffic import Verdict
from ..world import accounts
from ..world.world import CHINA, AccountState, World

CONTENTS = {
    "dns": ("DNS失败", "推送时解析域名失败"),
    "connect": ("连接超时", "连接开发者服务器超时，限 5 秒"),
    "timeout": ("请求超时", "微信服务器推送消息或事件后，5 秒内没有收到返回"),
    "response": ("回应失败", "对推送的消息或事件的回应不合法"),
}
MARK_FAIL = ("MarkFail(自动屏蔽)", "多次失败后暂停推送，一分钟后解除")


GUIDE = "https://developers.weixin.qq.com/doc/service/guide/dev/api/warn_guide"
OUTER_IP = "127.0.0.1"
"""The address that the platform pushes from."""
SHOWN_BYTES = 1000


class Sample(msgspec.Struct, frozen=True):
    """The first failure of a window, which the alarm quotes."""

    time: float
    openid: str
    ip: str
    url: str
    """The account's push URL, without the parameters of the push."""
    what: str
    """`[Msg=Text]` or `[Event=Click]`."""
    answer: bytes = b""


def _pairs(kind: str, first: Sample) -> str:
    """The first failure as pairs in brackets, in the order and letter case of real alarms (posts of 2019 to 2025)."""
    head = f"[OpenID={first.openid}][Stamp={int(first.time)}][OuterIP={OUTER_IP}][3rdUrl={first.url}]"
    if kind != "response":
        return f"{head}[IP={first.ip}]{first.what}"
    shown = first.answer[:SHOWN_BYTES].decode("utf-8", "replace") + "..." * (len(first.answer) > SHOWN_BYTES)
    answer = f"[response_length={len(first.answer)}][response_content={shown}]"
    return f"{head}{first.what}[ip={first.ip}]{answer}"


class Alarms:
    """Counts failures per account and kind, and writes the alarm when a threshold is met."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._failures: dict[tuple[str, str], deque[Sample]] = {}
        self._blocked_until: dict[str, float] = {}

    def blocked(self, account: AccountState) -> bool:
        """Whether MarkFail is in force: nothing is pushed."""
        return self._world.now() < self.blocked_until(account)

    def blocked_until(self, account: AccountState) -> float:
        """Until when nothing is pushed, 0 for an account that was never blocked."""
        return self._blocked_until.get(account.appid, 0.0)

    def failed(self, account: AccountState, verdict: Verdict, sample: Sample) -> bool:
        """Count a failure. Whether it is the one with which MarkFail begins."""
        rules = self._world.rules
        window = self._failures.setdefault((account.appid, verdict.kind), deque())
        window.append(sample)
        for (appid, _), kept in self._failures.items():
            while appid == account.appid and kept and kept[0].time < sample.time - rules.alarm_window_s:
                kept.popleft()
        if len(window) == rules.alarm_threshold:
            self._tell(account, verdict.kind, CONTENTS[verdict.kind], window[0], len(window))
        counts = [len(kept) for (appid, _), kept in self._failures.items() if appid == account.appid]
        total, warned = sum(counts), max(counts) >= rules.alarm_threshold
        # Nobody is blocked who was not warned by one of the other alarms before.
        if warned and total >= rules.mark_fail_threshold and not self.blocked(account):
            self._blocked_until[account.appid] = sample.time + rules.mark_fail_s
            self._tell(account, "mark_fail", MARK_FAIL, window[0], total)
            self._forget(account)
            return True
        return False

    def forget_everything(self) -> None:
        """For a world that was exchanged: what failed before never happened in it."""
        self._failures.clear()
        self._blocked_until.clear()

    def _forget(self, account: AccountState) -> None:
        for appid, kind in list(self._failures):
            if appid == account.appid:
                del self._failures[appid, kind]

    def _tell(
        self, account: AccountState, kind: str, title: tuple[str, str], first: Sample, count: int
    ) -> None:
        name, content = title
        minutes = self._world.rules.alarm_window_s // 60
        time = datetime.datetime.fromtimestamp(first.time, CHINA).strftime("%Y-%m-%d %H:%M:%S")
        text = "\n".join(
            (
                f"Appid: {account.appid}",
                f"昵称: {account.name}",
                f"时间: {time}",
                f"内容: {name}：{content}",
                f"次数: {minutes}分钟 {count}次",
                f"错误样例: {_pairs(kind, first)}",
                f"报警排查指引，请见: {GUIDE}",
            )
        )
        accounts.add_alarm(self._world, account, kind, text)
