"""A platform inside the test: connect an account, play people, move the clock.

def test_welcome(platform):
    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    assert alice.inbox[-1].text == "欢迎关注！"
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from ..account import Account, EnvironmentAccount
from ..app import OfficialAccount
from ..client import AsyncClient, Client
from ..platform import AccountConfig, Platform, PlatformConfig
from ..platform.config import Kind
from ..platform.doors.server import Server
from ..platform.traffic import Exchange, TrafficLimits
from ..platform.world import accounts, agents, menus, people, qrcodes, recognition, templates
from ..platform.world.faults import Fault, Order, Side
from ..platform.world.faults import Kind as Trouble
from ..platform.world.world import AccountState
from .actors import Actor
from .agents import ServiceAgent
from .bed import Bed
from .in_process import AppReceiver, BlockingInProcessTransport, InProcessTransport

T = TypeVar("T")

EVERYTHING = TrafficLimits(entries=10_000_000, bytes=1024**3)
"""A test sees all of its traffic."""


class LocalPlatform:
    """One simulated WeChat for one test, in memory and in virtual time."""

    def __init__(self, config: PlatformConfig | None = None) -> None:
        config = config or PlatformConfig(traffic=EVERYTHING)
        self._bed = Bed(config.start)
        self.clock = self._bed.clock
        self._receiver = AppReceiver()
        self._connected: dict[str, OfficialAccount] = {}
        self.platform = self.run(self._open(config))
        self.world = self.platform.world
        self.server = Server(self.platform)

    async def _open(self, config: PlatformConfig) -> Platform:
        return Platform(config, receiver=self._receiver, clock=self.clock)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry out a coroutine on the platform's loop and let everything come to rest."""
        return self._bed.run(work)

    def connect(
        self, oa: OfficialAccount, *, kind: Kind = "service", verified: bool = True, **settings: Any
    ) -> AccountState:
        """Register the account of `oa` with its own credentials and point both sides at each other.

        An account made with `from_env` for which the environment names nothing gets credentials for tests.
        Further settings are those of `AccountConfig`, such as `oauth_domain` or `open_platform`.
        """
        account = _credentials(oa)
        host = f"{account.appid.lower()}.test"
        config = AccountConfig(
            name=settings.pop("name", account.appid),
            appid=account.appid,
            secret=account.secret.reveal(),
            token=account.token.reveal(),
            aes_key=account.aes_key.reveal(),
            encryption=account.encryption,
            url=f"http://{host}/",
            kind=kind,
            verified=verified,
            **settings,
        )
        state = accounts.create(self.world, config)
        self._receiver.apps[host] = oa
        self._connected[state.appid] = oa
        oa.attach(
            api=self._async_client(account),
            blocking_api=self._client(account),
            clock=self.clock,
            account=account,
            carry_out=self._bed.carry_out,
        )
        return state

    def client(self, oa: OfficialAccount) -> Client:
        """A blocking client of the account, into this platform."""
        return self._client(oa.account)

    def async_client(self, oa: OfficialAccount) -> AsyncClient:
        """An awaiting client of the account, into this platform."""
        return self._async_client(oa.account)

    def _client(self, account: Account) -> Client:
        transport = BlockingInProcessTransport(self.server, self._bed)
        return Client(account, transport=transport, clock=self.clock)

    def _async_client(self, account: Account) -> AsyncClient:
        return AsyncClient(account, transport=InProcessTransport(self.server), clock=self.clock)

    def account_of(self, oa: OfficialAccount | AccountState | None = None) -> AccountState:
        """The account meant: the given one, or the only one there is."""
        if oa is None:
            (appid,) = self.world.accounts
        else:
            appid = _credentials(oa).appid if isinstance(oa, OfficialAccount) else oa.appid
            if isinstance(oa, OfficialAccount) and appid not in self.world.accounts:
                self.connect(oa)
        return self.world.accounts[appid]

    def person(self, name: str, **profile: Any) -> Actor:
        """Somebody to play, made at the first mention."""
        try:
            people.get(self.world, name)
        except KeyError:
            people.create(self.world, name, **profile)
        return Actor(self, name)

    def agent(
        self,
        prefix: str,
        nickname: str,
        *,
        worker: str = "",
        of: OfficialAccount | AccountState | None = None,
    ) -> ServiceAgent:
        """A customer-service agent to play, online; `worker` is the person behind it, the prefix if not named."""
        account = self.account_of(of)
        kf_account = f"{prefix}@{account.wechat_id}"
        person = self.person(worker or prefix)
        agents.ensure(self.world, account, kf_account, nickname, kf_wx=person.name, online=True)
        return ServiceAgent(self, account, kf_account)

    def change(self, oa: OfficialAccount | AccountState | None = None, **changes: Any) -> AccountState:
        """Change the account's settings, such as `verified=False`."""
        return accounts.change(self.world, self.account_of(oa).appid, changes)

    def recognises(self, kind: str, what: str | bytes, **result: Any) -> None:
        """Say what is read from a picture, a voice or a text (智能接口); `what` is the file, or its address, voice id
        or text. The kinds are those of `/cv/ocr/…`, and `qrcode`, `aicrop`, `voice`, `translation`."""
        key = recognition.digest(what) if isinstance(what, bytes) else what
        recognition.teach(self.world, kind, key, result)

    def menu(
        self, buttons: list[dict[str, Any]], *, of: OfficialAccount | AccountState | None = None
    ) -> None:
        """Give the account this default menu, as its console does; `buttons` are those of the official menu JSON."""
        menus.set_default(self.world, self.account_of(of), buttons)

    def template(
        self, template_id: str, title: str, content: str, *, of: OfficialAccount | AccountState | None = None
    ) -> None:
        """Have a template in use: `content` with `{{name.DATA}}` places."""
        templates.ensure(self.world, self.account_of(of), title, content, template_id, "")

    def code(self, account: AccountState, scene: str | int) -> str:
        """The ticket of a permanent code with this scene."""
        return qrcodes.create(self.world, account, scene, None).ticket

    def trouble(
        self,
        side: Side,
        kind: Trouble,
        target: str = "",
        *,
        oa: OfficialAccount | None = None,
        **details: Any,
    ) -> Fault:
        """Have something go wrong from now on, until `platform.platform.faults.lift()`.

        `platform.trouble("api", "errcode", "message/custom/send", errcode=-1, times=1)`; see `world.faults.Order`.
        """
        appid = "" if oa is None else self.account_of(oa).appid
        return self.platform.faults.order(Order(side=side, kind=kind, target=target, appid=appid, **details))

    @property
    def traffic(self) -> list[Exchange]:
        """Every push and API call so far, oldest first. Raises LookupError when there were more than can be held."""
        log = self.platform.traffic
        if log.oldest > log.cleared + 1:
            raise LookupError(
                f"the traffic log has lost its first {log.oldest - 1} entries; give the platform a larger "
                "PlatformConfig(traffic=TrafficLimits(…)) / 流量记录已丢失最早的条目，请放宽 traffic 限制"
            )
        return log.everything()

    @property
    def pushes(self) -> list[Exchange]:
        return [entry for entry in self.traffic if entry.kind == "push"]

    @property
    def calls(self) -> list[Exchange]:
        return [entry for entry in self.traffic if entry.kind == "api"]

    def close(self) -> None:
        """Let everything end; the connected accounts keep nothing of this platform."""
        for oa in self._connected.values():
            self.run(oa.shutdown())
            oa.detach()
        self.run(self.platform.close())
        self._bed.close()


def _credentials(oa: OfficialAccount) -> Account:
    """The account's own; those for tests where the environment, from which it would read them, names no account."""
    source = oa.source
    if isinstance(source, EnvironmentAccount) and not source.is_named():
        return Account.for_tests(source.prefix)
    return oa.account
