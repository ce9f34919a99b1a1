"""What pages and their code do by themselves: signing people in, sending the browser elsewhere, watching people.

Read without being run: HTML, templates, scripts, and pages that stand as texts in Python. `scripts.py` says which lines
of a script run while the page loads, without an act of the person.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from .finding import Finding, broken, doubtful
from .scripts import at_load
from .sources import Line, Module, argument, dotted, text_of
from .subject import Subject

PROFILE_SCOPE: Final = "snsapi_userinfo"
HOOKS: Final = re.compile(r"before_(?:app_)?request|middleware|on_request|url_value_preprocessor")
EVERY_REQUEST: Final = frozenset({"dispatch", "process_request", "process_view", "__call__"})
REDIRECTS: Final = frozenset({"redirect", "RedirectResponse", "HttpResponseRedirect", "HTTPFound"})
FROM_OUTSIDE: Final = re.compile(r"(?:^|\.)(?:args|query_params|GET|form|values|query|headers)(?:\.|$)")
CONSOLE_LOGIN: Final = re.compile(r"mp\.weixin\.qq\.com/cgi-bin/(?:bizlogin|loginpage|login)\b")
REFRESH: Final = re.compile(
    r"<meta[^>]+http-equiv=[\"']?refresh[\"']?[^>]*url\s*=\s*(?P<to>[^\"'>\s]+)", re.I
)
MOVES: Final = re.compile(
    r"(?:location(?:\.href)?\s*=(?!=)|location\.(?:replace|assign)\(|window\.open\()\s*(?P<to>[^;\n]*)"
)
OWN_PATH: Final = re.compile(r"[\"'`]/(?!/)|[\"'`][?#.]|(?:window\.)?location\.(?:pathname|href|origin)")
WATCHED: Final = re.compile(
    r"谁(?:看|浏览|访问|查看)(?:了|过)(?:我|你)|(?:最近)?访客记录|最近访客|who viewed (?:my|your)", re.I
)
PIXEL: Final = re.compile(r"<img(?=[^>]*\bwidth=[\"']?1\b)(?=[^>]*\bheight=[\"']?1\b)[^>]*>", re.I)
TRACKERS: Final = re.compile(
    r"hm\.baidu\.com|google-analytics\.com|googletagmanager\.com|cnzz\.com|umeng\.com|sensorsdata", re.I
)
PERSON_IN_LINK: Final = re.compile(r"[?&](?:open_?id|union_?id)=$", re.I)


def check_pages(subject: Subject) -> list[Finding]:
    """Everything about signing in, redirects and tracking."""
    sources = subject.sources
    found: list[Finding] = []
    for page in sources.pages:
        found += _moving(at_load(page.text, page.suffix), page.name, 0)
        for line in page.lines():
            found += _of_line(line)
    for module in sources.modules:
        found += _of_code(module)
        for line in module.strings():
            found += _of_line(line)
            if "<script" in line.text:
                name, _, number = line.where.rpartition(":")
                found += _moving(at_load(line.text, ".html"), name, int(number) - 1)
    return list(dict.fromkeys(found))


def _of_line(line: Line) -> Iterator[Finding]:
    """What a line, or a text, shows by itself."""
    refresh = REFRESH.search(line.text)
    if refresh is not None:
        yield _sends_away(line.where, refresh["to"])
    if CONSOLE_LOGIN.search(line.text):
        yield broken(
            "log-in",
            "用程序登录公众平台后台",
            "a program signs in at the console of the Official Accounts Platform",
            "去掉；用公开的接口",
            "take it out; use the public API",
            where=line.where,
        )
    if WATCHED.search(line.text):
        yield _tracks(line.where, "显示谁看过、访问过", "it shows who viewed or visited", sure=True)
    if PIXEL.search(line.text):
        yield _tracks(line.where, "1×1 的图片用来跟踪", "a picture of 1×1 is for tracking", sure=True)
    if TRACKERS.search(line.text):
        yield _tracks(line.where, "加载了统计脚本", "a script of a tracking service is loaded", sure=False)


def _moving(lines: list[tuple[int, str]], name: str, before: int) -> Iterator[Finding]:
    """Lines of a script, which run at load, that move the browser."""
    for number, text in lines:
        moves = MOVES.search(text)
        if moves is None or (OWN_PATH.match(moves["to"].strip()) and PROFILE_SCOPE not in text):
            continue
        where = f"{name}:{number + before}"
        if PROFILE_SCOPE in text:
            yield _signs_in(where)
        elif "connect/oauth2/authorize" not in text:
            yield _sends_away(where, moves["to"])


def _of_code(module: Module) -> Iterator[Finding]:
    """Calls that sign people in at every request, redirects to other sites, and people named in links."""
    for function in ast.walk(module.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and _runs_always(function):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and text_of(argument(node, "scope")) == PROFILE_SCOPE:
                    yield _signs_in(module.where(node))
    for call, name in module.calls():
        if name.rpartition(".")[2] in REDIRECTS:
            yield from _redirect(module, call)
    for line in module.strings():
        if PERSON_IN_LINK.search(line.text):
            yield _tracks(
                line.where, "链接里带着用户的 OpenID", "a link carries a person's OpenID", sure=True
            )


def _runs_always(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    decorated = (dotted(one.func if isinstance(one, ast.Call) else one) for one in function.decorator_list)
    return function.name in EVERY_REQUEST or any(HOOKS.search(name) for name in decorated)


def _redirect(module: Module, call: ast.Call) -> Iterator[Finding]:
    target = argument(call, "url", 0)
    text = text_of(target)
    if (
        text is not None
        and text.startswith(("http://", "https://", "//"))
        and "open.weixin.qq.com" not in text
    ):
        yield doubtful(
            "redirects",
            "页面转到别的网站",
            "a page sends the browser to another site",
            "只在用户点击之后转到别的网站；自己的网站用路径（/…）",
            "do it only after a tap of the person; use paths (/…) for your own site",
            where=module.where(call),
        )
    elif target is not None and _from_outside(target):
        yield broken(
            "redirects",
            "转到请求里给出的任意地址",
            "the browser is sent to whatever address the request names",
            "只接受自己网站的路径；网页授权用 return_path",
            "accept paths of your own site only; web authorization has return_path",
            where=module.where(call),
        )


def _from_outside(target: ast.expr) -> bool:
    match target:
        case ast.Subscript(value=value):
            return FROM_OUTSIDE.search(dotted(value)) is not None
        case ast.Call(func=ast.Attribute(attr="get", value=value)):
            return FROM_OUTSIDE.search(dotted(value)) is not None
    return False


def _signs_in(where: str) -> Finding:
    return broken(
        "log-in",
        "不经用户操作就以 snsapi_userinfo 登录",
        "people are signed in with snsapi_userinfo without an act of theirs",
        "静默登录用 snsapi_base；需要昵称头像时，先说明，再由用户点击按钮",
        "use snsapi_base to recognise people; for nickname and avatar explain first and let them tap a button",
        where=where,
    )


def _sends_away(where: str, to: str) -> Finding:
    return broken(
        "redirects",
        f"页面自动跳转：{to.strip()[:60]}",
        f"the page sends the browser elsewhere by itself: {to.strip()[:60]}",
        "改成用户点击的链接，或在服务器上只转到自己网站的路径",
        "make it a link that the person taps, or redirect on the server to paths of your own site",
        where=where,
    )


def _tracks(where: str, zh: str, en: str, *, sure: bool) -> Finding:
    made = broken if sure else doubtful
    return made(
        "tracking",
        zh,
        en,
        "去掉；统计只用不识别个人的总数",
        "take it out; count totals that identify nobody",
        where=where,
    )
