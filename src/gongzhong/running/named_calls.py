"""API calls by name, for the command line: `template.send`, or WeChat's path, with parameters as texts.

Names, parameters and types come from the client's groups and the catalogue. A value is text, JSON where text does not
fit, or `@file`. Calls that the catalogue only lists go by their path: `/card/create` with `--body`.
"""

from __future__ import annotations

import difflib
import inspect
import mimetypes
import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from ..catalogue.encoding import encode
from ..catalogue.fields import check
from ..catalogue.listed import lines, listed
from ..catalogue.model import Call, Host, Upload
from ..catalogue.registry import by_name
from ..client.groups import Groups
from ..client.method import Blocking, Method, Performs, Walk
from ..errors import GongzhongError, language
from ..reasons import NOT_JSON, in_words

_CHINESE = re.compile(r" ?\(([^()]*[\u4e00-\u9fff][^()]*)\)")
"""WeChat's name of a call in the first line of its docstring."""


class WrongCall(GongzhongError):
    """No such call, or not with these parameters."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a call. `kind` is its type."""

    name: str
    kind: Any
    required: bool


@dataclass(frozen=True, slots=True)
class NamedCall:
    """A call that a client offers as `name`; `pages` when it goes through all pages."""

    name: str
    make: Callable[..., Call[Any]]
    pages: bool = False

    @property
    def summary(self) -> str:
        """What the call is for, in the user's language: WeChat's own name for it, or a sentence in English."""
        line = (inspect.getdoc(self.make) or "").partition("\n")[0]
        named = _CHINESE.search(line)
        if named is None:
            return line
        if language() == "en":
            return line.replace(named[0], "")
        return named[1]

    @property
    def path(self) -> str:
        """Where WeChat has it."""
        if self.name.startswith("/"):
            return self.name
        made: Any = self.make if isinstance(self.make, type) else typing.get_type_hints(self.make)["return"]
        return str(made.spec.path)

    def parameters(self) -> list[Parameter]:
        hints = typing.get_type_hints(self.make, include_extras=True)
        return [
            Parameter(parameter.name, hints.get(parameter.name, Any), parameter.default is parameter.empty)
            for parameter in inspect.signature(self.make).parameters.values()
        ]

    def build(self, given: Mapping[str, Sequence[str]]) -> Call[Any]:
        """The call with these values. Raises WrongCall that names the parameter."""
        known = {parameter.name: parameter for parameter in self.parameters()}
        missing = [one.name for one in known.values() if one.required and one.name not in given]
        unknown = [name for name in given if name not in known]
        if unknown:
            raise WrongCall(
                f"{self.name} 没有参数 {unknown[0]}",
                f"{self.name} has no parameter {unknown[0]}",
                fix_zh=f"可用的参数：{'、'.join(known)}",
                fix_en=f"it takes: {', '.join(known)}",
            )
        if missing:
            options = " ".join(f"--{name}" for name in missing)
            raise WrongCall(f"{self.name} 缺少参数 {options}", f"{self.name} needs {options}")
        call = self.make(**{name: _converted(known[name], values) for name, values in given.items()})
        violation = check(call)
        if violation is not None:
            raise WrongCall(violation.zh, violation.en)
        return call


def everything() -> Iterator[NamedCall]:
    """Every call of the client, group by group."""
    groups = Groups[Blocking]()
    groups._open_groups(cast(Performs, None))
    for group_name, group in vars(groups).items():
        for name, method in vars(type(group)).items():
            if isinstance(method, Method | Walk):
                yield NamedCall(f"{group_name}.{name}", method.make, isinstance(method, Walk))


def find(name: str) -> NamedCall:
    """A call by `group.method`, by path or by the name of its class. Raises WrongCall with what is close."""
    calls = {call.name: call for call in everything()}
    asked = name.replace("-", "_")
    if asked in calls:
        return calls[asked]
    declared = by_name(name)
    if declared is not None and declared.spec.path in lines():
        return NamedCall(declared.spec.path, _with_path(declared.spec.path))
    if declared is not None:
        return next((call for call in calls.values() if call.make is declared), NamedCall(name, declared))
    known = [*calls, *lines()] if "/" in asked else list(calls)
    close = difflib.get_close_matches(asked, known, n=3) or [one for one in known if asked in one][:5]
    raise WrongCall(
        f"没有接口 {name}",
        f"there is no call {name}",
        fix_zh=f"是不是 {'、'.join(close)}？" if close else "用 gongzhong call --list 查看全部",
        fix_en=f"perhaps {', '.join(close)}?" if close else "`gongzhong call --list` shows them all",
    )


