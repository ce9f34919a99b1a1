"""`gongzhong article check`: does an article keep WeChat's structure rules (文章结构规范)?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from ..reasons import in_words
from .options import AsJson, option
from .outcome import DONE, FAILED, Usage
from .words import err, out, print_json, say

Source = Annotated[
    str, option("HTML 文件，- 表示标准输入", "HTML file, or - for standard input", dashes=True)
]


def check(file: Source, /, *, json: AsJson = False) -> int:
    """0 nothing found, 1 findings, 2 the file cannot be read."""
    import msgspec

    from ..catalogue import article_rules

    try:
        html = _read(file)
    except (OSError, UnicodeDecodeError) as problem:
        zh, en = in_words(problem)
        raise Usage(f"不能读取 {file}：{zh}", f"cannot read {file}: {en}") from None
    findings = article_rules.check(html)
    valid = article_rules.is_valid(findings)
    if json:
        print_json(
            {
                "valid": valid,
                "findings": msgspec.to_builtins(findings),
                "needs_a_browser": article_rules.MEASURED,
            }
        )
        return DONE if valid else FAILED
    for one in findings:
        hint = say("建议", "advice") if one.advice else say("违反", "broken")
        out().print(f"{hint} {one.rule}: {say(one.zh, one.en)}", markup=False)
        for item in one.items:
            out().print(f"    {item.outer_html[:160]}", markup=False)
    if not findings:
        out().print(say("没有发现问题", "nothing found"))
    measured = ", ".join(article_rules.MEASURED)
    err().print(
        say(f"需要浏览器、未检查：{measured}", f"not checked, needs a browser: {measured}"), markup=False
    )
    return DONE if valid else FAILED


def _read(file: str) -> str:
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return content.decode("utf-8-sig")
