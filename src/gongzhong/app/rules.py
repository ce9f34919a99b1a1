"""The numbers of WeChat's delivery that the reply window is built around, each with the page it stands on.

Grades as in `catalogue/limits.py`: *confirmed* stands on the official page, *recalled* does not and is
therefore an option of `OfficialAccount`.
"""

from __future__ import annotations

from typing import Final

# 接收普通消息, 被动回复用户消息 (confirmed): seconds from the request to the complete answer
ANSWER_TIMEOUT_S: Final = 5.0
# The same pages say "three retries in all" (confirmed); three deliveries in all is what developers see
# (recalled)
DELIVERIES: Final = 3
# 接口报警 (confirmed): this many timeouts in five minutes raise the alarm and may block the account's URL
ALARM_TIMEOUTS: Final = 30
ALARM_WINDOW_S: Final = 300.0

# 发送客服消息 (confirmed), since 2023-06: how many messages, and for how many seconds
AFTER_MESSAGE: Final = (5, 48 * 3600.0)
AFTER_ACT: Final = (3, 60.0)
