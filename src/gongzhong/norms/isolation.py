"""Whether what one account knows about people stays in that account, and can be deleted when it must be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from .. import facts
from .finding import Finding, broken, doubtful
from .sources import Module, text_of
from .subject import Subject

OF_ACCOUNT: Final = frozenset({"vault", "records", "erasure", "directory"})
"""Methods of `People` whose first argument is an AppID."""
APPID: Final = re.compile(facts.APPID_FORM)


def check_isolation(subject: Subject) -> list[Finding]:
    """People joined by UnionID, data of an account that is named in the program, and the means to delete."""
    joins = any(one.open_platform for one in subject.configuration.settings.account)
    found = [finding for module in subject.sources.modules for finding in _of_module(module, joins=joins)]
    if not subject.encrypts and (subject.keeps_sessions() or any(list(app.purposes) for app in subject.apps)):
        found.append(
            doubtful(
                "deletion",
                "没有加密存储：删除之后，备份里的数据仍然可读",
                "data is not encrypted: copies stay readable after an erasure",
                "设置 GONGZHONG_PEOPLE_MASTER_KEY，见 docs/people.zh-CN.md；否则逐一删除各种备份",
                "set GONGZHONG_PEOPLE_MASTER_KEY, see docs/people.md; else delete every copy by hand",
            )
        )
    return found


def _of_module(module: Module, *, joins: bool) -> Iterator[Finding]:
    """`joins`: the operator has turned on that people are joined within an Open Platform account."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr == "unionid" and not joins:
            yield doubtful(
                "isolation",
                "用 UnionID 关联用户",
                "people are joined by their UnionID",
                "只在同一个开放平台账号下、用户知情并同意时才关联：设置 open_platform，用 people.unions",
                "join them only within one Open Platform account and with their knowledge: set open_platform, use "
                "people.unions",
                where=module.where(node),
            )
    for call, name in module.calls():
        owner, _, method = name.rpartition(".")
        appid = text_of(call.args[0]) if call.args else None
        if method in OF_ACCOUNT and owner and appid and APPID.fullmatch(appid):
            yield broken(
                "isolation",
                "程序里写死了一个公众号，读取它的用户数据",
                "data of people is read from an account that is named in the code",
                "用处理函数自己的账号：oa.records",
                "use the handler's own account: oa.records",
                where=module.where(call),
            )
