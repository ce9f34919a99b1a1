"""What is wrong with an answer that WeChat would not take, told by its shape: status, first bytes, wrapping."""

from __future__ import annotations

from ...platform.delivery.receiver import Answered

Words = tuple[str, str, str, str]
"""What is wrong and how to mend it: Chinese, English, fix in Chinese, fix in English."""

BOM = b"\xef\xbb\xbf"
REFUSALS = (400, 401, 403)


def problem_of_status(answer: Answered, verb: str) -> Words | None:
    """What a status other than 200 means."""
    status = answer.status
    if status == 200:
        return None
    if 300 <= status < 400:
        return (
            f"服务器要求跳转（HTTP {status}），微信不会跟随",
            f"the server redirects (HTTP {status}), which WeChat does not follow",
            "直接填写最终地址：注意 http/https 和末尾的斜杠",
            "enter the final address: mind http/https and the slash at the end",
        )
    if status in (404, 405):
        return (
            f"{verb} 请求得到 HTTP {status}：这个路径没有处理 {verb}",
            f"{verb} gave HTTP {status}: nothing handles {verb} at this path",
            "核对 URL 的路径；同一个路径要同时处理 GET（验证）和 POST（推送）",
            "check the path; the same one must handle GET (verification) and POST (pushes)",
        )
    if status >= 500:
        return (
            f"服务器出错（HTTP {status}）",
            f"the server failed (HTTP {status})",
            "看程序的日志；用反向代理时确认它指向正在运行的程序",
            "look into the program's log; behind a proxy, see that it points to the running program",
        )
    return (
        f"服务器拒绝了请求（HTTP {status}）",
        f"the server refused the request (HTTP {status})",
        "两边的 Token、EncodingAESKey、AppID 和加解密方式要一致",
        "Token, EncodingAESKey, AppID and mode must be the same on both sides",
    )


def problem_of_body(body: bytes) -> Words | None:
    """What stands before or instead of the text that is expected."""
    start = body.lstrip()[:64].lower()
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
    if start.startswith((b"{", b"[", b'"')):
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
    return None
