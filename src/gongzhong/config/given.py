"""One setting: where it was given, and its value as the type that is declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from ..account import Secret
from ..errors import Language, SetupError
from ..reasons import in_words
from .declaration import Setting, allowed

Kind = Literal["default", "file", "variable", "option", "secret_file", "credential"]

CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
"""Where systemd puts what a unit loads with LoadCredential=."""
LONGEST_SECRET: Final = 64 * 1024


class Source(msgspec.Struct, frozen=True):
    """Where a value came from; `place` is the line, the variable, the option or the file."""

    kind: Kind
    place: str = ""


class Mistake(msgspec.Struct, frozen=True):
    """What is wrong with one key; `place` as in `Source`. Never the value of a secret."""

    key: str
    place: str
    zh: str
    en: str

    def text(self, lang: Language) -> str:
        colon = "：" if lang == "zh" else ": "
        return colon.join(filter(None, (self.place, self.key, self.zh if lang == "zh" else self.en)))


class Note(msgspec.Struct, frozen=True):
    """What is no mistake and yet should be known."""

    zh: str
    en: str

    def text(self, lang: Language) -> str:
        return self.zh if lang == "zh" else self.en


class Given(msgspec.Struct, frozen=True):
    """A value as it was written. One of a variable is text, whatever its type will be."""

    value: Any
    source: Source


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """A setting and everywhere that it may be given."""

    setting: Setting
    key: str
    variable: str
    env: Mapping[str, str]
    option: Any
    content: Mapping[str, Any]
    """The table of the file."""
    place: Callable[[str], str]
    """Where a name of the table stands."""
    folder: Path
    """Where relative paths of the file start."""


def find(sought: Sought, mistakes: list[Mistake]) -> Given | None:
    """What counts: the option, the variable, a credential of systemd, the file. Adds to `mistakes`."""
    setting, env, content = sought.setting, sought.env, sought.content
    if sought.option is not None:
        return Given(sought.option, Source("option", "--" + setting.name.replace("_", "-")))
    if sought.variable:
        if text := env.get(sought.variable, "").strip():
            return Given(text, Source("variable", sought.variable))
        if setting.secret and (given := _secret_outside(sought, mistakes)):
            return given
    beside = f"{setting.name}_file"
    if setting.name in content:
        if setting.secret and beside in content:
            mistakes.append(
                Mistake(
                    sought.key,
                    sought.place(beside),
                    f"{setting.name} 和 {beside} 只能写一个",
                    f"give either {setting.name} or {beside}, not both",
                )
            )
            return None
        return Given(content[setting.name], Source("file", sought.place(setting.name)))
    if setting.secret and beside in content:
        return _secret_of_file(sought, content[beside], sought.place(beside), sought.folder, mistakes)
    return None


def _secret_outside(sought: Sought, mistakes: list[Mistake]) -> Given | None:
    """A secret of the file that GONGZHONG_NAME_FILE names, or of systemd's credential with the variable's name."""
    variable = f"{sought.variable}_FILE"
    if named := sought.env.get(variable, "").strip():
        return _secret_of_file(sought, named, variable, Path(), mistakes)
    folder = sought.env.get(CREDENTIALS, "")
    file = Path(folder) / sought.variable.lower() if folder else None
    if file is not None and file.is_file():
        found = _secret_of_file(sought, str(file), str(file), Path(), mistakes)
        return Given(found.value, Source("credential", str(file))) if found else None
    return None


def _secret_of_file(
    sought: Sought, named: Any, place: str, folder: Path, mistakes: list[Mistake]
) -> Given | None:
    """The text of a file without the line end behind it. `$CREDENTIALS_DIRECTORY` at its start is systemd's folder."""

    def refuse(zh: str, en: str) -> Given | None:
        mistakes.append(Mistake(f"{sought.key}_file", place, zh, en))
        return None

    if not isinstance(named, str) or not named or "\0" in named:
        return refuse("应为文件的路径", "must be the path of a file")
    if named.startswith(f"${CREDENTIALS}"):
        if not sought.env.get(CREDENTIALS):
            return refuse(
                f"{CREDENTIALS} 没有设置：程序不是由带 LoadCredential= 的 systemd 单元启动的",
                f"{CREDENTIALS} is not set: no systemd unit with LoadCredential= has started this program",
            )
        named = sought.env[CREDENTIALS] + named.removeprefix(f"${CREDENTIALS}")
    file = folder / named
    try:
        with file.open("rb") as source:
            content = source.read(LONGEST_SECRET + 1)
        text = content.decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        zh, en = in_words(problem)
        return refuse(f"不能读取 {file}：{zh}", f"cannot read {file}: {en}")
    if not text or len(content) > LONGEST_SECRET:
        return refuse(f"{file} 是空的或太长", f"{file} is empty or too long")
    return Given(text, Source("secret_file", str(file)))


def converted(sought: Sought, given: Given, mistakes: list[Mistake]) -> Any:
    """The value as its type; None, and one more of `mistakes`, when it cannot be that."""
    setting, kind = sought.setting, given.source.kind
    value = given.value
    if kind == "variable" and setting.is_list and value not in setting.choices:
        value = [one.strip() for one in value.split(",") if one.strip()]

    def made(wanted: type, text: Any) -> Any:
        if not isinstance(text, str):
            raise TypeError
        if wanted is Secret:
            return Secret(text.strip())
        return sought.folder / text if kind == "file" else Path(text)

    try:
        if isinstance(value, Path | Secret):
            return value
        return msgspec.convert(value, setting.type, strict=kind != "variable", dec_hook=made)
    except (msgspec.ValidationError, TypeError, OverflowError):
        zh, en = _reasons(setting, given.value)
    mistakes.append(Mistake(sought.key, given.source.place, zh, en))
    return None


def _reasons(setting: Setting, given: Any) -> tuple[str, str]:
    """What would fit, and what was given instead; the value of a secret is not told."""
    zh, en = allowed(setting)
    if setting.secret or not isinstance(given, str | int | float):
        return f"应为 {zh}", f"must be {en}"
    shown = repr(given)[:60]
    near = get_close_matches(str(given), setting.choices, n=1)
    if near:
        return f"应为 {zh}，是不是 {near[0]}？", f"must be {en}; did you mean {near[0]}?"
    return f"应为 {zh}，而不是 {shown}", f"must be {en}, not {shown}"


def refused(check: Callable[[], object]) -> SetupError | None:
    """The SetupError that a check raises, if any."""
    try:
        check()
    except SetupError as problem:
        return problem.with_traceback(None)
    return None
