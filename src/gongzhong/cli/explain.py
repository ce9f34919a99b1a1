"""`gongzhong explain`: a return code, or a whole pasted answer, in words."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from cyclopts import Parameter

from ..errors import language
from .outcome import DONE, FAILED, Usage
from .who import AsJson
from .words import out, print_json, say

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

    found = look_up(code_in(" ".join(text)))
    if json:
        print_json(msgspec.to_builtins(found))
        return DONE if found.category else FAILED
    lang = language()
    out().print(f"[bold]{found.code}[/bold]  {say(found.zh, found.en)}")
    if found.zh and found.en:
        out().print(say(found.en, found.zh), style="dim", markup=False)
    for label, words in ((say("原因", "Cause"), found.cause(lang)), (say("解决", "Fix"), found.fix(lang))):
        if words:
            out().print(f"\n{label}：{words}" if lang == "zh" else f"\n{label}: {words}", markup=False)
    return DONE if found.category else FAILED


def code_in(text: str) -> int:
    """The return code in a text: the one that is named so, else the first number. Raises Usage."""
    found = _NAMED.search(text)
    if found:
        return int(found[1])
    number = _NUMBER.search(text)
    if number is None:
        raise Usage(f"里面没有返回码：{text}", f"there is no return code in: {text}")
    return int(number[0])
