"""What is wrong with an answer that WeChat would not take: status, headers, first bytes, wrapping."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from ...platform.delivery.receiver import Answered
from .pages import Words, known_page

BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
REFUSALS = (400, 401, 403)
LOGIN_WORDS = ("login", "signin", "sign-in", "sign_in", "auth", "passport", "account", "sso")


def problem_of_answer(answer: Answered, verb: str, url: str) -> Words | None:
    """What the answer shows to be wrong by itself: a page of a framework or proxy, a status, a redirect."""
    return known_page(answer) or _problem_of_status(answer, verb, url)


def is_refusal(answer: Answered) -> bool:
    """Whether the program itself refused the request, as one does whose signature is wrong."""
    return answer.status in REFUSALS and known_page(answer) is None


def _problem_of_status(answer: Answered, verb: str, url: str) -> Words | None:
    status = answer.status
    if status == 200:
        return None
    if 300 <= status < 400:
        return _redirect(answer, url)
    if status == 405:
        return _wrong_verb(answer, verb)
    if status == 404:
        return (
            f"{verb} 请求得到 HTTP 404：这个路径没有处理 {verb} 的程序",
            f"{verb} gave HTTP 404: nothing handles {verb} at this path",
            "核对 URL 的路径（前缀、末尾的斜杠、反向代理是否改写路径）；同一个路径要同时处理 GET 和 POST",
            "check the path (prefix, slash at the end, rewriting proxies); it must handle GET and POST",
        )
    if status >= 500:
        return (
            f"服务器出错（HTTP {status}）",
            f"the server failed (HTTP {status})",
            "看程序的日志；用反向代理时确认它指向正在运行的程序",
            "look into the program's log; behind a proxy, see that it points to the running program",
        )
    if 200 < status < 300:
        return (
            f"{verb} 得到 HTTP {status}，微信只认 200",
            f"{verb} gave HTTP {status}; WeChat takes 200 only",
            "无需回复时返回 200 和 success（或空内容），不要返回 204",
            "without a reply answer 200 with `success` or nothing, not 204",
        )
    return (
        f"服务器拒绝了请求（HTTP {status}）",
        f"the server refused the request (HTTP {status})",
        "两边的 Token、EncodingAESKey、AppID 和加解密方式要一致",
        "Token, EncodingAESKey, AppID and mode must be the same on both sides",
    )


def _redirect(answer: Answered, url: str) -> Words:
    where = answer.headers.get("location", "")
    here = urlsplit(url)
    try:
        there = urlsplit(where)
    except ValueError:
        there = urlsplit("")
    zh = f"服务器要求跳转（HTTP {answer.status}，到 {where or '?'}），微信不会跟随"
    en = f"the server redirects (HTTP {answer.status}, to {where or '?'}), which WeChat does not follow"
    if any(word in there.path.lower() for word in LOGIN_WORDS):
        return (
            f"{zh}：这是登录页",
            f"{en}: a login page",
            "对回调路径关闭登录验证：微信不会登录",
            "exempt the callback path from logins: WeChat does not log in",
        )
    if there.path and there.path != here.path and there.path.rstrip("/") == here.path.rstrip("/"):
        return (
            f"{zh}：差别在末尾的斜杠",
            f"{en}: the slash at the end differs",
            f"在公众平台填写末尾{'带' if there.path.endswith('/') else '不带'}斜杠的地址",
            f"enter the address {'with' if there.path.endswith('/') else 'without'} the slash at the end",
        )
    if here.scheme == "http" and there.scheme == "https":
        return (
            f"{zh}：只接受 HTTPS",
            f"{en}: HTTPS only",
            "在公众平台把 URL 改成 https://",
            "write https:// in the console",
        )
    return (
        zh,
        en,
        "直接填写最终地址：注意 http/https、www 和末尾的斜杠",
        "enter the final address: mind http/https, www and the slash at the end",
    )


def _wrong_verb(answer: Answered, verb: str) -> Words:
    other = "POST" if verb == "GET" else "GET"
    allowed = answer.headers.get("allow", "")
    zh, en = (f"（只接受 {allowed}）", f" (it allows {allowed})") if allowed else ("", "")
    return (
        f"{verb} 请求得到 HTTP 405：这个路径没有处理 {verb}{zh}",
        f"{verb} gave HTTP 405: nothing handles {verb} at this path{en}",
        f"同一个路径要同时处理 GET（验证）和 POST（推送）：除了 {other}，也要注册 {verb}",
        f"one path must handle GET (verification) and POST (pushes): register {verb} as well as {other}",
    )


def problem_of_body(answer: Answered, expected: bytes | None = None) -> Words | None:
    """What stands before, after or instead of the text that is expected."""
    body = answer.body
    start = body.lstrip()[:64].lower()
    if body.startswith(GZIP) or answer.headers.get("content-encoding", "identity") != "identity":
        return (
            "回应被压缩了（gzip 等），微信没有请求压缩",
            "the answer is compressed (gzip or another way), which WeChat does not ask for",
            "对回调路径关闭压缩，或只在请求带 Accept-Encoding 时压缩",
            "switch compression off for this path, or compress only where Accept-Encoding asks for it",
        )
    if body.startswith(BOM):
        return (
            "回应以 BOM 开头",
            "the answer starts with a byte order mark (BOM)",
            "把源文件存为不带 BOM 的 UTF-8",
            "save the source files as UTF-8 without BOM",
        )
    if start.startswith((b"<!doctype", b"<html")):
        return (
            "回应是一个 HTML 网页",
            "the answer is an HTML page",
            "核对 URL 的路径；登录页、错误页和代理页面都会造成这个问题",
            "check the path; a login, error or proxy page stands in between",
        )
    if start.startswith((b"{", b"[", b'"', b"'")):
        return (
            "回应是 JSON（或带引号的文本）",
            "the answer is JSON (or text in quotes)",
            "以纯文本返回：FastAPI 用 PlainTextResponse，其他框架不要返回对象",
            "answer in plain text: PlainTextResponse in FastAPI, no object in other frameworks",
        )
    if body and (body[:1].isspace() or body[-1:].isspace()):
        return (
            "回应前后有空白或空行",
            "there are blanks or empty lines around the answer",
            "只返回内容本身；检查模板、print 和文件末尾的空行",
            "return the bare text; look for templates, prints and blank lines at the end of files",
        )
    return _more_than(body, expected)


def _more_than(body: bytes, expected: bytes | None) -> Words | None:
    """Something around what is right: the echo with words, a reply with a debug line after it."""
    rest = None
    if expected is not None and expected in body and body != expected:
        rest = body.replace(expected, b"", 1)
    elif expected is None and body.startswith(b"success") and body != b"success":
        rest = body.removeprefix(b"success")
    elif expected is None and body.startswith(b"<xml>") and not body.endswith(b"</xml>"):
        rest = body.rpartition(b"</xml>")[2]
    if not rest:
        return None
    shown = rest[:40].decode("utf-8", "replace")
    return (
        f"回应里除了应有的内容还有别的文字：{shown!r}",
        f"there is more in the answer than belongs there: {shown!r}",
        "只返回内容本身；去掉调试输出、警告、统计脚本和页脚",
        "return the bare text: no debug output, warnings, scripts or footers",
    )


def clock_difference_s(answer: Answered | None, now: float) -> float | None:
    """How far the server's clock (its Date header) is ahead of ours, in seconds; None when it does not say."""
    try:
        date = parsedate_to_datetime(answer.headers["date"]) if answer is not None else None
    except (KeyError, ValueError):
        return None
    return None if date is None else date.timestamp() - now
