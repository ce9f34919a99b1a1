"""Why the operating system, a parser or msgspec refused something, in Chinese and English.

These libraries speak English only. `in_words` gives both languages, so that a Chinese message holds no English
sentence; a place (line and column, `$.a[0]`) is kept. A sentence that stands in no table here is shown as it is.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

import msgspec
from msgspec import inspect as shapes

from .errors import GongzhongError

NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes from outside that are not the JSON (or MessagePack) it expects: bad syntax, a wrong
type, bytes that are no UTF-8, arrays within arrays a thousand deep. Catch all of them wherever bytes from outside
are decoded."""

OF_SYSTEM: Final = {
    errno.ENOENT: "没有这个文件或目录",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许这样操作",
    errno.EEXIST: "已经存在",
    errno.EISDIR: "这是一个目录",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "文件系统只读",
    errno.EMFILE: "打开的文件太多",
    errno.ENFILE: "系统打开的文件太多",
    errno.ENAMETOOLONG: "文件名太长",
    errno.ELOOP: "符号链接循环",
    errno.EIO: "读写磁盘出错",
    errno.EBUSY: "正被占用",
    errno.ENOEXEC: "不是可以运行的程序",
    errno.EADDRINUSE: "地址已被占用",
    errno.EADDRNOTAVAIL: "这台机器没有这个地址",
    errno.ECONNREFUSED: "连接被拒绝（没有程序在监听）",
    errno.ECONNRESET: "连接被对方断开",
    errno.ECONNABORTED: "连接中断",
    errno.EPIPE: "对方已关闭连接",
    errno.ETIMEDOUT: "连接超时",
    errno.EHOSTUNREACH: "没有到这台主机的路由",
    errno.ENETUNREACH: "网络不通",
    errno.EINVAL: "参数无效",
}
"""What `strerror` says in English. Other numbers are shown as the system says them."""

OF_NAMES: Final = {
    "EAI_NONAME": ("域名解析失败：没有这个主机名", "Name or service not known"),
    "EAI_AGAIN": ("暂时无法解析域名", "Temporary failure in name resolution"),
    "EAI_FAIL": ("域名解析失败", "Non-recoverable failure in name resolution"),
    "EAI_FAMILY": ("不支持这种地址", "Address family not supported"),
}
"""The errors of `socket.getaddrinfo`, by their names in the module `socket`."""

TYPES: Final = {
    "object": "对象",
    "array": "数组",
    "str": "文字",
    "int": "整数",
    "float": "数字",
    "bool": "true 或 false",
    "null": "null",
    "bytes": "字节",
}
"""msgspec's names of types."""

OF_MSGSPEC: Final = (
    (r"Expected `(.+)`, got `(.+)`", "应为 {0}，而不是 {1}"),
    (r"Expected `(.+)` of length >= (\d+)", "{0} 的长度至少是 {1}"),
    (r"Expected `(.+)` of length <= (\d+)", "{0} 的长度至多是 {1}"),
    (r"Expected `array` of length (\d+), got (\d+)", "数组应有 {0} 项，而不是 {1} 项"),
    (r"Expected `(.+)` matching regex (.+)", "{0} 应符合正则 {1}"),
    (r"Expected `(.+)` ([<>]=?) (.+)", "{0} 应 {1} {2}"),
    (r"Expected `(.+)`", "应为 {0}"),
    (r"Object missing required field `(.+)`", "缺少字段 {0}"),
    (r"Object contains unknown field `(.+)`", "没有这个字段：{0}"),
    (r"Missing required argument '(.+)'", "缺少 {0}"),
    (r"Unexpected keyword argument '(.+)'", "没有这个参数：{0}"),
    (r"Invalid enum value (.+)", "没有这个选项：{0}"),
    (r"Invalid value (.+)", "没有这个选项：{0}"),
    (r"Invalid base64 encoded string", "不是合法的 base64"),
    (r"Input data was truncated", "内容不完整，后面还缺东西"),
    (r"Invalid UTF-8 encoded string", "不是合法的 UTF-8"),
    (r"Number out of range", "数字超出范围"),
    (r"Integer value out of range", "整数超出范围"),
)
"""msgspec's sentences."""

