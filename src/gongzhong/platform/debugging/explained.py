"""What an answer means: return code, cause and fix from the source of `gongzhong explain`, and the parameters at fault.

A rid is looked up as the API diagnosis (API 诊断) does: of a whole pasted answer the first one counts, for seven days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from ...catalogue import failures as catalogue_failures
from ...catalogue.failures import Explanation, head_of, who_may
from ...catalogue.model import Call
from ...catalogue.registry import by_path
from ...reasons import NOT_JSON
from ..world import failures, quotas
from ..world.refusal import BadInput, BothLanguages
from ..world.world import AccountState, World
from .forms import CallRow, parameters_of, row_of

AnyCall = type[Call[Any]]

RID: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}\b", re.IGNORECASE)
DEEPEST: Final = 6
"""How far into the parameters a code is looked for; menus refer to themselves."""


class CodeTold(msgspec.Struct, frozen=True, kw_only=True):
    """A return code in words."""

    code: int
    ok: bool
    meaning: BothLanguages
    cause: BothLanguages
    fix: BothLanguages
    fields: list[str]
    """Parameters that this code is about, as far as the declaration says."""
    rid: str
    known: bool
    """Whether any table has the code."""


class QuotaUse(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of today; `daily` is null where no quota is published."""

    used: int
    daily: int | None


class RidStory(msgspec.Struct, frozen=True, kw_only=True):
    """A refused call, found by its rid. Everything is masked."""

    rid: str
    appid: str
    time: int
    cost_ms: int
    client_ip: str
    path: str
    query: str
    request: str
    response: str
    call: CallRow | None
    accounts: BothLanguages | None
    """Which kinds of account may make the call."""
    told: CodeTold | None
    forgotten_at: float
    """Unix seconds until which it can be looked up."""


def answer_fields(body: bytes) -> Mapping[str, Any] | None:
    """The answer as an object; None for anything else."""
    try:
        found = msgspec.json.decode(body)
    except NOT_JSON:
        return None
    return found if isinstance(found, dict) else None


def told(body: bytes, call: AnyCall | None) -> CodeTold | None:
    """What an answer means; None for one that is no JSON object. 0 stands for success without a code, too."""
    answer = answer_fields(body)
    if answer is None:
        return None
    try:
        code, errmsg = head_of(answer)
    except (TypeError, ValueError):
        return None
    return of_code(code, errmsg, call)


def of_code(code: int, errmsg: str, call: AnyCall | None) -> CodeTold:
    """What a return code means, in general or as the answer to a call."""
    found: Explanation = catalogue_failures.explain(code, errmsg, call)
    rid = RID.search(errmsg)
    return CodeTold(
        code=code,
        ok=code == 0,
        meaning=BothLanguages(found.zh, found.en),
        cause=BothLanguages(found.cause_zh, found.cause_en) if code else BothLanguages("", ""),
        fix=BothLanguages(found.fix_zh, found.fix_en) if code else BothLanguages("", ""),
        fields=fields_of(call, code) if call and code else [],
        rid=rid[0] if rid else "",
        known=found.category is not None,
    )


def fields_of(call: AnyCall, code: int) -> list[str]:
    """The parameters whose declaration names the code, as paths (`button[].name`)."""
    schema = parameters_of(call)
    return list(dict.fromkeys(_declaring(schema, schema.get("$defs", {}), code, "", 0)))


def _declaring(
    schema: Mapping[str, Any], parts: Mapping[str, Any], code: int, path: str, depth: int
) -> Iterator[str]:
    if path and code in (schema.get("x-code-invalid"), schema.get("x-code-missing")):
        yield path
    if depth > DEEPEST:
        return
    if "$ref" in schema:
        yield from _declaring(parts.get(schema["$ref"].rpartition("/")[2], {}), parts, code, path, depth + 1)
    for choice in schema.get("anyOf", ()):
        yield from _declaring(choice, parts, code, path, depth + 1)
    for name, field in schema.get("properties", {}).items():
        yield from _declaring(field, parts, code, f"{path}.{name}" if path else name, depth + 1)
    if isinstance(schema.get("items"), dict):
        yield from _declaring(schema["items"], parts, code, f"{path}[]", depth + 1)


def quota_of(world: World, account: AccountState, call: AnyCall) -> QuotaUse:
    """How much of today's quota of a call is used."""
    spec = call.spec
    return QuotaUse(used=quotas.used(world, account, spec.path), daily=quotas.grown(world, account, spec))


def rid_in(text: str) -> str:
    """The first rid of a text. Raises BadInput when there is none."""
    found = RID.search(text)
    if found is None:
        raise BadInput(
            "里面没有 rid：它形如 6a1f2b3c-1a2b3c4d-5e6f7a8b",
            "there is no rid in it: 6a1f2b3c-1a2b3c4d-5e6f7a8b",
        )
    return found[0].lower()


def look_up(world: World, rid: str) -> RidStory:
    """The refused call of this platform with the rid. Raises BadInput when there is none, or none any more."""
    failure = failures.find(world, rid)
    if failure is None:
        raise BadInput(f"没有找到 rid {rid}", f"there is no rid {rid}")
    forgotten_at = failure.time + world.rules.rid_kept_s
    if world.now() > forgotten_at:
        raise BadInput(f"rid {rid} 已超过 7 天，查不到了", f"the rid {rid} is older than seven days")
    return _story(world, failure, forgotten_at)


def _story(world: World, failure: failures.Failure, forgotten_at: float) -> RidStory:
    path = failure.path
    call = by_path(path) if path else None
    return RidStory(
        rid=failure.rid,
        appid=failure.appid,
        time=failure.time,
        cost_ms=failure.cost_ms,
        client_ip=failure.client_ip,
        path=path,
        query=failure.query,
        request=failure.request,
        response=failure.response,
        call=row_of(call) if call else None,
        accounts=BothLanguages(*who_may(call.spec.accounts)) if call else None,
        told=told(failure.response.encode(), call),
        forgotten_at=forgotten_at,
    )
