"""The library that templates are chosen from: a small one of our own, in the two forms WeChat has.

Industry templates have ids such as TM00015 and fixed places; category templates have numeric ids, and the
account chooses keywords from a list. The entries are invented; their fields are typed as the real ones are.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class LibraryTemplate(msgspec.Struct, frozen=True):
    """`keywords` maps the keyword's Chinese name to its place in the data; `industry` is main and sub class,
    empty in the category library."""

    title: str
    keywords: Mapping[str, str]
    industry: tuple[str, str] = ("", "")

    @property
    def category(self) -> bool:
        return not any(self.industry)


LIBRARY: dict[str, LibraryTemplate] = {
    "43216": LibraryTemplate(
        "订单状态通知",
        {
            "订单编号": "character_string1",
            "商品名称": "thing2",
            "订单金额": "amount3",
            "订单状态": "phrase4",
            "下单时间": "time5",
        },
    ),
    "43217": LibraryTemplate(
        "预约成功通知",
        {"预约项目": "thing1", "预约时间": "time2", "预约人": "name3", "联系电话": "phone_number4"},
    ),
    "43218": LibraryTemplate(
        "账户余额变动提醒",
        {"变动金额": "amount1", "变动时间": "time2", "账户余额": "amount3", "变动原因": "thing4"},
    ),
    "43219": LibraryTemplate(
        "停车缴费通知",
        {"车牌号码": "car_number1", "停车场": "thing2", "入场时间": "time3", "应缴金额": "amount4"},
    ),
    "TM00015": LibraryTemplate(
        "订单支付成功",
        {"": "first", "支付金额": "orderMoneySum", "商品信息": "orderProductName", "备注": "Remark"},
        industry=("IT科技", "互联网|电子商务"),
    ),
    "OPENTM207498902": LibraryTemplate(
        "课程提醒",
        {"": "first", "课程": "keyword1", "时间": "keyword2", "说明": "remark"},
        industry=("教育", "培训"),
    ),
}