OF_JSON: Final = {
    "object keys must be strings": "对象里的名字要用双引号括起来",
    "trailing comma in array": "数组末尾多了逗号",
    "trailing comma in object": "对象末尾多了逗号",
    "trailing characters": "后面还有多余的内容",
    "invalid character": "这里的字符不合法",
    "invalid escape character in string": "不合法的转义",
    "invalid escaped character": "不合法的转义",
    "invalid number": "数字的写法不对",
    "invalid utf-16 surrogate pair": "不成对的 UTF-16 代理",
    "unexpected end of hex escape": "\\u 后面要有四位十六进制数字",
    "unexpected end of escaped utf-16 surrogate pair": "不成对的 UTF-16 代理",
    "expected ':'": "应为 “:”",
    "expected '\"'": "应为双引号",
    "expected ',' or ']'": "应为 “,” 或 “]”",
    "expected ',' or '}'": "应为 “,” 或 “}”",
}
"""What msgspec says about JSON that is none, after "JSON is malformed"."""

OF_TOML: Final = (
    (r"Invalid statement", "看不懂这一行"),
    (r"Invalid value", "值的写法不对（文字要加引号）"),
    (r"Invalid hex value", "不合法的十六进制数"),
    (r"Invalid date or datetime", "不合法的日期或时间"),
    (r"Invalid initial character for a key part", "名字不能这样开头"),
    (r"Expected '=' after a key in a key/value pair", "名字后面应为 “=”"),
    (r"Expected '\]' at the end of a table declaration", "表头末尾应为 “]”"),
    (r"Expected '\]\]' at the end of an array declaration", "表头末尾应为 “]]”"),
    (r"Expected newline or end of document after a statement", "一行只能写一项"),
    (r"Expected (.+)", "应为 {0}"),
    (r"Unclosed array", "数组没有写完"),
    (r"Unclosed inline table", "行内表没有写完"),
    (r"Unterminated string", "文字没有写完"),
    (r"Unescaped '\\\\' in a string", "文字里的 \\ 要写成 \\\\"),
    (r"Escaped character is not a Unicode scalar value", "转义的不是 Unicode 字符"),
    (r"Illegal character (.+)", "不合法的字符 {0}"),
    (r"Found invalid character (.+)", "不合法的字符 {0}"),
    (r"Cannot overwrite a value", "这个名字已经写过"),
    (r"Cannot declare (.+) twice", "{0} 写了两次"),
    (r"Cannot (?:mutate|redefine) (?:immutable )?namespace (.+)", "{0} 已经写过"),
    (r"Duplicate inline table key (.+)", "{0} 写了两次"),
)
"""What the TOML parser of the standard library says."""

_TOML_PLACE = r"(?s)(.+) \(at (?:line (\d+), column (\d+)|end of document)\)"
_JSON_PLACE = r"JSON is malformed: (.+) \(byte (\d+)\)"


def in_words(problem: BaseException, content: bytes | None = None) -> tuple[str, str]:
    """Why it was refused, in Chinese and English. With the `content` that was read, JSON's place is a line and column.

    Knows OSError, msgspec's errors (JSON, TOML, values that do not fit), UnicodeDecodeError and RecursionError.
    """
    match problem:
        case RecursionError():
            return "嵌套太深", "nested too deeply"
        case UnicodeDecodeError():
            return (
                f"不是合法的 UTF-8（第 {problem.start + 1} 个字节）",
                f"not valid UTF-8 (byte {problem.start + 1})",
            )
        case OSError():
            return _of_system(problem)
    text, _, place = str(problem).partition(" - at `")
    place = place.rstrip("`")
    if found := re.fullmatch(_TOML_PLACE, text):
        return _at(found[2], found[3], _translated(found[1], OF_TOML), found[1])
    if found := re.fullmatch(_JSON_PLACE, text):
        return _json(found[1], int(found[2]), content)
    cause = problem.__cause__
    zh, en = (cause.zh, cause.en) if isinstance(cause, GongzhongError) else (_of_value(text), text)
    return (f"{place}：{zh}", f"{place}: {en}") if place else (zh, en)


def _of_system(problem: OSError) -> tuple[str, str]:
    # Here, not above: every program imports this module, and few of them ever meet a network's error.
    import socket
    import ssl

    if isinstance(problem, ssl.SSLError):
        reason = getattr(problem, "reason", None) or "TLS"  # aiohttp's subclass never fills it
        return reason, reason
    if isinstance(problem, socket.gaierror):
        for name, words in OF_NAMES.items():
            if problem.errno == getattr(socket, name):
                return words
    if isinstance(problem, TimeoutError) and not problem.errno:
        return "超时", "timed out"
    if problem.errno is None:
        kind = type(problem).__name__
        return kind, kind
    en = problem.strerror or os.strerror(problem.errno)
    return OF_SYSTEM.get(problem.errno, en), en


def _at(line: str | None, column: str | None, zh: str, en: str) -> tuple[str, str]:
    if line is None:
        return f"文件末尾：{zh}", f"at the end: {en}"
    return f"第 {line} 行第 {column} 列：{zh}", f"line {line}, column {column}: {en}"


