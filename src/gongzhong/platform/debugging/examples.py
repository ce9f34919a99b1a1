"""Values to begin with: the plain example of a call, with what this world really holds in the places that want it.

OpenIDs of followers, templates and their keywords, media, tags, articles, agents, QR codes: a form that comes up can be
sent as it is, as far as the world has what it needs.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ...catalogue.encoding import encode_values
from ...catalogue.fields import check
from ...catalogue.lenient import build
from ...catalogue.model import Call, Upload
from ..examples import request_of
from ..world import (
    agents,
    articles,
    drafts,
    failures,
    media,
    menus,
    notices,
    people,
    qrcodes,
    tags,
    templates,
)
from ..world.world import CHINA, AccountState, World

AnyCall = type[Call[Any]]
Finder = Callable[["Holdings"], Any]

KIND_OF_CALL: Final[Mapping[str, str]] = {"GetVoice": "voice", "UploadMassVideo": "video"}
DRAFTS: Final = frozenset({"GetDraft", "UpdateDraft", "DeleteDraft", "SubmitDraft"})


class Holdings:
    """What one account has, and whom it knows; looked up when asked for."""

    def __init__(self, world: World, account: AccountState, person: str = "") -> None:
        self.world, self.account, self.person = world, account, person

    def openids(self) -> list[str]:
        """Followers, the chosen person first; then everybody else who has an OpenID."""
        names = [one.name for one in people.everybody(self.world)]
        ties = [people.relation(self.world, self.account, name) for name in names]
        chosen = self.person if self.person in names else ""
        order = sorted(ties, key=lambda tie: (tie.person != chosen, not tie.subscribed))
        return [tie.openid for tie in order]

    def openid(self) -> str | None:
        return next(iter(self.openids()), None)

    def media_id(self, kind: str, *, permanent: bool | None = None) -> str | None:
        return media.newest(self.world, self.account, kind, permanent=permanent)

    def draft(self) -> str | None:
        found = drafts.page(self.world, self.account, 0, 1)[1]
        return found[0].media_id if found else None

    def article(self) -> articles.Publication | None:
        return next(iter(articles.everything(self.world, self.account)[::-1]), None)

    def template(self) -> templates.Template | None:
        return next(iter(templates.listing(self.world, self.account)), None)

    def notice(self) -> notices.Template | None:
        return next(iter(notices.listing(self.world, self.account)), None)

    def tag(self) -> int | None:
        found = tags.listing(self.world, self.account)
        own = [id for id, _, _ in found if id >= 100] or [id for id, _, _ in found]
        return own[0] if own else None

    def today(self) -> datetime.date:
        return datetime.datetime.fromtimestamp(self.world.now(), CHINA).date()

    def measured(self) -> str:
        """The latest day whose statistics are ready."""
        hour = datetime.datetime.fromtimestamp(self.world.now(), CHINA).hour
        back = 1 if hour >= self.world.rules.statistics_ready_hour else 2
        return (self.today() - datetime.timedelta(back)).isoformat()


def values_for(world: World, account: AccountState, call: AnyCall, person: str = "") -> dict[str, Any]:
    """Values for the parameters of a call by wire name; files are `Upload`s.

    Where what the world holds would break a rule of the call, the plain example stays.
    """
    plain = {**always_sent(call), **request_of(call)}
    holdings = Holdings(world, account, person)
    better = _improved(call, plain, holdings)
    return better if _is_right(call, better) else plain


def always_sent(call: AnyCall) -> dict[str, Any]:
    """What the client sends although nobody gave it, such as `grant_type`."""
    made = {
        field.encode_name: field.default_factory()
        for field in msgspec.structs.fields(call)
        if field.default_factory is not msgspec.NODEFAULT
    }
    return {name: value for name, value in made.items() if value not in ({}, [])}


def _is_right(call: AnyCall, values: dict[str, Any]) -> bool:
    try:
        encode_values(call, values)
        return check(build(values, call)) is None
    except msgspec.ValidationError:
        return False


def _improved(call: AnyCall, plain: dict[str, Any], holdings: Holdings) -> dict[str, Any]:
    name = call.__name__
    values = {field: _found(field, value, name, holdings) for field, value in plain.items()}
    whole = WHOLE.get(name)
    return (
        values if whole is None else {**values, **{k: v for k, v in whole(holdings).items() if v is not None}}
    )


def _found(field: str, value: Any, call: str, holdings: Holdings) -> Any:
    """What the world has for a field, else the value itself with its own parts looked at."""
    if isinstance(value, Upload):
        return value
    finder = FINDERS.get(field)
    found = finder(holdings) if finder else None
    if field in ("media_id", "thumb_media_id"):
        found = _media(call, field, holdings)
    if (
        found is not None
        and isinstance(value, list) == isinstance(found, list)
        and not isinstance(value, dict)
    ):
        return str(found) if isinstance(value, str) else found
    if isinstance(value, dict):
        return {inner: _found(inner, one, call, holdings) for inner, one in value.items()}
    if isinstance(value, list):
        return [
            {inner: _found(inner, one, call, holdings) for inner, one in item.items()}
            if isinstance(item, dict)
            else item
            for item in value
        ]
    return value


def _media(call: str, field: str, holdings: Holdings) -> str | None:
    if field == "media_id" and call in DRAFTS:
        return holdings.draft()
    if field == "thumb_media_id":
        return holdings.media_id("image", permanent=True) or holdings.media_id("thumb", permanent=True)
    if call in ("GetMaterial", "DeleteMaterial", "UpdateNews"):
        return holdings.media_id("", permanent=True)
    return holdings.media_id(KIND_OF_CALL.get(call, "image"))


def _agent(holdings: Holdings) -> str:
    known = agents.listing(holdings.world, holdings.account)
    return known[0].kf_account if known else f"helper@{holdings.account.wechat_id}"


def _msg_data_id(holdings: Holdings) -> int | None:
    article = holdings.article()
    return article.msg_data_id if article else None


def _article_id(holdings: Holdings) -> str | None:
    article = holdings.article()
    return article.article_id if article else None


def _ticket(holdings: Holdings) -> str | None:
    codes = qrcodes.of_account(holdings.world, holdings.account.appid)
    return codes[0].ticket if codes else None


def _menuid(holdings: Holdings) -> str | None:
    found = menus.conditional(holdings.world, holdings.account)
    return str(found[0][0]) if found else None


FINDERS: Final[Mapping[str, Finder]] = {
    "touser": Holdings.openid,
    "openid": Holdings.openid,
    "user_id": Holdings.openid,
    "openid_list": lambda holdings: holdings.openids()[:2] or None,
    "tagid": Holdings.tag,
    "tag_id": Holdings.tag,
    "id": Holdings.tag,
    "kf_account": _agent,
    "article_id": _article_id,
    "msg_data_id": _msg_data_id,
    "ticket": _ticket,
    "menuid": _menuid,
    "appid": lambda holdings: holdings.account.appid,
    "begin_date": Holdings.measured,
    "end_date": Holdings.measured,
    "start_date": Holdings.measured,
    "starttime": lambda holdings: holdings.world.seconds() - 3600,
    "endtime": lambda holdings: holdings.world.seconds(),
    "cgi_path": lambda holdings: "/cgi-bin/message/custom/send",
}
"""By the name of a parameter: what this world has for it, or None."""


TYPED: Final[Mapping[str, str]] = {
    "thing": "咖啡豆",
    "character_string": "A1001",
    "amount": "¥12.00",
    "phrase": "已发货",
    "time": "2026年1月1日 12:30",
    "date": "2026年1月1日",
    "number": "12",
    "letter": "A",
    "symbol": "!",
    "phone_number": "13800000000",
    "car_number": "京A12345",
    "name": "张三",
}
"""A right value for each type of keyword."""


def _keyword_texts(content: str) -> dict[str, Any]:
    names = templates.PLACE.findall(content)
    return {name: {"value": TYPED.get(name.rstrip("0123456789"), "示例")} for name in names}


def _template_message(holdings: Holdings) -> dict[str, Any]:
    template = holdings.template()
    if template is None:
        return {"data": {"thing1": {"value": "咖啡豆"}}}
    return {"template_id": template.template_id, "data": _keyword_texts(template.content)}


def _notice(holdings: Holdings) -> dict[str, Any]:
    template = holdings.notice()
    if template is None:
        return {"data": {"thing2": {"value": "咖啡豆"}}}
    return {"template_id": template.template_id, "data": _keyword_texts(template.content)}


def _one_time(holdings: Holdings) -> dict[str, Any]:
    return {
        "template_id": notices.one_time_template_id(holdings.world, holdings.account),
        "data": {"content": {"value": "到货了"}},
    }


def _week(holdings: Holdings) -> dict[str, Any]:
    monday = holdings.today() - datetime.timedelta(holdings.today().weekday() + 7)
    return {"begin_date": monday.isoformat(), "end_date": monday.isoformat()}


def _month(holdings: Holdings) -> dict[str, Any]:
    first = (holdings.today().replace(day=1) - datetime.timedelta(1)).replace(day=1)
    return {"begin_date": first.isoformat(), "end_date": first.isoformat()}


def _to_several(holdings: Holdings) -> dict[str, Any]:
    openids = holdings.openids()[:2]
    return {"touser": openids if len(openids) == 2 else None}


WHOLE: Final[Mapping[str, Callable[[Holdings], dict[str, Any]]]] = {
    "SendTemplate": _template_message,
    "SendNotice": _notice,
    "SendOneTime": _one_time,
    "SendMassToUsers": _to_several,
    "DeleteTemplate": lambda holdings: {"template_id": (t := holdings.template()) and t.template_id},
    "GetWeeklyMessageCounts": _week,
    "GetWeeklySenderDistribution": _week,
    "GetMonthlyMessageCounts": _month,
    "GetMonthlySenderDistribution": _month,
    "GetRid": lambda holdings: {"rid": failures.latest(holdings.world, holdings.account.appid)},
    "Translate": lambda holdings: {"content": "你好"},
}
"""Calls whose parameters belong together."""
