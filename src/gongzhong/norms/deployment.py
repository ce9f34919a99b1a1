"""Whether a deployment protects what it holds: addresses that may come in, encryption, files that others may read."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ..config import AccountSettings, Settings
from ..people.files import files_open_to_others
from .finding import Finding, broken, doubtful
from .subject import Subject


def check_deployment(subject: Subject) -> list[Finding]:
    """What the configuration, and the keys of gateway and people API, show about protection."""
    settings = subject.configuration.settings
    found = [*_networks(settings), *_keys(subject), *_files(settings)]
    for account in settings.account:
        found += _account(account)
    if settings.replies.replay_window == "off":
        found.append(
            doubtful(
                "protection",
                "不限推送的时间戳：录下的推送可以重放",
                "the age of pushes is not limited: recorded ones can be played again",
                '去掉 replies.replay_window = "off"',
                'remove replies.replay_window = "off"',
                where="replies.replay_window",
            )
        )
    found += [
        broken("protection", note.zh, note.en, "chmod 600", "chmod 600")
        for note in subject.configuration.notes
        if "chmod 600" in note.en
    ]
    return found


def is_everywhere(networks: Iterable[str]) -> bool:
    """Whether an allow-list lets every address in (0.0.0.0/0, ::/0)."""
    for network in networks:
        try:
            if ipaddress.ip_network(network.strip(), strict=False).prefixlen == 0:
                return True
        except ValueError:
            continue
    return False


def _networks(settings: Settings) -> Iterator[Finding]:
    if is_everywhere(settings.gateway.trusted_proxies.split(",")):
        yield broken(
            "protection",
            "信任所有地址写的 X-Forwarded-For：谁都可以冒充任何地址",
            "X-Forwarded-For of every address is believed: anybody can pass for any address",
            "只写自己的反向代理的网段",
            "name the networks of your own reverse proxies",
            where="gateway.trusted_proxies",
        )


def _keys(subject: Subject) -> Iterator[Finding]:
    for key in subject.keys or ():
        if key.revoked_at:
            continue
        if is_everywhere(key.networks):
            yield broken(
                "protection",
                f"密钥 {key.id} 允许 0.0.0.0/0：任何地址都能使用",
                f"the key {key.id} allows 0.0.0.0/0: it may be used from any address",
                "重新创建，用 --from 写出客户端的网段，并撤销这一个",
                "make another one with the client's network (--from), and revoke this one",
                where=f"key {key.id}",
            )
        elif not key.networks:
            yield doubtful(
                "protection",
                f"密钥 {key.id} 没有限制地址",
                f"the key {key.id} is not bound to addresses",
                "重新创建，用 --from 写出客户端的网段",
                "make another one with the client's network (--from)",
                where=f"key {key.id}",
            )


def _files(settings: Settings) -> Iterator[Finding]:
    """Databases of SQLite that others on the machine may read."""
    for key, path in files_open_to_others(settings):
        yield _readable(broken if key == "people.keys" else doubtful, key, path)


def _readable(made: Callable[..., Finding], key: str, path: Path) -> Finding:
    return made(
        "protection",
        f"{path} 别的用户也能读写",
        f"other users may read or write {path}",
        f"chmod 600 {path}，目录 chmod 700",
        f"chmod 600 {path}, and chmod 700 its folder",
        where=key,
    )


def _account(account: AccountSettings) -> Iterator[Finding]:
    where = f"account.{account.name or account.appid}"
    base = urlsplit(account.api_base)
    if account.appid and account.encryption == "plain" and not base.hostname:
        yield doubtful(
            "protection",
            "消息不加密（明文模式）",
            "messages are not encrypted (plain mode)",
            "在公众平台改成安全模式，并设置 aes_key",
            "choose the safe mode in the console, and set aes_key",
            where=f"{where}.encryption",
        )
    if base.scheme == "http" and not _is_near(base.hostname or ""):
        yield broken(
            "protection",
            "接口地址是 http：AppSecret 和用户数据以明文经过网络",
            "the API's address is http: AppSecret and people's data pass the network in clear",
            "用 https",
            "use https",
            where=f"{where}.api_base",
        )


def _is_near(host: str) -> bool:
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
