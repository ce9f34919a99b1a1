"""One component of subscription notices asks for at most 5, all one-time or all long-term.

Source: 订阅通知介绍 (doc/service/guide/product/subscription_messages/intro), reference/limits.md section 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.world import notices
from gongzhong.platform.world.acts import NotPossible
from gongzhong.platform.world.notices import NOTICES


class Bed:
    def __init__(self) -> None:
        self.platform = Platform(
            PlatformConfig(
                account=[AccountConfig(name="shop")],
                person=[PersonConfig(name="alice", accounts={"shop": TieConfig(follows=True)})],
            )
        )
        self.world, self.account = self.platform.world, self.platform.account("shop")

    def templates(self, kind: int, count: int) -> list[str]:
        made = []
        for notice in NOTICES.values():
            if notice.type == kind and not notice.banned:
                kids = [keyword.kid for keyword in notice.keywords]
                for pair in pairwise(kids):
                    made.append(notices.add(self.world, self.account, str(notice.tid), list(pair), ""))
        assert len(made) >= count
        return made[:count]

    def answer(self, accepts: list[str], rejects: list[str] | None = None) -> None:
        notices.answer_popup(self.world, self.account, "alice", accepts=accepts, rejects=rejects or [])


@pytest.fixture
def bed() -> Iterator[Bed]:
    made = Bed()
    yield made
    made.world.close()


ONE_TIME, LONG_TERM = sorted({notice.type for notice in NOTICES.values()})


def test_five_are_taken_and_six_are_not(bed: Bed) -> None:
    six = bed.templates(ONE_TIME, 6)
    bed.answer(six[:3], six[3:5])
    with pytest.raises(NotPossible, match="5"):
        bed.answer(six[:3], six[3:])


def test_kinds_are_not_mixed(bed: Bed) -> None:
    (once,), (always,) = bed.templates(ONE_TIME, 1), bed.templates(LONG_TERM, 1)
    bed.answer([once])
    bed.answer([always])
    with pytest.raises(NotPossible, match="一次性订阅和长期订阅"):
        bed.answer([once], [always])
