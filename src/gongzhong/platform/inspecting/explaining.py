"""A row in words: what happened, why, and what to do about it.

Return codes are explained as `gongzhong explain` does it; what befalls a push stands in the table below. A fault that
somebody ordered is named as the cause where it is one: then the program is not to blame.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ...catalogue.registry import by_path
from ..debugging import explained
from ..rows.view import State, state_of
from ..traffic import Delivery, Exchange, Row, Verdict
from ..world.faults import Fault
from ..world.refusal import BothLanguages

NOTHING: Final = BothLanguages("", "")


class FaultTold(msgspec.Struct, frozen=True, kw_only=True):
    """The ordered fault that struck a row. `in_force` says whether it can still be lifted."""

    id: int
    words: BothLanguages
    in_force: bool


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, why, and what to do. The last two are empty where nothing went wrong."""

    tone: State
    headline: BothLanguages
    cause: BothLanguages
    fix: BothLanguages
    fault: FaultTold | None


ADVICE: Final[Mapping[str, tuple[BothLanguages, BothLanguages]]] = {
    "timeout": (
        BothLanguages("程序 5 秒内没有回应。", "the program did not answer within 5 seconds."),
        BothLanguages(
            "先回 success，再用客服消息发答案；gongzhong 的处理函数会自动这样做。",
            "answer `success` first and send the rest as a customer-service message; handlers of gongzhong do so by "
            "themselves.",
        ),
    ),
    "connect": (
        BothLanguages(
            "服务器地址上没有程序接受连接：没有启动、端口不对，或连接被断开。",
            "no program accepts connections at the server URL: it does not run, the port is wrong, or it hung up.",
        ),
        BothLanguages(
            "启动程序（gongzhong dev 或 gongzhong serve），核对 URL 里的主机和端口；gongzhong doctor 逐项检查。",
            "start the program (gongzhong dev or gongzhong serve) and compare host and port of the URL; "
            "gongzhong doctor checks one thing after another.",
        ),
    ),
    "dns": (
        BothLanguages("服务器地址里的主机名无法解析。", "the host name of the server URL does not resolve."),
        BothLanguages(
            "核对 URL 里的主机名；本机调试用 127.0.0.1。",
            "compare the host name in the URL; on this machine use 127.0.0.1.",
        ),
    ),
    "response": (
        BothLanguages(
            "微信只认 HTTP 200 的 success、空内容，或格式正确的回复 XML。",
            "WeChat accepts `success`, nothing, or a well-formed reply in XML, with HTTP 200.",
        ),
        BothLanguages(
            "看“回应”里程序实际返回了什么；程序出错时看它的日志。加密模式下回复也要加密。",
            "see under “Response” what the program really returned, and in its log whether it failed. In encrypted "
            "modes the reply is encrypted, too.",
        ),
    ),
    "mark_fail": (
        BothLanguages(
            "最近五分钟失败太多，微信停止向这个公众号推送一分钟（MarkFail）。",
            "too many failures in five minutes: WeChat pushes nothing to this account for a minute (MarkFail).",
        ),
        BothLanguages(
            "先修好前面的失败；一分钟后自动恢复，把时钟往前拨也行。",
            "mend the earlier failures first; pushes go on after a minute, or move the clock forward.",
        ),
    ),
    "no_url": (
        BothLanguages("公众号没有配置服务器地址。", "the account has no server URL."),
        BothLanguages(
            "在“配置与密钥”里填写 URL、Token 并提交验证。",
            "enter URL and Token under “Configuration and keys” and have them verified.",
        ),
    ),
    "ignored": (
        BothLanguages(
            "这类推送的被动回复不会展示给用户。", "a passive reply to this push is not shown to anybody."
        ),
        BothLanguages(
            "需要让用户看到，就改用客服消息或模板消息。",
            "to be seen, send a customer-service or template message instead.",
        ),
    ),
    "cut_off": (
        BothLanguages("平台在结果到来之前停止了。", "the platform stopped before it ended."),
        BothLanguages("重发一次即可。", "send it again."),
    ),
}
"""Cause and fix by the class of a verdict."""

ORDINALS: Final = (("第一次", "the first"), ("第二次", "the second"), ("第三次", "the third"))


