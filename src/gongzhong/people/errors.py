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


class UndeclaredField(PeopleError):
    """A field was to be stored for which no purpose is declared."""

    def __init__(self, field: str) -> None:
        super().__init__(
            f"字段 {field} 没有声明用途，不能存",
            f"no purpose is declared for the field {field}, so it cannot be stored",
            fix_zh=f'先声明：oa.collects("{field}", purpose="…", text_version="…")',
            fix_en=f'declare it: oa.collects("{field}", purpose="…", text_version="…")',
        )


class NoConsent(PeopleError):
    """A field was to be stored without the person's recorded consent to its purpose and to the present text."""

    def __init__(self, field: str, purpose: str, text_version: str) -> None:
        super().__init__(
            f"这个人没有同意为“{purpose}”收集 {field}（告知文本版本 {text_version}），没有存下任何东西",
            f"this person has not agreed that {field} is collected for {purpose!r} (text version {text_version}); "
            "nothing was stored",
            fix_zh="先征得同意并记录：records.ask(…) 给出要展示的文本，同意后调用 records.consent(…)；"
            "改过文本版本的，须重新征得同意",
            fix_en="ask first and record it: records.ask(…) gives the text to show, records.consent(…) records the "
            "answer; after a change of the text version people are asked again",
        )


class SnapshotUser(PeopleError):
    """Data of a virtual person of a snapshot page (快照页, is_snapshotuser=1) was to be stored."""

    def __init__(self) -> None:
        super().__init__(
            "快照页的虚拟用户（is_snapshotuser=1）不是真实的人，不能存",
            "the virtual person of a snapshot page (is_snapshotuser=1) is nobody, nothing is stored for it",
            fix_zh="请用户点“使用完整服务”后重新授权",
            fix_en="have the person tap the bar for the full service (使用完整服务), then authorize again",
        )
