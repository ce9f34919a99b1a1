"""The developer norms (开发者规范) as a list, and what a check found about one of them.

The wording is quoted in short from the official page 开发者规范 and, where named, from the pages 接收事件推送
(unsubscribe) and 授权用户信息变更 (user_authorization_revoke). docs/norms.md explains each, line by line.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from ..errors import Language

Verdict: TypeAlias = Literal["kept", "broken", "doubtful", "allowed", "yours"]
"""`doubtful`: a person must look at it. `allowed`: found, and a comment in the source says that it is right so.
`yours`: cannot be seen from here, and stays the operator's duty."""
Pair: TypeAlias = tuple[str, str]
"""The same words in Chinese and in English."""


class Norm(msgspec.Struct, frozen=True):
    """One norm. `kept` says what a check without a finding has looked at, `yours` what it cannot see (may be empty)."""

    key: str
    chapter: Pair
    wording: Pair
    kept: Pair
    yours: Pair = ("", "")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found about the norm of this key. `where` is `file:line` or the name of a setting; never a secret."""

    norm: str
    verdict: Verdict
    zh: str
    en: str
    where: str = ""
    fix_zh: str = ""
    fix_en: str = ""

    def text(self, lang: Language) -> str:
        return self.zh if lang == "zh" else self.en

    def fix(self, lang: Language) -> str:
        return self.fix_zh if lang == "zh" else self.fix_en


def broken(norm: str, zh: str, en: str, fix_zh: str, fix_en: str, *, where: str = "") -> Finding:
    return Finding(norm=norm, verdict="broken", zh=zh, en=en, where=where, fix_zh=fix_zh, fix_en=fix_en)


def doubtful(norm: str, zh: str, en: str, fix_zh: str, fix_en: str, *, where: str = "") -> Finding:
    return Finding(norm=norm, verdict="doubtful", zh=zh, en=en, where=where, fix_zh=fix_zh, fix_en=fix_en)


USER_DATA: Final = ("涉及用户数据时", "where user data is concerned")
OTHER: Final = ("其他规范", "other norms")

NORMS: Final = (
    Norm(
        "consent",
        USER_DATA,
        (
            "收集用户任何数据，必须事先获得用户的明确同意",
            "collect no data of a user before their explicit consent",
        ),
        ("程序里用到的字段都已声明", "every field that the program uses is declared"),
        (
            "程序自己的表和别的系统里有没有同样做到",
            "that tables of the program's own, and other systems, do the same",
        ),
    ),
    Norm(
        "purpose",
        USER_DATA,
        ("告知数据收集的目的、范围及使用方式", "tell people the purpose, scope and manner of use"),
        ("每个需要同意的字段都有给用户看的文字", "every field that needs consent has a text that is shown"),
        ("文字是否属实", "that the texts are true"),
    ),
    Norm(
        "necessary",
        USER_DATA,
        ("仅应当收集为运营及功能实现目的而必要的用户数据", "collect only what running the service needs"),
        ("每个字段都有保留期限", "every field is kept for a time only"),
        ("声明的字段是否都必要", "that every declared field is needed"),
    ),
    Norm(
        "protection",
        USER_DATA,
        ("必须采取必要的保护措施，防止用户数据被盗、泄漏", "protect the data from theft and leakage"),
        (
            "仓库里没有密钥，允许的地址有限制，数据已加密",
            "no secrets in the repository, addresses are limited, data is encrypted",
        ),
        (
            "公众平台后台的 IP 白名单；机器和备份",
            "the IP allow-list in WeChat's console; machines and copies",
        ),
    ),
    Norm(
        "isolation",
        USER_DATA,
        (
            "用户数据仅可以在该公众号中使用，不得提供给他人",
            "use the data in this account only, hand it to nobody",
        ),
        ("没有跨公众号关联用户", "people are not joined across accounts"),
        ("不把导出的数据交给别人", "that exported data is given to nobody else"),
    ),
    Norm(
        "deletion",
        USER_DATA,
        (
            "腾讯有权要求删除相关数据；停止使用时立即删除全部数据，包括各种备份",
            "delete what Tencent demands; at the end of use delete everything at once, copies included",
        ),
        (
            "可以按字段、按人、按公众号删除，备份随之失效",
            "fields, people and the whole account can be erased, copies included",
        ),
        ("密钥库的备份；程序自己的表", "copies of the key store; the program's own tables"),
    ),
    Norm(
        "unsubscribe",
        ("接收事件推送：取消关注", "event pushes: unsubscribe"),
        ("取消关注时，删除该用户的所有信息", "when a person unsubscribes, delete all information about them"),
        (
            "取消关注时会删除，或没有看到存储",
            "a person who unsubscribes is erased, or nothing is seen to be stored",
        ),
        ("程序自己的表", "the program's own tables"),
    ),
    Norm(
        "revoke",
        ("授权用户信息变更", "authorised user information change"),
        (
            "用户撤回授权或注销时，删除相应的数据",
            "when a person withdraws items or closes WeChat, delete that data",
        ),
        (
            "撤回授权和注销都会处理，或没有使用网页授权",
            "both are dealt with, or web authorization is not used",
        ),
    ),
    Norm(
        "log-in",
        OTHER,
        (
            "请勿为任何用户自动登录到微信公众平台提供代理身份验证凭据",
            "do not log people in by themselves, nor hold credentials for it",
        ),
        ("没有不经用户操作的登录", "nobody is signed in without an act of theirs"),
        ("授权页面由用户点击打开", "that a tap of the person leads to the page that asks"),
    ),
    Norm(
        "tracking",
        OTHER,
        ("请勿提供跟踪功能", "no tracking features, such as who viewed or clicked what"),
        ("没有发现跟踪", "no tracking was found"),
    ),
    Norm(
        "redirects",
        OTHER,
        ("请勿自动将浏览器窗口定向到其他网页", "do not send the browser to other pages by itself"),
        ("没有自动跳转", "no page sends the browser elsewhere by itself"),
    ),
    Norm(
        "content",
        OTHER,
        (
            "请勿设置或发布违反法规、公序良俗、社会公德的玩法、内容",
            "no content or games against law, order or morals",
        ),
        ("看得到的文字里没有发现", "nothing was found in the texts that could be seen"),
        ("文字、图片、玩法的审核", "review of texts, pictures and games"),
    ),
    Norm(
        "partnership",
        OTHER,
        (
            "请勿表达或暗示与腾讯存在合作关系，或腾讯对您的认可",
            "do not claim or hint at a partnership with, or endorsement by, Tencent",
        ),
        ("看得到的文字里没有发现", "nothing was found in the texts that could be seen"),
    ),
    Norm(
        "templates",
        ("开发者规范，首段", "the norms' first paragraph"),
        ("特别注意模版消息的使用规范：只用于服务通知，不营销", "template messages are notices, no marketing"),
        (
            "看得到的模板消息里没有营销用语",
            "no marketing was found in the template messages that could be seen",
        ),
    ),
)

BY_KEY: Final = {norm.key: norm for norm in NORMS}


def holds(findings: list[Finding], *, strict: bool = False) -> bool:
    """Whether nothing is broken; with `strict` nothing doubtful either."""
    failing = ("broken", "doubtful") if strict else ("broken",)
    return all(finding.verdict not in failing for finding in findings)
