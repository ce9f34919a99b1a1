"""What the platform inside a test (`LocalPlatform`) and the one on a port (`LivePlatform`) have in common."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import msgspec

from ..account import Account, EnvironmentAccount
from ..app import OfficialAccount, Services
from ..app.arguments import meant
from ..clock import MovableClock
from ..errors import SetupError, say
from ..platform import AccountConfig, Platform
from ..platform.traffic import Exchange, TrafficLimits
from ..platform.world import accounts, agents, chats, media, menus, people, qrcodes, recognition, templates
from ..platform.world.faults import Fault, Order, Side
from ..platform.world.faults import Kind as Trouble
from ..platform.world.world import AccountState, World
from ..reasons import advised
from .actors import Actor, ServiceAgent, unknown_attribute
from .seen import Exchanges, Lines

T = TypeVar("T")

AnyAccount: TypeAlias = OfficialAccount | AccountState | str | None
"""How an account is named: the OfficialAccount, what `connect` returned, its name or AppID; None means the only one."""

EVERYTHING = TrafficLimits(entries=10_000_000, bytes=1024**3)
"""A test sees all of its traffic."""


class SimulatedPlatform(ABC):
    """One simulated WeChat for one test."""

    platform: Platform
    """The platform itself: faults, snapshots, settings."""
    world: World
    """Everything it knows."""
    clock: MovableClock
    """Its clock; `advance(hours=2)` moves it, and what is due on the way happens."""

    def __init__(self) -> None:
        self._connected: dict[str, OfficialAccount] = {}
        self._seen: dict[tuple[str, str], int] = {}
        self._failures = HandlerFailures()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise unknown_attribute(self, name)

    # Running

    @abstractmethod
    def carry_out(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry out a coroutine on the platform's loop, and wait for the pushes that follow from it."""

    @abstractmethod
    def look(self, work: Callable[[], T]) -> T:
        """Read something in the world while nobody changes it."""

    @abstractmethod
    def moments(self, timeout_s: float) -> Iterator[None]:
        """Now, and again after each short wait, until `timeout_s` seconds are over."""

    @abstractmethod
    def connect(self, oa: OfficialAccount, /) -> AccountState:
        """Register an account."""

    # Accounts and people

    def account_of(self, oa: AnyAccount = None) -> AccountState:
        """The account meant: the given one, or the only one there is; an OfficialAccount is connected if it is not yet.

        Raises SetupError when nothing is connected, when several are and none is named, and for what is no account.
        """
        if oa is None:
            return self._only_account()
        if isinstance(oa, str):
            return self._account_named(oa)
        if isinstance(oa, AccountState):
            return self.world.accounts.get(oa.appid) or self._account_named(oa.appid)
        require_official_account(oa)
        appid = credentials(oa).appid
        return self.world.accounts.get(appid) or self.connect(oa)

    def _only_account(self) -> AccountState:
        known = list(self.world.accounts.values())
        if len(known) == 1:
            return known[0]
        if not known:
            raise SetupError(
                "还没有连接公众号",
                "no official account is connected",
                fix_zh="先调用 platform.connect(oa)",
                fix_en="call platform.connect(oa) first",
            )
        names = ", ".join(account.name for account in known)
        raise SetupError(
            f"连接了几个公众号（{names}），不知道是哪一个",
            f"several official accounts are connected ({names}), and none is named",
            fix_zh='写出来，例如 alice.says("你好", to=oa)、alice.follows(oa)',
            fix_en='name it, as in alice.says("hi", to=oa) or alice.follows(oa)',
        )

    def _account_named(self, name: str) -> AccountState:
        try:
            return accounts.find(self.world, name)
        except KeyError:
            names = [account.name for account in self.world.accounts.values()]
            raise SetupError(
                f"没有连接名为 {name} 的公众号",
                f"no account named {name} is connected",
                fix_zh=meant(name, names, chinese=True) or f"已连接：{'、'.join(names) or '没有'}",
                fix_en=meant(name, names, chinese=False).strip()
                or f"connected: {', '.join(names) or 'none'}",
            ) from None

    def person(self, name: str, **profile: Any) -> Actor:
        """Somebody to play, made at the first mention. `profile`: nickname, headimgurl, sex, language."""

        def make() -> None:
            try:
                people.get(self.world, name)
            except KeyError:
                people.create(self.world, name, **profile)

        self.look(make)
        return Actor(self, name)

    def agent(self, prefix: str, nickname: str, *, worker: str = "", of: AnyAccount = None) -> ServiceAgent:
        """A customer-service agent to play, online; `worker` is the person behind it, the prefix if not named."""
        account = self.account_of(of)
        kf_account = f"{prefix}@{account.wechat_id}"
        person = self.person(worker or prefix)
        self.look(
            lambda: agents.ensure(self.world, account, kf_account, nickname, kf_wx=person.name, online=True)
        )
        return ServiceAgent(self, account, kf_account)

    def change(self, oa: AnyAccount = None, **changes: Any) -> AccountState:
        """Change the account's settings, such as `verified=False`."""
        account = self.account_of(oa)
        _require_settings(changes)
        return self.look(lambda: accounts.change(self.world, account.appid, changes))

    def menu(self, buttons: list[dict[str, Any]], *, of: AnyAccount = None) -> None:
        """Give the account this default menu, as its console does; `buttons` are those of the official menu JSON."""
        account = self.account_of(of)
        self.look(lambda: menus.set_default(self.world, account, buttons))

    def template(self, template_id: str, title: str, content: str, *, of: AnyAccount = None) -> None:
        """Have a template in use: `content` with `{{name.DATA}}` places."""
        account = self.account_of(of)
        self.look(lambda: templates.ensure(self.world, account, title, content, template_id, ""))

    def file(
        self,
        media_id: str,
        kind: Literal["image", "voice", "video", "thumb"],
        content: bytes,
        *,
        of: AnyAccount = None,
        **details: Any,
    ) -> None:
        """Have a file stored under this media_id, as an upload before the test would have left it.

        It is a permanent material; `permanent=False` lets it expire. `title` and `description` are those of videos.
        """
        account = self.account_of(of)
        stored = {"permanent": True, **details, "media_id": media_id}
        self.look(lambda: media.keep(self.world, account, kind, content, **stored))

    def code(self, account: AnyAccount, scene: str | int) -> str:
        """The ticket of a permanent code with this scene."""
        found = self.account_of(account)
        return self.look(lambda: qrcodes.create(self.world, found, scene, None).ticket)

    def recognises(self, kind: str, what: str | bytes, **result: Any) -> None:
        """Say what is read from a picture, a voice or a text (智能接口); `what` is the file, or its address, voice id
        or text. The kinds are those of `/cv/ocr/…`, and `qrcode`, `aicrop`, `voice`, `translation`."""
        key = recognition.digest(what) if isinstance(what, bytes) else what
        self.look(lambda: recognition.teach(self.world, kind, key, result))

    def trouble(
        self, side: Side, kind: Trouble, target: str = "", *, oa: AnyAccount = None, **details: Any
    ) -> Fault:
        """Have something go wrong from now on, until `platform.platform.faults.lift()`.

        `platform.trouble("api", "errcode", "message/custom/send", errcode=-1, times=1)`; see `world.faults.Order`.
        """
        appid = "" if oa is None else self.account_of(oa).appid
        order = Order(side=side, kind=kind, target=target, appid=appid, **details)
        return self.look(lambda: self.platform.faults.order(order))

    # What went over the wire

    @property
    def traffic(self) -> list[Exchange]:
        """Every push, URL verification, API call and page of WeChat so far, oldest first.

        Raises LookupError when there were more than the configuration lets the platform hold.
        """
        log = self.platform.traffic
        lost = log.first_order - 1
        if lost > log.cleared:
            raise LookupError(
                say(
                    f"流量记录已丢失最早的 {lost} 条：用 PlatformConfig(traffic=TrafficLimits(…)) 放宽限制",
                    f"the traffic log has lost its first {lost} entries: give the platform a larger "
                    "PlatformConfig(traffic=TrafficLimits(…))",
                )
            )
        return self.look(log.everything)

    @property
    def pushes(self) -> Exchanges:
        """Every attempt to deliver a push, oldest first. The limits of `traffic` apply."""
        return Exchanges(entry for entry in self.traffic if entry.kind == "push")

    @property
    def calls(self) -> Exchanges:
        """Every API call, also for tokens, oldest first. The limits of `traffic` apply."""
        return Exchanges(entry for entry in self.traffic if entry.kind == "api")

    @property
    def failures(self) -> list[BaseException]:
        """What handlers in this process raised, oldest first."""
        return list(self._failures.found)

    # For the people who act

    def last_line(self) -> int:
        """The number of the newest line of any chat."""
        return self.look(lambda: chats.last(self.world))

    def seen_until(self, person: str, account: AccountState) -> int:
        """The number of the last line that a test was given of this chat."""
        return self._seen.get((person, account.appid), 0)

    def note_seen(self, person: str, account: AccountState, lines: Lines, before: int = 0) -> None:
        """Remember which lines of a chat a test was given."""
        key = person, account.appid
        numbers = [int(line.content["seq"]) for line in lines]
        self._seen[key] = max(self._seen.get(key, 0), before, *numbers)

    def last_push(self, appid: str) -> tuple[str, str]:
        """How the last push of an account ended, in words."""
        entries = self.look(lambda: self.platform.traffic.newest(limit=20, appid=appid).entries)
        last = next((entry for entry in reversed(entries) if entry.kind == "push"), None)
        if last is None:
            return "还没有推送任何消息", "nothing has been pushed"
        zh, en = f"推送 {last.title}：{last.verdict.zh}", f"push {last.title}: {last.verdict.en}"
        if self._failures.found:
            raised = type(self._failures.found[-1]).__name__
            zh, en = f"{zh}；处理函数抛出了 {raised}", f"{en}; a handler raised {raised}"
        return zh, en


