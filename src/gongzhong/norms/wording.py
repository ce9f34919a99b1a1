"""Wording that the norms forbid, in texts that can be seen: the program's own, its pages, and what WeChat has of it.

A list of words is a help, no judge: it finds what is plainly wrong. Sources: 开发者规范 (partnership with
Tencent; content against law and morals; template messages), and 微信公众平台运营规范, chapter 3 (诱导分享, 诱导关注:
people are led to share or to follow by a reward, by force or by fear).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from .finding import Finding, broken
from .sources import Line, text_of
from .subject import Subject

REWARD: Final = (
    r"(?:领取|可领|即?可?获得|赠送|送(?:你|您|好礼|豪礼|积分|现金)|抽奖|红包|返现|奖励|免单|解锁|免费)"
)


class Forbidden(msgspec.Struct, frozen=True):
    """One kind of forbidden wording, the norm that it breaks, and what to do instead."""

    norm: str
    zh: str
    en: str
    pattern: re.Pattern[str]
    fix_zh: str
    fix_en: str


def _forbidden(norm: str, zh: str, en: str, pattern: str, fix_zh: str, fix_en: str) -> Forbidden:
    return Forbidden(norm, zh, en, re.compile(pattern, re.I), fix_zh, fix_en)


WORDING: Final = (
    _forbidden(
        "content",
        "诱导分享",
        "leads people to share (诱导分享)",
        rf"(?:分享|转发|转给|邀请|集齐?)[^。！？\n]{{0,20}}{REWARD}|集赞|点赞[^。！？\n]{{0,10}}{REWARD}"
        r"|不转(?:发)?(?:不是|就)|必须(?:转发|分享)|(?:分享|转发)[^。！？\n]{0,10}(?:才能|后(?:才)?可)",
        "不要用奖励、强制或恐吓让用户分享",
        "do not make people share by a reward, by force or by fear",
    ),
    _forbidden(
        "content",
        "诱导关注",
        "leads people to follow (诱导关注)",
        rf"(?<!已)(?<!取消)关注[^。！？\n]{{0,15}}{REWARD}|(?<!取消)关注[^。！？\n]{{0,6}}(?:才能|后才可?)",
        "不要用奖励或强制让用户关注",
        "do not make people follow by a reward or by force",
    ),
    _forbidden(
        "content",
        "违法内容的字样",
        "words of unlawful content",
        r"六合彩|时时彩|网络?赌博|博彩|裸聊|代开发票|刷单(?:返利|兼职)|传销",
        "去掉",
        "take it out",
    ),
    _forbidden(
        "partnership",
        "声称或暗示与腾讯合作，或得到腾讯认可",
        "claims or hints at a partnership with, or an endorsement by, Tencent",
        r"(?:腾讯|微信(?:官方|团队))[^。！？\n]{0,4}(?:授权|认可|推荐|合作|战略|投资|入股|持股|指定|背书|力荐)"
        r"|(?:与|同|和)(?:腾讯|微信(?:官方|团队))[^。！？\n]{0,6}(?:合作|联合|共同)"
        r"|(?:partner(?:ship)?s? (?:with|of)|endorsed by|approved by|recommended by) (?:tencent|wechat)",
        "去掉这样的说法",
        "take such claims out",
    ),
)
MARKETING: Final = _forbidden(
    "templates",
    "模板消息里有营销用语",
    "a template message has words of marketing",
    r"优惠|促销|打折|特价|秒杀|抢购|红包|抽奖|限时|领券|免费领|大酬宾|拼团",
    "模板消息只写用户需要的服务通知；营销用群发或客服消息，遵守各自的规则",
    "write notices that the person needs; marketing goes by mass or customer-service messages, under their rules",
)
SENDING: Final = (".template.send", "SendTemplate", "template_data")
TEMPLATE_TEXTS: Final = "template.list"
"""How the places of texts of templates begin, as `texts.py` names them."""


def check_wording(subject: Subject) -> list[Finding]:
    """One finding for each text and kind of wording."""
    found = [
        finding for line in (*subject.sources.texts, *subject.told) for finding in _judged(line, WORDING)
    ]
    templates = [*_sent(subject), *(one for one in subject.told if one.where.startswith(TEMPLATE_TEXTS))]
    return found + [finding for line in templates for finding in _judged(line, (MARKETING,))]


def _judged(line: Line, kinds: tuple[Forbidden, ...]) -> Iterator[Finding]:
    for kind in kinds:
        found = kind.pattern.search(line.text)
        if found is not None:
            words = " ".join(found[0].split())
            yield broken(
                kind.norm,
                f"{kind.zh}：“{words}”",
                f'{kind.en}: "{words}"',
                kind.fix_zh,
                kind.fix_en,
                where=line.where,
            )


def _sent(subject: Subject) -> Iterator[Line]:
    """Texts that stand in a call which sends template messages."""
    for module in subject.sources.modules:
        for call, name in module.calls():
            if f".{name}".endswith(SENDING):
                for node in ast.walk(call):
                    text = text_of(node) if isinstance(node, ast.Constant) else None
                    if text is not None:
                        yield Line(module.where(node), text)
