"""What can go wrong with people's data. No text here ever contains such data."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import GongzhongError


class PeopleError(GongzhongError):
    """Root of the errors of this package."""


class PersonErased(PeopleError):
    """Data was to be stored for people who were erased, or never existed. `numbers` are theirs; nothing was stored."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.numbers = tuple(numbers)
        shown = ", ".join(map(str, self.numbers[:5])) + (" …" if len(self.numbers) > 5 else "")
        super().__init__(
            f"这些人的数据已删除，不能再存：{shown}",
            f"the data of these people was erased, nothing can be stored for them: {shown}",
            fix_zh="重新用 OpenID 取编号：再次关注的人会得到新的编号",
            fix_en="ask for the number by the OpenID again: a person who came back has a new one",
        )


class DataDamaged(PeopleError):
    """A sealed value cannot be opened although its key exists: it was changed, cut off, or stored under another
    person or field."""

    def __init__(self, number: int, field: str) -> None:
        super().__init__(
            f"{number} 号的数据（{field}）已损坏或被改动",
            f"the data of person {number} ({field}) is damaged or was changed",
            fix_zh="从备份恢复这张表；gongzhong people audit 可查是否有人改动过",
            fix_en="restore the table from a copy; gongzhong people audit shows whether rows were changed",
        )
