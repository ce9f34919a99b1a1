"""A platform inside the test: connect an account, play people, move the clock.

def test_welcome(platform):
    platform.connect(oa)
    alice = platform.person("alice")
    assert alice.follows(oa).text == "欢迎关注！"
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

from ..account import Account
from ..app import OfficialAccount
from ..client import AsyncClient, Client
from ..errors import SetupError
from ..platform import Platform, PlatformConfig
from ..platform.doors.server import Server
from ..platform.world import accounts
from ..platform.world.settings import Kind
from ..platform.world.world import AccountState
from .in_process import CLOSE_S, AppReceiver, Bed, BedHome, BlockingInProcessTransport, InProcessTransport
from .simulated import (
    EVERYTHING,
    SimulatedPlatform,
    account_config,
    credentials,
    require_official_account,
    services_of,
)

T = TypeVar("T")

STEP_S = 1.0


class LocalPlatform(SimulatedPlatform):
    """One simulated WeChat for one test, in memory and in virtual time. Also a context manager, which closes it."""

    def __init__(self, config: PlatformConfig | None = None) -> None:
        super().__init__()
        config = config or PlatformConfig(traffic=EVERYTHING)
        self._bed, self._ending = Bed(config.start), ExitStack()
        self.clock = self._bed.clock
        self._receiver = AppReceiver()
        self.platform = self.run(self._open(config))
        self.world = self.platform.world
        self.server = Server(self.platform)

    async def _open(self, config: PlatformConfig) -> Platform:
        return Platform(config, receiver=self._receiver, clock=self.clock)

    def __enter__(self) -> LocalPlatform:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry out a coroutine on the platform's loop and let everything come to rest."""
        return self._bed.run(work)

    def carry_out(self, work: Coroutine[Any, Any, T]) -> T:
        return self._bed.run(work)

    def look(self, work: Callable[[], T]) -> T:
        # Between two steps of a test nothing moves.
        return work()

    def moments(self, timeout_s: float) -> Iterator[None]:
        left_s = timeout_s
        yield
        while left_s > 0:
            self.clock.advance(min(STEP_S, left_s))
            left_s -= STEP_S
            yield

    def connect(
        self, oa: OfficialAccount, *, kind: Kind = "service", verified: bool = True, **settings: Any
    ) -> AccountState:
        """Register the account of `oa` with its own credentials and point both sides at each other.

        An account made with `from_env` for which the environment names nothing gets credentials for tests.
        Further settings are those of `AccountConfig`, such as `oauth_domain` or `open_platform`. Raises SetupError for
        a setting that does not exist, and when another OfficialAccount is connected under the same AppID.
        """
        require_official_account(oa)
        account = credentials(oa)
        self._require_alone(oa, account)
        host = f"{account.appid.lower()}.test"
        own = {
            "name": account.appid,
            "appid": account.appid,
            "secret": account.secret.reveal(),
            "token": account.token.reveal(),
            "aes_key": account.aes_key.reveal(),
            "encryption": account.encryption,
            "url": f"http://{host}/",
            "kind": kind,
            "verified": verified,
        }
        state = accounts.create(self.world, account_config({**own, **settings}))
        services = services_of(
            oa,
            clock=self.clock,
            api=self._async_client(account),
            blocking_api=self._client(account),
            home=BedHome(self._bed),
        )
        self._connected[state.appid] = oa
        binding = self._receiver.apps[host] = oa.bind(account, services)
        self._ending.enter_context(oa.bound_to(binding))
        self._ending.callback(binding.close, CLOSE_S)
        return state

    def _require_alone(self, oa: OfficialAccount, account: Account) -> None:
        if self._connected.get(account.appid, oa) is not oa:
            raise SetupError(
                f"另一个 OfficialAccount 已经用 AppID {account.appid} 连接",
                f"another OfficialAccount is connected under the AppID {account.appid}",
                fix_zh='给它自己的账号，例如 OfficialAccount.from_env(prefix="NEWS_")',
                fix_en='give it an account of its own, such as OfficialAccount.from_env(prefix="NEWS_")',
            )

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
        return AsyncClient(account, transport=InProcessTransport(self.server, self._bed), clock=self.clock)

    def close(self) -> None:
        """Let everything end, within seconds; the connected accounts keep nothing of this platform.

        Raises StillRunning, which names the handler, for one that cannot be ended.
        """
        with ExitStack() as last:
            last.callback(self._failures.close)
            last.callback(self._bed.close)
            last.callback(lambda: self.run(self.platform.close()))
            self._ending.close()
