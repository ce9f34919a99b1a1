"""What can be seen without sending anything: the form of the settings, as the console would check it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ... import facts
from ...account import Account
from ...addresses import split_address, without_password
from ...errors import SetupError
from ...platform.delivery.verification import AES_KEY, DEFAULT_PORTS, TOKEN
from .finding import Finding, ok, skipped, wrong

REAL_HOST = ".weixin.qq.com"
APPID = re.compile(facts.APPID_FORM)
SECRET = re.compile(facts.SECRET_FORM)


class AsGiven(Account, frozen=True, kw_only=True):
    """An account whose fields may have any form: the doctor is asked just when one of them is wrong."""

    @classmethod
    def _mistakes(cls, fields: Mapping[str, Any], named: Callable[[str], str]) -> list[SetupError]:
        """None here: `check_settings` says what is wrong."""
        return []


def is_real(account: Account) -> bool:
    """Whether the account's API base is WeChat's own, not a platform on this machine."""
    return (urlsplit(account.hosts.api).hostname or "").endswith(REAL_HOST)


def check_settings(account: Account) -> list[Finding]:
    """AppID, AppSecret, Token and EncodingAESKey by their form."""
    found = []
    if not account.appid:
        found.append(
            wrong(
                "appid",
                "没有 AppID",
                "there is no AppID",
                "设置 GONGZHONG_APPID 和 GONGZHONG_SECRET，或用 --account 选择本地平台上的公众号",
                "set GONGZHONG_APPID and GONGZHONG_SECRET, or choose one of a local platform with --account",
            )
        )
    elif not APPID.fullmatch(account.appid):
        found.append(
            wrong(
                "appid",
                f"AppID 的格式不对：{account.appid}",
                f"this is not the form of an AppID: {account.appid}",
                "AppID 是 wx 加 16 位十六进制数字，在“基本配置”里复制",
                "an AppID is wx and 16 hexadecimal digits; copy it from the console",
            )
        )
    if account.secret and not SECRET.fullmatch(account.secret.reveal()):
        found.append(
            wrong(
                "secret",
                f"AppSecret 的格式不对（长度 {len(account.secret.reveal())}）",
                f"this is not the form of an AppSecret (length {len(account.secret.reveal())})",
                "AppSecret 是 32 位十六进制数字；忘记了就在公众平台重置",
                "an AppSecret is 32 hexadecimal digits; reset it in the console if it is lost",
            )
        )
    found += _server_settings(account)
    return found or [ok("settings", "AppID、Token 等的格式正确", "AppID, Token and keys are well-formed")]


def _server_settings(account: Account) -> list[Finding]:
    found = []
    if account.token and not TOKEN.fullmatch(account.token.reveal()):
        found.append(
            wrong(
                "token",
                "Token 必须为 3-32 位字母或数字",
                "the Token must be 3 to 32 letters or digits",
                "换一个 Token，两边都改",
                "choose another Token and enter it on both sides",
            )
        )
    key = account.aes_key.reveal()
    if account.encryption != "plain" and not AES_KEY.fullmatch(key):
        found.append(
            wrong(
                "aes_key",
                f"EncodingAESKey 必须为 43 位字母或数字，现在是 {len(key)} 位",
                f"the EncodingAESKey must be 43 letters or digits, not {len(key)}",
                "从公众平台重新复制 EncodingAESKey，注意首尾空白",
                "copy it again from the console, without blanks around it",
            )
        )
    return found


def check_url(account: Account, url: str) -> tuple[Finding, SplitResult | None]:
    """The form of the callback URL; its parts when it can be asked at all."""
    parts = split_address(url)
    if parts is None:
        shown = without_password(url)
        return (
            wrong(
                "url",
                f"URL 必须是 http:// 或 https:// 开头的完整地址：{shown!r}",
                f"the URL must be a whole address that starts with http:// or https://: {shown!r}",
                "写出完整的地址，例如 https://example.com/wechat",
                "write the whole address, such as https://example.com/wechat",
            ),
            None,
        )
    unreachable = _unreachable(parts.scheme, parts.hostname or "", parts.port) if is_real(account) else None
    return unreachable or ok("url", "URL 的格式正确", "the URL is well-formed"), parts


def _unreachable(scheme: str, host: str, port: int | None) -> Finding | None:
    """What keeps WeChat's own servers from this address."""
    if port not in (None, DEFAULT_PORTS[scheme]):
        return wrong(
            "url",
            f"微信只访问 80（http）和 443（https）端口，不是 {port}",
            f"WeChat reaches ports 80 (http) and 443 (https) only, not {port}",
            "在 80 或 443 端口放反向代理，转发到你的程序",
            "put a reverse proxy on port 80 or 443 in front of your program",
        )
    if _is_private(host):
        return wrong(
            "url",
            f"微信访问不到 {host}：这是本机或内网地址",
            f"WeChat cannot reach {host}: an address of this machine or network",
            "用公网域名；在本机开发请用 gongzhong dev",
            "use a public host name, or `gongzhong dev` to develop on this machine",
        )
    return None


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith((".local", ".localhost", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def no_url() -> Finding:
    return skipped(
        "url", "没有给出服务器地址（--url），不检查推送", "no --url was given: pushes are not checked"
    )


def no_token() -> Finding:
    return wrong(
        "token",
        "没有 Token，不能检查验证和推送",
        "there is no Token, so verification and pushes cannot be checked",
        "设置 GONGZHONG_TOKEN 或 --token",
        "set GONGZHONG_TOKEN or --token",
    )
