"""What the platform does with a call that is declared but has no behaviour: it holds the request to its declaration
and answers the least that is valid, and says so.

Nothing that the declaration refuses is ever answered ok, and a call that WeChat has withdrawn stays withdrawn.
"""

from __future__ import annotations

from typing import Final

from ..catalogue.model import Spec, Status
from .traffic import Verdict
from .world.refusal import require

HEADER: Final = {"x-gongzhong-fallback": "1"}
WITHDRAWN, UNAUTHORIZED = 45106, 48001

VERDICT: Final = Verdict(
    True,
    "fallback",
    "没有模拟行为：参数已校验，返回最小应答",
    "not simulated: the parameters were checked, the answer is the least that is valid",
)


def refuse_if_gone(spec: Spec) -> None:
    """Refuse with 45106 a call that was withdrawn, with 48001 one whose product was closed."""
    require(spec.status is Status.CURRENT, UNAUTHORIZED if UNAUTHORIZED in spec.errors[:1] else WITHDRAWN)
