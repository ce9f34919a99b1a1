"""The table of what is here, as a page: every endpoint, push and return code, with the client's method beside it.

The facts come from `gongzhong.platform.coverage`; this module knows what the client calls each endpoint and how the
page looks.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import cast

from ..catalogue.listed import GROUPS
from ..catalogue.registry import by_name
from ..client.groups import Groups
from ..client.method import Blocking, Performs
from ..platform.coverage import AUTHORISE, Coverage, CoveredCode, CoveredPush, Endpoint, Given, coverage
from .named_calls import everything

SIGNS: Mapping[str, str] = {"behaviour": "✓", "constant": "＝", "fallback": "○", "retired": "×"}
LEGEND = (
    "- ✓ 平台有真实行为：应答取决于参数和之前发生的事 / simulated: the answer depends on what is asked",
    "  and on what happened",
    "- ＝ 参数、令牌、权限和次数照常检查，合法的请求总是得到同一个应答 / parameters, token, permission and quota are",
    "  checked, and every valid request gets the same answer",
    "- ○ 校验参数后返回最小应答，应答头 `x-gongzhong-fallback: 1` / checked against its declaration, then the",
    "  least that is valid",
    "- × 微信已下线，平台照样拒绝 / withdrawn by WeChat, refused here too",
)
CODES_IN_A_LINE = 12


def measure() -> Coverage:
    """Everything that is covered, found out from the code."""
    return coverage()


def methods() -> dict[str, str]:
    """Class of a call → the client's names for it (`template.send`), the call's own method first."""
    found: dict[str, list[str]] = {}
    for named in everything():
        made = named.make
        kind = made if isinstance(made, type) else by_name(str(made.__annotations__["return"]))
        if kind is not None:
            names = found.setdefault(kind.__name__, [])
            names.insert(0, named.name) if isinstance(made, type) and not named.pages else names.append(
                named.name
            )
    return {kind: names[0] for kind, names in found.items()} | {AUTHORISE.name: "gongzhong.OAuth"}


def plain_methods() -> dict[str, str]:
    """Class of a call → the client's method that takes exactly the parameters of the class."""
    made = ((named.make, named) for named in everything() if not named.pages)
    return {make.__name__: named.name for make, named in made if isinstance(make, type)}


def _titles() -> dict[str, str]:
    """Group of the client → its Chinese name, which is how its documentation begins."""
    groups = Groups[Blocking]()
    groups._open_groups(cast(Performs, None))
    return {name: (inspect.getdoc(group) or name).partition(":")[0] for name, group in vars(groups).items()}


def summary(measured: Coverage) -> dict[str, int]:
    """The numbers at the head of the page."""
    endpoints, pushes = measured.endpoints, measured.pushes
    return {
        "endpoints": len(endpoints),
        "typed": sum(one.kit == "typed" for one in endpoints),
        "listed": sum(one.kit == "listed" for one in endpoints),
        **{state: sum(one.platform == state for one in endpoints) for state in SIGNS},
        "pushes": len(pushes),
        "made": sum(bool(one.made_by) for one in pushes),
        "codes": len(measured.codes),
        "given": sum(one.given == "behaviour" for one in measured.codes),
        "faults": sum(one.given == "fault" for one in measured.codes),
    }


def page(measured: Coverage) -> str:
    """The whole page as Markdown."""
    counted = summary(measured)
    return "\n".join(
        [
            *_head(counted),
            *_endpoints(measured.endpoints),
            *_pushes(measured.pushes),
            *_codes(measured.codes),
        ]
    )


def _head(counted: Mapping[str, int]) -> Iterator[str]:
    yield "# 覆盖范围 / Coverage"
    yield ""
    yield "由代码生成：`gongzhong coverage --write docs/coverage.md`。过期时测试会失败。"
    yield "Generated from the code by the same command; a test fails when it is stale."
    yield ""
    yield "| | 全部 / all | |"
    yield "|---|---|---|"
    yield (
        f"| 接口 / endpoints | {counted['endpoints']} | 有类型 / typed {counted['typed']}, "
        f"仅列出 / listed {counted['listed']}; "
        f"{', '.join(f'{sign} {counted[state]}' for state, sign in SIGNS.items())} |"
    )
    yield (
        f"| 推送 / pushes | {counted['pushes']} | 有类型 / typed {counted['pushes']}, "
        f"由行为产生 / made by what happens {counted['made']}, 可触发 / can be triggered {counted['pushes']} |"
    )
    yield (
        f"| 返回码 / return codes | {counted['codes']} | "
        f"测试中由行为产生 / given by behaviour in a test {counted['given']}, "
        f"仅能由故障注入产生 / by an ordered fault only {counted['faults']} |"
    )
    yield ""
    yield from LEGEND
    yield ""


def _endpoints(endpoints: Iterable[Endpoint]) -> Iterator[str]:
    names, titles = methods(), _titles()
    for group, members in groupby(endpoints, key=lambda one: one.group):
        rows = list(members)
        product, mine = GROUPS.get(group), names.get(rows[0].name, "").partition(".")[0]
        yield f"## {product.zh} / {product.en}" if product else f"## {titles.get(mine, group)} / {group}"
        yield ""
        yield "| 接口 / endpoint | | | 客户端 / client | 平台 / platform |"
        yield "|---|---|---|---|---|"
        for one in rows:
            method = names.get(one.name, "listed.call" if one.kit == "listed" else "–")
            yield f"| {one.zh} | {one.verb} | `{one.path}` | `{method}` | {SIGNS[one.platform]} |"
        yield ""


def _pushes(pushes: Iterable[CoveredPush]) -> Iterator[str]:
    yield "## 推送 / Pushes"
    yield ""
    yield "每一种都能用 `gongzhong trigger` 触发 / each can be pushed with `gongzhong trigger`."
    yield ""
    yield "| 名称 / name | 类 / class | | 由此产生 / made by |"
    yield "|---|---|---|---|"
    for one in pushes:
        makers = ", ".join(f"`{maker}`" for maker in one.made_by) or "–"
        yield f"| `{one.name}` | `{one.cls}` | {one.zh} / {one.en} | {makers} |"
    yield ""


def _codes(codes: Sequence[CoveredCode]) -> Iterator[str]:
    yield "## 平台会给出的返回码 / Return codes that the platform gives"
    yield ""
    yield "只列出契约测试见到的返回码，含义见 `gongzhong explain`。"
    yield "Those that a contract test saw; `gongzhong explain` says what one means."
    yield ""
    yield from _numbers(codes, "behaviour")
    yield "### 仅能由故障注入产生 / By an ordered fault only"
    yield ""
    yield "`gongzhong faults add errcode PATH --code CODE`"
    yield ""
    yield from _numbers(codes, "fault")


def _numbers(codes: Sequence[CoveredCode], how: Given) -> Iterator[str]:
    given = [str(one.code) for one in codes if one.given == how]
    for start in range(0, len(given), CODES_IN_A_LINE):
        yield " ".join(given[start : start + CODES_IN_A_LINE])
    yield ""
