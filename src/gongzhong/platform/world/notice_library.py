"""The library of subscription notices (订阅通知): a small one of our own, in WeChat's form.

The entries are invented; their keywords are typed as the real ones are.
"""

from __future__ import annotations

import msgspec

ONE_TIME, LONG_TERM = 2, 3


class LibraryKeyword(msgspec.Struct, frozen=True):
    """A keyword: its number, name, type, an example, and the only values it takes, if it is limited to some."""

    kid: int
    name: str
    rule: str
    example: str
    choices: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """Its place in the data of a notice."""
        return f"{self.rule}{self.kid}"


class LibraryNotice(msgspec.Struct, frozen=True):
    """A template of the library."""

    tid: int
    title: str
    type: int
    category: int
    keywords: tuple[LibraryKeyword, ...]
    banned: bool = False

    def keyword(self, kid: int) -> LibraryKeyword | None:
        return next((keyword for keyword in self.keywords if keyword.kid == kid), None)


CATEGORIES = {612: "生活服务", 613: "教育", 616: "公交"}

_NOTICES = (
    LibraryNotice(
        3101,
        "预约成功通知",
        ONE_TIME,
        612,
        (
            LibraryKeyword(1, "预约项目", "thing", "剪发"),
            LibraryKeyword(2, "预约时间", "time", "2026年3月1日 15:00"),
            LibraryKeyword(3, "预约人", "name", "李雷"),
            LibraryKeyword(4, "联系电话", "phone_number", "020-81167888"),
            LibraryKeyword(5, "备注", "thing", "请提前十分钟到店"),
            LibraryKeyword(6, "预约状态", "phrase", "已确认", ("已确认", "已取消", "待确认")),
        ),
    ),
    LibraryNotice(
        3102,
        "订单发货提醒",
        ONE_TIME,
        612,
        (
            LibraryKeyword(1, "订单编号", "character_string", "A20260301001"),
            LibraryKeyword(2, "商品名称", "thing", "咖啡豆"),
            LibraryKeyword(3, "订单金额", "amount", "¥58.00"),
            LibraryKeyword(4, "发货时间", "date", "2026年3月1日"),
        ),
    ),
    LibraryNotice(
        3201,
        "开课提醒",
        ONE_TIME,
        613,
        (
            LibraryKeyword(1, "课程名称", "thing", "书法入门"),
            LibraryKeyword(2, "开课时间", "time", "2026年3月1日 19:30"),
            LibraryKeyword(3, "授课老师", "name", "韩梅梅"),
        ),
    ),
    LibraryNotice(
        3202,
        "成绩发布通知",
        ONE_TIME,
        613,
        (
            LibraryKeyword(1, "考试名称", "thing", "期末考试"),
            LibraryKeyword(2, "分数", "number", "95"),
        ),
        banned=True,
    ),
    LibraryNotice(
        3301,
        "到站提醒",
        LONG_TERM,
        616,
        (
            LibraryKeyword(1, "线路", "thing", "快速公交一号线"),
            LibraryKeyword(2, "到站时间", "time", "2026年3月1日 08:15"),
            LibraryKeyword(3, "车牌号", "car_number", "粤A12345"),
        ),
    ),
)

NOTICES = {notice.tid: notice for notice in _NOTICES}
