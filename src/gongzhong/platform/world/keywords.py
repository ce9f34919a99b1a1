"""What the value of a template keyword must look like, by the type in its name (`thing1`, `time2` …).

Only the types of the category library are checked; other keywords (`keyword1`, `first`) take anything.
"""

from __future__ import annotations

import re

from ...catalogue import limits

_NAME = re.compile(r"([a-z_]+?)\d+")
_STRIPPED = re.compile("[\u2460-\u24ff\ufe0f\u200d\U0001f000-\U0001faff]")
"""Characters that the platform leaves out of a value (developers' reports)."""
_UNRULED = frozenset({"const"})
"""Types whose values are set per template."""
_CHINESE = "[\u4e00-\u9fff]"

_RULES: dict[str, re.Pattern[str]] = {
    "thing": re.compile(rf"(?s).{{1,{limits.THING_LENGTH}}}"),
    "number": re.compile(rf"\d{{1,{limits.NUMBER_DIGITS}}}(\.\d+)?"),
    "letter": re.compile(rf"[A-Za-z]{{1,{limits.LETTER_LENGTH}}}"),
    "symbol": re.compile(rf"[^\w\s]{{1,{limits.SYMBOL_LENGTH}}}"),
    "character_string": re.compile(rf"[\x21-\x7e ]{{1,{limits.CHARACTER_STRING_LENGTH}}}"),
    "time": re.compile(r".*\d{1,2}:\d{2}.*|\d{4}\D\d{1,2}\D\d{1,2}.*"),
    "date": re.compile(r"\d{4}\D\d{1,2}\D\d{1,2}.*"),
    "amount": re.compile(rf"[¥￥$€£]?\d{{1,{limits.AMOUNT_DIGITS}}}(\.\d+)?元?"),
    "phone_number": re.compile(rf"[+\d\-() ]{{1,{limits.PHONE_NUMBER_LENGTH}}}"),
    "car_number": re.compile(rf"\S{{1,{limits.CAR_NUMBER_LENGTH}}}"),
    "name": re.compile(
        rf"(?=.*{_CHINESE}).{{1,{limits.NAME_CHINESE_LENGTH}}}|[A-Za-z .]{{1,{limits.NAME_LETTER_LENGTH}}}"
    ),
    "phrase": re.compile(rf"{_CHINESE}{{1,{limits.PHRASE_LENGTH}}}"),
}


def complaint(keyword: str, value: str) -> str:
    """WeChat's words on a keyword's value that is missing or breaks the rule of its type; empty when it is right.

    Keywords of the old industry library may be missing: their place stays blank.
    """
    if not is_typed(keyword):
        return ""
    if not _STRIPPED.sub("", value).strip():
        return f"argument invalid! data.{keyword}.value is empty"
    return f"argument invalid! data.{keyword}.value invalid" if wrong_value(keyword, value) else ""


def is_typed(keyword: str) -> bool:
    """Whether a keyword's name says its type, as in the category library."""
    named = _NAME.fullmatch(keyword)
    return named is not None and (named[1] in _RULES or named[1] in _UNRULED)


def wrong_value(keyword: str, value: str) -> bool:
    """Whether the type that the keyword names forbids this value."""
    named = _NAME.fullmatch(keyword)
    rule = _RULES.get(named[1]) if named else None
    return rule is not None and rule.fullmatch(value) is None
