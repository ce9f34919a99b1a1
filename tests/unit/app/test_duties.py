"""People whose tags or remark a program's own calls have changed are noted, to be read again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gongzhong import App
from gongzhong.app.duties import Duties
from gongzhong.catalogue.tags import TagUsers
from gongzhong.catalogue.users import SetRemark
from gongzhong.config import PeopleData
from gongzhong.errors import StateDown

pytestmark = pytest.mark.anyio


class Stored:
    """The people's data of one account: what its directory was told, and whether its database answers."""

    def __init__(self) -> None:
        self.noted: list[list[str]] = []
        self.down = False

    def directory(self, *_given: Any, **_named: Any) -> Stored:
        return self

    async def note(self, openids: list[str]) -> None:
        if self.down:
            raise StateDown("连不上数据库", "the database is out of reach")
        self.noted.append(sorted(openids))

    def upkeep(self, *_given: Any, **_named: Any) -> Stored:
        return self

    async def step(self) -> None:
        """Nothing else is due."""


def duties_of(app: App, stored: Stored) -> Duties:
    binding: Any = SimpleNamespace(
        app=app,
        people=stored,
        open_platform="",
        account=SimpleNamespace(appid="wx00000000000000aa"),
        api=None,
        people_settings=PeopleData(),
        kept_elsewhere=[],
    )
    return Duties(binding)


async def test_who_was_changed_while_the_database_was_down_is_noted_afterwards() -> None:
    app, stored = App(), Stored()
    app.collects("tagid_list", purpose="发送通知", text_version="1", basis="service")
    duties, stored.down = duties_of(app, stored), True
    duties.performed(TagUsers(tagid=1, openid_list=["oA", "oB"]))
    with pytest.raises(StateDown):
        await duties.tend()
    duties.performed(SetRemark(openid="oC", remark="老客户"))
    stored.down = False
    await duties.tend()
    await duties.tend()
    assert stored.noted == [["oA", "oB", "oC"]]


async def test_nobody_is_remembered_where_no_field_of_followers_is_declared() -> None:
    app, stored = App(), Stored()
    duties = duties_of(app, stored)
    duties.performed(TagUsers(tagid=1, openid_list=["oA", "oB"]))
    app.collects("tagid_list", purpose="发送通知", text_version="1", basis="service")
    await duties.tend()
    assert stored.noted == []
