"""The industries an account belongs to (设置所属行业): two of them, changed once a month."""

from __future__ import annotations

from .refusal import require
from .world import AccountState, World

TOO_OFTEN = 43100

_NAMES = {
    "IT科技": "互联网|电子商务 IT软件与服务 IT硬件与设备 电子技术 通信与运营商 网络游戏",
    "金融业": "银行 基金|理财|信托 保险",
    "餐饮": "餐饮",
    "酒店旅游": "酒店 旅游",
    "运输与仓储": "快递 物流 仓储",
    "教育": "培训 院校",
    "政府与公共事业": "学术科研 交警 博物馆 公共事业|非盈利机构",
    "医药护理": "医药医疗 护理美容 保健与卫生",
    "交通工具": "汽车相关 摩托车相关 火车相关 飞机相关",
    "房地产": "建筑 物业",
    "消费品": "消费品",
    "商业服务": "法律 会展 中介服务 认证 审计",
    "文体娱乐": "传媒 体育 娱乐休闲",
    "印刷": "印刷",
    "其它": "其它",
}
NAMES: dict[int, tuple[str, str]] = dict(
    enumerate(((main, sub) for main, subs in _NAMES.items() for sub in subs.split()), start=1)
)
"""Code → main and sub class, in the order of the official table."""


def choose(world: World, account: AccountState, first: int, second: int) -> None:
    """Set both. The second time in a month is refused with 43100; the old industry's templates are deleted."""
    row = world.db.one("SELECT * FROM industry WHERE appid = ?", account.appid)
    require(row is None or row["month"] != world.month(), TOO_OFTEN)
    with world.db.transaction():
        if row is not None:
            world.db.run("DELETE FROM template WHERE appid = ? AND short_id LIKE '%TM%'", account.appid)
        world.db.run(
            "INSERT OR REPLACE INTO industry VALUES (?, ?, ?, ?)", account.appid, first, second, world.month()
        )


def chosen(world: World, account: AccountState) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """Main and sub class of both, or None when never set."""
    row = world.db.one("SELECT primary_id, secondary_id FROM industry WHERE appid = ?", account.appid)
    return None if row is None else (NAMES[row["primary_id"]], NAMES[row["secondary_id"]])
