"""Which lines of a page's scripts run while it loads, without an act of the person. Read, not run.

A line runs at load when every block around it does: the top of a script, a condition, a function that is called at
once, a timer, or what is registered for the loading of the page. A function that only a tap calls does not. Braces
inside texts and comments are not counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

RUNS: Final = re.compile(
    r"(?:^|[^\w.])(?:if|else|for|while|try|catch|finally|switch|do)\b[^{]*$"
    r"|onload|DOMContentLoaded|\.ready\(|\$\(\s*function|setTimeout|setInterval|[(!]\s*function\b|\(\s*async\b|\(\(\)\s*=>"
    r"|\b(?:mounted|created|onMounted|wx\.ready)\b"
)
"""What stands before the brace of a block that runs with its surroundings."""
HANDLERS: Final = re.compile(r"onclick|ontap|addEventListener\(\s*[\"'](?!load|DOMContentLoaded)", re.I)
SKIPPED: Final = re.compile(
    r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|//[^\n]*|/\*.*?\*/", re.DOTALL
)
SCRIPT: Final = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL | re.I)
LOADING: Final = re.compile(r"<body\b[^>]*\bonload\s*=\s*(?P<quote>[\"'])(.*?)(?P=quote)", re.DOTALL | re.I)


def at_load(text: str, suffix: str) -> list[tuple[int, str]]:
    """Numbers (from 1) and texts of the lines that run while the page loads. `suffix`: that of the file."""
    if suffix in (".js", ".mjs", ".ts"):
        return list(_running(text, 1))
    found: list[tuple[int, str]] = []
    for script in SCRIPT.finditer(text):
        found += _running(script[1], text.count("\n", 0, script.start(1)) + 1)
    found += [(text.count("\n", 0, one.start()) + 1, one[2]) for one in LOADING.finditer(text)]
    return sorted(found)


def _running(script: str, first: int) -> Iterator[tuple[int, str]]:
    """Lines of one script of which a part is at load, that part only."""
    bare = SKIPPED.sub(_blank, script)
    around: list[bool] = []
    """Of each open block, whether it runs with its surroundings."""
    begun, part = 0, 0
    for place, sign in enumerate(bare):
        if sign in "{}\n":
            if all(around) and script[part:place].strip():
                yield first + script.count("\n", 0, part), script[part:place]
            part = place + 1
        if sign == "{":
            head = bare[begun:place] + _texts(script, begun, place)
            around.append(RUNS.search(head) is not None and HANDLERS.search(head) is None)
            begun = place + 1
        elif sign == "}":
            if around:
                around.pop()
            begun = place + 1
        elif sign == ";":
            begun = place + 1
    if all(around) and script[part:].strip():
        yield first + script.count("\n", 0, part), script[part:]


def _texts(script: str, start: int, end: int) -> str:
    """The texts between two places: the name of an event is one."""
    return " ".join(SKIPPED.findall(script[start:end]))


def _blank(found: re.Match[str]) -> str:
    """As many characters, without braces; line ends stay."""
    return re.sub(r"[^\n]", " ", found[0])