def _json(sentence: str, byte: int, content: bytes | None) -> tuple[str, str]:
    zh = OF_JSON.get(sentence, sentence)
    if content is None:
        return f"不是合法的 JSON（第 {byte} 个字节）：{zh}", f"malformed JSON (byte {byte}): {sentence}"
    before = content[:byte]
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    line = before.count(b"\n") + 1
    return (
        f"不是合法的 JSON（第 {line} 行第 {column} 列）：{zh}",
        f"malformed JSON (line {line}, column {column}): {sentence}",
    )


def _of_value(text: str) -> str:
    return _translated(text, OF_MSGSPEC)


def _translated(text: str, patterns: tuple[tuple[str, str], ...]) -> str:
    for pattern, translation in patterns:
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return translation.format(*(_type_name(group) for group in found.groups()))
    return text


def _type_name(word: str) -> str:
    parts = word.split(" | ")
    return " 或 ".join(TYPES[part] for part in parts) if all(part in TYPES for part in parts) else word


def advised(problem: BaseException, kind: Any, content: bytes | None = None) -> tuple[str, str]:
    """The same as `in_words` for a value that should have been a `kind`, with what would have been right.

    An unknown name or choice is answered with those that look like it, a choice with all there are, a number or length
    out of bounds with the bounds.
    """
    text, _, place = str(problem).partition(" - at `")
    place = place.rstrip("`")
    here = list(_types_at(shapes.type_info(kind), place))
    if (
        bounds := _bounds(here)
        if re.match(r"Expected `(?:int|float|str)` (?:of length )?[<>]", text)
        else None
    ):
        at_zh, at_en = (f"{place}：", f"{place}: ") if place else ("", "")
        return f"{at_zh}应{bounds[0]}", f"{at_en}must {bounds[1]}"
    zh, en = in_words(problem, content)
    choices: list[str] = []
    if unknown := re.match(r"Object contains unknown field `(.+?)`", text):
        meant = get_close_matches(unknown[1], _names(here), n=3)
    elif wrong := re.match(r"Invalid enum value (.+)", text):
        choices = [str(value) for one in here if isinstance(one, shapes.LiteralType) for value in one.values]
        meant = get_close_matches(wrong[1].strip("'"), choices, n=1)
    else:
        return zh, en
    if meant:
        zh, en = f"{zh}，是不是 {'、'.join(meant)}？", f"{en}; did you mean {', '.join(meant)}?"
    if choices:
        zh, en = f"{zh}（可用：{'、'.join(choices)}）", f"{en} (there are: {', '.join(choices)})"
    return zh, en


def _types_at(node: shapes.Type, place: str) -> Iterator[shapes.Type]:
    """What the value at a place (`$.account[0].kind`) may be; members of a union one by one."""
    nodes = [*_members(node)]
    for name, index in re.findall(r"(\w+)(?![^\[]*\])|(\[[^\]]*\])", place):
        inner = [found for one in nodes for found in _inside(one, name, bool(index))]
        nodes = [member for one in inner for member in _members(one)]
    yield from nodes


def _members(node: shapes.Type) -> Iterator[shapes.Type]:
    if isinstance(node, shapes.UnionType):
        for one in node.types:
            yield from _members(one)
    elif isinstance(node, shapes.Metadata):
        yield from _members(node.type)
    else:
        yield node


def _inside(node: shapes.Type, name: str, is_index: bool) -> Iterator[shapes.Type]:
    if isinstance(node, shapes.StructType) and not is_index:
        yield from (field.type for field in node.fields if field.encode_name == name)
    elif isinstance(node, shapes.DictType):
        yield node.value_type
    elif isinstance(node, shapes.CollectionType) and is_index:
        yield node.item_type


def _names(nodes: list[shapes.Type]) -> list[str]:
    return [field.encode_name for one in nodes if isinstance(one, shapes.StructType) for field in one.fields]


def _bounds(nodes: list[shapes.Type]) -> tuple[str, str] | None:
    """The bounds of a number or of a text's length, in words."""
    for one in nodes:
        if isinstance(one, shapes.IntType | shapes.FloatType):
            low, high = one.ge if one.ge is not None else one.gt, one.le if one.le is not None else one.lt
            if low is not None and high is not None:
                if one.gt is not None:
                    return f"大于 {low:g}，至多 {high:g}", f"be more than {low:g} and at most {high:g}"
                return f"在 {low} 到 {high} 之间", f"be from {low} to {high}"
        elif isinstance(one, shapes.StrType) and one.max_length is not None:
            least = one.min_length or 0
            return f"有 {least} 到 {one.max_length} 个字符", f"have {least} to {one.max_length} characters"
    return None
