"""Control routes for what people take back: authorised data, the profile, the WeChat account."""

from __future__ import annotations

from typing import Any

import msgspec

from ...world import privacy
from ...world.acts import NotPossible
from .acts import account_of, person_of
from .route import Control, Given
from .shapes import person_form


class Withdrawing(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`items` are codes of RevokeInfo, such as 205 for nickname and picture."""

    appid: str
    items: list[str]


async def withdraw(given: Given) -> dict[str, Any]:
    account, person = account_of(given, given.body.appid), person_of(given)
    if not privacy.withdraw(given.platform.world, account, person, given.body.items):
        raise NotPossible(
            f"{person} 没有授权过{account.name}", f"{person} has authorised nothing for {account.name}"
        )
    return {"withdrawn": given.body.items}


async def clean_profile(given: Given) -> dict[str, Any]:
    person = person_of(given)
    privacy.clean_profile(given.platform.world, person)
    return _person(given, person)


async def close(given: Given) -> dict[str, Any]:
    person = person_of(given)
    privacy.close(given.platform.world, person)
    return _person(given, person)


def _person(given: Given, name: str) -> dict[str, Any]:
    known = next(one for one in given.platform.people() if one.name == name)
    return person_form(given.platform.world, known)


CONTROLS = [
    Control(verb="POST", path="/people/{name}/withdraw", function=withdraw, body=Withdrawing),
    Control(verb="POST", path="/people/{name}/clean-profile", function=clean_profile),
    Control(verb="POST", path="/people/{name}/close-wechat", function=close),
]
