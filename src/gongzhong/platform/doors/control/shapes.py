"""The bodies of the control API, as types: they validate requests and describe them in the OpenAPI document."""

from __future__ import annotations

from typing import Any

import msgspec

from ....clock import MovableClock
from ....wire.masking import HIDDEN, secret_name
from ...world import people
from ...world.acts import Saying
from ...world.settings import AccountSettings
from ...world.world import AccountState, World


class NewPerson(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: str
    nickname: str = ""
    headimgurl: str = ""
    sex: int = 0
    language: str = "zh_CN"


AccountChange = msgspec.defstruct(
    "AccountChange",
    [
        (field.name, field.type | msgspec.UnsetType, msgspec.UNSET)
        for field in msgspec.structs.fields(AccountSettings)
    ],
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
)
"""Any of the settings; what is left out stays as it is."""


class CallbackForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """服务器配置 as the console has it. A Token or EncodingAESKey that is left out stays as it is."""

    url: str
    token: str | msgspec.UnsetType = msgspec.UNSET
    aes_key: str | msgspec.UnsetType = msgspec.UNSET
    encryption: str = "plain"


class Following(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    appid: str
    scene: str | int | None = None


class OfAccount(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    appid: str


class Entering(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    appid: str
    latitude: float = 31.230416
    longitude: float = 121.473701


class Speaking(Saying, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says, and to which account."""

    appid: str
    filename: str = ""


class Tapping(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    appid: str
    path: list[int]
    scan_result: str = ""
    latitude: float = 31.230416
    longitude: float = 121.473701
    label: str = ""
    files: list[bytes] = []


class Scanning(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    ticket: str = ""
    url: str = ""


class Moving(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`real` first returns to the machine's time, which may be a step back; then `freeze` and `advance` apply."""

    advance: float = 0.0
    freeze: bool | None = None
    real: bool = False


class Triggering(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    appid: str
    event: str
    person: str = ""
    fields: dict[str, Any] = {}


def clock_form(clock: MovableClock) -> dict[str, Any]:
    return {"now": clock.now(), "frozen": clock.frozen}


def account_form(account: AccountState, by_page: bool) -> AccountState:
    """The account; for pages with its AppSecret, Token and EncodingAESKey hidden. One that is not set stays empty."""
    if not by_page:
        return account
    set_ones = (name for name in filter(secret_name, account.__struct_fields__) if getattr(account, name))
    return msgspec.structs.replace(account, **dict.fromkeys(set_ones, HIDDEN))


def person_form(world: World, person: people.Person) -> dict[str, Any]:
    """A person with the relation to every account that there is one to."""
    ties = {}
    for appid in people.known_to(world, person.name):
        account = world.accounts.get(appid)
        if account is not None:
            tie = people.relation(world, account, person.name)
            ties[account.appid] = {
                "openid": tie.openid,
                "subscribed": tie.subscribed,
                "unionid": people.unionid(world, account, tie),
            }
    form: dict[str, Any] = msgspec.to_builtins(person)
    return {**form, "accounts": ties}