def account_config(values: dict[str, Any]) -> AccountConfig:
    """Settings of an account, checked. Raises SetupError that names the one that is wrong."""
    _require_settings(values)
    try:
        return msgspec.convert(values, AccountConfig)
    except msgspec.ValidationError as problem:
        zh, en = advised(problem, AccountConfig)
        raise SetupError(f"公众号的设置有误：{zh}", f"mistake in the settings of the account: {en}") from None


def _require_settings(names: dict[str, Any]) -> None:
    known = AccountConfig.__struct_fields__
    for name in names:
        if name not in known:
            raise SetupError(
                f"公众号没有 {name} 这个设置",
                f"an account has no setting {name}",
                fix_zh=meant(name, known, chinese=True) or f"可选：{'、'.join(known)}",
                fix_en=meant(name, known, chinese=False).strip() or f"there are {', '.join(known)}",
            )


def require_official_account(oa: object) -> None:
    """Raises SetupError for what is no OfficialAccount."""
    if isinstance(oa, OfficialAccount):
        return
    kind = oa.__name__ if isinstance(oa, type) else type(oa).__name__
    raise SetupError(
        f"要的是 OfficialAccount，而不是 {kind}",
        f"an OfficialAccount is needed, not a {kind}",
        fix_zh="把 oa 本身交给它，而不是 oa.asgi；其他框架的程序用 LivePlatform 和 connect(url=…)",
        fix_en="give it oa itself, not oa.asgi; for programs of other frameworks use LivePlatform and connect(url=…)",
    )


def credentials(oa: OfficialAccount) -> Account:
    """The account's own; those for tests where the environment, from which it would read them, names no account."""
    source = oa.source
    if isinstance(source, EnvironmentAccount) and not source.is_named():
        return Account.for_tests(source.prefix)
    return oa.account


def services_of(oa: OfficialAccount, **services: Any) -> Services:
    """What the account works with in a test: these services, and what the program itself brought: its session store,
    and where it stores data of people."""
    given = oa.binding.services
    named = oa.source if isinstance(oa.source, EnvironmentAccount) else given.people_of
    return Services(
        sessions=given.sessions, reader=given.reader, people=given.people, people_of=named, **services
    )


class HandlerFailures(logging.Handler):
    """Collects what the app logs about exceptions of handlers, from when it is made until `close`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[BaseException] = []
        self._log = logging.getLogger("gongzhong.app")
        self._log.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.found.append(record.exc_info[1])

    def close(self) -> None:
        self._log.removeHandler(self)
        super().close()