def _with_path(path: str) -> Callable[..., Call[Any]]:
    """`listed.call` for one path: only the body, the query and the file are left to give."""

    def make(
        body: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
        file: Upload | None = None,
    ) -> Call[dict[str, Any]]:
        return listed(path, body, query=query, file=file)

    line = lines()[path]
    make.__doc__ = f"{line.en[:1].upper()}{line.en[1:]} ({line.zh})."
    return make


def options_of(words: Sequence[str]) -> dict[str, list[str]]:
    """`--name value`, `--name=value` and bare `--flag` as values by parameter name. Raises WrongCall."""
    found: dict[str, list[str]] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            raise WrongCall(f"不明白 {word}：参数写成 --名字 值", f"cannot read {word}: write --name value")
        name, equals, value = word[2:].partition("=")
        if not equals:
            value = rest.pop(0) if rest and not rest[0].startswith("--") else "true"
        found.setdefault(name.replace("-", "_"), []).append(value)
    return found


def request_text(call: Call[Any], hosts: Mapping[Host, str]) -> str:
    """The request as it would go out, without token and secrets."""
    encoded = encode(call)
    spec = call.spec
    hidden = {**({"access_token": ""} if spec.token else {}), **spec.inject}
    query = "&".join(
        [*(f"{name}=***" for name in hidden), *(f"{name}={value}" for name, value in encoded.query.items())]
    )
    head = f"{spec.verb} {hosts[spec.host]}{spec.path}" + (f"?{query}" if query else "")
    if encoded.body is None:
        return head
    is_text = (encoded.content_type or "").startswith("application/json")
    body = bytes(encoded.body).decode() if is_text else f"({len(encoded.body)} bytes)"
    return f"{head}\nContent-Type: {encoded.content_type}\n\n{body}"


def _converted(parameter: Parameter, values: Sequence[str]) -> Any:
    attempts: list[Callable[[], Any]] = []
    if len(values) > 1:
        attempts.append(lambda: list(values))
    else:
        read = _read(parameter, values[0])
        if isinstance(read, Upload):
            return read
        attempts += [lambda: read, lambda: msgspec.json.decode(read), lambda: [read]]
    complaints: list[tuple[str, str]] = []
    for attempt in attempts:
        try:
            return msgspec.convert(attempt(), parameter.kind, strict=False)
        except NOT_JSON as complaint:
            complaints.append(in_words(complaint, values[0].encode()))
    # What begins as JSON was meant as JSON: then its own mistake counts, not that the whole is no text.
    meant_as_json = len(complaints) > 1 and values[0].lstrip().startswith(("{", "["))
    zh, en = complaints[1 if meant_as_json else 0]
    raise WrongCall(
        f"参数 --{parameter.name} 的值不对：{zh}",
        f"--{parameter.name} has a wrong value: {en}",
        fix_zh="复杂的值写成 JSON，或用 @文件",
        fix_en="write complex values as JSON, or as @file",
    )


def _read(parameter: Parameter, value: str) -> str | Upload:
    if not value.startswith("@"):
        if _takes_file(parameter.kind):
            raise WrongCall(
                f"--{parameter.name} 要一个文件：--{parameter.name} @{value}",
                f"--{parameter.name} takes a file: --{parameter.name} @{value}",
            )
        return value
    path = Path(value[1:])
    try:
        content = path.read_bytes()
    except OSError as problem:
        zh, en = in_words(problem)
        raise WrongCall(f"读不了文件 {path}：{zh}", f"cannot read {path}: {en}") from None
    if _takes_file(parameter.kind):
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return Upload(content, path.name, kind)
    return content.decode("utf-8")


def _takes_file(kind: Any) -> bool:
    return kind is Upload or any(_takes_file(part) for part in typing.get_args(kind))