def explain(row: Row, faults: Iterable[Fault]) -> Explained:
    """The row in words. `faults` are those in force."""
    fault = _fault_of(row, faults)
    if isinstance(row, Exchange):
        return _call(row, fault)
    cause, fix = NOTHING, NOTHING
    failed = _first_failure(row)
    if failed is not None:
        cause, fix = ADVICE.get(failed.kind, (BothLanguages(failed.zh, failed.en), NOTHING))
    elif row.verdict is not None and not _went_well(row.verdict):
        cause, fix = ADVICE.get(row.verdict.kind, (NOTHING, NOTHING))
    if fault is not None and cause.zh:
        cause = BothLanguages(
            f"{cause.zh}（故障“{fault.words.zh}”造成的，不是程序的错）",
            f"{cause.en} (the ordered fault “{fault.words.en}” did it, not the program)",
        )
    return Explained(tone=state_of(row), headline=_headline(row), cause=cause, fix=fix, fault=fault)


def _went_well(verdict: Verdict) -> bool:
    return verdict.ok and verdict.kind in ("replied", "accepted")


def _first_failure(row: Delivery) -> Verdict | None:
    return next((entry.verdict for entry in row.attempts if not entry.verdict.ok), None)


def _headline(row: Delivery) -> BothLanguages:
    """What happened, as one sentence."""
    verdict, tries = row.verdict, len(row.attempts)
    if row.kind == "pause":
        return BothLanguages("微信暂停了推送（MarkFail）", "WeChat paused pushes (MarkFail)")
    if verdict is None:
        zh, en = ORDINALS[min(tries, len(ORDINALS) - 1)]
        return BothLanguages(
            f"{zh}投递，正在等程序回应", f"{en} attempt is waiting for the program's answer".capitalize()
        )
    if verdict.ok and tries > 1:
        return BothLanguages(
            f"前{'一两'[tries > 2]}次投递没有成功，{ORDINALS[tries - 1][0]}收到了回应",
            f"{tries - 1} attempt{'s'[: tries > 2]} failed; {ORDINALS[tries - 1][1]} was answered",
        )
    if not verdict.ok and tries > 1:
        return BothLanguages(
            f"{tries} 次投递都没有成功：{verdict.zh}", f"All {tries} attempts failed: {verdict.en}"
        )
    return BothLanguages(verdict.zh, verdict.en[:1].upper() + verdict.en[1:])


def _call(entry: Exchange, fault: FaultTold | None) -> Explained:
    verdict = BothLanguages(entry.verdict.zh, entry.verdict.en)
    cause, fix = NOTHING, NOTHING
    call = by_path(entry.url.partition("?")[0], entry.method) if entry.kind == "api" else None
    code = entry.errcode or (int(entry.verdict.kind) if entry.verdict.kind.lstrip("-").isdigit() else 0)
    if code:
        told = explained.told(entry.response_body, call) or explained.of_code(code, entry.verdict.en, call)
        told = told if told.code == code else explained.of_code(code, entry.verdict.en, call)
        cause, fix = BothLanguages(told.cause.zh, told.cause.en), BothLanguages(told.fix.zh, told.fix.en)
        verdict = BothLanguages(f"{code} {told.meaning.zh}", f"{code} {told.meaning.en}")
    elif not entry.verdict.ok:
        cause, fix = ADVICE.get(entry.verdict.kind, (NOTHING, NOTHING))
    if fault is not None:
        because = BothLanguages(
            f"注入的故障“{fault.words.zh}”造成的。", f"the ordered fault “{fault.words.en}” did it."
        )
        cause = BothLanguages(because.zh + cause.zh, f"{because.en} {cause.en}".strip())
    return Explained(tone=state_of(entry), headline=verdict, cause=cause, fix=fix, fault=fault)


KINDS: Final[Mapping[str, BothLanguages]] = {
    "errcode": BothLanguages("返回码", "return code"),
    "status": BothLanguages("网关错误页", "gateway's page"),
    "delay": BothLanguages("延迟", "delay"),
    "drop": BothLanguages("断开连接", "connection dropped"),
    "duplicate": BothLanguages("重复推送", "pushed twice"),
    "reorder": BothLanguages("乱序", "out of order"),
}


def _fault_of(row: Row, faults: Iterable[Fault]) -> FaultTold | None:
    if row.fault is None:
        return None
    fault = next((one for one in faults if one.id == row.fault), None)
    if fault is None:
        return FaultTold(
            id=row.fault,
            words=BothLanguages(f"#{row.fault}，已停用", f"#{row.fault}, lifted"),
            in_force=False,
        )
    said = KINDS[fault.kind]
    more = {
        "errcode": f" {fault.errcode}",
        "status": f" HTTP {fault.status}",
        "delay": f" {fault.delay_s:g} s",
    }.get(fault.kind, "")
    return FaultTold(id=fault.id, words=BothLanguages(said.zh + more, said.en + more), in_force=True)
