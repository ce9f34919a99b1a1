"""`gongzhong explain`: return codes, or a whole pasted answer or error, in words."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import Parameter
from rich.markup import escape

from ..errors import language
from .options import AsJson
from .outcome import DONE, FAILED, Usage
from .words import out, print_json, say

if TYPE_CHECKING:
    from ..catalogue.failures import Explanation

_NAMED = re.compile(r"""(?:err(?:or)?_?code|ret)[\s"'=:：]{0,6}(-?\d+)""", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])-?\d{1,9}(?![\w.])")


def explain(
    *text: Annotated[
        str,
        Parameter(
            help=say("返回码，或粘贴的整段错误", "a return code, or a pasted error"),
            allow_leading_hyphen=True,
            required=True,
        ),
    ],
    json: AsJson = False,
) -> int:
    from ..catalogue.failures import explain as look_up

    pasted = " ".join(text)
    found = [look_up(code, pasted) for code in codes_in(pasted)]
    if json:
        told = [msgspec.to_builtins(one) for one in found]
        print_json(told[0] if len(told) == 1 else told)
    else:
        for position, one in enumerate(found):
            if position:
                out().print()
            _print(one)
    return DONE if all(one.category for one in found) else FAILED


def _print(found: Explanation) -> None:
    lang = language()
    out().print(f"[bold]{found.code}[/bold]  {escape(say(found.zh, found.en))}", markup=True)
    if found.category is None and (near := _near(found.code)):
        out().print(say(f"相近的返回码：{near}", f"codes that look like it: {near}"))
    for label, words in ((say("原因", "Cause"), found.cause(lang)), (say("解决", "Fix"), found.fix(lang))):
        if words:
            out().print(f"\n{label}：{words}" if lang == "zh" else f"\n{label}: {words}", markup=False)


def _near(code: int) -> str:
    """Codes that begin alike or differ in a digit; the likeliest first, empty when there is none."""
    from ..catalogue.codes import table

    known = [str(number) for number in table()]
    typed = str(code)
    alike = [number for number in known if number.startswith(typed) and len(number) <= len(typed) + 1]
    return ", ".join([*alike, *get_close_matches(typed, known, n=3, cutoff=0.75)][:5])


def codes_in(text: str) -> list[int]:
    """The return codes in a text: those that are named so, else the numbers that are codes, else the first number.

    Raises Usage when there is no number at all.
    """
    from ..catalogue.advice import page_code
    from ..catalogue.codes import lookup

    named = [int(found) for found in _NAMED.findall(text)]
    if named:
        return list(dict.fromkeys(named))
    numbers = [int(found) for found in _NUMBER.findall(text)]
    if not numbers:
        raise Usage(f"里面没有返回码：{text}", f"there is no return code in: {text}")
    known = [number for number in numbers if lookup(number) or page_code(number)]
    alone = not re.search(r"[^\d\s,，、;；+-]", text)
    return list(dict.fromkeys(numbers if alone else known or numbers[:1]))
